"""Log events: JSON for machines, lines for people, no variable of ours in a traceback."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
import structlog

from connector import telemetry
from connector.telemetry import Event, log

SECRET = "canary-6b1f"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def _crash(key: str) -> Exception:
    try:
        int(key == "x") / int(key == "y")
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def test_elsewhere_than_on_a_terminal_every_line_is_json() -> None:
    out = io.StringIO()
    telemetry.configure(out)
    log.info(Event.SOURCE_READ, source="bräze", sends=3)
    log.debug(Event.SOURCE_READ, hidden=True)
    log.error(Event.CYCLE_FAILED, exc_info=_crash(SECRET))
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {"event": "source.read", "level": "info", "source": "bräze", "sends": 3}
    assert "bräze" in out.getvalue()
    (told,) = second["exception"]
    assert (told["exc_type"], told["exc_value"]) == ("ZeroDivisionError", "division by zero")
    assert [frame["name"] for frame in told["frames"]] == ["_crash"]
    assert SECRET not in out.getvalue()


def test_json_is_utf_8_whatever_the_terminal_speaks() -> None:
    data = io.BytesIO()
    out = io.TextIOWrapper(data, encoding="latin-1", errors="backslashreplace")
    telemetry.configure(out)
    log.info(Event.SOURCE_READ, source="bräze 🍟")
    out.flush()
    assert json.loads(data.getvalue().decode("utf-8"))["source"] == "bräze 🍟"


@pytest.mark.parametrize(("variable", "coloured"), [("1", False), ("", True)])
def test_who_wants_no_colour_gets_none(
    monkeypatch: pytest.MonkeyPatch, variable: str, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", variable)
    out = Terminal()
    telemetry.configure(out)
    log.info(Event.SOURCE_READ, source="braze")
    assert ("\x1b[" in out.getvalue()) is coloured


def test_a_line_of_json_begins_with_when_and_what_and_spells_instants_alike() -> None:
    out = io.StringIO()
    telemetry.configure(out)
    since = datetime(2026, 11, 22, 1, tzinfo=timezone(-timedelta(hours=5)))
    log.warning(Event.BREAKER_OPENED, remote="punchh", since=since)
    told = json.loads(out.getvalue())
    assert list(told)[:3] == ["timestamp", "level", "event"]
    assert told["since"] == "2026-11-22T06:00:00Z"


def test_what_is_less_than_asked_for_is_counted_and_not_told() -> None:
    out, seen = io.StringIO(), list[str]()
    telemetry.configure(
        out, least=logging.WARNING, listener=lambda told: seen.append(told["event"])
    )
    log.info(Event.SOURCE_READ)
    log.warning(Event.SOURCE_FAILED)
    assert seen == ["source.read", "source.failed"]
    assert json.loads(out.getvalue())["event"] == "source.failed"


@pytest.mark.parametrize(("out", "form"), [(io.StringIO(), "lines"), (Terminal(), "json")])
def test_the_form_can_be_chosen(out: io.StringIO, form: Literal["lines", "json"]) -> None:
    telemetry.configure(out, form=form)
    log.info(Event.SOURCE_READ, source="braze_us")
    assert out.getvalue().startswith("{") == (form == "json")
    assert "\x1b" not in out.getvalue()
    assert "source.read" in out.getvalue()


def test_on_a_terminal_a_person_reads_lines_and_tracebacks() -> None:
    out = Terminal()
    telemetry.configure(out)
    log.warning(Event.SOURCE_FAILED, remote="punchh")
    log.error(Event.CYCLE_FAILED, exc_info=_crash(SECRET))
    assert "source.failed" in out.getvalue()
    assert "Traceback (most recent call last):" in out.getvalue()
    assert "ZeroDivisionError: division by zero" in out.getvalue()
    assert SECRET not in out.getvalue()


def test_quiet_lets_only_what_is_critical_through(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.quiet()
    log.error(Event.CYCLE_FAILED, exc_info=_crash(SECRET))
    log.critical(Event.COMMIT_UNRECORDED, campaign_id=5)
    assert json.loads(capsys.readouterr().err)["event"] == "commit.unrecorded"


def test_event_names_are_stable() -> None:
    assert sorted(event.value for event in Event) == [
        "alert.failed",
        "alert.recovered",
        "alert.sent",
        "breaker.closed",
        "breaker.opened",
        "canary.failed",
        "catalog.failed",
        "catalog.read",
        "clock.off",
        "commit.begun",
        "commit.evidenced",
        "commit.orphaned",
        "commit.settled",
        "commit.unrecorded",
        "commits.stopped",
        "cycle.done",
        "cycle.failed",
        "draft.failed",
        "gift.seen",
        "health.failed",
        "health.serving",
        "heartbeat.failed",
        "http.exchange",
        "item.failed",
        "ledger.rolled_back",
        "lock.retaken",
        "log.lost",
        "mappings.invalid",
        "mappings.loaded",
        "segment.size_failed",
        "side.failed",
        "source.failed",
        "source.note",
        "source.read",
        "watch.failed",
        "web.fault",
        "web.form_refused",
        "web.login",
        "web.login_refused",
        "web.server",
        "web.settings_invalid",
        "web.settings_read",
        "web.started",
        "web.stopped",
        "web.trail_failed",
        "webhook.failed",
        "webhook.ignored",
        "webhook.refused",
        "worker.started",
        "worker.stopped",
    ]
