"""When a Braze send fires: `next_send_time` in every dialect it may be written in.

Braze's pages contradict each other about the form (facts: braze §1), so all of them are read,
and whatever leaves a doubt that could make an offer late is an error.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.domain import zones
from connector.domain.send import Spread, When

_TEXT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?: ?(\S.*))?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d\d)(?::?([0-5]\d))?", re.ASCII)
_ABBREVIATION = re.compile(r"[A-Z]{3,5}")
_EASTMOST, _WESTMOST = timedelta(hours=14), timedelta(hours=-12)
_YEARS = range(2000, 2200)
_SPREADS = {"local_time_zones": Spread.LOCAL, "intelligent_delivery": Spread.INTELLIGENT}


class UnreadableTimeError(ValueError):
    """A time that cannot be read without guessing; the text says what is wrong with it."""


def read_when(
    text: str,
    schedule_type: str | None,
    *,
    company_zone: str,
    earliest: timedelta,
    tail: timedelta = timedelta(),
) -> When:
    """Read `next_send_time`; UnreadableTimeError where it leaves a doubt.

    A plain schedule (facts: braze §6.1): an offset in the text wins; otherwise the zone that
    `schedule_type` names counts, and only where the text and `schedule_type` name none the
    company's zone. A wall clock time that comes twice is read as the first.

    `local_time_zones` (§6.2): the wall time T in every guest's zone. First delivery is T read
    as UTC minus `earliest`, the first offset a guest can have, the last T plus 12 h; nominal is T
    by company time. `intelligent_delivery` (§6.3): only the day D is known. First delivery is
    D 00:00 at `earliest`, the last D 24:00 at UTC-12; nominal is D 00:00 by company time. A suffix
    has no meaning with these two: the earlier of both readings, with and without it, gives the
    first delivery, the later one the last. `tail` is how much later a last message may come
    (§6.4: the winning variant of an A/B test).
    """
    wall, suffix, dated = _wall_and_suffix(text)
    kind = (schedule_type or "").strip()
    company = _zone(company_zone, "the source's timezone")
    spread = _SPREADS.get(kind.casefold(), Spread.INSTANT)
    if dated and spread is not Spread.INTELLIGENT:
        raise UnreadableTimeError("it has a date and no time of day")
    if spread is not Spread.INSTANT:
        when = _spread(text, _readings(wall, suffix), spread, company, earliest)
    else:
        when = _plain(text, wall, suffix, kind, company)
    return replace(when, last_delivery=(when.last_delivery or when.first_delivery) + tail)


def _wall_and_suffix(text: str) -> tuple[datetime, str, bool]:
    found = _TEXT.fullmatch(text.strip())
    if not found:
        raise UnreadableTimeError("it is not a time like 2026-03-01 15:00:00")
    *numbers, suffix = found.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    if year not in _YEARS:
        raise UnreadableTimeError(f"the year {year} cannot be meant")
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  a wall clock
    except ValueError:
        raise UnreadableTimeError("there is no such day or time of day") from None
    return wall, (suffix or "").strip(), numbers[3] is None


def _zone(name: str, key: str) -> ZoneInfo:
    zone = zones.find(name)
    if zone is not None:
        return zone
    spelled = f"{key} “{name[:60]}”"
    match zones.candidates(name):
        case []:
            raise UnreadableTimeError(f"{spelled} is no time zone that we know")
        case [only]:
            raise UnreadableTimeError(f"{spelled} is no time zone that we know; it may mean {only}")
        case several:
            raise UnreadableTimeError(
                f"{spelled} can be read as {' or '.join(several)}, with or without summer time"
            )


def _is_offset(suffix: str) -> bool:
    return suffix.upper() in ("Z", "UTC", "GMT") or _OFFSET.fullmatch(suffix) is not None


def _offset(suffix: str) -> timedelta:
    found = _OFFSET.fullmatch(suffix)
    if found is None:
        return timedelta()
    length = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    offset = -length if found[1] == "-" else length
    if not _WESTMOST <= offset <= _EASTMOST:
        raise UnreadableTimeError(f"no place on earth has the offset {suffix}")
    return offset


def _spelled(offset: timedelta) -> str:
    if not offset:
        return "UTC"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def _plain(text: str, wall: datetime, suffix: str, kind: str, company: ZoneInfo) -> When:
    """Read one instant for all, and say what gave it."""
    if _is_offset(suffix):
        offset = _offset(suffix)
        moment, told = wall.replace(tzinfo=UTC) - offset, _spelled(offset)
        scheduled = zones.find(kind) if kind else None
        aside = f", and not schedule_type “{kind[:60]}”" if kind else ""
        zone = scheduled.key if scheduled else told
        return When(moment, moment, text, zone, reading=f"its own offset counts, {told}{aside}")
    named = _zone(kind, "schedule_type") if kind else None
    if not suffix:
        by_type = f"schedule_type “{kind[:60]}”"
        zone_, why = (named, by_type) if named else (company, "the source's timezone")
        moment = zones.instant(wall, zone_)
        told = f"the clocks of {zone_.key} count ({why})"
        odd = zones.oddity(wall, zone_)
        return When(moment, moment, text, zone_.key, reading=f"{told}; {odd}" if odd else told)
    moment, zone_ = _stated(wall, suffix, named)
    return When(moment, moment, text, zone_.key, reading=f"it says “{suffix[:60]}”")


def _stated(wall: datetime, suffix: str, named: ZoneInfo | None) -> tuple[datetime, ZoneInfo]:
    """Return the instant by the zone that stands behind the time, as a name or abbreviation."""
    stated = zones.find(suffix)
    if stated is None or stated.key.isupper():
        return _abbreviated(wall, suffix, named)
    moment = zones.instant(wall, stated)
    if named is not None and zones.instant(wall, named) != moment:
        raise UnreadableTimeError(f"it says {stated.key}, and schedule_type says {named.key}")
    return moment, stated


def _abbreviated(wall: datetime, suffix: str, named: ZoneInfo | None) -> tuple[datetime, ZoneInfo]:
    """Read `EDT` and its like: many zones share one, so only the schedule's own is taken."""
    if named is not None:
        for fold in (0, 1):
            reading = wall.replace(tzinfo=named, fold=fold)
            if reading.tzname() == suffix.upper():
                return reading.astimezone(UTC), named
    raise UnreadableTimeError(f"“{suffix[:60]}” is no offset, and not the schedule's own zone")


