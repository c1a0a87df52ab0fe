"""What one more reading of a send tells of an occurrence that it may belong to."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain.becoming import becoming
from connector.domain.distribution import Occurrence
from connector.domain.reasons import reason
from connector.domain.send import Send, Snapshot, Spread, When

# A send that travels the zones queues so long before its first guest: an edit after that does
# not move what is queued (facts: braze §8).
QUEUED_AHEAD = {Spread.LOCAL: timedelta(hours=24), Spread.INTELLIGENT: timedelta(hours=48)}
LONG_BEFORE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Poll:
    """A good snapshot, and when the previous good one of the same source was read.

    `skew` is how far the source's clock is ahead of ours, `skew_before` how far it was at the
    previous poll (None: as now), since ours may have been set in between.
    """

    snapshot: Snapshot
    previous: datetime | None
    skew: timedelta = timedelta()
    skew_before: timedelta | None = None

    def earliest(self, shown: datetime) -> datetime:
        """Return by the source's clock when an earlier poll was made, at the earliest."""
        return shown + min(self._skews())

    def latest(self, shown: datetime) -> datetime:
        """Return by the source's clock when an earlier poll was made, at the latest."""
        return shown + max(self._skews())

    def _skews(self) -> tuple[timedelta, timedelta]:
        return self.skew, self.skew if self.skew_before is None else self.skew_before


def seen(last: Occurrence, send: Send, poll: Poll, at: datetime) -> Occurrence:
    """Take over the new reading; a row without a time does not wipe out the time known.

    `at` is the present by the source's clock. Where messages are queued for a time of before, the
    earlier start and the later end count.
    """
    if send.when is None:
        if last.when is None:
            return replace(last, send=send, absent_polls=0, seen_until=None)
        reading = replace(send, when=last.when)
        until = last_shown(last, poll) or last.first_seen_at
        return replace(last, send=reading, absent_polls=0, seen_until=until)
    queued_from, queued_until = _queue(last, send.when, at)
    moved = last.when is None or last.when.scheduled_for != send.when.scheduled_for
    return becoming(
        last,
        draft=None if moved else last.draft,
        send=becoming(send, when=_with_queue(send.when, queued_from, queued_until)),
        absent_polls=0,
        seen_until=_seen_until(last, send.when, at),
        queued_from=queued_from,
        queued_until=queued_until,
    )


def last_shown(last: Occurrence, poll: Poll) -> datetime | None:
    """Return when the last good poll was read that showed the occurrence at its time."""
    return last.seen_until if last.absent_polls or last.seen_until else poll.previous


def _seen_until(last: Occurrence, when: When, at: datetime) -> datetime | None:
    """Return since when the reading does not show that the occurrence stood before its time."""
    same = last.when is not None and last.when.scheduled_for == when.scheduled_for
    if same and at >= when.scheduled_for:
        return last.seen_until
    return never_awaited(when, at)


def never_awaited(when: When, at: datetime) -> datetime | None:
    """Return a time long before one that had passed when it was first read, else None.

    Nobody saw such a send wait for its time, so that it cannot count as shown shortly before.
    """
    return when.scheduled_for - LONG_BEFORE if at >= when.scheduled_for else None


def _queue(last: Occurrence, when: When, at: datetime) -> tuple[datetime | None, datetime | None]:
    """Return from when to when messages go at a time from which the send was moved."""
    queued_from, queued_until = last.queued_from, last.queued_until
    if queued_until is not None and at >= queued_until:
        queued_from = queued_until = None
    was = last.when
    ahead = QUEUED_AHEAD.get(was.spread) if was else None
    if was is None or ahead is None or _told(was) == _told(when) or at < was.first_delivery - ahead:
        return queued_from, queued_until
    return (
        min(was.first_delivery, queued_from or was.first_delivery),
        max(was.ends, queued_until or was.ends),
    )


def _told(when: When) -> tuple[object, ...]:
    return (when.scheduled_for, when.wall, when.zone, when.spread)


def _with_queue(when: When, begin: datetime | None, end: datetime | None) -> When:
    if begin is None or end is None:
        return when
    return replace(
        when,
        first_delivery=min(when.first_delivery, begin),
        last_delivery=max(when.ends, end),
        reading=reason("reading/queued", reading=when.reading, begin=begin, end=end),
    )
