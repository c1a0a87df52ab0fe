"""Sixty readings of a clock, and what steps of our own do to an offer (all instants in UTC).

Every expected instant was worked out by hand from the offset that the zone has on that day.
"""

from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.policy import allowance
from connector.domain.send import When
from connector.domain.timing import timing
from connector.sources.braze.times import read_when
from tests.support.planning import policy, rule

NY, LONDON = "America/New_York", "Europe/London"
HOWE, APIA = "Australia/Lord_Howe", "Pacific/Apia"
LOCAL, SMART = "local_time_zones", "intelligent_delivery"
FOURTEEN = timedelta(hours=14)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(text: str, kind: str, company: str = NY) -> When:
    return read_when(text, kind, company_zone=company, earliest=FOURTEEN)


def offer(when: When) -> list[datetime]:
    """Return when the window opens, the offer starts, and it must be committed, by the defaults."""
    timed = timing(when.first_delivery, rule(), policy(), when.first_delivery - timedelta(days=9))
    return [timed.opens_at, timed.start, timed.commit_by]


# what is read, by which schedule_type: it fires then; the window opens, the offer starts, commit by
PLAIN = [
    ("the day before the clocks go forward", "2026-03-07 10:00:00", NY,
     "2026-03-07 15:00", "2026-03-07 12:30", "2026-03-07 14:30", "2026-03-07 14:38"),
    ("the day they do, after it", "2026-03-08 10:00:00", NY,
     "2026-03-08 14:00", "2026-03-08 11:30", "2026-03-08 13:30", "2026-03-08 13:38"),
    ("the last minute before the gap", "2026-03-08 01:59:00", NY,
     "2026-03-08 06:59", "2026-03-08 04:29", "2026-03-08 06:29", "2026-03-08 06:37"),
    ("an hour that is skipped: the earlier instant", "2026-03-08 02:00:00", NY,
     "2026-03-08 06:00", "2026-03-08 03:30", "2026-03-08 05:30", "2026-03-08 05:38"),
    ("the middle of the skipped hour", "2026-03-08 02:30:00", NY,
     "2026-03-08 06:30", "2026-03-08 04:00", "2026-03-08 06:00", "2026-03-08 06:08"),
    ("the first minute after the gap", "2026-03-08 03:00:00", NY,
     "2026-03-08 07:00", "2026-03-08 04:30", "2026-03-08 06:30", "2026-03-08 06:38"),
    ("the day before they go back", "2026-10-31 10:00:00", NY,
     "2026-10-31 14:00", "2026-10-31 11:30", "2026-10-31 13:30", "2026-10-31 13:38"),
    ("the day they do, after it", "2026-11-01 10:00:00", NY,
     "2026-11-01 15:00", "2026-11-01 12:30", "2026-11-01 14:30", "2026-11-01 14:38"),
    ("an hour that comes twice: the first", "2026-11-01 01:30:00", NY,
     "2026-11-01 05:30", "2026-11-01 03:00", "2026-11-01 05:00", "2026-11-01 05:08"),
    ("the second, by its offset", "2026-11-01T01:30:00-05:00", NY,
     "2026-11-01 06:30", "2026-11-01 04:00", "2026-11-01 06:00", "2026-11-01 06:08"),
    ("the second, by its abbreviation", "2026-11-01 01:30:00 EST", NY,
     "2026-11-01 06:30", "2026-11-01 04:00", "2026-11-01 06:00", "2026-11-01 06:08"),
    ("the first, by its abbreviation", "2026-11-01 01:30:00 EDT", NY,
     "2026-11-01 05:30", "2026-11-01 03:00", "2026-11-01 05:00", "2026-11-01 05:08"),
    ("the first minute after it", "2026-11-01 02:00:00", NY,
     "2026-11-01 07:00", "2026-11-01 04:30", "2026-11-01 06:30", "2026-11-01 06:38"),
    ("the day before the clocks go forward", "2026-03-28 09:00:00", LONDON,
     "2026-03-28 09:00", "2026-03-28 06:30", "2026-03-28 08:30", "2026-03-28 08:38"),
    ("the day they do, after it", "2026-03-29 09:00:00", LONDON,
     "2026-03-29 08:00", "2026-03-29 05:30", "2026-03-29 07:30", "2026-03-29 07:38"),
    ("an hour that is skipped", "2026-03-29 01:30:00", LONDON,
     "2026-03-29 00:30", "2026-03-28 22:00", "2026-03-29 00:00", "2026-03-29 00:08"),
    ("the first minute after the gap", "2026-03-29 02:00:00", LONDON,
     "2026-03-29 01:00", "2026-03-28 22:30", "2026-03-29 00:30", "2026-03-29 00:38"),
    ("the day before they go back", "2026-10-24 09:00:00", LONDON,
     "2026-10-24 08:00", "2026-10-24 05:30", "2026-10-24 07:30", "2026-10-24 07:38"),
    ("the day they do, after it", "2026-10-25 09:00:00", LONDON,
     "2026-10-25 09:00", "2026-10-25 06:30", "2026-10-25 08:30", "2026-10-25 08:38"),
    ("an hour that comes twice: the first", "2026-10-25 01:30:00", LONDON,
     "2026-10-25 00:30", "2026-10-24 22:00", "2026-10-25 00:00", "2026-10-25 00:08"),
    ("the second, by its abbreviation", "2026-10-25 01:30:00 GMT", LONDON,
     "2026-10-25 01:30", "2026-10-24 23:00", "2026-10-25 01:00", "2026-10-25 01:08"),
    ("the first minute after it", "2026-10-25 02:00:00", LONDON,
     "2026-10-25 02:00", "2026-10-24 23:30", "2026-10-25 01:30", "2026-10-25 01:38"),
    ("half an hour that is skipped", "2026-10-04 02:15:00", HOWE,
     "2026-10-03 15:15", "2026-10-03 12:45", "2026-10-03 14:45", "2026-10-03 14:53"),
    ("the first minute after the gap", "2026-10-04 02:30:00", HOWE,
     "2026-10-03 15:30", "2026-10-03 13:00", "2026-10-03 15:00", "2026-10-03 15:08"),
    ("the last minute before it", "2026-10-04 01:59:00", HOWE,
     "2026-10-03 15:29", "2026-10-03 12:59", "2026-10-03 14:59", "2026-10-03 15:07"),
    ("half an hour that comes twice: the first", "2026-04-05 01:45:00", HOWE,
     "2026-04-04 14:45", "2026-04-04 12:15", "2026-04-04 14:15", "2026-04-04 14:23"),
    ("the second, by its offset", "2026-04-05T01:45:00+10:30", HOWE,
     "2026-04-04 15:15", "2026-04-04 12:45", "2026-04-04 14:45", "2026-04-04 14:53"),
    ("the first minute after it", "2026-04-05 02:00:00", HOWE,
     "2026-04-04 15:30", "2026-04-04 13:00", "2026-04-04 15:00", "2026-04-04 15:08"),
    ("in summer", "2026-01-10 12:00:00", HOWE,
     "2026-01-10 01:00", "2026-01-09 22:30", "2026-01-10 00:30", "2026-01-10 00:38"),
    ("in winter", "2026-07-10 12:00:00", HOWE,
     "2026-07-10 01:30", "2026-07-09 23:00", "2026-07-10 01:00", "2026-07-10 01:08"),
    ("without summer time since 2021", "2026-01-10 12:00:00", APIA,
     "2026-01-09 23:00", "2026-01-09 20:30", "2026-01-09 22:30", "2026-01-09 22:38"),
    ("and so in July", "2026-07-10 12:00:00", APIA,
     "2026-07-09 23:00", "2026-07-09 20:30", "2026-07-09 22:30", "2026-07-09 22:38"),
    ("when it still had it", "2021-01-10 12:00:00", APIA,
     "2021-01-09 22:00", "2021-01-09 19:30", "2021-01-09 21:30", "2021-01-09 21:38"),
    ("an hour that was skipped", "2020-09-27 03:30:00", APIA,
     "2020-09-26 13:30", "2020-09-26 11:00", "2020-09-26 13:00", "2020-09-26 13:08"),
    ("an hour that came twice", "2021-04-04 03:30:00", APIA,
     "2021-04-03 13:30", "2021-04-03 11:00", "2021-04-03 13:00", "2021-04-03 13:08"),
    ("the day before the one that never was", "2011-12-29 12:00:00", APIA,
     "2011-12-29 22:00", "2011-12-29 19:30", "2011-12-29 21:30", "2011-12-29 21:38"),
    ("a whole day that never was: the earlier instant", "2011-12-30 12:00:00", APIA,
     "2011-12-29 22:00", "2011-12-29 19:30", "2011-12-29 21:30", "2011-12-29 21:38"),
    ("the day after it", "2011-12-31 12:00:00", APIA,
     "2011-12-30 22:00", "2011-12-30 19:30", "2011-12-30 21:30", "2011-12-30 21:38"),
    ("the day before a leap day", "2028-02-28 12:00:00", NY,
     "2028-02-28 17:00", "2028-02-28 14:30", "2028-02-28 16:30", "2028-02-28 16:38"),
    ("a leap day", "2028-02-29 12:00:00", NY,
     "2028-02-29 17:00", "2028-02-29 14:30", "2028-02-29 16:30", "2028-02-29 16:38"),
    ("the day after a leap day", "2028-03-01 12:00:00", NY,
     "2028-03-01 17:00", "2028-03-01 14:30", "2028-03-01 16:30", "2028-03-01 16:38"),
    ("midnight of New Year", "2027-01-01 00:00:00", NY,
     "2027-01-01 05:00", "2027-01-01 02:30", "2027-01-01 04:30", "2027-01-01 04:38"),
    ("the last second of 32 bits", "2038-01-19T03:14:07Z", NY,
     "2038-01-19 03:14:07", "2038-01-19 00:44", "2038-01-19 02:44", "2038-01-19 02:52"),
    ("one second later", "2038-01-19T03:14:08Z", NY,
     "2038-01-19 03:14:08", "2038-01-19 00:44", "2038-01-19 02:44", "2038-01-19 02:52"),
    ("summer time after it", "2038-07-01 12:00:00", NY,
     "2038-07-01 16:00", "2038-07-01 13:30", "2038-07-01 15:30", "2038-07-01 15:38"),
    ("winter time after it", "2038-12-01 12:00:00", NY,
     "2038-12-01 17:00", "2038-12-01 14:30", "2038-12-01 16:30", "2038-12-01 16:38"),
    ("an hour that is skipped after it", "2038-03-14 02:30:00", NY,
     "2038-03-14 06:30", "2038-03-14 04:00", "2038-03-14 06:00", "2038-03-14 06:08"),
    ("an hour that comes twice, far away", "2099-11-01 01:30:00", NY,
     "2099-11-01 05:30", "2099-11-01 03:00", "2099-11-01 05:00", "2099-11-01 05:08"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "fires", "opens", "start", "by"),
    [case[1:] for case in PLAIN],
    ids=[f"{case[2]}: {case[0]}" for case in PLAIN],
)
def test_a_send_for_all_at_once(
    text: str, kind: str, fires: str, opens: str, start: str, by: str
) -> None:
    when = read(text, kind)
    assert when.scheduled_for == when.first_delivery == when.last_delivery == utc(fires)
    assert offer(when) == [utc(opens), utc(start), utc(by)]


