"""A worker whose cycles fail again and again says so, whatever the cause, also over restarts."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.app import Outlets
from connector.domain.attention import Severity, Whom
from connector.domain.attentions import MOST_FAILED_CYCLES, attentions
from connector.domain.message import Message
from connector.domain.policy import Schedule
from connector.domain.standing import FailedCycles, RemoteNote, Standing
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.worker.cycle import trouble_of
from connector.worker.watch import Watch
from tests.support.clocks import FixedClock
from tests.support.ledger import NOW, new_ledger
from tests.support.planning import book, minutes, work
from tests.support.words import in_words

FULL = "the disk is full"
CODE = "cycle-failing"


@dataclass
class Ear:
    name: str = "slack"
    got: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> str:
        self.got.append(message)
        return ""

    @property
    def codes(self) -> list[list[str]]:
        return [[f"{one.news} {one.code}" for one in message.notices] for message in self.got]


class Shift:
    """A watch over a real ledger, minute by minute."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.ear, self.clock = ledger, Ear(), FixedClock(NOW)
        self.restart()

    def restart(self) -> None:
        outlets = Outlets({"slack": self.ear})
        self.watch = Watch(work(self.ledger, clock=self.clock, outlets=outlets))

    def fail(self, times: int, why: str = FULL) -> None:
        for _ in range(times):
            self.look(good=False, why=why)

    def look(self, **how: Any) -> None:
        self.clock.advance(timedelta(minutes=1))
        self.watch.look(book=book(), **how)

    def seen(self) -> list[str]:
        assert self.watch.view is not None
        return [one.reason.code for one in self.watch.view.open]


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with new_ledger(tmp_path) as ledger:
        yield Shift(ledger)


def broken(*_: object, **__: object) -> None:
    raise LedgerError("it cannot be reached")


def test_it_is_told_once_it_was_no_hiccup_and_when_it_is_over(shift: Shift) -> None:
    shift.fail(MOST_FAILED_CYCLES - 1)
    assert (shift.seen(), shift.ear.got) == ([], [])
    shift.fail(3)
    assert shift.seen() == [CODE]
    assert shift.ear.codes == [[f"began {CODE}"]]
    (told,) = shift.watch.view.open if shift.watch.view else ()
    assert (told.severity, told.whom, told.subject) == (
        Severity.CRITICAL, Whom.OPERATORS, "worker",
    )  # fmt: skip
    assert FULL in in_words(told.reason)
    for _ in range(2):
        shift.look(good=True)
    assert shift.seen() == []
    assert shift.ear.codes[1:] == [[f"over {CODE}"]]
    assert shift.ledger.failed_cycles() is None


def test_good_cycles_between_begin_the_count_anew(shift: Shift) -> None:
    for _ in range(3):
        shift.fail(MOST_FAILED_CYCLES - 1)
        shift.look(good=True)
    assert shift.ear.got == []


def test_a_restart_forgets_nothing(shift: Shift) -> None:
    for _ in range(MOST_FAILED_CYCLES):
        shift.fail(1)
        shift.restart()
    assert shift.ear.codes == [[f"began {CODE}"]]
    found = shift.ledger.failed_cycles()
    assert found == FailedCycles(MOST_FAILED_CYCLES, minutes(1), minutes(3), FULL)
    today = shift.ledger.wanting(since=NOW, now=NOW)
    assert today.cycles == shift.ledger.standing(since=NOW).cycles == found


def test_where_it_cannot_be_written_it_is_told_all_the_same_and_written_later(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift.ledger, "note_cycles", broken)
    monkeypatch.setattr(shift.ledger, "keep_told", broken)
    shift.fail(MOST_FAILED_CYCLES + 4)
    assert shift.seen() == [CODE]
    assert shift.ear.codes == [[f"began {CODE}"]]  # and not again at each look
    assert not shift.watch.good
    monkeypatch.undo()
    assert shift.ledger.failed_cycles() is None
    shift.fail(1)
    found = shift.ledger.failed_cycles()
    assert found is not None
    assert found.failures == MOST_FAILED_CYCLES + 5
    assert {row.code for row in shift.ledger.told().told} == {CODE}


def test_where_the_ledger_cannot_even_be_read_it_is_told_by_what_was_seen_last(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift.look(good=True)
    for name in ("standing", "told", "keep_told", "note_cycles"):
        monkeypatch.setattr(shift.ledger, name, broken)
    shift.fail(MOST_FAILED_CYCLES + 2, "it cannot be reached")
    assert shift.seen() == [CODE]
    assert shift.ear.codes == [[f"began {CODE}"]]


def test_a_worker_that_fails_is_not_called_silent() -> None:
    remotes = {"punchh": RemoteNote("punchh", minutes(-60), minutes(-60))}
    failing = FailedCycles(60, minutes(-60), NOW, FULL)
    found = attentions(Standing((), remotes, cycles=failing), Schedule(), NOW)
    assert [one.reason.code for one in found] == [CODE, "unread"]
    gone = replace(failing, failed_at=minutes(-50))
    found = attentions(Standing((), remotes, cycles=gone), Schedule(), NOW)
    assert [one.reason.code for one in found] == [CODE, "worker-silent"]


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (LedgerError("a\nb\x1b" + "x" * 999), "a b\ufffd" + "x" * 296),
        (ZeroDivisionError("secret"), "a fault of the connector (ZeroDivisionError)"),
    ],
)
def test_its_trouble_is_one_short_line(error: Exception, trouble: str) -> None:
    assert trouble_of(error) == trouble
