"""What a doctor finds: one line each, with what to do where something is not as it should be."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from connector.domain.clocks import clock_trouble
from connector.domain.guest import Canary
from connector.domain.landing import CanaryNote, misplaced
from connector.domain.reasons import Param, Reason, reason


class Level(StrEnum):
    """A warning is worth a look; what fails keeps the connector from its work, or will."""

    OK = "ok"
    WARNING = "warning"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried: `of` names the part or the remote it is about."""

    level: Level
    of: str
    found: Reason


def fine(of: str, key: str, /, **facts: Param) -> Check:
    return Check(Level.OK, of, reason(key, **facts))


def warning(of: str, key: str, /, **facts: Param) -> Check:
    return Check(Level.WARNING, of, reason(key, **facts))


def fails(of: str, key: str, /, **facts: Param) -> Check:
    return Check(Level.FAILS, of, reason(key, **facts))


def clock(remote: str, ahead: timedelta) -> Check:
    """Compare a remote's clock with ours; `ahead` is negative where it is behind."""
    if (trouble := clock_trouble(remote, ahead)) is not None:
        return Check(Level.FAILS, remote, trouble)
    return fine(remote, "clock", by=abs(ahead))


def part_of(canary: str) -> str:
    return f"canary {canary}"


def membership(canary: Canary, note: CanaryNote) -> Check:
    """Say whether a canary is in its segment, by a note of just now."""
    of = part_of(canary.name)
    if (told := misplaced(note)) is not None:
        return Check(Level.FAILS, of, told)
    if not canary.checkable:
        return fine(of, "unasked", segment=canary.segment, canary=canary.name)
    return fine(of, "member", segment=canary.segment)
