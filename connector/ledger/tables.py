"""The tables. A column has the name of the field it holds; `rows` turns one into the other."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, MetaData, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from connector.domain.distribution import SEALED
from connector.domain.reasons import Reason
from connector.ledger.instants import Instant
from connector.ledger.wording import ReasonData


class _Base(SQLModel):
    metadata: ClassVar[MetaData] = MetaData()


_SEALED_STATES = ", ".join(f"'{state.value}'" for state in sorted(SEALED))


class LedgerTable(_Base, table=True):
    """One row: which ledger this is, how many intents it ever held, its mode and a doubt of it."""

    __tablename__ = "ledger"

    ledger_id: str = Field(primary_key=True)
    generation: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Instant)
    rehearsal: bool
    live_at: datetime | None = Field(default=None, sa_type=Instant)
    nothing_given_yet: bool
    doubt: str | None = None
    doubt_data: Reason | None = Field(default=None, sa_type=ReasonData)
    backed_up_at: datetime | None = Field(default=None, sa_type=Instant)


class OccurrenceTable(_Base, table=True):
    __tablename__ = "occurrence"
    __table_args__ = (
        Index(
            "occurrence_open",
            "key",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("occurrence_closed", "closed_at"),
        Index("occurrence_series", "send_id", "kind", "account"),
        Index("occurrence_delivery", "first_delivery", "key"),
        Index("occurrence_name", "send_name"),
    )

    key: str = Field(primary_key=True)
    id: str = Field(unique=True)
    source: str
    kind: str
    account: str
    send_id: str
    send_name: str
    tags: str
    audiences: str
    scheduled_for: datetime | None = Field(default=None, sa_type=Instant)
    first_delivery: datetime | None = Field(default=None, sa_type=Instant)
    last_delivery: datetime | None = Field(default=None, sa_type=Instant)
    wall: str | None = None
    zone: str | None = None
    spread: str | None = None
    reading: str | None = None
    reading_data: Reason | None = Field(default=None, sa_type=ReasonData)
    problem: str | None = None
    problem_data: Reason | None = Field(default=None, sa_type=ReasonData)
    opened_for: datetime | None = Field(default=None, sa_type=Instant)
    first_seen_at: datetime = Field(sa_type=Instant)
    absent_polls: int
    seen_until: datetime | None = Field(default=None, sa_type=Instant)
    queued_from: datetime | None = Field(default=None, sa_type=Instant)
    queued_until: datetime | None = Field(default=None, sa_type=Instant)
    draft: bool | None = None
    doubt: str | None = None
    doubt_data: Reason | None = Field(default=None, sa_type=ReasonData)
    decision: str | None = None
    rule: str | None = None
    reason_code: str | None = None
    reason: str | None = None
    reason_data: Reason | None = Field(default=None, sa_type=ReasonData)
    next_step: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


class DistributionTable(_Base, table=True):
    """An offer wanted. The `sealed_` pair is the one it was last sealed for.

    It stands apart from the pair wanted now, so that a later plan can neither loosen the seal
    nor stumble over it.
    """

    __tablename__ = "distribution"
    __table_args__ = (
        UniqueConstraint(
            "occurrence", "wanted_segment", "wanted_redeemable", "n", name="distribution_wanted"
        ),
        CheckConstraint(f"ever_sealed OR state NOT IN ({_SEALED_STATES})", name="state_sealed"),
        CheckConstraint(
            "NOT ever_sealed OR (sealed_segment_id IS NOT NULL"
            " AND sealed_redeemable_uuid IS NOT NULL)",
            name="seal_whole",
        ),
        Index(
            "distribution_sealed_once",
            "occurrence",
            "sealed_segment_id",
            "sealed_redeemable_uuid",
            "n",
            unique=True,
            sqlite_where=text("ever_sealed"),
            postgresql_where=text("ever_sealed"),
        ),
        Index("distribution_state", "state", "first_delivery"),
        # What pages list by, and (with the state and the redeemable) count by the day.
        Index("distribution_delivery", "first_delivery", "id", "state", "redeemable"),
        Index("distribution_start", "start_time", "id"),
        Index("distribution_changed", "updated_at", "id"),
        Index("distribution_rule", "rule"),
        Index("distribution_segment", "segment"),
        Index("distribution_redeemable", "redeemable"),
    )

    id: str = Field(primary_key=True)
    occurrence: str = Field(foreign_key="occurrence.key")
    wanted_segment: str
    wanted_redeemable: str
    audience: str | None = None
    rule: str
    segment: str | None = None
    segment_id: int | None = Field(default=None, sa_type=BigInteger)
    redeemable: str | None = None
    redeemable_uuid: str | None = None
    scheduled_for: datetime | None = Field(default=None, sa_type=Instant)
    first_delivery: datetime | None = Field(default=None, sa_type=Instant)
    start_time: datetime | None = Field(default=None, sa_type=Instant)
    commit_by: datetime | None = Field(default=None, sa_type=Instant)
    state: str
    reason_code: str
    reason: str
    reason_data: Reason = Field(sa_type=ReasonData)
    next_step: str
    attempts: int
    too_soon: int
    latecomer: bool
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    campaign_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    external_campaign_id: str | None = None
    drift: str | None = None
    n: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    recommitted_as: str | None = None
    ever_sealed: bool = False
    sealed_segment_id: int | None = Field(default=None, sa_type=BigInteger)
    sealed_redeemable_uuid: str | None = None
    version: int
    updated_at: datetime | None = Field(default=None, sa_type=Instant)


class AttemptTable(_Base, table=True):
    __tablename__ = "attempt"

    distribution: str = Field(primary_key=True, foreign_key="distribution.id")
    number: int = Field(primary_key=True)
    begun_at: datetime = Field(sa_type=Instant, index=True)
    external_campaign_id: str = Field(index=True)
    request_hash: str
    start_time: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    verdict: str | None = None
    reach: str | None = None
    status: int | None = None
    request_id: str | None = None
    reason: str | None = None
    reason_data: Reason | None = Field(default=None, sa_type=ReasonData)


class EventTable(_Base, table=True):
    """History, a chain by `digest`. Triggers of the migration refuse all changes and deletions."""

    __tablename__ = "event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    who: str
    verb: str
    occurrence: str | None = Field(default=None, index=True)
    distribution: str | None = Field(default=None, index=True)
    before: str | None = None
    after: str | None = None
    reason: str
    reason_data: Reason | None = Field(default=None, sa_type=ReasonData)
    details: str
    os_user: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    digest: str = Field(default="", sa_column_kwargs={"server_default": text("''")})


class ApprovalTable(_Base, table=True):
    """Each yes a person gave, and the code of the hold that it lifts."""

    __tablename__ = "approval"

    id: int | None = Field(default=None, primary_key=True)
    distribution: str = Field(foreign_key="distribution.id", index=True)
    segment_id: int | None = Field(default=None, sa_type=BigInteger)
    redeemable_uuid: str | None = None
    scheduled_for: datetime | None = Field(default=None, sa_type=Instant)
    code: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    at: datetime = Field(sa_type=Instant)
    who: str
    reason: str


class AcknowledgementTable(_Base, table=True):
    """The last attention that a person acknowledged of an offer, or of a send without one."""

    __tablename__ = "acknowledgement"

    subject: str = Field(primary_key=True)
    code: str
    digest: str
    at: datetime = Field(sa_type=Instant)
    who: str
    reason: str


class MappingSetTable(_Base, table=True):
    """Each mapping set that was ever in force; the one accepted last has the latest instant."""

    __tablename__ = "mapping_set"

    digest: str = Field(primary_key=True)
    accepted_at: datetime = Field(sa_type=Instant)
    files: str


class RemoteTable(_Base, table=True):
    __tablename__ = "remote"

    name: str = Field(primary_key=True)
    last_attempt_at: datetime = Field(sa_type=Instant)
    last_good_at: datetime | None = Field(default=None, sa_type=Instant)
    trouble: str | None = None
    trouble_data: Reason | None = Field(default=None, sa_type=ReasonData)
    kinds: str
    skew_seconds: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    failed_reads: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    unknown_commits: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    refused_key: str | None = None
    read_after: datetime | None = Field(default=None, sa_type=Instant)
    commit_after: datetime | None = Field(default=None, sa_type=Instant)
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    since: datetime | None = Field(default=None, sa_type=Instant)
    why: str | None = None
    why_data: Reason | None = Field(default=None, sa_type=ReasonData)
    segments: int | None = None
    redeemables: int | None = None
    shrunk_at: datetime | None = Field(default=None, sa_type=Instant)
    resumed_at: datetime | None = Field(default=None, sa_type=Instant)


class PauseTable(_Base, table=True):
    """Each pause a person began, and who ended it. It also ends by itself at `until`."""

    __tablename__ = "pause"

    id: int | None = Field(default=None, primary_key=True)
    scope: str
    name: str
    at: datetime = Field(sa_type=Instant)
    who: str
    why: str
    until: datetime | None = Field(default=None, sa_type=Instant)
    resumed_at: datetime | None = Field(default=None, sa_type=Instant)
    resumed_by: str | None = None
    resumed_why: str | None = None


class EvidenceTable(_Base, table=True):
    """What webhooks told of a campaign by a mark of ours: counts, and nothing of any guest."""

    __tablename__ = "evidence"

    mark: str = Field(primary_key=True)
    campaign_id: int = Field(primary_key=True, sa_type=BigInteger)
    distribution: str | None = Field(default=None, foreign_key="distribution.id", index=True)
    gifts: int = Field(sa_type=BigInteger)
    first_at: datetime = Field(sa_type=Instant)
    last_at: datetime = Field(sa_type=Instant)


class HeardTable(_Base, table=True):
    """The events that were counted lately, by a digest of their id."""

    __tablename__ = "heard"

    digest: str = Field(primary_key=True)
    told_at: datetime = Field(sa_type=Instant, index=True)


class SightingTable(_Base, table=True):
    """What a canary's account showed of an offer."""

    __tablename__ = "sighting"

    distribution: str = Field(primary_key=True, foreign_key="distribution.id")
    canary: str = Field(primary_key=True)
    looked_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    seen_at: datetime | None = Field(default=None, sa_type=Instant)
    campaigns: str


