"""The ledger's history: what happened, when, by whom, and why. Only ever added to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from connector.domain.reasons import Reason
from connector.errors import RefusedError
from connector.ledger.tables import event
from connector.ledger.wording import worded


class Verb(StrEnum):
    """What an event says happened. The names are stable: scripts filter by them."""

    OCCURRENCE_OPENED = "occurrence.opened"
    OCCURRENCE_MOVED = "occurrence.moved"
    OCCURRENCE_DECIDED = "occurrence.decided"
    OCCURRENCE_CLOSED = "occurrence.closed"
    OCCURRENCE_REOPENED = "occurrence.reopened"
    DISTRIBUTION_OPENED = "distribution.opened"
    DISTRIBUTION_PLANNED = "distribution.planned"
    ATTEMPT_BEGUN = "attempt.begun"
    ATTEMPT_SETTLED = "attempt.settled"
    ATTEMPT_ORPHANED = "attempt.orphaned"
    GIFT_HEARD = "gift.heard"
    GIFT_SEEN = "gift.seen"
    EVIDENCED = "evidenced"
    APPROVED = "approved"
    RESOLVED = "resolved"
    RETRIED = "retried"
    ACKNOWLEDGED = "acknowledged"
    RECOMMITTED = "recommitted"
    MAPPING_ACCEPTED = "mapping.accepted"
    PAUSED = "paused"
    RESUMED = "resumed"
    LIVE = "live"
    REHEARSAL = "rehearsal"
    RESTORED = "restored"
    WORLD_MET = "world.met"
    WORLD_ADOPTED = "world.adopted"


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened. `at` is aware, in UTC; `id` grows with time, 0 before it is kept.

    `reason` is what a person typed, or what the program found.
    """

    at: datetime
    who: str
    verb: str
    reason: str | Reason
    occurrence: str | None = None
    distribution: str | None = None
    before: str | None = None
    after: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


def refuse_blank(reason: str) -> None:
    """RefusedError for a word without a why."""
    if not reason.strip():
        raise RefusedError("--reason must say why: it is kept with the event")


def add_events(tx: Connection, events: Sequence[EventRow]) -> None:
    if events:
        tx.execute(insert(event), [_values(tx, each) for each in events])


def read_events(
    tx: Connection, *, limit: int, distribution: str | None, occurrence: str | None
) -> tuple[EventRow, ...]:
    """Return the latest events, oldest first."""
    statement = select(event).order_by(event.c.id.desc()).limit(limit)
    if distribution is not None:
        statement = statement.where(event.c.distribution == distribution)
    if occurrence is not None:
        statement = statement.where(event.c.occurrence == occurrence)
    return tuple(_event_of(row) for row in reversed(tx.execute(statement).all()))


def latest_event(tx: Connection) -> int:
    return tx.execute(select(func.max(event.c.id))).scalar_one() or 0


def _values(tx: Connection, each: EventRow) -> dict[str, Any]:
    details = json.dumps(each.details, ensure_ascii=False) if each.details else "{}"
    found = each.reason if isinstance(each.reason, Reason) else None
    sentence = " ".join(f"{part}." for part in worded(tx, found, each.distribution or "ID") if part)
    return {
        "at": each.at,
        "who": each.who,
        "verb": str(each.verb),
        "occurrence": each.occurrence,
        "distribution": each.distribution,
        "before": each.before,
        "after": each.after,
        "reason": sentence if found else each.reason,
        "reason_data": found,
        "details": details,
    }


def _event_of(row: Row[Any]) -> EventRow:
    return EventRow(
        id=row.id,
        at=row.at,
        who=row.who,
        verb=row.verb,
        occurrence=row.occurrence,
        distribution=row.distribution,
        before=row.before,
        after=row.after,
        reason=row.reason_data or row.reason,
        details=json.loads(row.details),
    )
