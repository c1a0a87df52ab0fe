"""The ledger's history: what happened, when, by whom, and why. Only ever added to, as a chain."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from connector.domain.reasons import Reason
from connector.errors import RefusedError
from connector.ledger.chain import CONTENT, head, link
from connector.ledger.instants import spelled
from connector.ledger.tables import event
from connector.ledger.wording import encoded, os_user_of, worded


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
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"
    LOGIN_BEGAN = "login.began"
    LOGIN_FAILED = "login.failed"
    LOGIN_ENDED = "login.ended"


# What people say; the rest is what the program did, or saw.
SAID = frozenset(
    {
        *(Verb.APPROVED, Verb.RESOLVED, Verb.RETRIED, Verb.ACKNOWLEDGED, Verb.RECOMMITTED),
        *(Verb.PAUSED, Verb.RESUMED, Verb.LIVE, Verb.REHEARSAL, Verb.RESTORED, Verb.WORLD_ADOPTED),
        Verb.REFUSED,
    }
)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened. `at` is aware, in UTC; `id` grows with time, 0 before it is kept.

    `who` is the name claimed, `os_user` the user of the operating system whose process wrote it,
    and `digest` its link in the chain; the last two are the ledger's to give. `reason` is what a
    person typed, or what the program found.
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
    os_user: str = field(default="", compare=False)
    digest: str = field(default="", compare=False)


def refuse_blank(reason: str) -> None:
    """RefusedError for a word without a why."""
    if not reason.strip():
        raise RefusedError("--reason must say why: it is kept with the event")


def add_events(tx: Connection, events: Sequence[EventRow]) -> None:
    """Add events at the end of the chain: the caller's transaction is the only writer meanwhile."""
    if not events:
        return
    last, user = head(tx), os_user_of(tx)
    before, rows = last.digest, []
    for number, each in enumerate(events, last.number + 1):
        row = {**_values(tx, each), "id": number, "os_user": user}
        before = row["digest"] = link(before, _resting(row))
        rows.append(row)
    tx.execute(insert(event), rows)


def _resting(row: Mapping[str, Any]) -> list[Any]:
    """Return what a digest is over: the values as the database will hold them."""
    reason = row["reason_data"]
    rest = {**row, "at": spelled(row["at"]), "reason_data": encoded(reason) if reason else None}
    return [rest[name] for name in CONTENT]


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
        os_user=row.os_user,
        digest=row.digest,
    )
