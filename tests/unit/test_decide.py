"""The decision table, a row at a time, and which row wins."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.decide import Facts, decide
from connector.domain.distribution import Decision, Distribution, State
from connector.domain.lifecycle import Followed
from connector.domain.plan import Action, Approvals, Entry, Mode, Planned
from connector.domain.reasons import Reason
from tests.support.planning import (
    LIVE,
    NOW,
    SAME,
    approval,
    as_is,
    book,
    catalog,
    hours,
    known,
    minutes,
    occurrence,
    plan,
    policy,
    poll,
    row,
    rule,
    send,
    when,
)
from tests.support.words import in_words, saying

AT = hours(2)  # its window is open, and there is time enough
X = occurrence(send(at=AT))
LATE = AT - timedelta(minutes=21)
WHY = saying("why", "so it is")
WAITING = row(X)
OTHER = row(X, State.COMMITTED, wanted_segment="lunch crowd", segment_id=8)


def _decided(
    *rows: Distribution,
    of: Followed | None = None,
    now: datetime = NOW,
    lists: Any = SAME,
    approvals: Approvals | None = None,
    mode: Mode = LIVE,
    stale: Reason | None = None,
    gone: bool = False,
    guests: Any = None,
    left_alone: Reason | None = None,
    **changes: Any,
) -> Entry:
    given = catalog() if lists is SAME else lists
    facts = Facts(mode, given, approvals or {}, stale, gone, guests, left_alone)
    return decide(of or as_is(X), rows, book(rule(**changes)), policy(), facts, now)


def _one(*rows: Distribution, **facts: Any) -> Planned:
    (planned,) = _decided(*rows, **facts).planned
    return planned


def _told(planned: Planned) -> tuple[str, str, str]:
    offer = planned.distribution
    return offer.state.value, offer.reason.code, planned.action.value


TWO_VIPS = ((7, "VIP Guests"), (9, "VIP  guests"))
EARLY = as_is(occurrence(send(at=hours(9))))
DOUBT = as_is(replace(X, doubt=WHY))
MISSING = as_is(X, missing=WHY)
TIMELESS = as_is(occurrence(send(at=None)))
BROKEN = as_is(occurrence(send(at=AT, problem=WHY)))
LOCAL = as_is(occurrence(send(at=AT, early=2)))
SPREADING = as_is(occurrence(send(when=replace(when(AT, early=2), last_delivery=hours(10)))))

TABLE: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({}, ("waiting", "due", "commit")),
    ({"now": AT - timedelta(minutes=40)}, ("waiting", "due-short", "commit")),
    ({"of": EARLY}, ("waiting", "window", "wait")),
    ({"of": EARLY, "now": hours(6.5)}, ("waiting", "due", "commit")),
    ({"of": EARLY, "now": hours(6.5) - timedelta(seconds=1)}, ("waiting", "window", "wait")),
    ({"of": MISSING}, ("waiting", "why", "wait")),
    ({"stale": saying("stale", "old")}, ("waiting", "stale", "wait")),
    ({"of": MISSING, "stale": saying("stale", "old")}, ("waiting", "why", "wait")),
    ({"late": "earliest", "now": LATE}, ("waiting", "due-late", "commit")),
    ({"late": "earliest", "now": AT}, ("missed", "too-late", "skip")),
    ({"late": "earliest", "of": LOCAL, "now": hours(1)}, ("waiting", "due-late", "commit")),
    ({"late": "earliest", "of": SPREADING, "now": hours(9)}, ("waiting", "due-late", "commit")),
    ({"late": "earliest", "of": SPREADING, "now": hours(10)}, ("missed", "too-late", "skip")),
    ({"now": LATE - timedelta(minutes=1)}, ("waiting", "due-short", "commit")),
    ({"now": LATE}, ("missed", "too-late", "skip")),
    ({"now": LATE, "segment": "Nobody"}, ("missed", "missed", "skip")),
    ({"of": TIMELESS}, ("blocked", "no-time", "block")),
    ({"of": BROKEN, "segment": "Nobody"}, ("blocked", "why", "block")),
    ({"segment": "Nobody"}, ("blocked", "no-segment", "block")),
    ({"redeemable": "Frise"}, ("blocked", "no-redeemable", "block")),
    ({"lists": catalog(TWO_VIPS)}, ("blocked", "several-segments", "block")),
    ({"segment": None}, ("blocked", "no-audience", "block")),
    ({"of": DOUBT, "segment": "Nobody"}, ("blocked", "no-segment", "block")),
    ({"of": DOUBT, "approval": "required"}, ("held", "why", "hold")),
    ({"approval": "required", "max_guests": 9}, ("held", "approval", "hold")),
    ({"of": EARLY, "approval": "required"}, ("held", "approval", "hold")),
    ({"max_guests": 9}, ("held", "max-guests", "hold")),
    ({"mode": Mode(False, NOW)}, ("held", "before-live", "hold")),
    ({"mode": Mode(False, NOW), "of": EARLY}, ("waiting", "window", "wait")),
    ({"mode": Mode(False, hours(-0.5))}, ("waiting", "due", "commit")),
    ({"mode": Mode(False, NOW, nothing_given_yet=True)}, ("waiting", "due", "commit")),
    ({"mode": Mode(True)}, ("waiting", "due", "commit")),  # safety holds it
    ({"gone": True, "of": BROKEN}, ("withdrawn", "cancelled", "skip")),
    ({"gone": True, "now": LATE}, ("withdrawn", "cancelled", "skip")),
]


@pytest.mark.parametrize(("facts", "told"), TABLE)
def test_a_new_offer(facts: dict[str, Any], told: tuple[str, str, str]) -> None:
    planned = _one(**facts)
    assert _told(planned) == told
    assert planned.was is None


def test_an_offer_carries_what_the_ledger_shows_of_it() -> None:
    offer = _one()
    assert offer.distribution == replace(
        WAITING, version=0, reason=offer.distribution.reason, rule="fries"
    )
    short = _one(now=AT - timedelta(minutes=40)).distribution
    assert (short.start_time, short.commit_by) == (
        AT - timedelta(minutes=23),
        AT - timedelta(minutes=22),
    )


# --- what was decided before


KEPT = row(X, State.REJECTED, attempts=1)
MOVED = as_is(replace(X, send=send(at=hours(2.5))))

BEFORE: list[tuple[Distribution, dict[str, Any], tuple[str, str, str]]] = [
    (KEPT, {}, ("rejected", "was-rejected", "skip")),
    (KEPT, {"now": LATE}, ("rejected", "was-rejected", "skip")),
    (KEPT, {"gone": True}, ("rejected", "was-rejected", "skip")),
    (KEPT, {"of": MOVED}, ("waiting", "due", "commit")),
    (KEPT, {"lists": catalog([(70, "VIP Guests")])}, ("waiting", "due", "commit")),
    (KEPT, {"lists": catalog(redeemables=[("u-9", "Fries")])}, ("waiting", "due", "commit")),
    (KEPT, {"of": MOVED, "gone": True}, ("withdrawn", "cancelled", "skip")),
    (WAITING, {"now": LATE}, ("missed", "missed", "skip")),
    (row(X, State.BLOCKED), {}, ("waiting", "due", "commit")),
    (row(X, State.HELD), {}, ("waiting", "due", "commit")),
    (row(X, State.MISSED), {"now": LATE}, ("missed", "was-missed", "skip")),
    (row(X, State.MISSED), {"now": LATE, "of": MOVED}, ("waiting", "due", "commit")),
    (row(X, State.MISSED), {"now": hours(3), "of": MOVED}, ("missed", "too-late", "skip")),
    (row(X, State.WITHDRAWN), {}, ("waiting", "due", "commit")),
    (row(X, State.WITHDRAWN), {"of": MISSING}, ("withdrawn", "cancelled", "skip")),
    (WAITING, {"gone": True}, ("withdrawn", "cancelled", "skip")),
    (replace(WAITING, not_before=minutes(1)), {}, ("waiting", "was-waiting", "wait")),
    (replace(WAITING, not_before=NOW), {}, ("waiting", "due", "commit")),
    (replace(WAITING, latecomer=True), {}, ("held", "set-closed", "hold")),
]


@pytest.mark.parametrize(("was", "facts", "told"), BEFORE)
def test_an_offer_known_before(
    was: Distribution, facts: dict[str, Any], told: tuple[str, str, str]
) -> None:
    planned = _one(was, **facts)
    assert _told(planned) == told
    assert planned.was is was
    assert planned.distribution.id == was.id


@pytest.mark.parametrize("facts", [{"of": MOVED}, {"lists": catalog([(70, "VIP Guests")])}])
def test_what_a_person_abandoned_no_machine_takes_up_again(facts: dict[str, Any]) -> None:
    given_up = row(X, State.REJECTED, attempts=1, reason=saying("abandoned", "nobody knows"))
    for each in (facts, {**facts, "gone": True}):
        assert _told(_one(given_up, **each)) == ("rejected", "abandoned", "skip")


def test_a_missed_offer_keeps_its_reason_when_punchh_s_clock_is_measured_anew() -> None:
    first = _one(WAITING, now=LATE).distribution
    facts = Facts(LIVE, catalog(), {})
    skewed = policy(skew=timedelta(seconds=3))
    (again,) = decide(as_is(X), [first], book(), skewed, facts, LATE).planned
    assert again.distribution.reason == first.reason


@pytest.mark.parametrize("state", [State.INTENT, State.UNKNOWN, State.COMMITTED])
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"lists": None},
        {"gone": True},
        {"of": MOVED},
        {"segment": "Lunch Crowd"},
        {"ignore": "no", "redeemable": None, "segment": None},
        {"of": as_is(replace(X, closed_at=NOW))},
    ],
)
def test_a_sealed_row_is_never_touched(state: State, facts: dict[str, Any]) -> None:
    sealed = row(X, state)
    planned = {one.distribution.id: one for one in _decided(sealed, **facts).planned}[sealed.id]
    assert planned == Planned(sealed, sealed, Action.SKIP)


# --- what approval lifts


LIFTED: list[tuple[Distribution, dict[str, Any]]] = [
    (WAITING, {"of": DOUBT}),
    (replace(WAITING, latecomer=True), {}),
    (WAITING, {"approval": "required"}),
    (WAITING, {"max_guests": 5}),
    (WAITING, {"mode": Mode(False, NOW)}),
]
NOT_LIFTED: list[tuple[dict[str, Any], str]] = [
    ({"gone": True}, "withdrawn"),
    ({"now": LATE}, "missed"),
    ({"of": BROKEN}, "blocked"),
    ({"of": EARLY}, "waiting"),
    ({"of": MISSING}, "waiting"),
    ({"stale": WHY}, "waiting"),
]
UNBOUND: list[dict[str, Any]] = [
    {"segment_id": 70},
    {"redeemable_uuid": "u-9"},
    {"scheduled_for": hours(3)},
]


@pytest.mark.parametrize(("was", "facts"), LIFTED)
def test_an_approval_lifts_what_waits_for_a_person(
    was: Distribution, facts: dict[str, Any]
) -> None:
    held = _one(was, **facts).distribution
    assert held.state is State.HELD
    yes = approval(was, held.reason.code)
    older = replace(yes, segment_id=70)
    assert _one(was, approvals={was.id: (older, yes)}, **facts).action is Action.COMMIT
    assert _one(was, approvals={"another": (yes,)}, **facts).action is Action.HOLD
    for change in UNBOUND:
        other = replace(yes, **change)
        assert _one(was, approvals={was.id: (other,)}, **facts).action is Action.HOLD


HOLDS = ("unclear", "set-closed", "approval", "max-guests", "several-segments", "before-live")


@given(st.frozensets(st.sampled_from(HOLDS)))
def test_an_approval_never_lifts_another_code(lifted: frozenset[str]) -> None:
    """Whatever set of its holds is approved, the first that is not holds it."""
    doubtful = occurrence(X.send, doubt=saying("unclear", "?"))
    was = row(X, latecomer=True)
    entry = _decided(
        was,
        of=as_is(doubtful),
        approval="required",
        max_guests=5,
        segment=["VIP Guests", "Lunch Crowd"],
        mode=Mode(rehearsal=False, live_at=NOW),
        approvals={was.id: tuple(approval(was, code) for code in lifted)},
    )
    (planned,) = (one for one in entry.planned if one.distribution.id == was.id)
    left = [code for code in HOLDS if code not in lifted]
    assert planned.distribution.reason.code == (left[0] if left else "due")


def test_an_approval_of_one_size_hold_lifts_no_other() -> None:
    answers: dict[str, int | Reason] = {
        "too-many-guests": 6,
        "no-guests": 0,
        "guests-unread": saying("unreadable", "why"),
    }
    for approved in answers:
        for code, answer in answers.items():
            yes = {WAITING.id: (approval(WAITING, approved),)}
            facts: dict[str, Any] = {"max_guests": 5, "guests": {7: answer}}
            planned = _one(WAITING, approvals=yes, **facts)
            state = State.WAITING if code == approved else State.HELD
            assert planned.distribution.state is state
            assert (state is State.WAITING) or planned.distribution.reason.code == code


def test_a_size_is_a_question_only_of_what_is_otherwise_due() -> None:
    asking: dict[str, Any] = {"max_guests": 5, "guests": {}}
    asked = _one(WAITING, **asking)
    assert (asked.asks, asked.distribution.reason.code) == (7, "guests-unasked")
    assert _one(WAITING, **asking, now=NOW - timedelta(hours=9)).asks is None
    assert _one(WAITING, **asking, stale=WHY).asks is None
    assert _one(WAITING, **asking, approval="required").asks is None
    answered = _one(WAITING, **asking | {"guests": {7: 5}})
    assert (answered.asks, answered.action) == (None, Action.COMMIT)


@pytest.mark.parametrize(("facts", "state"), NOT_LIFTED)
def test_an_approval_lifts_nothing_else(facts: dict[str, Any], state: str) -> None:
    planned = _one(WAITING, approvals={WAITING.id: (approval(WAITING, "approval"),)}, **facts)
    assert planned.distribution.state == state
    assert planned.action is not Action.COMMIT


# --- the set, several segments, duplicates


BOTH: dict[str, Any] = {"segment": ["VIP Guests", "Lunch Crowd"]}


def test_several_segments_of_one_send_are_held_unless_the_rule_means_it() -> None:
    held = _decided(**BOTH).planned
    assert {_told(one) for one in held} == {("held", "several-segments", "hold")}
    assert "VIP Guests" in in_words(held[0].distribution.reason)
    meant = _decided(**BOTH, several="each").planned
    assert {_told(one) for one in meant} == {("waiting", "due", "commit")}
    two_offers = _decided(redeemable=["Fries", "Burger"]).planned
    assert {_told(one) for one in two_offers} == {("waiting", "due", "commit")}


@pytest.mark.parametrize("first", [OTHER, row(X, State.REJECTED, attempts=1)])
def test_an_offer_that_appears_after_the_first_intent_is_held(first: Distribution) -> None:
    new = [
        one
        for one in _decided(first, **BOTH, redeemable="Burger", several="each").planned
        if one.was is None
    ]
    assert {_told(one) for one in new} == {("held", "set-closed", "hold")}
    assert all(one.distribution.latecomer for one in new)


def test_a_row_that_was_there_before_the_first_intent_may_still_be_mended() -> None:
    waiting = row(X, State.BLOCKED)
    planned = _decided(OTHER, waiting, **BOTH, several="each").planned
    assert _told(planned[0]) == ("waiting", "due", "commit")


def test_a_row_that_comes_back_after_another_offer_went_out_is_held() -> None:
    burger = row(X, State.COMMITTED, wanted_redeemable="burger", redeemable_uuid="u-2")
    fries = row(X, State.WITHDRAWN)
    back = {one.distribution.id: one for one in _decided(burger, fries).planned}[fries.id]
    assert _told(back) == ("held", "set-closed", "hold")
    again = _decided(burger, back.distribution).planned[0]
    assert not again.changed


def test_two_names_of_one_pair_are_one_offer() -> None:
    twice: dict[str, Any] = {"segment": ["VIP Guests", {"id": 7}], "several": "each"}
    assert [_told(one) for one in _decided(**twice).planned] == [("waiting", "due", "commit")]
    was = row(X, wanted_segment="id:7")
    first, second = _decided(was, **twice).planned
    assert _told(first) == ("waiting", "due", "commit")
    assert _told(second) == ("withdrawn", "duplicate", "skip")
    assert (first.was, second.was) == (None, was)
    assert first.distribution.id in in_words(second.distribution.reason)


@pytest.mark.parametrize("state", [State.INTENT, State.UNKNOWN, State.COMMITTED])
def test_a_sealed_pair_is_given_no_second_time_under_another_name(state: State) -> None:
    sealed = row(X, state, wanted_segment="old name")
    assert _decided(sealed).planned == (Planned(sealed, sealed, Action.SKIP),)


def test_a_rejected_duplicate_stays_rejected() -> None:
    refused = row(X, State.REJECTED, attempts=1, wanted_segment="id:7")
    planned = _decided(refused, segment=["VIP Guests", {"id": 7}], several="each").planned
    assert [_told(one) for one in planned] == [
        ("held", "set-closed", "hold"),
        ("rejected", "was-rejected", "skip"),
    ]


# --- no rule, no catalog, the end, the horizon


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({"ignore": "no", "redeemable": None, "segment": None}, Decision.IGNORED),
        ({"match": {"send": "other"}}, Decision.UNMAPPED),
    ],
)
def test_what_no_rule_wants_any_more_is_withdrawn(
    changes: dict[str, Any], decision: Decision
) -> None:
    rows = [row(X, state, wanted_segment=state.value) for state in sorted(State)]
    entry = _decided(*rows, **changes)
    assert entry.occurrence.decision is decision
    for was, planned in zip(rows, entry.planned, strict=True):
        assert planned.was == was
        open_ = was.state in {State.BLOCKED, State.HELD, State.WAITING}
        assert planned.distribution.state is (State.WITHDRAWN if open_ else was.state)


def test_an_offer_the_rule_names_no_more_is_withdrawn() -> None:
    planned = _decided(WAITING, segment="Lunch Crowd").planned
    assert [_told(one) for one in planned] == [
        ("waiting", "due", "commit"),
        ("withdrawn", "rule-gone", "skip"),
    ]


UNREAD: list[tuple[Distribution, dict[str, Any], tuple[str, str, str]]] = [
    (WAITING, {}, ("waiting", "was-waiting", "wait")),
    (row(X, State.HELD), {}, ("held", "was-held", "hold")),
    (WAITING, {"now": LATE}, ("missed", "missed", "skip")),
    (replace(WAITING, commit_by=LATE), {"now": LATE}, ("waiting", "was-waiting", "wait")),
    (WAITING, {"left_alone": WHY}, ("waiting", "why", "wait")),
    (
        row(EARLY.occurrence),
        {"of": EARLY, "now": hours(6.5), "left_alone": WHY},
        ("waiting", "why", "wait"),
    ),
    (
        row(EARLY.occurrence),
        {"of": EARLY, "now": hours(6.5) - timedelta(seconds=1), "left_alone": WHY},
        ("waiting", "was-waiting", "wait"),
    ),
    (row(X, State.HELD), {"left_alone": WHY}, ("held", "was-held", "hold")),
    (WAITING, {"now": LATE, "late": "earliest"}, ("waiting", "was-waiting", "wait")),
    (row(X, State.REJECTED), {"now": LATE}, ("rejected", "was-rejected", "skip")),
    (row(X, State.BLOCKED, commit_by=None), {}, ("blocked", "was-blocked", "block")),
]


@pytest.mark.parametrize(("was", "facts", "told"), UNREAD)
def test_without_a_catalog_rows_stay_as_they_are_and_time_goes_on(
    was: Distribution, facts: dict[str, Any], told: tuple[str, str, str]
) -> None:
    planned = _one(was, lists=None, **facts)
    assert _told(planned) == told
    assert planned.was == was
    if planned.distribution.state is State.MISSED:
        assert in_words(was.reason) in in_words(planned.distribution.reason)
    else:
        assert planned.timing is not None
    assert _decided(lists=None, **facts).planned == ()


def test_what_is_missed_says_by_when_and_what_stood_in_the_way() -> None:
    by = "it had to be committed by Sun 22 Nov 07:38 UTC"
    new = in_words(_one(now=LATE).distribution.reason)
    assert new == f"seen too late: {by}"
    nobody = in_words(_one(segment="Nobody").distribution.reason)
    assert "Nobody" in nobody
    held = row(X, State.HELD)
    for was, segment, told in (
        (None, "Nobody", nobody),
        (held, "VIP Guests", in_words(held.reason)),
        (held, "Nobody", nobody),
    ):
        rows = [] if was is None else [replace(was, wanted_segment=segment.lower())]
        sentence = in_words(_one(*rows, segment=segment, now=LATE).distribution.reason)
        assert sentence == f"{by} and was not; until then: {told}"


def test_when_a_send_is_over_what_was_not_given_is_missed() -> None:
    over = as_is(replace(X, closed_at=NOW))
    missed = _one(WAITING, of=over)
    assert (_told(missed), missed.was) == (("missed", "missed", "skip"), WAITING)
    assert in_words(missed.distribution.reason).endswith("; until then: it was waiting")
    timeless = replace(WAITING, state=State.BLOCKED, commit_by=None)
    assert _told(_one(timeless, of=over)) == ("withdrawn", "ended", "skip")
    assert not _one(KEPT, of=over).changed


def test_beyond_the_horizon_nothing_is_planned_unless_it_was_already() -> None:
    far = occurrence(send(at=hours(24 * 7 + 1)))
    entry = _decided(of=as_is(far))
    assert (entry.planned, entry.occurrence.decision) == ((), Decision.CLAIMED)
    assert entry.occurrence.reason is not None
    assert in_words(entry.occurrence.reason).startswith("claimed by rule fries; ")
    assert "Sun 22 Nov 07:00" in in_words(entry.occurrence.reason)
    assert _decided(of=as_is(far), now=hours(1)).planned
    assert _told(_one(row(far), of=as_is(far))) == ("waiting", "window", "wait")


def test_a_send_that_moved_counts_by_the_time_it_was_first_seen_for() -> None:
    moved = replace(occurrence(send("s1", hours(9))), opened_for=hours(2))
    live = Mode(rehearsal=False, live_at=NOW)
    told = known((moved, (row(moved),)), mode=live)
    (planned,) = (each for _, each in plan(told, poll(moved.send, previous=NOW)).planned())
    assert planned.distribution.reason.code == "before-live"
    late = replace(moved, opened_for=hours(9))
    told = known((late, (row(late),)), mode=live)
    (planned,) = (each for _, each in plan(told, poll(late.send, previous=NOW)).planned())
    assert planned.distribution.reason.code == "window"
