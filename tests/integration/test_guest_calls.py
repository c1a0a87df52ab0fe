"""Guest calls on the wire: what is signed is what is sent, and nothing secret is ever told."""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha1
from random import Random
from typing import Any

import pytest
import requests
import structlog
from pydantic import SecretStr

from connector.domain.guest import Basket, Item
from connector.errors import ConfigError, RemoteError
from connector.http.client import Client
from connector.http.wire import Limits, Line
from connector.punchh.client import Punchh
from connector.punchh.guests import Guests
from connector.punchh.signing import digest
from connector.sandbox import CANARY_TOKEN, PUNCHH_CLIENT, PUNCHH_KEY, PUNCHH_SECRET, Sandbox
from connector.sandbox.accounts import Account
from connector.sandbox.business import Campaign, Redeemable, Segment
from connector.sandbox.faults import Fault
from connector.settings import CanarySettings, PunchhSettings
from tests.support.clocks import FixedClock
from tests.support.rawserver import RawServer, answer, read
from tests.support.words import failing, words_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SHORT = Limits(connect=1.0, read=0.5, total=1.0)
AGENT = "Punchh/OnlineOrder/1.0/Web/BrowserVersion/OS_Type"
BASKET = Basket(
    amount=Decimal("10.50"), items=(Item(name="Jalapeño Fries", quantity=2, amount="10.50"),)
)


def settings_for(url: str, **canary: Any) -> PunchhSettings:
    own = canary or {"token": SecretStr(CANARY_TOKEN)}
    return PunchhSettings(
        base_url=url,
        admin_key=SecretStr(PUNCHH_KEY),
        user_agent="Brand/SystemIntegrator/1.0",
        guest_user_agent=AGENT,
        timezone="America/New_York",
        client=SecretStr(PUNCHH_CLIENT),
        secret=SecretStr(PUNCHH_SECRET),
        canaries={"vip": CanarySettings(segment="VIP Guests", **own)},
    )


@contextmanager
def guests(url: str, **canary: Any) -> Iterator[Guests]:
    settings = settings_for(url, **canary)
    opened = Guests(settings, Line("punchh", FixedClock(NOW), Random(1), limits=SHORT))
    yield opened
    opened.close()


