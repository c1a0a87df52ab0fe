"""Deadlines and places of connections, with short ones of both."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import partial
from itertools import count, repeat
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.domain.browsing import Part, Place
from connector.domain.distribution import State
from connector.domain.standing import Row
from connector.ledger import Ledger
from connector.web import history, serve, shared
from connector.web.connections import Limits
from connector.web.site import Site
from connector.web.turns import MOST_BY_NAME
from tests.support.console import until
from tests.support.ledger import a_distribution, a_plan, an_entry, an_occurrence, new_ledger
from tests.support.pages import USERS, Reader, Served, configured, served
from tests.unit.test_webhook import EVENT, body_of

SHORT = partial(Limits, head=0.8, body=0.8, stall=0.8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    send = an_occurrence()
    with new_ledger(folder) as ledger:
        ledger.record(a_plan(an_entry(send, a_distribution(send))), at=send.first_seen_at)
    (folder / "mappings").mkdir()
    return folder


@pytest.fixture
def pages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(serve, "Limits", SHORT)
    with served(configured(folder)) as found:
        yield found


def _line(pages: Served, source: str = "127.0.0.1", *, buffer: int = 0) -> socket.socket:
    host, port = pages.address.removeprefix("http://").split(":")
    line = socket.socket()
    if buffer:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    line.settimeout(10)
    line.bind((source, 0))
    line.connect((host, int(port)))
    return line


def _rest(line: socket.socket) -> bytes:
    """Read until the other side has enough, however it says so."""
    found = b""
    with suppress(ConnectionResetError):
        while chunk := line.recv(65536):
            found += chunk
    return found


def test_a_head_that_drips_in_has_its_time_and_no_more(pages: Served) -> None:
    with closing(_line(pages)) as line:
        for byte in b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 200:
            try:
                line.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.02)
        else:
            pytest.fail("it was taken to its end")
        assert _rest(line) == b""


def test_a_silent_or_idle_connection_ends(pages: Served) -> None:
    with closing(_line(pages)) as line:
        assert _rest(line) == b""
    with closing(_line(pages)) as line:
        line.sendall(b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert _rest(line).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/login", "/pauses", "/nothing"])
def test_a_body_that_stays_away_is_told_so(pages: Served, path: str) -> None:
    form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{form}\r\n\r\nabc"
    with closing(_line(pages)) as line:
        line.sendall(head.encode())
        answer = _rest(line)
    early = {"/login": b" 408 ", "/pauses": b" 408 ", "/nothing": b" 404 "}
    assert early[path] in answer.partition(b"\r\n")[0] + b" "


def test_one_address_makes_room_for_its_own_newcomers_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "Limits", partial(Limits, by_address=3, connections=5))
    with served(configured(folder)) as pages, ExitStack() as stack:

        def opened(source: str = "127.0.0.1") -> socket.socket:
            return stack.enter_context(_line(pages, source))

        first, second, third = (opened() for _ in range(3))
        neighbors = [opened("127.0.0.9") for _ in range(2)]
        last = opened()
        assert _rest(first) == b""
        _answered(second, third, last, *neighbors)
        newcomer = opened("127.0.0.10")  # all places are taken: who waited longest goes
        assert _rest(second) == b""
        _answered(third, last, *neighbors, newcomer)


def _answered(*lines: socket.socket) -> None:
    for line in lines:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += line.recv(4096)
        assert b" 200 " in answer


def test_a_proxy_brings_many_people(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "Limits", partial(Limits, by_address=3, connections=9))
    settings = configured(folder, '[web]\nproxies = ["127.0.0.1"]\n')
    with served(settings) as pages, ExitStack() as stack:
        _answered(*(stack.enter_context(_line(pages)) for _ in range(6)))


# --- exports


def test_an_export_that_nobody_reads_ends_and_makes_room(
    pages: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = count()

    def endless(*_args: object, **_more: object) -> Iterator[Row]:
        (row,) = pages.site.ledger().rows()
        for _ in parts:
            yield from repeat(row, history.CHUNK)

    monkeypatch.setattr(history, "_all", endless)
    ada, exports = pages.known(), pages.site.exports
    with ExitStack() as stack:
        for _ in range(MOST_BY_NAME):
            stack.enter_context(_asking(pages, ada))
        until(lambda: exports.under_way == MOST_BY_NAME)
        refused = stack.enter_context(_asking(pages, ada))
        assert refused.recv(12) == b"HTTP/1.1 503"
        until(lambda: exports.under_way == 0)  # though nobody hung up
    assert next(parts) < 1000  # it was not written on and on


def _asking(pages: Served, ada: Reader) -> socket.socket:
    """Ask for an export, and read nothing of it."""
    line = _line(pages, buffer=4096)
    cookies = "; ".join(f"{name}={value}" for name, value in ada.session.cookies.items())
    head = f"GET /ledger/export.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n"
    line.sendall(head.encode())
    return line


def test_an_export_ends_with_the_right_to_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.web.site.REREAD_SECONDS", 0.0)
    real, parts = Ledger.browse, iter(range(5))

    def browse(ledger: Ledger, *args: Any, **more: Any) -> Part:
        part = real(ledger, *args, **{**more, "after": None})
        configured(folder, "[web]\n")  # nobody is known any more
        return replace(part, next=Place(None, "more") if next(parts, None) is not None else None)

    settings = configured(folder)
    with served(settings, config=folder / "connector.toml") as pages:
        ada = pages.known()
        monkeypatch.setattr(Ledger, "browse", browse)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            ada.get("/ledger/export.json")
        assert next(parts) == 1


@pytest.mark.parametrize(
    ("at_once", "step"),
    [(serve.AT_ONCE, (Site, "version")), (shared.AT_ONCE, (Ledger, "tally"))],
    ids=["looking", "making"],
)
def test_the_webhook_has_turns_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, step: tuple[type, str]
) -> None:
    token, busy = "a-webhook-token", threading.Event()
    settings = configured(folder, f'[punchh.webhook]\ntoken = "{token}"\n{USERS}')
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with served(settings) as pages, ThreadPoolExecutor(at_once) as pool:
        browsers = [pages.known("zoe") for _ in range(at_once)]
        arrived = threading.Semaphore(0)

        def stuck(*_args: object) -> dict[State, int]:
            arrived.release()
            busy.wait(20)
            return {}

        monkeypatch.setattr(*step, stuck)
        try:
            asked = [
                pool.submit(browser.get, f"/ledger?text={number}")  # no two want the same page
                for number, browser in enumerate(browsers)
            ]
            for _ in browsers:
                assert arrived.acquire(timeout=20)
            event = body_of(EVENT)
            path = f"{pages.address}/webhooks/punchh"
            assert requests.post(path, data=event, headers=headers, timeout=10).status_code == 200
            assert pages.reader().get("/healthz").status_code == 200
            assert not any(one.done() for one in asked)
        finally:
            busy.set()
