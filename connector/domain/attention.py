"""What wants a person: computed from what the ledger shows, never stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain import landing
from connector.domain.deadlines import REHEARSED
from connector.domain.distribution import Decision, Distribution, Occurrence, State
from connector.domain.drift import drift
from connector.domain.evidence import NO_EVIDENCE, Evidence
from connector.domain.faults import PLANNER_FAULT
from connector.domain.reasons import REHEARSAL, Reason, draft_pending, reason, unmapped
from connector.domain.send import Send
from connector.domain.standing import Acknowledgement, Row

HOUR = timedelta(hours=1)
STEPS = (1 * HOUR, 6 * HOUR, 24 * HOUR)
NEEDS_SOMEBODY = frozenset({State.BLOCKED, State.HELD, State.UNKNOWN})
STILL_TOLD = timedelta(days=2)  # after its message, what went wrong with an offer


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
    of it as it stands: it then is open no more. `unclaimed` is the send that wants a rule: who
    shows the attention to people shows a ready one with it (`connector.mapping.suggest`).
    """

    severity: Severity
    reason: Reason
    acknowledged_by: str | None = None
    subject: str = ""
    about: str = ""
    whom: Whom = Whom.MARKETERS
    unclaimed: Send | None = None

    @property
    def digest(self) -> str:
        """What names the condition as it stands: it changes with its code and with every fact."""
        return hashlib.sha256(repr(self.reason).encode()).hexdigest()


def noted(attention: Attention, by: Acknowledgement | None) -> Attention:
    """Return the attention as acknowledged, if the note is of the attention as it stands."""
    if by is None or (by.code, by.digest) != (attention.reason.code, attention.digest):
        return attention
    return replace(attention, acknowledged_by=by.who)


def of_row(row: Row, now: datetime) -> Attention | None:
    """Return what one line of the ledger wants a person for; None if nothing."""
    offer = row.distribution
    found = (
        of_distribution(row.occurrence, offer, now, row.evidence)
        if offer
        else of_occurrence(row.occurrence)
    )
    return found and replace(found, subject=row.id, about=row.occurrence.send.name)


def of_distribution(
    occurrence: Occurrence, row: Distribution, now: datetime, evidence: Evidence = NO_EVIDENCE
) -> Attention | None:
    """Return what of a distribution wants a person, the worst first; None if nothing does."""
    fault = _fault(occurrence)
    if fault and row.reason.code == fault.reason.code:
        return fault
    if (seen := landing.told(row, evidence)) is not None:
        return Attention(Severity.CRITICAL, seen)
    return _of_state(occurrence, row, now) or fault


def _of_state(occurrence: Occurrence, row: Distribution, now: datetime) -> Attention | None:
    match row.state:
        case State.UNKNOWN:
            return Attention(Severity.CRITICAL, _unknown(row))
        case State.COMMITTED:
            return _drifted(occurrence, row, now) or _odd(occurrence) or _draft(occurrence, now)
        case State.REJECTED | State.MISSED:
            return _unfinished(occurrence, row, now)
        case State.BLOCKED | State.HELD:
            near = deadline(row, now) or _timeless(row)
            return near or _odd(occurrence) or _draft(occurrence, now)
        case State.WAITING:
            return _odd(occurrence) or _draft(occurrence, now)
        case _:
            return None


def deadline(row: Distribution, now: datetime) -> Attention | None:
    """Return that what wants a person comes near its `commit_by`: told anew at each step.

    Of an unknown it is told beside the attention for that, from the first step after it arose:
    only if somebody says in time that it was not committed can it still be.
    """
    by = row.commit_by
    if row.state not in NEEDS_SOMEBODY or by is None or not now < by:
        return None
    if row.reason.code == REHEARSAL:
        return None
    step = next((one for one in STEPS if by - now <= one), None)
    if step is None or _told_by_itself(row, by - step):
        return None
    severity = Severity.CRITICAL if step is STEPS[0] else Severity.WARNING
    why = _unknown(row) if row.state is State.UNKNOWN else row.reason
    return Attention(severity, reason(f"deadline-{step // HOUR}h", why=why, by=by))


def _told_by_itself(row: Distribution, began: datetime) -> bool:
    """Say whether a step began before the unknown was first told of."""
    since = row.updated_at
    return row.state is State.UNKNOWN and since is not None and began <= since


def of_occurrence(occurrence: Occurrence) -> Attention | None:
    """Return an attention for a send that names an audience, or is not whole, and has no rule.

    Or that could not be decided at all.
    """
    if fault := _fault(occurrence):
        return fault
    unclaimed = occurrence.decision is Decision.UNMAPPED and occurrence.closed_at is None
    send = occurrence.send
    if unclaimed and (send.audiences or send.problem):
        reason = unmapped(send.audiences, send.problem)
        return Attention(Severity.WARNING, reason, unclaimed=send if send.audiences else None)
    return None


def _unknown(row: Distribution) -> Reason:
    return reason(
        "unknown/look",
        id=row.id,
        why=row.reason,
        segment=row.segment_id,
        start=row.start_time,
        mark=row.external_campaign_id,
    )


def _unfinished(occurrence: Occurrence, row: Distribution, now: datetime) -> Attention | None:
    """Tell of a message that brings no offer, and for a while after it went out."""
    if row.reason.code == REHEARSED or _long_over(occurrence, now):
        return None
    return Attention(Severity.WARNING, row.reason)


def _long_over(occurrence: Occurrence, now: datetime) -> bool:
    when = occurrence.when
    return when is not None and now > when.scheduled_for + STILL_TOLD


def _timeless(row: Distribution) -> Attention | None:
    """Tell of an offer without a time: it will never come near its last moment."""
    blocked = row.state is State.BLOCKED and row.commit_by is None
    return Attention(Severity.WARNING, row.reason) if blocked else None


def _drifted(occurrence: Occurrence, row: Distribution, now: datetime) -> Attention | None:
    found = drift(occurrence, row)
    if found is None or _long_over(occurrence, now):
        return None
    return Attention(Severity.CRITICAL if found.bad else Severity.WARNING, found.reason)


def _fault(occurrence: Occurrence) -> Attention | None:
    """Tell of a send that a fault of ours keeps from being decided."""
    reason = occurrence.reason
    if reason is None or reason.code != PLANNER_FAULT or occurrence.closed_at is not None:
        return None
    return Attention(Severity.CRITICAL, reason, whom=Whom.OPERATORS)


def _odd(occurrence: Occurrence) -> Attention | None:
    """Tell of what is odd in the send's row, and keeps no offer from being made."""
    odd = occurrence.send.bearable if occurrence.closed_at is None else None
    return Attention(Severity.WARNING, odd) if odd else None


def _draft(occurrence: Occurrence, now: datetime) -> Attention | None:
    """Tell of changes that wait to be launched: what they change shows only then."""
    when = occurrence.when
    over = occurrence.closed_at is not None or when is None or now >= when.first_delivery
    return Attention(Severity.WARNING, draft_pending()) if occurrence.draft and not over else None


def worst_first(attentions: Sequence[Attention]) -> list[Attention]:
    """Return the open ones, critical before others; then those that somebody took note of."""
    return sorted(
        attentions,
        key=lambda one: (one.acknowledged_by is not None, one.severity is not Severity.CRITICAL),
    )