def parts(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """Return target, headers and body of a request as they stood on the wire."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return first.split(" ")[1], headers, body


def well_signed(raw: bytes) -> bool:
    target, headers, body = parts(raw)
    made = hmac.new(PUNCHH_SECRET.encode(), target.encode("latin-1") + body, sha1).hexdigest()
    return headers["x-pch-digest"] == made


def test_the_bytes_on_the_wire_are_the_signed_ones() -> None:
    with RawServer([read, answer(b"[]")]) as server, guests(server.url) as asked:
        assert asked.offers("vip", BASKET, NOW) == ()
        (raw,) = server.requests
    target, headers, body = parts(raw)
    assert well_signed(raw)
    assert target == "/api/auth/redemptions/applicable_offers"
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert headers["user-agent"] == AGENT
    assert headers["authorization"] == f"Bearer {CANARY_TOKEN}"
    assert int(headers["content-length"]) == len(body)
    assert "Jalapeño Fries".encode() in body
    assert b": " not in body  # compact, as the documents ask for
    assert PUNCHH_KEY.encode() not in raw


@pytest.mark.parametrize("query", ["a b", "ü/%2f?&=+", "canary+1@example.com", "~'()*"])
def test_also_an_awkward_query_is_signed_as_it_is_sent(query: str) -> None:
    line = Line("punchh", FixedClock(NOW), Random(1), limits=SHORT)
    with RawServer([read, answer(b"[]")]) as server:
        client = Client(line, server.url, {})
        client.get(
            "/api/auth/x",
            {"q": query},
            body=b'{"a":1}',
            sign=lambda target, body: {"x-pch-digest": digest(PUNCHH_SECRET, target, body)},
        )
        client.close()
        (raw,) = server.requests
    assert well_signed(raw)
    assert "?q=" in parts(raw)[0]


def test_a_retry_sends_the_same_signed_bytes_again() -> None:
    script = [read, answer(b"", "503 Busy"), read, answer(b"[]")]
    with RawServer(script) as server, guests(server.url) as asked:
        assert asked.rewards("vip") == ()
        first, second = server.requests
    assert first == second
    assert well_signed(second)


@pytest.mark.parametrize("how", ["token", "authentication_token"])
def test_nothing_secret_is_logged_or_told(how: str) -> None:
    echo = json.dumps([CANARY_TOKEN, PUNCHH_SECRET]).encode()
    with (
        structlog.testing.capture_logs() as logs,
        RawServer([read, answer(echo, "422 No", "X-Request-Id: r-1")]) as server,
        guests(server.url, **{how: SecretStr(CANARY_TOKEN)}) as asked,
        pytest.raises(RemoteError) as error,
    ):
        asked.rewards("vip")
    (told,) = logs
    assert (told["path"], told["request_id"]) == ("/api/auth/rewards", "r-1")
    assert CANARY_TOKEN.encode() in server.requests[0]
    assert PUNCHH_SECRET.encode() not in server.requests[0]
    for secret in (CANARY_TOKEN, PUNCHH_SECRET, PUNCHH_CLIENT):
        assert secret not in repr(error.value.reason) + repr(logs)


BAD = {
    b"<html>": "not the JSON it should be",
    b"{}": "not a list",
    b'[{"reward": {"id": 1e9999999999999999999, "name": "x"}}]': "not the JSON it should be",
    b'[{"reward": {"id": 1, "name": "x"}}]': "lacks its reward",  # no discount
    b'[{"reward": {"id": true, "name": "x"}, "discount_amount": 1}]': "lacks its reward",
    b"[7]": "lacks its reward",
}


@pytest.mark.parametrize(("body", "told"), BAD.items(), ids=map(str, range(len(BAD))))
def test_an_answer_that_is_none_is_told_in_one_line(body: bytes, told: str) -> None:
    with RawServer([read, answer(body)]) as server, guests(server.url) as asked:
        with failing(told) as error:
            asked.offers("vip", BASKET, NOW)
        assert words_of(error.value).count("\n") == 0
        assert not error.value.account


def test_a_reward_that_cannot_be_read_proves_nothing_and_stops_nothing() -> None:
    body = json.dumps(
        [
            7,
            {"reward": None},
            {"reward": {"id": "1"}},
            {"id": 5, "gifted_for_id": "99", "created_at": "2026-03-02T11:00:00", "name": None},
        ]
    ).encode()
    with RawServer([read, answer(body)]) as server, guests(server.url) as asked:
        (found,) = asked.rewards("vip")
    assert (found.reward_id, found.gifted_for_id, found.created_at) == (5, None, None)


FAULTS: dict[str, dict[str, Any]] = {
    "reset": {},
    "close": {},
    "silence": {"seconds": 2},
    "truncate": {},
    "html": {},
    "garbage": {},
    "redirect": {"location": "http://127.0.0.1:1/"},
    "oversize": {"size": 40_000_000},
    "status": {"code": 500},
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_guest_call_that_breaks_is_told_in_one_line(box: Sandbox, kind: Any) -> None:
    fault = Fault(kind, remote="punchh", path="/api/auth/*", times=9, **FAULTS[kind])
    with box.world.lock:
        box.world.faults.add(fault)
    with guests(box.punchh_url) as asked, pytest.raises(RemoteError) as error:
        asked.rewards("vip")
    assert error.value.remote == "punchh"
    assert words_of(error.value).startswith("GET /api/auth/rewards: ")
    assert words_of(error.value).count("\n") == 0
    assert not error.value.account
    with box.world.lock:
        box.world.faults.clear()


def test_a_guest_call_that_is_throttled_holds_back_no_other_call(box: Sandbox) -> None:
    headers = (("Retry-After", "600"),)
    with box.world.lock:
        box.world.faults.add(Fault("status", path="/api/auth/*", code=429, headers=headers))
    line = Line("punchh", FixedClock(NOW), Random(1), limits=SHORT)
    punchh = Punchh(settings_for(box.punchh_url), line)
    with failing("429"):
        punchh.rewards("vip")
    assert punchh.catalog().segments
    punchh.close()


def test_money_is_exact() -> None:
    row = {"reward": {"id": 1, "name": "Off"}, "discount_amount": 2}
    body = json.dumps([row]).replace('amount": 2', 'amount": 2.10').encode()
    with RawServer([read, answer(body)]) as server, guests(server.url) as asked:
        (offer,) = asked.offers("vip", BASKET, NOW)
    assert str(offer.discount) == "2.10"


def test_a_canary_that_is_not_configured_is_told_apart() -> None:
    with guests("http://127.0.0.1:1") as asked, pytest.raises(ConfigError, match="no canary"):
        asked.rewards("nobody")


# --- the example of Punchh's own page, against the simulator


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(0, scenario=False) as opened:
        world = opened.world
        world.clock.set(NOW)
        business = world.punchh
        business.segments[7] = Segment(7, "VIP Guests", 3)
        business.redeemables["u-1"] = Redeemable(20416, "u-1", "Free Fries")
        since = {7: NOW - timedelta(days=1)}
        business.accounts["c@x.y"] = Account("c@x.y", CANARY_TOKEN, segments=since)
        gift = Campaign(5, "Fries c1-a", 7, "u-1", "c1-a", NOW, NOW, NOW, 3)
        business.campaigns[5] = replace(gift, status="finished", gifts=3, gifted_at=NOW)
        yield opened
        assert world.errors == []


# As the example on Punchh's page has it, key by key; its empty texts are the caller's to fill.
EXAMPLE = """{
  "authentication_token": "",
  "client": "",
  "receipt_amount": 1,
  "subtotal_amount": 1,
  "receipt_datetime": "",
  "store_number": "",
  "menu_items": [
    {
      "item_name": "",
      "item_qty": 1,
      "item_amount": 1,
      "menu_item_type": "",
      "menu_item_id": "",
      "menu_family": "",
      "menu_major_group": "",
      "serial_number": ""
    }
  ],
  "channel": "online_order"
}"""


def curl(box: Sandbox, body: str, token: str) -> requests.Response:
    """Do what the page's curl command does, with a signature of those very bytes."""
    path = "/api/auth/redemptions/applicable_offers"
    headers = {
        "x-pch-digest": digest(PUNCHH_SECRET, path, body.encode()),
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": AGENT,
        "Authorization": f"Bearer {token}",
    }
    with requests.Session() as session:
        session.trust_env = False
        url = box.punchh_url + path
        return session.get(url, data=body.encode(), headers=headers, timeout=5)


def test_the_example_of_the_page_is_answered_and_ours_is_the_same_in_meaning(box: Sandbox) -> None:
    filled = EXAMPLE.replace('"client": ""', f'"client": "{PUNCHH_CLIENT}"')
    reply = curl(box, filled, CANARY_TOKEN)
    assert reply.status_code == 200
    (row,) = reply.json()
    assert set(row) == {"menu_items", "discount_amount", "reward"}
    assert set(row["reward"]) == {
        "created_at", "end_date_tz", "start_date_tz", "updated_at", "id", "image", "status",
        "points", "discount_amount", "description", "name", "redeemable_properties",
    }  # fmt: skip

    basket = Basket(amount=Decimal(1), items=(Item(name="Adult", amount=Decimal(1)),))
    with RawServer([read, answer(b"[]")]) as server:
        with guests(server.url, authentication_token=SecretStr(CANARY_TOKEN)) as asked:
            asked.offers("vip", basket, NOW)
        sent = json.loads(parts(server.requests[0])[2])
    example = json.loads(EXAMPLE)
    assert shape(sent) == shape(example)
    assert sent["receipt_datetime"] == "2026-03-02T12:00:00Z"
    with guests(box.punchh_url) as asked:
        assert [one.name for one in asked.offers("vip", basket, NOW)] == ["Free Fries"]


def shape(value: Any) -> Any:
    """Return keys and kinds of values, without the values."""
    match value:
        case dict():
            return {key: shape(item) for key, item in sorted(value.items())}
        case list():
            return [shape(item) for item in value]
    return type(value).__name__
