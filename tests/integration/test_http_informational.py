"""Answers that come before the answer (1xx): they are read past, and say nothing of the request."""

from collections.abc import Iterator

import pytest

from connector.errors import RemoteError
from connector.http.exchange import MOST_INFORMATIONAL, ExchangeError, Reach
from tests.support.clocks import FixedClock
from tests.support.rawserver import RawServer, Script, answer, drip, read, reset, say, stall
from tests.support.wires import NOW, Build, clients, not_sent, sized

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Request-Id: hint\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
BODY = b'{"campaign_id":7}'
REAL = sized(BODY, len(BODY), "X-Request-Id: real")
MOST = MOST_INFORMATIONAL


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def client(clock: FixedClock) -> Iterator[Build]:
    with clients(clock) as build:
        yield build


READ_PAST: dict[str, Script] = {
    "continue": [say(CONTINUE + REAL)],
    "processing": [say(PROCESSING + REAL)],
    "early hints": [say(HINTS + REAL)],
    "upload resumption": [say(b"HTTP/1.1 104 Upload\r\n\r\n" + REAL)],
    "unassigned": [say(b"HTTP/1.1 199 \r\n\r\n" + REAL)],
    "one of each": [say(CONTINUE + PROCESSING + HINTS + REAL)],
    "in packets of their own": [say(PROCESSING), say(HINTS), say(REAL)],
    "byte by byte": [drip(PROCESSING, 0.001), say(HINTS), say(REAL)],
    "split in the midst": [say(PROCESSING + HINTS[:20]), say(HINTS[20:] + REAL)],
    "as many as are borne": [say(PROCESSING * MOST + REAL)],
    "with a length, which it has no use for": [
        say(b"HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n" + REAL)
    ],
    "before a reply in chunks": [say(HINTS), answer(BODY)],
}


@pytest.mark.parametrize("script", READ_PAST.values(), ids=READ_PAST)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_answer_after_them_counts(client: Build, method: str, script: Script) -> None:
    with RawServer([read, *script]) as server:
        made = client(server.url)
        reply = made.post_once("/c", b"{}") if method == "POST" else made.get("/a")
        assert (server.connections, len(server.requests)) == (1, 1)
    assert (reply.status, reply.json()) == (200, {"campaign_id": 7})
    assert reply.request_id != "hint"


LOST: dict[str, tuple[Script, Reach]] = {
    "then reset": ([say(PROCESSING), reset], Reach.SENT),
    "then close": ([say(HINTS)], Reach.SENT),
    "then silence": ([say(PROCESSING), stall], Reach.SENT),
    "cut in its own head": ([say(HINTS[:30])], Reach.SENT),
    "too many": ([say(PROCESSING * (MOST + 1) + REAL)], Reach.SENT),
    "too many, of the kind that the library skips": (
        [say(CONTINUE * (MOST + 1) + REAL)],
        Reach.SENT,
    ),
    "far too many": ([say(CONTINUE * 20_000 + REAL)], Reach.SENT),
    "with too many headers": (
        [say(b"HTTP/1.1 103 Hints\r\n" + b"Link: x\r\n" * 150 + b"\r\n" + REAL)],
        Reach.SENT,
    ),
    "with an endless header": (
        [say(b"HTTP/1.1 103 Hints\r\nLink: " + b"x" * 70_000 + b"\r\n\r\n" + REAL)],
        Reach.SENT,
    ),
    "with a body, which it cannot have": (
        [say(b"HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\nhello" + REAL)],
        Reach.SENT,
    ),
    "then a truncated answer": ([say(PROCESSING + sized(b"{", 9))], Reach.HEADERS),
    "a change of protocol": ([say(SWITCH + REAL)], Reach.HEADERS),
    "a change of protocol after others": ([say(PROCESSING + SWITCH + REAL)], Reach.HEADERS),
}


@pytest.mark.parametrize(("script", "reach"), LOST.values(), ids=LOST)
def test_a_post_without_its_real_answer_is_in_doubt_and_sent_once(
    client: Build, script: Script, reach: Reach
) -> None:
    with RawServer([read, *script]) as server:
        with pytest.raises(ExchangeError) as error:
            client(server.url).post_once("/c", b"{}")
        assert (server.connections, len(server.requests)) == (1, 1)
    assert error.value.reach is reach
    assert error.value.reach.may_have_acted


@pytest.mark.parametrize("script", [script for script, _ in LOST.values()], ids=LOST)
def test_a_get_without_its_real_answer_is_no_answer(client: Build, script: Script) -> None:
    with RawServer([read, *script]) as server:
        with pytest.raises(RemoteError):
            client(server.url).get("/a")
        assert len(server.requests) <= 3


def test_the_connection_is_kept_after_them_but_not_after_a_change_of_protocol(
    client: Build,
) -> None:
    kept: Script = [read, say(PROCESSING + REAL), read, say(SWITCH)]
    with RawServer(kept, [read, answer()]) as server:
        made = client(server.url)
        assert made.get("/a").status == 200
        with pytest.raises(RemoteError):
            made.get("/b")
        assert server.connections == 1
        assert made.get("/c").status == 200
        assert server.connections == 2


def test_a_proxy_may_say_them_too(client: Build) -> None:
    refused = [read, say(PROCESSING), answer(b"", "407 Proxy Authentication Required")]
    with RawServer(refused) as proxy:
        made = client("https://punchh.invalid", proxy=proxy.url)
        not_sent(lambda: made.post_once("/x", b"{}"), "proxy")
