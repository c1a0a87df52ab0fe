"""What is sent where Punchh reads a start by the business's clocks (facts: punchh §4.4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.campaign_clock import CampaignClock
from connector.domain.timing import Timing, timing
from tests.support.planning import policy, rule

HOUR = timedelta(hours=1)
NOTICE = timedelta(minutes=17)
ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def clock(zone: str | None) -> CampaignClock:
    return CampaignClock(ZoneInfo(zone) if zone else None)


def timed(first: str, now: str, zone: str | None) -> Timing:
    by = policy()
    return timing(
        utc(first),
        rule(),
        replace(by, terms=replace(by.terms, clock=clock(zone))),
        utc(now),
    )


SENT = [
    # zone, the start as meant, as sent, by how much Punchh's notice takes it for earlier
    (None, "2026-03-02 19:36", "2026-03-02 19:36", 0),
    ("America/New_York", "2026-03-02 19:36", "2026-03-02 14:36", 5),
    ("America/New_York", "2026-07-02 19:36", "2026-07-02 15:36", 4),
    ("America/New_York", "2026-11-01 04:59", "2026-11-01 00:59", 4),
    ("America/New_York", "2026-11-01 07:00", "2026-11-01 02:00", 5),
    ("America/New_York", "2026-03-08 06:59", "2026-03-08 01:59", 5),
    ("America/New_York", "2026-03-08 07:00", "2026-03-08 03:00", 4),
    ("Europe/London", "2026-01-10 10:00", "2026-01-10 10:00", 0),
    ("Europe/London", "2026-07-10 10:00", "2026-07-10 11:00", 0),
    ("Pacific/Apia", "2026-07-10 23:00", "2026-07-11 12:00", 0),
]


@pytest.mark.parametrize(("zone", "start", "sent", "hours"), SENT)
def test_what_is_sent_for_a_start(zone: str | None, start: str, sent: str, hours: int) -> None:
    assert clock(zone).sent(utc(start)) == utc(sent)
    assert clock(zone).lag(utc(start)) == hours * HOUR


TWICE = [
    # zone, moment, the latest start until it
    ("America/New_York", "2026-11-01 04:59", "2026-11-01 04:59"),
    ("America/New_York", "2026-11-01 05:00", "2026-11-01 04:59"),  # 01:00, the first time
    ("America/New_York", "2026-11-01 05:30", "2026-11-01 04:59"),
    ("America/New_York", "2026-11-01 06:30", "2026-11-01 04:59"),  # 01:30, the second time
    ("America/New_York", "2026-11-01 06:59", "2026-11-01 04:59"),
    ("America/New_York", "2026-11-01 07:00", "2026-11-01 07:00"),
    ("Europe/London", "2026-10-25 00:30", "2026-10-24 23:59"),
    ("Europe/London", "2026-10-25 01:59", "2026-10-24 23:59"),
    ("Europe/London", "2026-10-25 02:00", "2026-10-25 02:00"),
    ("Australia/Lord_Howe", "2026-04-04 14:45", "2026-04-04 14:29"),  # 01:45, half an hour twice
    ("Australia/Lord_Howe", "2026-04-04 15:29", "2026-04-04 14:29"),
    ("Australia/Lord_Howe", "2026-04-04 15:30", "2026-04-04 15:30"),
]


@pytest.mark.parametrize(("zone", "moment", "until"), TWICE)
def test_a_wall_clock_time_that_comes_twice_is_never_asked_for(
    zone: str, moment: str, until: str
) -> None:
    assert clock(zone).until(utc(moment)) == utc(until)


ACCEPTED = [
    # zone, moment (now and the notice), the earliest start that passes for it
    (None, "2026-11-01 05:30", "2026-11-01 05:30"),
    ("America/New_York", "2026-03-02 10:00", "2026-03-02 15:00"),
    ("America/New_York", "2026-03-02 10:00:01", "2026-03-02 15:01"),
    ("America/New_York", "2026-11-01 00:30", "2026-11-01 04:30"),
    ("America/New_York", "2026-11-01 01:30", "2026-11-01 07:00"),  # not the 01:30s
    ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),  # there is no 02:30
    ("Europe/London", "2026-10-25 00:30", "2026-10-25 02:00"),
    ("Europe/London", "2026-07-10 10:00", "2026-07-10 10:00"),
]


@pytest.mark.parametrize(("zone", "moment", "start"), ACCEPTED)
def test_the_earliest_start_that_punchh_takes(zone: str | None, moment: str, start: str) -> None:
    assert clock(zone).accepted(utc(moment)) == utc(start)


def test_west_of_utc_the_whole_window_lies_earlier_by_the_offset() -> None:
    told = timed("2026-07-02 18:00", "2026-07-02 06:00", "America/New_York")
    assert told.wanted_start == utc("2026-07-02 17:30")
    assert told.opens_at == utc("2026-07-02 11:30")
    assert told.commit_by == utc("2026-07-02 13:38")
    plain = timed("2026-07-02 18:00", "2026-07-02 06:00", None)
    assert plain.opens_at - told.opens_at == plain.commit_by - told.commit_by == 4 * HOUR


def test_east_of_utc_nothing_changes() -> None:
    for zone in ("Europe/London", "Pacific/Apia"):
        told = timed("2026-07-02 18:00", "2026-07-02 06:00", zone)
        assert told == timed("2026-07-02 18:00", "2026-07-02 06:00", None)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001
    lambda one: one.replace(tzinfo=UTC)
)


@given(st.sampled_from(ZONES), moments, moments)
def test_whichever_way_punchh_reads_it_a_start_is_in_time_and_not_too_soon(
    zone: str, first: datetime, now: datetime
) -> None:
    by = policy()
    by = replace(by, terms=replace(by.terms, clock=clock(zone)))
    told = timing(first, rule(), by, now)
    assert told.late == (now > told.commit_by)
    if told.late:
        return
    sent = by.terms.clock.sent(told.start)
    wall = sent.replace(tzinfo=None)
    readings = {wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    assert readings == {told.start}
    assert min(sent, told.start) >= now + NOTICE
    assert told.start <= first - timedelta(minutes=5)
