from contextlib import closing
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr, ValidationError

from connector.domain.policy import NOTICE_AND_MARGIN, Safety, Schedule, allowance
from connector.http.wire import Line
from connector.punchh.client import Punchh
from connector.settings import PunchhSettings
from tests.support.clocks import FixedClock
from tests.support.planning import NOW, TERMS


def test_the_defaults_are_those_of_the_design() -> None:
    schedule = Schedule()
    assert (schedule.poll_seconds, schedule.horizon) == (60, timedelta(days=7))
    assert (schedule.commit_ahead, schedule.lead_time) == (
        timedelta(hours=2),
        timedelta(minutes=30),
    )
    assert (schedule.min_lead, schedule.max_snapshot_age) == (
        timedelta(minutes=5),
        timedelta(minutes=10),
    )
    safety = Safety()
    assert (safety.max_commits_per_cycle, safety.max_commits_per_day) == (20, 100)
    assert safety.same_offer_gap == timedelta(hours=24)


GOOD: list[dict[str, Any]] = [
    {"min_lead": "30m"},
    {"commit_ahead": "19m"},
    {"commit_ahead": "17m10s", "poll_seconds": 5},
    {"horizon": "26h30m"},
    {"max_snapshot_age": "1s"},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"min_lead": "30m1s"}, "min_lead (30m1s) must not be longer than lead_time (30m)"),
    ({"commit_ahead": "18m59s"}, "commit_ahead (18m59s) must be at least 17m + 2 polls (19m)"),
    ({"horizon": "26h29m"}, "horizon (1d2h) must be at least lead_time + commit_ahead + 1d (1d2h)"),
    ({"poll_seconds": 4}, "poll_seconds"),
    ({"poll_seconds": 3601}, "poll_seconds"),
    ({"lead": "1h"}, "lead"),
]


@pytest.mark.parametrize("given", GOOD)
def test_a_schedule_that_fits_together(given: dict[str, Any]) -> None:
    assert Schedule(**given)


@pytest.mark.parametrize(("given", "told"), BAD)
def test_a_schedule_that_does_not(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Schedule(**given)
    assert told in str(refused.value)


@pytest.mark.parametrize("given", [{"max_commits_per_day": -1}, {"max_commits_per_cycle": -1}])
def test_a_cap_is_no_less_than_nothing(given: dict[str, Any]) -> None:
    assert Safety(**dict.fromkeys(given, 0))
    with pytest.raises(ValidationError):
        Safety(**given)


def test_the_schedule_is_checked_against_the_terms_that_punchh_has() -> None:
    settings = PunchhSettings(
        base_url="https://x", admin_key=SecretStr("k"), user_agent="a", timezone="America/New_York"
    )
    line = Line("punchh", FixedClock(NOW), Random(1))
    with closing(Punchh(settings, line)) as punchh:
        assert punchh.terms == TERMS
    business = settings.model_copy(update={"campaign_clock": "business"})
    with closing(Punchh(business, line)) as punchh:
        assert punchh.terms.clock.zone == ZoneInfo("America/New_York")
    assert TERMS.notice + TERMS.margin == NOTICE_AND_MARGIN


@pytest.mark.parametrize(
    ("ahead", "allowed"),
    [(-3600, 0), (0, 0), (4, 0), (5, 10), (10, 10), (11, 20), (90, 90), (3601, 3610)],
)
def test_a_clock_that_is_ahead_is_allowed_for_in_steps(ahead: int, allowed: int) -> None:
    assert allowance(timedelta(seconds=ahead)) == timedelta(seconds=allowed)
