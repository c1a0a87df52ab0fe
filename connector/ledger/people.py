"""What people say of offers: yes to what is held, what became of an unknown.

Every word needs a reason, and leaves an event. What is not allowed is a RefusedError, a line each.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from connector.domain import reasons, verdicts
from connector.domain.attention import Attention, of_row
from connector.domain.distribution import Distribution, Mover, Occurrence, State
from connector.domain.evidence import NO_EVIDENCE
from connector.domain.keys import distribution_id
from connector.domain.reasons import Reason
from connector.domain.reasons import reason as made
from connector.domain.send import When
from connector.domain.standing import Row
from connector.errors import RefusedError
from connector.ledger import reads
from connector.ledger.history import EventRow, Verb, add_events, refuse_blank
from connector.ledger.moves import move
from connector.ledger.rows import distribution_of, distribution_values, occurrence_of
from connector.ledger.tables import acknowledgement, approval, attempt, distribution
from connector.ledger.tables import occurrence as occurrences
from connector.ledger.wording import worded

_SETTLING = timedelta(minutes=10)  # how long Punchh may take to show a campaign it made


def approve(
    tx: Connection, ids: Sequence[str], *, at: datetime, who: str, reason: str
) -> tuple[Distribution, ...]:
    """Say yes to held distributions: to all of them, or with a RefusedError to none."""
    refuse_blank(reason)
    rows = reads.among(tx, reads.OFFERS_OF_IDS, ids)
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
    refuse_blank(reason)
    held = select(distribution).where(
        distribution.c.state == State.HELD.value,
        distribution.c.reason_code.startswith(code_prefix, autoescape=True),
        distribution.c.reason_code != reasons.REHEARSAL,
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
    committed: int | None,
    abandon: bool,
) -> Distribution:
    """Say what became of an unknown: committed, not committed (neither given), or given up."""
    refuse_blank(reason)
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
        becomes = replace(unknown, state=State.REJECTED, reason=verdicts.abandoned(who, reason))
    else:
        _refuse_early_denial(tx, unknown, at)
        becomes = replace(
            unknown,
            state=State.WAITING,
            not_before=None,
            reason=verdicts.not_committed(who, reason),
        )
    return move(
        tx, Mover.PERSON, State.UNKNOWN, becomes, at=at, verb=Verb.RESOLVED, who=who, why=reason
    )


def retry(
    tx: Connection,
    wanted: str,
    *,
    at: datetime,
    who: str,
    reason: str,
    although_it_may_exist: bool,
) -> Distribution:
    """Let a rejected distribution be tried again; an abandoned one only by an express word."""
    refuse_blank(reason)
    rejected = _standing_at(tx, wanted, State.REJECTED)
    if rejected.reason.code == verdicts.ABANDONED and not although_it_may_exist:
        raise RefusedError(
            f"{wanted}: it was given up without knowing what became of it: Punchh may hold "
            f"{rejected.external_campaign_id}, and guests would get two. Look there; if it is "
            "surely not there, say --although-it-may-exist"
        )
    becomes = replace(
        rejected,
        state=State.WAITING,
        reason=verdicts.retried(who, reason),
        not_before=None,
        too_soon=0,
    )
    return move(
        tx, Mover.PERSON, State.REJECTED, becomes, at=at, verb=Verb.RETRIED, who=who, why=reason
    )


def acknowledge(tx: Connection, wanted: str, *, at: datetime, who: str, reason: str) -> Attention:
    """Take note of what wants a person, as it stands; RefusedError where nothing does."""
    refuse_blank(reason)
    subject, attention = _attention(tx, wanted, at)
    if attention is None:
        raise RefusedError(f"{wanted}: nothing of it wants a person")
    tx.execute(delete(acknowledgement).where(acknowledgement.c.subject == wanted))
    tx.execute(
        insert(acknowledgement).values(
            subject=wanted,
            code=attention.reason.code,
            digest=attention.digest,
            at=at,
            who=who,
            reason=reason,
        )
    )
    details = {"code": attention.reason.code, "told": worded(tx, attention.reason, wanted).sentence}
    offer = subject if isinstance(subject, Distribution) else None
    key = subject.occurrence if isinstance(subject, Distribution) else subject.key
    told = EventRow(
        at,
        who,
        Verb.ACKNOWLEDGED,
        reason,
        occurrence=key,
        distribution=offer.id if offer else None,
        details=details,
    )
    add_events(tx, [told])
    return attention


def _attention(
    tx: Connection, wanted: str, at: datetime
) -> tuple[Distribution | Occurrence, Attention | None]:
    send = tx.execute(select(occurrences).where(occurrences.c.id == wanted)).one_or_none()
    if send is not None:
        row = Row(occurrence_of(send), None)
        return row.occurrence, of_row(row, at)
    offer = reads.one_distribution(tx, wanted)
    seen = reads.evidence(tx, [wanted]).get(wanted, NO_EVIDENCE)
    return offer, of_row(Row(_occurrence_of(tx, offer), offer, seen), at)


def recommit(tx: Connection, wanted: str, *, at: datetime, who: str, reason: str) -> Distribution:
    """Open a second row for an offer whose campaign a person cancelled since its send moved.

    The committed row stays as it is, but for the name of the one that follows it. The new row is
    approved for the ids and the time as they are; where the campaign had already started, guests
    may hold the offer, and the new row waits for a person's second word.
    """
    refuse_blank(reason)
    committed = _standing_at(tx, wanted, State.COMMITTED)
    when = _moved_to(committed, _occurrence_of(tx, committed))
    again = _again(committed, when, verdicts.recommitted(who, committed.campaign_id, reason), at)
    tx.execute(insert(distribution).values(distribution_values(tx, again)))
    _name_follower(tx, committed, again)
    told = EventRow(
        at,
        who,
        Verb.RECOMMITTED,
        reason,
        occurrence=committed.occurrence,
        distribution=committed.id,
        details={"again_as": again.id, "campaign_id": committed.campaign_id},
    )
    opened = EventRow(
        at,
        who,
        Verb.DISTRIBUTION_OPENED,
        reason,
        occurrence=again.occurrence,
        distribution=again.id,
        after=again.state.value,
        details={"code": again.reason.code, "instead_of": committed.id},
    )
    add_events(tx, [told, opened])
    if again.state is State.WAITING:
        held_for = replace(again, reason=reasons.recommit_changed())
        _note_approvals(tx, [held_for], at=at, who=who, reason=reason)
    return again


def _name_follower(tx: Connection, committed: Distribution, again: Distribution) -> None:
    statement = update(distribution).where(
        distribution.c.id == committed.id,
        distribution.c.version == committed.version,
        distribution.c.recommitted_as.is_(None),
    )
    if tx.execute(statement.values(recommitted_as=again.id)).rowcount != 1:
        raise RefusedError(f"{committed.id}: it was changed meanwhile. Look at it again")


def _moved_to(committed: Distribution, send: Occurrence) -> When:
    """Return when the send now goes; RefusedError unless it is to come and moved since."""
    if committed.recommitted_as is not None:
        raise RefusedError(
            f"{committed.id}: it was made again already, as {committed.recommitted_as}"
        )
    if send.when is None or send.closed_at is not None:
        raise RefusedError(
            f"{committed.id}: its send is over or gone, so no offer can come with it"
        )
    if send.when.first_delivery == committed.first_delivery:
        raise RefusedError(
            f"{committed.id}: its send has not moved since the commit. If the next cycle sees it "
            "moved, say it again"
        )
    return send.when


def _again(committed: Distribution, when: When, reason: Reason, at: datetime) -> Distribution:
    """Return the row that follows a committed one, at the send's time as it is now."""
    n = committed.n + 1
    started = committed.start_time is None or at >= committed.start_time
    return replace(
        committed,
        id=distribution_id(
            committed.occurrence, committed.wanted_segment, committed.wanted_redeemable, n
        ),
        n=n,
        state=State.HELD if started else State.WAITING,
        reason=reasons.recommit_changed() if started else reason,
        scheduled_for=when.scheduled_for,
        first_delivery=when.first_delivery,
        start_time=None,
        commit_by=None,
        too_soon=0,
        latecomer=False,
        not_before=None,
        campaign_id=None,
        external_campaign_id=None,
        drift=None,
        version=1,
        updated_at=at,
    )


