"""The ring walked once, with a real ledger and fakes of the outside."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.app import NoRight, Work
from connector.domain import planner
from connector.domain.attention import of_row
from connector.domain.decide import decide
from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.errors import LedgerBusyError, LedgerError
from connector.ledger import Ledger
from connector.telemetry import Event
from connector.worker import cycle
from connector.worker.cycle import Report, preview, run_cycle
from connector.worker.observe import Interrupted
from tests.support.clocks import FixedClock
from tests.support.ledger import new_ledger
from tests.support.planning import (
    NOW,
    FakeLoyalty,
    FakeRight,
    FakeSource,
    book,
    hours,
    minutes,
    outcome,
    rule,
    send,
    unreadable,
    work,
)


class Office:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.clock = ledger, FixedClock(NOW)
        self.source, self.loyalty = FakeSource(sends=(send("a", hours(2)),)), FakeLoyalty()
        self.work: Work = work(ledger, self.loyalty, self.source, clock=self.clock)

    def cycle(self, *, after: timedelta = timedelta(0), **changes: Any) -> Report:
        self.clock.advance(after)
        return run_cycle(replace(self.work, **changes), book())

    def states(self) -> list[str]:
        return sorted(row.distribution.state for row in self.ledger.rows() if row.distribution)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with new_ledger(tmp_path) as ledger:
        yield Office(ledger)


def test_a_send_that_is_due_gets_its_offer_once(office: Office) -> None:
    reports = [office.cycle(after=timedelta(minutes=1)) for _ in range(3)]
    assert [len(report.settled) for report in reports] == [1, 0, 0]
    assert len(office.loyalty.orders) == 1
    assert office.states() == ["committed"]
    assert not any(report.trouble for report in reports)


TROUBLES = [
    (Verdict.UNKNOWN, True),
    (Verdict.REJECTED, True),
    (Verdict.TOO_SOON, False),
    (Verdict.NOT_SENT, True),
    (Verdict.ACCOUNT, True),
    (Verdict.THROTTLED, True),
    (Verdict.COMMITTED, False),
]


@pytest.mark.parametrize(("verdict", "trouble"), TROUBLES)
def test_what_is_trouble(office: Office, verdict: Verdict, trouble: bool) -> None:
    office.loyalty.outcomes = [outcome(verdict)]
    assert office.cycle().trouble is trouble


@pytest.mark.parametrize(
    ("step", "starts"),
    [
        (timedelta(hours=-1), [90, 90]),  # backwards: the start that was wanted
        (timedelta(minutes=80), [90, 97]),  # forwards: as soon as Punchh takes it
        (timedelta(minutes=99), [90]),  # too far: the next plan sees that it is too late
        (timedelta(days=1), [90]),
        (timedelta(days=-1), [90, 90]),
    ],
)
def test_a_clock_that_steps_during_a_cycle(
    office: Office, step: timedelta, starts: list[int]
) -> None:
    def stepped() -> None:
        if len(office.loyalty.orders) == 1:
            office.clock.advance(step)

    office.source.sends = (send("a", hours(2)), send("b", hours(2), kind="canvas"))
    office.loyalty.at_commit = stepped
    rules = book(rule(repeat="allow"))
    run_cycle(office.work, rules)
    assert [order.start_time for order in office.loyalty.orders] == list(map(minutes, starts))
    run_cycle(office.work, rules)
    assert len(office.loyalty.orders) == len(starts)
    assert office.states() == ["committed", "committed" if len(starts) == 2 else "missed"]


def test_without_a_catalog_nothing_is_committed(office: Office) -> None:
    office.loyalty.lists = unreadable("punchh")
    report = office.cycle()
    assert (report.trouble, report.settled) == (True, ())
    office.loyalty.lists = FakeLoyalty().lists
    assert len(office.cycle().settled) == 1


def test_an_attempt_left_behind_becomes_unknown_and_is_never_repeated(office: Office) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    office.loyalty.at_commit = die
    with pytest.raises(KeyboardInterrupt):
        office.cycle()
    assert office.states() == ["intent"]
    with capture_logs() as logs:
        report = office.cycle(after=timedelta(minutes=1))
    assert (report.orphans, report.trouble) == (1, True)
    assert office.states() == ["unknown"]
    assert Event.ORPHAN_FOUND in {one["event"] for one in logs}
    assert not office.cycle(after=timedelta(hours=1)).trouble
    assert len(office.loyalty.orders) == 1


def test_an_outcome_that_the_disk_did_not_take_is_no_orphan_in_the_next_cycle(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def full(*_: Any) -> None:
            raise LedgerError("the disk is full")

        patch.setattr(Ledger, "settle", full)
        with pytest.raises(LedgerError):
            office.cycle()
        assert office.states() == ["intent"]
        with pytest.raises(LedgerError, match="disk is full"):
            office.cycle(after=timedelta(minutes=1))
    report = office.cycle(after=timedelta(minutes=1))
    assert (report.orphans, office.states()) == (0, ["committed"])
    assert len(office.loyalty.orders) == 1


def test_a_full_disk_beside_the_ledger_makes_nothing_unknown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's log can take an intent where no room is left for a new mark."""
    with monkeypatch.context() as patch:

        def full(*_: Any) -> None:
            raise LedgerError("its mark cannot be written")

        patch.setattr("connector.ledger.ledger.write_mark", full)
        with pytest.raises(LedgerError, match="mark cannot be written"):
            office.cycle()
    assert (office.states(), office.loyalty.orders) == (["waiting"], [])
    report = office.cycle(after=timedelta(minutes=2))
    assert (report.orphans, office.states()) == (0, ["committed"])


