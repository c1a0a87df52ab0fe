"""The commit protocol, against a ledger in memory that keeps the ledger's rights."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.app import Work
from connector.domain.breaker import Breaker, may_commit
from connector.domain.distribution import Attempt, Decision, Distribution, Occurrence, State
from connector.domain.offer import Outcome, Verdict
from connector.domain.plan import Action, Entry, Plan, Planned
from connector.domain.verdicts import too_soon_again
from connector.errors import LedgerBusyError, LedgerError, RefusedError, UnmarkedError
from connector.telemetry import Event
from connector.worker import commit
from connector.worker.commit import Settled, commit_due, settle_unwritten
from tests.support.clocks import FixedClock
from tests.support.planning import (
    NOW,
    FakeLedger,
    FakeLoyalty,
    FakeRight,
    book,
    hours,
    minutes,
    occurrence,
    outcome,
    row,
    rule,
    send,
    work,
)
from tests.support.planning import when as when_of
from tests.support.words import in_words


class Bench:
    """A plan whose offers are all due, the ledger it was recorded in, and the platform."""

    def __init__(self, *outcomes: Outcome, count: int = 3, **changes: Any) -> None:
        calls: list[str] = []
        named = changes.pop("send", {})
        self.sends = [
            occurrence(send(name, hours(2) - timedelta(minutes=n), **named))
            for n, name in enumerate("abcdef"[:count])
        ]
        self.rows = [row(one, **changes) for one in self.sends]
        self.ledger = FakeLedger({one.id: one for one in self.rows}, calls)
        self.loyalty = FakeLoyalty(list(outcomes), calls)
        self.clock = FixedClock(NOW)
        self.work: Work = work(self.ledger, self.loyalty, clock=self.clock)
        self.calls = calls

    def plan(self) -> Plan:
        due = zip(self.sends, self.rows, strict=True)
        return Plan(NOW, tuple(_due(of, offer) for of, offer in due))

    def run(self, *rules: Any) -> list[Settled]:
        return list(commit_due(self.work, self.plan(), book(*rules)))

    def states(self) -> str:
        return " ".join(self.ledger.rows[one.id].state for one in self.rows)

    @property
    def first(self) -> Distribution:
        return self.ledger.rows[self.rows[0].id]


def _due(of: Occurrence, offer: Distribution) -> Entry:
    return Entry(of, of, (Planned(offer, offer, Action.COMMIT),))


def _events(logs: Sequence[Any], event: Event) -> list[Any]:
    return [one for one in logs if one["event"] == event]


def test_every_commit_has_its_intent_first_and_the_nearest_deadline_is_first() -> None:
    bench = Bench()
    settled = bench.run()
    ids = [one.id for one in reversed(bench.rows)]
    marks = [one.external_campaign_id for one in bench.loyalty.orders]
    assert bench.calls == [
        step
        for row_id, mark in zip(ids, marks, strict=True)
        for step in (f"begin {row_id}", f"commit {mark}", f"settle {row_id}")
    ]
    assert [one.distribution.id for one in settled] == ids
    assert bench.states() == "committed committed committed"
    assert [one.distribution.campaign_id for one in settled] == [1, 2, 3]
    assert settled[0].occurrence.send.send_id == "c"


def test_the_evidence_of_an_attempt_is_what_was_sent_and_what_came_back() -> None:
    told = outcome(status=200, request_id="r-1", drift=("start_time",))
    bench = Bench(told, count=1)
    (settled,) = bench.run()
    (order,), (attempt,) = bench.loyalty.orders, bench.ledger.evidence
    assert (attempt.number, attempt.verdict, attempt.status) == (1, Verdict.COMMITTED, 200)
    assert (attempt.request_id, attempt.reach) == ("r-1", "replied")
    assert attempt.external_campaign_id == order.external_campaign_id
    assert attempt.start_time == order.start_time == settled.distribution.start_time
    assert len(attempt.request_hash) == 64
    assert (settled.distribution.drift, settled.distribution.attempts) == (("start_time",), 1)
    assert settled.distribution.external_campaign_id == order.external_campaign_id


def test_the_nearest_deadline_is_first_whatever_the_ids() -> None:
    bench = Bench(count=6)
    by_id = [one.id for one in sorted(bench.rows, key=lambda one: one.id)]
    by_deadline = [one.id for one in reversed(bench.rows)]
    assert by_deadline not in (by_id, by_id[::-1])
    assert [one.distribution.id for one in bench.run()] == by_deadline


def test_the_path_of_a_commit_passes_its_points_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(count=1)
    monkeypatch.setattr(commit, "point", lambda name: bench.calls.append(name.value))
    bench.run()
    assert [one.partition(" ")[0] for one in bench.calls] == [
        "commit.prepared",
        "begin",
        "commit.posting",
        "commit",
        "commit.classified",
        "settle",
        "commit.told",
    ]


ENDINGS = [
    (Verdict.UNKNOWN, "waiting waiting unknown"),
    (Verdict.ACCOUNT, "waiting waiting waiting"),
    (Verdict.THROTTLED, "waiting waiting waiting"),
    (Verdict.NOT_SENT, "waiting waiting waiting"),
    (Verdict.REJECTED, "committed committed rejected"),
    (Verdict.TOO_SOON, "committed committed waiting"),
]


@pytest.mark.parametrize(("verdict", "states"), ENDINGS)
def test_what_puts_the_remote_in_doubt_ends_the_cycle_s_commits(
    verdict: Verdict, states: str
) -> None:
    bench = Bench(outcome(verdict))
    settled = bench.run()
    assert bench.states() == states
    assert len(bench.loyalty.orders) == len(settled) == states.count("committed") + 1


def test_told_to_stop_it_stops_between_two_commits() -> None:
    bench = Bench()
    bench.loyalty.at_commit = bench.clock.interrupt
    assert len(bench.run()) == 1
    assert bench.states() == "waiting waiting committed"


# --- what is not committed after all


def test_only_what_the_plan_calls_due_is_committed() -> None:
    bench = Bench(count=1)
    held = tuple(
        replace(entry, planned=tuple(replace(one, action=action) for one in entry.planned))
        for entry in bench.plan().entries
        for action in set(Action) - {Action.COMMIT}
    )
    assert list(commit_due(bench.work, Plan(NOW, held), book())) == []


STALE: list[dict[str, Any]] = [
    {"state": State.HELD},
    {"state": State.COMMITTED},
    {"rule": "gone"},
    {"segment_id": 70},
    {"redeemable_uuid": "u-9"},
    {"scheduled_for": hours(9)},
    {"first_delivery": hours(9)},
]


@pytest.mark.parametrize("changes", STALE)
def test_a_row_that_is_not_as_planned_is_left_to_the_next_plan(changes: dict[str, Any]) -> None:
    bench = Bench(count=1)
    bench.ledger.rows[bench.rows[0].id] = replace(bench.rows[0], **changes)
    with capture_logs() as logs:
        assert bench.run() == []
    assert bench.calls == []
    assert logs == []


@pytest.mark.parametrize(("late", "posts"), [("skip", 0), ("earliest", 1)])
def test_what_became_too_late_meanwhile_is_left_to_the_next_plan(late: str, posts: int) -> None:
    bench = Bench(count=1)
    bench.clock.advance(timedelta(hours=1, minutes=38, seconds=1))
    assert len(bench.run(rule(late=late))) == posts


def test_the_start_is_computed_anew() -> None:
    bench = Bench(count=1)
    bench.clock.advance(timedelta(hours=1, minutes=30, seconds=1))
    bench.loyalty.skew = timedelta(seconds=30)
    bench.run()
    assert bench.loyalty.orders[0].start_time == minutes(90 + 18)


def test_a_send_without_a_time_is_left_alone() -> None:
    bench = Bench(count=1)
    bench.sends[0] = replace(bench.sends[0], send=send("a", None))
    assert bench.run() == []


FAULTS: list[dict[str, Any]] = [{"segment_id": None}, {"redeemable_uuid": None}]


@pytest.mark.parametrize("changes", FAULTS)
def test_a_row_without_ids_costs_itself_alone(changes: dict[str, Any]) -> None:
    bench = Bench()
    bench.rows[2] = replace(bench.rows[2], **changes)
    bench.ledger.rows[bench.rows[2].id] = bench.rows[2]
    with capture_logs() as logs:
        bench.run()
    assert bench.states() == "committed committed waiting"
    (told,) = _events(logs, Event.ITEM_FAILED)
    assert told["distribution"] == bench.rows[2].id
    assert isinstance(told["exc_info"], LedgerError)


def test_an_order_that_cannot_be_made_costs_itself_alone() -> None:
    bench = Bench()
    when = replace(when_of(hours(2)), first_delivery=datetime.min.replace(tzinfo=UTC))
    bench.sends[2] = replace(bench.sends[2], send=replace(bench.sends[2].send, when=when))
    bench.run()
    assert bench.states() == "committed committed waiting"
    assert f"begin {bench.rows[2].id}" not in bench.calls


def test_a_name_kept_by_an_older_program_is_sent_clean() -> None:
    bench = Bench()
    odd = "Half \ud800 \x9b31m \u202eemoji\u0000"
    bench.sends[0] = replace(bench.sends[0], send=replace(bench.sends[0].send, name=odd))
    bench.run()
    assert bench.states() == "committed committed committed"
    assert [one.name.split(" - ")[0] for one in bench.loyalty.orders][-1] == (
        "Half \ufffd \ufffd31m \ufffdemoji\ufffd"
    )


def test_a_row_that_is_gone_costs_itself_alone() -> None:
    bench = Bench()
    del bench.ledger.rows[bench.rows[2].id]
    assert len(bench.run()) == 2


def test_where_the_ledger_refuses_the_intent_nothing_is_sent() -> None:
    bench = Bench()
    bench.ledger.refuse_begin = True
    with capture_logs() as logs:
        assert bench.run() == []
    assert bench.loyalty.orders == []
    assert len(_events(logs, Event.ITEM_FAILED)) == 3


# --- repeating


def test_too_soon_is_tried_again_twice_and_then_rejected() -> None:
    bench = Bench(*[outcome(Verdict.TOO_SOON)] * 3, count=1)
    states = []
    for _ in range(4):
        bench.rows[0] = bench.first
        bench.run()
        states.append((bench.first.state.value, bench.first.too_soon))
    assert states == [("waiting", 1), ("waiting", 2), ("rejected", 3), ("rejected", 3)]
    assert bench.first.reason == too_soon_again(3)
    assert len({one.external_campaign_id for one in bench.loyalty.orders}) == 3


WAITS: list[tuple[Verdict, int, timedelta | None, float, float]] = [
    (Verdict.NOT_SENT, 0, None, 30, 60),
    (Verdict.NOT_SENT, 1, None, 60, 120),
    (Verdict.THROTTLED, 3, None, 240, 480),
    (Verdict.NOT_SENT, 4, None, 450, 900),
    (Verdict.NOT_SENT, 4000, None, 450, 900),
    (Verdict.THROTTLED, 0, timedelta(), 30, 60),
    (Verdict.THROTTLED, 0, timedelta(seconds=7), 7, 7),
    (Verdict.THROTTLED, 9, timedelta(hours=1), 3600, 3600),
]


@pytest.mark.parametrize(("verdict", "tried", "asked", "least", "most"), WAITS)
def test_the_next_attempt_waits(
    verdict: Verdict, tried: int, asked: timedelta | None, least: float, most: float
) -> None:
    bench = Bench(outcome(verdict, retry_after=asked), count=1, attempts=tried)
    bench.run()
    offer = bench.first
    assert offer.not_before is not None
    assert least <= (offer.not_before - NOW).total_seconds() <= most
    assert f"tried again from {offer.not_before:%a %d %b %H:%M} UTC" in in_words(offer.reason)
    assert offer.reason.code == verdict.value


@pytest.mark.parametrize(("end", "least", "most"), [(0, 60, 30), (1, 120, 60)])
def test_waits_are_spread_within_their_bounds(
    monkeypatch: pytest.MonkeyPatch, end: int, least: float, most: float
) -> None:
    """1 to 2 minutes for the next commit after an unknown, half to all of its backoff for one."""
    for verdict, seconds in ((Verdict.UNKNOWN, least), (Verdict.NOT_SENT, most)):
        bench = Bench(outcome(verdict), count=1)
        monkeypatch.setattr(bench.work.random, "uniform", lambda *ends: ends[end])
        bench.run()
        waits = (bench.ledger.breaker.commit_after, bench.first.not_before)
        (until,) = (one for one in waits if one is not None)
        assert until - NOW == timedelta(seconds=seconds)


@pytest.mark.parametrize("verdict", [Verdict.ACCOUNT, Verdict.TOO_SOON, Verdict.COMMITTED])
def test_other_outcomes_wait_for_nothing(verdict: Verdict) -> None:
    bench = Bench(outcome(verdict), count=1, not_before=minutes(-1))
    bench.run()
    assert bench.first.not_before is None


# --- an outcome that cannot be written


def test_an_outcome_is_written_again_until_it_stands_and_told_meanwhile() -> None:
    bench = Bench(count=1)
    bench.ledger.fail_settle = [OSError("disk"), LedgerError("full")]
    with capture_logs() as logs:
        (settled,) = bench.run()
    assert settled.distribution.state is State.COMMITTED
    told = _events(logs, Event.COMMIT_UNRECORDED)
    assert [one["log_level"] for one in told] == ["critical"] * 2
    assert [one["campaign_id"] for one in told] == [1, 1]
    assert [one["trouble"] for one in told] == ["OSError", "LedgerError"]
    assert len(bench.loyalty.orders) == 1


def test_it_gives_up_in_the_end_and_commits_stop() -> None:
    bench = Bench()
    bench.ledger.fail_settle = [OSError("disk")] * 30
    with pytest.raises(LedgerError) as told:
        bench.run()
    assert str(told.value) == (
        f"the outcome of {bench.rows[2].id} could not be written to the ledger "
        "(verdict committed, campaign 1): "
        "fix the ledger's disk; this worker tries again in every cycle, and if it ends first the "
        "attempt will show as unknown"
    )
    assert bench.clock.waits.count(1) == 30
    assert bench.states() == "waiting waiting intent"


def test_what_could_not_be_written_is_written_before_the_next_cycle() -> None:
    bench = Bench(count=2)
    bench.ledger.fail_settle = [OSError("disk")] * 30 + [LedgerError("full")]
    with pytest.raises(LedgerError):
        bench.run()
    with pytest.raises(LedgerError, match="full"):
        settle_unwritten(bench.work)
    assert bench.states() == "waiting intent"
    settle_unwritten(bench.work)
    assert bench.states() == "waiting committed"
    assert (bench.work.unwritten, len(bench.loyalty.orders)) == ([], 1)
    assert bench.ledger.rows[bench.rows[1].id].campaign_id == 1


def test_what_the_ledger_refuses_later_is_not_asked_again() -> None:
    bench = Bench(count=1)
    bench.ledger.fail_settle = [OSError("disk")] * 30 + [RefusedError("a person settled it")]
    with pytest.raises(LedgerError):
        bench.run()
    settle_unwritten(bench.work)
    assert (bench.work.unwritten, bench.states()) == ([], "intent")


def test_it_gives_up_when_told_to_stop() -> None:
    bench = Bench(count=1)
    bench.ledger.fail_settle = [OSError("disk")] * 30
    bench.loyalty.at_commit = bench.clock.interrupt
    with pytest.raises(LedgerError, match="will show as unknown"):
        bench.run()
    assert len(bench.ledger.fail_settle) == 29


def test_an_outcome_that_the_ledger_refuses_is_told_with_its_campaign() -> None:
    bench = Bench(count=1)
    bench.ledger.fail_settle = [RefusedError("it was changed meanwhile")]
    with capture_logs() as logs, pytest.raises(RefusedError):
        bench.run()
    (told,) = _events(logs, Event.COMMIT_UNRECORDED)
    assert (told["log_level"], told["campaign_id"]) == ("critical", 1)


# --- the right to commit


@pytest.mark.parametrize("error", [LedgerError("it was removed"), LedgerBusyError("another")])
def test_who_lost_the_right_sends_nothing_and_says_so_in_the_ledger(error: Exception) -> None:
    bench = Bench()
    bench.work = replace(bench.work, right=FakeRight(error))
    with capture_logs() as logs, pytest.raises(type(error)) as raised:
        bench.run()
    assert raised.value is error
    assert bench.loyalty.orders == []
    assert bench.states() == "waiting waiting waiting"
    tried = bench.ledger.rows[bench.rows[2].id]
    assert (tried.reason.code, tried.attempts) == ("withheld", 1)
    assert tried.not_before is not None
    assert [one.verdict for one in bench.ledger.evidence] == [Verdict.NOT_SENT]
    assert bench.ledger.breaker == Breaker()
    assert len(_events(logs, Event.COMMIT_SETTLED)) == 1


def test_an_intent_whose_mark_cannot_be_written_is_not_sent_and_waits_again() -> None:
    bench = Bench(count=1)
    begin = bench.ledger.begin

    def unmarked(becomes: Distribution, attempt: Attempt) -> Distribution:
        raise UnmarkedError("its mark cannot be written", begin(becomes, attempt))

    bench.ledger.begin = unmarked  # type: ignore[method-assign]
    with pytest.raises(UnmarkedError):
        bench.run()
    assert (bench.states(), bench.first.reason.code) == ("waiting", "withheld")
    assert bench.loyalty.orders == []


def test_a_ledger_that_is_gone_before_the_post_is_as_good_as_no_right() -> None:
    bench = Bench(count=1)
    bench.ledger.gone = LedgerError("it was replaced")
    with pytest.raises(LedgerError, match="replaced"):
        bench.run()
    assert bench.loyalty.orders == []


def test_an_outcome_in_a_ledger_that_went_away_meanwhile_is_logged_with_its_campaign() -> None:
    bench = Bench(count=1)

    def replaced() -> None:
        bench.ledger.gone = LedgerError("it was replaced")

    bench.loyalty.at_commit = replaced
    with capture_logs() as logs:
        bench.run()
    (told,) = _events(logs, Event.COMMIT_UNRECORDED)
    assert (told["campaign_id"], told["distribution"]) == (1, bench.rows[0].id)
    assert bench.states() == "committed"


# --- the order


NAMES = ["Friday", "x" * 500, "🍟" * 200, "  two\n lines\t ", "a " * 100, "ab " * 60, "", "é" * 97]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("redeemable", ["Fries", "🍔" * 130])
def test_a_campaign_s_name_is_short_and_ends_in_its_mark(name: str, redeemable: str) -> None:
    bench = Bench(count=1, send={"name": name}, redeemable=redeemable)
    bench.run()
    (order,) = bench.loyalty.orders
    assert len(order.name) <= 120
    if " " not in name and len(name) >= 120:
        assert len(order.name) == 120
    assert order.name.endswith(f" {order.external_campaign_id}")
    assert order.name == " ".join(order.name.split())
    assert order.name.startswith(" ".join(name.split())[:90].rstrip())
    assert (order.segment_id, order.redeemable_uuid) == (7, "u-1")


def test_a_start_is_what_the_timing_says() -> None:
    bench = Bench(count=1)
    bench.run()
    start: datetime = bench.loyalty.orders[0].start_time
    assert start == minutes(90)
    assert bench.sends[0].decision is Decision.CLAIMED


def test_a_refused_key_lets_punchh_rest() -> None:
    bench = Bench(outcome(Verdict.ACCOUNT), count=1)
    bench.work = replace(bench.work, keys={"punchh": "the fingerprint"})
    with capture_logs() as logs:
        assert [one.verdict for one in bench.run()] == [Verdict.ACCOUNT]
    assert not may_commit(bench.ledger.breaker, NOW + timedelta(days=99))
    assert bench.ledger.breaker.refused_key == "the fingerprint"
    (opened,) = _events(logs, Event.BREAKER_OPENED)
    assert opened["remote"] == "punchh"
