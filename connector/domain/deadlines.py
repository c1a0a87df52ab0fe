"""What time says of an offer: its window, its deadline, and when it is too late.

The sentences of `reasons` that go by the clock.
"""

from datetime import datetime, timedelta

from connector.domain.reasons import REHEARSAL, Reason, instant, span

REHEARSED = "rehearsed"


def window_opens(at: datetime) -> Reason:
    return Reason("window", f"waits for its commit window, which opens {instant(at)}")


def due() -> Reason:
    return Reason("due", "its commit window is open")


def shortened(lead: timedelta, wanted: timedelta) -> Reason:
    return Reason(
        "due-short",
        f"its commit window is open; the offer comes {span(lead)} before the message "
        f"instead of {span(wanted)}",
    )


def missed(commit_by: datetime, before: Reason | None) -> Reason:
    """Say that the last moment passed, and what stood in the way until then."""
    if before is not None and before.code == REHEARSAL:
        return Reason(REHEARSED, f"rehearsal: it would have been committed by {instant(commit_by)}")
    told = f"; until then: {before.sentence}" if before else ""
    return Reason(
        "missed",
        f"it had to be committed by {instant(commit_by)} and was not{told}",
        "If the send can be moved, move it; otherwise tell the guests otherwise",
    )


def too_late(commit_by: datetime) -> Reason:
    return Reason(
        "too-late",
        f"seen too late: it had to be committed by {instant(commit_by)}",
        "Schedule sends earlier, or say `late: earliest` in the rule",
    )


def ended() -> Reason:
    """Say that a send is over of which nobody ever knew when it would fire."""
    return Reason("ended", "its source shows the send no more, and never said when it would fire")


def late_allowed(start: datetime) -> Reason:
    return Reason(
        "due-late",
        f"its message may come before the offer, which starts {instant(start)}; "
        "the rule says `late: earliest`",
    )


def beyond_horizon(rule: str, starts: datetime) -> Reason:
    return Reason(
        "beyond-horizon",
        f"claimed by rule {rule}; planned from {instant(starts)} (schedule.horizon)",
    )
