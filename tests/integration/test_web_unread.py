"""Who reads nothing of what he asked for, and asks for ever more, keeps nobody out."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest

from connector.web import serve
from connector.web.connections import Connection, Limits
from tests.support.console import until
from tests.support.ledger import new_ledger
from tests.support.pages import Reader, Served, configured, served

PLACES = 4
ASK = b"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(serve, "Limits", partial(Limits, connections=PLACES))
    new_ledger(tmp_path).close()
    (tmp_path / "mappings").mkdir()
    with served(configured(tmp_path)) as found:
        yield found


def _line(pages: Served) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.settimeout(10)
    line.connect(_place(pages))
    return line


def _place(pages: Served) -> tuple[str, int]:
    host, port = pages.address.removeprefix("http://").split(":")
    return host, int(port)


def test_requests_on_each_others_heels_get_one_answer(pages: Served) -> None:
    with closing(_line(pages)) as line:
        line.sendall(ASK * 400)
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200"]


def test_one_request_after_another_is_answered_on_one_connection(pages: Served) -> None:
    with closing(HTTPConnection(*_place(pages), timeout=10)) as line:
        line.connect()
        kept = line.sock
        for _ in range(3):
            line.request("GET", "/static/app.css")
            reply = line.getresponse()
            assert (reply.status, len(reply.read()) > 0) == (200, True)
            assert line.sock is kept


def test_answers_that_nobody_reads_make_room(
    pages: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck: list[object] = []
    pause = Connection.pause_writing

    def noted(self: Connection) -> None:
        stuck.append(self)
        pause(self)

    monkeypatch.setattr(Connection, "pause_writing", noted)
    monkeypatch.setattr("connector.web.login.rendered", lambda *_, **__: "x" * 20_000_000)
    with ExitStack() as stack:
        for _ in range(PLACES):
            line = stack.enter_context(closing(_line(pages)))
            line.sendall(b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until(lambda: len(stuck) == PLACES)
        assert Reader(pages.address).get("/healthz").status_code == 200
