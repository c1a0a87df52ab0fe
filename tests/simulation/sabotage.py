"""The protocol broken on purpose, to show that the simulation would notice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from sqlalchemy import text

from connector.app import Work
from connector.domain import lifecycle
from connector.domain.distribution import Attempt, Distribution, State
from connector.domain.offer import Order, Outcome, Verdict
from connector.domain.plan import Plan
from connector.domain.reasons import Reason
from connector.domain.rules import RuleBook
from connector.ledger import Ledger
from connector.punchh.client import Punchh
from connector.worker import cycle
from connector.worker.observe import Observation


@contextmanager
def begin_skipped() -> Iterator[None]:
    """Post without a durable intent."""

    def begin(_self: Ledger, row: Distribution, attempt: Attempt) -> Distribution:
        return replace(row, state=State.INTENT, attempts=attempt.number)

    with patch.object(Ledger, "begin", begin):
        yield


@contextmanager
def unknown_retried() -> Iterator[None]:
    """Repeat a commit whose answer was lost."""
    commit = Punchh.commit

    def twice(self: Punchh, order: Order) -> Outcome:
        outcome = commit(self, order)
        return commit(self, order) if outcome.verdict is Verdict.UNKNOWN else outcome

    with patch.object(Punchh, "commit", twice):
        yield


@contextmanager
def noted_before_recorded() -> Iterator[None]:
    """Count a poll as the previous good one before what it showed is written down."""
    whole = cycle.plan_of

    def plan_of(work: Work, book: RuleBook, seen: Observation, *at: datetime | None) -> Plan:
        if not at:  # a cycle's own, and no person's look
            work.ledger.note_remotes(seen.notes)
        return whole(work, book, seen, *at)

    with patch.object(cycle, "plan_of", plan_of):
        yield


@contextmanager
def never_doubting() -> Iterator[None]:
    """Take an unclear send for a new one."""
    with patch.object(lifecycle, "_doubt", lambda *_: None):
        yield


@contextmanager
def orphans_waiting() -> Iterator[None]:
    """Put an abandoned intent back to waiting, as if nothing could have been sent."""

    def orphans(self: Ledger, *, at: datetime, reason: Reason) -> tuple[Distribution, ...]:
        del at, reason
        with self._store.writing() as tx:
            statement = "UPDATE distribution SET state = 'waiting' WHERE state = 'intent'"
            tx.execute(text(statement))
        return ()

    with patch.object(Ledger, "orphans", orphans):
        yield
