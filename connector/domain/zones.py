"""Time zones by the names people and vendors give them, and instants out of wall clocks."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

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

_NO_ZONES = frozenset({"Factory", "localtime"})
_OFFSET_BEFORE = re.compile(r"^\((?:GMT|UTC)[+-]\d\d:\d\d\) ")


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    """Return IANA keys by case-folded spelling; an IANA name outranks the same Rails name."""
    rails = {name.casefold(): key for name, key in RAILS.items()}
    return rails | {key.casefold(): key for key in available_timezones() - _NO_ZONES}


def find(name: str) -> ZoneInfo | None:
    """Return the zone of that name, or None: an unknown name is never guessed at.

    Takes IANA names and Rails names (`Eastern Time (US & Canada)`, also with the offset that
    Rails prints before them) in any case.
    """
    key = _known().get(_OFFSET_BEFORE.sub("", name.strip()).casefold())
    return ZoneInfo(key) if key else None


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
