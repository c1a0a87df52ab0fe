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
class InForce:
    """An accepted set: its digest, and since when it is in force (UTC)."""

    digest: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class MappingSet(InForce):
    """The same with its files by name."""

    files: Mapping[str, str]


_LATEST = select(mapping_set.c.digest, mapping_set.c.accepted_at)
_LATEST = _LATEST.order_by(mapping_set.c.accepted_at.desc()).limit(1)


def in_force(tx: Connection) -> InForce | None:
    """Return which set was accepted last, None where none ever was."""
    row = tx.execute(_LATEST).one_or_none()
    return InForce(*row) if row else None


def last_accepted(tx: Connection) -> MappingSet | None:
    """Return the set that was accepted last, None where none ever was."""
    row = tx.execute(_LATEST.add_columns(mapping_set.c.files)).one_or_none()
    if row is None:
        return None
    return MappingSet(row.digest, row.accepted_at, json.loads(row.files))


def accept(tx: Connection, digest: str, files: Mapping[str, str], *, at: datetime) -> None:
    """Keep a set as the one in force; one that is so already is left as it is."""
    last = in_force(tx)
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
