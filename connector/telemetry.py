"""Log events: stable names, readable lines on a terminal, JSON elsewhere, no secret in either.

Logging never raises and never waits long: the work that it describes matters more. A line that
cannot be written is counted, and `log.lost` reports the loss as soon as a line can be written.
"""

import io
import logging
import os
import select
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from threading import Lock
from typing import Any, Literal, TextIO

import structlog

from connector.domain.text import clean, printable


class Event(StrEnum):
    """Every event the worker logs. The names are stable: people's log searches rely on them."""

    EXCHANGE = "http.exchange"
    WORKER_STARTED = "worker.started"
    WORKER_STOPPED = "worker.stopped"
    LEDGER_ROLLED_BACK = "ledger.rolled_back"
    CYCLE_DONE = "cycle.done"
    CYCLE_FAILED = "cycle.failed"
    ITEM_FAILED = "item.failed"
    SOURCE_READ = "source.read"
    SOURCE_FAILED = "source.failed"
    SOURCE_NOTE = "source.note"
    CATALOG_READ = "catalog.read"
    CATALOG_FAILED = "catalog.failed"
    SIZE_FAILED = "segment.size_failed"
    MAPPINGS_LOADED = "mappings.loaded"
    MAPPINGS_INVALID = "mappings.invalid"
    COMMIT_BEGUN = "commit.begun"
    COMMIT_SETTLED = "commit.settled"
    COMMIT_UNRECORDED = "commit.unrecorded"
    COMMITS_STOPPED = "commits.stopped"
    ORPHAN_FOUND = "commit.orphaned"
    COMMIT_EVIDENCED = "commit.evidenced"
    GIFT_SEEN = "gift.seen"
    CANARY_FAILED = "canary.failed"
    WEBHOOK_REFUSED = "webhook.refused"
    WEBHOOK_IGNORED = "webhook.ignored"
    WEBHOOK_FAILED = "webhook.failed"
    BREAKER_OPENED = "breaker.opened"
    BREAKER_CLOSED = "breaker.closed"
    CLOCK_OFF = "clock.off"
    DRAFT_FAILED = "draft.failed"
    ALERT_SENT = "alert.sent"
    ALERT_RECOVERED = "alert.recovered"
    ALERT_FAILED = "alert.failed"
    HEARTBEAT_FAILED = "heartbeat.failed"
    WATCH_FAILED = "watch.failed"
    HEALTH_SERVING = "health.serving"
    HEALTH_FAILED = "health.failed"
    LOCK_RETAKEN = "lock.retaken"
    LOG_LOST = "log.lost"
    SIDE_FAILED = "side.failed"
    WEB_STARTED = "web.started"
    WEB_STOPPED = "web.stopped"
    WEB_LOGIN = "web.login"
    WEB_REFUSED = "web.login_refused"
    WEB_TRAIL_FAILED = "web.trail_failed"
    WEB_FORM_REFUSED = "web.form_refused"
    WEB_FAULT = "web.fault"
    WEB_SERVER = "web.server"
    WEB_SETTINGS_READ = "web.settings_read"
    WEB_SETTINGS_INVALID = "web.settings_invalid"


Listener = Callable[[Mapping[str, Any]], None]
STALL_SECONDS = 1.0  # how long a reader may keep the first line of a stall waiting
PIECE = select.PIPE_BUF  # bytes that a writable pipe takes without making us wait
KEPT_LINES = 50


# Where a fault happened, without the variables there: they may hold a key.
_where = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


class Outlet:
    """Where log lines go. What it cannot write it counts, and it keeps the gravest lines.

    A descriptor is written to directly: a text stream would hold back what it could not write,
    and fail with it again at each later line and when the process ends.
    """

    def __init__(self, stream: TextIO, render: Callable[[str, dict[str, Any]], str]) -> None:
        self._stream, self._render = stream, render
        self._descriptor = _descriptor_of(stream)
        self._lock = Lock()
        self._patience = STALL_SECONDS
        self._torn = False  # the last line was written in part
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)
        self._reported = 0
        self._why = ""
        self.lost = 0

    def info(self, line: str) -> None:
        with self._lock:
            self._say(line)

    debug = warning = info

    def error(self, line: str) -> None:
        with self._lock:
            if not self._say(line):
                self._kept.append(line)

    critical = error

    def lose(self, error: BaseException) -> None:
        """Count a line that was lost before it came here."""
        with self._lock:
            self._count(error)

    def _say(self, line: str) -> bool:
        try:
            if self.lost > self._reported:
                self._report()
            self._put(line)
        except Exception as error:  # noqa: BLE001  whatever the stream does, the work goes on
            self._count(error)
            return False
        return True

    def _count(self, error: BaseException) -> None:
        self.lost += 1
        self._why = getattr(error, "strerror", None) or type(error).__name__

    def _report(self) -> None:
        lost = {"event": Event.LOG_LOST, "lines": self.lost - self._reported, "why": self._why}
        self._put(self._render("warning", lost))
        self._reported = self.lost
        while self._kept:
            self._put(self._kept[0])
            self._kept.popleft()

    def _put(self, line: str) -> None:
        if self._descriptor is None:
            self._stream.write(f"{line}\n")
            self._stream.flush()
            return
        self._stream.flush()  # what others wrote there before
        rest = f"{line}\n".encode(errors="backslashreplace")
        if self._torn:
            rest = b"\n" + rest
        while rest:
            self._await_room(self._descriptor)
            rest = rest[os.write(self._descriptor, rest[:PIECE]) :]
            self._torn = bool(rest)

    def _await_room(self, descriptor: int) -> None:
        """TimeoutError where a reader does not read on; during a stall no further line waits."""
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        if not poll.poll(self._patience * 1000):
            self._patience = 0.0
            raise TimeoutError(0, "nobody reads it")
        self._patience = STALL_SECONDS


