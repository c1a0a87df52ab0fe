"""The worker's metrics: what happens is counted from its log, how things stand from the view."""

import platform
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from connector import __version__
from connector.clock import Clock
from connector.domain.attentions import held_against
from connector.domain.distribution import Decision, State
from connector.telemetry import Event, lines_lost
from connector.worker.view import View

EXCHANGE_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
CYCLE_SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
Samples = Iterable[tuple[tuple[str, ...], float]]


class Metrics:
    """Everything `/metrics` shows. `listen` takes the log's events."""

    def __init__(self, clock: Clock) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._standing = _Standing(clock)
        registry.register(self._standing)
        self._exchanges = Counter(
            "connector_http_exchanges",
            "Exchanges with a remote by class of status: 2xx to 5xx, or none where no reply came.",
            ["remote", "status"],
            registry=registry,
        )
        self._exchange_seconds = Histogram(
            "connector_http_exchange_seconds",
            "How long an exchange with a remote took.",
            ["remote", "method"],
            registry=registry,
            buckets=EXCHANGE_SECONDS,
        )
        self._attempts = Counter(
            "connector_attempts",
            "Commits tried, by what they came to.",
            ["verdict"],
            registry=registry,
        )
        self._attempt_seconds = Histogram(
            "connector_attempt_seconds",
            "From the intent of a commit until its outcome was written down.",
            registry=registry,
            buckets=EXCHANGE_SECONDS,
        )
        self._cycles = Counter(
            "connector_cycles", "Cycles, done or failed.", ["result"], registry=registry
        )
        self._cycle_seconds = Histogram(
            "connector_cycle_seconds",
            "How long a cycle took that was done.",
            registry=registry,
            buckets=CYCLE_SECONDS,
        )
        self._alerts = Counter(
            "connector_alerts",
            "Notices told on a channel, and messages that it did not take.",
            ["channel", "result"],
            registry=registry,
        )

    def listen(self, event: Mapping[str, Any]) -> None:
        """Count a log event."""
        match event["event"]:
            case Event.EXCHANGE:
                self._exchanged(event)
            case Event.COMMIT_SETTLED:
                self._attempts.labels(event["verdict"]).inc()
                self._attempt_seconds.observe(event["ms"] / 1000)
            case Event.CYCLE_DONE:
                self._cycles.labels("done").inc()
                self._cycle_seconds.observe(event["ms"] / 1000)
            case Event.CYCLE_FAILED:
                self._cycles.labels("failed").inc()
            case Event.ALERT_SENT | Event.ALERT_RECOVERED:
                self._alerts.labels(event["channel"], "sent").inc()
            case Event.ALERT_FAILED:
                self._alerts.labels(event["channel"], "failed").inc()

    def _exchanged(self, event: Mapping[str, Any]) -> None:
        remote, status = event["remote"], event["status"]
        self._exchanges.labels(remote, f"{status // 100}xx" if status else "none").inc()
        self._exchange_seconds.labels(remote, event["method"]).observe(event["ms"] / 1000)
        if "api_used" in event:
            self._standing.usage[remote] = (event["api_used"], event["api_limit"])

    def page(self, view: View | None) -> bytes:
        """Return all metrics as Prometheus reads them, given how things stand (None: unknown)."""
        self._standing.view = view
        return generate_latest(self._registry)


class _Standing(Collector):
    """How things stood at the last view, made anew for every reader."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.view: View | None = None
        self.usage: dict[str, tuple[int, int]] = {}

    def collect(self) -> Iterator[Metric]:
        now, view = self._clock.now(), self.view
        yield _gauge(
            "connector_build_info",
            "Which program this is; always 1.",
            ("version", "python"),
            [((__version__, platform.python_version()), 1)],
        )
        yield CounterMetricFamily(
            "connector_log_lines_lost",
            "Log lines that could not be written.",
            value=lines_lost(),
        )
        yield from _of_usage(dict(self.usage))
        yield from _of_remotes(view, now)
        yield from _of_rows(view, now)
        yield from _of_mode(view, now)


def _of_usage(usage: Mapping[str, tuple[int, int]]) -> Iterator[Metric]:
    """Tell Salesforce's count of API requests (facts: salesforce §1.0)."""
    for index, (name, told) in enumerate((("used", "used in the last 24 hours"), ("limit", "had"))):
        yield _gauge(
            f"connector_salesforce_api_{name}",
            f"API requests that the org has {told}, as it said last.",
            ("remote",),
            [((remote,), both[index]) for remote, both in usage.items()],
        )


