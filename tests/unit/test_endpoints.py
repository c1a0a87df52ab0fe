"""The local endpoints: what they say, over a real socket, and what they count."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from connector.clock import SystemClock
from connector.domain.attention import Attention, Severity, Whom
from connector.domain.breaker import Breaker
from connector.domain.plan import Mode
from connector.domain.policy import Schedule
from connector.domain.standing import RemoteNote
from connector.settings import HealthSettings
from connector.telemetry import Event
from connector.worker import server
from connector.worker.endpoints import pages
from connector.worker.health import Answer, Pages, serving
from connector.worker.metrics import Metrics
from connector.worker.pulse import Pulse
from connector.worker.view import View
from connector.worker.watch import Watch
from tests.support.clocks import FixedClock
from tests.support.planning import NOW, hours, work
from tests.support.words import IN_UTC, saying

OPERATORS = Attention(
    Severity.WARNING, saying("unread", "punchh could not be read", "Mend it now"), None,
    "remote:punchh", "punchh", Whom.OPERATORS,
)  # fmt: skip
MARKETERS = replace(OPERATORS, subject="d1", whom=Whom.MARKETERS, severity=Severity.CRITICAL)
VIEW = View(
    at=NOW,
    mode=Mode(False, NOW, True),
    counts={"committed": 3, "unmapped": 2},
    remotes={
        "punchh": RemoteNote(
            "punchh", NOW, NOW - timedelta(minutes=5), breaker=Breaker(refused_key="k")
        ),
        "braze_us": RemoteNote("braze_us", NOW),
    },
    attentions=(),
    pauses=1,
    mappings_at=NOW - timedelta(days=1),
    stale_since=None,
    next_commit_by=hours(2),
    oldest=NOW - timedelta(hours=3),
)


class Desk:
    """One worker's pages, asked without a socket."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.pulse, self.metrics = Pulse(self.clock, lambda _: None), Metrics(self.clock)
        self.watch = Watch(work(None, clock=self.clock))
        self.watch.good = True
        self.pages = pages(self.watch, self.pulse, self.metrics, Schedule(), self.clock, IN_UTC)

    def ask(self, path: str) -> tuple[int, Any]:
        answer = self.pages[path]()
        return answer.status, json.loads(answer.body)

    def figures(self, view: View | None = VIEW) -> dict[str, float]:
        """Return every sample by its name and labels."""
        self.watch.view = view
        text = self.pages["/metrics"]().body.decode()
        return {
            f"{one.name}{dict(sorted(one.labels.items())) or ''}": one.value
            for family in text_string_to_metric_families(text)
            for one in family.samples
        }


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_it_is_alive_while_the_loop_turns(desk: Desk) -> None:
    desk.pulse.turned()
    desk.clock.wait(179)
    assert desk.ask("/livez") == (200, {"alive": True, "last_turn_seconds_ago": 179.0})
    desk.clock.wait(1)
    assert desk.ask("/livez") == (503, {"alive": False, "last_turn_seconds_ago": 180.0})
    desk.pulse.turned()
    assert desk.ask("/livez")[0] == 200


def test_it_is_ready_only_after_a_cycle(desk: Desk) -> None:
    status, told = desk.ask("/readyz")
    assert (status, told["problems"]) == (503, ["no cycle has ended yet"])
    desk.watch.view = VIEW
    assert desk.ask("/readyz") == (
        200,
        {"ready": True, "problems": [], "as_of": "2026-11-22T06:00:00Z", "attentions": []},
    )


def test_a_failed_cycle_and_an_old_look_are_not_well(desk: Desk) -> None:
    desk.watch.view, desk.watch.good = VIEW, False
    assert "the last cycle failed" in desk.ask("/readyz")[1]["problems"][0]
    desk.watch.good = True
    desk.clock.wait(181)
    status, told = desk.ask("/readyz")
    assert status == 503
    assert told["problems"] == ["the last look at the ledger is of Sun 22 Nov 06:00 UTC"]


def test_what_wants_operators_is_not_well_and_all_is_listed(desk: Desk) -> None:
    desk.watch.view = replace(VIEW, attentions=(MARKETERS, OPERATORS))
    status, told = desk.ask("/readyz")
    assert status == 503
    assert told["problems"] == ["punchh: punchh could not be read. Mend it now."]
    assert [one["id"] for one in told["attentions"]] == ["d1", "remote:punchh"]
    noted = replace(OPERATORS, acknowledged_by="ada")
    desk.watch.view = replace(VIEW, attentions=(MARKETERS, noted))
    assert desk.ask("/readyz")[0] == 200


# --- figures


def test_how_things_stand_is_shown_as_of_now(desk: Desk) -> None:
    desk.clock.wait(60)
    found = desk.figures(replace(VIEW, attentions=(MARKETERS, MARKETERS, OPERATORS)))
    assert found["connector_ledger_rows{'state': 'committed'}"] == 3
    assert found["connector_ledger_rows{'state': 'unmapped'}"] == 2
    assert found["connector_ledger_rows{'state': 'unknown'}"] == 0
    assert found["connector_oldest_open_seconds"] == 3 * 3600 + 60
    assert found["connector_next_commit_by_seconds"] == 2 * 3600 - 60
    punchh = "{'remote': 'punchh'}"
    assert found[f"connector_remote_last_attempt_timestamp_seconds{punchh}"] == NOW.timestamp()
    good = (NOW - timedelta(minutes=5)).timestamp()
    assert found[f"connector_remote_last_success_timestamp_seconds{punchh}"] == good
    assert found[f"connector_remote_left_alone{punchh}"] == 1
    assert found["connector_remote_left_alone{'remote': 'braze_us'}"] == 0
    assert "connector_remote_last_success_timestamp_seconds{'remote': 'braze_us'}" not in found
    labels = {"code": "unread", "severity": "critical", "whom": "marketers"}
    assert found[f"connector_attentions{labels}"] == 2
    assert found["connector_mappings_stale_seconds"] == 0
    assert (found["connector_pauses"], found["connector_rehearsal"]) == (1, 0)
    assert found["connector_view_timestamp_seconds"] == NOW.timestamp()


