"""Clients with short limits, and bytes for a raw server to say to them."""

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from connector.http.client import Client
from connector.http.exchange import ExchangeError, Reach
from connector.http.wire import Limits, Line
from tests.support.clocks import FixedClock
from tests.support.words import in_words

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "a-key-nobody-may-see"
SHORT = Limits(connect=1.0, read=0.25, total=0.5, body_bytes=10_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Build = Callable[..., Client]


@contextmanager
def clients(clock: FixedClock) -> Iterator[Build]:
    """Give a builder of clients, and close what it built."""
    opened: list[Client] = []

    def build(url: str, **more: Any) -> Client:
        line = Line("punchh", clock, Random(1), **({"limits": SHORT} | more))
        opened.append(Client(line, url, {"Authorization": f"Bearer {SECRET}"}))
        return opened[-1]

    yield build
    for each in opened:
        each.close()


def sized(body: bytes, promised: int, *headers: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in headers).encode()
    return HEAD + lines + f"Content-Length: {promised}\r\n\r\n".encode() + body


def chunked(*chunks: bytes, end: bool = True) -> bytes:
    told = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + told + (b"0\r\n\r\n" if end else b"")


def told_of(error: BaseException) -> str:
    why = getattr(error, "why", None) or getattr(error, "reason", None)
    return "".join(traceback.format_exception(error)) + repr(error) + repr(why)


@contextmanager
def breaking(match: str) -> Iterator[pytest.ExceptionInfo[ExchangeError]]:
    """Expect an ExchangeError whose words fit."""
    with pytest.raises(ExchangeError) as error:
        yield error
    assert re.search(match, in_words(error.value.why))


def not_sent(call: Callable[[], object], told: str) -> None:
    with breaking(told) as error:
        call()
    assert error.value.reach is Reach.NOT_CONNECTED
    assert not error.value.reach.may_have_acted
    assert SECRET not in told_of(error.value)
