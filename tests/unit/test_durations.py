import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from connector.domain.durations import LONGEST, Duration, parse_duration
from connector.domain.reasons import span

SCHEMA = TypeAdapter(Duration).json_schema()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("90s", timedelta(seconds=90)),
        ("0m", timedelta(0)),
        (" 30m ", timedelta(minutes=30)),
        ("3650d", LONGEST),
        (timedelta(minutes=1), timedelta(minutes=1)),
    ],
)
def test_durations(text: object, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", " ", "30", "m", "-5m", "1.5h", "30 m", "5m1h", "1h1h", "30M", "2w", "\u0663m", 30, None,
     True, ["30m"]],
)  # fmt: skip
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="a duration is written like 30m, 2h, 1h30m or 7d"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["3651d", "999999999999d", "9" * 5000 + "s", "3650d1s"])
def test_a_duration_stays_within_what_dates_can_bear(text: str) -> None:
    with pytest.raises(ValueError, match="a duration is at most 3650d"):
        parse_duration(text)


@given(st.integers(0, 3650 * 24 * 60))
def test_what_is_spelled_by_hand_is_read_back(minutes: int) -> None:
    length = timedelta(minutes=minutes)
    text = f"{length.days}d{length.seconds // 3600}h{length.seconds // 60 % 60}m"
    assert parse_duration(text) == length


@given(st.integers(0, 999))
def test_spans_of_one_or_two_units_are_read_back(minutes: int) -> None:
    assert parse_duration(span(timedelta(minutes=minutes))) == timedelta(minutes=minutes)


@given(st.text("0123456789dhms ", max_size=8))
def test_the_schema_agrees(text: str) -> None:
    accepted = re.search(SCHEMA["pattern"], text) is not None
    try:
        parse_duration(text)
    except ValueError as error:
        told = str(error)
    else:
        told = ""
    assert accepted is (told in {"", "a duration is at most 3650d"})
