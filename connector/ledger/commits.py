"""The committer's writers: the durable intent, what came of it, and what a crash left behind."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from connector.domain.distribution import Attempt, Distribution, Mover, State
from connector.domain.offer import Verdict
from connector.domain.reasons import Reason
from connector.domain.verdicts import in_flight, orphaned
from connector.errors import RefusedError
from connector.ledger.evidence import refuse_given
from connector.ledger.history import Verb
from connector.ledger.moves import move
from connector.ledger.pauses import refuse_paused
from connector.ledger.rollback import refuse_heard
from connector.ledger.rows import attempt_values, distribution_of
from connector.ledger.tables import attempt as attempts
from connector.ledger.tables import distribution as distributions
from connector.ledger.tables import ledger
from connector.ledger.wording import worded

_COUNT_INTENT = (
    update(ledger).where(ledger.c.rehearsal.is_(False)).values(generation=ledger.c.generation + 1)
)
_SEALED_BY_ANOTHER = select(distributions.c.id).where(
    distributions.c.occurrence == bindparam("of"),
    distributions.c.sealed_segment_id == bindparam("segment"),
    distributions.c.sealed_redeemable_uuid == bindparam("redeemable"),
    distributions.c.id != bindparam("by"),
    distributions.c.ever_sealed,
    # Not those whose campaign a person cancelled in Punchh to have this very offer made again.
    ~and_(
        distributions.c.recommitted_as.is_not(None),
        distributions.c.wanted_segment == bindparam("wanted_segment"),
        distributions.c.wanted_redeemable == bindparam("wanted_redeemable"),
    ),
)
_INTENTS = (
    select(distributions)
    .where(distributions.c.state == State.INTENT.value)
    .order_by(distributions.c.id)
)
_UNKNOWN_OF = select(distributions).where(
    distributions.c.id == bindparam("of"), distributions.c.state == State.UNKNOWN.value
)
_KEEP_EVIDENCE = update(attempts).where(
    attempts.c.distribution == bindparam("at_distribution"),
    attempts.c.number == bindparam("at_number"),
)


def begin(tx: Connection, distribution: Distribution, attempt: Attempt) -> Distribution:
    """Seal a waiting distribution; RefusedError if anything forbids the commit."""
    _count_intent(tx)
    refuse_paused(
        tx, distribution.occurrence, distribution.rule, distribution.id, at=attempt.begun_at
    )
    _refuse_second_seal(tx, distribution)
    refuse_given(tx, distribution)
    refuse_heard(tx, distribution, attempt.external_campaign_id)
    intent = replace(
        distribution,
        state=State.INTENT,
        reason=in_flight(),
        attempts=attempt.number,
        external_campaign_id=attempt.external_campaign_id,
        start_time=attempt.start_time,
    )
    try:
        moved = move(
            tx,
            Mover.ATTEMPT,
            State.WAITING,
            intent,
            at=attempt.begun_at,
            verb=Verb.ATTEMPT_BEGUN,
        )
        tx.execute(insert(attempts), attempt_values(tx, attempt))
    except IntegrityError as error:
        raise RefusedError(
            f"{distribution.id}: attempt {attempt.number} cannot begin ({error.orig})"
        ) from error
    return moved


def settle(tx: Connection, distribution: Distribution, attempt: Attempt) -> Distribution:
    """Write what an attempt came to; RefusedError unless its intent still stands.

    Where another worker took the attempt for abandoned, its own late word that the campaign was
    made is evidence, and turns the unknown into committed.
    """
    ended = attempt.ended_at
    if ended is None or attempt.verdict is None:
        raise RefusedError(f"{distribution.id}: attempt {attempt.number} has not ended")
    mover, before = Mover.ATTEMPT, State.INTENT
    orphan = _orphaned(tx, attempt)
    if orphan is not None and distribution.state is State.COMMITTED:
        mover, before = Mover.EVIDENCE, State.UNKNOWN
        distribution = replace(distribution, version=orphan.version)
    moved = move(tx, mover, before, distribution, at=ended, verb=Verb.ATTEMPT_SETTLED)
    _keep_evidence(tx, attempt)
    return moved


def _orphaned(tx: Connection, attempt: Attempt) -> Distribution | None:
    """Return the row of an attempt that recovery turned into unknown, and nobody moved since."""
    row = tx.execute(_UNKNOWN_OF, {"of": attempt.distribution}).first()
    found = distribution_of(row) if row else None
    same = found and (found.attempts, found.external_campaign_id, found.reason.code) == (
        attempt.number,
        attempt.external_campaign_id,
        orphaned().code,
    )
    return found if same else None


def orphans(tx: Connection, *, at: datetime, reason: Reason) -> tuple[Distribution, ...]:
    """Turn every intent into an unknown: whoever began it is gone."""
    found = [distribution_of(row) for row in tx.execute(_INTENTS).all()]
    return tuple(_orphan(tx, intent, at=at, reason=reason) for intent in found)


def _orphan(tx: Connection, intent: Distribution, *, at: datetime, reason: Reason) -> Distribution:
    tx.execute(
        update(attempts)
        .where(attempts.c.distribution == intent.id, attempts.c.number == intent.attempts)
        .values(
            ended_at=at,
            verdict=Verdict.UNKNOWN.value,
            reason=worded(tx, reason, intent.id).sentence,
            reason_data=reason,
        )
    )
    return move(
        tx,
        Mover.RECOVERY,
        State.INTENT,
        replace(intent, state=State.UNKNOWN, reason=reason),
        at=at,
        verb=Verb.ATTEMPT_ORPHANED,
    )


def _count_intent(tx: Connection) -> None:
    if tx.execute(_COUNT_INTENT).rowcount != 1:
        raise RefusedError("the ledger is in rehearsal: nothing is committed. `connector live`")


def _refuse_second_seal(tx: Connection, distribution: Distribution) -> None:
    """Say in words what the unique index would say in its own."""
    if distribution.segment_id is None or distribution.redeemable_uuid is None:
        raise RefusedError(f"{distribution.id}: its segment or redeemable is not known")
    triple = {
        "of": distribution.occurrence,
        "segment": distribution.segment_id,
        "redeemable": distribution.redeemable_uuid,
        "by": distribution.id,
        "wanted_segment": distribution.wanted_segment,
        "wanted_redeemable": distribution.wanted_redeemable,
    }
    other = tx.execute(_SEALED_BY_ANOTHER, triple).scalars().first()
    if other is not None:
        raise RefusedError(
            f"{distribution.id}: {other} was already committed or tried for the same segment "
            "and redeemable of this send"
        )


def _keep_evidence(tx: Connection, attempt: Attempt) -> None:
    values = attempt_values(tx, attempt)
    values["at_distribution"], values["at_number"] = (
        values.pop("distribution"),
        values.pop("number"),
    )
    del values["begun_at"]
    if tx.execute(_KEEP_EVIDENCE, values).rowcount != 1:
        raise RefusedError(f"{attempt.distribution}: attempt {attempt.number} never began")
