"""Each fact of facts: braze, its literal reply put before our source."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from pydantic import SecretStr

from connector.domain.send import Send
from connector.errors import RemoteError
from connector.settings import BrazeSettings
from connector.sources import braze
from connector.sources.braze import BrazeSource
from tests.contract.braze_world import CAMPAIGN, CANVAS
from tests.contract.facts_braze import FACTS
from tests.contract.rows import NOW, Fact, Failed, Live, Polled
from tests.support.clocks import FixedClock

HOST = "https://rest.iad-01.braze.com"
KEY = "a-braze-key-nobody-may-see"


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def source() -> Iterator[BrazeSource]:
    settings = BrazeSettings(
        kind="braze", base_url=HOST, api_key=SecretStr(KEY), timezone="America/New_York"
    )
    clock = FixedClock(NOW)
    opened = braze.connect(
        "braze_us", settings, clock=clock, random=Random(1), proxy=None, ca_bundle=None
    )
    yield opened
    opened.close()


def facts(kind: type[Any]) -> pytest.MarkDecorator:
    chosen = [pytest.param(fact, id=fact.id) for fact in FACTS if isinstance(fact.ours, kind)]
    return pytest.mark.parametrize("fact", chosen)


def answer(net: responses.RequestsMock, fact: Fact) -> None:
    net.get(HOST + fact.ask.path, json=fact.body, status=fact.status)


def check_request(net: responses.RequestsMock) -> dict[str, list[str]]:
    """Check that one GET was made, with the key and without a body; return its parameters."""
    (call,) = net.calls
    assert call.request.method == "GET"
    assert call.request.body is None
    assert call.request.headers["Authorization"] == f"Bearer {KEY}"
    assert call.request.headers["Accept"] == "application/json"
    return parse_qs(urlsplit(str(call.request.url)).query)


def shown(send: Send) -> tuple[str, str, str, datetime | None]:
    first = send.when.first_delivery if send.when and not send.problem else None
    return (send.kind, send.send_id, send.name, first)


@facts(Polled)
def test_what_a_poll_reads(fact: Fact, source: BrazeSource, net: responses.RequestsMock) -> None:
    ours = fact.ours
    assert isinstance(ours, Polled)
    answer(net, fact)
    snapshot = source.poll(NOW, frozenset())
    assert tuple(map(shown, snapshot.sends)) == tuple(
        (kind, id_, name, datetime.fromisoformat(first) if first else None)
        for kind, id_, name, first in ours.sends
    )
    assert {send.audiences for send in snapshot.sends} <= {ours.audiences}
    assert snapshot.notes == ()
    params = check_request(net)
    assert params == {"end_time": ["2026-06-03T00:00:00Z"]}


def a_send(kind: str) -> Send:
    return Send("braze_us", kind, "", CAMPAIGN if kind == "campaign" else CANVAS, "Friday Fries")


@facts(Live)
def test_what_the_details_say(fact: Fact, source: BrazeSource, net: responses.RequestsMock) -> None:
    ours = fact.ours
    assert isinstance(ours, Live)
    answer(net, fact)
    send = a_send(ours.kind)
    assert source.confirm([send]) == {send.series: ours.live}
    params = check_request(net)
    assert params == {key: [value] for key, value in fact.ask.params.items()}


@facts(Failed)
def test_what_a_refusal_is(fact: Fact, source: BrazeSource, net: responses.RequestsMock) -> None:
    ours = fact.ours
    assert isinstance(ours, Failed)
    answer(net, fact)
    call: Callable[[], object] = partial(source.poll, NOW, frozenset())
    if ours.of == "confirm":
        call = partial(source.confirm, [a_send("campaign")])
    with pytest.raises(RemoteError) as error:
        call()
    assert error.value.account is ours.account
    assert KEY not in str(error.value)
    check_request(net)