class CanaryTable(_Base, table=True):
    """Each canary as last met."""

    __tablename__ = "canary"

    name: str = Field(primary_key=True)
    segment: str
    looked_at: datetime | None = Field(default=None, sa_type=Instant)
    trouble: str | None = None
    trouble_data: Reason | None = Field(default=None, sa_type=ReasonData)
    refused_key: str | None = None
    misnamed: str | None = None
    misnamed_data: Reason | None = Field(default=None, sa_type=ReasonData)
    member: bool | None = None
    member_at: datetime | None = Field(default=None, sa_type=Instant)


class WorldTable(_Base, table=True):
    """Where each remote is, as first met or as a person adopted it."""

    __tablename__ = "world"

    name: str = Field(primary_key=True)
    account: str
    since: datetime = Field(sa_type=Instant)


class CycleTable(_Base, table=True):
    """The cycles that failed in a row, in one row; none while all is well."""

    __tablename__ = "cycle"

    id: int | None = Field(default=None, primary_key=True)
    failures: int
    since: datetime = Field(sa_type=Instant)
    failed_at: datetime = Field(sa_type=Instant)
    trouble: str


class ToldTable(_Base, table=True):
    """What each channel was told of, and not yet told the end of."""

    __tablename__ = "told"

    channel: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    severity: str = Field(primary_key=True)
    about: str
    told: str
    told_data: Reason = Field(sa_type=ReasonData)
    first_at: datetime = Field(sa_type=Instant)
    last_at: datetime = Field(sa_type=Instant)
    acknowledged: bool
    absent: int


