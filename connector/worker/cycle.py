"""One cycle: the ring of the design, walked once."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from connector.app import Work
from connector.domain import reasons
from connector.domain.offer import Verdict
from connector.domain.plan import Plan
from connector.domain.planner import Planner, Seen, questions
from connector.domain.rules import RuleBook
from connector.telemetry import Event, log
from connector.worker.commit import Settled, commit_due
from connector.worker.observe import Observation, ask, observe

BAD_NEWS = frozenset(Verdict) - {Verdict.COMMITTED, Verdict.TOO_SOON}


@dataclass(frozen=True)
class Report:
    """What one cycle saw, planned and did. `orphans` counts attempts found abandoned."""

    observation: Observation
    plan: Plan
    settled: tuple[Settled, ...] = ()
    orphans: int = 0

    @property
    def trouble(self) -> bool:
        """True where a remote could not be read, or an attempt ended badly."""
        return (
            bool(self.observation.failures)
            or bool(self.plan.crashed)
            or self.orphans > 0
            or any(one.verdict in BAD_NEWS for one in self.settled)
        )


def preview(work: Work, book: RuleBook, at: datetime | None = None) -> Report:
    """Observe and plan, as of an instant if one is given; nothing is posted or written."""
    observation = observe(work)
    return Report(observation, plan_of(work, book, observation, at))


def plan_of(
    work: Work, book: RuleBook, observation: Observation, at: datetime | None = None
) -> Plan:
    """Decide what was seen, asking the sources about the sends that vanished."""
    now = at or work.clock.now()
    last_good = dict.fromkeys(observation.last_good, now) if at else observation.last_good
    known = work.ledger.known(observation.series(), now=now, gap=work.safety.same_offer_gap)
    seen = Seen(known, observation.polls, last_good, observation.catalog, now)
    planner = Planner(book, work.policy)
    followed = planner.follow(seen)
    return planner.plan(seen, followed, ask(questions(followed), work.sources))


def run_cycle(work: Work, book: RuleBook) -> Report:
    """Observe, plan, record, and commit what is due; the caller holds the right to commit."""
    work.ledger.check_alive()
    orphans = work.ledger.orphans(at=work.clock.now(), reason=reasons.orphaned())
    for row in orphans:
        log.error(Event.ORPHAN_FOUND, distribution=row.id, mark=row.external_campaign_id)
    observation = observe(work)
    plan = plan_of(work, book, observation)
    for key, error in plan.crashed.items():
        log.error(Event.ITEM_FAILED, occurrence=key, exc_info=error)
    written = work.ledger.record(plan, at=plan.generated_at)
    # Last: a poll counts as the previous one only when what it showed is written down.
    work.ledger.note_remotes(observation.notes)
    settled = tuple(commit_due(work, plan, book)) if observation.catalog else ()
    actions = Counter(planned.action.value for _, planned in plan.planned())
    log.info(Event.CYCLE_DONE, sends=len(plan.entries), rows_written=written, **actions)
    return Report(observation, plan, settled, len(orphans))
