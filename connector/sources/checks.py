"""Checks that every source makes of rows, and what is said of those that fail them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from connector.domain.reasons import Reason, reason
from connector.domain.send import BEARABLE, ODD_TEXT, Send
from connector.domain.text import is_odd

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


def graver(problem: Reason | None, other: Reason | None) -> Reason | None:
    """Return the one of two problems that keeps a send from its offer, else the first."""
    bearable = problem is None or problem.code in BEARABLE
    if bearable and other is not None and other.code not in BEARABLE:
        return other
    return problem or other


def _checked(send: Send, remote: str) -> Send:
    """Return a send with what its texts lost at the border as its problem, if nothing is worse."""
    if is_odd(send.send_id):
        lost = reason("odd-id", remote=remote, send_id=send.send_id)
        return replace(send, problem=graver(send.problem, lost))
    texts = [("name", send.name), *(("tag", one) for one in send.tags)]
    texts += [("audience", one) for one in send.audiences]
    for noun, text in texts:
        if is_odd(text):
            lost = reason(ODD_TEXT, remote=remote, noun=noun, text=text)
            return replace(send, problem=graver(send.problem, lost))
    return send


def without_id(row: object, remote: str) -> Reason:
    """Return the note on a row that nobody can follow from poll to poll."""
    return reason("row-without-id", remote=remote, row=shortened(row))


def earliest_of_each(
    sends: Iterable[Send], remote: str
) -> tuple[tuple[Send, ...], tuple[Reason, ...]]:
    """Return one send per series, the earliest, and a note on each that came several times."""
    found: dict[tuple[str, str, str], list[Send]] = {}
    for send in sends:
        found.setdefault(send.series, []).append(_checked(send, remote))
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
