"""When each remote was last asked and last answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from connector.ledger.rows import texts, texts_of
from connector.ledger.tables import remote


@dataclass(frozen=True, slots=True)
class RemoteNote:
    """One remote as last met. Instants are aware, in UTC.

    `trouble` says what was wrong at the last attempt (None: nothing); `kinds` are all kinds of
    send that were ever read from it.
    """

    name: str
    last_attempt_at: datetime
    last_good_at: datetime | None = None
    trouble: str | None = None
    kinds: frozenset[str] = frozenset()


def remotes(tx: Connection) -> Mapping[str, RemoteNote]:
    return {
        row.name: RemoteNote(
            row.name,
            row.last_attempt_at,
            row.last_good_at,
            row.trouble,
            frozenset(texts_of(row.kinds)),
        )
        for row in tx.execute(select(remote).order_by(remote.c.name))
    }


def note_remotes(tx: Connection, notes: Iterable[RemoteNote]) -> None:
    """Keep the notes; what was ever good or ever read is never forgotten."""
    known = remotes(tx)
    for note in notes:
        before = known.get(note.name, note)
        values = {
            "last_attempt_at": note.last_attempt_at,
            "last_good_at": note.last_good_at or before.last_good_at,
            "trouble": note.trouble,
            "kinds": texts(tuple(sorted(note.kinds | before.kinds))),
        }
        if note.name in known:
            tx.execute(update(remote).where(remote.c.name == note.name).values(values))
        else:
            tx.execute(insert(remote).values(name=note.name, **values))
