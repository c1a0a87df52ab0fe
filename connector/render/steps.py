"""What a person does, step by step, about something that wants one: mostly in Punchh's dashboard.

Where in the dashboard: facts: punchh §4.7.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from connector.domain import landing
from connector.domain.attention import Attention
from connector.domain.distribution import Distribution, Occurrence, State
from connector.domain.policy import NOTICE
from connector.domain.reasons import Param, draft_pending
from connector.domain.standing import Row
from connector.domain.verdicts import ABANDONED
from connector.render.words import Pieces, Words, commands


def steps(row: Row, attention: Attention, words: Words) -> tuple[Pieces, ...]:
    """Return the steps for one row."""
    if attention.reason.code in landing.CODES:
        return (words.step_pieces(attention.reason, row.id),)
    return tuple(
        words.pieces(step.template, **step.facts) for step in _steps(row, attention, words)
    )


class _Step(NamedTuple):
    template: str
    facts: Mapping[str, Param] = {}


def _steps(row: Row, attention: Attention, words: Words) -> Iterable[_Step]:
    offer = row.distribution
    if offer is None:
        return map(_Step, _OF_SENDS)
    if attention.reason.code == draft_pending().code:
        return map(_Step, _DRAFT)
    match offer.state:
        case State.UNKNOWN:
            return _unknown(offer)
        case State.COMMITTED:
            return _drift(row.occurrence, offer)
        case State.MISSED:
            return map(_Step, _MISSED)
        case State.REJECTED if offer.reason.code == ABANDONED:
            sure = "If it is surely not there and still in time, try it again below"
            return (_look(offer), _Step(sure))
        case State.REJECTED:
            return map(_Step, _REJECTED)
        case State.HELD:
            return _held(offer, words)
        case _:
            return _blocked(offer, words)


_OF_SENDS = (
    "Decide whether this send should bring an offer",
    "If so, add a rule for it; `connector mappings suggest` writes one with names from Punchh",
    "If not, add a rule with `ignore:` and why",
    "The next cycle sees it; nothing else is to be done",
)
_DRAFT = (
    "In its source, look at the changes that wait to be launched: do they move or re-target it?",
    "Launch them, or take them back; a time or an audience that changes shows only then",
    "Take note of it below if they do not matter",
)
_MISSED = (
    "If the send can still be moved, move it in its source: the offer is then planned anew",
    "Otherwise make it up to the guests in Punchh by hand, and take note of it below",
)
_REJECTED = (
    "Read what Punchh said, under Attempts",
    "In Punchh's dashboard look at the redeemable (is it active, has it ended?) and the segment",
    "Mend it there, then try again below",
)


def _look(offer: Distribution) -> _Step:
    return _Step(
        "In Punchh's dashboard, under Campaigns, search for the name that ends in `{mark}` "
        "(Support > Schedules shows its job)",
        {"mark": offer.external_campaign_id},
    )


def _unknown(offer: Distribution) -> Iterator[_Step]:
    start = offer.start_time
    yield _look(offer)
    yield _Step(
        "It would give “{redeemable}” to “{segment}”, from {start:|?} on",
        {"redeemable": offer.redeemable, "segment": offer.segment, "start": start},
    )
    yield _Step("There: copy its campaign number, and say below that it was committed")
    yield _Step(
        "Not there ten minutes after the attempt: say below that it was not committed. Until "
        "{late:|?} Punchh may still take the lost request, so look again then",
        {"late": start - NOTICE if start else None},
    )
    yield _Step("No longer of use: give it up below. Nothing then tries it again by itself")


def _drift(occurrence: Occurrence, offer: Distribution) -> Iterator[_Step]:
    when = occurrence.when
    yield _Step(
        "In Punchh's dashboard, under Campaigns, find campaign `{campaign}` (its name ends in "
        "`{mark}`)",
        {"campaign": offer.campaign_id, "mark": offer.external_campaign_id},
    )
    if when is None or when.first_delivery == offer.first_delivery or occurrence.closed_at:
        yield _Step("Stop it there if guests should not get it")
        yield _Step("Take note of it below")
        return
    yield _Step(
        "The message now comes {comes}. Stop the campaign, unless its own time still suits",
        {"comes": when.first_delivery},
    )
    yield _Step("Stopped before it started: have it made again for the new time below")
    yield _Step("Left as it is: take note of it below")


def _held(offer: Distribution, words: Words) -> Iterator[_Step]:
    yield _Step(
        "Look at the segment, the redeemable and the time; a yes counts until {by:|?}",
        {"by": offer.commit_by},
    )
    yield _Step("If they are meant, approve it below, and the next cycle commits it")
    step = words.step_pieces(offer.reason, offer.id)
    if step and not any(piece.text.startswith("connector ") for piece in commands(step)):
        yield _Step("Or for good: {why:step}", {"why": offer.reason})


def _blocked(offer: Distribution, words: Words) -> Iterator[_Step]:
    if words.next_step(offer.reason, offer.id):
        yield _Step("{why:step}", {"why": offer.reason})
    else:
        yield _Step("Mend the name, the tag, the time or the rule")
    yield _Step(
        "The next cycle sees it{by:?, until }; nothing else is to be done", {"by": offer.commit_by}
    )
