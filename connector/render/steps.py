"""What a person does, step by step, about something that wants one: mostly in Punchh's dashboard.

Where in the dashboard: facts: punchh §4.7.
"""

from collections.abc import Callable
from datetime import datetime

from connector.domain import landing
from connector.domain.attention import Attention
from connector.domain.distribution import Distribution, Occurrence, State
from connector.domain.faults import PLANNER_FAULT
from connector.domain.policy import NOTICE
from connector.domain.reasons import draft_pending
from connector.domain.send import BEARABLE
from connector.domain.standing import Row
from connector.domain.verdicts import ABANDONED

Spell = Callable[[datetime], str]


class Word(str):
    """A step that is taken on the page, which only an approver can do."""

    __slots__ = ()


def steps(
    row: Row, attention: Attention, spell: Spell, *, approver: bool = True
) -> tuple[str, ...]:
    """Return the steps for one row; `spell` writes an instant in the business's zone.

    Whoever is no `approver` gets only those that he can take.
    """
    found = _all(row, attention, spell)
    return found if approver else tuple(step for step in found if not isinstance(step, Word))


def _all(row: Row, attention: Attention, spell: Spell) -> tuple[str, ...]:
    offer = row.distribution
    if attention.reason.code in _ONE_STEP:
        step = attention.reason.next_step
        return (Word(step) if attention.reason.code in landing.CODES else step,)
    if offer is None:
        problem = row.occurrence.send.problem
        return (problem.next_step, *_OF_SENDS) if problem else _OF_SENDS
    if attention.reason.code == draft_pending().code:
        return _DRAFT
    match offer.state:
        case State.UNKNOWN:
            return _unknown(offer, spell)
        case State.COMMITTED:
            return _drift(row.occurrence, offer, spell)
        case State.MISSED:
            return _MISSED
        case State.REJECTED if offer.reason.code == ABANDONED:
            again = Word("If it is surely not there and still in time, try it again below")
            return (_look(offer), again)
        case State.REJECTED:
            return _REJECTED
        case State.HELD:
            return _held(offer, spell)
        case _:
            return _blocked(offer, spell)


_ONE_STEP = landing.CODES | BEARABLE | {PLANNER_FAULT}
_OF_SENDS = (
    "Decide whether this send should bring an offer",
    "If so, add a rule for it to the mapping files",
    "If not, add a rule with `ignore:` and why",
    "The next cycle sees it; nothing else is to be done",
)
_DRAFT = (
    "In its source, look at the changes that wait to be launched: do they move or re-target it?",
    "Launch them, or take them back; a time or an audience that changes shows only then",
    Word("Take note of it below if they do not matter"),
)
_MISSED = (
    "If the send can still be moved, move it in its source: the offer is then planned anew",
    "Otherwise make it up to the guests in Punchh by hand",
    Word("Then take note of it below"),
)
_REJECTED = (
    "Read what Punchh said, under Attempts",
    "In Punchh's dashboard look at the redeemable (is it active, has it ended?) and the segment",
    "Fix it there",
    Word("Then try again below"),
)


def _look(offer: Distribution) -> str:
    return (
        "In Punchh's dashboard, under Campaigns, search for the name that ends in "
        f"`{offer.external_campaign_id}` (Support > Schedules shows its job)"
    )


def _unknown(offer: Distribution, spell: Spell) -> tuple[str, ...]:
    start = spell(offer.start_time) if offer.start_time else "?"
    late = spell(offer.start_time - NOTICE) if offer.start_time else "?"
    denial = (
        "Not there ten minutes after the attempt: say below that it was not committed. Until "
        f"{late} Punchh may still take the lost request, so look again then"
    )
    return (
        _look(offer),
        f"It would give “{offer.redeemable}” to “{offer.segment}”, from {start} on",
        Word("There: copy its campaign number, and say below that it was committed"),
        Word(denial),
        Word("No longer of use: give it up below. Nothing then tries it again by itself"),
    )


def _drift(occurrence: Occurrence, offer: Distribution, spell: Spell) -> tuple[str, ...]:
    when = occurrence.when
    first = (
        f"In Punchh's dashboard, under Campaigns, find campaign `{offer.campaign_id}` "
        f"(its name ends in `{offer.external_campaign_id}`)"
    )
    if when is None or when.first_delivery == offer.first_delivery or occurrence.closed_at:
        stop = "Stop it there if guests should not get it"
        return (first, stop, Word("Take note of it below"))
    comes = spell(when.first_delivery)
    return (
        first,
        f"The message now comes {comes}. Stop the campaign, unless its own time still suits",
        Word("Stopped before it started: have it made again for the new time below"),
        Word("Left as it is: take note of it below"),
    )


def _held(offer: Distribution, spell: Spell) -> tuple[str, ...]:
    by = spell(offer.commit_by) if offer.commit_by else "?"
    told = offer.reason.next_step
    return (
        f"Look at the segment, the redeemable and the time; a yes counts until {by}",
        Word("If they are meant, approve it below, and the next cycle commits it"),
        *((f"Or for good: {told}",) if told and "`connector " not in told else ()),
    )


def _blocked(offer: Distribution, spell: Spell) -> tuple[str, ...]:
    until = f", until {spell(offer.commit_by)}" if offer.commit_by else ""
    return (
        offer.reason.next_step or "Mend the name, the tag, the time or the rule",
        f"The next cycle sees it{until}; nothing else is to be done",
    )
