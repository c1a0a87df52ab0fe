"""What was seen of gifts: counts of webhook events by campaign, and canaries' sightings."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("distribution", sa.String(), nullable=True),
        sa.Column("gifts", sa.BigInteger(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["distribution"], ["distribution.id"]),
        sa.PrimaryKeyConstraint("mark", "campaign_id"),
    )
    op.create_index("ix_evidence_distribution", "evidence", ["distribution"])
    op.create_table(
        "heard",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_heard_told_at", "heard", ["told_at"])
    op.create_table(
        "sighting",
        sa.Column("distribution", sa.String(), nullable=False),
        sa.Column("canary", sa.String(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("campaigns", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["distribution"], ["distribution.id"]),
        sa.PrimaryKeyConstraint("distribution", "canary"),
    )
    op.create_table(
        "canary",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("refused_key", sa.String(), nullable=True),
        sa.Column("misnamed", sa.String(), nullable=True),
        sa.Column("member", sa.Boolean(), nullable=True),
        sa.Column("member_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
