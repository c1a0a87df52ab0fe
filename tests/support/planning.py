"""Values for the planner's and the worker's tests, and honest small fakes of the outside."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar, cast

from connector.app import Work
from connector.domain.breaker import Breaker
from connector.domain.checkup import Check, fine
from connector.domain.distribution import (
    Attempt,
    Decision,
    Distribution,
    Mover,
    Occurrence,
    State,
    may_move,
)
from connector.domain.guest import Canary, Reward
from connector.domain.keys import distribution_id, occurrence_key
from connector.domain.lifecycle import Followed
from connector.domain.names import normalise
from connector.domain.offer import (
    Catalog,
    Order,
    Outcome,
    Redeemable,
    Segment,
    Terms,
    UnreadRow,
    Verdict,
)
from connector.domain.plan import Approval, Known, Mode, Plan, Planned
from connector.domain.planner import Planner, Seen, Series
from connector.domain.policy import Policy, Safety, Schedule
from connector.domain.reasons import claimed
from connector.domain.rules import Rule, RuleBook
from connector.domain.seeing import Poll
from connector.domain.send import Send, Snapshot, Spread, When
from connector.errors import RefusedError, RemoteError
from connector.ledger import Ledger
from tests.support.clocks import FixedClock
from tests.support.words import saying

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
TERMS = Terms(timedelta(minutes=15), timedelta(minutes=2))
LIVE = Mode(rehearsal=False, live_at=NOW - timedelta(days=30))
REHEARSAL = Mode(rehearsal=True)
SAME = object()
Answer = TypeVar("Answer")


def hours(count: float) -> datetime:
    """Return the instant so many hours after NOW."""
    return NOW + timedelta(hours=count)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def when(nominal: datetime, *, early: float = 0) -> When:
    """Return a firing; `early` is by how many hours the first zone is ahead."""
    first = nominal - timedelta(hours=early)
    spread = Spread.LOCAL if early else Spread.INSTANT
    return When(nominal, first, f"{nominal:%Y-%m-%dT%H:%M}", "UTC", spread)


def send(send_id: str = "s1", at: datetime | None = NOW, *, early: float = 0, **other: Any) -> Send:
    given: dict[str, Any] = {
        "source": "braze_us",
        "kind": "campaign",
        "account": "",
        "name": f"Send {send_id}",
        "when": when(at, early=early) if at else None,
    }
    return Send(send_id=send_id, **given | other)


def occurrence(of: Send, **changes: Any) -> Occurrence:
    opened = of.when.scheduled_for if of.when else None
    given: dict[str, Any] = {
        "opened_for": opened,
        "first_seen_at": NOW - timedelta(days=1),
        "decision": Decision.CLAIMED,
        "rule": "fries",
        "reason": claimed("fries"),
    }
    key = occurrence_key(of.kind, of.account, of.send_id, opened)
    return Occurrence(key=key, send=of, **given | changes)


def row(of: Occurrence, state: State = State.WAITING, **changes: Any) -> Distribution:
    """Return the offer that the rule `fries` wants for an occurrence."""
    segment = changes.pop("wanted_segment", "vip guests")
    redeemable = changes.pop("wanted_redeemable", "fries")
    first = of.when.first_delivery if of.when else None
    given: dict[str, Any] = {
        "rule": "fries",
        "reason": saying(f"was-{state}", f"it was {state}"),
        "segment": "VIP Guests",
        "segment_id": 7,
        "redeemable": "Fries",
        "redeemable_uuid": "u-1",
        "scheduled_for": of.when.scheduled_for if of.when else None,
        "first_delivery": first,
        "start_time": first and first - timedelta(minutes=30),
        "commit_by": first and first - timedelta(minutes=22),
        "version": 1,
    }
    if state.sealed:
        given |= {"attempts": 1, "external_campaign_id": "c1-mark"}
    return Distribution(
        id=distribution_id(of.key, segment, redeemable),
        occurrence=of.key,
        wanted_segment=segment,
        wanted_redeemable=redeemable,
        state=state,
        **given | changes,
    )


def rule(name: str = "fries", **changes: Any) -> Rule:
    given: dict[str, Any] = {
        "name": name,
        "match": {"send": "*"},
        "segment": "VIP Guests",
        "redeemable": "Fries",
    }
    return Rule.model_validate({k: v for k, v in (given | changes).items() if v is not None})


def book(*rules: Rule, **segments: str) -> RuleBook:
    table = {normalise(name): other for name, other in segments.items()}
    return RuleBook(rules or (rule(),), table, "digest", {})


def catalog(
    segments: Iterable[tuple[int, str]] = ((7, "VIP Guests"), (8, "Lunch Crowd")),
    redeemables: Iterable[tuple[str, str]] = (("u-1", "Fries"), ("u-2", "Burger")),
    *,
    unread_segments: Iterable[str | None] = (),
    unread_redeemables: Iterable[str | None] = (),
) -> Catalog:
    return Catalog(
        tuple(Segment(*one) for one in segments),
        tuple(Redeemable(*one) for one in redeemables),
        NOW,
        tuple(UnreadRow(name, f"the row of {name}") for name in unread_segments),
        tuple(UnreadRow(name, f"the row of {name}") for name in unread_redeemables),
    )


def policy(*, skew: timedelta = timedelta(), safety: Any = None, **schedule: Any) -> Policy:
    return Policy(Schedule(**schedule), Safety(**safety or {}), TERMS, skew)


def poll(
    *sends: Send,
    source: str = "braze_us",
    previous: datetime | None = None,
    kinds: Iterable[str] = ("campaign", "canvas"),
    now: datetime = NOW,
) -> Poll:
    return Poll(Snapshot(source, now, sends, frozenset(kinds)), previous)


def known(*stories: tuple[Occurrence, Sequence[Distribution]], **other: Any) -> Known:
    given: dict[str, Any] = {
        "mode": LIVE,
        "occurrences": tuple(one for one, _ in stories),
        "taken": frozenset(one.key for one, _ in stories),
        "distributions": {one.key: tuple(rows) for one, rows in stories},
    }
    return Known(**given | other)


def approval(of: Distribution, code: str) -> Approval:
    return Approval(of.segment_id, of.redeemable_uuid, of.scheduled_for, code)


def as_is(of: Occurrence, **changes: Any) -> Followed:
    return replace(Followed(of, of), **changes)


def plan(
    told: Known,
    *polls: Poll,
    now: datetime = NOW,
    rules: RuleBook | None = None,
    by: Policy | None = None,
    lists: Any = SAME,
    gone: Iterable[Series] = (),
    last_good: Mapping[str, datetime] | None = None,
) -> Plan:
    """Walk the pure ring once."""
    planner = Planner(rules or book(), by or policy())
    good = {one.snapshot.source: now for one in polls} if last_good is None else last_good
    seen = Seen(told, polls, good, catalog() if lists is SAME else lists, now)
    return planner.plan(seen, planner.follow(seen), frozenset(gone))


def recorded(told: Known, made: Plan) -> Known:
    """Return what is known after a plan was written down."""
    occurrences = {one.key: one for one in told.occurrences}
    rows = {one.id: one for each in told.distributions.values() for one in each}
    for entry in made.entries:
        occurrences[entry.occurrence.key] = entry.occurrence
        for planned in entry.planned:
            rows[planned.distribution.id] = _written(planned)
    by_key: dict[str, tuple[Distribution, ...]] = {}
    for one in sorted(rows.values(), key=lambda one: one.id):
        by_key[one.occurrence] = (*by_key.get(one.occurrence, ()), one)
    return replace(
        told,
        occurrences=tuple(occurrences[key] for key in sorted(occurrences)),
        taken=told.taken | occurrences.keys(),
        distributions=by_key,
    )


def _written(planned: Planned) -> Distribution:
    offer = planned.distribution
    return replace(offer, version=offer.version + 1) if planned.changed else offer


def only(made: Plan) -> Planned:
    """Return the one planned row of a plan."""
    (planned,) = (planned for _, planned in made.planned())
    return planned


# --- fakes of the outside -----------------------------------------------------------------------


def outcome(verdict: Verdict = Verdict.COMMITTED, **other: Any) -> Outcome:
    campaign = 900 if verdict is Verdict.COMMITTED else None
    given: dict[str, Any] = {"reach": "replied", "campaign_id": campaign}
    return Outcome(verdict, saying(verdict.value, f"it was {verdict}"), **given | other)


@dataclass
class FakeLedger:
    """Rows in memory under the ledger's own rights; `calls` tells what was asked in order."""

    rows: dict[str, Distribution]
    calls: list[str]
    refuse_begin: bool = False
    fail_settle: list[Exception] = field(default_factory=list)
    evidence: list[Attempt] = field(default_factory=list)
    breaker: Breaker = field(default_factory=Breaker)
    gone: Exception | None = None

    def distribution(self, id: str) -> Distribution:
        if id not in self.rows:
            raise RefusedError(f"{id}: no such distribution")
        return self.rows[id]

    def begin(self, becomes: Distribution, attempt: Attempt) -> Distribution:
        self.calls.append(f"begin {becomes.id}")
        if self.refuse_begin:
            raise RefusedError("somebody was there first")
        changed: dict[str, Any] = {
            "state": State.INTENT,
            "attempts": attempt.number,
            "external_campaign_id": attempt.external_campaign_id,
            "start_time": attempt.start_time,
        }
        return self._moved(replace(becomes, **changed), State.WAITING)

    def settle(self, becomes: Distribution, attempt: Attempt) -> Distribution:
        self.calls.append(f"settle {becomes.id}")
        if self.fail_settle:
            raise self.fail_settle.pop(0)
        self.evidence.append(attempt)
        return self._moved(becomes, State.INTENT)

    def check_alive(self) -> None:
        if self.gone:
            raise self.gone

    def change_breaker(self, name: str, change: Callable[[Breaker], Breaker]) -> Breaker:
        assert name == "punchh"
        self.breaker = change(self.breaker)
        return self.breaker

    def _moved(self, becomes: Distribution, before: State) -> Distribution:
        stands = self.rows[becomes.id]
        assert (stands.state, stands.version) == (before, becomes.version)
        assert may_move(Mover.ATTEMPT, before, becomes.state)
        self.rows[becomes.id] = replace(becomes, version=becomes.version + 1)
        return self.rows[becomes.id]


