"""Approvals by code, acknowledgements, rows opened anew, and the mapping sets in force."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WANTED = ["occurrence", "wanted_segment", "wanted_redeemable"]
_SEALED = ["occurrence", "sealed_segment_id", "sealed_redeemable_uuid"]


def upgrade() -> None:
    # An approval of before has no code and lifts nothing: such a row is asked for again.
    op.add_column(
        "approval", sa.Column("code", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    _acknowledgement()
    _mapping_set()
    op.add_column(
        "distribution", sa.Column("n", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("distribution", sa.Column("recommitted_as", sa.String(), nullable=True))
    op.drop_index("distribution_sealed_once", "distribution")
    _number_the_wanted()
    op.create_index(
        "distribution_sealed_once",
        "distribution",
        [*_SEALED, "n"],
        unique=True,
        sqlite_where=sa.text("ever_sealed"),
        postgresql_where=sa.text("ever_sealed"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")


def _acknowledgement() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )


def _mapping_set() -> None:
    op.create_table(
        "mapping_set",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=False),
        sa.Column("files", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def _number_the_wanted() -> None:
    """Let a wanted pair stand once for each number."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("distribution_wanted", "distribution")
        op.create_unique_constraint("distribution_wanted", "distribution", [*_WANTED, "n"])
        return
    # SQLite cannot change a constraint: the table is made anew from its own words, so that its
    # checks and keys stay. Alembic's batch mode would lose the checks.
    tx = op.get_bind()
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'distribution' AND type = :kind"
    table = tx.execute(sa.text(made), {"kind": "table"}).scalar_one()
    indexes = tx.execute(sa.text(f"{made} AND sql IS NOT NULL"), {"kind": "index"}).scalars().all()
    before, after = ", ".join(_WANTED), ", ".join([*_WANTED, "n"])
    if table.count(f"({before})") != 1:
        raise RuntimeError("the table of distributions is not as the first migration made it")
    op.execute("CREATE TABLE distribution_draft AS SELECT * FROM distribution")
    op.execute("DROP TABLE distribution")
    for statement in (table.replace(f"({before})", f"({after})"), *indexes):
        op.execute(sa.text(statement.replace(":", "\\:")))
    op.execute("INSERT INTO distribution SELECT * FROM distribution_draft")
    op.execute("DROP TABLE distribution_draft")