def _of_remotes(view: View | None, now: datetime) -> Iterator[Metric]:
    notes = view.remotes.values() if view else ()
    yield _gauge(
        "connector_remote_last_attempt_timestamp_seconds",
        "When a remote was last asked.",
        ("remote",),
        [((note.name,), note.last_attempt_at.timestamp()) for note in notes],
    )
    yield _gauge(
        "connector_remote_last_success_timestamp_seconds",
        "When a remote was last read whole.",
        ("remote",),
        [((note.name,), note.last_good_at.timestamp()) for note in notes if note.last_good_at],
    )
    yield _gauge(
        "connector_remote_left_alone",
        "1 while a remote is left alone (its breaker is open), or its lists are not believed.",
        ("remote",),
        [((note.name,), held_against(note, now) is not None) for note in notes],
    )
    yield _gauge(
        "connector_remote_failed_reads",
        "Failed reads of a remote in a row.",
        ("remote",),
        [((note.name,), note.breaker.failed_reads) for note in notes],
    )


def _of_rows(view: View | None, now: datetime) -> Iterator[Metric]:
    states = (*State, Decision.UNMAPPED, Decision.IGNORED)
    yield _gauge(
        "connector_ledger_rows",
        "Offers by state, and sends without one by decision.",
        ("state",),
        [((state.value,), view.counts.get(state.value, 0)) for state in states] if view else (),
    )
    yield _gauge(
        "connector_oldest_open_seconds",
        "Since when the send is known whose offer has been blocked, held or waiting the longest.",
        samples=_seconds(now - view.oldest if view and view.oldest else None),
    )
    yield _gauge(
        "connector_next_commit_by_seconds",
        "Time left until the next commit_by of an offer that may still be committed.",
        samples=_seconds(view.next_commit_by - now if view and view.next_commit_by else None),
    )
    open_ = view.open if view else ()
    counted = Tally((one.severity.value, one.reason.code, one.whom.value) for one in open_)
    yield _gauge(
        "connector_attentions",
        "What wants a person and nobody has taken note of.",
        ("severity", "code", "whom"),
        list(counted.items()),
    )


def _of_mode(view: View | None, now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "connector_view_timestamp_seconds",
        "When the worker last looked at its ledger, after a cycle: all of this is as of then.",
        samples=[((), view.at.timestamp())] if view else (),
    )
    yield _gauge(
        "connector_rehearsal",
        "1 in rehearsal, when nothing is committed.",
        samples=[((), view.mode.rehearsal)] if view else (),
    )
    yield _gauge(
        "connector_pauses",
        "Pauses in force.",
        samples=[((), view.pauses)] if view else (),
    )
    accepted = view.mappings_at if view else None
    yield _gauge(
        "connector_mappings_accepted_timestamp_seconds",
        "When the mapping set in force was accepted.",
        samples=[((), accepted.timestamp())] if accepted else (),
    )
    yield _gauge(
        "connector_mappings_stale_seconds",
        "For how long the mapping files have had a mistake, so that an older set is in force.",
        samples=_seconds(_stale_for(view, now) if view else None),
    )


def _stale_for(view: View, now: datetime) -> timedelta:
    return now - view.stale_since if view.stale_since else timedelta()


def _seconds(length: timedelta | None) -> Samples:
    return [] if length is None else [((), length.total_seconds())]


def _gauge(
    name: str, told: str, labels: tuple[str, ...] = (), samples: Samples = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=labels)
    for values, number in samples:
        family.add_metric(values, float(number))
    return family
