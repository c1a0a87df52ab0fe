"""When a GET is asked again over a real socket, and that a POST never is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from connector.errors import RemoteError
from tests.support.clocks import FixedClock
from tests.support.rawserver import RawServer, Script, answer, read, reset, say
from tests.support.wires import NOW, SECRET, Build, clients, not_sent, sized, told_of
from tests.support.words import failing


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


def statuses(*codes: str) -> list[Script]:
    return [[read, answer(b"[]", code, "Connection: close")] for code in codes]


@pytest.mark.parametrize("code", ["408", "429", "500", "502", "503", "504"])
def test_a_passing_status_is_asked_again(client: Build, clock: FixedClock, code: str) -> None:
    with RawServer(*statuses(code, code, "200 OK")) as server:
        assert client(server.url).get("/a").status == 200
        assert len(server.requests) == 3
    assert len(clock.waits) == 2
    assert all(0 <= wait <= 2 for wait in clock.waits)


@pytest.mark.parametrize("code", ["200", "204", "400", "401", "403", "404", "409", "422", "501"])
def test_a_lasting_status_is_not(client: Build, clock: FixedClock, code: str) -> None:
    with RawServer(*statuses(code)) as server:
        assert client(server.url).get("/a").status == int(code)
        assert len(server.requests) == 1
    assert clock.waits == []


@pytest.mark.parametrize(
    ("script", "times"),
    [
        pytest.param([read, reset], 3, id="reset"),
        pytest.param([read], 3, id="close"),
        pytest.param([read, say(sized(b"[", 9))], 3, id="truncated"),
        pytest.param([read, say(sized(b" " * 20_000, 20_000))], 1, id="oversize"),
    ],
)
def test_a_broken_get(client: Build, events: list[Any], script: Script, times: int) -> None:
    with RawServer(script) as server:
        with pytest.raises(RemoteError) as error:
            client(server.url).get("/a")
        assert len(server.requests) == times
    assert len(events) == times
    assert not error.value.account
    assert SECRET not in told_of(error.value)


@pytest.mark.parametrize("code", ["429", "503", "408"])
def test_a_post_is_never_asked_again(client: Build, clock: FixedClock, code: str) -> None:
    with RawServer(*statuses(code)) as server:
        assert client(server.url).post_once("/a", b"{}").status == int(code)
        assert len(server.requests) == 1
    assert clock.waits == []


def waiting(seconds: str, code: str = "429 Slow") -> Script:
    return [read, answer(b"{}", code, f"Retry-After: {seconds}", "Connection: close")]


def test_a_named_wait_is_kept(client: Build, clock: FixedClock) -> None:
    with RawServer(waiting("7"), waiting("3", "503 Busy"), [read, answer()]) as server:
        assert client(server.url).get("/a").status == 200
    assert clock.waits == [7.0, 3.0]


def test_a_long_wait_is_kept_over_calls(client: Build, clock: FixedClock) -> None:
    with RawServer(waiting("3600"), [read, answer()]) as server:
        made = client(server.url)
        assert made.get("/a").status == 429
        clock.advance(timedelta(seconds=3599))
        with failing("not to be called before Mon 02 Mar 13:00 UTC"):
            made.get("/a")
        not_sent(lambda: made.post_once("/b", b"{}"), "not to be called")
        assert server.connections == 1
        clock.advance(timedelta(seconds=1))
        assert made.get("/a").status == 200
    assert clock.waits == []


def test_a_wait_that_a_post_was_told_is_kept_by_gets(client: Build, clock: FixedClock) -> None:
    with RawServer(waiting("60"), [read, answer()]) as server:
        made = client(server.url)
        assert made.post_once("/b", b"{}").status == 429
        with failing("not to be called before"):
            made.get("/a")
        assert server.connections == 1


def test_the_last_answer_names_a_wait(client: Build, clock: FixedClock) -> None:
    with RawServer(waiting("1")) as server:
        made = client(server.url)
        assert made.get("/a").status == 429
        assert clock.waits == [1.0, 1.0]
        with failing("not to be called before"):
            made.get("/a")
        assert len(server.requests) == 3


def test_an_interrupted_wait_ends_it(client: Build, clock: FixedClock) -> None:
    clock.interrupt()
    with RawServer(*statuses("503")) as server:
        assert client(server.url).get("/a").status == 503
        assert len(server.requests) == 1


def _dated(*times: str) -> list[Script]:
    day = "Date: Mon, 02 Mar 2026"
    return [[read, answer(b"", "200 OK", f"{day} {at} GMT", "Connection: close")] for at in times]


@pytest.mark.parametrize(("at", "skew"), [("12:00:42", 42), ("13:00:00", 3600), ("11:59:00", -59)])
def test_the_skew_of_the_remotes_clock(client: Build, at: str, skew: int) -> None:
    with RawServer(*_dated(at), [read, answer()]) as server:
        made = client(server.url)
        assert made.skew == timedelta()
        for _ in range(2):  # the second reply has no date
            made.get("/a")
            assert made.skew == timedelta(seconds=skew)


def test_one_odd_date_is_no_skew(client: Build) -> None:
    with RawServer(*_dated("12:00:00", "12:00:00", "18:00:00", "18:00:00", "18:00:00")) as server:
        made = client(server.url)
        told = []
        for _ in range(5):
            made.get("/a")
            told.append(made.skew)
        assert told == [timedelta()] * 4 + [timedelta(hours=6)]
