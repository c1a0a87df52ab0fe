"""What a person does, step by step, about something that wants one: mostly in Punchh's dashboard.

Where in the dashboard: facts: punchh §4.7.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from connector.domain import landing
from connector.domain.attention import Attention
from connector.domain.distribution import Distribution, Occurrence, State
from connector.domain.faults import PLANNER_FAULT
from connector.domain.policy import NOTICE
from connector.domain.reasons import Param, Reason, draft_pending
from connector.domain.send import BEARABLE
from connector.domain.standing import Row
from connector.domain.verdicts import ABANDONED
from connector.render.words import Pieces, Words, commands


def steps(
    row: Row, attention: Attention, words: Words, *, approver: bool = True
) -> tuple[Pieces, ...]:
    """Return the steps for one row.

    Whoever is no `approver` gets only those that he can take.
    """
    return tuple(
        words.pieces(step.template, **{"id": row.id, **step.facts})
        for step in _steps(row, attention, words)
        if approver or not step.approver
    )


class _Step(NamedTuple):
    """`approver`: it is taken on the page, which only an approver can do."""

    template: str
    facts: Mapping[str, Param] = {}
    approver: bool = False


def _steps(row: Row, attention: Attention, words: Words) -> Iterable[_Step]:
    offer = row.distribution
    if attention.reason.code in _ONE_STEP:
        word = attention.reason.code in landing.CODES
        return (_Step("{why:step}", {"why": attention.reason}, approver=word),)
    if offer is None:
        return _of_send(row.occurrence.send.problem)
    if attention.reason.code == draft_pending().code:
        return _DRAFT
    match offer.state:
        case State.UNKNOWN:
            return _unknown(offer)
        case State.COMMITTED:
            return _drift(row.occurrence, offer)
        case State.MISSED:
            return _MISSED
        case State.REJECTED if offer.reason.code == ABANDONED:
            sure = "If it is surely not there and still in time, try it again below"
            return (_look(offer), _Step(sure, approver=True))
        case State.REJECTED:
            return _REJECTED
        case State.HELD:
            return _held(offer, words)
        case _:
            return _blocked(offer, words)


_ONE_STEP = landing.CODES | BEARABLE | {PLANNER_FAULT}
_OF_SENDS = (
    _Step("Decide whether this send should bring an offer"),
    _Step("If so, add a rule for it to the mapping files"),
    _Step("If not, add a rule with `ignore:` and why"),
    _Step("The next cycle sees it; nothing else is to be done"),
)
_DRAFT = (
    _Step(
        "In its source, look at the changes that wait to be launched: do they move or re-target it?"
    ),
    _Step("Launch them, or take them back; a time or an audience that changes shows only then"),
    _Step("Take note of it below if they do not matter", approver=True),
)
_MISSED = (
    _Step("If the send can still be moved, move it in its source: the offer is then planned anew"),
    _Step("Otherwise make it up to the guests in Punchh by hand"),
    _Step("Then take note of it below", approver=True),
)
_REJECTED = (
    _Step("Read what Punchh said, under Attempts"),
    _Step(
        "In Punchh's dashboard look at the redeemable (is it active, has it ended?) and the segment"
    ),
    _Step("Fix it there"),
    _Step("Then try again below", approver=True),
)


def _of_send(problem: Reason | None) -> tuple[_Step, ...]:
    return (_Step("{why:step}", {"why": problem}), *_OF_SENDS) if problem else _OF_SENDS


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
    there = "There: copy its campaign number, and say below that it was committed"
    yield _Step(there, approver=True)
    yield _Step(
        "Not there ten minutes after the attempt: say below that it was not committed. Until "
        "{late:|?} Punchh may still take the lost request, so look again then",
        {"late": start - NOTICE if start else None},
        approver=True,
    )
    over = "No longer of use: give it up below. Nothing then tries it again by itself"
    yield _Step(over, approver=True)


def _drift(occurrence: Occurrence, offer: Distribution) -> Iterator[_Step]:
    when = occurrence.when
    yield _Step(
        "In Punchh's dashboard, under Campaigns, find campaign `{campaign}` (its name ends in "
        "`{mark}`)",
        {"campaign": offer.campaign_id, "mark": offer.external_campaign_id},
    )
    if when is None or when.first_delivery == offer.first_delivery or occurrence.closed_at:
        yield _Step("Stop it there if guests should not get it")
        yield _Step("Take note of it below", approver=True)
        return
    yield _Step(
        "The message now comes {comes}. Stop the campaign, unless its own time still suits",
        {"comes": when.first_delivery},
    )
    again = "Stopped before it started: have it made again for the new time below"
    yield _Step(again, approver=True)
    yield _Step("Left as it is: take note of it below", approver=True)


def _held(offer: Distribution, words: Words) -> Iterator[_Step]:
    yield _Step(
        "Look at the segment, the redeemable and the time; a yes counts until {by:|?}",
        {"by": offer.commit_by},
    )
    meant = "If they are meant, approve it below, and the next cycle commits it"
    yield _Step(meant, approver=True)
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
