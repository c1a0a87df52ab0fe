"""An index by which what ended lately is found without reading the whole history."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("occurrence_closed", "occurrence", ["closed_at"])


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
