from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.domain.breaker import Breaker
from connector.domain.planner import Question
from connector.domain.standing import RemoteNote
from connector.errors import RemoteError
from connector.telemetry import Event
from connector.worker.observe import Interrupted, Observation, ask, drafts, observe, side_by_side
from tests.support.clocks import FixedClock
from tests.support.planning import (
    NOW,
    FakeLoyalty,
    FakeSource,
    catalog,
    hours,
    minutes,
    send,
    unreadable,
    work,
)
from tests.support.words import IN_UTC, in_words, saying, step_of


class Notes:
    """A ledger that knows nothing but its remotes."""

    def __init__(self, *notes: RemoteNote) -> None:
        self.notes = {one.name: one for one in notes}

    def remotes(self) -> Mapping[str, RemoteNote]:
        return self.notes

    def keep(self, seen: Observation) -> None:
        self.notes |= {one.name: one for one in seen.notes}


BEFORE = RemoteNote("braze_us", minutes(-1), minutes(-1), None, frozenset({"canvas"}))
PUNCHH = RemoteNote("punchh", minutes(-1), minutes(-2), saying("unreadable", "bad"), frozenset())


def _observed(*sources: FakeSource, loyalty: FakeLoyalty | None = None) -> Observation:
    return observe(work(Notes(BEFORE, PUNCHH), loyalty, *sources))


def test_what_every_remote_said() -> None:
    one = FakeSource(sends=(send("a"),))
    two = FakeSource("sf", sends=(send("b", source="sf"),), kinds=frozenset({"flow"}))
    seen = _observed(one, two)
    polls = {each.snapshot.source: each for each in seen.polls}
    assert {name: each.previous for name, each in polls.items()} == {
        "braze_us": minutes(-1),
        "sf": None,
    }
    assert polls["sf"].snapshot.sends == two.sends
    assert seen.catalog == catalog()
    assert seen.last_good == dict.fromkeys(["braze_us", "sf", "punchh"], NOW)
    assert seen.failures == {}
    assert sorted(seen.series()) == [("campaign", "", "a"), ("campaign", "", "b")]


def test_kinds_that_ever_worked_are_told_to_the_source_and_add_up() -> None:
    one, two = FakeSource(), FakeSource("sf")
    seen = _observed(one, two)
    assert (one.worked, two.worked) == ([frozenset({"canvas"})], [frozenset()])
    notes = {note.name: note for note in seen.notes}
    assert notes["braze_us"] == RemoteNote(
        "braze_us", NOW, NOW, None, frozenset({"canvas", "campaign"})
    )
    assert notes["punchh"] == RemoteNote("punchh", NOW, NOW, segments=2, redeemables=2)


FAULTS = [
    (unreadable(), "it could not be read", Event.SOURCE_FAILED),
    (ValueError("ours"), "a fault of the connector", Event.ITEM_FAILED),
]


@pytest.mark.parametrize(("fault", "told", "event"), FAULTS)
def test_remotes_fail_apart(fault: Exception, told: str, event: Event) -> None:
    bad, good = FakeSource(sends=fault), FakeSource("sf", sends=(send("b", source="sf"),))
    with capture_logs() as logs:
        seen = _observed(bad, good)
    assert [each.snapshot.source for each in seen.polls] == ["sf"]
    assert list(seen.failures) == ["braze_us"]
    assert seen.catalog is not None
    assert event in {one["event"] for one in logs}
    note = next(note for note in seen.notes if note.name == "braze_us")
    assert (note.last_attempt_at, note.last_good_at) == (NOW, minutes(-1))
    assert note.kinds == {"canvas"}
    assert note.trouble is not None
    assert told in in_words(note.trouble)
    assert seen.last_good["braze_us"] == minutes(-1)


def test_a_source_that_refused_the_key_is_probed_every_15_minutes() -> None:
    refusal = RemoteError("braze_us", unreadable().reason, account=True)
    refused, clock = FakeSource(sends=refusal), FixedClock(NOW)
    notes = Notes(BEFORE, PUNCHH)
    place = work(notes, None, refused, clock=clock)
    for minute in range(31):
        seen = observe(place)
        notes.keep(seen)
        asked = minute % 15 == 0
        assert len(refused.worked) == 1 + minute // 15
        assert ("braze_us" in {note.name for note in seen.notes}) is asked
        code = seen.failures["braze_us"].reason.code
        assert code == ("unreadable" if asked else "left-alone")
        clock.advance(timedelta(minutes=1))


