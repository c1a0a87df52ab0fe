"""When a remote is left alone: the one table for reads and commits, kept over restarts.

| what happened                | reads wait                      | commits wait                    |
| ---------------------------- | ------------------------------- | ------------------------------- |
| key or rights refused        | for another key or a person; a  | as long as the reads, and for   |
|                              | source is probed after 15 min   | a read that was not refused     |
| 5th failed read in a row     | 1, 2, 4, 8, 15, 15 … minutes    | as long as the reads            |
| first commit unknown         | -                               | 1 to 2 minutes                  |
| 2nd unknown in a row         | -                               | 15 minutes, 30, 1 h, 2 h, 2 h … |
| told to wait (`Retry-After`) | until then                      | until then                      |
| a good read                  | no more                         | still for unknowns              |
| a committed commit           | no more                         | no more                         |
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain import reasons
from connector.domain.offer import Outcome, Verdict
from connector.domain.reasons import Reason, reason

MOST_FAILED_READS = 5
MOST_UNKNOWNS = 2
PROBE = timedelta(minutes=15)
READ_PAUSE, LONGEST_READ_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
UNKNOWN_BACKOFF = timedelta(minutes=1)
COMMIT_PAUSE, LONGEST_COMMIT_PAUSE = timedelta(minutes=15), timedelta(hours=2)
_MOST_DOUBLINGS = 10  # far beyond the longest pause


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is held against a remote. Instants are aware, in UTC.

    `failed_reads` and `unknown_commits` count in a row; `refused_key` is the fingerprint of the
    key and settings that were refused. No read goes out before `read_after`, no commit before
    `commit_after`, nothing at all before `not_before`. A refused key without a `read_after` is
    never tried again. `since` and `why` tell of the trouble that stands; None where none does.
    """

    failed_reads: int = 0
    unknown_commits: int = 0
    refused_key: str | None = None
    read_after: datetime | None = None
    commit_after: datetime | None = None
    not_before: datetime | None = None
    since: datetime | None = None
    why: Reason | None = None


def under(breaker: Breaker, key: str) -> Breaker:
    """Return the breaker for a key: the refusal of another one says nothing about it."""
    if breaker.refused_key in (None, key):
        return breaker
    return _eased(replace(breaker, refused_key=None, read_after=None, failed_reads=0))


def may_read(breaker: Breaker, now: datetime) -> bool:
    if breaker.refused_key is not None and breaker.read_after is None:
        return False
    return _reached(now, breaker.read_after, breaker.not_before)


def may_commit(breaker: Breaker, now: datetime) -> bool:
    if breaker.refused_key is not None:
        return False
    return _reached(now, breaker.read_after, breaker.commit_after, breaker.not_before)


def reads_left_alone(remote: str, breaker: Breaker, now: datetime) -> Reason | None:
    """Return why a remote is not read now, None where it may be."""
    if may_read(breaker, now):
        return None
    return _told(remote, breaker, now, breaker.read_after, breaker.not_before)


def commits_left_alone(remote: str, breaker: Breaker, now: datetime) -> Reason | None:
    """Return why nothing is committed now, None where it may be."""
    if may_commit(breaker, now):
        return None
    waits = (breaker.read_after, breaker.commit_after, breaker.not_before)
    return _told(remote, breaker, now, *waits)


def after_good_read(breaker: Breaker) -> Breaker:
    return _eased(
        replace(breaker, failed_reads=0, refused_key=None, read_after=None, not_before=None)
    )


def after_failed_read(
    breaker: Breaker, why: Reason, now: datetime, *, not_before: datetime | None = None
) -> Breaker:
    """Count a plain failure; `not_before` is the instant that the remote asked us to await."""
    failed = breaker.failed_reads + 1
    counted = _told_to_wait(replace(breaker, failed_reads=failed), not_before, why, now)
    if breaker.refused_key is not None:  # a probe that told nothing about the key
        return replace(counted, read_after=now + PROBE)
    if failed < MOST_FAILED_READS:
        return counted
    pause = _doubled(READ_PAUSE, failed - MOST_FAILED_READS, LONGEST_READ_PAUSE)
    again = reason("failed-again", why=why, times=failed)
    return _opened(replace(counted, read_after=now + pause), again, now)


def after_told_to_wait(breaker: Breaker, until: datetime, now: datetime) -> Breaker:
    """Keep the instant that the remote asked us to await, in a call that nothing hangs on."""
    return _told_to_wait(breaker, until, breaker.why or reason("failed/asked-to-wait"), now)


def after_refusal(
    breaker: Breaker, key: str, why: Reason, now: datetime, *, probed: bool
) -> Breaker:
    """Remember that this key or its rights were refused; `probed`: it may be tried again later."""
    read_after = now + PROBE if probed else None
    return _opened(replace(breaker, refused_key=key, read_after=read_after), why, now)


def after_commit(
    breaker: Breaker, outcome: Outcome, key: str, now: datetime, jitter: float
) -> Breaker:
    """Take in what a commit came to; `jitter`, 1 to 2, stretches the wait after an unknown."""
    match outcome.verdict:
        case Verdict.COMMITTED:
            return _eased(replace(breaker, unknown_commits=0, commit_after=None))
        case Verdict.UNKNOWN:
            return _after_unknown(breaker, now, jitter)
        case Verdict.ACCOUNT:
            return after_refusal(breaker, key, outcome.reason, now, probed=False)
        case Verdict.THROTTLED if outcome.retry_after is not None:
            until = now + outcome.retry_after
            return _told_to_wait(breaker, until, outcome.reason, now)
        case _:
            return breaker


def _after_unknown(breaker: Breaker, now: datetime, jitter: float) -> Breaker:
    unknowns = breaker.unknown_commits + 1
    pause = UNKNOWN_BACKOFF * jitter
    if unknowns >= MOST_UNKNOWNS:
        pause = _doubled(COMMIT_PAUSE, unknowns - MOST_UNKNOWNS, LONGEST_COMMIT_PAUSE)
    counted = replace(breaker, unknown_commits=unknowns, commit_after=now + pause)
    return _opened(counted, _unanswered(unknowns), now)


def _told_to_wait(breaker: Breaker, until: datetime | None, why: Reason, now: datetime) -> Breaker:
    if until is None or until <= now:
        return breaker
    latest = max(until, breaker.not_before or until)
    return _opened(replace(breaker, not_before=latest), why, now)


def _opened(breaker: Breaker, why: Reason, now: datetime) -> Breaker:
    return replace(breaker, since=breaker.since or now, why=why)


def _eased(breaker: Breaker) -> Breaker:
    """Tell only of the trouble that is left."""
    if breaker.refused_key or breaker.not_before or breaker.failed_reads >= MOST_FAILED_READS:
        return breaker
    if breaker.unknown_commits:
        return replace(breaker, why=_unanswered(breaker.unknown_commits))
    return replace(breaker, since=None, why=None)


def _unanswered(unknowns: int) -> Reason:
    return reason("unanswered" if unknowns == 1 else "unanswered/several", times=unknowns)


def _doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    doubled: int = 2 ** min(times, _MOST_DOUBLINGS)
    return min(longest, first * doubled)


def _reached(now: datetime, *instants: datetime | None) -> bool:
    return all(instant is None or now >= instant for instant in instants)


def _told(remote: str, breaker: Breaker, now: datetime, *waits: datetime | None) -> Reason:
    for_good = breaker.refused_key is not None and breaker.read_after is None
    until = None if for_good else max((one for one in waits if one), default=None)
    return reasons.left_alone(remote, breaker.since or now, breaker.why or reason("failed"), until)
