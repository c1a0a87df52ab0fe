"""Pauses, left-alone platforms and shrunken lists, as the planner heeds them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from connector.cli.verbs.pause import scope_of
from connector.domain.distribution import State
from connector.domain.pause import Pause, Scope
from connector.domain.plan import Action, Approval, Known
from connector.domain.planner import Planner, Seen
from connector.domain.reasons import paused
from connector.errors import ConfigError
from tests.support.planning import (
    NOW,
    REHEARSAL,
    book,
    catalog,
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
    send,
)
from tests.support.words import in_words, saying, step_of

DUE = occurrence(send("a", hours(2)))
EARLY = occurrence(send("a", hours(9)))
ALL = Pause(Scope.ALL, "", NOW, "ann", "the wrong fries")


def _paused(*pauses: Pause, of: Any = DUE, **other: Any) -> Any:
    told = known((of, [row(of)]), pauses=pauses, **other)
    return only(plan(told, poll(of.send, previous=minutes(-1))))


COVERED = [
    (ALL, True),
    (replace(ALL, scope=Scope.PUNCHH), True),
    (replace(ALL, scope=Scope.SOURCE, name="braze_us"), True),
    (replace(ALL, scope=Scope.SOURCE, name="braze_eu"), False),
    (replace(ALL, scope=Scope.RULE, name="fries"), True),
    (replace(ALL, scope=Scope.RULE, name="braze_us"), False),
]


@pytest.mark.parametrize(("pause", "held"), COVERED)
def test_what_is_due_and_paused_is_held(pause: Pause, held: bool) -> None:
    planned = _paused(pause)
    assert planned.action is (Action.HOLD if held else Action.COMMIT)
    assert planned.distribution.state is (State.HELD if held else State.WAITING)


def test_the_reason_names_who_why_until_and_the_command() -> None:
    pause = Pause(Scope.SOURCE, "braze_us", NOW, "ann", "the wrong fries", hours(1))
    reason = _paused(pause).distribution.reason
    assert reason == paused(
        "source braze_us", "ann", "the wrong fries", hours(1), " --source braze_us"
    )
    assert "until Sun 22 Nov 07:00 UTC" in in_words(reason)
    assert step_of(reason) == "`connector resume --source braze_us --reason …`"
    endless = _paused(ALL).distribution.reason
    assert in_words(endless) == "ann paused everything until it is resumed: the wrong fries"


def test_what_is_not_due_waits_as_ever() -> None:
    assert _paused(ALL, of=EARLY).distribution.reason.code == "window"


def test_an_approval_lifts_no_pause() -> None:
    offer = row(DUE)
    bound = (offer.segment_id, offer.redeemable_uuid, offer.scheduled_for)
    yes = {offer.id: (Approval(*bound, code="paused"),)}
    assert _paused(ALL, approvals=yes).action is Action.HOLD


def test_a_pause_is_told_before_the_rehearsal() -> None:
    assert _paused(ALL, mode=REHEARSAL).distribution.reason.code == "paused"


def test_after_the_pause_the_next_plan_goes_on() -> None:
    told = known((DUE, [row(DUE)]), pauses=(ALL,))
    shown = poll(DUE.send, previous=minutes(-1))
    held = recorded(told, plan(told, shown))
    assert only(plan(replace(held, pauses=()), shown)).action is Action.COMMIT


def test_a_pause_neither_uses_up_a_cap_nor_lifts_one() -> None:
    sends = [send(name, hours(2), source=of) for name, of in [("a", "x"), ("b", "x"), ("c", "y")]]
    stories = [(one, [row(one, segment_id=n)]) for n, one in enumerate(map(occurrence, sends))]
    polls = [poll(*sends[:2], source="x"), poll(sends[2], source="y")]
    by = policy(safety={"max_commits_per_cycle": 1, "same_offer_gap": "0h"})
    on_x = Pause(Scope.SOURCE, "x", NOW, "ann", "why")
    told = known(*stories)
    paused = plan(replace(told, pauses=(on_x,)), *polls, by=by)
    assert [one.distribution.reason.code for _, one in paused.planned()] == ["paused"] * 2 + ["due"]
    capped = recorded(told, plan(told, *polls, by=by))
    still = plan(replace(capped, pauses=(on_x,)), *polls, by=by)
    codes = {one.distribution.reason.code for _, one in still.planned()}
    assert codes == {"cap-per-cycle"}


WORDS: list[tuple[Any, Any]] = [
    ((None, None, None), (Scope.ALL, "")),
    (("punchh", None, None), (Scope.PUNCHH, "")),
    ((None, "s", None), (Scope.SOURCE, "s")),
    ((None, None, "r"), (Scope.RULE, "r")),
]


@pytest.mark.parametrize(("said", "scope"), WORDS)
def test_what_a_person_named(said: Any, scope: Any) -> None:
    assert scope_of(*said) == scope


@pytest.mark.parametrize("said", [("braze", None, None), ("punchh", "s", None), (None, "s", "r")])
def test_what_cannot_be_meant(said: Any) -> None:
    with pytest.raises(ConfigError):
        scope_of(*said)


# --- a platform that is left alone

ALONE = saying("left-alone", "punchh is left alone", "Do that")


@pytest.mark.parametrize("lists", ["read", "unread"])
@pytest.mark.parametrize(("of", "code"), [(DUE, "left-alone"), (EARLY, "window")])
def test_due_rows_wait_and_say_that_punchh_is_left_alone(lists: str, of: Any, code: str) -> None:
    told = known((of, [row(of, reason=saying("window", "it waits"))]))
    shown = poll(of.send, previous=minutes(-1))
    whole = catalog() if lists == "read" else None
    seen = Seen(told, [shown], {"braze_us": NOW}, whole, NOW, left_alone=ALONE)
    planner = Planner(book(), policy())
    planned = only(planner.plan(seen, planner.follow(seen)))
    assert (planned.action, planned.distribution.state) == (Action.WAIT, State.WAITING)
    assert planned.distribution.reason.code == code


# --- a loss lasts until it is back or confirmed

SENDS = [occurrence(send(name, hours(30))) for name in "abcdef"]


def _step(told: Known, shown: Sequence[Any], **losses: bool) -> tuple[Known, Any]:
    made = plan(replace(told, losses=losses), poll(*[one.send for one in shown]))
    return recorded(told, made), made


def _absent(told: Known) -> dict[str, int]:
    return {one.send.send_id: one.absent_polls for one in told.occurrences}


def test_a_loss_lasts_though_the_list_grows_and_a_confirmed_one_goes_on() -> None:
    told = known(*[(one, [row(one)]) for one in SENDS])
    told, made = _step(told, SENDS[:2])
    assert made.shrunken == {"braze_us"}
    more = [occurrence(send(f"n{n}", hours(30))) for n in range(20)]
    for _ in range(3):
        told, made = _step(told, [*SENDS[:2], *more], braze_us=False)
        assert made.shrunken == {"braze_us"}
    assert [_absent(told)[name] for name in "cdef"] == [1] * 4
    back, made = _step(told, [*SENDS, *more], braze_us=False)
    assert (made.shrunken, set(_absent(back).values())) == (frozenset(), {0})
    told, made = _step(told, [*SENDS[:2], *more], braze_us=True)
    assert made.shrunken == frozenset()
    assert [_absent(told)[name] for name in "cdef"] == [2] * 4
    told, made = _step(told, [*SENDS[:2], *more])
    assert made.shrunken == frozenset()


def test_a_new_loss_in_the_same_breath_is_not_confirmed_with_the_first() -> None:
    more = [occurrence(send(f"n{n}", hours(30))) for n in range(3)]
    told = known(*[(one, [row(one)]) for one in [*SENDS, *more]])
    told, _ = _step(told, [*SENDS[:1], *more])
    told, made = _step(told, SENDS[:1], braze_us=True)
    assert made.shrunken == {"braze_us"}
    assert [_absent(told)[name] for name in ("b", "n0")] == [2, 1]
