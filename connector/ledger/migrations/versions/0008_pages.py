"""Indexes by which pages read a long history a part at a time, and views for plain SQL.

The views' columns are a promise to people's queries: `connector/ledger/README.md` tells them.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = {
    "occurrence_delivery": ("occurrence", ["first_delivery", "key"]),
    "occurrence_name": ("occurrence", ["send_name"]),
    "distribution_delivery": ("distribution", ["first_delivery", "id", "state", "redeemable"]),
    "distribution_start": ("distribution", ["start_time", "id"]),
    "distribution_changed": ("distribution", ["updated_at", "id"]),
    "distribution_rule": ("distribution", ["rule"]),
    "distribution_segment": ("distribution", ["segment"]),
    "distribution_redeemable": ("distribution", ["redeemable"]),
    "ix_attempt_external_campaign_id": ("attempt", ["external_campaign_id"]),
}

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
  a.status, a.request_id, a.sentence, a.start_time, a.external_campaign_id
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
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)
    for view in (_OFFERS, _SENDS, _GIVEN, _ATTEMPTS, _HISTORY):
        op.execute(view)


def downgrade() -> None:
    raise NotImplementedError("a ledger never goes back: restore a backup instead")
