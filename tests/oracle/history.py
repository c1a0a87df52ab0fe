"""A short history of one or two sends: what marketers do to them, and when nobody polls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from hypothesis import strategies as st

# Around the changes of summer time in New York and Europe, and far from any.
STARTS = (
    datetime(2026, 10, 24, 9, 3, 17, tzinfo=UTC),
    datetime(2026, 10, 31, 15, 40, 5, tzinfo=UTC),
    datetime(2027, 3, 13, 0, 30, 0, tzinfo=UTC),
    datetime(2027, 1, 12, 22, 11, 40, tzinfo=UTC),
)
SEGMENTS = ("VIP Guests", "Taco Lovers")
IN_BRAZE = ("company", "local", "intelligent")
IN_SALESFORCE = ("list_email", "flow")


@dataclass(frozen=True, slots=True)
class Sent:
    """A send, made at the start; `fires` minutes later is its first zone's time."""

    schedule: str
    fires: int
    recurring: str | None = None
    winner_after_hours: int = 0
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done to a send, so many minutes after an instant of its own as it is then.

    That is its `first` or `nominal` time, or `now`, when the act before it was done.
    """

    what: str
    send: int = 0
    anchor: str = "now"
    offset: int = 0
    given: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody polls, from so many minutes before a send's first delivery."""

    send: int
    before: int
    minutes: int


@dataclass(frozen=True, slots=True)
class History:
    """What happens. `switches` are the unknowns of the world, `guarded` the same-offer guard."""

    start: datetime
    poll_seconds: int
    sends: tuple[Sent, ...]
    acts: tuple[Act, ...] = ()
    gaps: tuple[Gap, ...] = ()
    switches: tuple[tuple[str, Any], ...] = ()
    guarded: bool = False
    days: int = field(default=6, kw_only=True)


# Awkward minutes: about the 24 hours of a queue, the commit window, its end, and the send itself.
OFFSETS = (-1445, -1435, -1000, -400, -155, -145, -31, -24, -21, -11, -2, 0, 1, 5, 30, 200, 700)
BY = (-2880, -1440, -600, -120, -45, -10, -2, 2, 10, 45, 120, 600, 1440, 2880)
FIRES = (-700, -300, -30, 10, 16, 18, 23, 25, 40, 70, 160, 200, 400, 1300, 1700, 2900, 4000)
LATER = (1, 3, 12, 40, 130, 700, 1500)
DEEDS = ("move", "move", "move", "stop", "stop", "stop and move", "archive", "change", "clone",
         "clone", "retag", "rename", "drop-out", "company")  # fmt: skip


@st.composite
def sends(draw: st.DrawFn, of: Sequence[str]) -> Sent:
    schedule = draw(st.sampled_from(of))
    fires = draw(st.sampled_from(FIRES))
    return Sent(
        schedule,
        fires if schedule in ("local", "intelligent") else abs(fires),
        draw(st.sampled_from((None, None, "daily"))) if schedule != "list_email" else None,
        draw(st.sampled_from((0, 0, 4))) if schedule in IN_BRAZE else 0,
        draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def deeds(draw: st.DrawFn, of: int) -> tuple[Act, ...]:
    """Draw what a marketer has in mind: one act, or several that belong together."""
    send = draw(st.integers(0, of - 1))
    place = (send, draw(st.sampled_from(("now", "first", "first", "nominal"))))
    at = (*place, draw(st.sampled_from(OFFSETS)))
    deed = draw(st.sampled_from(DEEDS))
    by = (("by", draw(st.sampled_from(BY))),)
    later = draw(st.sampled_from(LATER))
    again = draw(st.sampled_from(("resume", "relaunch")))
    match deed:
        case "move":
            return (Act("reschedule", *at, by),)
        case "stop":
            return (Act("stop", *at), Act(again, send, "now", later))
        case "stop and move":
            moved = Act("reschedule", send, given=by)
            return (Act("stop", *at), moved, Act(again, send, "now", later))
        case "archive":
            return (Act("archive", *at), Act("relaunch", send, "now", later))
        case "change":
            return (Act("change", *at, by), Act("launch", send, "now", later))
        case "clone":  # what Braze advises for an urgent change (facts: braze §8)
            return (Act("stop", *at), Act("clone", send, "now", later))
        case "drop-out":
            return (Act("drop-out", *at, (("polls", draw(st.integers(1, 2))),)),)
        case _:
            return (Act(deed, *at),)


@st.composite
def launches(draw: st.DrawFn, send: int) -> tuple[Act, ...]:
    anchor = draw(st.sampled_from(("first", "nominal")))
    return (Act("launch", send, anchor, draw(st.sampled_from(OFFSETS))),)


def _switches() -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
    unknowns: dict[str, st.SearchStrategy[Any]] = {
        "braze.roll": st.sampled_from(("nominal", "last_zone", "delayed")),
        "braze.roll_delay_minutes": st.sampled_from((2, 30)),
        "braze.lag_seconds": st.sampled_from((0, 0, 45, 400)),
        "salesforce.lag_seconds": st.sampled_from((0, 0, 45)),
        "braze.dropout_percent": st.sampled_from((0, 0, 0, 5)),
        "braze.moved_goes_again": st.booleans(),
        "salesforce.preparing_minutes": st.sampled_from((0, 10, 120)),
        "salesforce.start_moves": st.booleans(),
        "punchh.processing_seconds": st.sampled_from((0, 240)),
    }
    return st.fixed_dictionaries(unknowns).map(lambda found: tuple(sorted(found.items())))


gaps = st.builds(
    Gap,
    send=st.just(0),
    before=st.sampled_from((1400, 200, 155, 60, 25, 3)),
    minutes=st.sampled_from((12, 40, 200, 1500)),
)


@st.composite
def histories(draw: st.DrawFn, of: Sequence[str] = (*IN_BRAZE, *IN_SALESFORCE)) -> History:
    """Draw a history of sends of these schedules."""
    made = tuple(draw(sends(of)) for _ in range(draw(st.sampled_from((1, 1, 2)))))
    done: Iterator[tuple[Act, ...]] = (
        draw(deeds(len(made))) for _ in range(draw(st.sampled_from((1, 2, 2, 3))))
    )
    late = [draw(launches(number)) for number, sent in enumerate(made) if sent.draft]
    return History(
        start=draw(st.sampled_from(STARTS)),
        poll_seconds=draw(st.sampled_from((60, 300, 600))),
        sends=made,
        acts=tuple(chain(*late, *done)),
        gaps=tuple(draw(gaps) for _ in range(draw(st.sampled_from((0, 0, 1))))),
        switches=draw(_switches()),
        guarded=draw(st.booleans()),
    )
