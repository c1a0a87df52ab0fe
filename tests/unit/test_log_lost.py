"""A log that cannot be written: nothing raises, nothing waits, and the loss is reported later."""

import fcntl
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import structlog

from connector import telemetry
from connector.telemetry import KEPT_LINES, Event, aside, lines_lost, log


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    structlog.reset_defaults()


class Fifo:
    """A named pipe whose reader may leave and come back."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.writer = path.open("w", encoding="utf-8")

    def leave(self) -> None:
        os.close(self.reader)

    def come_back(self) -> None:
        self.reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> list[dict[str, Any]]:
        found = b""
        try:
            while piece := os.read(self.reader, 65536):
                found += piece
        except BlockingIOError:
            pass
        return [json.loads(line) for line in found.splitlines()]


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    found = Fifo(tmp_path / "log")
    telemetry.configure(found.writer)
    yield found
    os.close(found.reader)
    found.writer.close()


def _names(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"] for line in lines]


def test_what_was_lost_is_counted_and_reported_and_the_gravest_lines_follow(fifo: Fifo) -> None:
    log.info(Event.SOURCE_READ, source="braze_us")
    assert _names(fifo.read()) == ["source.read"]
    fifo.leave()
    for _ in range(3):
        log.info(Event.SOURCE_READ)
    log.critical(Event.COMMIT_UNRECORDED, campaign_id=5)
    assert lines_lost() == 4
    fifo.come_back()
    log.info(Event.CYCLE_DONE)
    log.info(Event.CYCLE_DONE)
    lost, kept, *rest = fifo.read()
    assert (lost["event"], lost["lines"], lost["why"]) == ("log.lost", 4, "Broken pipe")
    assert lost["level"] == "warning"
    assert (kept["event"], kept["campaign_id"]) == ("commit.unrecorded", 5)
    assert _names(rest) == ["cycle.done", "cycle.done"]
    assert lines_lost() == 4


def test_only_so_many_lines_are_kept(fifo: Fifo) -> None:
    fifo.leave()
    for number in range(KEPT_LINES + 10):
        log.error(Event.ITEM_FAILED, number=number)
    fifo.come_back()
    log.info(Event.CYCLE_DONE)
    lost, *kept, _ = fifo.read()
    assert lost["lines"] == KEPT_LINES + 10
    assert [line["number"] for line in kept] == list(range(10, KEPT_LINES + 10))


def test_a_reader_who_reads_no_more_delays_one_line_and_tears_none(fifo: Fifo) -> None:
    fcntl.fcntl(fifo.writer.fileno(), fcntl.F_SETPIPE_SZ, 16384)
    waits: list[float] = []
    outlet = telemetry._outlet
    assert outlet is not None
    await_room = outlet._await_room

    def noted(descriptor: int) -> None:
        waits.append(outlet._patience)
        await_room(descriptor)

    outlet._await_room = noted  # type: ignore[method-assign]
    for number in range(12):
        log.info(Event.SOURCE_READ, number=number, text="x" * 3000)
    assert sorted(waits)[:3] == [0.0, 0.0, 0.0]  # only the first that finds it full is patient
    lost = lines_lost()
    assert lost >= 4
    told = os.read(fifo.reader, 1 << 20)
    log.info(Event.CYCLE_DONE)
    told += os.read(fifo.reader, 1 << 20)
    lines = told.decode().splitlines()
    whole = [json.loads(line) for line in lines if line.endswith("}")]
    assert _names(whole)[-2:] == ["log.lost", "cycle.done"]
    assert whole[-2]["lines"] == lost
    assert whole[-2]["why"] == "nobody reads it"


class Closed(io.StringIO):
    def __enter__(self) -> Self:
        self.close()
        return self


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError


def _bad_listener(_event: Any) -> None:
    raise KeyError("verdict")


@pytest.mark.parametrize("listener", [None, _bad_listener])
@pytest.mark.parametrize("place", ["closed", "full"])
def test_no_stream_makes_a_call_raise(place: str, listener: Any) -> None:
    with Closed() if place == "closed" else Path("/dev/full").open("w") as out:
        telemetry.configure(out, form="json", listener=listener)
        log.info(Event.SOURCE_READ)
        log.error(Event.CYCLE_FAILED, exc_info=ValueError("x"))
        assert lines_lost() == 2


def test_a_value_that_cannot_be_shown_costs_its_own_line() -> None:
    out = io.StringIO()
    telemetry.configure(out)
    log.info(Event.SOURCE_READ, odd=Odd())
    log.info(Event.CYCLE_DONE, name="half \ud83c")
    lost, line = (json.loads(one) for one in out.getvalue().splitlines())
    assert (lost["lines"], lost["why"]) == (1, "RuntimeError")
    assert line["event"] == "cycle.done"


def test_what_cannot_be_counted_is_logged_all_the_same() -> None:
    out = io.StringIO()
    telemetry.configure(out, listener=_bad_listener)
    log.info(Event.SOURCE_READ)
    line = json.loads(out.getvalue())
    assert (line["event"], line["uncounted"]) == ("source.read", "KeyError")
    assert lines_lost() == 0


def test_a_half_letter_reaches_a_file_as_text(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w", encoding="utf-8") as out:
        telemetry.configure(out)
        log.info(Event.SOURCE_READ, name="half \ud83c")
    assert (tmp_path / "log").read_text(encoding="utf-8").count("\ufffd") == 1
    assert lines_lost() == 0


def test_a_fault_of_what_only_watches_is_logged_and_no_more() -> None:
    out = io.StringIO()
    telemetry.configure(out)
    with aside("systemd"):
        raise ValueError("odd")
    line = json.loads(out.getvalue())
    assert (line["event"], line["of"], line["level"]) == ("side.failed", "systemd", "error")
    assert line["exception"][0]["exc_type"] == "ValueError"
