"""How far a remote's clock is from ours: what is believed of it, and what is said."""

from datetime import timedelta

from connector.domain.reasons import Reason, reason

MOST_SKEW = timedelta(seconds=60)
FARTHEST_CLOCK = timedelta(days=1)
YEAR = timedelta(days=365)


def believed(skew: timedelta) -> timedelta:
    """Return how far a clock is ahead of ours, or nothing: one more than a day off is no clock."""
    return skew if abs(skew) <= FARTHEST_CLOCK else timedelta()


def clock_trouble(remote: str, ahead: timedelta) -> Reason | None:
    """Say that a remote's clock and ours differ by more than anybody should bear, or None."""
    if abs(ahead) <= MOST_SKEW:
        return None
    where = "ahead" if ahead > timedelta() else "behind"
    if ahead == believed(ahead):
        return reason(f"clock-off/{where}", remote=remote, by=abs(ahead))
    if abs(ahead) >= YEAR:
        return reason(f"clock-unusable/years-{where}", remote=remote)
    return reason(f"clock-unusable/{where}", remote=remote, by=abs(ahead))
