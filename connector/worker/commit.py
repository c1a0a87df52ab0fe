"""The commit protocol.

Each due distribution goes through these steps, one after another:

1. compute its times anew, and leave it to the next plan if it has become too late;
2. write down the intent with its attempt, durably (`ledger.begin`);
3. prove that the ledger and the right to commit are still ours, and make the one POST
   (`loyalty.commit`);
4. write down what came of it (`ledger.settle`); where that fails for long, it is tried again
   before the next cycle does anything else (`settle_unwritten`).

A process that ends between 2 and 4 leaves an intent that the next cycle turns into `unknown`.
Nothing here ever makes the same POST again.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.app import Work
from connector.domain import verdicts
from connector.domain.breaker import Breaker, after_commit
from connector.domain.distribution import Attempt, Distribution, Occurrence, State, after
from connector.domain.keys import external_campaign_id
from connector.domain.offer import Order, Outcome, Verdict
from connector.domain.plan import Action, Plan
from connector.domain.rules import Rule, RuleBook
from connector.domain.text import one_line
from connector.domain.timing import Timing, timing
from connector.errors import ConnectorError, LedgerError, RefusedError, UnmarkedError
from connector.http.exchange import Reach
from connector.points import Point, point
from connector.telemetry import Event, log
from connector.worker.observe import PUNCHH, tell_breaker

LONGEST_NAME = 120
TOO_SOON_AT_MOST = 2
BACKOFF = timedelta(minutes=1)
LONGEST_BACKOFF = timedelta(minutes=15)
WRITE_ATTEMPTS = 30
ENDS_CYCLE = frozenset({Verdict.UNKNOWN, Verdict.ACCOUNT, Verdict.THROTTLED, Verdict.NOT_SENT})


@dataclass(frozen=True, slots=True)
class Settled:
    """What one attempt left in the ledger."""

    occurrence: Occurrence
    distribution: Distribution
    verdict: Verdict


def commit_due(work: Work, plan: Plan, book: RuleBook) -> Iterator[Settled]:
    """Commit what the recorded plan says is due, in the order of `commit_by`.

    Ends after the first outcome that puts the remote in doubt, or when told to stop.
    """
    rules = {rule.name: rule for rule in book.rules}
    due = [
        (entry.occurrence, planned.distribution)
        for entry, planned in plan.planned()
        if planned.action is Action.COMMIT
    ]
    due.sort(key=lambda pair: (pair[1].commit_by or plan.generated_at, pair[1].id))
    for occurrence, planned_row in due:
        if work.clock.wait(0):
            return
        prepared = _prepare(work, occurrence, planned_row, rules)
        if prepared is None:
            continue
        settled = _commit_one(work, prepared)
        if settled is None:
            continue
        yield settled
        if settled.verdict in ENDS_CYCLE:
            log.warning(Event.COMMITS_STOPPED, verdict=settled.verdict.value)
            return


@dataclass(frozen=True, slots=True)
class _Prepared:
    occurrence: Occurrence
    row: Distribution
    order: Order
    attempt: Attempt


def _prepare(
    work: Work, occurrence: Occurrence, planned: Distribution, rules: Mapping[str, Rule]
) -> _Prepared | None:
    """Return the order for a row that is still due; a fault here costs this row alone."""
    try:
        row = work.ledger.distribution(planned.id)
        rule = rules.get(row.rule)
        if row.state is not State.WAITING or rule is None or occurrence.when is None:
            return None
        if _inputs(row) != _inputs(planned):  # somebody moved it, and the plan was not written
            return None
        timed = timing(occurrence.when.first_delivery, rule, work.policy, work.clock.now())
        if timed.late and rule.late != "earliest":
            return None
        order = order_for(occurrence, row, timed)
        return _Prepared(occurrence, row, order, _attempt(work, row, order))
    except Exception as error:  # noqa: BLE001
        log.error(Event.ITEM_FAILED, distribution=planned.id, exc_info=error)
        return None


def _inputs(row: Distribution) -> tuple[object, ...]:
    return (row.segment_id, row.redeemable_uuid, row.scheduled_for, row.first_delivery)


def _attempt(work: Work, row: Distribution, order: Order) -> Attempt:
    return Attempt(
        distribution=row.id,
        number=row.attempts + 1,
        begun_at=work.clock.now(),
        external_campaign_id=order.external_campaign_id,
        request_hash=hashlib.sha256(work.loyalty.body(order)).hexdigest(),
        start_time=order.start_time,
    )


def _commit_one(work: Work, prepared: _Prepared) -> Settled | None:
    row, order, attempt = prepared.row, prepared.order, prepared.attempt
    lost: ConnectorError | None = None
    point(Point.COMMIT_PREPARED)
    try:
        begun = work.ledger.begin(row, attempt)
    except UnmarkedError as error:
        begun, lost = error.intent, error
    except RefusedError as error:  # somebody was there first: the next plan sees what they did
        log.warning(Event.ITEM_FAILED, distribution=row.id, reason=str(error))
        return None
    log.info(Event.COMMIT_BEGUN, distribution=row.id, campaign=order.name)
    point(Point.COMMIT_POSTING)
    lost = lost or _right_lost(work)
    outcome = _unsent() if lost else work.loyalty.commit(order)
    point(Point.COMMIT_CLASSIFIED)
    settled = settle(work, begun, attempt, outcome)
    log.info(
        Event.COMMIT_SETTLED,
        distribution=row.id,
        verdict=outcome.verdict.value,
        state=settled.state.value,
        campaign_id=outcome.campaign_id,
        reason=work.words.sentence(settled.reason, settled.id),
        ms=(work.clock.now() - attempt.begun_at) // timedelta(milliseconds=1),
    )
    if lost:
        raise lost
    _note_outcome(work, outcome)
    point(Point.COMMIT_TOLD)
    return Settled(prepared.occurrence, settled, outcome.verdict)


def _right_lost(work: Work) -> ConnectorError | None:
    """Return why this process may not commit any more, None where it may."""
    try:
        work.ledger.check_alive()
        work.right.prove()
    except ConnectorError as error:
        return error
    return None


def _unsent() -> Outcome:
    return Outcome(Verdict.NOT_SENT, verdicts.withheld(), Reach.NOT_CONNECTED.value)


def _note_outcome(work: Work, outcome: Outcome) -> None:
    """Let Punchh's breaker know, durably, what the commit came to."""
    now, jitter = work.clock.now(), work.random.uniform(1.0, 2.0)
    key = work.key_of(PUNCHH)

    def change(before: Breaker) -> Breaker:
        after_it = after_commit(before, outcome, key, now, jitter)
        tell_breaker(PUNCHH, before, after_it, work.words)
        return after_it

    work.ledger.change_breaker(PUNCHH, change)


