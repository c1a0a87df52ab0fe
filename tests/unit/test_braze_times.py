from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.domain import zones
from connector.domain.send import Spread, When
from connector.sources.braze.times import UnreadableTimeError, read_when
from tests.support.words import in_words

NY = "America/New_York"
EASTERN = "Eastern Time (US & Canada)"
LOCAL = "local_time_zones"
SMART = "intelligent_delivery"


def read(
    text: str, kind: str | None, company: str = NY, earliest: float = 14, tail: float = 0
) -> When:
    return read_when(
        text,
        kind,
        company_zone=company,
        earliest=timedelta(hours=earliest),
        tail=timedelta(hours=tail),
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


PLAIN = [
    # text, schedule_type, expected instant, zone whose clocks the schedule follows
    ("2025-06-10 11:00:00", NY, "2025-06-10 15:00", NY),
    ("2025-06-10T11:00:00", NY, "2025-06-10 15:00", NY),
    ("2025-06-10 11:00", NY, "2025-06-10 15:00", NY),
    ("2025-06-10T11:00:30.250", NY, "2025-06-10 15:00:30", NY),
    ("2025-06-10T11:00:30,25", NY, "2025-06-10 15:00:30", NY),
    (" 2025-06-10 11:00:00 ", NY, "2025-06-10 15:00", NY),
    ("2025-01-10 11:00:00", NY, "2025-01-10 16:00", NY),
    ("2025-06-10 11:00:00", EASTERN, "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00", "america/new_york", "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00", "Pacific Time (US & Canada)", "2025-06-10 18:00",
     "America/Los_Angeles"),
    ("2025-06-10 11:00:00", "London", "2025-06-10 10:00", "Europe/London"),
    ("2025-06-10 11:00:00", "UTC", "2025-06-10 11:00", "UTC"),
    # neither the text nor schedule_type names a zone: the company's
    ("2025-06-10 11:00:00", None, "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00", "", "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00", "  ", "2025-06-10 15:00", NY),
    # an offset in the text wins
    ("2025-06-10T11:00:00Z", NY, "2025-06-10 11:00", NY),
    ("2025-06-10T11:00:00z", EASTERN, "2025-06-10 11:00", NY),
    ("2025-06-10 11:00:00 UTC", NY, "2025-06-10 11:00", NY),
    ("2025-06-10 11:00:00 GMT", "Europe/London", "2025-06-10 11:00", "Europe/London"),
    ("2025-06-10T11:00:00+02:00", NY, "2025-06-10 09:00", NY),
    ("2025-06-10T11:00:00-0400", NY, "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00 -0400", NY, "2025-06-10 15:00", NY),
    ("2025-06-10T11:00:00-04", None, "2025-06-10 15:00", "-04:00"),
    ("2025-06-10T11:00:00+05:45", NY, "2025-06-10 05:15", NY),
    ("2025-06-10T11:00:00-00:00", "EST", "2025-06-10 11:00", "UTC"),
    ("2025-06-10T11:00:00+14:00", None, "2025-06-09 21:00", "+14:00"),
    ("2025-06-10T11:00:00-12:00", None, "2025-06-10 23:00", "-12:00"),
    ("2025-06-10T11:00:00-04:00", "Somewhere Else", "2025-06-10 15:00", "-04:00"),
    # an abbreviation is taken when it is the schedule's own at that time
    ("2025-06-10 11:00:00 EDT", NY, "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00 EDT", EASTERN, "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00 edt", NY, "2025-06-10 15:00", NY),
    ("2025-01-10 11:00:00 EST", NY, "2025-01-10 16:00", NY),
    ("2025-06-10 11:00:00 BST", "Europe/London", "2025-06-10 10:00", "Europe/London"),
    ("2025-06-10 11:00:00 CEST", "Europe/Berlin", "2025-06-10 09:00", "Europe/Berlin"),
    # a zone's name after the time
    ("2025-06-10 11:00:00 America/Chicago", None, "2025-06-10 16:00", "America/Chicago"),
    (f"2025-06-10 11:00:00 {EASTERN}", NY, "2025-06-10 15:00", NY),
    ("2025-06-10 11:00:00 America/Toronto", NY, "2025-06-10 15:00", "America/Toronto"),
    # the hour that comes twice: the first, unless the abbreviation or the offset says which
    ("2026-11-01 01:30:00", NY, "2026-11-01 05:30", NY),
    ("2026-11-01 01:30:00 EDT", NY, "2026-11-01 05:30", NY),
    ("2026-11-01 01:30:00 EST", NY, "2026-11-01 06:30", NY),
    ("2026-11-01 01:30:00-05:00", NY, "2026-11-01 06:30", NY),
    ("2026-10-25 01:30:00", "Europe/London", "2026-10-25 00:30", "Europe/London"),
    ("2026-10-25 01:30:00 BST", "Europe/London", "2026-10-25 00:30", "Europe/London"),
    ("2026-04-05 01:45:00", "Australia/Lord_Howe", "2026-04-04 14:45", "Australia/Lord_Howe"),
    # the hour that is skipped: the earlier reading
    ("2026-03-08 02:30:00", NY, "2026-03-08 06:30", NY),
    ("2026-03-29 01:30:00", "Europe/London", "2026-03-29 00:30", "Europe/London"),
    ("2026-10-04 02:15:00", "Australia/Lord_Howe", "2026-10-03 15:15", "Australia/Lord_Howe"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "expected", "zone"), PLAIN)
def test_a_plain_time_is_read_in_every_dialect(
    text: str, kind: str | None, expected: str, zone: str
) -> None:
    moment, found = utc(expected), read(text, kind)
    assert found == When(moment, moment, text, zone, Spread.INSTANT, moment, found.reading)


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("", NY, "not a time"),
        ("soon", NY, "not a time"),
        ("10/06/2025 11:00", NY, "not a time"),
        ("1749553200", NY, "not a time"),
        ("2025-6-10 11:00", NY, "not a time"),
        ("2025-06-10 11", NY, "not a time"),
        ("2025-06-101", SMART, "not a time"),
        ("2025-06-10 12:30 AM", LOCAL, "nobody knows"),
        ("2025-06-10 12:30:00 noon", SMART, "nobody knows"),
        ("\u0662025-06-10 11:00", NY, "not a time"),
        ("Tue, 10 Jun 2025 11:00:00 EDT", NY, "not a time"),
        ("2025-06-10", NY, "no time of day"),
        ("2025-06-10", LOCAL, "no time of day"),
        ("2025-02-30 11:00", NY, "no such day"),
        ("2025-13-01 11:00", NY, "no such day"),
        ("2025-06-10 24:00", NY, "no such day"),
        ("2025-06-10 11:00:60", NY, "no such day"),
        ("0001-01-01 00:00:00", NY, "year"),
        ("9999-12-31 23:59:59", LOCAL, "year"),
        ("2025-06-10 11:00:00+15:00", NY, "no place on earth"),
        ("2025-06-10 11:00:00-13:00", NY, "no place on earth"),
        ("2025-06-10 11:00:00", "Somewhere", "no time zone"),
        ("2025-06-10 11:00:00", "date", "no time zone"),
        ("2025-06-10 11:00:00", "EST", "summer time"),
        ("2025-06-10 11:00:00", "CET", "summer time"),
        ("2025-06-10 11:00:00 EST", NY, "no offset"),  # in June it is EDT
        ("2025-06-10 11:00:00 PDT", NY, "no offset"),
        ("2025-06-10 11:00:00 EDT", None, "no offset"),
        ("2025-06-10 11:00:00 EDT", "Nowhere", "no time zone"),
        ("2025-06-10 11:00:00 America/Chicago", NY, "schedule_type says"),
        ("2025-06-10 11:00:00 +2", NY, "no offset"),
        ("2025-06-10 11:00:00+02:60", NY, "no offset"),
        ("2025-06-10 11:00:00 EDT -04:00", NY, "no offset"),
        ("2025-06-10 11:00:00 PM", NY, "no offset"),
    ],
)
def test_a_doubtful_time_is_an_error(text: str, kind: str | None, why: str) -> None:
    with pytest.raises(UnreadableTimeError) as error:
        read(text, kind)
    assert why in in_words(error.value.why)


