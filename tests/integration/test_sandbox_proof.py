"""The sandbox's test guests and its webhook, by the control API."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from connector.sandbox.credentials import CANARY_EMAIL
from tests.support.console import until
from tests.support.rawserver import RawServer, answer, read
from tests.support.sandbox import Outside, opened


@pytest.fixture(scope="module")
def running() -> Iterator[Outside]:
    with opened(scenario=True) as outside:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.control("POST", "/reset")
    return running


def gave(outside: Outside, segment: str) -> Any:
    """Commit a campaign to a segment by hand, and let its start pass."""
    segments = outside.control("GET", "/segments")["segments"]
    redeemables = outside.control("GET", "/redeemables")["redeemables"]
    start = outside.now() + timedelta(minutes=20)
    body = {
        "redeemable_uuid": next(r for r in redeemables if r["name"] == "Free Coffee")["uuid"],
        "segment_id": next(s for s in segments if s["name"] == segment)["id"],
        "category": "gift_redeemable",
        "campaign_type": "mass_gifting",
        "name": "By hand",
        "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
    }
    made = outside.punchh("POST", "/api2/dashboard/campaigns", json=body).json()
    outside.advance(timedelta(minutes=21))
    return made["campaign_id"]


def rewards(outside: Outside) -> dict[str, list[int]]:
    found = outside.control("GET", "/accounts")["accounts"]
    return {one["email"]: [reward["campaign_id"] for reward in one["rewards"]] for one in found}


def test_a_guest_gets_the_gifts_of_the_segments_it_was_in_at_their_start(outside: Outside) -> None:
    guest = {"email": "g@x.y", "token": "t", "segments": ["Coffee Club"]}
    outside.control("POST", "/accounts", guest)
    vip = gave(outside, "VIP Guests")
    coffee = gave(outside, "Coffee Club")
    assert rewards(outside) == {CANARY_EMAIL: [vip], "g@x.y": [coffee]}
    outside.control("POST", "/accounts", {"email": "g@x.y", "segments": ["VIP Guests"]})
    assert rewards(outside)["g@x.y"] == []


def test_the_webhook_tells_where_it_is_told_to_and_a_reset_forgets_it(outside: Outside) -> None:
    with RawServer([read, answer(b"ok")]) as server:
        told = {"url": f"{server.url}/hooks?a=1", "client": "c", "secret": "s"}
        outside.control("POST", "/webhook", told)
        campaign = gave(outside, "VIP Guests")
        until(lambda: outside.control("GET", "/webhook")["waiting"])
        outside.advance(timedelta(minutes=1))
        until(lambda: len(server.requests) == 5)
        probe, *events = server.requests
    assert probe.startswith(b"GET /hooks?a=1 ")
    for event in events:
        assert event.startswith(b"POST /hooks?a=1 ")
        assert b"x-pch-key: c\r\n" in event
        assert f'"campaign_id":{campaign},'.encode() in event
    posted = outside.control("GET", "/webhook")["posted"]
    assert [one["status"] for one in posted] == [200] * 5
    outside.control("POST", "/reset")
    assert outside.control("GET", "/webhook") == {
        "url": None,
        "active": True,
        "waiting": [],
        "posted": [],
    }


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/webhook", {"url": "https://elsewhere.com/"}, "url must be on this machine"),
        ("/accounts", {"email": "g@x.y", "token": "t", "segments": ["No"]}, "there is no segment"),
        ("/accounts", {"email": "new@x.y", "segments": []}, "token must be a text"),
    ],
)
def test_what_cannot_be_done_is_told(outside: Outside, path: str, body: Any, told: str) -> None:
    reply = outside.session.post(outside.box.control_url + path, json=body, timeout=5)
    assert reply.status_code in (400, 404)
    assert told in reply.json()["error"]


def has_tried(outside: Outside, times: int) -> bool:
    return len(outside.control("GET", "/webhook")["posted"]) == times


def probes(server: RawServer) -> list[bytes]:
    return [request for request in server.requests if request.startswith(b"GET /")]


@pytest.mark.parametrize("signed", [True, False])
def test_the_probe_may_be_unsigned(outside: Outside, signed: bool) -> None:
    outside.switch("punchh.webhook_probe_signed", signed)
    with RawServer([read, answer(b"ok")]) as server:
        outside.control("POST", "/webhook", {"url": server.url, "client": "c", "secret": "s"})
        until(lambda: len(server.requests) == 1)
    (probe,) = probes(server)
    assert (b"authorization: hmac" in probe.lower()) is signed
    assert (b"x-pch-key" in probe.lower()) is signed


def test_a_url_that_never_answers_200_is_given_up(outside: Outside) -> None:
    with RawServer([read, answer(b"no", "202 Accepted")]) as server:
        outside.control("POST", "/webhook", {"url": server.url, "token": "t"})
        until(partial(has_tried, outside, 1))
        for tried, minutes in enumerate((5, 5, *[120] * 6), start=2):
            assert outside.control("GET", "/webhook")["active"]
            outside.advance(timedelta(minutes=minutes, seconds=1))
            until(partial(has_tried, outside, tried))
        until(lambda: not outside.control("GET", "/webhook")["active"])
        gave(outside, "VIP Guests")
        outside.advance(timedelta(minutes=2))
        assert outside.control("GET", "/webhook")["waiting"] == []
        assert len(probes(server)) == len(server.requests) == 9


def test_the_url_is_tried_now_and_then_and_events_may_be_stamped_in_milliseconds(
    outside: Outside,
) -> None:
    outside.control(
        "POST",
        "/switches",
        {"punchh.webhook_ping_minutes": 60, "punchh.webhook_timestamp": "milliseconds"},
    )
    with RawServer([read, answer(b"ok")]) as server:
        outside.control("POST", "/webhook", {"url": server.url, "token": "t"})
        until(lambda: len(server.requests) == 1)
        until(lambda: bool(outside.control("GET", "/webhook")["waiting"]))
        outside.advance(timedelta(minutes=61))
        until(lambda: len(server.requests) == 2)
        gave(outside, "VIP Guests")
        outside.advance(timedelta(minutes=2))
        until(lambda: len(server.requests) == 6)
    event = next(request for request in server.requests if request.startswith(b"POST /"))
    stamp = re.search(rb'"timestamp":(\d+)', event)
    assert stamp is not None
    assert len(stamp[1]) == 13
