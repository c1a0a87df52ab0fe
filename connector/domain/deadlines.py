"""What time says of an offer: its window, its deadline, and when it is too late."""

from datetime import datetime, timedelta

from connector.domain.reasons import REHEARSAL, Reason, reason

REHEARSED = "rehearsed"


def window_opens(at: datetime) -> Reason:
    return reason("window", at=at)


def due() -> Reason:
    return reason("due")


def shortened(lead: timedelta, wanted: timedelta) -> Reason:
    return reason("due-short", lead=lead, wanted=wanted)


def missed(commit_by: datetime, before: Reason | None) -> Reason:
    """Say that the last moment passed, and what stood in the way until then."""
    if before is not None and before.code == REHEARSAL:
        return reason(REHEARSED, commit_by=commit_by)
    return reason("missed", commit_by=commit_by, before=before)


def too_late(commit_by: datetime) -> Reason:
    return reason("too-late", commit_by=commit_by)


def ended() -> Reason:
    """Say that a send is over of which nobody ever knew when it would fire."""
    return reason("ended")


def late_allowed(start: datetime) -> Reason:
    return reason("due-late", start=start)


def beyond_horizon(rule: str, starts: datetime) -> Reason:
    return reason("beyond-horizon", rule=rule, starts=starts)
