"""The one set of what wants a person: people, alerts, pages and metrics all show this one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.domain import faults, landing, reasons
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
from connector.domain.clocks import believed, clock_trouble
from connector.domain.distribution import State
from connector.domain.left_out import LeftOut, asked_for, why_left_out
from connector.domain.policy import Schedule
from connector.domain.reasons import Reason
from connector.domain.standing import FailedCycles, RemoteNote, Standing

PUNCHH = "punchh"
SILENT_POLLS = 5
MOST_FAILED_CYCLES = 3
LATELY = STILL_TOLD  # what ended so long ago at most still wants a person


def attentions(
    standing: Standing,
    schedule: Schedule,
    now: datetime,
    mapping_problems: Sequence[str] = (),
    left_out: Sequence[LeftOut] = (),
) -> list[Attention]:
    """Return all that is open, the worst first; then what somebody took note of."""
    found = [
        *_of_ledger(standing),
        *of_cycles(standing.cycles),
        *_of_rows(standing, now),
        *_of_remotes(standing, schedule, now),
        *_of_channels(standing),
        *_of_proof(standing),
        *map(_of_kind, asked_for(left_out)),
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


def failing(cycles: FailedCycles | None) -> Reason | None:
    """Say that the worker's cycles fail again and again; None of one alone, which may pass."""
    if cycles is None or cycles.failures < MOST_FAILED_CYCLES:
        return None
    return faults.cycle_failing(cycles.since, cycles.trouble)


def of_cycles(cycles: FailedCycles | None) -> Iterator[Attention]:
    if (told := failing(cycles)) is not None:
        yield Attention(
            Severity.CRITICAL, told, subject="worker", about="worker", whom=Whom.OPERATORS
        )


def longest_silence(schedule: Schedule) -> timedelta:
    """Return after how long without a cycle the worker counts as silent."""
    polls = SILENT_POLLS * timedelta(seconds=schedule.poll_seconds)
    return max(polls, schedule.max_snapshot_age)


def _of_remotes(standing: Standing, schedule: Schedule, now: datetime) -> Iterator[Attention]:
    """Tell of a worker that asks nobody any more; else of each remote in trouble."""
    notes = standing.remotes.values()
    last = max((note.last_attempt_at for note in notes), default=None)
    if last is not None and standing.cycles is not None:  # it fails before it notes whom it asked
        last = max(last, standing.cycles.failed_at)
    if last is not None and now - last > longest_silence(schedule):
        reason = reasons.worker_silent(last)
        yield Attention(
            Severity.CRITICAL, reason, subject="worker", about="worker", whom=Whom.OPERATORS
        )
        return
    ours_is_off = all(note.skew != believed(note.skew) for note in notes)
    for note in notes:
        if (trouble := clock_trouble(note.name, note.skew)) is not None:
            yield _of_remote(note, trouble, Severity.CRITICAL if ours_is_off else Severity.WARNING)
        told = held_against(note, now) or _stale(note, schedule, now)
        if told is not None:
            refused = note.breaker.refused_key is not None
            yield _of_remote(note, told, Severity.CRITICAL if refused else Severity.WARNING)


def _of_kind(kind: LeftOut) -> Attention:
    reason, subject = why_left_out(kind), f"kind:{kind.source}/{kind.kind}"
    return Attention(
        Severity.WARNING, reason, subject=subject, about=kind.source, whom=Whom.OPERATORS
    )


def _of_remote(note: RemoteNote, told: Reason, severity: Severity) -> Attention:
    subject = f"remote:{note.name}"
    return Attention(severity, told, subject=subject, about=note.name, whom=Whom.OPERATORS)


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
