"""Instants in and out of text; zone names in the spellings that the outside world uses."""

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

RAILS = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Mountain Time (US & Canada)": "America/Denver",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Hawaii": "Pacific/Honolulu",
    "London": "Europe/London",
}


def aware(text: str) -> datetime:
    """Read an ISO-8601 instant; a text without an offset is an error. UTC comes back."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone: end it with Z or an offset")
    return moment.astimezone(UTC)


def wall(text: str) -> datetime:
    """Read a wall clock time without zone; it is carried as if it were UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(f"{text} has a time zone: a wall clock time has none")
    return moment.replace(tzinfo=UTC)


def iso(moment: datetime | None) -> str | None:
    """Write an instant as ISO-8601 in UTC, ending in Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def at_wall(moment: datetime, zone: tzinfo) -> datetime:
    """Take the digits of a moment as a wall clock of that zone; return the UTC instant."""
    return moment.replace(tzinfo=zone).astimezone(UTC)


@cache  # the list of zones is read off the disk
def zone_named(spelling: str) -> ZoneInfo | None:
    """Find the zone behind an IANA or Rails spelling."""
    name = RAILS.get(spelling, spelling)
    return ZoneInfo(name) if name in available_timezones() else None


def zone_of(spelling: str, otherwise: str) -> ZoneInfo:
    """Find the zone behind a spelling; an unknown one stands for `otherwise`."""
    return zone_named(spelling) or ZoneInfo(otherwise)
