"""What a remote's replies tell of its clock."""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median_low

from connector.domain.clocks import believed

SECOND = timedelta(seconds=1)
READINGS = 9
FARTHEST = timedelta(days=365)  # a year or a century off: nobody goes by either


class Skew:
    """How far a remote's clock is ahead of ours (behind: negative), by most of its last replies.

    One reply with an odd `Date` must not make the next plan miss whatever is due. A reading that
    nobody goes by counts only where there is no other.
    """

    def __init__(self) -> None:
        self._readings: deque[timedelta] = deque(maxlen=READINGS)

    @property
    def ahead(self) -> timedelta:
        clocks = [reading for reading in self._readings if reading == believed(reading)]
        readings = clocks or self._readings
        return median_low(readings) if readings else timedelta()

    def note(self, headers: Mapping[str, str], sent_at: datetime, received_at: datetime) -> None:
        """Take in what a reply's `Date` says of the remote's clock."""
        found = server_skew(headers, sent_at, received_at)
        if found is not None:
            self._readings.append(found)


def server_skew(
    headers: Mapping[str, str], sent_at: datetime, received_at: datetime
) -> timedelta | None:
    """Return how far a remote's clock is surely ahead of ours, in whole seconds; None: unsaid.

    Its `Date` was written, without fractions of a second, at some time between our two instants;
    a clock that is behind gives a negative length. More than `FARTHEST` is cut to that.
    """
    theirs = dated(headers)
    if theirs is None:
        return None
    ahead = max(timedelta(), theirs - received_at)
    behind = max(timedelta(), sent_at - theirs - SECOND)
    skew = timedelta(seconds=ahead // SECOND - behind // SECOND)
    return max(-FARTHEST, min(skew, FARTHEST))


def dated(headers: Mapping[str, str]) -> datetime | None:
    """Return by the remote's clock when it answered, None where its reply does not tell.

    An answer with an `Age` was kept by a cache, which lets its `Date` stand; two `Date` headers
    come as one text with a comma more.
    """
    text = headers.get("Date", "")
    if "Age" in headers or text.count(",") > 1:
        return None
    return instant(text)


def instant(text: str) -> datetime | None:
    """Return a header's instant, in UTC where it names no zone; None where it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
