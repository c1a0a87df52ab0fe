"""The first tables."""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _ledger()
    _occurrence()
    _distribution()
    _attempt()
    _event()
    _approval()
    _remote()
    _append_only()


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("ledger_id", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("live_at", Instant(), nullable=True),
        sa.Column("nothing_given_yet", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_id"),
    )


def _occurrence() -> None:
    op.create_table(
        "occurrence",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("send_id", sa.String(), nullable=False),
        sa.Column("send_name", sa.String(), nullable=False),
        sa.Column("tags", sa.String(), nullable=False),
        sa.Column("audiences", sa.String(), nullable=False),
        sa.Column("scheduled_for", Instant(), nullable=True),
        sa.Column("first_delivery", Instant(), nullable=True),
        sa.Column("wall", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("spread", sa.String(), nullable=True),
        sa.Column("problem_code", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("problem_next", sa.String(), nullable=True),
        sa.Column("opened_for", Instant(), nullable=True),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("absent_polls", sa.Integer(), nullable=False),
        sa.Column("seen_until", Instant(), nullable=True),
        sa.Column("doubt_code", sa.String(), nullable=True),
        sa.Column("doubt", sa.String(), nullable=True),
        sa.Column("doubt_next", sa.String(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("next_step", sa.String(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(
        "occurrence_open",
        "occurrence",
        ["key"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("occurrence_series", "occurrence", ["send_id", "kind", "account"])


def _distribution() -> None:
    op.create_table(
        "distribution",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("wanted_segment", sa.String(), nullable=False),
        sa.Column("wanted_redeemable", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=True),
        sa.Column("segment_id", sa.BigInteger(), nullable=True),
        sa.Column("redeemable", sa.String(), nullable=True),
        sa.Column("redeemable_uuid", sa.String(), nullable=True),
        sa.Column("scheduled_for", Instant(), nullable=True),
        sa.Column("first_delivery", Instant(), nullable=True),
        sa.Column("start_time", Instant(), nullable=True),
        sa.Column("commit_by", Instant(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("too_soon", sa.Integer(), nullable=False),
        sa.Column("latecomer", sa.Boolean(), nullable=False),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("external_campaign_id", sa.String(), nullable=True),
        sa.Column("drift", sa.String(), nullable=True),
        sa.Column("ever_sealed", sa.Boolean(), nullable=False),
        sa.Column("sealed_segment_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed_redeemable_uuid", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["occurrence"], ["occurrence.key"]),
        sa.UniqueConstraint(
            "occurrence", "wanted_segment", "wanted_redeemable", name="distribution_wanted"
        ),
        sa.CheckConstraint(
            "NOT ever_sealed OR (sealed_segment_id IS NOT NULL"
            " AND sealed_redeemable_uuid IS NOT NULL)",
            name="seal_whole",
        ),
        sa.CheckConstraint(
            "ever_sealed OR state NOT IN ('committed', 'intent', 'unknown')", name="state_sealed"
        ),
    )
    op.create_index(
        "distribution_sealed_once",
        "distribution",
        ["occurrence", "sealed_segment_id", "sealed_redeemable_uuid"],
        unique=True,
        sqlite_where=sa.text("ever_sealed"),
        postgresql_where=sa.text("ever_sealed"),
    )
    op.create_index("distribution_state", "distribution", ["state", "first_delivery"])
    op.create_index("ix_distribution_campaign_id", "distribution", ["campaign_id"])


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("distribution", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("external_campaign_id", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("start_time", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reach", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("sentence", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("distribution", "number"),
        sa.ForeignKeyConstraint(["distribution"], ["distribution.id"]),
    )
    op.create_index("ix_attempt_begun_at", "attempt", ["begun_at"])


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=True),
        sa.Column("distribution", sa.String(), nullable=True),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_event_distribution", "event", ["distribution"])
    op.create_index("ix_event_occurrence", "event", ["occurrence"])


def _approval() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("distribution", sa.String(), nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=True),
        sa.Column("redeemable_uuid", sa.String(), nullable=True),
        sa.Column("scheduled_for", Instant(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["distribution"], ["distribution.id"]),
    )
    op.create_index("ix_approval_distribution", "approval", ["distribution"])


def _remote() -> None:
    op.create_table(
        "remote",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_attempt_at", Instant(), nullable=False),
        sa.Column("last_good_at", Instant(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION event_append_only() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event"
            " FOR EACH STATEMENT EXECUTE FUNCTION event_append_only()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER event_no_{change.lower()} BEFORE {change} ON event"
            " BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
