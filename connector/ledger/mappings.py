"""The mapping sets that were in force: what a start with a broken folder falls back to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from connector.domain.reasons import reason
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.tables import mapping_set


@dataclass(frozen=True, slots=True)
class MappingSet:
    """An accepted set: its digest, and since when it is in force (UTC)."""

    digest: str
    accepted_at: datetime


def last_accepted(tx: Connection) -> MappingSet | None:
    """Return the set that was accepted last, None where none ever was."""
    latest = select(mapping_set.c.digest, mapping_set.c.accepted_at)
    row = tx.execute(latest.order_by(mapping_set.c.accepted_at.desc()).limit(1)).one_or_none()
    return None if row is None else MappingSet(row.digest, row.accepted_at)


def files_of(tx: Connection, digest: str) -> Mapping[str, str]:
    """Return the texts of an accepted set by their files' names: some megabytes, maybe."""
    found = select(mapping_set.c.files).where(mapping_set.c.digest == digest)
    return dict(json.loads(tx.execute(found).scalar_one()))


def accept(tx: Connection, digest: str, files: Mapping[str, str], *, at: datetime) -> None:
    """Keep a set as the one in force; one that is so already is left as it is."""
    last = last_accepted(tx)
    if last is not None and last.digest == digest:
        return
    known = tx.execute(select(mapping_set.c.digest).where(mapping_set.c.digest == digest))
    if known.one_or_none() is None:
        tx.execute(
            insert(mapping_set).values(digest=digest, accepted_at=at, files=json.dumps(dict(files)))
        )
    else:
        tx.execute(update(mapping_set).where(mapping_set.c.digest == digest).values(accepted_at=at))
    before = last.digest if last else None
    told = reason("mappings-accepted", count=len(files))
    add_events(
        tx, [EventRow(at, "worker", Verb.MAPPING_ACCEPTED, told, before=before, after=digest)]
    )
