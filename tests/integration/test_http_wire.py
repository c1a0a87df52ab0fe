"""How far an exchange got, told from what a real socket did."""

import gzip
import socket
import threading
from collections.abc import Iterator
from io import StringIO
from random import Random
from typing import Any

import pytest
import structlog

from connector import telemetry
from connector.errors import ConfigError, RemoteError
from connector.http.client import Client
from connector.http.exchange import ExchangeError, Reach
from connector.http.wire import Line, open_session
from tests.support.clocks import FixedClock
from tests.support.rawserver import (
    Connection,
    RawServer,
    Script,
    answer,
    drip,
    glimpse,
    read,
    refusing,
    reset,
    say,
    stall,
)
from tests.support.wires import (
    HEAD,
    NOW,
    SECRET,
    SHORT,
    Build,
    breaking,
    chunked,
    clients,
    not_sent,
    sized,
    told_of,
)
from tests.support.words import failing

BOMB = gzip.compress(b"0" * 5_000_000)
KEYS = {"event", "log_level", "remote", "method", "path", "status", "reach", "ms"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def events() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture
def client(clock: FixedClock) -> Iterator[Build]:
    with clients(clock) as build:
        yield build


BROKEN: list[tuple[str, Script, Reach, str]] = [
    ("reset after reading", [read, reset], Reach.SENT, "broke"),
    ("close without a reply", [read], Reach.SENT, "broke"),
    ("silence", [read, stall], Reach.SENT, "no answer in time"),
    ("half a head, then silence", [read, say(HEAD), stall], Reach.SENT, "no answer in time"),
    ("half a head, then close", [read, say(b"HTTP/1.1 20")], Reach.SENT, "broke"),
    ("bad status line", [read, say(b"HELLO THERE\r\n\r\n")], Reach.SENT, "broke"),
    ("status that is no number", [read, say(b"HTTP/1.1 abc OK\r\n\r\n")], Reach.SENT, "broke"),
    ("endless header", [read, say(HEAD + b"X: " + b"a" * 70_000)], Reach.SENT, "broke"),
    ("200 headers", [read, say(HEAD + b"X: 1\r\n" * 200 + b"\r\n")], Reach.SENT, "broke"),
    ("dripping head", [read, drip(HEAD + b"X: 1\r\n" * 50, 0.02)], Reach.HEADERS, "took too long"),
    ("headers, then silence", [read, say(sized(b"", 9)), stall], Reach.HEADERS, "no answer"),
    ("truncated", [read, say(sized(b'{"a"', 99))], Reach.HEADERS, "broke"),
    ("reset in the body", [read, say(sized(b'{"a"', 99)), reset], Reach.HEADERS, "broke"),
    ("truncated chunks", [read, say(chunked(b"{", end=False))], Reach.HEADERS, "broke"),
    ("bad chunk", [read, say(chunked(end=False) + b"zz\r\n{}\r\n")], Reach.HEADERS, "broke"),
    ("two lengths", [read, say(sized(b"{}", 2, "Content-Length: 3"))], Reach.SENT, "broke"),
    ("drip", [read, drip(sized(b" " * 200, 200), 0.02)], Reach.HEADERS, "took too long"),
    ("drip, then close", [read, say(sized(b"", 200, "Connection: close")), drip(b" " * 99, 0.02)],
     Reach.HEADERS, "took too long"),
    ("drip without length", [read, say(HEAD + b"\r\n"), drip(b" " * 99, 0.02)],
     Reach.HEADERS, "took too long"),
    ("oversize", [read, say(sized(b" " * 20_000, 20_000))], Reach.HEADERS, "too large"),
    ("oversize in chunks", [read, say(chunked(*[b" " * 6_000] * 3))], Reach.HEADERS, "too large"),
    ("gzip bomb", [read, say(sized(BOMB, len(BOMB), "Content-Encoding: gzip"))],
     Reach.HEADERS, "too large"),
    ("no gzip", [read, say(sized(b"{}", 2, "Content-Encoding: gzip"))], Reach.HEADERS, "broke"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("script", "reach", "told"), [pytest.param(*row[1:], id=row[0]) for row in BROKEN]
)
def test_a_broken_post_is_sent_once(
    client: Build, events: list[Any], script: Script, reach: Reach, told: str
) -> None:
    with RawServer(script) as server:
        with breaking(told) as error:
            client(server.url).post_once("/campaigns", b'{"name":"Fries"}')
        assert (server.connections, len(server.requests)) == (1, 1)
    assert server.requests[0].endswith(b'\r\n\r\n{"name":"Fries"}')
    assert error.value.reach is reach
    assert reach.may_have_acted
    (event,) = events
    assert KEYS <= set(event) <= KEYS | {"trouble", "request_id"}
    assert event["reach"] == reach.value
    assert SECRET not in str(events) + told_of(error.value)


def test_a_reply_whose_head_is_refused_is_closed(client: Build) -> None:
    closed = threading.Event()

    def until_closed(connection: Connection) -> None:
        if connection.sock.recv(1) == b"":
            closed.set()

    two = sized(b"{}", 2, "Content-Length: 3", "Connection: close")
    with RawServer([read, say(two), until_closed]) as server:
        with breaking("broke") as kept:
            client(server.url).post_once("/campaigns", b"{}")
        assert closed.wait(2), "its socket is left to the collector"
    assert kept.value.reach is Reach.SENT


def test_a_reset_before_all_was_read(client: Build) -> None:
    with RawServer([glimpse, reset]) as server:
        with pytest.raises(ExchangeError) as error:
            client(server.url).post_once("/campaigns", b"{}")
        assert server.connections == 1
    assert error.value.reach in (Reach.SENDING, Reach.SENT)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_redirect_is_never_followed(client: Build, status: int, elsewhere: bool) -> None:
    with RawServer([read, answer()]) as other:
        place = other.url if elsewhere else ""
        head = (f"{status} Moved", f"Location: {place}/elsewhere")
        with RawServer([read, answer(b"", *head)]) as server:
            with breaking("redirects") as error:
                client(server.url).post_once("/campaigns", b"{}")
            with failing("redirects"):
                client(server.url).get("/segments")
            assert len(server.requests) == 2
        assert other.connections == 0
    assert (error.value.reach, error.value.status) == (Reach.HEADERS, status)


def test_no_secret_in_a_logged_traceback(client: Build) -> None:
    before, out = structlog.get_config(), StringIO()
    telemetry.configure(out)
    try:
        with refusing() as url, pytest.raises(RemoteError) as error:
            client(url).get("/segments")
        telemetry.log.error(telemetry.Event.CYCLE_FAILED, exc_info=error.value)
    finally:
        structlog.configure(**before)
    assert "ExchangeError" in out.getvalue()
    assert SECRET not in out.getvalue()


# Nothing was sent


def test_refused(client: Build) -> None:
    with refusing() as url:
        not_sent(lambda: client(url).post_once("/campaigns", b"{}"), "no connection")


def test_no_such_host(client: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    not_sent(lambda: client("https://punchh.invalid").post_once("/x", b"{}"), "no such host")


def test_no_connection_in_time(client: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", hangs)
    not_sent(lambda: client("http://127.0.0.1:9").post_once("/x", b"{}"), "in time")


def test_tls_with_a_plain_port(client: Build) -> None:
    with RawServer([say(b"HTTP/1.1 400 Bad Request\r\n\r\n")]) as server:
        url = server.url.replace("http:", "https:")
        not_sent(lambda: client(url).post_once("/x", b"{}"), "TLS")
        assert server.requests == []


def test_a_proxy_that_refuses(client: Build) -> None:
    with RawServer([read, answer(b"", "407 Proxy Authentication Required")]) as proxy:
        made = client("https://punchh.invalid", proxy=proxy.url)
        not_sent(lambda: made.post_once("/x", b"{}"), "proxy")
        (asked,) = proxy.requests
    assert asked.startswith(b"CONNECT punchh.invalid:443 ")
    assert SECRET.encode() not in asked


def test_tls_that_fails_behind_a_proxy(client: Build) -> None:
    with RawServer([read, say(b"HTTP/1.1 200 OK\r\n\r\nno TLS here at all")]) as proxy:
        made = client("https://punchh.invalid", proxy=proxy.url)
        not_sent(lambda: made.post_once("/x", b"{}"), "TLS|proxy")


def test_a_proxy_for_plain_http(client: Build) -> None:
    with RawServer([read]) as proxy:
        made = client("http://127.0.0.1:9", proxy=proxy.url)
        with pytest.raises(ExchangeError) as error:
            made.post_once("/x", b"{}")
        assert proxy.requests[0].startswith(b"POST http://127.0.0.1:9/x ")
    assert error.value.reach is Reach.SENT


# Whole exchanges


def test_one_event_for_an_exchange(client: Build, events: list[Any]) -> None:
    with RawServer([read, answer(b'{"a":1}', "200 OK", "X-Request-Id: r-1")]) as server:
        reply = client(server.url).post_once("/campaigns", b"{}")
    assert (reply.status, reply.json(), reply.request_id) == (200, {"a": 1}, "r-1")
    assert events == [
        {
            "event": "http.exchange", "log_level": "info", "remote": "punchh", "method": "POST",
            "path": "/campaigns", "status": 200, "reach": "body", "ms": 0, "request_id": "r-1",
        }
    ]  # fmt: skip


def test_a_query_is_not_logged(client: Build, events: list[Any]) -> None:
    with RawServer([read, answer()]) as server:
        client(server.url).get("/segments", {"query": "private"})
    assert events[0]["path"] == "/segments"
    assert "private" not in str(events)


def test_gzip_and_chunks_are_read(client: Build) -> None:
    packed = gzip.compress(b'["x"]')
    scripts = (
        [read, say(sized(packed, len(packed), "Content-Encoding: gzip"))],
        [
            read,
            say(chunked(b"[", b"]")),
        ],
    )
    with RawServer(*scripts) as server:
        made = client(server.url)
        assert made.get("/a").json() == ["x"]
        assert made.get("/b").json() == []
        assert b"Accept-Encoding: gzip\r\n" in server.requests[0]


def test_each_post_has_a_fresh_connection(client: Build) -> None:
    twice: Script = [read, answer(), read, answer()]
    with RawServer(twice) as server:
        made = client(server.url)
        made.get("/a")
        made.post_once("/b", b"{}")
        made.post_once("/c", b"{}")
        made.get("/d")
        assert (server.connections, len(server.requests)) == (3, 4)


def test_a_kept_connection_that_died_is_no_failure(client: Build) -> None:
    with RawServer([read, answer(), reset], [read, answer()]) as server:
        made = client(server.url)
        made.get("/a")
        assert made.get("/b").status == 200


def test_the_environment_is_not_read(client: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as nowhere, RawServer([read, answer()]) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, nowhere)
        assert client(server.url).get("/a").status == 200


def test_a_salesforce_request_goes_to_the_endpoint(clock: FixedClock) -> None:
    with RawServer([read, answer()]) as server:
        line = Line("sf_core", clock, Random(1), limits=SHORT, endpoint=server.url)
        with open_session(line) as session:
            session.get("https://brand.my.salesforce.com/services/data?q=1", timeout=1)
        assert server.requests[0].startswith(b"GET /services/data?q=1 HTTP/1.1\r\n")
        assert b"Host: brand.my.salesforce.com\r\n" in server.requests[0]


def test_a_ca_bundle_is_used(clock: FixedClock) -> None:
    with open_session(Line("x", clock, Random(1), ca_bundle="/ca.pem")) as session:
        assert (session.verify, session.trust_env) == ("/ca.pem", False)


@pytest.mark.parametrize("key", ["secret-key\n", "secret\r\nX: 1", "secret-key-\u2026", "a\x00b"])
def test_a_key_that_no_header_can_hold_is_not_shown(clock: FixedClock, key: str) -> None:
    with pytest.raises(ConfigError, match="punchh: Authorization must be one line") as error:
        Client(Line("punchh", clock, Random(1)), "http://127.0.0.1:9", {"Authorization": key})
    assert "secret" not in told_of(error.value).replace("tests", "").split("ConfigError")[-1]
