"""After a cycle: who is told, what the ledger keeps of that, and what fails without harm."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.app import Outlets
from connector.domain.channels import Routes
from connector.domain.distribution import Decision, Distribution, State
from connector.domain.message import Message
from connector.domain.offer import Verdict
from connector.domain.plan import Entry
from connector.domain.standing import RemoteNote
from connector.errors import LedgerError, RemoteError
from connector.ledger import Ledger
from connector.telemetry import Event
from connector.worker.observe import Interrupted
from connector.worker.watch import Watch
from tests.support.clocks import FixedClock
from tests.support.ledger import (
    NOW,
    a_plan,
    an_entry,
    an_occurrence,
    new_ledger,
    recorded,
    settled,
)
from tests.support.planning import book, rule, work
from tests.support.words import saying

MINUTE = timedelta(minutes=1)
AS_USUAL: dict[str, Any] = {"good": True, "book": book(rule(match={"send": "Another"}))}


@dataclass
class FakeChannel:
    """Keeps what it is told; fails while there is a trouble, waits while it is to."""

    name: str
    got: list[Message] = field(default_factory=list)
    trouble: Exception | None = None
    hangs: Flag | None = None
    note: str = ""

    def send(self, message: Message) -> str:
        if self.hangs is not None:
            self.hangs.wait(5)
        if self.trouble is not None:
            raise self.trouble
        self.got.append(message)
        return self.note


@dataclass
class FakeHeartbeat:
    beats: list[bool] = field(default_factory=list)
    trouble: Exception | None = None

    def beat(self, *, good: bool) -> None:
        self.beats.append(good)
        if self.trouble is not None:
            raise self.trouble


class Post:
    """A watch over a real ledger, with channels of the test's."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.clock = ledger, FixedClock(NOW)
        self.slack, self.mail = FakeChannel("slack"), FakeChannel("mail")
        self.heartbeat = FakeHeartbeat()
        outlets = Outlets({"slack": self.slack, "mail": self.mail}, heartbeat=self.heartbeat)
        self.work = work(ledger, clock=self.clock, outlets=outlets)
        self.watch = Watch(self.work)

    def look(self, *, after: timedelta = MINUTE, **more: Any) -> list[dict[str, Any]]:
        """Look, and return what was logged."""
        self.clock.advance(after)
        with capture_logs() as logs:
            self.watch.look(**{**AS_USUAL, **more})
        return [dict(one) for one in logs]

    def unknown(self) -> str:
        """Leave an attempt whose outcome nobody knows."""
        waiting = recorded(self.ledger)
        return settled(self.ledger, waiting, Verdict.UNKNOWN, State.UNKNOWN).id


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with new_ledger(tmp_path) as ledger:
        yield Post(ledger)


def _named(logs: list[dict[str, Any]], event: Event) -> list[dict[str, Any]]:
    return [one for one in logs if one["event"] == event]


def test_both_channels_are_told_once_and_it_is_logged(post: Post) -> None:
    id_ = post.unknown()
    sent = _named(post.look(), Event.ALERT_SENT)
    assert [(one["channel"], one["subject"], one["code"], one["severity"]) for one in sent] == [
        ("slack", id_, "unknown", "critical"),
        ("mail", id_, "unknown", "critical"),
    ]
    assert [post.look() for _ in range(3)] == [[]] * 3
    assert [len(each.got) for each in (post.slack, post.mail)] == [1, 1]
    assert {row.subject for row in post.ledger.told().told} == {id_}


def test_another_process_goes_on_where_the_last_one_ended(post: Post) -> None:
    post.unknown()
    post.look()
    post.watch = Watch(post.work)
    assert post.look() == []


def test_its_end_is_told(post: Post) -> None:
    id_ = post.unknown()
    post.look()
    post.ledger.resolve(id_, at=NOW, who="ada", reason="there", committed=5)
    assert post.look() == []
    (over, _) = _named(post.look(), Event.ALERT_RECOVERED)
    assert (over["subject"], over["news"]) == (id_, "over")
    assert post.slack.got[-1].label == "over"
    assert post.ledger.told().told == frozenset()


