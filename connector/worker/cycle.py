"""One cycle: the ring of the design, walked once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from connector.app import Work
from connector.domain import verdicts
from connector.domain.offer import Verdict
from connector.domain.plan import Plan
from connector.domain.planner import (
    Planner,
    Seen,
    drafts_wanted,
    questions,
    sizes_wanted,
    with_drafts,
)
from connector.domain.reasons import Reason
from connector.domain.rules import RuleBook
from connector.domain.seeing import Poll
from connector.domain.standing import RemoteNote
from connector.domain.text import one_line
from connector.errors import ConnectorError
from connector.points import Point, point
from connector.telemetry import Event, log
from connector.worker.commit import Settled, commit_due, settle_unwritten
from connector.worker.observe import (
    Interrupted,
    Observation,
    ask,
    drafts,
    keep_waits,
    observe,
    sizes,
)
from connector.worker.verify import look_at_canaries, settle_heard

LONGEST_TROUBLE = 300
BAD_NEWS = frozenset(Verdict) - {Verdict.COMMITTED, Verdict.TOO_SOON}


@dataclass(frozen=True)
class Report:
    """What one cycle saw, planned and did. `orphans` counts attempts found abandoned.

    `lapse` says what showed that the ledger had forgotten something.
    """

    observation: Observation
    plan: Plan
    settled: tuple[Settled, ...] = ()
    orphans: int = 0
    lapse: Reason | None = None

    @property
    def left_alone(self) -> Reason | None:
        """Why nothing could be committed in Punchh as this plan was made; None where it could."""
        return self.observation.left_alone(self.plan.generated_at)

    @property
    def trouble(self) -> bool:
        """True where a remote could not be read, or an attempt ended badly."""
        return (
            bool(self.observation.failures)
            or self.left_alone is not None
            or self.lapse is not None
            or bool(self.plan.crashed)
            or self.orphans > 0
            or any(one.verdict in BAD_NEWS for one in self.settled)
        )


def preview(work: Work, book: RuleBook, at: datetime | None = None) -> Report:
    """Observe and plan, as of an instant if one is given; nothing is posted or written."""
    observation = observe(work)
    return Report(observation, plan_of(work, book, observation, at))


def previews(work: Work, *books: RuleBook) -> tuple[Report, ...]:
    """Observe once, and plan the same by each of several sets of rules."""
    observation = observe(work)
    return tuple(Report(observation, plan) for plan in plans_of(work, books, observation))


def plan_of(
    work: Work, book: RuleBook, observation: Observation, at: datetime | None = None
) -> Plan:
    """Decide what was seen, and find out of which sends a draft of changes waits.

    A source that was not read now is not asked more: it may have to be left alone.
    """
    plan = plans_of(work, [book], observation, at)[0]
    read = {poll.snapshot.source for poll in observation.polls}
    asked = [one for one in drafts_wanted(plan) if one.source in read]
    return with_drafts(plan, drafts(asked, work.sources, work.words)) if asked else plan


def plans_of(
    work: Work, books: Sequence[RuleBook], observation: Observation, at: datetime | None = None
) -> list[Plan]:
    """Decide what was seen by each set of rules, asking about the sends that vanished once."""
    now = at or work.clock.now()
    last_good = dict.fromkeys(observation.last_good, now) if at else observation.last_good
    known = work.ledger.known(observation.series(), now=now, gap=work.safety.same_offer_gap)
    seen = Seen(
        known,
        observation.polls,
        last_good,
        observation.catalog,
        now,
        left_alone=observation.left_alone(now),
        guests={} if work.loyalty.counts_guests else None,
    )
    planners = [Planner(book, work.policy) for book in books]
    followed = planners[0].follow(seen)  # the rules have no say in what became of a send
    gone = ask(questions(followed), work.sources, work.words)
    plans = [planner.plan(seen, followed, gone) for planner in planners]
    if wanted := frozenset().union(*map(sizes_wanted, plans)):
        sized = replace(seen, guests=sizes(work, wanted))
        plans = [planner.plan(sized, followed, gone) for planner in planners]
    return plans


def _with_losses(
    notes: Iterable[RemoteNote], polls: Sequence[Poll], plan: Plan
) -> tuple[RemoteNote, ...]:
    """Note on every source that was read since when its list is too short to be believed."""
    read = {poll.snapshot.source for poll in polls}

    def shrunk_at(note: RemoteNote) -> datetime | None:
        if note.name not in read:
            return note.shrunk_at
        known = None if note.loss_confirmed else note.shrunk_at
        return known or plan.generated_at if note.name in plan.shrunken else None

    return tuple(replace(note, shrunk_at=shrunk_at(note)) for note in notes)


def trouble_of(error: Exception) -> str:
    """Say in one line what kept a cycle from coming to its end."""
    if isinstance(error, ConnectorError):
        return one_line(str(error))[:LONGEST_TROUBLE]
    return f"a fault of the connector ({type(error).__name__})"


def _recalled(work: Work) -> Reason | None:
    """Make sure that the ledger forgot nothing; return what shows that it did."""
    lapse = work.ledger.recall(at=work.clock.now())
    if lapse is not None:
        log.critical(Event.LEDGER_ROLLED_BACK, reason=work.words.whole(lapse))
    return lapse


def run_cycle(work: Work, book: RuleBook) -> Report:
    """Observe, plan, record, and commit what is due; LedgerBusyError where another has the right.

    The right is proven first: an intent that another worker owns is no orphan.
    """
    began = work.clock.monotonic()
    point(Point.CYCLE_BEGINS)
    work.ledger.check_alive()
    if work.right.renew():
        log.warning(Event.LOCK_RETAKEN)
    settle_unwritten(work)
    lapse = _recalled(work)
    orphans = work.ledger.orphans(at=work.clock.now(), reason=verdicts.orphaned())
    for row in orphans:
        log.error(Event.ORPHAN_FOUND, distribution=row.id, mark=row.external_campaign_id)
    settle_heard(work)
    observation = observe(work)
    point(Point.OBSERVED)
    plan = plan_of(work, book, observation)
    point(Point.PLANNED)
    for key, error in plan.crashed.items():
        log.error(Event.ITEM_FAILED, occurrence=key, exc_info=error)
    written = work.ledger.record(plan, at=plan.generated_at)
    # Last: a poll counts as the previous one only when what it showed is written down.
    work.ledger.note_remotes(_with_losses(observation.notes, observation.polls, plan))
    lapse = lapse or _recalled(work)  # what this plan wrote down may have shown it
    settled = tuple(commit_due(work, plan, book)) if observation.catalog and not lapse else ()
    if observation.catalog:
        with suppress(Interrupted):  # what was committed is reported all the same
            look_at_canaries(work, observation.catalog)
    keep_waits(work)
    work.ledger.remember()
    actions = Counter(planned.action.value for _, planned in plan.planned())
    ms = round((work.clock.monotonic() - began) * 1000)
    log.info(Event.CYCLE_DONE, sends=len(plan.entries), rows_written=written, ms=ms, **actions)
    point(Point.CYCLE_DONE)
    return Report(observation, plan, settled, len(orphans), lapse)
