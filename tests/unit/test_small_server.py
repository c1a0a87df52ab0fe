"""The worker's small server under attack, over real sockets of this machine."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connector.clock import SystemClock
from connector.settings import HealthSettings
from connector.telemetry import Event
from connector.worker import server
from connector.worker.health import Answer, Pages, serving
from connector.worker.server import HEAD_BYTES, MOST_CALLS
from tests.support.console import until

HERE = b"HTTP/1.1 200 OK\r\n"
LARGE = 30 << 20


def _broken() -> Answer:
    raise ZeroDivisionError


PAGES: Pages = {
    "/x": lambda: Answer(200, "text/plain", b"here"),
    "/large": lambda: Answer(200, "text/plain", b"x" * LARGE),
    "/broken": _broken,
}


@contextmanager
def served(settings: HealthSettings | None = None) -> Iterator[int]:
    with (
        capture_logs() as logs,
        serving(settings or HealthSettings(port=0), PAGES, SystemClock()),
    ):
        yield int(logs[0]["port"])


def _call(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 5)


def _heard(line: socket.socket) -> bytes:
    """Return all that is said until the line is closed."""
    found = b""
    try:
        while piece := line.recv(1 << 16):
            found += piece
    except ConnectionResetError:
        pass
    return found


def _asked(port: int, request: bytes) -> bytes:
    with _call(port) as line:
        line.sendall(request)
        return _heard(line)


def _get(port: int, path: str = "/x", host: str = "127.0.0.1") -> bytes:
    return _asked(port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_callers_who_drip_get_no_more_than_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CALL_SECONDS", 1.0)
    with served() as port, ExitStack() as stack:
        before = _descriptors()
        drips = [stack.enter_context(_call(port)) for _ in range(5 * MOST_CALLS)]
        for drip in drips:
            drip.send(b"G")
        assert _get(port).startswith(HERE)
        assert _descriptors() - before - len(drips) <= MOST_CALLS
        for drip in drips:
            drip.setblocking(False)

        def all_over() -> bool:
            """Say one more byte on each line, and whether every one of them is closed by now."""
            open_ = 0
            for drip in drips:
                try:
                    drip.send(b"E")
                    open_ += drip.recv(1) != b""
                except BlockingIOError:
                    open_ += 1
                except OSError:
                    continue
            time.sleep(0.05)
            return not open_

        until(all_over)
        assert _get(port).startswith(HERE)


def test_a_caller_who_does_not_read_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CALL_SECONDS", 0.5)
    with served() as port, _call(port) as deaf:
        deaf.sendall(b"GET /large HTTP/1.0\r\n\r\n")
        deaf.recv(1, socket.MSG_PEEK)
        before = _descriptors()
        until(lambda: _descriptors() < before)
        assert len(_heard(deaf)) < LARGE
        assert _get(port).startswith(HERE)


def test_a_large_answer_reaches_who_reads_it() -> None:
    with served() as port:
        head, _, body = _get(port, "/large").partition(b"\r\n\r\n")
        assert head.startswith(HERE.strip())
        assert len(body) == LARGE


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200),
        (b"GET /x?verbose HTTP/1.1\nHost: [::1]:9100\n\n", 200),
        (b"GET /x HTTP/1.0\r\n\r\n", 200),
        (b"GET http://localhost/x HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 200),
        (b"HEAD /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200),
        (b"GET /x HTTP/1.1\r\nHost: 10.1.2.3:9100\r\nContent-Length: 9999999\r\n\r\n{", 200),
        (b"GET /y HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
        (b"POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc", 501),
        (b"GET /broken HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 500),
        (b"GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET /x HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", 421),
        (b"GET /x HTTP/1.1\r\nHost: prometheus.brand.example\r\n\r\n", 421),
        (b"GET /x HTTP/1.1\r\nHost: \r\n\r\n", 421),
        (b"GET /x HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        (b"GET http://[::1/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"GET /x HTTP/1.1\r\n\r\n", 400),
        (b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\xfc\r\n\r\n", 400),
        (b"GET /x\r\n\r\n", 400),
        (b"GET /x HTTP/1.1\r\n" + b"A: b\r\n" * HEAD_BYTES, 431),
        (b"x" * (HEAD_BYTES + 1), 431),
    ],
)
def test_each_request_gets_its_answer(request_: bytes, status: int) -> None:
    with served() as port:
        answer = _asked(port, request_)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"\r\nConnection: close\r\n" in answer
        assert answer.endswith(b"\r\n\r\n") == request_.startswith(b"HEAD")


def test_the_names_of_the_configuration_are_ours() -> None:
    settings = HealthSettings(port=0, hosts=("prometheus.brand.example",))
    with served(settings) as port:
        assert _get(port, host="Prometheus.Brand.example:9100").startswith(HERE)
        assert _get(port, host=socket.gethostname()).startswith(HERE)


def test_a_page_that_fails_is_logged_and_the_others_are_served() -> None:
    with capture_logs() as logs, serving(HealthSettings(port=0), PAGES, SystemClock()):
        port = int(logs[0]["port"])
        assert b" 500 " in _get(port, "/broken")
        assert _get(port).startswith(HERE)
    assert [line["event"] for line in logs] == [Event.HEALTH_SERVING, Event.HEALTH_FAILED]


@pytest.mark.parametrize("host", ["a" * 70, "192.0.2.1"])
def test_where_it_cannot_listen_that_is_logged(host: str) -> None:
    with capture_logs() as logs, serving(HealthSettings(host=host, port=0), PAGES, SystemClock()):
        pass
    assert [line["event"] for line in logs] == [Event.HEALTH_FAILED]


def test_the_last_descriptors_are_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    highest = max(int(one) for one in os.listdir("/proc/self/fd"))  # noqa: PTH208
    limit = (highest + 10 + server.KEPT_BACK, 1 << 20)
    monkeypatch.setattr("resource.getrlimit", lambda _: limit)
    with served() as port, ExitStack() as stack:
        taken = [stack.enter_context(Path("/dev/null").open()) for _ in range(limit[0])]
        assert _asked(port, b"GET /x HTTP/1.0\r\n\r\n") == b""
        for each in taken:
            each.close()
        assert _get(port).startswith(HERE)
