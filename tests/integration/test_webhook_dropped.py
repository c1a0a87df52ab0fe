"""What of Punchh's events does not count, and that somebody can read why."""

from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from pydantic import SecretStr

from connector.ledger import Ledger
from connector.punchh.webhook import LARGEST, Why
from connector.settings import RewardsSettings
from tests.support.clocks import FixedClock
from tests.support.ledger import NOW, new_ledger
from tests.support.receiver import SIGNED, receiving
from tests.unit.test_webhook import BODY, CLIENT, SECRET, body_of, changed, signature

STAMP = int(NOW.timestamp())


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as found:
        yield found


def sent(url: str, body: bytes, *, path: str = "", signed: str = "", secret: str = SECRET) -> int:
    """Post an event to a path of the receiver, signed over another one if given."""
    place = urlsplit(url)
    path = path or place.path
    made = signature(body, target=(signed or path).encode(), secret=secret).hexdigest()
    headers = {"Authorization": f"hmac {made}", "x-pch-key": CLIENT}
    line = HTTPConnection(place.hostname or "", place.port, timeout=5)
    try:
        line.request("POST", path, body, headers)
        return line.getresponse().status
    finally:
        line.close()


DROPPED: list[tuple[dict[str, Any], Why, str]] = [
    ({"timestamp": None}, Why.NO_TIME, "warning"),
    ({"timestamp": STAMP - 3 * 86400}, Why.TOO_OLD, "warning"),
    ({"timestamp": STAMP + 3 * 86400}, Why.TOO_EARLY, "warning"),
    ({"content_id": None}, Why.NO_CONTENT_ID, "warning"),
    ({"event_name": None}, Why.NO_EVENT, "warning"),
    ({"campaign_id": "99511403"}, Why.NO_CAMPAIGN_ID, "warning"),
    ({"campaign_name": "Signup - Free Burger"}, Why.NOT_OURS, "info"),
    ({"action": "update"}, Why.NO_REWARD, "info"),
]


def test_every_event_that_does_not_count_has_a_line(ledger: Ledger) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        receiving(SIGNED, ledger, FixedClock(NOW)) as url,
    ):
        for changes, _, _ in DROPPED:
            assert sent(url, body_of(changed(**changes))) == 200
        assert sent(url, b"{") == 400
        assert sent(url, b"x" * (LARGEST + 1)) == 413
        assert sent(url, BODY, secret="another") == 401
    told = [(one["event"], one["why"], one["log_level"]) for one in logs]
    assert told == [
        *(("webhook.ignored", why.value, level) for _, why, level in DROPPED),
        ("webhook.refused", Why.NO_JSON.value, "warning"),
        ("webhook.refused", Why.TOO_LARGE.value, "warning"),
        ("webhook.refused", Why.OTHER_SIGNATURE.value, "warning"),
    ]


def test_what_is_usual_has_a_line_an_hour_with_its_count(ledger: Ledger) -> None:
    clock = FixedClock(NOW)
    others = changed(campaign_name="Signup - Free Burger")
    with structlog.testing.capture_logs() as logs, receiving(SIGNED, ledger, clock) as url:
        for minutes in (0, 1, 59, 0, 0):
            clock.advance(timedelta(minutes=minutes))
            assert sent(url, body_of(others)) == 200
    assert [(one["event"], one["count"]) for one in logs] == [
        ("webhook.ignored", 1),
        ("webhook.ignored", 2),
    ]


def test_an_event_that_counts_has_none(ledger: Ledger) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        receiving(SIGNED, ledger, FixedClock(NOW)) as url,
    ):
        assert sent(url, BODY) == 200
    assert logs == []


@pytest.mark.parametrize(
    "settings",
    [SIGNED, SIGNED.model_copy(update={"previous_secret": SecretStr("the-old-secret")})],
)
def test_a_slash_more_is_not_redirected(ledger: Ledger, settings: RewardsSettings) -> None:
    with receiving(settings, ledger, FixedClock(NOW)) as url:
        assert sent(url, BODY, path="/webhooks/punchh/") == 200


def test_a_prefix_that_a_proxy_takes_off(ledger: Ledger) -> None:
    public = "/brand/webhooks/punchh"
    with receiving(SIGNED, ledger, FixedClock(NOW)) as url:
        assert sent(url, BODY, signed=public) == 401
    behind = SIGNED.model_copy(update={"public_path": public})
    with receiving(behind, ledger, FixedClock(NOW)) as url:
        assert sent(url, BODY, signed=public) == 200
        assert sent(url, BODY) == 401
