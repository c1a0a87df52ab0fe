"""When each remote was last asked and last answered, and what is held against it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from connector.domain.breaker import Breaker
from connector.domain.standing import RemoteNote
from connector.ledger.rows import texts, texts_of
from connector.ledger.tables import remote
from connector.ledger.wording import worded

_BREAKER = tuple(field.name for field in fields(Breaker) if field.name != "why")
_ALL = select(remote).order_by(remote.c.name)
_SHRUNKEN = _ALL.where(remote.c.shrunk_at.is_not(None))
_REPLACE = update(remote).where(remote.c.name == bindparam("of"))


def remotes(tx: Connection) -> Mapping[str, RemoteNote]:
    return {row.name: _note_of(row) for row in tx.execute(_ALL)}


def shrunken(tx: Connection) -> tuple[RemoteNote, ...]:
    """Return the remotes whose lists have lost too much to be believed."""
    return tuple(map(_note_of, tx.execute(_SHRUNKEN)))


def note_remotes(tx: Connection, notes: Iterable[RemoteNote]) -> None:
    """Keep the notes; what was ever good or ever read is never forgotten.

    Where a person resumed the remote since the note's cycle began, that word stands.
    """
    known = remotes(tx)
    rows = {note.name: _values(tx, note, known.get(note.name, note)) for note in notes}
    if old := [{"of": name, **row} for name, row in rows.items() if name in known]:
        tx.execute(_REPLACE, old)
    if new := [{"name": name, **row} for name, row in rows.items() if name not in known]:
        tx.execute(insert(remote), new)


def _values(tx: Connection, note: RemoteNote, before: RemoteNote) -> dict[str, Any]:
    stands = note if before.resumed_at == note.resumed_at else before
    return {
        "last_attempt_at": note.last_attempt_at,
        "last_good_at": note.last_good_at or before.last_good_at,
        "trouble": worded(tx, note.trouble).sentence or None,
        "trouble_data": note.trouble,
        "kinds": texts(tuple(sorted(note.kinds | before.kinds))),
        "skew_seconds": note.skew_seconds,
        "segments": stands.segments,
        "redeemables": stands.redeemables,
        "shrunk_at": stands.shrunk_at,
        **_breaker_values(tx, stands.breaker),
    }


def _breaker_values(tx: Connection, breaker: Breaker) -> dict[str, Any]:
    return {
        **{name: getattr(breaker, name) for name in _BREAKER},
        "why": worded(tx, breaker.why).sentence or None,
        "why_data": breaker.why,
    }


def meet(tx: Connection, name: str, *, at: datetime) -> None:
    """Make a note of a remote, if there is none."""
    if name not in remotes(tx):
        note_remotes(tx, [RemoteNote(name, at)])


def change_breaker(tx: Connection, name: str, change: Callable[[Breaker], Breaker]) -> Breaker:
    """Replace a remote's breaker by what becomes of it, and return that."""
    row = tx.execute(select(remote).where(remote.c.name == name)).one()
    changed = change(_note_of(row).breaker)
    tx.execute(update(remote).where(remote.c.name == name).values(_breaker_values(tx, changed)))
    return changed


def resume(tx: Connection, name: str, *, at: datetime) -> RemoteNote | None:
    """Close a remote's breaker and take its lists as they are; return how it stood before."""
    row = tx.execute(select(remote).where(remote.c.name == name)).one_or_none()
    if row is None:
        return None
    values = _breaker_values(tx, Breaker()) | {"resumed_at": at}
    if row.shrunk_at is not None:
        values |= {"segments": None, "redeemables": None}
    tx.execute(update(remote).where(remote.c.name == name).values(values))
    return _note_of(row)


def _note_of(row: Row[Any]) -> RemoteNote:
    return RemoteNote(
        row.name,
        row.last_attempt_at,
        row.last_good_at,
        row.trouble_data,
        frozenset(texts_of(row.kinds)),
        Breaker(**{name: getattr(row, name) for name in _BREAKER}, why=row.why_data),
        row.segments,
        row.redeemables,
        row.shrunk_at,
        row.resumed_at,
        row.skew_seconds,
    )