def _readings(wall: datetime, suffix: str) -> list[datetime]:
    """Return the wall time as it stands and, where it has an offset, as UTC shows it."""
    if _is_offset(suffix):
        return [wall, wall - _offset(suffix)]
    if suffix and not _ABBREVIATION.fullmatch(suffix) and zones.find(suffix) is None:
        raise UnreadableTimeError(f"nobody knows what “{suffix[:60]}” says of the time")
    return [wall]


def _spread(
    text: str, readings: list[datetime], spread: Spread, company: ZoneInfo, earliest: timedelta
) -> When:
    length, what = timedelta(), "that wall clock in every guest's own zone"
    if spread is Spread.INTELLIGENT:
        readings = [datetime.combine(reading, time.min) for reading in readings]
        length, what = timedelta(days=1), "each guest's best time on that day, in the guest's zone"
    nominal = zones.instant(readings[0], company)
    first = min(readings).replace(tzinfo=UTC) - earliest
    last = max(readings).replace(tzinfo=UTC) + length - _WESTMOST
    several = "; it also has an offset, so the earlier reading counts" if readings[1:] else ""
    told = (
        f"schedule_type says {what}, the first at {_spelled(earliest)} (earliest_offset), the last "
        f"at {_spelled(_WESTMOST)}; nominal by {company.key} (the source's timezone){several}"
    )
    # A guest without a zone gets the message by company time (facts: braze §6.2).
    first, last = min(first, nominal), max(last, nominal)
    return When(nominal, first, text, company.key, spread, last, told)
