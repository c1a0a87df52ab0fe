"""Every fault on a real socket, and whether the request took effect."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
import requests

from connector.sandbox import PUNCHH_KEY, Sandbox
from tests.support.sandbox import CAMPAIGNS, SEGMENTS, Outside, opened


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock("2026-03-02T18:00:00Z")
        yield running


def commit(outside: Outside, **more: Any) -> requests.Response:
    body = {
        "redeemable_uuid": outside.redeemable("Fries")["redeemable_uuid"],
        "segment_id": outside.segment("VIP Guests")["segment_id"],
        "category": "gift_redeemable",
        "campaign_type": "mass_gifting",
        "name": "Friday Fries",
        "start_time": "2026-03-02T19:00:00Z",
    }
    return outside.punchh("POST", CAMPAIGNS, json=body, **more)


def held(outside: Outside) -> int:
    return len(outside.control("GET", "/punchh/campaigns")["campaigns"])


def last(outside: Outside) -> tuple[str, int]:
    row = outside.control("GET", "/requests")["requests"][-1]
    return row["fault"], row["status"]


BOTH = pytest.mark.parametrize(("after", "made"), [(False, 0), (True, 1)])


@BOTH
def test_status(outside: Outside, after: bool, made: int) -> None:
    headers = {"Retry-After": "7"}
    body = {"error": "oh no"}
    outside.fault("status", code=503, body=body, headers=headers, after=after)
    reply = commit(outside)
    assert (reply.status_code, reply.json()) == (503, {"error": "oh no"})
    assert reply.headers["Retry-After"] == "7"
    assert held(outside) == made
    assert last(outside) == ("status", 503)


@BOTH
@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_dropped_connection(outside: Outside, kind: str, after: bool, made: int) -> None:
    outside.fault(kind, remote="punchh", after=after)
    with pytest.raises(requests.ConnectionError) as error:
        commit(outside)
    wanted = "ConnectionResetError" if kind == "reset" else "RemoteDisconnected"
    assert wanted in repr(error.value)
    assert held(outside) == made
    assert last(outside) == (kind, 0)


@BOTH
def test_a_delay_past_the_clients_patience(outside: Outside, after: bool, made: int) -> None:
    outside.fault("delay", seconds=0.5, after=after)
    with pytest.raises(requests.ReadTimeout):
        commit(outside, timeout=0.1)
    assert held(outside) == made


def test_a_delay_within_it(outside: Outside) -> None:
    outside.fault("delay", seconds=0.05)
    assert commit(outside).status_code == 200


@BOTH
@pytest.mark.parametrize("headers_sent", [False, True])
def test_silence(outside: Outside, headers_sent: bool, after: bool, made: int) -> None:
    outside.fault("silence", seconds=0.5, headers_sent=headers_sent, after=after)
    with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
        commit(outside, timeout=0.1)
    assert held(outside) == made


def test_a_truncated_answer(outside: Outside) -> None:
    outside.fault("truncate")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        commit(outside)
    assert held(outside) == 1


def test_a_dripping_answer(outside: Outside) -> None:
    outside.fault("drip", seconds=0.001)
    started = monotonic()
    assert "campaign_id" in commit(outside).json()
    assert monotonic() - started > 0.1


@BOTH
def test_html_with_200(outside: Outside, after: bool, made: int) -> None:
    outside.fault("html", after=after)
    reply = commit(outside)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert held(outside) == made


def test_garbage(outside: Outside) -> None:
    outside.fault("garbage", after=True)
    reply = commit(outside)
    assert reply.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        reply.json()
    assert held(outside) == 1


def test_a_redirect(outside: Outside) -> None:
    outside.fault("redirect", location="https://elsewhere.example.com/")
    reply = commit(outside, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (
        302,
        "https://elsewhere.example.com/",
    )


def test_an_oversized_answer(outside: Outside) -> None:
    outside.fault("oversize", size=1_000_000)
    assert len(commit(outside).content) == 1_000_000


def test_a_fault_chooses_its_request(outside: Outside) -> None:
    outside.fault("status", remote="braze")
    outside.fault("status", method="POST", path="/api2/*/campaigns", skip=1, times=2)
    codes = [commit(outside).status_code for _ in range(4)]
    assert codes == [200, 500, 500, 200]
    assert outside.punchh("GET", SEGMENTS).status_code == 200
    assert [fault["remote"] for fault in outside.control("GET", "/faults")["faults"]] == ["braze"]
    outside.control("DELETE", "/faults")
    assert outside.broadcasts() == []


def test_stopping_ends_every_wait() -> None:
    with requests.Session() as session:
        box = Sandbox(0, scenario=False).start()
        order = {"kind": "silence", "remote": "punchh", "seconds": 60, "headers_sent": True}
        session.post(box.control_url + "/faults", json=order, timeout=5)
        headers = {"Authorization": f"Bearer {PUNCHH_KEY}"}
        waiting = session.get(box.punchh_url + SEGMENTS, headers=headers, stream=True, timeout=5)
        started = monotonic()
        box.stop()
        assert monotonic() - started < 1.5
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            assert waiting.content
