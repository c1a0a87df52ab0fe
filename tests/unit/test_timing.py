from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.timing import timing
from tests.support.planning import NOW, hours, minutes, policy, rule

F = hours(12)
PLAIN = rule()


def before(minutes: float = 0, seconds: float = 0) -> datetime:
    return F - timedelta(minutes=minutes, seconds=seconds)


def test_the_instants_of_the_defaults() -> None:
    told = timing(F, PLAIN, policy(), NOW)
    assert told.wanted_start == told.start == before(30)
    assert told.opens_at == before(150)
    assert told.commit_by == before(22)
    assert told.latest_start == before(5)
    assert told.earliest_start == minutes(17)


OVERRIDES: list[tuple[dict[str, Any], str, datetime]] = [
    ({"lead_time": "1h"}, "wanted_start", before(60)),
    ({"lead_time": "1h"}, "opens_at", before(180)),
    ({"min_lead": "0m"}, "commit_by", before(17)),
    ({"min_lead": "10m"}, "latest_start", before(10)),
    ({"commit_ahead": "30m"}, "opens_at", before(60)),
    ({"lead_time": "0s", "min_lead": "0s"}, "wanted_start", F),
]


@pytest.mark.parametrize(("changes", "name", "instant"), OVERRIDES)
def test_a_rule_has_its_own_times(changes: dict[str, Any], name: str, instant: datetime) -> None:
    assert getattr(timing(F, rule(**changes), policy(), NOW), name) == instant


def test_starts_fall_on_whole_minutes_early_ones_down_and_late_ones_up() -> None:
    odd = F + timedelta(seconds=59, microseconds=7)
    told = timing(odd, PLAIN, policy(), NOW + timedelta(microseconds=1))
    assert told.wanted_start == before(30)
    assert told.earliest_start == minutes(18)
    assert told.latest_start == before(5)
    assert told.commit_by == before(22)


def test_skew_makes_everything_that_punchh_judges_earlier() -> None:
    told = timing(F, PLAIN, policy(skew=timedelta(seconds=90)), NOW)
    assert told.earliest_start == minutes(19)
    assert told.commit_by == before(23, 30)
    assert told.wanted_start == before(30)


LATE = [
    (before(47), before(30), False),  # the last whole lead
    (before(46), before(29), False),  # shortened
    (before(22, 1), before(5), False),
    (before(22), before(5), False),
    (before(22, -1), before(4), True),
    (before(0), before(-17), True),
]


@pytest.mark.parametrize(("now", "start", "late"), LATE)
def test_the_lead_shrinks_to_its_least_and_then_it_is_late(
    now: datetime, start: datetime, late: bool
) -> None:
    told = timing(F, PLAIN, policy(), now)
    assert (told.start, told.late) == (start, late)


seconds = st.integers(0, 10 * 3600).map(lambda count: timedelta(seconds=count))
leads = st.integers(0, 180)


@given(st.integers(0, 1440), leads, leads, seconds, st.integers(0, 300))
def test_a_commit_is_in_time_just_until_commit_by_and_never_starts_too_soon_or_too_late(
    first: int, one: int, other: int, past: timedelta, skew: int
) -> None:
    least, lead = (timedelta(minutes=count) for count in sorted((one, other)))
    first_delivery, now = minutes(first), NOW + past
    off = timedelta(seconds=skew)
    of = rule(lead_time=lead, min_lead=least)
    told = timing(first_delivery, of, policy(skew=off), now)
    assert told.wanted_start <= first_delivery - lead
    assert told.late == (now > told.commit_by)
    assert told.start >= now + timedelta(minutes=17) + off
    assert told.late or told.start <= first_delivery - least
    assert (told.start.second, told.start.microsecond) == (0, 0)


@given(st.datetimes().map(lambda one: NOW + (one - one.replace(hour=0, minute=0))), seconds)
def test_an_odd_first_delivery_never_gets_less_than_the_least_lead(
    first: datetime, past: timedelta
) -> None:
    told = timing(first, PLAIN, policy(), NOW + past)
    assert told.late == (NOW + past > told.commit_by)
    assert told.late or told.start <= first - timedelta(minutes=5)
