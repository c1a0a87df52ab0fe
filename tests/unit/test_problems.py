"""What is wrong with a send's own row: which offers it stops, and that it is always said."""

from typing import Any

import pytest

from connector.domain.attention import Severity, Whom, of_distribution, of_occurrence
from connector.domain.distribution import Decision, State
from connector.domain.faults import planner_fault
from connector.domain.match import match
from connector.domain.plan import Action
from connector.domain.reasons import (
    AUDIENCE_UNSEEN,
    UNMAPPED_WITH_PROBLEM,
    Reason,
    unmapped,
)
from connector.domain.resolve import redeemables, segments
from connector.domain.rules import RedeemableUuid, SegmentId
from connector.domain.send import BEARABLE, MISSPELLED_TAG, ODD_TEXT, UNREADABLE_TAGS
from connector.domain.standing import Row
from connector.render.steps import steps
from connector.render.words import plain
from tests.support.planning import (
    NOW,
    book,
    catalog,
    hours,
    known,
    occurrence,
    only,
    plan,
    poll,
    row,
    rule,
    send,
)
from tests.support.words import IN_UTC, in_words, saying, step_of

OWN, BY_AUDIENCE = "VIP Guests", None
OPEN_CODES = [*sorted(BEARABLE), AUDIENCE_UNSEEN, "bad-row", "bad-time", "odd-id"]


def _problem(code: str) -> Reason:
    return saying(code, f"it is {code}", f"Correct {code}")


# Problem, the rule's own segment, the send's audiences -> the state and code of its offer.
STOPS = [
    (ODD_TEXT, OWN, (), "waiting due"),
    (ODD_TEXT, BY_AUDIENCE, ("VIP Guests",), "waiting due"),
    (ODD_TEXT, BY_AUDIENCE, (), "blocked no-audience"),
    (UNREADABLE_TAGS, OWN, (), "waiting due"),
    (UNREADABLE_TAGS, BY_AUDIENCE, ("VIP Guests",), "waiting due"),
    (UNREADABLE_TAGS, BY_AUDIENCE, (), "blocked unreadable-tags"),
    (MISSPELLED_TAG, OWN, (), "waiting due"),
    (MISSPELLED_TAG, BY_AUDIENCE, ("VIP Guests",), "waiting due"),
    (MISSPELLED_TAG, BY_AUDIENCE, (), "blocked misspelled-tag"),
    (AUDIENCE_UNSEEN, OWN, (), "waiting due"),
    (AUDIENCE_UNSEEN, BY_AUDIENCE, ("VIP Guests",), "blocked audience-unseen"),
    ("bad-row", OWN, (), "blocked bad-row"),
    ("odd-id", OWN, (), "blocked odd-id"),
]


@pytest.mark.parametrize(("code", "segment", "audiences", "told"), STOPS)
def test_a_problem_stops_the_offers_that_it_spoils(
    code: str, segment: str | None, audiences: tuple[str, ...], told: str
) -> None:
    shown = send(at=hours(2), problem=_problem(code), audiences=audiences)
    offer = only(plan(known(), poll(shown), rules=book(rule(segment=segment)))).distribution
    assert f"{offer.state} {offer.reason.code}" == told


@pytest.mark.parametrize("code", OPEN_CODES)
@pytest.mark.parametrize("audiences", [(), ("VIP",)])
def test_without_a_rule_the_problem_is_said_first(code: str, audiences: tuple[str, ...]) -> None:
    shown = send(at=hours(2), problem=_problem(code), audiences=audiences)
    reason = match(shown, book(rule(match={"send": "Another"}))).reason
    assert (reason.code, in_words(reason).split(",")[0]) == (UNMAPPED_WITH_PROBLEM, f"it is {code}")
    assert step_of(reason).startswith(f"Correct {code};")
    of = occurrence(shown, decision=Decision.UNMAPPED, rule=None, reason=reason)
    found = of_occurrence(of)
    assert found is not None
    assert (found.reason, found.severity, found.whom) == (
        reason, Severity.WARNING, Whom.MARKETERS,
    )  # fmt: skip
    assert (found.unclaimed is not None) is bool(audiences)
    assert plain(steps(Row(of, None), found, IN_UTC)[0]) == f"Correct {code}"
    assert of_occurrence(occurrence(shown, decision=Decision.IGNORED)) is None


def test_without_a_problem_the_sentences_stay() -> None:
    assert unmapped(()).code == "unmapped"
    assert unmapped(("VIP",)).code == "unmapped-with-audience"


@pytest.mark.parametrize("code", sorted(BEARABLE))
@pytest.mark.parametrize("state", State)
def test_what_is_odd_of_a_claimed_send_wants_a_look(code: str, state: State) -> None:
    of = occurrence(send(at=hours(60), problem=_problem(code)))
    found = of_distribution(of, row(of, state), NOW)
    seen = found.reason.code if found else ""
    alone = state in (State.WAITING, State.HELD, State.BLOCKED, State.COMMITTED)
    assert (seen == code) is alone
    closed = occurrence(of.send, closed_at=NOW)
    told = of_distribution(closed, row(closed, state), NOW)
    assert told is None or told.reason.code != code


@pytest.mark.parametrize("state", State)
def test_a_fault_of_ours_is_told_to_operators_whatever_the_offer_is(state: State) -> None:
    fault = planner_fault("KeyError")
    of = occurrence(send(at=hours(60)), reason=fault)
    reason = fault if state is State.BLOCKED else saying("was", "it was")
    found = of_distribution(of, row(of, state, reason=reason), NOW)
    assert found is not None
    graver = state in (State.UNKNOWN, State.REJECTED, State.MISSED)
    assert graver or (found.reason, found.whom) == (fault, Whom.OPERATORS)
    assert of_distribution(occurrence(of.send, reason=fault, closed_at=NOW),
                           row(of, State.COMMITTED), NOW) is None  # fmt: skip


@pytest.mark.parametrize("lost", ["VIP \ufffd", "\ufffd"])
def test_a_name_that_lost_a_character_is_nobodys(lost: str) -> None:
    lists = catalog([(7, lost), (8, "VIP")], [("u-1", lost), ("u-2", "Fries")])
    assert segments(lost, lists) == ()
    assert redeemables(lost, lists) == ()
    assert [one.name for one in segments(SegmentId(id=7), lists)] == [lost]
    assert [one.name for one in redeemables(RedeemableUuid(uuid="u-1"), lists)] == [lost]
    shown: dict[str, Any] = {"problem": _problem(ODD_TEXT), "audiences": (lost,)}
    made = plan(
        known(), poll(send(at=hours(2), **shown)), rules=book(rule(segment=None)), lists=lists
    )
    planned = only(made)
    assert (planned.action, planned.distribution.reason.code) == (Action.BLOCK, "no-segment")
