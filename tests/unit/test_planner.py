"""Properties of the whole pure ring."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain import faults, lifecycle
from connector.domain import planner as module
from connector.domain.decide import decide
from connector.domain.distribution import State
from connector.domain.lifecycle import Followed
from connector.domain.plan import Action, Entry, Known, Plan
from connector.domain.planner import Question, questions
from connector.domain.seeing import Poll
from tests.support.planning import (
    LIVE,
    NOW,
    REHEARSAL,
    as_is,
    book,
    hours,
    known,
    minutes,
    occurrence,
    only,
    plan,
    policy,
    poll,
    recorded,
    row,
    rule,
    send,
)

RULES = book(
    rule("skip", match={"tags": ["skip"]}, redeemable=None, segment=None, ignore="so"),
    rule("both", match={"tags": ["both"]}, segment=["VIP Guests", "Lunch Crowd"], several="each"),
    rule("gone", match={"tags": ["gone"]}, segment="Nobody"),
    rule("burger", match={"tags": ["burger"]}, redeemable=["Burger", "Fries"]),
    rule("yes", match={"tags": ["yes"]}, approval="required"),
    rule("fries", match={"source": "*_us"}),
)
TAGS = ["skip", "both", "gone", "burger", "yes", "none"]
times = st.none() | st.sampled_from([-30, -1, 0, 0.2, 0.5, 2, 2.1, 3, 9, 30, 24 * 9])
shown_sends = st.builds(
    lambda n, at, early, tag, source: send(
        f"s{n}", None if at is None else hours(at), early=early, tags=(tag,), source=source
    ),
    st.integers(0, 7),
    times,
    st.sampled_from([0, 0, 14]),
    st.sampled_from(TAGS),
    st.sampled_from(["braze_us", "braze_us", "sf"]),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Known, list[Poll]]:
    """Return what is known, from sends as they were, and polls of sends as they are."""
    stories = {}
    for one in draw(st.lists(shown_sends, max_size=5, unique_by=lambda one: one.send_id)):
        of = occurrence(
            one,
            absent_polls=draw(st.integers(0, 1)),
            closed_at=draw(st.sampled_from([None, None, minutes(-1)])),
        )
        names = draw(st.lists(st.sampled_from(["vip guests", "lunch crowd"]), unique=True))
        rows = [
            row(
                of,
                draw(st.sampled_from(State)),
                wanted_segment=name,
                segment_id=7 if name == "vip guests" else 8,
            )
            for name in names
        ]
        stories[of.key] = (of, rows)
    told = known(
        *stories.values(),
        mode=draw(st.sampled_from([LIVE, LIVE, REHEARSAL])),
        given_today=draw(st.sampled_from([0, 99])),
    )
    sends = draw(st.lists(shown_sends, max_size=8, unique_by=lambda one: one.send_id))
    by_source: dict[str, list[Any]] = {"braze_us": [], "sf": []}
    for one in sends:
        by_source[one.source].append(one)
    previous = draw(st.sampled_from([None, minutes(-1), hours(-20)]))
    return told, [poll(*each, source=name, previous=previous) for name, each in by_source.items()]


def _made(told: Known, polls: list[Poll]) -> Plan:
    by = policy(safety={"max_commits_per_cycle": 4})
    return plan(told, *polls, rules=RULES, by=by)


def _shuffled(told: Known, polls: list[Poll], random: Random) -> tuple[Known, list[Poll]]:
    def mixed(items: Any) -> tuple[Any, ...]:
        return tuple(random.sample(list(items), len(items)))

    return (
        replace(
            told,
            occurrences=mixed(told.occurrences),
            distributions={k: mixed(told.distributions[k]) for k in mixed(told.distributions)},
        ),
        [
            Poll(replace(one.snapshot, sends=mixed(one.snapshot.sends)), one.previous)
            for one in mixed(polls)
        ],
    )


def _as_a_set(made: Plan) -> list[Entry]:
    return [
        replace(entry, planned=tuple(sorted(entry.planned, key=lambda one: one.distribution.id)))
        for entry in made.entries
    ]


@settings(max_examples=150, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_come_makes_no_difference(
    world: tuple[Known, list[Poll]], random: Random
) -> None:
    assert _as_a_set(_made(*world)) == _as_a_set(_made(*_shuffled(*world, random)))


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_sealed_rows_stand_and_every_send_shown_is_decided(
    world: tuple[Known, list[Poll]],
) -> None:
    told, polls = world
    made = _made(told, polls)
    assert made.crashed == {}
    for _, planned in made.planned():
        if planned.was is not None and planned.was.state.sealed:
            assert not planned.changed
            assert planned.action is Action.SKIP
        assert not planned.distribution.state.sealed or not planned.changed
        if planned.action is Action.COMMIT:
            assert not told.mode.rehearsal
    shown = {one.series for each in polls for one in each.snapshot.sends}
    decided = {
        entry.occurrence.send.series
        for entry in made.entries
        if entry.occurrence.decision is not None
    }
    assert shown <= decided
    ids = [planned.distribution.id for _, planned in made.planned()]
    assert len(ids) == len(set(ids))


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_a_plan_written_down_and_made_again_changes_nothing(
    world: tuple[Known, list[Poll]],
) -> None:
    told, polls = world
    for _ in range(3):  # what vanished needs two polls to be gone
        told = recorded(told, _made(told, polls))
        polls = [replace(one, previous=NOW) for one in polls]
    again = _made(told, polls)
    assert [entry for entry in again.entries if entry.changed] == []
    assert [each for _, each in again.planned() if each.changed] == []


def _crash_on(send_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(followed: Followed, *rest: Any) -> Entry:
        if followed.occurrence.send.send_id == send_id:
            raise ValueError(send_id)
        return decide(followed, *rest)

    monkeypatch.setattr(module, "decide", broken)


def test_a_crash_in_one_decision_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    _crash_on("s1", monkeypatch)
    made = plan(known(), poll(send("s1", hours(2)), send("s2", hours(2))))
    blocked, decided = sorted(made.entries, key=lambda entry: entry.occurrence.send.send_id)
    assert (blocked.occurrence.state, blocked.occurrence.decision) == ("blocked", None)
    assert blocked.occurrence.reason == faults.planner_fault("ValueError")
    assert (blocked.planned, decided.occurrence.send.send_id) == ((), "s2")
    assert [each.action for _, each in made.planned()] == [Action.COMMIT]
    (key,) = made.crashed
    assert key == occurrence(send("s1", hours(2))).key


def test_what_was_seen_of_a_crashed_one_is_kept_and_its_offers_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = occurrence(send(at=hours(2)))
    sealed = row(x, State.COMMITTED)
    told = known((x, [sealed]))
    _crash_on("s1", monkeypatch)
    moved = plan(told, poll(send(at=hours(9)), previous=minutes(-1)))
    told = recorded(told, moved)
    monkeypatch.undo()
    later = poll(send(at=hours(9)), previous=NOW, now=hours(2.1))
    again = plan(told, later, now=hours(2.1))
    assert [entry.occurrence.key for entry in again.entries] == [x.key]
    assert told.distributions[x.key] == (sealed,)


def test_the_end_of_a_crashed_one_waits_for_the_next_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    x = occurrence(send(at=hours(2)))
    told = known((x, [row(x)]))
    _crash_on("s1", monkeypatch)
    made = plan(told, poll(), now=hours(3))
    ((entry, planned),) = made.planned()
    assert entry.occurrence == replace(x, reason=faults.planner_fault("ValueError"))
    assert (planned.action, planned.distribution.state) == (Action.BLOCK, State.BLOCKED)
    assert list(made.crashed) == [x.key]
    monkeypatch.undo()
    ended = plan(recorded(told, made), poll(now=hours(3.1)), now=hours(3.1))
    ((entry, planned),) = ended.planned()
    assert (entry.occurrence.closed_at, planned.distribution.state) == (hours(3.1), State.MISSED)


@pytest.mark.parametrize("state", State)
def test_a_crash_blocks_what_is_open_and_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    x = occurrence(send(at=hours(2)))
    before = row(x, state)
    _crash_on("s1", monkeypatch)
    made = plan(known((x, [before])), poll(send(at=hours(2)), previous=minutes(-1)))
    after = only(made).distribution
    blocked = state in (State.WAITING, State.HELD, State.BLOCKED)
    assert after.state is (State.BLOCKED if blocked else state)
    assert (after.reason.code == faults.PLANNER_FAULT) is blocked
    monkeypatch.undo()
    told = recorded(known((x, [before])), made)
    again = only(plan(told, poll(send(at=hours(2)), previous=NOW, now=minutes(1)), now=minutes(1)))
    direct = only(plan(known((x, [before])), poll(send(at=hours(2)), previous=NOW), now=minutes(1)))
    assert (again.action, again.distribution.state) == (direct.action, direct.distribution.state)


@pytest.mark.parametrize("first", [True, False])
def test_a_send_that_cannot_be_followed_costs_itself_alone(
    monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    def broken(self: Any, last: Any, shown: Any, by: Poll) -> Any:
        if shown.send_id == "s1":
            raise KeyError("s1")
        return followed(self, last, shown, by)

    followed = lifecycle._Story.shown
    monkeypatch.setattr(lifecycle._Story, "shown", broken)
    x = occurrence(send("s1", hours(2)))
    told = known() if first else known((x, [row(x)]))
    made = plan(told, poll(send("s1", hours(2)), send("s2", hours(2)), previous=minutes(-1)))
    assert [type(error) for error in made.crashed.values()] == [KeyError]
    blocked, decided = sorted(made.entries, key=lambda entry: entry.occurrence.send.send_id)
    assert blocked.occurrence.state == "blocked"
    assert [each.distribution.state for each in blocked.planned] == [State.BLOCKED] * (not first)
    assert [each.action for each in decided.planned] == [Action.COMMIT]


def test_a_source_is_stale_when_its_last_good_poll_is_too_old() -> None:
    x = occurrence(send(at=hours(2)))
    told = known((x, [row(x)]))
    for last, code in [
        ({"braze_us": minutes(-10)}, "due"),
        ({"braze_us": minutes(-10.1)}, "stale"),
        ({}, "stale"),
        ({"other": NOW}, "stale"),
    ]:
        (each,) = (one for _, one in plan(told, last_good=last).planned())
        assert each.distribution.reason.code == code


def test_a_cancelled_send_is_not_given_because_its_source_cannot_be_read() -> None:
    x = occurrence(send(at=hours(2)))
    told = known((x, [row(x)]))
    for _ in range(2):
        told = recorded(told, plan(told, poll(previous=minutes(-1)), gone=[x.send.series]))
    (each,) = (one for _, one in plan(told, last_good={"braze_us": minutes(-1)}).planned())
    assert (each.distribution.state, each.action) == (State.WITHDRAWN, Action.SKIP)
    (back,) = (one for _, one in plan(told, poll(send(at=hours(2)))).planned())
    assert back.action is Action.COMMIT


def test_what_details_call_live_waits_and_is_asked_again() -> None:
    x = occurrence(send(at=hours(2)), absent_polls=1, seen_until=minutes(-2))
    told = known((x, [row(x)]))
    (each,) = (one for _, one in plan(told, poll()).planned())
    assert (each.distribution.state, each.distribution.reason.code) == (State.WAITING, "not-seen")
    assert each.action is Action.WAIT


def test_entries_come_by_first_delivery_and_those_without_a_time_last() -> None:
    sends = [send("a", None), send("b", hours(5)), send("c", hours(9), early=8), send("d", None)]
    made = plan(known(), poll(*sends))
    assert [entry.occurrence.send.send_id for entry in made.entries] == ["c", "b", "a", "d"]


def test_questions_are_about_what_asks() -> None:
    one, other = (as_is(occurrence(send(name))) for name in "ab")
    asking = replace(other, asks=True)
    assert questions([one, asking]) == (Question("braze_us", other.occurrence.send),)
