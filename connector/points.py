"""Named crash points: where a test may kill or stop this process, to prove what is left behind.

Nothing happens at a point unless one of two variables names it when the process starts:
`POINTS_KILL="begin.committed:2"` ends the process with SIGKILL when it passes that point for the
second time, `POINTS_STOP=…` halts it there with SIGSTOP until somebody sends SIGCONT. A point of
an exchange can be narrowed to one method: `http.sent@POST`.
"""

import os
import signal
from collections.abc import Mapping
from enum import StrEnum
from threading import Lock


class Point(StrEnum):
    """Every point, in the order in which `init`, `live` and `run` pass it. Each has one place."""

    CONFIG_READING = "config.reading"
    CONFIG_READ = "config.read"

    CREATE_BEGINS = "create.begins"
    CREATE_DRAFTED = "create.drafted"
    CREATE_LINKED = "create.linked"
    CREATE_IN_PLACE = "create.in_place"
    LIVE_BEGINS = "live.begins"
    LIVE_WRITTEN = "live.written"
    LIVE_COMMITTED = "live.committed"

    LEDGER_OPENING = "ledger.opening"
    LEDGER_CHECKED = "ledger.checked"
    MIGRATION_BEGINS = "migration.begins"
    MIGRATION_STEP = "migration.step"
    MIGRATION_WRITTEN = "migration.written"
    MIGRATION_COMMITTED = "migration.committed"
    LEDGER_OPENED = "ledger.opened"
    LOCK_TAKING = "lock.taking"
    LOCK_TAKEN = "lock.taken"
    LOCK_SIGNED = "lock.signed"
    MAPPINGS_READING = "mappings.reading"
    MAPPINGS_READ = "mappings.read"

    CYCLE_BEGINS = "cycle.begins"
    ORPHANS_BEGINS = "orphans.begins"
    ORPHANS_WRITTEN = "orphans.written"
    ORPHANS_COMMITTED = "orphans.committed"
    EVIDENCE_BEGINS = "evidence.begins"
    EVIDENCE_WRITTEN = "evidence.written"
    EVIDENCE_COMMITTED = "evidence.committed"
    SOURCE_READ = "source.read"
    CATALOG_READ = "catalog.read"
    OBSERVED = "cycle.observed"
    PLANNED = "cycle.planned"
    RECORD_BEGINS = "record.begins"
    RECORD_WRITTEN = "record.written"
    RECORD_COMMITTED = "record.committed"
    REMOTES_BEGINS = "remotes.begins"
    REMOTES_WRITTEN = "remotes.written"
    REMOTES_COMMITTED = "remotes.committed"

    COMMIT_PREPARED = "commit.prepared"
    BEGIN_BEGINS = "begin.begins"
    BEGIN_WRITTEN = "begin.written"
    BEGIN_COMMITTED = "begin.committed"
    MARK_BEGINS = "mark.begins"
    MARK_WRITTEN = "mark.written"
    MARK_RENAMED = "mark.renamed"
    MARK_DURABLE = "mark.durable"
    BEGIN_MARKED = "begin.marked"
    COMMIT_POSTING = "commit.posting"
    HTTP_BEGINS = "http.begins"
    HTTP_CONNECTED = "http.connected"
    HTTP_SENDING = "http.sending"
    HTTP_SENT = "http.sent"
    HTTP_HEADERS = "http.headers"
    HTTP_BODY = "http.body"
    COMMIT_POSTED = "commit.posted"
    COMMIT_CLASSIFIED = "commit.classified"
    SETTLE_BEGINS = "settle.begins"
    SETTLE_WRITTEN = "settle.written"
    SETTLE_COMMITTED = "settle.committed"
    COMMIT_TOLD = "commit.told"

    SIGHTINGS_BEGINS = "sightings.begins"
    SIGHTINGS_WRITTEN = "sightings.written"
    SIGHTINGS_COMMITTED = "sightings.committed"
    CYCLE_DONE = "cycle.done"
    LOCK_RELEASING = "lock.releasing"
    LOCK_RELEASED = "lock.released"
    LEDGER_CLOSING = "ledger.closing"
    LEDGER_CLOSED = "ledger.closed"


SIGNALS = {"POINTS_KILL": signal.SIGKILL, "POINTS_STOP": signal.SIGSTOP}
_armed: dict[str, tuple[signal.Signals, int]] = {}
_passed: dict[str, int] = {}
_counting = Lock()  # remotes are read in threads


def arm(environment: Mapping[str, str]) -> None:
    """Arm the points that the variables name, and no others; ValueError for an unknown name."""
    _armed.clear()
    _passed.clear()
    for variable, number in SIGNALS.items():
        if written := environment.get(variable):
            name, _, passing = written.partition(":")
            Point(name.partition("@")[0])
            _armed[name] = (number, int(passing or 1))


def point(name: Point, method: str | None = None) -> None:
    """Pass a point; `method` is that of the exchange which passes it."""
    if not _armed:
        return
    for told in (name.value, f"{name.value}@{method}"):
        if told in _armed:
            number, wanted = _armed[told]
            with _counting:
                _passed[told] = _passed.get(told, 0) + 1
                if _passed[told] == wanted:
                    os.kill(os.getpid(), number)


arm(os.environ)
