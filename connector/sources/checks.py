"""Checks that every source makes of rows, and what is said of those that fail them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connector.domain.reasons import Reason, reason
from connector.domain.send import BEARABLE, ODD_TEXT, Send
from connector.domain.text import is_odd

NAMELESS = "(no name)"
MOST_ROWS = 50_000  # of one list
LONGEST_ID = 200  # characters
LONGEST_TEXT = 500  # of a name, a tag or an audience
MOST_TAGS, MOST_AUDIENCES = 500, 100  # of one send
TEXT = f"a text of at most {LONGEST_TEXT:,} characters"
_MOST_NOTES = 20  # on rows that nobody can follow
_LONGEST = 80
_LAST = datetime.max.replace(tzinfo=UTC)


def shortened(value: object) -> str:
    """Quote what a remote sent, as short as a sentence can bear."""
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_id(value: object) -> bool:
    return filled(value) and len(str(value)) <= LONGEST_ID


def is_text(value: object) -> bool:
    """Say whether a value is text, and short enough to be compared and kept."""
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def name_of(value: object) -> str:
    """Return a send's name, of one that is too long the beginning."""
    return value[:LONGEST_TEXT] if isinstance(value, str) else NAMELESS


def too_many(count: int) -> Reason:
    return reason("answer/too-many", count=count, most=MOST_ROWS)


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
    if len(send.audiences) > MOST_AUDIENCES:
        count = len(send.audiences)
        many = reason("too-many-audiences", remote=remote, count=count, most=MOST_AUDIENCES)
        return replace(send, problem=graver(send.problem, many))
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


def with_ids(
    rows: Iterable[Any], key: str, remote: str
) -> tuple[list[dict[str, Any]], list[Reason]]:
    """Return the rows that can be followed from poll to poll, and notes on the others."""
    good: list[dict[str, Any]] = []
    others: list[object] = []
    for row in rows:
        (good if isinstance(row, dict) and is_id(row.get(key)) else others).append(row)
    return good, [
        *(without_id(row, remote) for row in others[:_MOST_NOTES]),
        *_more(len(others), "without-id", remote),
    ]


def _more(number: int, what: str, remote: str) -> Iterator[Reason]:
    if number > _MOST_NOTES:
        yield reason(f"more-rows/{what}", remote=remote, count=number - _MOST_NOTES)


def earliest_of_each(
    sends: Iterable[Send], remote: str
) -> tuple[tuple[Send, ...], tuple[Reason, ...]]:
    """Return one send per series, the earliest, and a note on each that came several times."""
    found: dict[tuple[str, str, str], list[Send]] = {}
    for send in sends:
        found.setdefault(send.series, []).append(_checked(send, remote))
    several = [same for same in found.values() if len(same) > 1]
    notes = [_twice(same, remote) for same in several[:_MOST_NOTES]]
    notes += _more(len(several), "twice", remote)
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