def test_who_lost_the_right_calls_no_attempt_an_orphan(office: Office) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    office.loyalty.at_commit = die
    with pytest.raises(KeyboardInterrupt):
        office.cycle()
    with pytest.raises(LedgerBusyError):
        office.cycle(right=FakeRight(LedgerBusyError("another worker")))
    with pytest.raises(LedgerError, match="did not take the right"):
        office.cycle(right=NoRight())
    assert office.states() == ["intent"]
    with capture_logs() as logs:
        office.cycle(right=FakeRight(anew=True))
    assert Event.LOCK_RETAKEN in {one["event"] for one in logs}
    assert office.states() == ["unknown"]


def test_told_to_stop_at_the_canaries_it_reports_what_was_committed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise Interrupted

    monkeypatch.setattr(cycle, "look_at_canaries", interrupted)
    assert len(office.cycle().settled) == 1


def test_a_fault_in_one_decision_is_told_and_the_rest_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(followed: Any, *rest: Any) -> Any:
        if followed.occurrence.send.send_id == "b":
            raise ValueError
        return decide(followed, *rest)

    office.source.sends = (send("a", hours(2)), send("b", hours(2)))
    monkeypatch.setattr(planner, "decide", broken)
    with capture_logs() as logs:
        report = office.cycle()
    assert (len(report.settled), report.trouble) == (1, True)
    assert [one["log_level"] for one in logs if one["event"] == Event.ITEM_FAILED] == ["error"]