def test_an_unknown_company_zone_is_an_error() -> None:
    with pytest.raises(UnreadableTimeError) as error:
        read("2025-06-10 11:00:00", None, company="Nowhere")
    assert "timezone" in in_words(error.value.why)


@pytest.mark.parametrize(
    ("text", "nominal", "first", "last"),
    [
        # braze §6.2's own example
        ("2025-06-10 11:00:00", "2025-06-10 15:00", "2025-06-09 21:00", "2025-06-10 23:00"),
        ("2025-06-10T11:00", "2025-06-10 15:00", "2025-06-09 21:00", "2025-06-10 23:00"),
        ("2025-06-10T11:00:00Z", "2025-06-10 15:00", "2025-06-09 21:00", "2025-06-10 23:00"),
        ("2025-06-10T11:00:00+02:00", "2025-06-10 15:00", "2025-06-09 19:00", "2025-06-10 23:00"),
        ("2025-06-10T11:00:00-04:00", "2025-06-10 15:00", "2025-06-09 21:00", "2025-06-11 03:00"),
        ("2025-06-10 11:00:00 EDT", "2025-06-10 15:00", "2025-06-09 21:00", "2025-06-10 23:00"),
        ("2026-03-08 02:30:00", "2026-03-08 06:30", "2026-03-07 12:30", "2026-03-08 14:30"),
    ],
)
def test_a_local_time_reaches_the_first_zone_early_and_the_last_one_late(
    text: str, nominal: str, first: str, last: str
) -> None:
    found = read(text, LOCAL)
    assert found == When(utc(nominal), utc(first), text, NY, Spread.LOCAL, utc(last), found.reading)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-06-10 00:00:00", "2025-06-09 10:00", "2025-06-11 12:00"),
        ("2025-06-10 17:30:00", "2025-06-09 10:00", "2025-06-11 12:00"),
        ("2025-06-10", "2025-06-09 10:00", "2025-06-11 12:00"),
        ("2025-06-10T02:00:00+05:00", "2025-06-08 10:00", "2025-06-11 12:00"),
        ("2025-06-10T23:00:00-04:00", "2025-06-09 10:00", "2025-06-12 12:00"),
    ],
)
def test_intelligent_timing_knows_only_the_day(text: str, first: str, last: str) -> None:
    found = read(text, SMART)
    nominal = utc("2025-06-10 04:00")
    assert found == When(
        nominal, utc(first), text, NY, Spread.INTELLIGENT, utc(last), found.reading
    )


