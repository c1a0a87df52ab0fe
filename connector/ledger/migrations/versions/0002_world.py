"""The world that the ledger has met: where each remote was when it was first used."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "world",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
