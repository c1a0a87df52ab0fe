"""What a doctor finds: one line each, with what to do where something is not as it should be."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from connector.domain.clocks import clock_trouble
from connector.domain.guest import Canary
from connector.domain.landing import CanaryNote, misplaced
from connector.domain.reasons import Reason, span


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


def fine(of: str, code: str, told: str) -> Check:
    return Check(Level.OK, of, Reason(code, told))


def warning(of: str, code: str, told: str, step: str = "") -> Check:
    return Check(Level.WARNING, of, Reason(code, told, step))


def fails(of: str, code: str, told: str, step: str = "") -> Check:
    return Check(Level.FAILS, of, Reason(code, told, step))


def clock(remote: str, ahead: timedelta) -> Check:
    """Compare a remote's clock with ours; `ahead` is negative where it is behind."""
    if (trouble := clock_trouble(remote, ahead)) is not None:
        return Check(Level.FAILS, remote, trouble)
    return fine(remote, "clock", f"its clock and ours agree to {span(abs(ahead))}")


def part_of(canary: str) -> str:
    return f"canary {canary}"


def membership(canary: Canary, note: CanaryNote) -> Check:
    """Say whether a canary is in its segment, by a note of just now."""
    of = part_of(canary.name)
    if (told := misplaced(note)) is not None:
        return Check(Level.FAILS, of, told)
    if not canary.checkable:
        email = f"punchh.canaries.{canary.name}.email"
        unasked = f"whether it is in “{canary.segment}” is not asked, since {email} is not set"
        return fine(of, "unasked", unasked)
    return fine(of, "member", f"it is in its segment “{canary.segment}”")
