"""How far a remote's clock is from ours: what is believed of it, and what is said."""

from datetime import timedelta

from connector.domain.reasons import Reason, span

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
    length = "a year or more" if abs(ahead) >= YEAR else span(abs(ahead))
    off = f"{length} {'ahead of' if ahead > timedelta() else 'behind'} this machine's"
    if ahead != believed(ahead):
        return Reason(
            "clock-unusable",
            f"the answers of {remote} are dated {off} clock, so their dates are not used; only "
            "this machine's clock counts",
            "Check this machine's clock (NTP). If it is right, report the date to whoever runs the "
            "remote, or the proxy in front of it",
        )
    return Reason(
        "clock-off",
        f"the clock of {remote} is {off}",
        "Set this machine's clock (NTP). If it is right, the remote's is wrong: make `lead_time` "
        "longer by as much until it is mended",
    )
