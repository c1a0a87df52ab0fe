"""The history becomes a chain that says whose process wrote; a ledger knows why it is in doubt."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.chain import CONTENT, START, link
from connector.ledger.wording import ReasonData

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHUNK = 5000
_COLUMNS = ", ".join(f'"{name}"' for name in CONTENT)
_ROWS = sa.text(f"SELECT {_COLUMNS} FROM event WHERE id > :after ORDER BY id LIMIT :chunk")  # noqa: S608
_LINK = sa.text("UPDATE event SET digest = :digest WHERE id = :id")

_HISTORY = """
CREATE VIEW history AS
SELECT e.id, e.at, e.who, e.verb, o.send_name, e.distribution AS offer, o.id AS send, e.before,
  e.after, e.reason, e.details, e.os_user, e.digest
FROM event AS e LEFT JOIN occurrence AS o ON o.key = e.occurrence
"""


def upgrade() -> None:
    op.add_column("ledger", sa.Column("doubt", sa.String(), nullable=True))
    op.add_column("ledger", sa.Column("doubt_data", ReasonData(), nullable=True))
    for name in ("os_user", "digest"):
        empty = sa.text("''")
        op.add_column("event", sa.Column(name, sa.String(), server_default=empty, nullable=False))
    op.execute("DROP VIEW history")
    op.execute(_HISTORY)
    if op.get_bind().dialect.name == "sqlite":  # elsewhere no ledger has a history yet
        _chain_kept()


def _chain_kept() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(f"DROP TRIGGER event_no_{change.lower()}")
    _chain()
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER event_no_{change.lower()} BEFORE {change} ON event"
            " BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )


def _chain() -> None:
    """Link the events that are there, the oldest first."""
    tx, before, after = op.get_bind(), START, 0
    while rows := tx.execute(_ROWS, {"after": after, "chunk": _CHUNK}).all():
        links = []
        for row in rows:
            before = link(before, tuple(row))
            links.append({"id": row.id, "digest": before})
        tx.execute(_LINK, links)
        after = rows[-1].id
