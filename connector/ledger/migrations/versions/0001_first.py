"""The tables, and views for plain SQL.

The views' columns are a promise to people's queries: `connector/ledger/README.md` tells them.
"""

import sqlalchemy as sa
from alembic import op

from connector.ledger.instants import Instant
from connector.ledger.wording import ReasonData

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OFFERS = """
CREATE VIEW offers AS
SELECT d.id, o.source, o.kind, o.send_id, o.send_name, d.scheduled_for, d.first_delivery,
  d.audience, d.rule, d.segment, d.segment_id, d.redeemable, d.redeemable_uuid, d.start_time,
  d.commit_by, d.state, d.reason_code, d.reason, d.next_step, d.attempts, d.campaign_id,
  d.external_campaign_id, d.updated_at, o.id AS send
FROM distribution AS d JOIN occurrence AS o ON o.key = d.occurrence
"""

_SENDS = """
CREATE VIEW sends AS
SELECT o.id, o.source, o.kind, o.account, o.send_id, o.send_name, o.tags, o.audiences,
  o.scheduled_for, o.first_delivery, o.decision, o.rule, o.reason_code, o.reason, o.next_step,
  o.first_seen_at, o.closed_at, o.updated_at,
  (SELECT count(*) FROM distribution AS d WHERE d.occurrence = o.key) AS offers
FROM occurrence AS o
"""

_GIVEN = """
CREATE VIEW given AS
SELECT d.id, o.source, o.send_name, d.first_delivery, d.segment, d.segment_id, d.redeemable,
  d.redeemable_uuid, d.start_time, d.campaign_id, d.external_campaign_id, d.rule,
  coalesce(
    (SELECT max(a.ended_at) FROM attempt AS a
     WHERE a.distribution = d.id AND a.verdict = 'committed'), d.updated_at) AS committed_at
FROM distribution AS d JOIN occurrence AS o ON o.key = d.occurrence
WHERE d.state = 'committed'
"""

_ATTEMPTS = """
CREATE VIEW attempts AS
SELECT a.distribution AS offer, o.send_name, a.number, a.begun_at, a.ended_at, a.verdict, a.reach,
  a.status, a.request_id, a.reason AS sentence, a.start_time, a.external_campaign_id
FROM attempt AS a
JOIN distribution AS d ON d.id = a.distribution
JOIN occurrence AS o ON o.key = d.occurrence
"""

_HISTORY = """
CREATE VIEW history AS
SELECT e.id, e.at, e.who, e.verb, o.send_name, e.distribution AS offer, o.id AS send, e.before,
  e.after, e.reason, e.details
FROM event AS e LEFT JOIN occurrence AS o ON o.key = e.occurrence
"""


def upgrade() -> None:
    _acknowledgement()
    _canary()
    _channel()
    _event()
    _heard()
    _ledger()
    _mapping_set()
    _occurrence()
    _pause()
    _remote()
    _told()
    _world()
    _distribution()
    _approval()
    _attempt()
    _evidence()
    _sighting()
    _append_only()
    for view in (_OFFERS, _SENDS, _GIVEN, _ATTEMPTS, _HISTORY):
        op.execute(view)


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


