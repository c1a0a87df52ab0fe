"""When a GET is asked again: one table, read from top to bottom. A POST never is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

from connector.domain.clocks import believed
from connector.http.exchange import ExchangeError
from connector.http.remote_clock import dated, instant
from connector.http.reply import Reply

BASE_SECONDS = 0.5  # also the least: of three calls, the last comes a second after the first
CAP_SECONDS = 8.0
LONGEST_SENSIBLE = 86400.0
PASSING = frozenset({408, 429, 500, 502, 503, 504})
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_MILLISECONDS = 100_000_000_000.0  # a larger instant counts milliseconds


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
        if wait := asked_wait(result, now):
            return Again(max(BASE_SECONDS, wait), told=True)
    elif result.status is not None:
        return None  # a redirect or an oversized body would come again
    if attempt >= attempts:
        return None
    ceiling = min(CAP_SECONDS, BASE_SECONDS * 2**attempt)
    return Again(random.uniform(BASE_SECONDS, ceiling), told=False)


def asked_wait(reply: Reply, now: datetime) -> float | None:
    """Return the seconds a reply asks us to wait, or None if it names no sensible wait.

    The first that lies ahead counts, by no more than a day: that is a fault of the remote's, not a
    wish. What is over by now is a wait of 0.
    """
    waits = [wait for wait in _waits(reply, now) if wait <= LONGEST_SENSIBLE]
    return next((wait for wait in waits if wait > 0), 0.0 if waits else None)


def _waits(reply: Reply, now: datetime) -> Iterator[float]:
    """Give what a reply says of waiting, in seconds, the plainest header first.

    Braze's own are `X-RateLimit-Retry-After` and, on every reply, the `X-RateLimit-Reset` of its
    window, in epoch seconds (facts: braze §4); others count that in milliseconds, or from now.
    """
    headers, there = reply.headers, _their_now(reply, now)
    for name in ("Retry-After", "X-RateLimit-Retry-After"):
        text = headers.get(name, "").strip()
        if _SECONDS.fullmatch(text):
            yield float(text)
        elif (until := instant(text)) is not None:
            yield (until - there).total_seconds()
    reset = headers.get("X-RateLimit-Reset", "").strip()
    if reply.status == 429 and _SECONDS.fullmatch(reset):
        number = float(reset)
        seconds = number / 1000 if number > _MILLISECONDS else number
        yield seconds if seconds <= LONGEST_SENSIBLE else seconds - there.timestamp()


def _their_now(reply: Reply, now: datetime) -> datetime:
    """Return the present by the remote's own clock, by which it names instants; ours, unsaid."""
    there = dated(reply.headers)
    return there if there is not None and believed(there - now) == there - now else now