def _told(answer: Answer | Exception) -> Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer


@dataclass
class FakeLoyalty:
    """Answers commits with the outcomes it was given, then with `committed`."""

    outcomes: list[Outcome] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lists: Catalog | Exception = field(default_factory=catalog)
    skew: timedelta = timedelta()
    not_before: datetime | None = None
    terms: Terms = TERMS
    orders: list[Order] = field(default_factory=list)
    at_commit: Callable[[], None] = lambda: None
    sizes: Mapping[int, int | Exception] | None = None
    sized: list[int] = field(default_factory=list)
    canaries: Mapping[str, Canary] = field(default_factory=dict)
    accounts: Mapping[str, Sequence[Reward] | Exception] = field(default_factory=dict)
    members: Mapping[str, bool | Exception] = field(default_factory=dict)

    def rewards(self, canary: str) -> Sequence[Reward]:
        self.calls.append(f"rewards {canary}")
        return _told(self.accounts.get(canary, ()))

    def in_segment(self, canary: str, segment_id: int) -> bool:
        self.calls.append(f"in_segment {canary} {segment_id}")
        return _told(self.members.get(canary, True))

    @property
    def counts_guests(self) -> bool:
        return self.sizes is not None

    def guests(self, segment_id: int) -> int:
        self.sized.append(segment_id)
        size = (self.sizes or {})[segment_id]
        if isinstance(size, Exception):
            raise size
        return size

    def catalog(self) -> Catalog:
        self.calls.append("catalog")
        if isinstance(self.lists, Exception):
            raise self.lists
        return self.lists

    def body(self, order: Order) -> bytes:
        return repr(order).encode()

    def check(self) -> Iterator[Check]:
        self.catalog()
        yield fine("punchh", "segments", count=1)

    def commit(self, order: Order) -> Outcome:
        self.calls.append(f"commit {order.external_campaign_id}")
        self.orders.append(order)
        self.at_commit()
        return self.outcomes.pop(0) if self.outcomes else outcome(campaign_id=len(self.orders))


