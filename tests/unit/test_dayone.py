from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connector.domain.dayone import campaign_clock_steps

NOW = datetime(2026, 11, 24, 7, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "other"),
    [
        (
            "America/New_York",
            "Tue 24 Nov at 06:00 EST",
            "it comes 5h later, Tue 24 Nov at 11:00 EST",
        ),
        ("Asia/Kolkata", "Tue 24 Nov at 21:30 IST", "comes 5h30m earlier, Tue 24 Nov at 16:00 IST"),
    ],
)
def test_the_steps_name_the_two_moments_to_look_at(zone: str, start: str, other: str) -> None:
    steps = campaign_clock_steps(ZoneInfo(zone), NOW)
    assert [step[:2] for step in steps] == ["1.", "2.", "3.", "4.", "5."]
    assert start in steps[2]
    assert f"If the offer comes {start}" in steps[4]
    assert other in steps[4]


def test_where_the_clocks_show_utc_nothing_can_be_found_out() -> None:
    (step,) = campaign_clock_steps(ZoneInfo("Europe/London"), NOW)
    assert "both readings are the same" in step
    assert len(campaign_clock_steps(ZoneInfo("Europe/London"), NOW.replace(month=7))) == 5
