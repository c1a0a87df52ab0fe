"""How the connector itself fares, in five cells: worker, remotes, mappings, alerts, last backup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.attentions import held_against, longest_silence
from connector.domain.channels import silent
from connector.domain.policy import Schedule
from connector.domain.standing import ChannelNote, RemoteNote
from connector.render.views import ago

OLD_BACKUP = timedelta(days=2)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class Level(StrEnum):
    """How a cell looks: as a state's tone does."""

    GOOD = "given"
    NEW = "quiet"
    WARNING = "asks"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Vital:
    """One cell. `code` says what it found; `href` leads to more, if there is more.

    `step` is what helps, for whoever may do it.
    """

    name: str
    level: Level
    code: str
    text: str
    detail: str = ""
    href: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """The mapping files against the set in force: how many mistakes, and whether they are one."""

    problems: int
    accepted_at: datetime | None
    in_force: bool


def worker(
    remotes: Mapping[str, RemoteNote], schedule: Schedule, now: datetime, *, at_work: bool
) -> Vital:
    """Say whether a worker is at work, and when it last did a cycle."""
    last = max((note.last_attempt_at for note in remotes.values()), default=None)
    cycle = f"Last cycle {_ago(last, now)}" if last else "No cycle yet"
    recent = last is not None and now - last <= longest_silence(schedule)
    start = "Start `connector run`"
    log = "See its log"
    if last is None and at_work:
        return Vital("Worker", Level.NEW, "starting", "Starting", cycle)
    if last is None:
        return Vital("Worker", Level.WARNING, "never", "Never run", step=start)
    if at_work and recent:
        return Vital("Worker", Level.GOOD, "working", "Running", cycle)
    if at_work:
        return Vital("Worker", Level.FAILED, "silent", "Silent", cycle, step=log)
    if recent:
        return Vital("Worker", Level.WARNING, "idle", "Not running now", cycle)
    return Vital("Worker", Level.FAILED, "stopped", "Not running", cycle, step=start)


def remotes(found: Mapping[str, RemoteNote], schedule: Schedule, now: datetime) -> Vital:
    """Say which remotes are suspended or cannot be read."""
    if not found:
        return Vital("Remotes", Level.NEW, "unasked", "None asked yet")
    oldest = now - schedule.max_snapshot_age
    suspended = [name for name, note in found.items() if held_against(note, now)]
    stale = [
        name
        for name, note in found.items()
        if note.trouble or note.last_good_at is None or note.last_good_at < oldest
    ]
    href = "#remotes"
    if suspended:
        return Vital("Remotes", Level.FAILED, "suspended", "Suspended", _names(suspended), href)
    if stale:
        text = f"{len(stale)} of {len(found)} not read"
        return Vital("Remotes", Level.WARNING, "unread", text, _names(stale), href)
    last = min(note.last_good_at for note in found.values() if note.last_good_at)
    return Vital("Remotes", Level.GOOD, "read", f"{len(found)} read", _ago(last, now), href)


def mappings(files: Files, now: datetime) -> Vital:
    """Say whether the mapping files are the set in force."""
    href = "/mappings"
    since = f"Accepted {_ago(files.accepted_at, now)}" if files.accepted_at else ""
    if files.problems:
        text = f"{files.problems} mistake{'s' if files.problems > 1 else ''}"
        kept = "The last accepted set stays in force" if files.accepted_at else "No set is in force"
        return Vital("Mappings", Level.FAILED, "invalid", text, kept, href)
    if files.accepted_at is None:
        return Vital("Mappings", Level.NEW, "none", "Not accepted yet", "", href)
    if files.in_force:
        return Vital("Mappings", Level.GOOD, "in-force", "In force", since, href)
    return Vital("Mappings", Level.WARNING, "changed", "Changed", "Not yet in force", href)


def alerts(channels: Sequence[str], notes: Mapping[str, ChannelNote], now: datetime) -> Vital:
    """Say whether anybody is notified of what needs attention."""
    if not channels:
        return Vital(
            "Alerts", Level.WARNING, "nobody", "Nobody is notified", "No channel is set up"
        )
    failing = [name for name in channels if name in notes and silent(notes[name])]
    if failing:
        return Vital("Alerts", Level.FAILED, "silent", "Not delivered", _names(failing))
    sent = max((note.sent_at for note in notes.values() if note.sent_at), default=None)
    last = f"Last sent {_ago(sent, now)}" if sent else "Nothing sent yet"
    return Vital("Alerts", Level.GOOD, "ready", _names(channels), last)


def backup(last: datetime | None, now: datetime, *, used: bool) -> Vital:
    """Say when the ledger was last backed up; `used`: it holds what would be missed."""
    step = "Run `connector ledger backup` daily"
    if last is None and not used:
        return Vital("Last backup", Level.NEW, "not-needed", "None yet")
    if last is None:
        return Vital("Last backup", Level.WARNING, "none", "None yet", step=step)
    if now - last > OLD_BACKUP:
        return Vital("Last backup", Level.WARNING, "old", _ago(last, now), step=step)
    return Vital("Last backup", Level.GOOD, "fresh", _ago(last, now))


def _ago(moment: datetime, now: datetime) -> str:
    """Spell how long ago something was, without the seconds of hours."""
    passed = now - moment
    return ago(now - passed // _MINUTE * _MINUTE if passed >= _HOUR else moment, now)


def _names(found: Sequence[str]) -> str:
    first = ", ".join(sorted(found)[:3])
    return first if len(found) <= 3 else f"{first} and {len(found) - 3} more"
