"""How the loyalty platform reads a campaign's start: as an instant, or by the business's clocks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connector.domain import zones

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CampaignClock:
    """The setting `punchh.campaign_clock` at work. All instants are aware, in UTC.

    Without a `zone` the platform starts a campaign at the instant it is given. With one it takes
    the digits of that instant for wall clock time there, and so these are what is sent (facts:
    punchh §4.4, zone hazard). Its notice it checks by UTC all the same, so west of UTC such a
    campaign must be asked for earlier, by the zone's offset. A wall clock time that comes twice
    is never used: nobody knows which of the two is taken.
    """

    zone: ZoneInfo | None = None

    def sent(self, start: datetime) -> datetime:
        """Return the start as it is written in the request: whole minutes, the rest is cut off."""
        written = start if self.zone is None else start.astimezone(self.zone)
        return written.replace(tzinfo=UTC, fold=0, second=0, microsecond=0)

    def lag(self, start: datetime) -> timedelta:
        """Return by how much the platform takes a start for earlier when it checks its notice."""
        return max(timedelta(), start - self.sent(start))

    def until(self, moment: datetime) -> datetime:
        """Return the latest start that can be asked for and is not after a moment."""
        start = _floor(moment)
        while self._comes_twice(start):
            start -= MINUTE
        return start

    def accepted(self, moment: datetime) -> datetime:
        """Return the earliest start that is taken for a moment or later, however it is read."""
        start = moment
        if self.zone is not None:
            start = max(start, zones.instant(moment.replace(tzinfo=None), self.zone))
        start = start if start == _floor(start) else _floor(start) + MINUTE
        while self._comes_twice(start) or self.sent(start) < moment:
            start += MINUTE
        return start

    def _comes_twice(self, start: datetime) -> bool:
        if self.zone is None:
            return False
        wall = start.astimezone(self.zone)
        return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