# what is read, by which schedule_type and company's zone: nominal, first and last message; the
# window opens, the offer starts, commit by
SPREAD = [
    ("a leap day, everywhere", "2028-02-29 11:00:00", LOCAL, NY,
     "2028-02-29 16:00", "2028-02-28 21:00", "2028-02-29 23:00",
     "2028-02-28 18:30", "2028-02-28 20:30", "2028-02-28 20:38"),
    ("a leap day, some time", "2028-02-29 00:00:00", SMART, NY,
     "2028-02-29 05:00", "2028-02-28 10:00", "2028-03-01 12:00",
     "2028-02-28 07:30", "2028-02-28 09:30", "2028-02-28 09:38"),
    ("the first of March after one", "2028-03-01 02:00:00", LOCAL, NY,
     "2028-03-01 07:00", "2028-02-29 12:00", "2028-03-01 14:00",
     "2028-02-29 09:30", "2028-02-29 11:30", "2028-02-29 11:38"),
    ("New Year, everywhere", "2027-01-01 00:30:00", LOCAL, NY,
     "2027-01-01 05:30", "2026-12-31 10:30", "2027-01-01 12:30",
     "2026-12-31 08:00", "2026-12-31 10:00", "2026-12-31 10:08"),
    ("New Year, some time", "2027-01-01 00:00:00", SMART, NY,
     "2027-01-01 05:00", "2026-12-31 10:00", "2027-01-02 12:00",
     "2026-12-31 07:30", "2026-12-31 09:30", "2026-12-31 09:38"),
    ("the day the clocks go forward", "2026-03-08 11:00:00", LOCAL, NY,
     "2026-03-08 15:00", "2026-03-07 21:00", "2026-03-08 23:00",
     "2026-03-07 18:30", "2026-03-07 20:30", "2026-03-07 20:38"),
    ("a skipped hour by company time: the earlier instant", "2026-03-08 02:30:00", LOCAL, NY,
     "2026-03-08 06:30", "2026-03-07 12:30", "2026-03-08 14:30",
     "2026-03-07 10:00", "2026-03-07 12:00", "2026-03-07 12:08"),
    ("the day they go back", "2026-11-01 11:00:00", LOCAL, NY,
     "2026-11-01 16:00", "2026-10-31 21:00", "2026-11-01 23:00",
     "2026-10-31 18:30", "2026-10-31 20:30", "2026-10-31 20:38"),
    ("an hour that comes twice by company time", "2026-11-01 01:30:00", LOCAL, NY,
     "2026-11-01 05:30", "2026-10-31 11:30", "2026-11-01 13:30",
     "2026-10-31 09:00", "2026-10-31 11:00", "2026-10-31 11:08"),
    ("the day the clocks go forward", "2026-03-08 00:00:00", SMART, NY,
     "2026-03-08 05:00", "2026-03-07 10:00", "2026-03-09 12:00",
     "2026-03-07 07:30", "2026-03-07 09:30", "2026-03-07 09:38"),
    ("the day after they went back", "2026-11-02 00:00:00", SMART, NY,
     "2026-11-02 05:00", "2026-11-01 10:00", "2026-11-03 12:00",
     "2026-11-01 07:30", "2026-11-01 09:30", "2026-11-01 09:38"),
    ("for a company in Apia", "2026-06-10 11:00:00", LOCAL, APIA,
     "2026-06-09 22:00", "2026-06-09 21:00", "2026-06-10 23:00",
     "2026-06-09 18:30", "2026-06-09 20:30", "2026-06-09 20:38"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "company", "fires", "first", "last", "opens", "start", "by"),
    [case[1:] for case in SPREAD],
    ids=[f"{case[2]}: {case[0]}" for case in SPREAD],
)
def test_a_send_that_travels_the_zones(
    text: str,
    kind: str,
    company: str,
    fires: str,
    first: str,
    last: str,
    opens: str,
    start: str,
    by: str,
) -> None:
    when = read(text, kind, company)
    assert when.scheduled_for == utc(fires)
    assert (when.first_delivery, when.last_delivery) == (utc(first), utc(last))
    assert offer(when) == [utc(opens), utc(start), utc(by)]