def test_a_dead_channel_rests_and_keeps_no_other_from_being_told(post: Post) -> None:
    post.unknown()
    post.slack.trouble = RemoteError("channel:slack", saying("not-told", "no answer in time"))
    (failed,) = _named(post.look(), Event.ALERT_FAILED)
    assert (failed["channel"], failed["reason"]) == ("slack", "no answer in time")
    assert len(post.mail.got) == 1
    assert post.look(after=timedelta(seconds=50)) == []  # it rests for a minute
    post.look(after=timedelta(seconds=10))
    assert post.ledger.told().channels["slack"].failures == 2
    silent = _named(post.look(after=timedelta(seconds=5)), Event.ALERT_SENT)
    assert [(one["channel"], one["subject"]) for one in silent] == [("mail", "channel:slack")]
    post.slack.trouble = None
    back = _named(post.look(after=timedelta(minutes=2)), Event.ALERT_SENT)
    assert [(one["channel"], one["code"]) for one in back] == [("slack", "unknown")]
    assert post.ledger.told().channels["slack"].failures == 0
    post.look()
    assert [one["channel"] for one in _named(post.look(), Event.ALERT_RECOVERED)] == ["mail"]


def test_a_fault_of_ours_in_a_channel_is_a_failure_like_any_other(post: Post) -> None:
    post.unknown()
    post.slack.trouble = ZeroDivisionError()
    logs = post.look()
    assert [one["channel"] for one in _named(logs, Event.ALERT_FAILED)] == ["slack"]
    assert len(post.mail.got) == 1


def test_a_channel_that_hangs_is_left_behind(post: Post) -> None:
    class Hasty(FixedClock):
        def monotonic(self) -> float:
            self.advance(timedelta(seconds=1))  # the more often it is asked, the later it is
            return super().monotonic()

    post.unknown()
    post.slack.hangs = Flag()
    post.work = replace(post.work, clock=Hasty(NOW))
    post.watch = Watch(post.work)
    try:
        with capture_logs() as logs:
            post.watch.look(**AS_USUAL)
    finally:
        post.slack.hangs.set()
    assert [one["reason"] for one in logs if one["event"] == Event.ALERT_FAILED] == [
        "no answer in time"
    ]
    assert len(post.mail.got) == 1


def _no_thread(_: object) -> None:
    raise RuntimeError("can't start new thread")