class ChannelTable(_Base, table=True):
    """How each channel on which people are told was last met."""

    __tablename__ = "channel"

    name: str = Field(primary_key=True)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int
    since: datetime | None = Field(default=None, sa_type=Instant)
    trouble: str | None = None
    trouble_data: Reason | None = Field(default=None, sa_type=ReasonData)
    retry_at: datetime | None = Field(default=None, sa_type=Instant)


class EndedLoginTable(_Base, table=True):
    """Logins to the pages that were ended before their time, by their session's id."""

    __tablename__ = "ended_login"

    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)


metadata = _Base.metadata
ledger = metadata.tables["ledger"]
occurrence = metadata.tables["occurrence"]
distribution = metadata.tables["distribution"]
attempt = metadata.tables["attempt"]
event = metadata.tables["event"]
approval = metadata.tables["approval"]
acknowledgement = metadata.tables["acknowledgement"]
mapping_set = metadata.tables["mapping_set"]
remote = metadata.tables["remote"]
pause = metadata.tables["pause"]
evidence = metadata.tables["evidence"]
heard = metadata.tables["heard"]
sighting = metadata.tables["sighting"]
canary = metadata.tables["canary"]
world = metadata.tables["world"]
cycle = metadata.tables["cycle"]
told = metadata.tables["told"]
channel = metadata.tables["channel"]
ended_login = metadata.tables["ended_login"]
VIEWS = ("offers", "sends", "given", "attempts", "history")  # for plain SQL: see README.md
