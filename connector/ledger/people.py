"""What people say: live or rehearsal, yes to what is held, what became of an unknown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from connector.domain import reasons
from connector.domain.distribution import Distribution, Mover, State
from connector.domain.reasons import Reason, instant
from connector.errors import RefusedError
from connector.ledger import reads
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.moves import move
from connector.ledger.rows import distribution_of
from connector.ledger.tables import approval, attempt, distribution, ledger

_SETTLING = timedelta(minutes=10)  # how long Punchh may take to show a campaign it made


def go_live(tx: Connection, *, at: datetime, who: str, nothing_given_yet: bool) -> None:
    """End the rehearsal. Said again, it keeps the first instant and may add the statement."""
    mode = reads.mode(tx)
    given = nothing_given_yet or (mode.nothing_given_yet and not mode.rehearsal)
    live_at = at if mode.rehearsal else mode.live_at
    if not mode.rehearsal and given == mode.nothing_given_yet:
        return
    tx.execute(update(ledger).values(rehearsal=False, live_at=live_at, nothing_given_yet=given))
    stated = "nothing was given before" if given else "offers may have been given before"
    before = "rehearsal" if mode.rehearsal else "live"
    add_events(tx, [EventRow(at, who, Verb.LIVE, stated, before=before, after="live")])


def rehearse(tx: Connection, *, at: datetime, who: str) -> None:
    """Go back to rehearsal."""
    if reads.mode(tx).rehearsal:
        return
    tx.execute(update(ledger).values(rehearsal=True, live_at=None, nothing_given_yet=False))
    back = EventRow(at, who, Verb.REHEARSAL, "back to rehearsal", before="live", after="rehearsal")
    add_events(tx, [back])


def approve(
    tx: Connection, ids: Sequence[str], *, at: datetime, who: str, reason: str
) -> tuple[Distribution, ...]:
    """Say yes to held distributions: to all of them, or with a RefusedError to none."""
    rows = reads.among(tx, select(distribution), distribution.c.id, ids)
    found = {row.id: distribution_of(row) for row in rows}
    problems = [
        problem for each in dict.fromkeys(ids) if (problem := _not_held(each, found.get(each)))
    ]
    if problems:
        raise RefusedError("\n".join(problems))
    approved = tuple(found[each] for each in dict.fromkeys(ids))
    _note_approvals(tx, approved, at=at, who=who, reason=reason)
    return approved


def approve_held_by(
    tx: Connection, code_prefix: str, *, at: datetime, who: str, reason: str
) -> tuple[Distribution, ...]:
    """Say yes to everything held for a reason whose code starts so."""
    held = select(distribution).where(
        distribution.c.state == State.HELD.value,
        distribution.c.reason_code.startswith(code_prefix, autoescape=True),
    )
    found = tx.execute(held.order_by(distribution.c.first_delivery, distribution.c.id))
    approved = tuple(map(distribution_of, found))
    _note_approvals(tx, approved, at=at, who=who, reason=reason)
    return approved


def resolve(
    tx: Connection,
    wanted: str,
    *,
    at: datetime,
    who: str,
    reason: str,
    committed: int | None = None,
    abandon: bool = False,
) -> Distribution:
    """Say what became of an unknown: committed, not committed (neither given), or given up."""
    unknown = _standing_at(tx, wanted, State.UNKNOWN)
    if committed is not None and committed <= 0:
        raise RefusedError(f"{wanted}: {committed} is no campaign's number")
    if committed is not None and abandon:
        raise RefusedError(f"{wanted}: either it was committed or it is abandoned, not both")
    if committed is not None:
        _refuse_used_campaign(tx, wanted, committed)
        becomes = replace(
            unknown,
            state=State.COMMITTED,
            campaign_id=committed,
            reason=_found(committed, unknown, who),
        )
    elif abandon:
        becomes = replace(unknown, state=State.REJECTED, reason=reasons.abandoned(who, reason))
    else:
        _refuse_early_denial(tx, unknown, at)
        becomes = replace(
            unknown, state=State.WAITING, not_before=None, reason=reasons.not_committed(who, reason)
        )
    return move(
        tx, Mover.PERSON, State.UNKNOWN, becomes, at=at, verb=Verb.RESOLVED, who=who, why=reason
    )


def retry(tx: Connection, wanted: str, *, at: datetime, who: str, reason: str) -> Distribution:
    """Let a rejected distribution be tried again."""
    rejected = _standing_at(tx, wanted, State.REJECTED)
    becomes = replace(
        rejected,
        state=State.WAITING,
        reason=reasons.retried(who, reason),
        not_before=None,
        too_soon=0,
    )
    return move(
        tx, Mover.PERSON, State.REJECTED, becomes, at=at, verb=Verb.RETRIED, who=who, why=reason
    )


def _standing_at(tx: Connection, wanted: str, state: State) -> Distribution:
    found = reads.one_distribution(tx, wanted)
    if found.state is not state:
        raise RefusedError(f"{wanted}: it is {found.state}, not {state}")
    return found


def _not_held(wanted: str, found: Distribution | None) -> str | None:
    if found is None:
        return f"{wanted}: no such distribution. `connector ledger list` shows all"
    if found.state is not State.HELD:
        return f"{wanted}: it is {found.state}, and only what is held can be approved"
    return None


def _note_approvals(
    tx: Connection, approved: Sequence[Distribution], *, at: datetime, who: str, reason: str
) -> None:
    if not approved:
        return
    bound = [
        {
            "distribution": each.id,
            "segment_id": each.segment_id,
            "redeemable_uuid": each.redeemable_uuid,
            "scheduled_for": each.scheduled_for,
            "at": at,
            "who": who,
            "reason": reason,
        }
        for each in approved
    ]
    tx.execute(insert(approval), bound)
    told = [
        EventRow(
            at,
            who,
            Verb.APPROVED,
            reason,
            occurrence=each.occurrence,
            distribution=each.id,
            before=each.state.value,
            after=each.state.value,
            details={"code": each.reason.code},
        )
        for each in approved
    ]
    add_events(tx, told)


def _refuse_used_campaign(tx: Connection, wanted: str, campaign_id: int) -> None:
    statement = select(distribution.c.id).where(
        distribution.c.campaign_id == campaign_id, distribution.c.id != wanted
    )
    other = tx.execute(statement.limit(1)).scalar_one_or_none()
    if other is not None:
        raise RefusedError(f"{wanted}: campaign {campaign_id} already stands on {other}")


def _refuse_early_denial(tx: Connection, unknown: Distribution, at: datetime) -> None:
    statement = select(attempt.c.begun_at).where(
        attempt.c.distribution == unknown.id, attempt.c.number == unknown.attempts
    )
    begun_at = tx.execute(statement).scalar_one()
    if at < begun_at + _SETTLING:
        raise RefusedError(
            f"{unknown.id}: Punchh may still show the campaign; look again after "
            f"{instant(begun_at + _SETTLING)}"
        )


def _found(campaign_id: int, unknown: Distribution, who: str) -> Reason:
    if unknown.start_time is None:
        return reasons.found_in_punchh(who, campaign_id)
    return reasons.committed(campaign_id, unknown.start_time)
