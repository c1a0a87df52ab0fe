"""Faults of the connector itself, in words for the person who has to act."""

from datetime import datetime

from connector.domain.reasons import Reason, instant

PLANNER_FAULT = "planner-fault"


def planner_fault(kind: str) -> Reason:
    """Say that a send could not be decided; `kind` is the fault's own name."""
    return Reason(
        PLANNER_FAULT,
        f"it could not be decided by a fault of the connector ({kind}); nothing of it is committed",
        "Report it with the line `item.failed` of the log; the others go on",
    )


def cycle_failing(since: datetime, trouble: str) -> Reason:
    """Say that cycle after cycle fails, whatever its cause."""
    return Reason(
        "cycle-failing",
        f"each cycle of the worker since {instant(since)} has failed: {trouble}",
        "The log says more (`cycle.failed`). Nothing is committed until a cycle comes to its end",
    )