def test_mappings_grow_stale(desk: Desk) -> None:
    found = desk.figures(replace(VIEW, stale_since=NOW - timedelta(seconds=90)))
    assert found["connector_mappings_stale_seconds"] == 90


def test_nothing_is_made_up_before_the_first_look(desk: Desk) -> None:
    found = desk.figures(None)
    assert [name for name in found if name.startswith("connector_build_info")]
    assert not [name for name in found if "remote" in name or "rows" in name]
    none = replace(VIEW, next_commit_by=None, oldest=None, mappings_at=None)
    found = desk.figures(none)
    assert "connector_next_commit_by_seconds" not in found
    assert "connector_oldest_open_seconds" not in found


EXCHANGE = {"event": Event.EXCHANGE, "remote": "punchh", "method": "GET", "ms": 120, "status": 200}


def test_what_happens_is_counted_from_the_log(desk: Desk) -> None:
    for event in (
        EXCHANGE,
        EXCHANGE | {"status": 503},
        EXCHANGE | {"status": None},
        EXCHANGE | {"remote": "sf_core", "api_used": 18, "api_limit": 15000},
        {"event": Event.COMMIT_SETTLED, "verdict": "committed", "ms": 400},
        {"event": Event.COMMIT_SETTLED, "verdict": "unknown", "ms": 20_000},
        {"event": Event.CYCLE_DONE, "ms": 900},
        {"event": Event.CYCLE_FAILED},
        {"event": Event.ALERT_SENT, "channel": "slack"},
        {"event": Event.ALERT_RECOVERED, "channel": "slack"},
        {"event": Event.ALERT_FAILED, "channel": "slack"},
        {"event": Event.WORKER_STARTED},
    ):
        desk.metrics.listen(event)
    found = desk.figures()
    exchanges = {
        status: found[f"connector_http_exchanges_total{{'remote': 'punchh', 'status': '{status}'}}"]
        for status in ("2xx", "5xx", "none")
    }
    assert exchanges == {"2xx": 1, "5xx": 1, "none": 1}
    of_punchh = "{'method': 'GET', 'remote': 'punchh'}"
    assert found[f"connector_http_exchange_seconds_sum{of_punchh}"] == pytest.approx(0.36)
    assert found["connector_salesforce_api_used{'remote': 'sf_core'}"] == 18
    assert found["connector_salesforce_api_limit{'remote': 'sf_core'}"] == 15000
    assert found["connector_attempts_total{'verdict': 'unknown'}"] == 1
    assert found["connector_attempt_seconds_bucket{'le': '0.5'}"] == 1
    assert found["connector_attempt_seconds_count"] == 2
    assert found["connector_cycles_total{'result': 'done'}"] == 1
    assert found["connector_cycles_total{'result': 'failed'}"] == 1
    assert found["connector_cycle_seconds_sum"] == pytest.approx(0.9)
    assert found["connector_alerts_total{'channel': 'slack', 'result': 'sent'}"] == 2
    assert found["connector_alerts_total{'channel': 'slack', 'result': 'failed'}"] == 1


# --- the socket


@contextmanager
def served(served_pages: Pages, port: int = 0) -> Iterator[str]:
    with capture_logs() as logs, serving(HealthSettings(port=port), served_pages, SystemClock()):
        (told,) = logs
        yield f"http://127.0.0.1:{told['port']}" if told["event"] == Event.HEALTH_SERVING else ""


def _get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_pages_are_served_and_nothing_else(desk: Desk) -> None:
    with served(desk.pages) as url:
        assert _get(f"{url}/livez")[0] == 200
        assert _get(f"{url}/readyz?verbose")[0] == 503
        assert b"connector_build_info" in _get(f"{url}/metrics")[1]
        assert _get(f"{url}/") == (404, b"/livez, /readyz, /metrics\n")
        caller = HTTPConnection(url.removeprefix("http://"), timeout=5)
        caller.request("HEAD", "/livez")
        head = caller.getresponse()
        assert (head.status, head.read()) == (200, b"")
        caller.close()
        caller.request("POST", "/livez")
        assert caller.getresponse().status == 501
        caller.close()
    with pytest.raises(OSError):  # noqa: PT011  it is gone
        _get(f"{url}/livez")


def test_without_a_port_nothing_listens(desk: Desk) -> None:
    with capture_logs() as logs, serving(HealthSettings(), desk.pages, desk.clock):
        pass
    assert logs == []


def test_a_taken_port_is_logged_and_stops_nothing(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with capture_logs() as logs, serving(HealthSettings(port=port), desk.pages, desk.clock):
            pass
    (told,) = logs
    assert (told["event"], told["port"]) == (Event.HEALTH_FAILED, port)


def test_a_caller_who_says_nothing_keeps_no_other_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CALL_SECONDS", 0.2)
    with served({"/x": lambda: Answer(200, "text/plain", b"here")}) as url:
        place = url.removeprefix("http://").split(":")
        with socket.create_connection((place[0], int(place[1])), 5) as silent:
            assert _get(f"{url}/x") == (200, b"here")
            silent.settimeout(5)
            assert silent.recv(1) == b""