def test_a_refusing_punchh_is_asked_once_until_its_key_changes() -> None:
    refusal = RemoteError("punchh", unreadable().reason, account=True)
    loyalty, clock, notes = FakeLoyalty(lists=refusal), FixedClock(NOW), Notes(PUNCHH)
    place = work(notes, loyalty, clock=clock, keys={"punchh": "old"})
    with capture_logs() as logs:
        for _ in range(5):
            seen = observe(place)
            notes.keep(seen)
            clock.advance(timedelta(days=1))
    assert loyalty.calls.count("catalog") == 1
    told = seen.failures["punchh"].reason
    assert in_words(told).startswith("punchh is left alone until its key or settings change, since")
    assert "`connector resume punchh --reason …`" in step_of(told)
    assert seen.left_alone(NOW) is not None
    assert [one["event"] for one in logs].count(Event.BREAKER_OPENED) == 1
    loyalty.lists = catalog()
    with capture_logs() as logs:
        seen = observe(replace(place, keys={"punchh": "new"}))
    assert (seen.catalog, seen.breaker) == (catalog(), Breaker())
    assert seen.left_alone(NOW) is None


def test_five_failed_reads_open_the_breaker_and_a_good_one_closes_it() -> None:
    source, clock, notes = FakeSource(sends=unreadable()), FixedClock(NOW), Notes(BEFORE)
    place = work(notes, None, source, clock=clock)
    for _ in range(10):
        notes.keep(observe(place))
        clock.advance(timedelta(seconds=10))
    assert len(source.worked) == 5
    source.sends = ()
    clock.advance(timedelta(minutes=1))
    with capture_logs() as logs:
        seen = observe(place)
    assert seen.failures == {}
    assert {note.breaker for note in seen.notes} == {Breaker()}
    assert Event.BREAKER_CLOSED in {one["event"] for one in logs}


CATALOGS = [
    (6, 3, True),
    (7, 3, False),
    (5, 2, False),
    (3, 0, False),
    (None, 0, True),
    (4, 4, True),
]


@pytest.mark.parametrize(("had", "has", "used"), CATALOGS)
@pytest.mark.parametrize("noun", ["segments", "redeemables"])
def test_a_catalog_that_lost_more_than_half_is_not_used(
    had: int | None, has: int, used: bool, noun: str
) -> None:
    rows = [(n + 1, f"name {n}") for n in range(has)]
    marks = [(f"u-{n}", f"name {n}") for n in range(has)]
    lists = catalog(rows, marks)
    counts = {"segments": 0, "redeemables": 0} | {noun: had}
    before = replace(PUNCHH, **counts)  # type: ignore[arg-type]
    seen = observe(work(Notes(before), FakeLoyalty(lists=lists)))
    assert (seen.catalog is not None) is used
    (note,) = seen.notes
    if used:
        assert (note.segments, note.redeemables, note.shrunk_at) == (has, has, None)
        return
    assert f"Punchh showed {has} {noun} where it had {had}" in in_words(note.trouble)
    assert {"segments": note.segments, "redeemables": note.redeemables} == counts
    assert (note.last_good_at, note.shrunk_at) == (PUNCHH.last_good_at, NOW)
    assert (note.breaker, seen.failures["punchh"].reason.code) == (Breaker(), "catalog-shrunken")


def test_a_row_that_cannot_be_read_is_not_lost() -> None:
    lists = catalog([(7, "VIP")], [("u-1", "Fries")], unread_segments=["a", None, "c", "d"])
    before = replace(PUNCHH, segments=5, redeemables=1)
    seen = observe(work(Notes(before), FakeLoyalty(lists=lists)))
    assert seen.catalog is lists
    assert seen.notes[0].segments == 5


def test_a_source_that_never_worked_has_no_last_good_poll() -> None:
    seen = _observed(FakeSource("new", sends=unreadable("new")))
    assert "new" not in seen.last_good
    assert seen.polls == ()


def test_a_catalog_that_cannot_be_read_is_none() -> None:
    with capture_logs() as logs:
        seen = _observed(FakeSource(), loyalty=FakeLoyalty(lists=unreadable("punchh")))
    assert seen.catalog is None
    assert len(seen.polls) == 1
    assert seen.last_good["punchh"] == minutes(-2)
    assert Event.CATALOG_FAILED in {one["event"] for one in logs}


def test_told_to_stop_it_waits_for_nobody() -> None:
    clock, never = FixedClock(NOW), Flag()
    clock.interrupt()
    with pytest.raises(Interrupted):
        side_by_side({"slow": lambda: never.wait(20), "quick": lambda: 1}, clock)
    never.set()


