"""When a Braze send fires: `next_send_time` in every dialect it may be written in.

Braze's pages contradict each other about the form (facts: braze §1), so all of them are read,
and whatever leaves a doubt that could make an offer late is an error.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.domain import zones
from connector.domain.reasons import Reason, reason
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
    """A time that cannot be read without guessing; `why` says what is wrong with it."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.key)
        self.why = why


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
    company = _zone(company_zone, "timezone")
    spread = _SPREADS.get(kind.casefold(), Spread.INSTANT)
    if dated and spread is not Spread.INTELLIGENT:
        raise UnreadableTimeError(reason("time/date-only"))
    if spread is not Spread.INSTANT:
        when = _spread(text, _readings(wall, suffix), spread, company, earliest)
    else:
        when = _plain(text, wall, suffix, kind, company)
    return replace(when, last_delivery=(when.last_delivery or when.first_delivery) + tail)


def _wall_and_suffix(text: str) -> tuple[datetime, str, bool]:
    found = _TEXT.fullmatch(text.strip())
    if not found:
        raise UnreadableTimeError(reason("time/not-a-time", like="2026-03-01 15:00:00"))
    *numbers, suffix = found.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    if year not in _YEARS:
        raise UnreadableTimeError(reason("time/year", year=year))
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  a wall clock
    except ValueError:
        raise UnreadableTimeError(reason("time/no-such-day")) from None
    return wall, (suffix or "").strip(), numbers[3] is None


def _zone(name: str, key: str) -> ZoneInfo:
    zone = zones.find(name)
    if zone is not None:
        return zone
    match zones.candidates(name):
        case []:
            why = reason("time/zone", field=key, zone=name[:60])
        case [only]:
            why = reason("time/zone-meant", field=key, zone=name[:60], meant=only)
        case several:
            why = reason("time/zone-ambiguous", field=key, zone=name[:60], meant=several)
    raise UnreadableTimeError(why)


def _is_offset(suffix: str) -> bool:
    return suffix.upper() in ("Z", "UTC", "GMT") or _OFFSET.fullmatch(suffix) is not None


def _offset(suffix: str) -> timedelta:
    found = _OFFSET.fullmatch(suffix)
    if found is None:
        return timedelta()
    length = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    offset = -length if found[1] == "-" else length
    if not _WESTMOST <= offset <= _EASTMOST:
        raise UnreadableTimeError(reason("time/offset", offset=suffix))
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
        zone = scheduled.key if scheduled else told
        key = "reading/offset-over-type" if kind else "reading/offset"
        by_offset = reason(key, offset=told, kind=kind[:60])
        return When(moment, moment, text, zone, reading=by_offset)
    named = _zone(kind, "schedule_type") if kind else None
    if not suffix:
        zone_, key = (named, "reading/type") if named else (company, "reading/company")
        moment = zones.instant(wall, zone_)
        by_zone = reason(key, zone=zone_.key, kind=kind[:60])
        if odd := zones.oddity(wall, zone_):
            by_zone = reason(f"reading/{odd}", reading=by_zone)
        return When(moment, moment, text, zone_.key, reading=by_zone)
    moment, zone_ = _stated(wall, suffix, named)
    return When(
        moment, moment, text, zone_.key, reading=reason("reading/suffix", suffix=suffix[:60])
    )


def _stated(wall: datetime, suffix: str, named: ZoneInfo | None) -> tuple[datetime, ZoneInfo]:
    """Return the instant by the zone that stands behind the time, as a name or abbreviation."""
    stated = zones.find(suffix)
    if stated is None or stated.key.isupper():
        return _abbreviated(wall, suffix, named)
    moment = zones.instant(wall, stated)
    if named is not None and zones.instant(wall, named) != moment:
        raise UnreadableTimeError(reason("time/two-zones", stated=stated.key, named=named.key))
    return moment, stated


def _abbreviated(wall: datetime, suffix: str, named: ZoneInfo | None) -> tuple[datetime, ZoneInfo]:
    """Read `EDT` and its like: many zones share one, so only the schedule's own is taken."""
    if named is not None:
        for fold in (0, 1):
            reading = wall.replace(tzinfo=named, fold=fold)
            if reading.tzname() == suffix.upper():
                return reading.astimezone(UTC), named
    raise UnreadableTimeError(reason("time/abbreviation", suffix=suffix[:60]))


def _readings(wall: datetime, suffix: str) -> list[datetime]:
    """Return the wall time as it stands and, where it has an offset, as UTC shows it."""
    if _is_offset(suffix):
        return [wall, wall - _offset(suffix)]
    if suffix and not _ABBREVIATION.fullmatch(suffix) and zones.find(suffix) is None:
        raise UnreadableTimeError(reason("time/suffix", suffix=suffix[:60]))
    return [wall]


def _spread(
    text: str, readings: list[datetime], spread: Spread, company: ZoneInfo, earliest: timedelta
) -> When:
    length = timedelta()
    if spread is Spread.INTELLIGENT:
        readings = [datetime.combine(reading, time.min) for reading in readings]
        length = timedelta(days=1)
    nominal = zones.instant(readings[0], company)
    first = min(readings).replace(tzinfo=UTC) - earliest
    last = max(readings).replace(tzinfo=UTC) + length - _WESTMOST
    told = reason(
        f"reading/{spread.value}",
        first=_spelled(earliest),
        last=_spelled(_WESTMOST),
        zone=company.key,
    )
    if readings[1:]:
        told = reason("reading/two", reading=told)
    # A guest without a zone gets the message by company time (facts: braze §6.2).
    first, last = min(first, nominal), max(last, nominal)
    return When(nominal, first, text, company.key, spread, last, told)
