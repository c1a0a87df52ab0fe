"""Who was told what: each channel's memory, and how each channel was last met."""

from collections.abc import Mapping
from dataclasses import fields

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select

from connector.domain.attention import Severity
from connector.domain.standing import ChannelNote
from connector.domain.telling import Memory, Told
from connector.ledger.tables import channel, told
from connector.ledger.wording import worded

_TOLD = tuple(field.name for field in fields(Told))


def memory(tx: Connection) -> Memory:
    return Memory(_told(tx), channels(tx))


def channels(tx: Connection) -> Mapping[str, ChannelNote]:
    found = tx.execute(select(channel).order_by(channel.c.name))
    return {row.name: _note_of(row) for row in found}


def keep(tx: Connection, wanted: Memory) -> None:
    """Make the memory this and no other."""
    stands = _told(tx)
    for gone in stands - wanted.told:
        tx.execute(delete(told).where(_is(gone)))
    if new := wanted.told - stands:
        tx.execute(insert(told), [_values(tx, row) for row in new])
    tx.execute(delete(channel))
    if wanted.channels:
        tx.execute(insert(channel), [_note_values(tx, note) for note in wanted.channels.values()])


def _told(tx: Connection) -> frozenset[Told]:
    return frozenset(_told_of(row) for row in tx.execute(select(told)))


def _is(row: Told) -> ColumnElement[bool]:
    return and_(
        told.c.channel == row.channel,
        told.c.subject == row.subject,
        told.c.code == row.code,
        told.c.severity == row.severity.value,
    )


def _values(tx: Connection, row: Told) -> dict[str, object]:
    values = {name: getattr(row, name) for name in _TOLD}
    sentence = worded(tx, row.told, row.subject).sentence
    return {**values, "severity": row.severity.value, "told": sentence, "told_data": row.told}


def _told_of(row: Row[tuple[object, ...]]) -> Told:
    values = {name: getattr(row, name) for name in _TOLD}
    return Told(**{**values, "severity": Severity(row.severity), "told": row.told_data})


def _note_values(tx: Connection, note: ChannelNote) -> dict[str, object]:
    return {
        "name": note.name,
        "sent_at": note.sent_at,
        "failures": note.failures,
        "since": note.since,
        "trouble": worded(tx, note.trouble).sentence or None,
        "trouble_data": note.trouble,
        "retry_at": note.retry_at,
    }


def _note_of(row: Row[tuple[object, ...]]) -> ChannelNote:
    return ChannelNote(
        row.name, row.sent_at, row.failures, row.since, row.trouble_data, row.retry_at
    )
