"""The Punchh client with the simulator behind it: lists to their end, commits made once."""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from pydantic import SecretStr
from requests import PreparedRequest

from connector.domain.offer import Order, Verdict
from connector.errors import RemoteError
from connector.http.wire import Limits, Line
from connector.punchh import catalog
from connector.punchh.client import Punchh
from connector.sandbox import PUNCHH_KEY
from connector.settings import PunchhSettings
from tests.support.clocks import FixedClock
from tests.support.rawserver import RawServer, answer, read
from tests.support.sandbox import CAMPAIGNS, REDEEMABLES, SEGMENTS, Outside, opened
from tests.support.words import failing

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
START = datetime(2026, 3, 2, 19, 36, 40, tzinfo=UTC)
SHORT = Limits(connect=1.0, read=0.25, total=0.5)
Build = Callable[..., Punchh]


@pytest.fixture(scope="module")
def running() -> Iterator[Outside]:
    with opened() as outside:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.control("POST", "/reset")
    running.set_clock("2026-03-02T18:00:00Z")
    return running


@pytest.fixture
def build() -> Iterator[Build]:
    made: list[Punchh] = []

    def building(url: str, **more: Any) -> Punchh:
        settings = {
            "base_url": url,
            "admin_key": SecretStr(PUNCHH_KEY),
            "user_agent": "Brand/SystemIntegrator/1.0",
            "timezone": "America/New_York",
            "campaign_clock": "utc",
        }
        line = Line("punchh", FixedClock(NOW), Random(1), limits=SHORT)
        made.append(Punchh(PunchhSettings(**(settings | more)), line))
        return made[-1]

    yield building
    for each in made:
        each.close()


@pytest.fixture
def punchh(build: Build, outside: Outside) -> Punchh:
    return build(outside.box.punchh_url)


def segments(outside: Outside, count: int) -> list[str]:
    return [outside.segment(f"Segment {n:03d}")["name"] for n in range(count)]


def requests_to(outside: Outside, path: str) -> int:
    rows = outside.control("GET", "/requests")["requests"]
    return sum(row["path"] == path for row in rows)


def names(punchh: Punchh) -> list[str]:
    return [each.name for each in punchh.catalog().segments]


# Lists


@pytest.mark.parametrize("past_end", ["empty", "repeat_last", "endless"])
@pytest.mark.parametrize(("clamp", "most"), [(0, 2), (4, 6), (5, 4)])
def test_every_way_in_which_a_list_may_end(
    punchh: Punchh, outside: Outside, past_end: str, clamp: int, most: int
) -> None:
    made = segments(outside, 10)
    outside.control("POST", "/switches", {"punchh.clamp": clamp, "punchh.past_end": past_end})
    assert sorted(names(punchh)) == made
    assert requests_to(outside, SEGMENTS) == most


def test_more_than_a_page(
    punchh: Punchh, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "PER_PAGE", 50)
    made = segments(outside, catalog.PER_PAGE + 1)
    assert sorted(names(punchh)) == made
    assert requests_to(outside, SEGMENTS) == 3


def test_an_empty_business(punchh: Punchh, outside: Outside) -> None:
    found = punchh.catalog()
    assert (found.segments, found.redeemables, found.read_at) == ((), (), NOW)


def test_the_catalog_finds_by_name(punchh: Punchh, outside: Outside) -> None:
    segment = outside.segment("VIP Guests")
    fries = outside.redeemable("Free Fries")
    found = punchh.catalog()
    assert [each.segment_id for each in found.segments_named(" vip  guests")] == [
        segment["segment_id"]
    ]
    assert [each.redeemable_uuid for each in found.redeemables_named("free fries")] == [
        fries["redeemable_uuid"]
    ]


