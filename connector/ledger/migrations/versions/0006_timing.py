"""Last deliveries and how times were read, what queues at an old time, drafts, and clock skew."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("last_delivery", "queued_from", "queued_until"):
        op.add_column("occurrence", sa.Column(name, Instant(), nullable=True))
    op.add_column(
        "occurrence",
        sa.Column("reading", sa.String(), server_default=sa.text("''"), nullable=False),
    )
    op.add_column("occurrence", sa.Column("draft", sa.Boolean(), nullable=True))
    op.add_column(
        "remote",
        sa.Column("skew_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
