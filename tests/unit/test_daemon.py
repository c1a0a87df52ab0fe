import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from structlog.testing import capture_logs

from connector.cli.signals import Signals, on_signals
from connector.domain.plan import Plan
from connector.domain.rules import RuleBook
from connector.errors import ConfigError, LedgerBusyError, LedgerError
from connector.telemetry import Event
from connector.worker import daemon as module
from connector.worker.cycle import Report
from connector.worker.daemon import TURN_SECONDS, Daemon
from connector.worker.observe import Interrupted, Observation
from connector.worker.pulse import FEED_SECONDS, Pulse
from connector.worker.rulekeeper import RuleKeeper
from connector.worker.watch import Watch
from tests.support.clocks import FixedClock
from tests.support.planning import NOW, book, work


class WallClock(FixedClock):
    """Moves the machine's clock along, which `schedule` reads, and stops after some seconds."""

    def __init__(self, traveller: Any, seconds: float) -> None:
        super().__init__(NOW)
        self.traveller, self.left = traveller, seconds

    def wait(self, seconds: float) -> bool:
        super().wait(seconds)
        self.traveller.shift(seconds)
        self.left -= seconds
        if self.left <= 0:
            self.interrupt()
        return self.interrupted


class SameSet:
    """A mapping folder that never changes."""

    path = Path()

    def fingerprint(self) -> str:
        return book().digest

    def load(self) -> tuple[RuleBook, Mapping[str, str]]:
        return book(), {}

    def accept(self, book: RuleBook, files: Mapping[str, str], at: datetime) -> None: ...

    def accepted(self) -> RuleBook | None:
        return None


class Shift:
    """A daemon at work for some seconds; `cycles` are the seconds at which it did a cycle."""

    def __init__(self, clock: WallClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.cycles, self.books = clock, [], []  # type: ignore[var-annotated]
        self.refreshed: list[bool] = []
        self.during: Callable[[int], None] = lambda _: None
        rules = RuleKeeper(SameSet(), clock, at_once=False)
        refresh = rules.refresh

        def told(*, at_once: bool = False) -> RuleBook:
            self.refreshed.append(at_once)
            return refresh(at_once=at_once)

        monkeypatch.setattr(rules, "refresh", told)
        monkeypatch.setattr(module, "run_cycle", self.cycle)
        self.looks: list[bool] = []
        self.told: list[str] = []
        monkeypatch.setattr(Watch, "look", self.look)
        job = work(None, clock=clock)
        pulse = Pulse(clock, self.told.append)
        self.daemon = Daemon(job, rules, clock, Watch(job), pulse)

    def cycle(self, _: Any, rules: RuleBook) -> Report:
        self.cycles.append(round(self.clock.monotonic()))
        self.books.append(rules)
        self.during(len(self.cycles))
        return Report(Observation((), None, {}, {}), Plan(NOW, ()))

    def look(self, *, good: bool, **_: Any) -> None:
        self.looks.append(good)


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shift]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield Shift(WallClock(traveller, 200), monkeypatch)


def test_it_works_at_once_and_then_at_every_ring_and_stops_when_told(shift: Shift) -> None:
    with capture_logs() as logs:
        shift.daemon.run()
    assert shift.cycles == [0, 60, 120, 180]
    assert shift.refreshed == [False] * 4
    assert [one["event"] for one in logs] == [Event.WORKER_STARTED, Event.WORKER_STOPPED]
    assert set(shift.clock.waits) == {0, TURN_SECONDS}


def test_a_reload_takes_the_mappings_at_once_and_works(shift: Shift) -> None:
    shift.during = lambda count: shift.daemon.reload() if count == 1 else None
    shift.daemon.run()
    assert shift.cycles == [0, 0, 60, 120, 180]
    assert shift.refreshed == [False, True, False, False, False]


FAULTS = [LedgerError("the disk is full"), ConfigError(["bad"]), ValueError("ours")]