Pages = Callable[[int], Any]


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def paged(net: responses.RequestsMock, build: Build) -> Callable[[Pages], Punchh]:
    """Give a client whose segment list has the given pages, and that has no redeemables."""

    def serving(pages: Pages) -> Punchh:
        def answered(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
            number = int(parse_qs(str(urlsplit(str(request.url)).query))["page"][0])
            return 200, {}, json.dumps(pages(number))

        net.add_callback("GET", "https://brand.punchh.com" + SEGMENTS, answered)
        net.get("https://brand.punchh.com" + REDEEMABLES, json=[])
        return build("https://brand.punchh.com")

    return serving


Paged = Callable[[Pages], Punchh]


def row(number: Any, name: Any = "VIP") -> dict[str, Any]:
    return {"segment_id": number, "name": name}


def listed(*pages: Any) -> Pages:
    return lambda number: pages[number - 1] if number <= len(pages) else []


def ids(punchh: Punchh) -> list[int]:
    return [each.segment_id for each in punchh.catalog().segments]


def test_a_list_without_end_is_no_catalog(
    paged: Paged, net: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "MOST_PAGES", 7)
    fresh = itertools.count(1)
    punchh = paged(lambda _: [row(next(fresh))])
    with failing("does not end within 7 pages") as error:
        punchh.catalog()
    assert len(net.calls) == 7
    assert not error.value.account


def test_a_row_that_comes_twice_counts_once(paged: Paged) -> None:
    first, second = [row(5, "new"), row(4)], [row(4, "old"), row(3)]
    assert ids(paged(listed(first, second))) == [5, 4, 3]


def test_a_list_that_shrinks_meanwhile_ends(paged: Paged) -> None:
    assert ids(paged(listed([row(5), row(4)], [row(4)]))) == [5, 4]


BAD: list[Any] = [
    None, 7, "x", [], {}, {"segment_id": 1}, {"name": "VIP"}, row("1x"), row(None), row(1.0),
    row(number=True), row(number=False), row(0), row(-1), row(2**63), row(1, None), row(1, 2),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_row_is_kept_beside_the_others(paged: Paged, bad: Any) -> None:
    found = paged(listed([bad, row(9)])).catalog()
    assert [each.segment_id for each in found.segments] == [9]
    assert len(found.unread_segments) == 1


@pytest.mark.parametrize("bad", BAD)
def test_a_list_of_bad_rows_is_no_list(paged: Paged, bad: Any) -> None:
    with failing("none of its rows"):
        ids(paged(listed([bad])))


def test_a_name_that_no_ledger_can_hold_is_mended(paged: Paged) -> None:
    found = paged(listed([row(9, "half \ud83d\0")])).catalog().segments
    assert [each.name for each in found] == ["half \ufffd\ufffd"]


@pytest.mark.parametrize("root", [{}, {"segments": []}, None, "x", 7, True])
def test_another_root_is_no_list(paged: Paged, root: Any) -> None:
    with failing("not a list"):
        ids(paged(lambda _: root))


@pytest.mark.parametrize("bad", [{"redeemable_uuid": "", "name": "x"}, {"redeemable_uuid": 7}, 1])
def test_a_bad_redeemable_is_kept(net: responses.RequestsMock, build: Build, bad: Any) -> None:
    net.get("https://brand.punchh.com" + SEGMENTS, json=[])
    good = {"redeemable_uuid": "u-1", "name": "Fries"}
    net.get("https://brand.punchh.com" + REDEEMABLES, json=[bad, good])
    found = build("https://brand.punchh.com").catalog()
    assert [each.redeemable_uuid for each in found.redeemables] == ["u-1"]
    assert len(found.unread_redeemables) == 1


@pytest.mark.parametrize(
    ("status", "body", "account"),
    [
        (401, '{"error":"You need to sign in or sign up before continuing."}', True),
        (403, '{"no_permission_error":"Insufficient Privileges"}', True),
        (422, '{"errors":{"disabled_feature":"off"}}', True),
        (403, "<h1>Just a moment...</h1>", False),
        (401, "", False),
        (400, '{"error":"x"}', False),
        (404, "{}", False),
        (429, "{}", False),
        (503, "", False),
        (200, "<h1>Just a moment...</h1>", False),
        (200, '[{"segment_id":1,"segment_id":2,"name":"VIP"}]', False),
        (304, "", False),
    ],
)
def test_a_list_that_is_refused(
    net: responses.RequestsMock, build: Build, status: int, body: str, account: bool
) -> None:
    net.get("https://brand.punchh.com" + SEGMENTS, body=body, status=status)
    with pytest.raises(RemoteError) as error:
        build("https://brand.punchh.com").catalog()
    assert error.value.account is account
    assert PUNCHH_KEY not in repr(error.value.reason)


def test_a_refused_key_is_used_once(build: Build, outside: Outside) -> None:
    punchh = build(outside.box.punchh_url, admin_key=SecretStr("another-key"))
    with failing("401") as error:
        punchh.catalog()
    assert error.value.account
    assert len(outside.control("GET", "/requests")["requests"]) == 1


# Commits


def order(outside: Outside, **fields: Any) -> Order:
    return Order(
        name="Friday Fries",
        segment_id=outside.segment("VIP Guests")["segment_id"],
        redeemable_uuid=outside.redeemable("Fries", **fields)["redeemable_uuid"],
        start_time=START,
        external_campaign_id="v1-fries-1",
    )


def held(outside: Outside) -> list[Any]:
    campaigns: list[Any] = outside.control("GET", "/punchh/campaigns")["campaigns"]
    return campaigns


def test_a_commit_makes_one_campaign(punchh: Punchh, outside: Outside) -> None:
    outcome = punchh.commit(order(outside))
    (campaign,) = held(outside)
    assert outcome.verdict is Verdict.COMMITTED
    assert (outcome.campaign_id, outcome.drift) == (campaign["campaign_id"], None)
    assert outcome.request_id
    assert campaign["start_time"] == "2026-03-02T19:36:00Z"
    assert (campaign["name"], campaign["external_campaign_id"]) == ("Friday Fries", "v1-fries-1")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("draft", "no-redeemable"),
        ("foreign", "no-redeemable"),
        ("deactivated", "redeemable-deactivated"),
        ("scheduled", "redeemable-scheduled"),
        ("expired", "redeemable-expired"),
    ],
)
def test_a_redeemable_that_cannot_be_given(
    punchh: Punchh, outside: Outside, status: str, code: str
) -> None:
    outcome = punchh.commit(order(outside, status=status))
    assert (outcome.verdict, outcome.reason.code) == (Verdict.REJECTED, code)
    assert held(outside) == []


