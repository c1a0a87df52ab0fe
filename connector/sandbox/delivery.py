"""One firing of a send, and when each guest really gets its message."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from connector.sandbox.guests import Guest
from connector.sandbox.times import at_wall

Timing = Literal["company", "local", "intelligent", "action", "api"]
# Who is that much past their time at a launch still gets the message, at once (braze §6.2, §6.3).
GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One firing: no guest reads it before `first`, none after `last`.

    `wall` is its time as scheduled: what it is told apart by. `since` is when that schedule came
    into force, `grace` is true where that was a launch. In a gap the send was stopped.
    """

    send_id: str
    name: str
    nominal: datetime
    first: datetime
    last: datetime
    wall: datetime
    zone: ZoneInfo
    timing: Timing = "company"
    since: datetime | None = None
    grace: bool = False
    winner_after: timedelta = timedelta()
    gaps: tuple[tuple[datetime, datetime | None], ...] = ()

    def reaches(self, guest: Guest) -> datetime | None:
        """Return when a guest gets the message; None for who never does."""
        at = self._own_time(guest)
        if self.since is not None and at < self.since:
            if not self.grace or self.since - at > GRACE:
                return None
            at = self.since
        if guest.number % 2 == 0:  # half of the guests wait for the better variant
            at += self.winner_after
        stopped = any(start <= at and (end is None or at < end) for start, end in self.gaps)
        return None if stopped else at

    def _own_time(self, guest: Guest) -> datetime:
        if self.timing == "local":
            return at_wall(self.wall, guest.zone_or(self.zone))
        if self.timing == "intelligent":
            best = guest.best_time(self.send_id, self.wall)
            day = self.wall.replace(hour=best.hour, minute=best.minute, second=0, microsecond=0)
            return at_wall(day, guest.zone_or(self.zone))
        return self.first

    @property
    def going(self) -> bool:
        """Say whether it is not stopped at present."""
        return all(end is not None for _, end in self.gaps)

    def stopped(self, now: datetime) -> "Delivery":
        """Return it without the messages that were still to go."""
        return replace(self, gaps=(*self.gaps, (now, None)))

    def resumed(self, now: datetime) -> "Delivery":
        """Return it going on; what was missed meanwhile is not sent (facts: braze §8)."""
        gaps = tuple((start, now if end is None else end) for start, end in self.gaps)
        return replace(self, gaps=gaps)
