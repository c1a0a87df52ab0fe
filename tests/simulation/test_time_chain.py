"""From the wall clock that a marketer types to the instants of an offer, over every DST change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connector.domain.names import normalise
from connector.domain.offer import Terms
from connector.domain.policy import Policy, Safety, Schedule
from connector.domain.rules import Rule
from connector.domain.timing import timing
from connector.sources.braze.times import read_when

ZONES = (
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kolkata",
    "America/St_Johns",
)
TERMS = Terms(timedelta(minutes=15), timedelta(minutes=2))
POLICY = Policy(Schedule(), Safety(), TERMS)
RULE = Rule.model_validate({"name": "r", "match": {"send": "*"}, "redeemable": "x"})
EARLIEST = timedelta(hours=14)
zones = st.sampled_from(ZONES)
walls = st.datetimes(datetime(2026, 1, 1), datetime(2031, 12, 31)).map(  # noqa: DTZ001
    lambda wall: wall.replace(microsecond=0)
)


def _true_instants(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return every instant at which clocks there show that wall time: none, one or two."""
    around = [wall.replace(tzinfo=UTC) + timedelta(minutes=n) for n in range(-960, 961, 30)]
    offsets = {one.astimezone(zone).utcoffset() or timedelta() for one in around}
    found = {wall.replace(tzinfo=UTC) - offset for offset in offsets}
    return sorted(one for one in found if one.astimezone(zone).replace(tzinfo=None) == wall)


@settings(max_examples=150, deadline=None)
@given(wall=walls, zone=zones)
def test_a_wall_clock_is_read_as_its_first_instant(wall: datetime, zone: str) -> None:
    true = _true_instants(wall, ZoneInfo(zone))
    assume(true)
    when = read_when(f"{wall:%Y-%m-%d %H:%M:%S}", zone, company_zone="UTC", earliest=EARLIEST)
    assert when.scheduled_for == when.first_delivery == true[0]


@settings(max_examples=150, deadline=None)
@given(wall=walls, zone=zones, guest=zones)
def test_no_guest_reads_a_local_send_before_its_first_delivery(
    wall: datetime, zone: str, guest: str
) -> None:
    when = read_when(
        f"{wall:%Y-%m-%dT%H:%M:%S}", "local_time_zones", company_zone=zone, earliest=EARLIEST
    )
    for read in _true_instants(wall, ZoneInfo(guest)):
        assert when.first_delivery <= read
    assert when.first_delivery <= when.scheduled_for


@settings(max_examples=150, deadline=None)
@given(
    wall=walls,
    zone=zones,
    kind=st.sampled_from((None, "local_time_zones", "intelligent_delivery")),
    before=st.timedeltas(timedelta(minutes=-30), timedelta(days=3)),
    skew=st.sampled_from((timedelta(), timedelta(seconds=10), timedelta(minutes=4))),
)
def test_an_offer_that_is_not_late_starts_in_time(
    wall: datetime, zone: str, kind: str | None, before: timedelta, skew: timedelta
) -> None:
    when = read_when(f"{wall:%Y-%m-%dT%H:%M:%S}", kind, company_zone=zone, earliest=EARLIEST)
    policy = Policy(POLICY.schedule, POLICY.safety, TERMS, skew)
    now = when.first_delivery - before
    timed = timing(when.first_delivery, RULE, policy, now)
    assert timed.start >= now + TERMS.notice + TERMS.margin + skew
    assert timed.start.second == timed.start.microsecond == 0
    if not timed.late:
        assert timed.start <= when.first_delivery - policy.schedule.min_lead
    assert timed.late or now <= timed.commit_by
    if now <= timed.commit_by - timedelta(minutes=1):  # the start is a whole minute
        assert not timed.late
    assert timed.opens_at < timed.commit_by


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.text(" \t\u00a0\u2003\n", min_size=1, max_size=3))
def test_a_name_is_normalised_once_and_for_all(text: str, blanks: str) -> None:
    normal = normalise(text)
    assert normalise(normal) == normal
    assert normalise(blanks + text + blanks) == normal
    assert normal == " ".join(normal.split())
    assert normalise("".join(" " + blanks if one == " " else one for one in text)) == normal
