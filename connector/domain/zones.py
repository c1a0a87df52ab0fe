"""Time zones by the names people and vendors give them, and instants out of wall clocks."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from rapidfuzz.distance import OSA

# Names in Ruby on Rails' spelling (ActiveSupport::TimeZone; facts: braze §1) that are the city
# of an IANA zone; the rest of that table follows. Where its versions differ (Astana, the Date
# Line), the zone whose clocks are ahead stands here: an instant may be early, never late.
_CITIES = {
    "Africa": "Cairo, Casablanca, Harare, Monrovia, Nairobi",
    "America": (
        "Asuncion, Bogota, Caracas, Chihuahua, La Paz, Lima, Mazatlan, Mexico City, Monterrey, "
        "Montevideo, Puerto Rico, Santiago, Tijuana"
    ),
    "Asia": (
        "Almaty, Baghdad, Baku, Bangkok, Chongqing, Dhaka, Hong Kong, Irkutsk, Jakarta, "
        "Jerusalem, Kabul, Kamchatka, Karachi, Kathmandu, Kolkata, Krasnoyarsk, Kuala Lumpur, "
        "Kuwait, Magadan, Muscat, Novosibirsk, Rangoon, Riyadh, Seoul, Singapore, Srednekolymsk, "
        "Taipei, Tashkent, Tbilisi, Tehran, Tokyo, Ulaanbaatar, Urumqi, Vladivostok, Yakutsk, "
        "Yerevan"
    ),
    "Atlantic": "Azores",
    "Australia": "Adelaide, Brisbane, Darwin, Hobart, Melbourne, Perth, Sydney",
    "Europe": (
        "Amsterdam, Athens, Belgrade, Berlin, Bratislava, Brussels, Bucharest, Budapest, "
        "Copenhagen, Dublin, Helsinki, Istanbul, Kaliningrad, Lisbon, Ljubljana, London, Madrid, "
        "Minsk, Moscow, Paris, Prague, Riga, Rome, Samara, Sarajevo, Skopje, Sofia, Stockholm, "
        "Tallinn, Vienna, Vilnius, Volgograd, Warsaw, Zagreb, Zurich"
    ),
    "Pacific": "Auckland, Fiji, Guam, Port Moresby",
}
_OTHERS = {
    "Abu Dhabi": "Asia/Muscat",
    "Alaska": "America/Juneau",
    "American Samoa": "Pacific/Pago_Pago",
    "Arizona": "America/Phoenix",
    "Astana": "Asia/Dhaka",
    "Atlantic Time (Canada)": "America/Halifax",
    "Beijing": "Asia/Shanghai",
    "Bern": "Europe/Zurich",
    "Brasilia": "America/Sao_Paulo",
    "Buenos Aires": "America/Argentina/Buenos_Aires",
    "Canberra": "Australia/Melbourne",
    "Cape Verde Is.": "Atlantic/Cape_Verde",
    "Central America": "America/Guatemala",
    "Central Time (US & Canada)": "America/Chicago",
    "Chatham Is.": "Pacific/Chatham",
    "Chennai": "Asia/Kolkata",
    "Eastern Time (US & Canada)": "America/New_York",
    "Edinburgh": "Europe/London",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Georgetown": "America/Guyana",
    "Greenland": "America/Godthab",
    "Guadalajara": "America/Mexico_City",
    "Hanoi": "Asia/Bangkok",
    "Hawaii": "Pacific/Honolulu",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "International Date Line West": "Pacific/Midway",
    "Islamabad": "Asia/Karachi",
    "Kyiv": "Europe/Kiev",
    "Marshall Is.": "Pacific/Majuro",
    "Mid-Atlantic": "Atlantic/South_Georgia",
    "Midway Island": "Pacific/Midway",
    "Mountain Time (US & Canada)": "America/Denver",
    "Mumbai": "Asia/Kolkata",
    "New Caledonia": "Pacific/Noumea",
    "New Delhi": "Asia/Kolkata",
    "Newfoundland": "America/St_Johns",
    "Nuku'alofa": "Pacific/Tongatapu",
    "Osaka": "Asia/Tokyo",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Pretoria": "Africa/Johannesburg",
    "Quito": "America/Lima",
    "Samoa": "Pacific/Apia",
    "Sapporo": "Asia/Tokyo",
    "Saskatchewan": "America/Regina",
    "Solomon Is.": "Pacific/Guadalcanal",
    "Sri Jayawardenepura": "Asia/Colombo",
    "St. Petersburg": "Europe/Moscow",
    "Tokelau Is.": "Pacific/Fakaofo",
    "UTC": "Etc/UTC",
    "Wellington": "Pacific/Auckland",
    "West Central Africa": "Africa/Algiers",
}
RAILS: Mapping[str, str] = {
    city: f"{region}/{city.replace(' ', '_')}"
    for region, cities in _CITIES.items()
    for city in cities.split(", ")
} | _OTHERS

# IANA names that do not say which clocks are meant: EST is a zone without daylight saving time
# there, but people who write EST may well mean New York.
_NO_ZONES = frozenset({"Factory", "EST", "MST", "CET", "MET", "EET", "WET"})

# What people write that is not the name of a zone, or could be several.
_MEANT = {
    "ET, EDT, Eastern, Eastern Time, Eastern Daylight Time": "America/New_York",
    "EST, Eastern Standard Time": "America/New_York America/Panama",
    "CT, CDT, Central, Central Time, Central Daylight Time": "America/Chicago",
    "CST": "America/Chicago America/Regina Asia/Shanghai",
    "Central Standard Time": "America/Chicago America/Regina",
    "MT, MDT, Mountain, Mountain Time, Mountain Daylight Time": "America/Denver",
    "MST, Mountain Standard Time": "America/Denver America/Phoenix",
    "PT, PDT, Pacific, Pacific Time, Pacific Daylight Time": "America/Los_Angeles",
    "Pacific Standard Time": "America/Los_Angeles",
    "PST": "America/Los_Angeles Asia/Manila",
    "AKST, AKDT, AKT, Alaskan Standard Time": "America/Anchorage",
    "HDT, HADT, HAST": "Pacific/Honolulu America/Adak",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "ADT, Atlantic, Atlantic Time": "America/Halifax",
    "AST": "America/Halifax America/Puerto_Rico Asia/Riyadh",
    "Atlantic Standard Time": "America/Halifax America/Puerto_Rico",
    "NST, NDT, Newfoundland Standard Time": "America/St_Johns",
    "BRT": "America/Sao_Paulo",
    "BST": "Europe/London Asia/Dhaka",
    "British Summer Time, GMT Standard Time": "Europe/London",
    "WET": "Europe/Lisbon UTC",
    "WEST": "Europe/Lisbon",
    "CET, MET": "Europe/Berlin Africa/Algiers",
    "CEST, MEST": "Europe/Berlin",
    "EET": "Europe/Athens Africa/Tripoli",
    "EEST": "Europe/Athens",
    "MSK": "Europe/Moscow",
    "IST": "Asia/Kolkata Europe/Dublin Asia/Jerusalem",
    "SAST": "Africa/Johannesburg",
    "GST": "Asia/Dubai",
    "SGT": "Asia/Singapore",
    "HKT": "Asia/Hong_Kong",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "AWST": "Australia/Perth",
    "ACST": "Australia/Adelaide Australia/Darwin",
    "ACDT": "Australia/Adelaide",
    "AEST": "Australia/Sydney Australia/Brisbane",
    "AEDT": "Australia/Sydney",
    "NZST, NZDT": "Pacific/Auckland",
}
# An offset is not a zone: these have it in winter, in summer or all year (hours, minutes).
_BY_OFFSET: Mapping[tuple[int, int], str] = {
    (-12, 0): "Etc/GMT+12",
    (-11, 0): "Pacific/Pago_Pago",
    (-10, 0): "Pacific/Honolulu America/Adak",
    (-9, 0): "America/Anchorage America/Adak Etc/GMT+9",
    (-8, 0): "America/Los_Angeles America/Anchorage Etc/GMT+8",
    (-7, 0): "America/Denver America/Los_Angeles America/Phoenix",
    (-6, 0): "America/Chicago America/Denver America/Regina",
    (-5, 0): "America/New_York America/Chicago Etc/GMT+5",
    (-4, 0): "America/New_York America/Halifax America/Puerto_Rico",
    (-3, -30): "America/St_Johns",
    (-3, 0): "America/Halifax America/Sao_Paulo",
    (-2, -30): "America/St_Johns",
    (0, 0): "UTC Europe/London",
    (1, 0): "Europe/Berlin Europe/London Africa/Lagos",
    (2, 0): "Europe/Athens Europe/Berlin Africa/Johannesburg",
    (3, 0): "Europe/Moscow Europe/Athens Asia/Riyadh",
    (3, 30): "Asia/Tehran",
    (4, 0): "Asia/Dubai",
    (4, 30): "Asia/Kabul",
    (5, 0): "Asia/Karachi Asia/Tashkent",
    (5, 30): "Asia/Kolkata",
    (5, 45): "Asia/Kathmandu",
    (6, 0): "Asia/Dhaka",
    (7, 0): "Asia/Bangkok Asia/Jakarta",
    (8, 0): "Asia/Singapore Asia/Shanghai Australia/Perth",
    (9, 0): "Asia/Tokyo Asia/Seoul",
    (9, 30): "Australia/Adelaide Australia/Darwin",
    (10, 0): "Australia/Sydney Australia/Brisbane",
    (10, 30): "Australia/Adelaide Australia/Lord_Howe",
    (11, 0): "Australia/Sydney Pacific/Noumea",
    (12, 0): "Pacific/Auckland Pacific/Fiji",
    (12, 45): "Pacific/Chatham",
    (13, 0): "Pacific/Auckland Pacific/Tongatapu",
    (14, 0): "Pacific/Kiritimati",
}
_OFFSET_BEFORE = re.compile(r"^\((?:GMT|UTC)[+-]\d\d:\d\d\) ")
_OFFSET = re.compile(r"\(?(?:GMT|UTC)? ?([+-])(\d\d?)(?::?(\d\d))?\)?", re.ASCII)
_LEAST_FOR_A_TYPO = 8  # letters: shorter names differ by one letter too easily


@lru_cache(maxsize=1)
def _iana() -> frozenset[str]:
    """Return the IANA names of the tzdata package; systems add names of their own to them."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    """Return IANA keys by case-folded spelling; an IANA name outranks the same Rails name."""
    rails = {name.casefold(): key for name, key in RAILS.items()}
    return rails | {key.casefold(): key for key in _iana() - _NO_ZONES}


def find(name: str) -> ZoneInfo | None:
    """Return the zone of that name, or None: an unknown or ambiguous name is never guessed at.

    Takes IANA names and Rails names (`Eastern Time (US & Canada)`, also with the offset that
    Rails prints before them) in any case.
    """
    key = _known().get(_OFFSET_BEFORE.sub("", name.strip()).casefold())
    return ZoneInfo(key) if key else None


def candidates(name: str) -> tuple[str, ...]:
    """Return the zones that a name refused by `find` may stand for, () if unknown.

    They come from a table, or differ from the name by one letter or by spaces only: a similar name
    can be hours away.
    """
    plain = _OFFSET_BEFORE.sub("", name.replace("\N{MINUS SIGN}", "-").strip())
    folded = " ".join(plain.split()).casefold()
    if meant := _meant().get(folded):
        return meant
    if match := _OFFSET.fullmatch(folded.upper()):
        sign = -1 if match[1] == "-" else 1
        offset = (sign * int(match[2]), sign * int(match[3] or 0))
        return tuple(_BY_OFFSET.get(offset, "").split())
    return _misspelled(_squeezed(folded))


@lru_cache(maxsize=1)
def _meant() -> Mapping[str, tuple[str, ...]]:
    return {
        name.casefold(): tuple(keys.split())
        for names, keys in _MEANT.items()
        for name in names.split(", ")
    }


def _misspelled(name: str) -> tuple[str, ...]:
    """Return the zones whose city this is, or whose whole name but for spaces or one letter."""
    places = {
        key: _squeezed(key)
        for key in sorted(_iana() - _NO_ZONES)
        if "/" in key and not key.startswith(("Etc/", "SystemV/"))
    }
    cities = tuple(key for key in places if _squeezed(key.rpartition("/")[2]) == name)
    if cities or len(name) < _LEAST_FOR_A_TYPO:
        return cities[:3]
    near = {key: OSA.distance(name, place, score_cutoff=1) for key, place in places.items()}
    nearest = min(near.values())
    return tuple(key for key, away in near.items() if away == nearest <= 1)[:3]


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def spelled(key: str) -> str:
    """Spell a zone for a list to choose from, with its offset if its clocks never change."""
    zone = ZoneInfo(key)
    winter, summer = (datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))
    if winter is None or winter != summer:
        return key
    minutes = winter // timedelta(minutes=1)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"{key} (UTC{sign}{hours}{f':{rest:02d}' if rest else ''} all year)"


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (aware, UTC) at which the zone's clocks show a naive wall time.

    Of an hour that comes twice the first is meant; an hour that a clock skips is read with the
    offset that gives the earlier instant. So the result may be early and is never late.
    """
    return min(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def oddity(wall: datetime, zone: ZoneInfo) -> str:
    """Return `repeated` or `skipped` for a naive wall time that clocks show twice, or never."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return ""
    there = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
    return "repeated" if there else "skipped"
