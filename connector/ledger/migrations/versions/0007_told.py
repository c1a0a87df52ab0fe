"""Which channel was told what, and how each channel was last met."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = ("channel", "subject", "code", "severity")
    op.create_table(
        "told",
        *(sa.Column(name, sa.String(), nullable=False) for name in (*key, "about", "told")),
        *(sa.Column(name, Instant(), nullable=False) for name in ("first_at", "last_at")),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("absent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*key),
    )
    op.create_table(
        "channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
