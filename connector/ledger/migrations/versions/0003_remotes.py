"""Breakers of remotes, counts of their lists, and pauses."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("failed_reads", "unknown_commits"):
        none_yet = sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
        op.add_column("remote", none_yet)
    for name in ("refused_key", "why"):
        op.add_column("remote", sa.Column(name, sa.String(), nullable=True))
    for name in ("segments", "redeemables"):
        op.add_column("remote", sa.Column(name, sa.Integer(), nullable=True))
    instants = ("read_after", "commit_after", "not_before", "since", "shrunk_at", "resumed_at")
    for name in instants:
        op.add_column("remote", sa.Column(name, Instant(), nullable=True))
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("resumed_at", Instant(), nullable=True),
        sa.Column("resumed_by", sa.String(), nullable=True),
        sa.Column("resumed_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