@pytest.mark.parametrize(
    ("kind", "last"),
    [(NY, "2025-06-12 15:00"), (LOCAL, "2025-06-12 23:00"), (SMART, "2025-06-13 12:00")],
)
def test_the_winner_of_an_a_b_test_may_come_so_much_later(kind: str, last: str) -> None:
    plain, found = read("2025-06-10 11:00", kind), read("2025-06-10 11:00", kind, tail=48)
    assert found.last_delivery == utc(last)
    assert found.first_delivery == plain.first_delivery


CLOCKS = "the clocks of America/New_York count ({})"
TYPE = "schedule_type “Eastern Time (US & Canada)”"
BY_TYPE = CLOCKS.format("schedule_type “America/New_York”")
SKIPPED = "the clocks skip it that night, and the earlier instant is taken"
BOUNDS = (
    "the first at +14:00 (earliest_offset), the last at -12:00; "
    "nominal by America/New_York (the source's timezone)"
)
OWN = "schedule_type says that wall clock in every guest's own zone"
BEST = "schedule_type says each guest's best time on that day, in the guest's zone"
BOTH = "it also has an offset, so the earlier reading counts"


@pytest.mark.parametrize(
    ("text", "kind", "reading"),
    [
        ("2025-06-10T11:00:00-0400", EASTERN, "its own offset counts, -04:00, and not " + TYPE),
        ("2025-06-10 11:00:00", EASTERN, CLOCKS.format(TYPE)),
        ("2025-06-10 11:00:00", None, CLOCKS.format("the source's timezone")),
        (
            "2026-11-01 01:30:00",
            NY,
            f"{BY_TYPE}; it comes twice that night, and the first is taken",
        ),
        ("2026-03-08 02:30:00", NY, f"{BY_TYPE}; {SKIPPED}"),
        ("2025-06-10 11:00:00 EDT", NY, "it says “EDT”"),
        ("2025-06-10 11:00:00 America/Chicago", None, "it says “America/Chicago”"),
        (
            "2025-06-10 11:00:00",
            LOCAL,
            f"{OWN}, {BOUNDS}",
        ),
        ("2025-06-10T11:00:00Z", SMART, f"{BEST}, {BOUNDS}; {BOTH}"),
    ],
)
def test_every_reading_says_what_it_went_by(text: str, kind: str | None, reading: str) -> None:
    assert in_words(read(text, kind).reading) == reading


def test_the_earliest_offset_is_a_setting_but_company_time_always_counts() -> None:
    assert read("2025-06-10 11:00", LOCAL, earliest=2).first_delivery == utc("2025-06-10 09:00")
    west = read("2025-06-10 11:00", LOCAL, earliest=-9)
    assert west.first_delivery == west.scheduled_for == utc("2025-06-10 15:00")


zones.find("UTC")  # the table of names is read once: not within an example's deadline
TIMES = st.from_regex(r"20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(:[0-5]\d)?.{0,8}", fullmatch=True)
KINDS = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from([NY, EASTERN, LOCAL, SMART, "Europe/London"])
)


@given(st.one_of(TIMES, st.text(max_size=40)), KINDS, st.floats(-12, 14))
@example("2000-01-01 00:00:00+14:00", LOCAL, 14.0)
@example("2199-12-31 23:59:59-12:00", SMART, -12.0)
@example("2025-06-10 11:00:00 \0", None, 0.0)
def test_any_text_is_read_or_refused(text: str, kind: str | None, earliest: float) -> None:
    try:
        when = read(text, kind, earliest=earliest)
    except UnreadableTimeError:
        return
    assert when.last_delivery is not None
    assert when.first_delivery <= when.scheduled_for <= when.last_delivery
    assert when.wall == text
    assert when.reading
    assert when.scheduled_for.utcoffset() == when.first_delivery.utcoffset() == timedelta()


@given(st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1)), st.integers(-12 * 60, 14 * 60))  # noqa: DTZ001
def test_a_local_send_is_never_given_later_than_its_first_guest(wall: datetime, guest: int) -> None:
    wall = wall.replace(microsecond=0)
    when, at = read(wall.isoformat(sep=" "), LOCAL), wall.replace(tzinfo=UTC)
    assert when.last_delivery is not None
    assert when.first_delivery <= at - timedelta(minutes=guest) <= when.last_delivery
