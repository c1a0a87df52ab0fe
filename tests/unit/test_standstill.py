"""A machine that stood still under a running worker may be a snapshot that was put back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from structlog.testing import capture_logs

from connector.domain.plan import Plan
from connector.domain.reasons import reason
from connector.domain.standing import RemoteNote
from connector.domain.standstill import LONGEST, Beat, is_right, stood_still
from connector.ledger import Ledger
from connector.telemetry import Event
from connector.worker import daemon as module
from connector.worker.cycle import Report
from connector.worker.daemon import Daemon
from connector.worker.observe import Observation
from connector.worker.pulse import Pulse
from connector.worker.rulekeeper import RuleKeeper
from connector.worker.watch import Watch
from tests.support.clocks import FixedClock
from tests.support.ledger import new_ledger
from tests.support.planning import NOW, book, work

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
RIGHT = RemoteNote("punchh", NOW, NOW)
OFF = RemoteNote("punchh", NOW, NOW, skew_seconds=-90)

# By how much the wall clock moved, for how many seconds the process ran, and what that means.
MOVES: list[tuple[timedelta, float, bool]] = [
    (HOUR, 3600, False),
    (HOUR, 3595, False),
    (LONGEST - SECOND, 0, False),
    (LONGEST, 0, True),
    (HOUR, 60, True),
    (timedelta(days=3), 1, True),
    (-HOUR, 60, False),
    (timedelta(), 3600, False),
]


@pytest.mark.parametrize(("wall", "ran", "stood"), MOVES)
def test_what_the_process_did_not_run_is_what_is_missing(
    wall: timedelta, ran: float, stood: bool
) -> None:
    found = stood_still(Beat(NOW, 100.0), Beat(NOW + wall, 100.0 + ran))
    assert (found is not None) == stood
    if found is not None:
        assert found.key == "rolled-back/still"
        since = NOW + timedelta(seconds=ran)
        assert found.facts == {"since": since, "missing": NOW + wall - since}


def test_only_a_remote_that_answers_and_agrees_says_that_the_clock_is_right() -> None:
    failed = RemoteNote("braze", NOW, NOW, trouble=reason("unreadable"))
    assert is_right([RIGHT])
    assert is_right([OFF, failed, RIGHT])
    assert not is_right([])
    assert not is_right([OFF, failed])


class Machine(FixedClock):
    """Shifts the clock that `schedule` reads too, and stops the worker after some seconds."""

    def __init__(self, traveller: Any, seconds: float) -> None:
        super().__init__(NOW)
        self._traveller, self.left = traveller, seconds

    def wait(self, seconds: float) -> bool:
        super().wait(seconds)
        self._traveller.shift(seconds)
        self.left -= seconds
        if self.left <= 0:
            self.interrupt()
        return self.interrupted

    def stand_still(self, length: timedelta) -> None:
        self._now += length
        self._traveller.shift(length)


class SameSet:
    """A mapping folder that never changes."""

    path = Path()

    def fingerprint(self) -> str:
        return book().digest

    def load(self) -> tuple[Any, Any]:
        return book(), {}

    def accept(self, *_: Any) -> None: ...

    def accepted(self) -> None: ...


@pytest.fixture
def machine() -> Iterator[Machine]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield Machine(traveller, 200)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as found:
        yield found


def worked(
    machine: Machine,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    *,
    length: timedelta = HOUR,
    notes: tuple[RemoteNote, ...] = (RIGHT,),
    within: bool = False,
) -> int:
    """Let a worker run that stands still after, or within, its second cycle; count its words."""
    cycles: list[bool] = []

    def cycle(*_: Any) -> Report:
        cycles.append(ledger.mode().rehearsal)
        if len(cycles) == 2 and within:
            machine.stand_still(length)
        return Report(Observation((), None, {}, {}, notes), Plan(NOW, ()))

    def look(*_: Any, **__: Any) -> None:
        if len(cycles) == 2 and not within:
            machine.stand_still(length)

    monkeypatch.setattr(module, "run_cycle", cycle)
    monkeypatch.setattr(Watch, "look", look)
    job = work(ledger, clock=machine)
    rules = RuleKeeper(SameSet(), machine, at_once=False)
    with capture_logs() as logs:
        Daemon(job, rules, machine, Watch(job), Pulse(machine, lambda _: None)).run()
    assert len(cycles) >= 4
    assert cycles[:2] == [False, False]
    assert cycles[3] == ledger.mode().rehearsal
    return sum(one["event"] == Event.LEDGER_ROLLED_BACK for one in logs)


@pytest.mark.parametrize("within", [False, True])
def test_a_worker_that_stood_still_goes_on_in_rehearsal_and_says_so_once(
    machine: Machine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, within: bool
) -> None:
    assert worked(machine, ledger, monkeypatch, within=within) == 1
    mode = ledger.mode()
    assert mode.rehearsal
    assert mode.doubt is not None
    assert mode.doubt.key == "rolled-back/still"
    (event,) = [each for each in ledger.events() if each.verb == "rolled_back"]
    assert (event.before, event.after, event.reason) == ("live", "rehearsal", mode.doubt)
    later = NOW + timedelta(hours=2)
    ledger.go_live(at=later, who="ann", nothing_given_yet=True)  # it only slept
    assert ledger.mode().doubt is None


def test_a_moment_is_no_matter(
    machine: Machine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worked(machine, ledger, monkeypatch, length=LONGEST - SECOND) == 0
    assert not ledger.mode().rehearsal


def test_a_wrong_clock_that_is_set_right_is_no_matter(
    machine: Machine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine whose clock is set some time after its start."""
    assert worked(machine, ledger, monkeypatch, notes=(OFF,)) == 0
    assert not ledger.mode().rehearsal


def test_a_rehearsal_stays_what_it_was(ledger: Ledger) -> None:
    assert ledger.suspect(reason("rolled-back/still", since=NOW, missing=HOUR), at=NOW)
    assert not ledger.suspect(reason("rolled-back/still", since=NOW, missing=HOUR), at=NOW)
