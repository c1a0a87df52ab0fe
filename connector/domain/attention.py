"""What wants a person: computed from what the ledger shows, never stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.distribution import Decision, Distribution, Occurrence, State
from connector.domain.reasons import Reason, instant, unmapped
from connector.domain.standing import Acknowledgement, Row

NEAR = timedelta(hours=6)


class Severity(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


class Whom(StrEnum):
    """Who can do something about it."""

    MARKETERS = "marketers"
    OPERATORS = "operators"


@dataclass(frozen=True, slots=True)
class Attention:
    """An open condition, how bad it is, and what to do about it.

    `subject` is what it is about, by the id that people type (a row's), or `remote:NAME`,
    `mappings`, `worker`; `about` is its name for people. `acknowledged_by` is who has taken note
    of it as it stands: it then is open no more.
    """

    severity: Severity
    reason: Reason
    acknowledged_by: str | None = None
    subject: str = ""
    about: str = ""
    whom: Whom = Whom.MARKETERS

    @property
    def digest(self) -> str:
        """What names the condition as it stands: it changes with every word of the sentence."""
        return hashlib.sha256(self.reason.sentence.encode()).hexdigest()


def noted(attention: Attention, by: Acknowledgement | None) -> Attention:
    """Return the attention as acknowledged, if the note is of the attention as it stands."""
    if by is None or (by.code, by.digest) != (attention.reason.code, attention.digest):
        return attention
    return replace(attention, acknowledged_by=by.who)


def of_row(row: Row, now: datetime) -> Attention | None:
    """Return what one line of the ledger wants a person for; None if nothing."""
    offer = row.distribution
    found = of_distribution(row.occurrence, offer, now) if offer else of_occurrence(row.occurrence)
    return found and replace(found, subject=row.id, about=row.occurrence.send.name)


def of_distribution(occurrence: Occurrence, row: Distribution, now: datetime) -> Attention | None:
    """Return what of a distribution wants a person, the worst first; None if nothing does."""
    match row.state:
        case State.UNKNOWN:
            return Attention(Severity.CRITICAL, _unknown(row))
        case State.COMMITTED:
            return _drift(occurrence, row)
        case State.REJECTED | State.MISSED:
            return _unfinished(occurrence, row, now)
        case State.BLOCKED | State.HELD if row.commit_by and now < row.commit_by < now + NEAR:
            return Attention(Severity.WARNING, _near(row))
        case _:
            return None


def of_occurrence(occurrence: Occurrence) -> Attention | None:
    """Return an attention for a send that names an audience but that no rule claims."""
    unclaimed = occurrence.decision is Decision.UNMAPPED and occurrence.closed_at is None
    if unclaimed and occurrence.send.audiences:
        return Attention(Severity.WARNING, unmapped(occurrence.send.audiences))
    return None


def _unknown(row: Distribution) -> Reason:
    start = instant(row.start_time) if row.start_time else "unknown"
    return Reason(
        "unknown",
        f"{row.reason.sentence} (segment {row.segment_id}, starts {start}, "
        f"its name ends in {row.external_campaign_id})",
        f"Look for that name in Punchh under Campaigns. Found: `connector ledger resolve {row.id} "
        f"--committed CAMPAIGN_ID --reason …`; surely not there: "
        f"`connector ledger resolve {row.id} --not-committed --reason …`",
    )


def _near(row: Distribution) -> Reason:
    by = instant(row.commit_by) if row.commit_by else ""
    return Reason("deadline", f"{row.reason.sentence}; commit by {by}", row.reason.next_step)


def _unfinished(occurrence: Occurrence, row: Distribution, now: datetime) -> Attention | None:
    when = occurrence.when
    if occurrence.closed_at is not None or (when and now > when.scheduled_for):
        return None
    return Attention(Severity.WARNING, row.reason)


def _drift(occurrence: Occurrence, row: Distribution) -> Attention | None:
    """Compare what was committed with what the source says now."""
    if row.recommitted_as is not None:  # its campaign was cancelled by a person
        return None
    stop = (
        f"In Punchh's dashboard find campaign {row.campaign_id} "
        f"(its name ends in {row.external_campaign_id}) and stop or move it there"
    )
    again = (
        f"{stop}; cancelled, it is made again for the new time by "
        f"`connector ledger recommit {row.id} --cancelled-in-punchh --reason …`"
    )
    when = occurrence.when
    if when and row.start_time and when.first_delivery < row.start_time:
        told = (
            f"the send moved to {instant(when.first_delivery)}: the message comes before the offer"
        )
        return Attention(Severity.CRITICAL, Reason("drift", told, again))
    if row.drift is not None:
        return Attention(Severity.WARNING, Reason("drift", row.drift, stop))
    if when and row.first_delivery and when.first_delivery != row.first_delivery:
        told = f"the send moved to {instant(when.first_delivery)} after its offer was committed"
        return Attention(Severity.WARNING, Reason("drift", told, again))
    if occurrence.absent_polls > 1 and occurrence.closed_at is None:
        told = "the send is gone from its source, and its offer is committed"
        return Attention(Severity.WARNING, Reason("drift", told, stop))
    return None


def worst_first(attentions: Sequence[Attention]) -> list[Attention]:
    """Return the open ones, critical before others; then those that somebody took note of."""
    return sorted(
        attentions,
        key=lambda one: (one.acknowledged_by is not None, one.severity is not Severity.CRITICAL),
    )