def _occurrence_of(tx: Connection, offer: Distribution) -> Occurrence:
    found = select(occurrences).where(occurrences.c.key == offer.occurrence)
    return occurrence_of(tx.execute(found).one())


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
    if found.reason.code == reasons.REHEARSAL:
        return f"{wanted}: only the rehearsal holds it; `connector live` ends that"
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
            "code": each.reason.code,
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
    statement = select(distribution.c.id).where(distribution.c.campaign_id == campaign_id)
    other = tx.execute(statement).scalars().first()
    if other is not None:
        raise RefusedError(f"{wanted}: campaign {campaign_id} already stands on {other}")


def _refuse_early_denial(tx: Connection, unknown: Distribution, at: datetime) -> None:
    statement = select(attempt.c.begun_at).where(
        attempt.c.distribution == unknown.id, attempt.c.number == unknown.attempts
    )
    begun_at = tx.execute(statement).scalar_one()
    if at < begun_at + _SETTLING:
        raise RefusedError(made("too-early", id=unknown.id, after=begun_at + _SETTLING))


def _found(campaign_id: int, unknown: Distribution, who: str) -> Reason:
    if unknown.start_time is None:
        return verdicts.found_in_punchh(who, campaign_id)
    return verdicts.committed(campaign_id, unknown.start_time)
