"""The check of the first day that no document answers: by which clock Punchh starts a campaign."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.domain import zones
from connector.domain.reasons import span

HOUR = timedelta(hours=1)
AHEAD = 3 * HOUR  # time to set the test up, and for its commit window

SAME = (
    "Today the clocks of {} show UTC, so both readings are the same. Set campaign_clock = "
    '"utc", and go through these steps again before the clocks change.'
)
GUEST = (
    "1. In Punchh, make a segment with one test guest in it, and choose a redeemable that may be "
    "given away."
)
COPY = (
    "2. Copy the configuration to a file of its own, with a ledger and a mappings folder of its "
    'own and campaign_clock = "utc". Let its one rule claim one test send, by `id:`, for that '
    "segment and redeemable, with `lead_time: 30m`."
)
SEND = (
    "3. Schedule that send, to yourself alone, 30 minutes after the time at which its offer is to "
    "start: {} ({} UTC)."
)
RUN = (
    "4. With that configuration: `connector init`, `connector live --nothing-given-yet`, "
    "`connector run`. `connector ledger list` then shows the offer as committed."
)
WATCH = (
    "5. Watch the test guest's account. If the offer comes {}, the setting is "
    'campaign_clock = "utc"; if it comes {}, {}, it is "business".'
)


def campaign_clock_steps(zone: ZoneInfo, now: datetime) -> tuple[str, ...]:
    """Return the steps by which a person finds out what `punchh.campaign_clock` must be.

    Punchh may start a campaign at the instant it is given, or when the business's clocks show
    these digits (facts: punchh §4.4, zone hazard). `now` is aware; the steps name the two moments
    to look at in the business's zone.
    """
    offset = now.astimezone(zone).utcoffset() or timedelta()
    start = _whole_hour(now + AHEAD + max(timedelta(), offset))
    by_wall = zones.instant(start.replace(tzinfo=None), zone)
    if by_wall == start:
        return (SAME.format(zone.key),)
    apart = f"{span(abs(by_wall - start))} {'later' if by_wall > start else 'earlier'}"
    when = SEND.format(_at(start, zone), f"{start:%H:%M}")
    return (GUEST, COPY, when, RUN, WATCH.format(_at(start, zone), apart, _at(by_wall, zone)))


def _whole_hour(moment: datetime) -> datetime:
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + HOUR


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b at %H:%M %Z}"
