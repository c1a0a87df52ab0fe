"""The evidence that gifts landed: what webhooks told, what canaries show, and what follows."""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from connector.domain import verdicts
from connector.domain.distribution import Distribution, Mover, State
from connector.domain.evidence import (
    REMEMBERED,
    GiftEvent,
    Kind,
    Sighting,
    judge,
)
from connector.domain.landing import GIVEN_AFTER_ALL
from connector.domain.reasons import reason
from connector.errors import RefusedError
from connector.ledger import reads
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.moves import move
from connector.ledger.rows import distribution_of
from connector.ledger.tables import (
    approval,
    attempt,
    distribution,
    evidence,
    heard,
    sighting,
)

WEBHOOK = "webhook"
_RECENT = timedelta(days=3)  # a campaign starts at most so long after, or before, its delivery


def hear(tx: Connection, event: GiftEvent, *, at: datetime) -> bool:
    """Count an event once; False for one that was counted before."""
    tx.execute(delete(heard).where(heard.c.told_at < at - REMEMBERED))
    digest = hashlib.sha256(event.content_id.encode()).hexdigest()
    if tx.execute(select(heard.c.digest).where(heard.c.digest == digest)).first():
        return False
    tx.execute(insert(heard).values(digest=digest, told_at=event.told_at))
    key = (evidence.c.mark == event.mark, evidence.c.campaign_id == event.campaign_id)
    counted = update(evidence).where(*key).values(gifts=evidence.c.gifts + 1, last_at=at)
    if tx.execute(counted).rowcount == 0:
        _open(tx, event, at)
    return True


def _open(tx: Connection, event: GiftEvent, at: datetime) -> None:
    of = select(attempt.c.distribution).where(attempt.c.external_campaign_id == event.mark)
    owner = tx.execute(of.limit(1)).scalar_one_or_none()
    values = {"mark": event.mark, "campaign_id": event.campaign_id, "distribution": owner}
    tx.execute(insert(evidence).values(**values, gifts=1, first_at=at, last_at=at))
    told = reason("gift-heard", campaign=event.campaign_id, mark=event.mark)
    add_events(tx, [EventRow(at, WEBHOOK, Verb.GIFT_HEARD, told, **_subject(tx, owner))])


def _subject(tx: Connection, owner: str | None) -> dict[str, Any]:
    if owner is None:
        return {}
    of = select(distribution.c.occurrence).where(distribution.c.id == owner)
    return {"distribution": owner, "occurrence": tx.execute(of).scalar_one()}


# --- what follows


_PROVABLE = (
    select(distribution)
    .where(
        distribution.c.state == State.UNKNOWN.value,
        exists().where(evidence.c.distribution == distribution.c.id),
    )
    .order_by(distribution.c.id)
)


def provable(tx: Connection) -> tuple[Distribution, ...]:
    """Return the unknowns of which something was heard."""
    return tuple(map(distribution_of, tx.execute(_PROVABLE)))


def settle_heard(tx: Connection, *, at: datetime) -> tuple[Distribution, ...]:
    """Turn each unknown into committed whose own campaign was heard of; return these."""
    settled = []
    for unknown in provable(tx):
        told = reads.evidence(tx, [unknown.id])[unknown.id].heard
        finding = judge(unknown, told)
        if finding.kind is not Kind.COMMITTED:
            continue
        (campaign,) = finding.campaigns
        becomes = replace(
            unknown,
            state=State.COMMITTED,
            campaign_id=campaign,
            reason=verdicts.evidenced(campaign, told[0].mark, unknown.start_time),
        )
        settled.append(move(tx, Mover.EVIDENCE, State.UNKNOWN, becomes, at=at, verb=Verb.EVIDENCED))
    return tuple(settled)


_FOLLOWED = select(
    distribution.c.id, distribution.c.recommitted_as, distribution.c.campaign_id
).where(reads.one_of(distribution.c.recommitted_as))
_TOLD_OF = select(evidence.c.distribution, evidence.c.campaign_id).where(
    reads.one_of(evidence.c.distribution)
)
_SEEN_OF = select(sighting.c.distribution).where(
    sighting.c.seen_at.is_not(None), reads.one_of(sighting.c.distribution)
)


def given_after_all(tx: Connection, ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Return of open offers the campaigns that gave them, or the ones they follow, after all."""
    follows = {row.id: row for row in reads.among(tx, _FOLLOWED, ids)}
    found: dict[str, set[int]] = {}
    for row in reads.among(tx, _TOLD_OF, {*ids, *follows}):
        of = follows[row.distribution].recommitted_as if row.distribution in follows else None
        found.setdefault(of or row.distribution, set()).add(row.campaign_id)
    for row in reads.among(tx, _SEEN_OF, follows):
        earlier = follows[row.distribution]
        found.setdefault(earlier.recommitted_as, set()).add(earlier.campaign_id)
    return {id_: tuple(sorted(campaigns)) for id_, campaigns in found.items()}


def refuse_given(tx: Connection, row: Distribution) -> None:
    """RefusedError where evidence says that the offer was given, and no person approved it since.

    The plan holds such an offer; this stands where the webhook came after the plan.
    """
    campaigns = given_after_all(tx, [row.id]).get(row.id)
    if not campaigns:
        return
    lifted = select(approval.c.id).where(
        approval.c.distribution == row.id,
        approval.c.code == GIVEN_AFTER_ALL,
        approval.c.segment_id == row.segment_id,
        approval.c.redeemable_uuid == row.redeemable_uuid,
        approval.c.scheduled_for == row.scheduled_for,
    )
    if tx.execute(lifted.limit(1)).first() is None:
        raise RefusedError(f"{row.id}: gifts of campaign {campaigns[0]} landed for it meanwhile")


# --- canaries


def watched(tx: Connection, segments: Collection[int], *, now: datetime) -> list[Distribution]:
    """Return the offers to these segments whose campaign began lately, or may have."""
    found = select(distribution).where(
        distribution.c.state.in_([State.COMMITTED.value, State.UNKNOWN.value]),
        distribution.c.first_delivery > now - _RECENT,
        distribution.c.start_time <= now,
        distribution.c.segment_id.in_(sorted(segments)),
    )
    return [distribution_of(row) for row in tx.execute(found.order_by(distribution.c.id))]


def taken(tx: Connection, campaigns: Collection[int]) -> frozenset[int]:
    """Return those of the campaigns that stand on an offer."""
    found = select(distribution.c.campaign_id).where(
        distribution.c.campaign_id.in_(sorted(campaigns))
    )
    return frozenset(tx.execute(found).scalars())


def note_sightings(tx: Connection, sightings: Iterable[Sighting]) -> None:
    """Keep what canaries showed; the first time that a gift is seen is an event."""
    for one in sightings:
        of = (sighting.c.distribution == one.distribution, sighting.c.canary == one.canary)
        values = {
            "looked_at": one.looked_at,
            "due_at": one.due_at,
            "seen_at": one.seen_at,
            "campaigns": json.dumps(one.campaigns),
        }
        if tx.execute(update(sighting).where(*of).values(values)).rowcount == 0:
            key = {"distribution": one.distribution, "canary": one.canary}
            tx.execute(insert(sighting).values(**key, **values))
        if one.seen_at == one.looked_at:
            told = reason("gift-seen", canary=one.canary)
            row = EventRow(
                one.seen_at, one.canary, Verb.GIFT_SEEN, told, **_subject(tx, one.distribution)
            )
            add_events(tx, [row])