@dataclass
class FakeSource:
    """Shows the sends it was given; an exception instead is raised."""

    name: str = "braze_us"
    sends: tuple[Send, ...] | Exception = ()
    live: Mapping[Series, bool] | Exception = field(default_factory=dict)
    kinds: frozenset[str] = frozenset({"campaign"})
    worked: list[frozenset[str]] = field(default_factory=list)
    asked: list[Series] = field(default_factory=list)
    skew: timedelta = timedelta()
    not_before: datetime | None = None
    pending: Mapping[Series, bool] | Exception = field(default_factory=dict)
    asked_drafts: list[Series] = field(default_factory=list)

    def poll(self, now: datetime, worked: frozenset[str]) -> Snapshot:
        self.worked.append(worked)
        if isinstance(self.sends, Exception):
            raise self.sends
        return Snapshot(self.name, now, self.sends, self.kinds, (saying("note", "a note"),))

    def check(self, now: datetime, worked: frozenset[str]) -> Iterator[Check]:
        self.poll(now, worked)
        yield fine(self.name, "list", sends=1)

    def confirm(self, sends: Iterable[Send]) -> Mapping[Series, bool]:
        asked = [one.series for one in sends]
        self.asked += asked
        if isinstance(self.live, Exception):
            raise self.live
        return {series: self.live.get(series, False) for series in asked}

    def drafts(self, sends: Iterable[Send]) -> Mapping[Series, bool]:
        asked = [one.series for one in sends]
        self.asked_drafts += asked
        if isinstance(self.pending, Exception):
            raise self.pending
        return {series: self.pending.get(series, False) for series in asked}


def unreadable(remote: str = "braze_us") -> RemoteError:
    return RemoteError(remote, saying("unreadable", "it could not be read"))


class FakeRight:
    """Held all along, unless a test says what to raise, or that it was taken anew."""

    def __init__(self, lost: Exception | None = None, *, anew: bool = False) -> None:
        self.lost, self.anew = lost, anew

    def renew(self) -> bool:
        if self.lost:
            raise self.lost
        return self.anew

    def prove(self) -> None:
        self.renew()


def work(
    ledger: Any, loyalty: FakeLoyalty | None = None, *sources: FakeSource, **other: Any
) -> Work:
    given: dict[str, Any] = {
        "clock": FixedClock(NOW),
        "random": Random(1),
        "schedule": Schedule(),
        "safety": Safety(),
        "right": FakeRight(),
    }
    return Work(
        ledger=cast(Ledger, ledger),
        sources={one.name: one for one in sources},
        loyalty=loyalty or FakeLoyalty(),
        **given | other,
    )
