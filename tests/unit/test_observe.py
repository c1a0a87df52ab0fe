from collections.abc import Mapping
from datetime import timedelta
from threading import Event as Flag
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.domain.planner import Question
from connector.errors import RemoteError
from connector.ledger import RemoteNote
from connector.telemetry import Event
from connector.worker.observe import Interrupted, Observation, ask, observe, side_by_side
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


class Notes:
    """A ledger that knows nothing but its remotes."""

    def __init__(self, *notes: RemoteNote) -> None:
        self.notes = {one.name: one for one in notes}

    def remotes(self) -> Mapping[str, RemoteNote]:
        return self.notes


BEFORE = RemoteNote("braze_us", minutes(-1), minutes(-1), None, frozenset({"canvas"}))
PUNCHH = RemoteNote("punchh", minutes(-1), minutes(-2), "bad", frozenset())


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
    assert notes["punchh"] == RemoteNote("punchh", NOW, NOW, None, frozenset())


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
    assert told in note.trouble
    assert seen.last_good["braze_us"] == minutes(-1)


def test_a_remote_that_refused_the_key_is_left_alone_for_a_while() -> None:
    refusal = RemoteError("braze_us", unreadable().reason, account=True)
    refused, sick = FakeSource(sends=refusal), FakeSource("sf", sends=unreadable("sf"))
    clock = FixedClock(NOW)
    place = work(Notes(BEFORE, PUNCHH), None, refused, sick, clock=clock)
    for minute in range(16):
        assert observe(place).failures["braze_us"] is refusal
        assert len(refused.worked) == (1 if minute < 15 else 2)
        clock.advance(timedelta(minutes=1))
    assert len(sick.worked) == 16


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
    return ask(questions, sources), one.asked


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


def test_nobody_is_asked_about_nothing() -> None:
    source = FakeSource(live=RemoteError("x", send_reason()))
    assert ask([], {"braze_us": source}) == frozenset()
    assert source.asked == []
    assert ask([Question("gone", send("a", hours(1)))], {"braze_us": source}) == frozenset()


def send_reason() -> Any:
    return unreadable().reason


def test_reading_waits_no_real_time_when_all_answer() -> None:
    clock = FixedClock(NOW)
    side_by_side({str(n): lambda: timedelta(0) for n in range(20)}, clock)
    assert clock.waits == []
