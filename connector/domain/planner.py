"""The pure ring, composed: what is known and what was seen become one plan."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain import reasons
from connector.domain.decide import Facts, decide
from connector.domain.distribution import Distribution, State
from connector.domain.faults import planner_fault
from connector.domain.lifecycle import SHORTLY_POLLS, UNSETTLED, Followed, follow
from connector.domain.offer import Catalog
from connector.domain.plan import Action, Entry, Known, Plan, Planned
from connector.domain.policy import Policy
from connector.domain.reasons import Reason
from connector.domain.rules import RuleBook
from connector.domain.safety import safe
from connector.domain.seeing import Poll
from connector.domain.send import Send

Series = tuple[str, str, str]
DRAFTS_ASKED_AHEAD = timedelta(hours=1)  # time enough to launch or drop one


@dataclass(frozen=True, slots=True)
class Seen:
    """What this cycle saw. `last_good` is each source's last good poll, this one included.

    `guests` are the sizes of segments as asked so far; None where nobody can be asked.
    `left_alone` says why Punchh takes no commit for now; None where it does.
    """

    known: Known
    polls: Sequence[Poll]
    last_good: Mapping[str, datetime]
    catalog: Catalog | None
    now: datetime
    guests: Mapping[int, int | Reason] | None = None
    left_alone: Reason | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A send of which its source must say more than a poll does: is it live, is it being edited."""

    source: str
    send: Send


@dataclass(frozen=True, slots=True)
class Planner:
    """Everything a plan depends on besides what was seen."""

    book: RuleBook
    policy: Policy

    def follow(self, seen: Seen) -> tuple[Followed, ...]:
        schedule = self.policy.schedule
        shortly = SHORTLY_POLLS * timedelta(seconds=schedule.poll_seconds)
        return follow(seen.known, seen.polls, seen.now, shortly, schedule.horizon)

    def plan(self, seen: Seen, followed: Sequence[Followed], gone: Collection[Series] = ()) -> Plan:
        """Decide every occurrence, then all together. `gone` are the series confirmed gone."""
        stale = self._stale(seen, followed)
        entries: list[Entry] = []
        crashed: dict[str, Exception] = {}
        for one in followed:
            occurrence = one.occurrence
            facts = Facts(
                seen.known.mode,
                seen.catalog,
                seen.known.approvals,
                stale.get(occurrence.send.source),
                occurrence.send.series in gone,
                seen.guests,
                seen.left_alone,
            )
            rows = seen.known.distributions.get(occurrence.key, ())
            try:
                entries.append(self._decided(one, rows, facts, seen.now))
            except Exception as error:  # noqa: BLE001  one bad item must not stop the others
                crashed[occurrence.key] = error
                entries.append(_blocked(one, rows, planner_fault(type(error).__name__)))
        entries.sort(key=_order)
        made = safe(entries, seen.known, self.book, self.policy)
        shrunken = (one.occurrence.send.source for one in followed if one.in_loss)
        return Plan(seen.now, made, crashed, frozenset(shrunken))

    def _decided(
        self, one: Followed, rows: Sequence[Distribution], facts: Facts, now: datetime
    ) -> Entry:
        if one.fault is not None:
            raise one.fault
        return decide(one, rows, self.book, self.policy, facts, now)

    def _stale(self, seen: Seen, followed: Sequence[Followed]) -> dict[str, Reason]:
        """Name the sources whose last good snapshot is too old to commit by."""
        sources = {one.occurrence.send.source for one in followed}
        oldest = seen.now - self.policy.schedule.max_snapshot_age
        return {
            source: reasons.stale(source, last)
            for source in sources
            if (last := seen.last_good.get(source)) is None or last < oldest
        }


def _blocked(one: Followed, rows: Sequence[Distribution], fault: Reason) -> Entry:
    """Block what a fault of ours kept from being decided.

    What was seen of it is not lost, but for its end: that waits for a plan that can be made.
    """
    ends = one.occurrence.closed_at is not None
    occurrence = replace(one.was if ends and one.was else one.occurrence, reason=fault)
    if not rows:
        occurrence = replace(occurrence, decision=None, rule=None)
    planned = (
        Planned(replace(row, state=State.BLOCKED, reason=fault), row, Action.BLOCK)
        if row.state in UNSETTLED
        else Planned(row, row, Action.SKIP)
        for row in rows
    )
    return Entry(occurrence, one.was, tuple(planned))


def questions(followed: Sequence[Followed]) -> tuple[Question, ...]:
    return tuple(
        Question(one.occurrence.send.source, one.occurrence.send) for one in followed if one.asks
    )


def sizes_wanted(plan: Plan) -> frozenset[int]:
    """Return the segments whose size must be known before the plan can be made whole."""
    return frozenset(planned.asks for _, planned in plan.planned() if planned.asks is not None)


def drafts_wanted(plan: Plan) -> tuple[Question, ...]:
    """Return the sends of which it must be asked whether a draft of changes waits.

    Once each, in the hour before its offer can be committed; again while one waits.
    """
    return tuple(
        Question(entry.occurrence.send.source, entry.occurrence.send)
        for entry in plan.entries
        if entry.occurrence.draft is not False
        and entry.occurrence.closed_at is None
        and any(_soon(planned, plan.generated_at) for planned in entry.planned)
    )


def _soon(planned: Planned, now: datetime) -> bool:
    timed = planned.timing
    if timed is None or planned.distribution.state not in (State.WAITING, State.HELD):
        return False
    return timed.opens_at - DRAFTS_ASKED_AHEAD <= now <= timed.commit_by


def with_drafts(plan: Plan, found: Mapping[Series, bool]) -> Plan:
    """Return the plan with what the sources said of drafts."""

    def told(entry: Entry) -> Entry:
        draft = found.get(entry.occurrence.send.series)
        if draft is None or entry.occurrence.closed_at is not None:
            return entry
        return replace(entry, occurrence=replace(entry.occurrence, draft=draft))

    return replace(plan, entries=tuple(told(entry) for entry in plan.entries))


def _order(entry: Entry) -> tuple[bool, float, str]:
    when = entry.occurrence.when
    return (when is None, when.first_delivery.timestamp() if when else 0.0, entry.occurrence.key)
