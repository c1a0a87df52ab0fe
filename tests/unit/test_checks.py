"""What each remote's check makes of the answers: which right is there, and when it ends."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
import responses

from connector.domain.checkup import Check, Level, clock
from connector.errors import RemoteError
from connector.http.wire import Line
from connector.punchh.client import Punchh
from connector.settings import BrazeSettings, PunchhSettings
from connector.sources import open_source
from connector.sources.braze import BrazeSource
from tests.support.clocks import FixedClock
from tests.support.planning import NOW
from tests.support.words import in_words, step_of

BRAZE, PUNCHH = "https://rest.braze.com", "https://brand.punchh.com/api2/dashboard"
NO_KEY = {"error": "You need to sign in or sign up before continuing."}


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def braze() -> Iterator[BrazeSource]:
    settings = BrazeSettings(kind="braze", base_url=BRAZE, api_key="k", timezone="UTC")
    source = open_source("braze_us", settings, clock=FixedClock(NOW), random=Random(1))
    assert isinstance(source, BrazeSource)
    yield source
    source.close()


@pytest.fixture
def punchh() -> Iterator[Punchh]:
    settings = PunchhSettings(
        base_url="https://brand.punchh.com",
        admin_key="k",
        user_agent="Test/1.0",
        timezone="UTC",
        segment_count_path="/api2/dashboard/segments/{segment_id}/count",
    )
    opened = Punchh(settings, Line("punchh", FixedClock(NOW), Random(1)))
    yield opened
    opened.close()


def _levels(found: list[Check]) -> list[str]:
    return [one.level.value for one in found]


def _until_refused(checks: Iterator[Check]) -> tuple[list[Check], RemoteError]:
    found: list[Check] = []
    with pytest.raises(RemoteError) as error:
        found.extend(checks)
    return found, error.value


DETAILS = [(400, "ok"), (404, "ok"), (200, "ok"), (403, "fails"), (418, "warning")]


@pytest.mark.parametrize(("status", "level"), DETAILS)
def test_braze_tells_by_an_unknown_id_whether_the_key_has_a_right(
    net: responses.RequestsMock, braze: BrazeSource, status: int, level: str
) -> None:
    net.get(f"{BRAZE}/messages/scheduled_broadcasts", json={"scheduled_broadcasts": []})
    net.get(f"{BRAZE}/campaigns/details", status=status, json={"message": "so"})
    net.get(f"{BRAZE}/canvas/details", status=400, json={"message": "so"})
    found = list(braze.check(NOW, frozenset()))
    assert _levels(found) == ["ok", level, "ok"]
    assert "campaigns.details" in in_words(found[1].found)


def test_braze_is_not_asked_on_with_a_key_that_is_refused(
    net: responses.RequestsMock, braze: BrazeSource
) -> None:
    net.get(f"{BRAZE}/messages/scheduled_broadcasts", status=401, json={})
    found, error = _until_refused(braze.check(NOW, frozenset()))
    assert (found, error.account) == ([], True)
    assert len(net.calls) == 1


def test_punchh_is_asked_for_both_lists_and_one_size(
    net: responses.RequestsMock, punchh: Punchh
) -> None:
    net.get(f"{PUNCHH}/segments", json=[{"segment_id": 7, "name": "VIP"}])
    net.get(f"{PUNCHH}/redeemables", json=[])
    net.get(f"{PUNCHH}/segments/7/count", json={"count": "1,234"})
    found = list(punchh.check())
    assert _levels(found) == ["ok", "ok", "ok"]
    assert "segment 7 has 1234 guests" in in_words(found[2].found)


def test_punchh_is_asked_once_with_a_key_that_is_refused(
    net: responses.RequestsMock, punchh: Punchh
) -> None:
    net.get(f"{PUNCHH}/segments", status=401, json=NO_KEY)
    found, error = _until_refused(punchh.check())
    assert (found, error.account) == ([], True)
    assert len(net.calls) == 1


def test_what_was_found_before_a_refusal_counts(
    net: responses.RequestsMock, punchh: Punchh
) -> None:
    net.get(f"{PUNCHH}/segments", json=[{"segment_id": 7, "name": "VIP"}])
    off = {"errors": {"disabled_feature": "Your current program does not support this feature."}}
    net.get(f"{PUNCHH}/redeemables", status=422, json=off)
    found, error = _until_refused(punchh.check())
    assert _levels(found) == ["ok"]
    assert "Miscellaneous Config" in step_of(error.reason)


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, Level.OK), (60, Level.OK), (61, Level.FAILS), (-61, Level.FAILS)]
)
def test_a_clock_may_be_a_minute_off(seconds: int, level: Level) -> None:
    assert clock("punchh", timedelta(seconds=seconds)).level is level
