"""Each fact of facts: punchh, its literal reply put before our client."""

import json
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from pydantic import SecretStr
from requests import PreparedRequest

from connector.domain.offer import Order
from connector.errors import RemoteError
from connector.http.wire import Line
from connector.punchh import catalog
from connector.punchh.client import Punchh
from connector.settings import PunchhSettings
from tests.contract.facts_punchh import FACTS
from tests.contract.punchh_world import GOOD, REDEEMABLES, SEGMENTS
from tests.contract.rows import NOW, Fact, Failed, Listed, Made
from tests.support.clocks import FixedClock

HOST = "https://brand.punchh.com"
KEY = "an-admin-key-nobody-may-see"


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def punchh() -> Iterator[Punchh]:
    settings = PunchhSettings(
        base_url=HOST,
        admin_key=SecretStr(KEY),
        user_agent="Brand/SystemIntegrator/1.0",
        timezone="America/New_York",
        campaign_clock="utc",
    )
    opened = Punchh(settings, Line("punchh", FixedClock(NOW), Random(1)))
    yield opened
    opened.close()


def facts(kind: type[Any]) -> pytest.MarkDecorator:
    chosen = [pytest.param(fact, id=fact.id) for fact in FACTS if isinstance(fact.ours, kind)]
    return pytest.mark.parametrize("fact", chosen)


def sent(net: responses.RequestsMock) -> list[PreparedRequest]:
    return [call.request for call in net.calls]


def check_headers(request: PreparedRequest) -> None:
    """Facts: punchh §1 and §7: these headers and no others of our own."""
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"] == "Brand/SystemIntegrator/1.0"
    ours = {name.lower() for name in request.headers} - {
        "authorization", "accept", "user-agent", "accept-encoding", "content-type",
        "content-length", "cookie",
    }  # fmt: skip
    assert ours == set()


@facts(Made)
def test_what_a_commit_comes_to(fact: Fact, punchh: Punchh, net: responses.RequestsMock) -> None:
    ours = fact.ours
    assert isinstance(ours, Made)
    start = fact.starts or GOOD["start_time"]
    net.add(fact.ask.method, HOST + fact.ask.path, json=fact.body, status=fact.status)
    order = Order(
        name=str(GOOD["name"]),
        segment_id=int(str(GOOD["segment_id"])),
        redeemable_uuid=str(GOOD["redeemable_uuid"]),
        start_time=datetime.fromisoformat(str(start)),
        external_campaign_id=str(GOOD["external_campaign_id"]),
    )
    outcome = punchh.commit(order)
    assert (outcome.verdict.value, outcome.reason.code) == (ours.verdict, ours.code)
    assert outcome.campaign_id == ours.campaign_id
    assert outcome.status == fact.status
    assert outcome.drift == ((ours.drift,) if ours.drift else None)
    (request,) = sent(net)
    check_headers(request)
    assert request.headers["Content-Type"] == "application/json"
    assert request.body is not None
    body = json.loads(request.body)
    assert body == GOOD | {"start_time": start}
    assert {key: type(value) for key, value in body.items()} == {
        key: type(value) for key, value in GOOD.items()
    }


def read(punchh: Punchh, path: str, net: responses.RequestsMock) -> list[tuple[int | str, str]]:
    """Read the catalog; the list that is not asked about is empty."""
    other = REDEEMABLES if path == SEGMENTS else SEGMENTS
    net.get(HOST + other, json=[])
    catalog = punchh.catalog()
    if path == SEGMENTS:
        return [(each.segment_id, each.name) for each in catalog.segments]
    return [(each.redeemable_uuid, each.name) for each in catalog.redeemables]


def serving(net: responses.RequestsMock, fact: Fact, ours: Listed) -> None:
    """Serve a fact's rows as Punchh does: its first page is as large as any gets."""
    first, pages = fact.body, [page for page in ours.more if page]
    assert isinstance(first, list)
    rows = [*first, *(row for page in pages for row in page if row not in first)]
    most = len(first) if len(rows) > len(first) else catalog.PER_PAGE
    repeats = bool(ours.more) and bool(ours.more[-1])

    def answered(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked = parse_qs(str(urlsplit(str(request.url)).query), strict_parsing=True)
        number, size = int(asked["page"][0]), min(most, int(asked["per_page"][0]))
        page = rows[(number - 1) * size :][:size]
        return 200, {}, json.dumps(page or (rows[-size:] if repeats else []))

    net.add_callback("GET", HOST + fact.ask.path, answered)


@facts(Listed)
def test_what_the_catalog_reads(fact: Fact, punchh: Punchh, net: responses.RequestsMock) -> None:
    ours = fact.ours
    assert isinstance(ours, Listed)
    serving(net, fact, ours)
    assert tuple(read(punchh, fact.ask.path, net)) == ours.items
    asked = [request for request in sent(net) if fact.ask.path in str(request.url)]
    assert len(asked) == ours.requests
    for number, request in enumerate(asked):
        check_headers(request)
        assert request.body is None
        query = parse_qs(urlsplit(str(request.url)).query)
        assert query.keys() == {"page", "per_page"}
        if not number:
            assert query == {"page": ["1"], "per_page": [str(catalog.PER_PAGE)]}


@facts(Failed)
def test_what_a_refused_list_is(fact: Fact, punchh: Punchh, net: responses.RequestsMock) -> None:
    ours = fact.ours
    assert isinstance(ours, Failed)
    net.assert_all_requests_are_fired = False
    net.get(HOST + fact.ask.path, json=fact.body, status=fact.status)
    with pytest.raises(RemoteError) as error:
        read(punchh, fact.ask.path, net)
    assert error.value.account is ours.account
    assert KEY not in str(error.value)
    assert len([each for each in sent(net) if fact.ask.path in str(each.url)]) == 1