def _canary() -> None:
    op.create_table(
        "canary",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("trouble_data", ReasonData(), nullable=True),
        sa.Column("refused_key", sa.String(), nullable=True),
        sa.Column("misnamed", sa.String(), nullable=True),
        sa.Column("misnamed_data", ReasonData(), nullable=True),
        sa.Column("member", sa.Boolean(), nullable=True),
        sa.Column("member_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("trouble_data", ReasonData(), nullable=True),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


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
        sa.Column("reason_data", ReasonData(), nullable=True),
        sa.Column("details", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_event_distribution", "event", ["distribution"])
    op.create_index("ix_event_occurrence", "event", ["occurrence"])


def _heard() -> None:
    op.create_table(
        "heard",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_heard_told_at", "heard", ["told_at"])


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


def _mapping_set() -> None:
    op.create_table(
        "mapping_set",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=False),
        sa.Column("files", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
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
        sa.Column("last_delivery", Instant(), nullable=True),
        sa.Column("wall", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("spread", sa.String(), nullable=True),
        sa.Column("reading", sa.String(), nullable=True),
        sa.Column("reading_data", ReasonData(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("problem_data", ReasonData(), nullable=True),
        sa.Column("opened_for", Instant(), nullable=True),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("absent_polls", sa.Integer(), nullable=False),
        sa.Column("seen_until", Instant(), nullable=True),
        sa.Column("queued_from", Instant(), nullable=True),
        sa.Column("queued_until", Instant(), nullable=True),
        sa.Column("draft", sa.Boolean(), nullable=True),
        sa.Column("doubt", sa.String(), nullable=True),
        sa.Column("doubt_data", ReasonData(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_data", ReasonData(), nullable=True),
        sa.Column("next_step", sa.String(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("occurrence_closed", "occurrence", ["closed_at"])
    op.create_index("occurrence_delivery", "occurrence", ["first_delivery", "key"])
    op.create_index("occurrence_name", "occurrence", ["send_name"])
    op.create_index(
        "occurrence_open",
        "occurrence",
        ["key"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("occurrence_series", "occurrence", ["send_id", "kind", "account"])


def _pause() -> None:
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


def _remote() -> None:
    op.create_table(
        "remote",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_attempt_at", Instant(), nullable=False),
        sa.Column("last_good_at", Instant(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("trouble_data", ReasonData(), nullable=True),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("skew_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed_reads", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unknown_commits", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused_key", sa.String(), nullable=True),
        sa.Column("read_after", Instant(), nullable=True),
        sa.Column("commit_after", Instant(), nullable=True),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("why_data", ReasonData(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("redeemables", sa.Integer(), nullable=True),
        sa.Column("shrunk_at", Instant(), nullable=True),
        sa.Column("resumed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def _told() -> None:
    op.create_table(
        "told",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("told_data", ReasonData(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("absent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "subject", "code", "severity"),
    )


def _world() -> None:
    op.create_table(
        "world",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


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
        sa.Column("reason_data", ReasonData(), nullable=False),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("too_soon", sa.Integer(), nullable=False),
        sa.Column("latecomer", sa.Boolean(), nullable=False),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("external_campaign_id", sa.String(), nullable=True),
        sa.Column("drift", sa.String(), nullable=True),
        sa.Column("n", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("recommitted_as", sa.String(), nullable=True),
        sa.Column("ever_sealed", sa.Boolean(), nullable=False),
        sa.Column("sealed_segment_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed_redeemable_uuid", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "ever_sealed OR state NOT IN ('committed', 'intent', 'unknown')", name="state_sealed"
        ),
        sa.CheckConstraint(
            "NOT ever_sealed OR (sealed_segment_id IS NOT NULL"
            " AND sealed_redeemable_uuid IS NOT NULL)",
            name="seal_whole",
        ),
        sa.ForeignKeyConstraint(
            ["occurrence"],
            ["occurrence.key"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "occurrence", "wanted_segment", "wanted_redeemable", "n", name="distribution_wanted"
        ),
    )
    op.create_index("distribution_changed", "distribution", ["updated_at", "id"])
    op.create_index(
        "distribution_delivery", "distribution", ["first_delivery", "id", "state", "redeemable"]
    )
    op.create_index("distribution_redeemable", "distribution", ["redeemable"])
    op.create_index("distribution_rule", "distribution", ["rule"])
    op.create_index(
        "distribution_sealed_once",
        "distribution",
        ["occurrence", "sealed_segment_id", "sealed_redeemable_uuid", "n"],
        unique=True,
        sqlite_where=sa.text("ever_sealed"),
        postgresql_where=sa.text("ever_sealed"),
    )
    op.create_index("distribution_segment", "distribution", ["segment"])
    op.create_index("distribution_start", "distribution", ["start_time", "id"])
    op.create_index("distribution_state", "distribution", ["state", "first_delivery"])
    op.create_index("ix_distribution_campaign_id", "distribution", ["campaign_id"])


def _approval() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("distribution", sa.String(), nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=True),
        sa.Column("redeemable_uuid", sa.String(), nullable=True),
        sa.Column("scheduled_for", Instant(), nullable=True),
        sa.Column("code", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distribution"],
            ["distribution.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_approval_distribution", "approval", ["distribution"])


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
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_data", ReasonData(), nullable=True),
        sa.ForeignKeyConstraint(
            ["distribution"],
            ["distribution.id"],
        ),
        sa.PrimaryKeyConstraint("distribution", "number"),
    )
    op.create_index("ix_attempt_begun_at", "attempt", ["begun_at"])
    op.create_index("ix_attempt_external_campaign_id", "attempt", ["external_campaign_id"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("distribution", sa.String(), nullable=True),
        sa.Column("gifts", sa.BigInteger(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distribution"],
            ["distribution.id"],
        ),
        sa.PrimaryKeyConstraint("mark", "campaign_id"),
    )
    op.create_index("ix_evidence_distribution", "evidence", ["distribution"])


def _sighting() -> None:
    op.create_table(
        "sighting",
        sa.Column("distribution", sa.String(), nullable=False),
        sa.Column("canary", sa.String(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("campaigns", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distribution"],
            ["distribution.id"],
        ),
        sa.PrimaryKeyConstraint("distribution", "canary"),
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