@pytest.mark.parametrize("shape", ["object", "text"])
def test_a_start_after_the_expiry_is_not_too_soon(
    punchh: Punchh, outside: Outside, shape: str
) -> None:
    outside.switch("punchh.expiry_shape", shape)
    outcome = punchh.commit(order(outside, expires_at="2026-03-02T19:35:59Z"))
    assert (outcome.verdict, outcome.reason.code) == (Verdict.REJECTED, "redeemable-expired")


def test_a_start_too_soon(punchh: Punchh, outside: Outside) -> None:
    outside.set_clock("2026-03-02T19:30:00Z")
    assert punchh.commit(order(outside)).verdict is Verdict.TOO_SOON


LOST: list[tuple[str, dict[str, Any]]] = [
    ("reset", {}), ("close", {}), ("status", {"code": 503}), ("status", {"code": 500}),
    ("status", {"code": 408}), ("html", {}), ("garbage", {}),
    ("redirect", {"location": "https://elsewhere.example.com/"}), ("silence", {"seconds": 1}),
    ("silence", {"seconds": 1, "headers_sent": True}), ("delay", {"seconds": 1}),
    ("truncate", {}), ("drip", {"seconds": 0.01}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "more"), LOST)
def test_a_reply_that_is_lost_leaves_one_campaign(
    punchh: Punchh, outside: Outside, kind: str, more: dict[str, Any]
) -> None:
    wanted = order(outside)
    outside.fault(kind, remote="punchh", method="POST", after=True, **more)
    assert punchh.commit(wanted).verdict is Verdict.UNKNOWN
    assert len(held(outside)) == 1
    assert requests_to(outside, CAMPAIGNS) == 1


@pytest.mark.parametrize(("on_429", "verdict"), [("wait", "throttled"), ("unknown", "unknown")])
def test_a_throttled_commit(build: Build, outside: Outside, on_429: str, verdict: str) -> None:
    punchh = build(outside.box.punchh_url, on_429=on_429)
    wanted = order(outside)
    outside.fault("status", code=429, body={"error": "x"}, headers={"Retry-After": "9"})
    assert punchh.commit(wanted).verdict.value == verdict
    outcome = punchh.commit(wanted)
    assert (outcome.verdict, outcome.reach) == (Verdict.NOT_SENT, "not_connected")
    assert requests_to(outside, CAMPAIGNS) == 1


@pytest.mark.parametrize(
    ("clock", "text"),
    [
        ("utc", "2026-03-02T19:36:00Z"),
        (None, "2026-03-02T19:36:00Z"),
        ("business", "2026-03-02T14:36:00Z"),
    ],
)
def test_the_start_as_it_is_written(
    build: Build, outside: Outside, clock: str | None, text: str
) -> None:
    outside.set_clock("2026-03-02T12:00:00Z")
    punchh = build(outside.box.punchh_url, campaign_clock=clock)
    wanted = order(outside)
    assert json.loads(punchh.body(wanted))["start_time"] == text
    assert punchh.commit(wanted).drift is None
    assert held(outside)[0]["start_time"] == text


def test_names_go_out_as_they_are(punchh: Punchh) -> None:
    body = punchh.body(Order("Café 🍟", 7, "u-1", START, "v1"))
    assert "Café 🍟".encode() in body
    assert body.startswith(b'{"redeemable_uuid":"u-1","segment_id":7,"category":"gift_redeemable"')


@pytest.mark.parametrize("brand", [None, "The Brand"])
def test_the_headers_on_the_wire(build: Build, brand: str | None) -> None:
    with RawServer([read, answer(b'{"campaign_id":1}')]) as server:
        build(server.url, true_client_ip=brand).commit(Order("n", 7, "u-1", START, "v1"))
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert lines.get("x_true_client_ip") == brand
    assert lines["Authorization"] == f"Bearer {PUNCHH_KEY}"
    assert lines["User-Agent"] == "Brand/SystemIntegrator/1.0"
    assert lines["Content-Type"] == "application/json"


@pytest.mark.parametrize("before", ["", "x" * 150 + " "])
def test_a_key_that_is_echoed_is_not_kept(build: Build, before: str) -> None:
    echo = json.dumps({"errors": f"{before}{PUNCHH_KEY} is no good"}).encode()
    with RawServer([read, answer(echo, "422 No")]) as server:
        outcome = build(server.url).commit(Order("n", 7, "u-1", START, "v1"))
    assert outcome.verdict is Verdict.REJECTED
    assert PUNCHH_KEY[:6] not in str(outcome)


def test_the_skew_comes_with_the_catalog(punchh: Punchh, outside: Outside) -> None:
    outside.switch("punchh.skew_seconds", 90)
    assert punchh.skew.total_seconds() == 0
    punchh.catalog()
    assert 80 <= punchh.skew.total_seconds() <= 100