def test_without_a_thread_to_tell_in_nobody_is_told_and_nothing_raises(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.unknown()
    monkeypatch.setattr("threading.Thread.start", _no_thread)
    failed = _named(post.look(), Event.ALERT_FAILED)
    assert {one["reason"] for one in failed} == {
        "this machine did not let the connector start a thread"
    }
    assert {one["channel"] for one in failed} == {"slack", "mail"}


def test_whatever_fails_in_telling_the_look_ends(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    post.unknown()
    monkeypatch.setattr("connector.worker.tell.side_by_side", broken)
    logs = post.look()
    assert [one["event"] for one in logs] == [Event.WATCH_FAILED, Event.SIDE_FAILED]
    assert not post.watch.good


def test_told_to_stop_meanwhile_it_waits_for_nobody(post: Post) -> None:
    post.unknown()
    post.slack.hangs = Flag()
    post.clock.interrupt()
    try:
        with pytest.raises(Interrupted):
            post.look()
    finally:
        post.slack.hangs.set()


def test_what_should_be_mended_all_the_same_is_logged(post: Post) -> None:
    post.unknown()
    post.mail.note = "1 of the addresses in `to` were refused"
    sent = {one["channel"]: one.get("note") for one in _named(post.look(), Event.ALERT_SENT)}
    assert sent == {"slack": None, "mail": post.mail.note}


def test_mapping_mistakes_are_told_and_repeated_after_a_day(post: Post) -> None:
    problems: dict[str, Any] = {"problems": ["a.yaml:1:2: no such key"]}
    (first, _) = _named(post.look(**problems), Event.ALERT_SENT)
    assert (first["subject"], first["news"]) == ("mappings", "began")
    assert post.look(after=timedelta(hours=23), **problems) == []
    again = _named(post.look(after=timedelta(hours=1), **problems), Event.ALERT_SENT)
    assert {one["news"] for one in again} == {"stands"}


def test_a_channel_that_was_taken_out_is_forgotten(post: Post) -> None:
    post.unknown()
    post.look()
    outlets = Outlets({"mail": post.mail}, Routes())
    post.watch = Watch(replace(post.work, outlets=outlets))
    assert post.look() == []
    assert {row.channel for row in post.ledger.told().told} == {"mail"}
    assert set(post.ledger.told().channels) == {"mail"}


def test_every_cycle_gives_a_sign_of_life_and_says_how_it_was(post: Post) -> None:
    post.look()
    post.look(good=False)
    assert post.heartbeat.beats == [True, False]
    post.heartbeat.trouble = RemoteError("heartbeat", saying("not-told", "no answer in time"))
    (failed,) = post.look()
    assert (failed["event"], failed["log_level"]) == (Event.HEARTBEAT_FAILED, "warning")
    assert post.watch.good


def test_a_ledger_that_cannot_be_read_is_logged_and_no_good_sign_of_life(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.look()
    before = post.watch.view

    def broken(**_: object) -> None:
        raise LedgerError("the disk is gone")

    monkeypatch.setattr(post.ledger, "standing", broken)
    (failed,) = post.look()
    assert (failed["event"], failed["reason"]) == (Event.WATCH_FAILED, "the disk is gone")
    assert (post.watch.good, post.watch.view) == (False, before)
    assert post.heartbeat.beats == [True, False]


def test_nothing_is_written_where_nothing_is_new(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.unknown()
    post.look()
    monkeypatch.setattr(post.ledger, "keep_told", lambda _: pytest.fail("it was written"))
    post.look()


def test_the_view_holds_what_the_endpoints_show(post: Post) -> None:
    post.unknown()
    post.ledger.note_remotes([RemoteNote("punchh", NOW, NOW)])
    post.look(stale_since=NOW)
    view = post.watch.view
    assert view
    assert (view.at, view.stale_since, view.pauses) == (NOW + MINUTE, NOW, 0)
    assert view.counts == {"unknown": 1}
    assert view.status == "live; wants a person: 1 critical"
    assert view.remotes["punchh"].last_good_at == NOW


def test_the_ledger_is_counted_anew_only_after_something_happened(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, counted = post.ledger.counts, list[int]()

    def counting() -> Mapping[str, int]:
        counted.append(1)
        return counts()

    monkeypatch.setattr(post.ledger, "counts", counting)
    recorded(post.ledger)
    for _ in range(3):
        post.look()
    assert len(counted) == 1
    settled(post.ledger, next(iter(_offers(post.ledger))), Verdict.COMMITTED, State.COMMITTED, 6)
    post.look()
    assert post.watch.view
    assert post.watch.view.counts == {"committed": 1}


def _offers(ledger: Ledger) -> list[Distribution]:
    return [row.distribution for row in ledger.rows() if row.distribution]


def test_who_is_told_of_an_unclaimed_send_gets_its_rule_and_nobody_else(post: Post) -> None:
    post.unknown()
    post.look()
    assert post.slack.got[-1].rules == ""
    bare = an_occurrence("s2")
    bare = replace(bare, send=replace(bare.send, audiences=("VIPs",)), decision=Decision.UNMAPPED)
    post.ledger.record(a_plan(an_entry(bare)), at=NOW)
    post.look()
    assert post.slack.got[-1].rules.splitlines()[2:5] == [
        '  # "Send s2": campaign in braze_us, fires Tue 24 Nov 06:00 UTC',
        "  - name: send-s2",
        '    match: {source: braze_us, send: "Send s2"}',
    ]
    assert post.mail.got[-1].rules == post.slack.got[-1].rules
    gone = replace(bare, closed_at=NOW)
    post.ledger.record(a_plan(Entry(gone, bare, ())), at=NOW)
    post.look()
    post.look()
    assert (post.slack.got[-1].label, post.slack.got[-1].rules) == ("over", "")
