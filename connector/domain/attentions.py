"""The one set of what wants a person: people, alerts, pages and metrics all show this one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.domain import landing, reasons
from connector.domain.attention import (
    STILL_TOLD,
    Attention,
    Severity,
    Whom,
    deadline,
    noted,
    of_row,
    worst_first,
)
from connector.domain.breaker import commits_left_alone, reads_left_alone
from connector.domain.channels import silent, subject_of
from connector.domain.distribution import State
from connector.domain.policy import Schedule
from connector.domain.reasons import Reason
from connector.domain.standing import RemoteNote, Standing

PUNCHH = "punchh"
SILENT_POLLS = 5
LATELY = STILL_TOLD  # what ended so long ago at most still wants a person
MOST_SKEW = timedelta(seconds=60)


def attentions(
    standing: Standing,
    schedule: Schedule,
    now: datetime,
    mapping_problems: Sequence[str] = (),
) -> list[Attention]:
    """Return all that is open, the worst first; then what somebody took note of."""
    found = [
        *_of_ledger(standing),
        *_of_rows(standing, now),
        *_of_remotes(standing, schedule, now),
        *_of_channels(standing),
        *_of_proof(standing),
    ]
    if mapping_problems:
        reason = reasons.mappings_invalid(mapping_problems)
        found.append(Attention(Severity.WARNING, reason, subject="mappings", about="mappings"))
    return worst_first(found)


def _of_ledger(standing: Standing) -> Iterator[Attention]:
    if standing.doubt is not None:
        yield Attention(
            Severity.CRITICAL,
            standing.doubt,
            subject="ledger",
            about="ledger",
            whom=Whom.OPERATORS,
        )


def _of_rows(standing: Standing, now: datetime) -> Iterator[Attention]:
    for row in standing.rows:
        if (found := of_row(row, now)) is not None:
            yield noted(found, standing.acknowledgements.get(row.id))
        offer = row.distribution
        if offer and offer.state is State.UNKNOWN and (near := deadline(offer, now)):
            yield replace(near, subject=row.id, about=row.occurrence.send.name)


def _of_remotes(standing: Standing, schedule: Schedule, now: datetime) -> Iterator[Attention]:
    """Tell of a worker that asks nobody any more; else of each remote in trouble."""
    notes = standing.remotes.values()
    last = max((note.last_attempt_at for note in notes), default=None)
    polls = SILENT_POLLS * timedelta(seconds=schedule.poll_seconds)
    if last is not None and now - last > max(polls, schedule.max_snapshot_age):
        reason = reasons.worker_silent(last)
        yield Attention(
            Severity.CRITICAL, reason, subject="worker", about="worker", whom=Whom.OPERATORS
        )
        return
    for note in notes:
        if off_clock(note):
            yield _of_remote(note, reasons.clock_off(note.name, note.skew), Severity.WARNING)
        told = held_against(note, now) or _stale(note, schedule, now)
        if told is not None:
            refused = note.breaker.refused_key is not None
            yield _of_remote(note, told, Severity.CRITICAL if refused else Severity.WARNING)


def _of_remote(note: RemoteNote, told: Reason, severity: Severity) -> Attention:
    subject = f"remote:{note.name}"
    return Attention(severity, told, subject=subject, about=note.name, whom=Whom.OPERATORS)


def off_clock(note: RemoteNote) -> bool:
    """Say whether a remote's clock and ours differ by more than anybody should bear."""
    return abs(note.skew) > MOST_SKEW


def _of_channels(standing: Standing) -> Iterator[Attention]:
    for note in standing.channels.values():
        if (told := silent(note)) is not None:
            yield Attention(
                Severity.CRITICAL,
                told,
                subject=subject_of(note.name),
                about=note.name,
                whom=Whom.OPERATORS,
            )


def _of_proof(standing: Standing) -> Iterator[Attention]:
    """Tell of campaigns that nobody here made, and of canaries that prove nothing."""
    for heard in standing.strays:
        yield Attention(
            Severity.CRITICAL,
            landing.stray(heard),
            subject=f"campaign:{heard.campaign_id}",
            about=heard.mark,
            whom=Whom.OPERATORS,
        )
    for note in standing.canaries:
        if (told := landing.of_canary(note)) is not None:
            yield Attention(
                Severity.WARNING,
                told,
                subject=f"canary:{note.name}",
                about=note.name,
                whom=Whom.OPERATORS,
            )


def held_against(note: RemoteNote, now: datetime) -> Reason | None:
    """Return why a remote is left alone or not believed, None where all is well with it."""
    alone = commits_left_alone if note.name == PUNCHH else reads_left_alone
    if told := alone(note.name, note.breaker, now):
        return told
    if note.shrunk_at is not None and note.name != PUNCHH:
        return reasons.source_shrunken(note.name, note.shrunk_at)
    return None


def _stale(note: RemoteNote, schedule: Schedule, now: datetime) -> Reason | None:
    """Say that a remote has not been read for too long to commit by what it said."""
    if note.last_good_at is not None and now - note.last_good_at <= schedule.max_snapshot_age:
        return None
    if note.last_good_at is None and note.trouble is None:
        return None
    return reasons.unread(note.name, note.last_good_at, note.trouble)
