"""Each configured canary as last met."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from connector.domain.landing import CanaryNote
from connector.ledger.tables import canary
from connector.ledger.wording import worded


def canaries(tx: Connection) -> Mapping[str, CanaryNote]:
    return {row.name: _note_of(row) for row in tx.execute(select(canary).order_by(canary.c.name))}


def note_canaries(tx: Connection, notes: Sequence[CanaryNote]) -> None:
    """Keep these notes and no others: a canary that is not configured any more tells nothing."""
    tx.execute(delete(canary))
    if notes:
        tx.execute(insert(canary), [_note_values(tx, note) for note in notes])


def note_canary(tx: Connection, note: CanaryNote) -> None:
    """Keep one note, in the place of what was noted of that canary before."""
    tx.execute(delete(canary).where(canary.c.name == note.name))
    tx.execute(insert(canary).values(_note_values(tx, note)))


def _note_values(tx: Connection, note: CanaryNote) -> dict[str, Any]:
    return {
        "name": note.name,
        "segment": note.segment,
        "looked_at": note.looked_at,
        "trouble": worded(tx, note.trouble).sentence or None,
        "trouble_data": note.trouble,
        "refused_key": note.refused_key,
        "misnamed": worded(tx, note.misnamed).sentence or None,
        "misnamed_data": note.misnamed,
        "member": note.member,
        "member_at": note.member_at,
    }


def _note_of(row: Row[Any]) -> CanaryNote:
    return CanaryNote(
        row.name,
        row.segment,
        row.looked_at,
        row.trouble_data,
        row.refused_key,
        row.misnamed_data,
        row.member,
        row.member_at,
    )