@pytest.mark.parametrize("fault", FAULTS)
def test_it_outlives_a_failing_cycle_and_says_so(shift: Shift, fault: Exception) -> None:
    def fail(count: int) -> None:
        if count < 3:
            raise fault

    shift.during = fail
    with capture_logs() as logs:
        shift.daemon.run()
    assert shift.cycles == [0, 60, 120, 180]
    assert shift.looks == [False, False, True, True]
    failed = [one for one in logs if one["event"] == Event.CYCLE_FAILED]
    assert len(failed) == 2
    assert str(fault) in {failed[0].get("reason"), str(failed[0].get("exc_info"))}


def test_it_ends_where_another_worker_has_the_right(shift: Shift) -> None:
    def busy(count: int) -> None:
        if count == 2:
            raise LedgerBusyError("process 7 holds the right")

    shift.during = busy
    with capture_logs() as logs, pytest.raises(LedgerBusyError):
        shift.daemon.run()
    assert (shift.cycles, shift.told[-1]) == ([0, 60], "STOPPING=1")
    assert logs[-1]["event"] == Event.WORKER_STOPPED


def test_a_service_manager_that_cannot_be_told_stops_nothing(shift: Shift) -> None:
    def deaf(_: str) -> None:
        raise RuntimeError

    shift.daemon._pulse._notify = deaf
    shift.daemon.run()
    assert shift.cycles == [0, 60, 120, 180]


def test_stopped_within_a_cycle_it_ends(shift: Shift) -> None:
    def stop(_: int) -> None:
        shift.clock.interrupt()
        raise Interrupted

    shift.during = stop
    with capture_logs() as logs:
        shift.daemon.run()
    assert (shift.cycles, shift.looks) == ([0], [])
    assert [one["event"] for one in logs] == [Event.WORKER_STARTED, Event.WORKER_STOPPED]


def test_a_wall_clock_set_back_delays_no_ring(shift: Shift) -> None:
    def set_back(count: int) -> None:
        if count == 2:
            shift.clock.traveller.shift(timedelta(hours=-1))

    shift.during = set_back
    shift.daemon.run()
    assert shift.cycles == [0, 60, 120, 180]


def test_a_long_cycle_is_followed_by_one_ring_not_many(shift: Shift) -> None:
    def slow(count: int) -> None:
        if count == 1:
            shift.clock.wait(130)

    shift.during = slow
    shift.daemon.run()
    assert shift.cycles == [0, 130, 190]


def test_systemd_is_told_and_its_watchdog_fed_by_finished_turns_alone(shift: Shift) -> None:
    def slow(count: int) -> None:
        if count == 2:
            shift.clock.wait(100)

    shift.during = slow
    shift.daemon.run()
    assert (shift.told[0], shift.told[-1]) == ("READY=1", "STOPPING=1")
    fed = shift.told.count("WATCHDOG=1")
    assert fed == pytest.approx((200 - 100) / FEED_SECONDS, abs=2)  # none in the long cycle


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_signals_stop_and_reload(handlers: None) -> None:
    told: list[str] = []
    hang_up = signal.getsignal(signal.SIGHUP)
    on_signals(lambda: told.append("stop"))
    assert signal.getsignal(signal.SIGHUP) is hang_up
    on_signals(lambda: told.append("stop"), lambda: told.append("reload"))
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.raise_signal(number)
    assert told == ["reload", "stop", "stop"]


def test_a_hang_up_that_comes_early_is_answered_late_and_the_others_at_once(handlers: None) -> None:
    told: list[str] = []
    signals = Signals(lambda: told.append("stop"))
    for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        signal.raise_signal(number)
    assert told == ["stop"] * 3
    signals.reload_by(lambda: told.append("reload"))
    signal.raise_signal(signal.SIGHUP)
    assert told[3:] == ["reload", "reload"]


def test_the_clock_of_these_tests_is_the_machine_s(shift: Shift) -> None:
    shift.clock.wait(10)
    assert datetime.now(tz=NOW.tzinfo) == NOW + timedelta(seconds=10)
