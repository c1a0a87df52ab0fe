"""When a GET is asked again: one table, read from top to bottom. A POST never is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

from connector.http.exchange import ExchangeError
from connector.http.reply import Reply

BASE_SECONDS = 0.5
CAP_SECONDS = 8.0
LONGEST_SENSIBLE = 86400.0
PASSING = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Again:
    """Ask again after so many seconds; `told` is true where the remote named the wait."""

    seconds: float
    told: bool


def again(
    attempt: int, attempts: int, result: Reply | ExchangeError, now: datetime, random: Random
) -> Again | None:
    """Return when to ask again after the attempt-th of so many attempts, or None: give up.

    A wait that the remote named is never shortened, and is returned even after the last
    attempt, so that the next poll can respect it.
    """
    if isinstance(result, Reply):
        if result.status not in PASSING:
            return None
        wait = asked_wait(result, now)
        if wait is not None:
            return Again(wait, told=True)
    elif result.status is not None:
        return None  # a redirect or an oversized body would come again
    if attempt >= attempts:
        return None
    ceiling = min(CAP_SECONDS, BASE_SECONDS * 2**attempt)
    return Again(random.uniform(0, ceiling), told=False)


def asked_wait(reply: Reply, now: datetime) -> float | None:
    """Return the seconds a reply asks us to wait, or None if it names no sensible wait.

    Reads `Retry-After` in both its forms, and Braze's `X-RateLimit-Reset` (epoch seconds) on a
    429 (facts: braze §4).
    """
    after = reply.headers.get("Retry-After", "").strip()
    if after.isascii() and after.isdigit():
        return _sensible(float(after))
    if after:
        try:
            until = parsedate_to_datetime(after)
        except (ValueError, OverflowError):
            return None
        return _sensible((until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    reset = reply.headers.get("X-RateLimit-Reset", "").strip()
    if reply.status == 429 and reset.isascii() and reset.isdigit():
        return _sensible(float(reset) - now.timestamp())
    return None


def _sensible(seconds: float) -> float | None:
    """Past waits are no waits; more than a day is a fault of the remote's, not a wish."""
    return max(0.0, seconds) if seconds <= LONGEST_SENSIBLE else None
