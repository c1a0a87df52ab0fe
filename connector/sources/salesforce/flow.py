"""Segment-triggered flows of Marketing Cloud Next, by their FlowRecord (facts: salesforce §1.5)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.domain.reasons import Reason, reason
from connector.domain.send import PAUSED, Send
from connector.sources.checks import (
    TEXT,
    bad_row,
    earliest_of_each,
    filled,
    is_text,
    name_of,
    with_ids,
)
from connector.sources.salesforce.rows import REMOTE, timed, unseen_audience, vouched
from connector.sources.salesforce.session import Org

KIND = "flow"
OBJECT = "FlowRecord"
RUNNING = "InProgress"  # running or ready to run: so a recurring one waits between its runs (§8)
LIVE = frozenset({"Scheduled", "PreparingData", RUNNING})
PREPARING = timedelta(hours=2)  # the longest that PreparingData lasts (§1.5)

_FLOWS = (
    "SELECT Id, Name, ProgressStatus, ScheduledStartDate, SegmentId, Segment.Name, IsPaused "
    "FROM FlowRecord WHERE Type = 'Segment' "
    "AND ProgressStatus IN ('Scheduled', 'PreparingData', 'InProgress') ORDER BY Id"
)
_STATUSES = "SELECT Id, ProgressStatus, IsPaused FROM FlowRecord WHERE Id IN ({ids})"


class Flows:
    """Reads the flows of one org; what is wrong with one becomes its problem."""

    kind = KIND
    noun = "segment-triggered flows"
    object = OBJECT

    def __init__(self, source: str, account: str) -> None:
        self._source, self._account = source, account

    def read(self, org: Org, now: datetime) -> tuple[tuple[Send, ...], tuple[Reason, ...]]:
        """Return the flows that wait for a start, and those that have begun: these come too late.

        When a recurring flow runs next is not readable, unless its start moves on (§1.5, §7.8): one
        whose start is long past has no time, and a problem.
        """
        rows = org.rows(_FLOWS)
        rows, notes = with_ids(rows, "Id", REMOTE)
        sends, twice = earliest_of_each((self._send(row, now) for row in rows), REMOTE)
        return sends, (*notes, *twice)

    def probes(self) -> Iterator[tuple[str, str, bool]]:
        """Give the query that `live` makes of an id: object, query, also of deleted ones."""
        yield OBJECT, _STATUSES, False

    def _send(self, row: dict[str, Any], now: datetime) -> Send:
        name, paused = row.get("Name"), row.get("IsPaused")
        problem = None
        if not is_text(name):
            problem = bad_row("Name", name, TEXT, REMOTE)
        elif paused is not False:
            problem = _paused(paused)
        send = Send(
            source=self._source,
            kind=KIND,
            account=self._account,
            send_id=row["Id"],
            name=name_of(name),
            problem=problem,
        )
        send, start = _addressed(send, row), row.get("ScheduledStartDate")
        if start is None and row.get("ProgressStatus") == RUNNING:
            return _without_next_run(send)
        send = timed(send, row, "ScheduledStartDate", tail=PREPARING)
        begun = now - send.when.scheduled_for if send.when else timedelta()
        return send if begun < PREPARING else _without_next_run(send)

    def live(self, org: Org, ids: Iterable[str]) -> frozenset[str]:
        """Return which of these are still to run or running, and not paused."""
        return frozenset(
            row["Id"]
            for row in (
                vouched(self._source, row, "ProgressStatus", "IsPaused")
                for row in org.rows_of(_STATUSES, ids)
            )
            if row["ProgressStatus"] in LIVE and not row["IsPaused"]
        )


def _addressed(send: Send, row: dict[str, Any]) -> Send:
    segment, id_ = row.get("Segment"), row.get("SegmentId")
    name = segment.get("Name") if isinstance(segment, dict) else None
    if filled(name) and is_text(name):
        return replace(send, audiences=(str(name),))
    if id_ is None:
        return send
    return replace(send, problem=send.problem or unseen_audience("segment", id_))


def _paused(value: object) -> Reason:
    if value is not True:
        return bad_row("IsPaused", value, "true or false", REMOTE)
    return reason(f"{PAUSED}/flow")


def _without_next_run(send: Send) -> Send:
    """Block a flow that may run again at a time nobody tells; its last start says nothing of it."""
    if send.when is None:
        problem = reason("next-run-unknown/running")
    else:
        problem = reason("next-run-unknown", start=send.when.scheduled_for)
    return replace(send, when=None, problem=send.problem or problem)