def test_there_are_sixty() -> None:
    assert len(PLAIN) + len(SPREAD) == 60


@pytest.mark.parametrize(
    ("text", "kind"), [("2027-02-29 12:00", NY), ("2100-02-29 12:00", LOCAL), ("2026-04-31", SMART)]
)
def test_a_day_that_is_in_no_calendar_is_refused(text: str, kind: str) -> None:
    with pytest.raises(ValueError, match="time/no-such-day"):
        read(text, kind)


# Our own clock, for a first message at 12:00: what it shows, by how many seconds Punchh's was
# found ahead; the start of a commit made now (None: too late), and commit by.
STEPS = [
    ("right", "2026-11-22 10:00", 0, "2026-11-22 11:30", "2026-11-22 11:38"),
    ("an hour slow, and measured", "2026-11-22 10:00", 3600,
     "2026-11-22 11:30", "2026-11-22 10:38"),
    ("an hour slow, measured, and the lead is short", "2026-11-22 10:20", 3600,
     "2026-11-22 11:37", "2026-11-22 10:38"),
    ("an hour slow, measured, and too late", "2026-11-22 10:39", 3600,
     None, "2026-11-22 10:38"),
    ("an hour fast: it looks too late", "2026-11-22 12:00", 0, None, "2026-11-22 11:38"),
    ("a day slow, and measured", "2026-11-21 10:00", 86400,
     "2026-11-22 11:30", "2026-11-21 11:38"),
    ("a day slow, measured, and too late", "2026-11-21 11:38:01", 86400,
     None, "2026-11-21 11:38"),
    ("a day fast: it looks too late", "2026-11-23 10:00", 0, None, "2026-11-22 11:38"),
    ("a minute and a second slow", "2026-11-22 11:30", 61,
     "2026-11-22 11:49", "2026-11-22 11:36:50"),
    ("four seconds slow: that is noise", "2026-11-22 11:38", 4,
     "2026-11-22 11:55", "2026-11-22 11:38"),
    ("fast by as much as you like, and measured", "2026-11-22 10:00", -3600,
     "2026-11-22 11:30", "2026-11-22 11:38"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "ahead", "start", "by"), [case[1:] for case in STEPS], ids=[case[0] for case in STEPS]
)
def test_what_our_clock_makes_of_an_offer(now: str, ahead: int, start: str | None, by: str) -> None:
    allowed = allowance(timedelta(seconds=ahead))
    timed = timing(utc("2026-11-22 12:00"), rule(), policy(skew=allowed), utc(now))
    assert timed.commit_by == utc(by)
    assert (None if timed.late else timed.start) == (utc(start) if start else None)
