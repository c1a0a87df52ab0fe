"""Deliberate breakings of the commit protocol: each must make the crash harness fail."""

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from connector import telemetry
from connector.domain.distribution import Attempt, Distribution, State
from connector.domain.offer import Order, Outcome
from connector.domain.reasons import Reason
from connector.ledger import Ledger
from connector.punchh.client import Punchh

_BACK = "UPDATE distribution SET state = 'waiting', version = version + 1 WHERE state = 'intent'"


def begin_after_post() -> None:
    """Write the intent down when the reply is there."""
    begin, commit = Ledger.begin, Punchh.commit
    put_off: list[tuple[Ledger, Distribution, Attempt]] = []

    def noted(ledger: Ledger, row: Distribution, attempt: Attempt) -> Distribution:
        put_off.append((ledger, row, attempt))
        return replace(
            row,
            state=State.INTENT,
            attempts=attempt.number,
            external_campaign_id=attempt.external_campaign_id,
            version=row.version + 1,
        )

    def posted(punchh: Punchh, order: Order) -> Outcome:
        outcome = commit(punchh, order)
        begin(*put_off.pop())
        return outcome

    _put(Ledger, "begin", noted)
    _put(Punchh, "commit", posted)


def settle_swallowed() -> None:
    """Take the loss of an outcome for a reason to try again."""

    def back(ledger: Ledger, row: Distribution, _attempt: Attempt) -> Distribution:
        _set_back(ledger)
        return row

    _put(Ledger, "settle", back)


def orphans_retried() -> None:
    """Take an unfinished attempt for one that was never made."""

    def back(ledger: Ledger, *, at: datetime, reason: Reason) -> tuple[Distribution, ...]:
        _set_back(ledger)
        return ()

    _put(Ledger, "orphans", back)


def log_raises() -> None:
    """Let a log that cannot be written, from the first POST on, stop the work that it describes."""
    say = telemetry.Outlet._say

    def full(outlet: telemetry.Outlet, line: str) -> bool:
        if '"POST"' in line:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return say(outlet, line)

    def unguarded(least: int, _outlet: telemetry.Outlet) -> Any:
        return structlog.make_filtering_bound_logger(least)

    _put(telemetry.Outlet, "_say", full)
    _put(telemetry, "_safe", unguarded)


def _set_back(ledger: Ledger) -> None:
    with ledger._store.writing() as tx:
        tx.exec_driver_sql(_BACK)


def _put(owner: Any, name: str, function: Callable[..., Any]) -> None:
    setattr(owner, name, function)


BREAKINGS: Mapping[str, Callable[[], None]] = {
    function.__name__: function
    for function in (begin_after_post, settle_swallowed, orphans_retried, log_raises)
}
