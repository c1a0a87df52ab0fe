"""Whether the machine stood still while the worker ran, as one does that is put back.

The wall clock is then set forward, and the count of seconds, which also counts a sleep that the
system itself took, is not. Where the clock was right before, nothing else explains that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.clocks import MOST_SKEW
from connector.domain.reasons import Reason, reason
from connector.domain.standing import RemoteNote

LONGEST = timedelta(minutes=5)  # that a machine is held up by a backup or a move to another host


@dataclass(frozen=True, slots=True)
class Beat:
    """A moment by the wall (aware, in UTC), and in seconds that never step."""

    at: datetime
    monotonic: float


def is_right(notes: Iterable[RemoteNote]) -> bool:
    """Say whether the wall clock agrees with that of a remote that just answered."""
    return any(note.trouble is None and abs(note.skew) <= MOST_SKEW for note in notes)


def stood_still(last: Beat, now: Beat) -> Reason | None:
    """Say why the ledger may not be the latest any more, None where the process ran all along."""
    ran = timedelta(seconds=now.monotonic - last.monotonic)
    missing = now.at - last.at - ran
    if missing < LONGEST:
        return None
    return reason("rolled-back/still", since=last.at + ran, missing=missing)