def order_for(occurrence: Occurrence, row: Distribution, timed: Timing) -> Order:
    """Return the order for the next attempt of a resolved row."""
    if row.segment_id is None or row.redeemable_uuid is None:
        raise LedgerError(f"distribution {row.id} is due without a segment or a redeemable")
    mark = external_campaign_id(
        row.occurrence, row.segment_id, row.redeemable_uuid, row.attempts + 1
    )
    shown = one_line(f"{occurrence.send.name} - {row.redeemable}")
    name = f"{shown[: LONGEST_NAME - len(mark) - 1].rstrip()} {mark}"
    return Order(name, row.segment_id, row.redeemable_uuid, timed.start, mark)


def settle(work: Work, begun: Distribution, attempt: Attempt, outcome: Outcome) -> Distribution:
    """Write down what came of an attempt, and keep trying: it must not be lost."""
    now = work.clock.now()
    ended = replace(
        attempt,
        ended_at=now,
        verdict=outcome.verdict,
        reach=outcome.reach,
        status=outcome.status,
        request_id=outcome.request_id,
        reason=outcome.reason,
    )
    row = _after(begun, outcome, now, work.random.uniform(0.5, 1.0))
    for _ in range(WRITE_ATTEMPTS):
        try:
            settled = work.ledger.settle(row, ended)
        except Exception as error:  # whatever the disk does, the outcome is told
            _log_unrecorded(attempt, outcome, error)
            if isinstance(error, RefusedError):  # asking again would not change that
                raise
            if work.clock.wait(1):
                break
        else:
            _look_where_it_stands(work, attempt, outcome)
            return settled
    work.unwritten.append((row, ended))
    raise LedgerError(
        f"the outcome of {row.id} could not be written to the ledger "
        f"(verdict {outcome.verdict.value}, campaign {outcome.campaign_id}): "
        "fix the ledger's disk; this worker tries again in every cycle, and if it ends first the "
        "attempt will show as unknown"
    )


def settle_unwritten(work: Work) -> None:
    """Write the outcomes of earlier cycles that the ledger did not take; LedgerError if it cannot.

    One that it refuses was logged when it came, with its campaign.
    """
    while work.unwritten:
        with suppress(RefusedError):
            work.ledger.settle(*work.unwritten[0])
        del work.unwritten[0]


def _look_where_it_stands(work: Work, attempt: Attempt, outcome: Outcome) -> None:
    """Log the outcome where it was written to a ledger that is not at its place any more.

    Where nothing was sent, nothing is lost.
    """
    if outcome.verdict is Verdict.NOT_SENT:
        return
    try:
        work.ledger.check_alive()
    except LedgerError as error:
        _log_unrecorded(attempt, outcome, error)


def _log_unrecorded(attempt: Attempt, outcome: Outcome, error: Exception) -> None:
    log.critical(
        Event.COMMIT_UNRECORDED,
        distribution=attempt.distribution,
        verdict=outcome.verdict.value,
        campaign_id=outcome.campaign_id,
        external_campaign_id=attempt.external_campaign_id,
        trouble=type(error).__name__,
    )


def _after(begun: Distribution, outcome: Outcome, now: datetime, jitter: float) -> Distribution:
    state, reason = after(outcome.verdict), outcome.reason
    too_soon = begun.too_soon + (outcome.verdict is Verdict.TOO_SOON)
    if too_soon > TOO_SOON_AT_MOST:
        state, reason = State.REJECTED, verdicts.too_soon_again(too_soon)
    not_before = None
    if outcome.verdict in (Verdict.NOT_SENT, Verdict.THROTTLED):
        not_before = now + (outcome.retry_after or _backoff(begun.attempts) * jitter)
        reason = verdicts.backoff(not_before, reason)
    return replace(
        begun,
        state=state,
        reason=reason,
        campaign_id=outcome.campaign_id,
        not_before=not_before,
        too_soon=too_soon,
        drift=outcome.drift,
    )


def _backoff(attempts: int) -> timedelta:
    doubled: int = 2 ** min(attempts - 1, 8)
    return min(LONGEST_BACKOFF, BACKOFF * doubled)