def test_a_slow_remote_is_waited_for_while_nobody_says_stop() -> None:
    clock, flag = FixedClock(NOW), Flag()
    answers = side_by_side({"slow": lambda: flag.wait(0.3), "quick": lambda: 1}, clock)
    assert answers == {"slow": False, "quick": 1}
    assert clock.waits
    assert set(clock.waits) == {0}


def _asked(live: Any, *names: str) -> tuple[frozenset[Any], list[Any]]:
    one, other = FakeSource(live=live), FakeSource("sf", live={})
    questions = [Question("braze_us", send(name)) for name in names]
    questions.append(Question("sf", send("z", source="sf")))
    sources: dict[str, Any] = {"braze_us": one, "sf": other, "idle": FakeSource("idle")}
    return ask(questions, sources, IN_UTC), one.asked


def test_gone_is_what_its_own_source_does_not_call_live() -> None:
    live = {send("a").series: True}
    gone, asked = _asked(live, "a", "b")
    assert gone == {send("b").series, send("z").series}
    assert asked == [send("a").series, send("b").series]


@pytest.mark.parametrize(
    ("fault", "event"),
    [(unreadable(), Event.SOURCE_FAILED), (KeyError("ours"), Event.ITEM_FAILED)],
)
def test_a_source_that_cannot_answer_confirms_nothing_and_stops_no_other(
    fault: Exception, event: Event
) -> None:
    with capture_logs() as logs:
        gone, asked = _asked(fault, "a")
    assert gone == {send("z").series}
    assert asked == [send("a").series]
    assert event in {one["event"] for one in logs}


def _drafted(pending: Any, *names: str) -> tuple[Any, list[Any]]:
    source = FakeSource(pending=pending)
    sources: dict[str, Any] = {"braze_us": source, "idle": FakeSource("idle")}
    found = drafts([Question("braze_us", send(name)) for name in names], sources, IN_UTC)
    return found, source.asked_drafts


def test_sources_say_of_which_sends_a_draft_waits() -> None:
    a, b = send("a").series, send("b").series
    assert _drafted({a: True}, "a", "b") == ({a: True, b: False}, [a, b])
    assert _drafted({a: True}) == ({}, [])


def test_who_cannot_be_asked_about_drafts_is_asked_again_unless_the_key_may_not() -> None:
    with capture_logs() as logs:
        assert _drafted(unreadable(), "a")[0] == {}
        refused = RemoteError("braze_us", send_reason(), account=True)
        assert _drafted(refused, "a")[0] == {send("a").series: False}
        assert _drafted(KeyError("ours"), "a")[0] == {}
    told = [one["event"] for one in logs]
    assert told == [Event.DRAFT_FAILED, Event.DRAFT_FAILED, Event.ITEM_FAILED]


def test_a_clock_that_comes_apart_is_noted_and_logged_once() -> None:
    source, notes = FakeSource(), Notes(BEFORE, PUNCHH)
    loyalty = FakeLoyalty(skew=timedelta(seconds=-61))
    place = work(notes, loyalty, source)
    with capture_logs() as logs:
        for skew in (60, 61, 90, 0):
            source.skew = timedelta(seconds=skew)
            seen = observe(place)
            notes.keep(seen)
            assert {note.name: note.skew_seconds for note in seen.notes} == {
                "braze_us": skew,
                "punchh": -61,
            }
            assert [poll.skew for poll in seen.polls] == [timedelta(seconds=skew)]
    told = [(one["remote"], one["ahead_seconds"]) for one in logs if one["event"] == "clock.off"]
    assert told == [("punchh", -61), ("braze_us", 61)]


def test_a_poll_that_failed_does_not_say_how_the_clocks_stood_at_the_last_good_one() -> None:
    source, notes = FakeSource(), Notes(BEFORE, PUNCHH)
    place = work(notes, FakeLoyalty(), source)
    notes.keep(observe(place))
    source.sends, source.skew = unreadable(), timedelta(minutes=10)  # ours was set back since
    notes.keep(observe(place))
    source.sends = ()
    (poll,) = observe(place).polls
    assert (poll.skew_before, poll.skew) == (timedelta(), timedelta(minutes=10))


def test_nobody_is_asked_about_nothing() -> None:
    source = FakeSource(live=RemoteError("x", send_reason()))
    assert ask([], {"braze_us": source}, IN_UTC) == frozenset()
    assert source.asked == []
    assert ask([Question("gone", send("a", hours(1)))], {"braze_us": source}, IN_UTC) == frozenset()


def send_reason() -> Any:
    return unreadable().reason


def test_reading_waits_no_real_time_when_all_answer() -> None:
    clock = FixedClock(NOW)
    side_by_side({str(n): lambda: timedelta(0) for n in range(20)}, clock)
    assert clock.waits == []
