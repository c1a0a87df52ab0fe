"""Log events: stable names, readable lines on a terminal, JSON elsewhere, no secret in either."""

import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, TextIO

import structlog


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
    WEB_STARTED = "web.started"
    WEB_STOPPED = "web.stopped"
    WEB_LOGIN = "web.login"
    WEB_REFUSED = "web.login_refused"
    WEB_TRAIL_FAILED = "web.trail_failed"
    WEB_FAULT = "web.fault"


Listener = Callable[[Mapping[str, Any]], None]


# Where a fault happened, without the variables there: they may hold a key.
_where = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


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
    out = stream or sys.stderr
    in_lines = out.isatty() if form == "auto" else form == "lines"
    structlog.configure(
        processors=[
            *([_shown_to(listener)] if listener else []),
            _at_least(least),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_lines(out) if in_lines else _JSON),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if listener else least),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def _lines(out: TextIO) -> list[structlog.typing.Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)]


def _when_and_what_first(_logger: Any, _name: str, event: Any) -> Any:
    """Begin a line of JSON with what people look for in it; instants are spelled as everywhere."""
    spelled = {
        key: f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
        for key, value in event.items()
    }
    return {key: spelled[key] for key in ("timestamp", "level", "event")} | spelled


_JSON: list[structlog.typing.Processor] = [
    _where,
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
        listener(event)
        return event

    return processor


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def quiet() -> None:
    """Drop all but critical events: a verb that answers a person says what matters by itself."""
    configure(least=logging.CRITICAL)