def _descriptor_of(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None


_outlet: Outlet | None = None


def lines_lost() -> int:
    """Return how many lines could not be written since this process began to log."""
    return _outlet.lost if _outlet else 0


def configure(
    stream: TextIO | None = None,
    *,
    least: int = logging.INFO,
    form: Literal["auto", "json", "lines"] = "auto",
    listener: Listener | None = None,
) -> None:
    """Send log events to a stream (standard error): lines on a terminal, JSON otherwise.

    `listener` is shown every event, also those that are less than `least`: what is counted of the
    worker is counted from its log.
    """
    global _outlet  # noqa: PLW0603  structlog's configuration is one for the process, too
    out = stream or sys.stderr
    in_lines = out.isatty() if form == "auto" else form == "lines"
    if not in_lines and isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding="utf-8")  # JSON is nothing else, whatever a terminal speaks
    finishing: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *(_lines(out) if in_lines else _JSON),
    ]

    def render(level: str, event: dict[str, Any]) -> str:
        shown: Any = event
        for processor in finishing:
            shown = processor(None, level, shown)
        return str(shown)

    _outlet = outlet = Outlet(out, render)
    structlog.configure(
        processors=[
            *([_shown_to(listener)] if listener else []),
            _at_least(least),
            *finishing,
        ],
        wrapper_class=_safe(logging.INFO if listener else least, outlet),
        logger_factory=lambda *_: outlet,
        cache_logger_on_first_use=False,
    )


def _safe(least: int, outlet: Outlet) -> type[structlog.typing.FilteringBoundLogger]:
    """Return a logger class whose calls never raise, whatever a processor or the outlet does."""
    filtering: Any = structlog.make_filtering_bound_logger(least)

    class Safe(filtering):  # type: ignore[misc]
        def _proxy_to_logger(self, *args: Any, **values: Any) -> Any:
            try:
                return super()._proxy_to_logger(*args, **values)
            except Exception as error:  # noqa: BLE001
                outlet.lose(error)
                return None

    return Safe


def _lines(out: TextIO) -> list[structlog.typing.Processor]:
    colors = out.isatty() and not os.environ.get("NO_COLOR")
    console = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=_traceback)
    return [_cleaned, console]


def _traceback(out: TextIO, exception: Any) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, exception)
    out.write(printable(text.getvalue()))


def _cleaned(_logger: Any, _name: str, event: Any) -> Any:
    """Let no text from outside steer whoever reads the log, or make a line of its own."""
    return {key: value if key == "exc_info" else _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case list() | tuple():
            return [_clean(item) for item in value]
        case dict():
            return {key: _clean(item) for key, item in value.items()}
        case _:
            return value


def _when_and_what_first(_logger: Any, _name: str, event: Any) -> Any:
    """Begin a line of JSON with what people look for in it; instants are spelled as everywhere."""
    spelled = {
        key: f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
        for key, value in event.items()
    }
    return {key: spelled[key] for key in ("timestamp", "level", "event")} | spelled


_JSON: list[structlog.typing.Processor] = [
    _where,
    _cleaned,
    _when_and_what_first,
    structlog.processors.JSONRenderer(ensure_ascii=False),
]


def _at_least(least: int) -> structlog.typing.Processor:
    def processor(_logger: Any, name: str, event: Any) -> Any:
        if logging.getLevelNamesMapping()[name.upper()] < least:
            raise structlog.DropEvent
        return event

    return processor


def _shown_to(listener: Listener) -> structlog.typing.Processor:
    def processor(_logger: Any, _name: str, event: Any) -> Any:
        try:
            listener(event)
        except Exception as error:  # noqa: BLE001  what cannot be counted is logged all the same
            event["uncounted"] = type(error).__name__
        return event

    return processor


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def quiet() -> None:
    """Drop all but critical events: a verb that answers a person says what matters by itself."""
    configure(least=logging.CRITICAL)


@contextmanager
def aside(what: str) -> Iterator[None]:
    """Do what only watches the work: a fault in it is logged, and the work goes on."""
    try:
        yield
    except Exception:
        log.exception(Event.SIDE_FAILED, of=what)
