"""What the ledger keeps for those who run it: logins that were ended, and the last backup."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, insert, select, update

from connector.ledger.tables import ended_login, ledger

_LONGEST_LOGIN = timedelta(days=31)  # no cookie is taken for longer: see settings.web


def end_login(tx: Connection, id: str, *, at: datetime) -> None:
    """Keep that a login was ended; doing so twice does no harm."""
    tx.execute(delete(ended_login).where(ended_login.c.at < at - _LONGEST_LOGIN))
    if not login_ended(tx, id):
        tx.execute(insert(ended_login).values(id=id, at=at))


def login_ended(tx: Connection, id: str) -> bool:
    return bool(tx.execute(select(exists().where(ended_login.c.id == id))).scalar_one())


def note_backup(tx: Connection, *, at: datetime) -> None:
    tx.execute(update(ledger).values(backed_up_at=at))


def backed_up_at(tx: Connection) -> datetime | None:
    """Return when a backup was last made, None if never."""
    found: datetime | None = tx.execute(select(ledger.c.backed_up_at)).scalar_one()
    return found
