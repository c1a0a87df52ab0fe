"""Each fact of Punchh's guest calls, asked of the simulator and put before our client."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import sha1, sha256
from random import Random
from typing import Any

import pytest
import requests
import responses
from pydantic import SecretStr
from requests import PreparedRequest

from connector.domain.guest import Basket, Item
from connector.errors import RemoteError
from connector.http.wire import Line
from connector.punchh.client import Punchh
from connector.sandbox import (
    CANARY_EMAIL,
    CANARY_TOKEN,
    PUNCHH_CLIENT,
    PUNCHH_KEY,
    PUNCHH_SECRET,
    Sandbox,
    World,
)
from connector.sandbox.accounts import Account
from connector.sandbox.business import Campaign, Redeemable, Segment
from connector.settings import CanarySettings, PunchhSettings
from tests.contract.facts_punchh_guests import GIVEN_AT, GUEST_FACTS, LINE, OFFERS
from tests.contract.rows import NOW, Applies, Ask, Fact, Failed, Holds, Member, Shape, differs
from tests.support.clocks import FixedClock
from tests.support.words import words_of

HOST = "https://brand.punchh.com"
GIVEN = datetime.fromisoformat(GIVEN_AT)
AGENT = "Punchh/OnlineOrder/1.0/Web/BrowserVersion/OS_Type"
BASKET = Basket(
    amount=Decimal(100),
    store_number="7",
    items=(Item(name="Adult", amount=Decimal(100), id="1", family="1", major_group="1",
                serial="3.0"),),
)  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(0, scenario=False) as box:
        yield box
        assert box.world.errors == []


@pytest.fixture
def box(running: Sandbox) -> Sandbox:
    running.world.reset()
    running.world.clock.set(NOW)
    return running


def stage(world: World, fact: Fact) -> None:
    with world.lock:
        world.switches.set(fact.switches)
        for thing in fact.world:
            _put(world, thing)


def _put(world: World, thing: Shape) -> None:
    if "email" in thing:
        since = {id_: datetime.fromisoformat(at) for id_, at in thing["segments"].items()}
        world.punchh.accounts[thing["email"]] = Account(**{**thing, "segments": since})
    elif "campaign_id" in thing:
        gift = Campaign(
            name="Friday Fries c1-abc",
            external_campaign_id="c1-abc",
            start_time=GIVEN,
            fires_at=GIVEN,
            created_at=GIVEN,
            members_then=3,
            status="finished",
            gifts=3,
            gifted_at=GIVEN,
            **thing,
        )
        world.punchh.campaigns[gift.campaign_id] = gift
    elif "uuid" in thing:
        world.punchh.redeemables[thing["uuid"]] = Redeemable(**thing)
    else:
        world.punchh.segments[thing["id"]] = Segment(**thing)


def prepared(url: str, ask: Ask) -> PreparedRequest:
    headers = {"User-Agent": AGENT, "Content-Type": "application/json"}
    if ask.path.startswith("/api2/"):
        headers["Authorization"] = f"Bearer {PUNCHH_KEY}"
    elif ask.bearer:
        headers["Authorization"] = f"Bearer {ask.bearer}"
    body = json.dumps(ask.json, indent=2).encode() if ask.json is not None else None
    request = requests.Request("GET", url + ask.path, params=ask.params, data=body, headers=headers)
    made = request.prepare()
    digest = _digest(ask, made.path_url, body or b"")
    made.headers.update({"x-pch-digest": digest} if digest else {})
    return made


def _digest(ask: Ask, target: str, body: bytes) -> str:
    secret = b"not-it" if ask.sign == "wrong secret" else PUNCHH_SECRET.encode()
    if ask.sign == "no query":
        target = ask.path
    if ask.sign == "other body":
        body = json.dumps(json.loads(body), separators=(",", ":")).encode()
    made = hmac.new(secret, target.encode() + body, sha256 if ask.sign == "sha256" else sha1)
    match ask.sign:
        case "base64":
            return base64.b64encode(made.digest()).decode()
        case "none":
            return ""
    return made.hexdigest()


@pytest.mark.parametrize("fact", [pytest.param(fact, id=fact.id) for fact in GUEST_FACTS])
def test_the_simulator_answers_so(box: Sandbox, fact: Fact) -> None:
    stage(box.world, fact)
    with requests.Session() as session:
        session.trust_env = False
        reply = session.send(prepared(box.punchh_url, fact.ask), timeout=5)
    assert reply.status_code == fact.status, reply.text
    assert differs(fact, fact.body, reply.json()) == ""


# --- our client


def _canary(fact: Fact) -> CanarySettings:
    token = SecretStr(CANARY_TOKEN)
    own = {"token": token} if fact.ask.bearer else {"authentication_token": token}
    return CanarySettings(segment="VIP Guests", email=CANARY_EMAIL, **own)


def opened(fact: Fact) -> Punchh:
    settings = PunchhSettings(
        base_url=HOST,
        admin_key=SecretStr(PUNCHH_KEY),
        user_agent="Brand/SystemIntegrator/1.0",
        guest_user_agent=AGENT,
        timezone="America/New_York",
        client=SecretStr(PUNCHH_CLIENT),
        secret=SecretStr(PUNCHH_SECRET),
        canaries={"vip": _canary(fact)},
    )
    return Punchh(settings, Line("punchh", FixedClock(NOW), Random(1)))


def facts(kind: type[Any]) -> pytest.MarkDecorator:
    chosen = [pytest.param(fact, id=fact.id) for fact in GUEST_FACTS if isinstance(fact.ours, kind)]
    return pytest.mark.parametrize("fact", chosen)


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def _sent(net: responses.RequestsMock) -> PreparedRequest:
    (call,) = net.calls
    return call.request


def _body(net: responses.RequestsMock) -> Any:
    return json.loads(_sent(net).body or b"")


def _check_request(request: PreparedRequest, fact: Fact) -> None:
    """The headers of the seed document and no others, and a digest of exactly what is sent."""
    body = request.body or b""
    assert isinstance(body, bytes)
    made = hmac.new(PUNCHH_SECRET.encode(), str(request.path_url).encode() + body, sha1)
    expected = {
        "x-pch-digest": made.hexdigest(),
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": AGENT,
    }
    if fact.ask.bearer:
        expected["Authorization"] = f"Bearer {fact.ask.bearer}"
    others = {"Accept-Encoding", "Content-Length"}
    assert {n: v for n, v in request.headers.items() if n not in others} == expected


@facts(Applies)
def test_what_a_look_at_the_offers_reads(fact: Fact, net: responses.RequestsMock) -> None:
    assert isinstance(fact.ours, Applies)
    net.get(HOST + OFFERS, json=fact.body, status=fact.status)
    punchh = opened(fact)
    found = punchh.accounts.offers("vip", BASKET, NOW)
    assert tuple((one.reward_id, one.name, str(one.discount)) for one in found) == fact.ours.offers
    assert all(one.items == ("Adult",) and one.starts_at == GIVEN for one in found)
    _check_request(_sent(net), fact)
    assert _body(net) == fact.ask.json
    punchh.close()


@facts(Holds)
def test_what_a_look_into_an_account_reads(fact: Fact, net: responses.RequestsMock) -> None:
    assert isinstance(fact.ours, Holds)
    net.get(HOST + fact.ask.path, json=fact.body)
    punchh = opened(fact)
    rewards = punchh.rewards("vip")
    found = tuple((one.reward_id, one.gifted_for_type, one.gifted_for_id) for one in rewards)
    assert found == fact.ours.rewards
    assert [one.created_at for one in rewards] == [GIVEN]
    _check_request(_sent(net), fact)
    assert _body(net) == fact.ask.json
    punchh.close()


@facts(Member)
def test_what_membership_is_read_as(fact: Fact, net: responses.RequestsMock) -> None:
    assert isinstance(fact.ours, Member)
    net.get(HOST + fact.ask.path, json=fact.body)
    punchh = opened(fact)
    assert punchh.in_segment("vip", 1306904) is fact.ours.member
    request = _sent(net)
    assert request.headers["Authorization"] == f"Bearer {PUNCHH_KEY}"
    assert request.url == f"{HOST}{fact.ask.path}?guest_email=canary.vip%40example.com"
    punchh.close()


@facts(Failed)
def test_what_a_refused_guest_call_is(fact: Fact, net: responses.RequestsMock) -> None:
    assert isinstance(fact.ours, Failed)
    net.get(HOST + OFFERS, json=fact.body, status=fact.status)
    punchh = opened(fact)
    with pytest.raises(RemoteError) as error:
        punchh.accounts.offers("vip", BASKET, NOW)
    assert error.value.account is fact.ours.account
    codes = {401: "guest-token", 412: "guest-signature", 422: "guest-basket"}
    assert error.value.reason.code == codes[fact.status]
    assert f"({fact.status})" in words_of(error.value)
    for secret in (CANARY_TOKEN, PUNCHH_SECRET, PUNCHH_CLIENT):
        assert secret not in words_of(error.value)
    assert len(net.calls) == 1
    punchh.close()


def test_the_table_covers_the_lines_of_the_seed() -> None:
    assert {"item_name", "item_qty", "item_amount", "menu_item_type", "menu_item_id",
            "menu_family", "menu_major_group", "serial_number"} == LINE.keys()  # fmt: skip
