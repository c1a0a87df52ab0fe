"""How the worker's cycles went lately: one row while they fail, none while all is well."""

from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select

from connector.domain.standing import FailedCycles
from connector.ledger.tables import cycle

_NOTE = select(cycle.c.failures, cycle.c.since, cycle.c.failed_at, cycle.c.trouble)


def failed_cycles(tx: Connection) -> FailedCycles | None:
    """Return the cycles that failed in a row, None where the last one was good."""
    row = tx.execute(_NOTE).one_or_none()
    return FailedCycles(*row) if row else None


def note_cycles(tx: Connection, note: FailedCycles | None) -> None:
    """Keep the note in the place of the one before."""
    tx.execute(delete(cycle))
    if note is not None:
        tx.execute(insert(cycle).values(id=1, **asdict(note)))
