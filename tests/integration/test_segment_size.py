"""A segment's size, as the client reads it of the simulator and of bad answers."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import responses
from pydantic import SecretStr, ValidationError

from connector.http.wire import Line
from connector.punchh.client import Punchh
from connector.sandbox.credentials import PUNCHH_KEY
from connector.settings import PunchhSettings
from tests.support.clocks import FixedClock
from tests.support.planning import NOW
from tests.support.sandbox import Outside, opened
from tests.support.words import failing

COUNT = "/api2/dashboard/segments/{segment_id}/count"
THERE = "https://punchh.example.com"


def client(url: str, path: str | None = COUNT) -> Punchh:
    settings = PunchhSettings(
        base_url=url,
        admin_key=SecretStr(PUNCHH_KEY),
        user_agent="Brand/SystemIntegrator/1.0",
        timezone="UTC",
        segment_count_path=path,
    )
    return Punchh(settings, Line("punchh", FixedClock(NOW), Random(1)))


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        yield running


def test_the_simulator_tells_a_size_only_where_it_is_switched_on(outside: Outside) -> None:
    segment = outside.segment("VIP Guests", members=1234)
    punchh = client(outside.box.punchh_url)
    try:
        with failing("no such address"):
            punchh.guests(segment["id"])
        outside.switch("punchh.segment_count", True)
        assert punchh.guests(segment["id"]) == 1234
        with failing("no such address"):
            punchh.guests(999)
    finally:
        punchh.close()


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


SIZES: list[tuple[Any, int | None]] = [
    ({"count": "1,234,567"}, 1234567),
    ({"count": "0"}, 0),
    ({"count": 12}, 12),
    ({"count": "1,23"}, None),
    ({"count": "-1"}, None),
    ({"count": -1}, None),
    ({"count": "\u0661"}, None),
    ({"count": True}, None),
    ({"count": None}, None),
    ({"count": "9" * 40}, None),
    ({}, None),
    ([], None),
]


@pytest.mark.parametrize(("answer", "size"), SIZES)
def test_a_size_is_a_number_or_no_size(
    net: responses.RequestsMock, answer: Any, size: int | None
) -> None:
    net.get(THERE + COUNT.replace("{segment_id}", "7"), json=answer)
    punchh = client(THERE)
    if size is None:
        with failing("its answer holds no count"):
            punchh.guests(7)
    else:
        assert punchh.guests(7) == size
    punchh.close()


def test_without_a_path_nobody_can_be_asked() -> None:
    assert [client(THERE, path).counts_guests for path in (None, COUNT)] == [False, True]


@pytest.mark.parametrize(
    "path", ["", "segments/{segment_id}", "/segments", "/{id}", "/{segment_id}?a"]
)
def test_a_path_names_the_segment(path: str) -> None:
    with pytest.raises(ValidationError, match="must be a path like"):
        client(THERE, path)
