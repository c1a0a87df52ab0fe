"""Checks that every source makes of rows, and what is said of those that fail them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from connector.domain.reasons import Reason
from connector.domain.send import BEARABLE, MISSPELLED_TAG, ODD_TEXT, UNREADABLE_TAGS, Send
from connector.domain.text import REPLACED, is_odd

NAMELESS = "(no name)"
_LONGEST = 80
_LOST = f"with a character that cannot be kept (here {REPLACED}), such as half of an emoji"
_LAST = datetime.max.replace(tzinfo=UTC)


def shortened(value: object) -> str:
    """Quote what a remote sent, as short as a sentence can bear."""
    text = repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def bad_row(field: str, value: object, wanted: str, remote: str) -> Reason:
    """Return the problem of a send whose row holds something that nobody can act on."""
    return Reason(
        "bad-row",
        f"{remote} sent {field} {shortened(value)}, and {wanted} was expected",
        f"Look at the send in {remote}; saving it again may mend it",
    )


def bad_time(field: str, value: object, why: str, remote: str) -> Reason:
    """Return the problem of a send whose time cannot be read without guessing."""
    return Reason(
        "bad-time",
        f"{remote} sent {field} {shortened(value)}: {why}",
        f"Look at the send's schedule in {remote}",
    )


def unreadable_tags(told: str, remote: str) -> Reason:
    """Return the problem of a send some or all of whose tags are not text."""
    step = f"Look at the send's tags in {remote}; removing them and adding them again may help"
    return Reason(UNREADABLE_TAGS, told, step)


def misspelled_tag(tag: str, why: str, prefix: str, remote: str) -> Reason:
    """Return the problem of a send with a tag that was probably meant to name an audience."""
    return Reason(
        MISSPELLED_TAG,
        f"its tag “{tag}” {why}, so it names no audience as it is",
        f"If it should, write the tag as “{prefix}NAME” in {remote}",
    )


def graver(problem: Reason | None, other: Reason | None) -> Reason | None:
    """Return the one of two problems that keeps a send from its offer, else the first."""
    bearable = problem is None or problem.code in BEARABLE
    if bearable and other is not None and other.code not in BEARABLE:
        return other
    return problem or other


def _checked(send: Send, remote: str) -> Send:
    """Return a send with what its texts lost at the border as its problem, if nothing is worse."""
    if is_odd(send.send_id):
        id_ = Reason(
            "odd-id",
            f"{remote} sent the id “{send.send_id}” {_LOST}: nobody can follow or find the send",
            f"Make the send anew in {remote}",
        )
        return replace(send, problem=graver(send.problem, id_))
    texts = [("name", send.name), *(("tag", one) for one in send.tags)]
    texts += [("audience", one) for one in send.audiences]
    for noun, text in texts:
        if is_odd(text):
            odd = Reason(
                ODD_TEXT, f"{remote} sent the {noun} “{text}” {_LOST}", f"Type it anew in {remote}"
            )
            return replace(send, problem=graver(send.problem, odd))
    return send


def without_id(row: object, remote: str) -> Reason:
    """Return the note on a row that nobody can follow from poll to poll."""
    return Reason(
        "row-without-id",
        f"{remote} sent a row without an id, which nobody can follow: {shortened(row)}",
        f"Look in {remote} for a send that is missing here",
    )


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
    return Reason(
        "row-twice",
        f"{remote} sent {len(sends)} rows with the id {sends[0].send_id} (“{sends[0].name}”); "
        "the earliest is taken",
        f"Look at its schedule in {remote}",
    )
