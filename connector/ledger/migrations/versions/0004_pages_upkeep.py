"""Logins that were ended, so that they stay so; and when a backup was last made."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_login",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ended_login_at", "ended_login", ["at"])
    op.add_column("ledger", sa.Column("backed_up_at", Instant(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