def test_a_poll_whose_story_was_not_written_down_is_no_previous_poll(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The send moved just before its time by a day, and the worker ended before it wrote that down.

    Were that poll the previous one, the send would have been seen shortly before its time.
    """
    office.cycle()
    office.clock.advance(timedelta(minutes=119))
    office.source.sends = (send("a", hours(26)),)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            office.cycle()
    office.cycle(after=timedelta(minutes=2))
    office.cycle(after=timedelta(hours=21))
    assert office.states() == ["committed", "held"]
    assert len(office.loyalty.orders) == 1


def _interrupted(*_: Any, **__: Any) -> int:
    raise KeyboardInterrupt


def test_a_vanished_send_is_asked_about_and_withdrawn(office: Office) -> None:
    office.source.sends = (send("a", hours(9)),)
    office.cycle()
    office.source.sends = ()
    office.source.live = {send("a").series: True}
    for _ in range(3):
        office.cycle(after=timedelta(minutes=1))
    assert office.states() == ["waiting"]
    assert len(office.source.asked) == 2
    office.source.live = {}
    office.cycle(after=timedelta(minutes=1))
    assert office.states() == ["withdrawn"]


def test_what_a_person_abandoned_is_not_given_when_its_send_moves(office: Office) -> None:
    office.loyalty.outcomes = [outcome(Verdict.UNKNOWN)]
    (settled,) = office.cycle().settled
    office.ledger.resolve(
        settled.distribution.id, at=NOW, who="ann", reason="nobody knows", abandon=True
    )
    office.source.sends = (send("a", hours(2.3)),)
    office.cycle(after=timedelta(minutes=1))
    assert office.states() == [State.REJECTED]
    assert len(office.loyalty.orders) == 1


def test_a_preview_writes_and_posts_nothing(office: Office) -> None:
    report = preview(office.work, book())
    assert [planned.action.value for _, planned in report.plan.planned()] == ["commit"]
    assert office.ledger.rows() == ()
    assert office.ledger.remotes() == {}
    assert office.loyalty.orders == []


def test_a_preview_of_another_time_takes_what_was_ever_read_as_fresh(office: Office) -> None:
    office.source.sends = (send("a", hours(9)),)
    office.cycle()
    office.source.sends = unreadable()
    office.clock.advance(timedelta(hours=1))
    at = hours(7)
    report = preview(office.work, book(), at)
    assert report.plan.generated_at == at
    assert [planned.action.value for _, planned in report.plan.planned()] == ["commit"]
    assert report.trouble
    now = preview(office.work, book())
    assert now.plan.generated_at == minutes(60)


def test_a_draft_is_asked_about_in_the_hour_before_the_commit_and_while_one_waits(
    office: Office,
) -> None:
    series = send("a").series
    office.source.sends = (send("a", hours(6)),)  # its window opens at 3:30
    office.source.pending = {series: True}
    asked = []
    for minute in (60, 89, 1, 59, 1, 1):
        office.cycle(after=timedelta(minutes=minute))
        asked.append(len(office.source.asked_drafts))
    assert asked == [0, 0, 1, 2, 3, 3]  # then it is committed
    assert office.states() == ["committed"]
    (row,) = office.ledger.rows()
    assert row.occurrence.draft is True
    told = of_row(row, office.clock.now())
    assert told is not None
    assert told.reason.code == "draft-pending"


def test_a_source_that_was_not_read_is_not_asked_about_drafts(office: Office) -> None:
    """It may have to be left alone, and one more call would disturb it."""
    office.source.sends = (send("a", hours(6)),)
    office.source.pending = {send("a").series: True}
    office.cycle(after=timedelta(minutes=160))
    office.source.sends = unreadable()
    office.cycle(after=timedelta(minutes=1))
    assert len(office.source.asked_drafts) == 1


def test_a_send_without_a_draft_is_asked_about_once(office: Office) -> None:
    office.source.sends = (send("a", hours(6)),)
    for minute in (160, 20):
        office.cycle(after=timedelta(minutes=minute))
    assert len(office.source.asked_drafts) == 1
    office.source.sends = (send("a", hours(9)),)
    office.cycle(after=timedelta(minutes=1))
    office.cycle(after=timedelta(hours=2, minutes=30))
    assert len(office.source.asked_drafts) == 2


def test_each_segment_is_sized_once_and_only_where_an_offer_is_otherwise_due(
    office: Office,
) -> None:
    at = {"a": hours(2), "b": hours(2), "c": hours(90)}
    source = FakeSource(sends=tuple(send(name, when) for name, when in at.items()))
    rules = book(rule(max_guests=5, repeat="allow"))
    answers: list[tuple[int | Exception, str]] = [
        (5, "due"),
        (6, "too-many-guests"),
        (0, "no-guests"),
        (unreadable(), "guests-unread"),
    ]
    for size, reason in answers:
        loyalty = FakeLoyalty(sizes={7: size})
        plan = preview(work(office.ledger, loyalty, source, clock=office.clock), rules).plan
        assert loyalty.sized == [7]
        codes = [planned.distribution.reason.code for _, planned in plan.planned()]
        assert codes == [reason, reason, "window"]
