"""Faults of the connector itself, for the person who has to act."""

from datetime import datetime

from connector.domain.reasons import Reason, reason

PLANNER_FAULT = "planner-fault"


def planner_fault(kind: str) -> Reason:
    """Say that a send could not be decided; `kind` is the fault's own name."""
    return reason(PLANNER_FAULT, kind=kind)


def cycle_failing(since: datetime, trouble: str) -> Reason:
    """Say that cycle after cycle fails, whatever its cause."""
    return reason("cycle-failing", since=since, trouble=trouble)
