"""Checks that every source makes of rows, and what is said of those that fail them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from connector.domain.reasons import Reason, reason
from connector.domain.send import Send

NAMELESS = "(no name)"
_LONGEST = 80
_LAST = datetime.max.replace(tzinfo=UTC)


def shortened(value: object) -> str:
    """Quote what a remote sent, as short as a sentence can bear."""
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def bad_row(field: str, value: object, wanted: str, remote: str) -> Reason:
    """Return the problem of a send whose row holds something that nobody can act on."""
    return reason("bad-row", remote=remote, field=field, value=shortened(value), wanted=wanted)


def bad_time(field: str, value: object, why: Reason, remote: str) -> Reason:
    """Return the problem of a send whose time cannot be read without guessing."""
    return reason("bad-time", remote=remote, field=field, value=shortened(value), why=why)


def without_id(row: object, remote: str) -> Reason:
    """Return the note on a row that nobody can follow from poll to poll."""
    return reason("row-without-id", remote=remote, row=shortened(row))


def earliest_of_each(
    sends: Iterable[Send], remote: str
) -> tuple[tuple[Send, ...], tuple[Reason, ...]]:
    """Return one send per series, the earliest, and a note on each that came several times."""
    found: dict[tuple[str, str, str], list[Send]] = {}
    for send in sends:
        found.setdefault(send.series, []).append(send)
    notes = (_twice(same, remote) for same in found.values() if len(same) > 1)
    return tuple(min(same, key=_time) for same in found.values()), tuple(notes)


def _time(send: Send) -> datetime:
    return send.when.scheduled_for if send.when else _LAST


def _twice(sends: list[Send], remote: str) -> Reason:
    return reason(
        "row-twice",
        remote=remote,
        count=len(sends),
        send_id=sends[0].send_id,
        name=sends[0].name,
    )
