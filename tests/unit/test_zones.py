from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import zones

zones.find("UTC")  # the table of names is read once: not within an example's deadline
WALLS = st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1))  # noqa: DTZ001  wall clocks
ZONES = st.sampled_from(
    ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"]
).map(ZoneInfo)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("America/New_York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        (" Europe/London ", "Europe/London"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("eastern time (us & canada)", "America/New_York"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("Indiana (East)", "America/Indiana/Indianapolis"),
        ("Nuku'alofa", "Pacific/Tongatapu"),
        ("St. Petersburg", "Europe/Moscow"),
        ("Kyiv", "Europe/Kiev"),
        ("Hong Kong", "Asia/Hong_Kong"),
        ("Hawaii", "Pacific/Honolulu"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_found_by_either_spelling(name: str, key: str) -> None:
    assert zones.find(name) == ZoneInfo(key)


@pytest.mark.parametrize(
    "name",
    ["", " ", "Eastern", "EDT", "New York", "../etc/passwd", "/UTC", "Factory", "localtime",
     "Eastern Standard Time", "America/New York", "America/", "date", "\0"],
)  # fmt: skip
def test_an_unknown_zone_is_not_guessed(name: str) -> None:
    assert zones.find(name) is None


@pytest.mark.parametrize("name", ["EST", "est", "MST", "CET", "MET", "EET", "WET"])
def test_a_name_without_a_word_on_daylight_saving_time_is_no_zone(name: str) -> None:
    assert zones.find(name) is None
    assert len(zones.candidates(name)) == 2


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EST", ("America/New_York", "America/Panama")),
        ("eastern  time", ("America/New_York",)),
        ("MST", ("America/Denver", "America/Phoenix")),
        ("(GMT-08:00) Pacific Time", ("America/Los_Angeles",)),
        ("PDT", ("America/Los_Angeles",)),
        ("CST", ("America/Chicago", "America/Regina", "Asia/Shanghai")),
        ("IST", ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem")),
        *(
            (offset, ("America/New_York", "America/Chicago", "Etc/GMT+5"))
            for offset in ("GMT-5", "UTC-5", "utc \N{MINUS SIGN}05:00", "-0500", "(GMT-05:00)")
        ),
        ("GMT+5", ("Asia/Karachi", "Asia/Tashkent")),
        ("UTC+5:30", ("Asia/Kolkata",)),
        ("UTC+0", ("UTC", "Europe/London")),
        ("GMT+15", ()),
        ("New York", ("America/New_York",)),
        ("America/New York", ("America/New_York",)),
        ("America/NewYork", ("America/New_York",)),
        ("Amercia/New_York", ("America/New_York",)),
        ("Europe/Berlinn", ("Europe/Berlin",)),
        ("America/Kansas_City", ()),
        ("localtime", ()),
        ("Factory", ()),
        ("posix/America/New_York", ()),
        ("", ()),
        ("GTM", ()),
        ("x" * 100_000, ()),
    ],
)
def test_what_a_name_may_mean_comes_from_a_table(name: str, meant: tuple[str, ...]) -> None:
    assert zones.find(name) is None
    assert zones.candidates(name) == meant


def _offsets(key: str) -> set[timedelta | None]:
    zone = ZoneInfo(key)
    return {datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}


def test_each_zone_in_the_tables_can_be_written_and_has_the_offset_it_stands_for() -> None:
    for (hours, minutes), keys in zones._BY_OFFSET.items():
        for key in keys.split():
            assert timedelta(hours=hours, minutes=minutes) in _offsets(key), key
    for keys in [*zones._MEANT.values(), *zones._BY_OFFSET.values()]:
        assert 1 <= len(keys.split()) <= 3
        assert all(zones.find(key) == ZoneInfo(key) for key in keys.split())


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("America/New_York", "America/New_York"),
        ("Etc/GMT+5", "Etc/GMT+5 (UTC-5 all year)"),
        ("Asia/Kolkata", "Asia/Kolkata (UTC+5:30 all year)"),
        ("UTC", "UTC (UTC+0 all year)"),
    ],
)
def test_a_zone_to_choose_says_where_its_clocks_never_change(key: str, text: str) -> None:
    assert zones.spelled(key) == text


def test_every_rails_name_has_a_zone() -> None:
    assert len(zones.RAILS) > 150
    assert all(zones.find(name) is not None for name in zones.RAILS)


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        ("America/New_York", "2026-01-15 11:00", "2026-01-15 16:00"),
        ("America/New_York", "2026-07-15 11:00", "2026-07-15 15:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),  # twice: the first
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 06:30"),  # never: the earlier
        ("America/New_York", "2026-03-08 03:00", "2026-03-08 07:00"),
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),
        ("Europe/London", "2026-03-29 01:30", "2026-03-29 00:30"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),  # half an hour twice
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:15"),
        ("Asia/Kathmandu", "2026-06-01 00:00", "2026-05-31 18:15"),
        ("Pacific/Kiritimati", "2026-06-01 00:00", "2026-05-31 10:00"),
    ],
)
def test_a_wall_clock_time_becomes_the_earlier_instant(
    zone: str, local: str, expected: str
) -> None:
    assert zones.instant(wall(local), ZoneInfo(zone)) == wall(expected).replace(tzinfo=UTC)


@given(WALLS, ZONES)
def test_an_instant_is_never_later_than_any_reading(local: datetime, zone: ZoneInfo) -> None:
    found = zones.instant(local, zone)
    assert found.utcoffset() == timedelta()
    for fold in (0, 1):
        assert found <= local.replace(tzinfo=zone, fold=fold)


@given(WALLS, ZONES)
def test_later_walls_are_at_most_a_clock_change_earlier(local: datetime, zone: ZoneInfo) -> None:
    steps = [zones.instant(local + timedelta(minutes=n), zone) for n in range(0, 180, 30)]
    assert all(later - before >= timedelta(hours=-1) for before, later in pairwise(steps))
