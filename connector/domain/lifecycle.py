"""Which occurrence is it? What became of each known one, and which are new.

Seen at X before, at Y now. *Moved*: this good poll and the previous one both lie before the
first delivery of X. *Next*: X has passed, a good poll shortly before X still showed X, and none
after that missed it. Anything else is *unclear*, and held where an offer may already have gone
out; so is a Y that is no turn of a series, since X may have been moved between that poll and its
time. What has passed is told by the source's own clock.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain.distribution import OPEN, Occurrence, State
from connector.domain.keys import occurrence_key
from connector.domain.plan import Known
from connector.domain.reasons import Reason, not_seen, shrunken, unclear
from connector.domain.seeing import Poll, last_shown, never_awaited, seen
from connector.domain.send import Send, When

SURELY_OVER = timedelta(days=2)
GONE_POLLS = 2
# A send counts as fired if one of so many polls before its time still showed it there.
SHORTLY_POLLS = 3
LEAST_LOSS = 3
DAY, SUMMER_TIME = timedelta(days=1), timedelta(hours=1)
UNSETTLED = OPEN - {State.MISSED, State.WITHDRAWN, State.REJECTED}


@dataclass(frozen=True, slots=True)
class Followed:
    """An occurrence as it is now and as it was (None: new).

    `missing` says why it must not be committed in this cycle though nothing else is wrong.
    `asks` is true where its source must say whether it is really gone. `in_loss` is true where
    it went missing with more than half of its source's list. `fault` is an error of ours that kept
    it from being followed.
    """

    occurrence: Occurrence
    was: Occurrence | None
    missing: Reason | None = None
    asks: bool = False
    in_loss: bool = False
    fault: Exception | None = None


def follow(
    known: Known, polls: Sequence[Poll], now: datetime, shortly: timedelta, horizon: timedelta
) -> tuple[Followed, ...]:
    """Say what became of every known occurrence, and open those that are new.

    `shortly` is how long before its time a send must have been seen to be known to have fired;
    no offer is planned longer than `horizon` before its first delivery.
    """
    latest = _latest(known)
    shown = _shown(polls)
    story = _Story(known, now, shortly, horizon)
    told = [
        followed
        for series, (send, poll) in shown.items()
        for followed in story.shown_or_fault(latest.get(series), send, poll)
    ]
    told += [
        Followed(replace(one, closed_at=now), one)
        for one in known.occurrences
        if one.closed_at is None and latest[one.send.series] is not one
    ]
    absent = [found for series, found in latest.items() if series not in shown]
    scopes = {poll.snapshot.source: poll for poll in polls}
    losses = _losses(absent, latest.values(), scopes, known.losses, now)
    told += [
        story.absent(
            found,
            scopes.get(found.send.source),
            None if _confirmed(found, known.losses) else losses.get(found.send.source),
        )
        for found in absent
        if found.closed_at is None
    ]
    followed = {one.occurrence.key for one in told}
    told += [
        Followed(one, one)
        for one in known.occurrences
        if one.closed_at is not None and one.key not in followed and story.unsettled(one)
    ]
    return tuple(told)


def _latest(known: Known) -> dict[tuple[str, str, str], Occurrence]:
    """Return the occurrence of each series that counts: the open one, else the last opened."""
    found: dict[tuple[str, str, str], Occurrence] = {}
    for one in known.occurrences:
        other = found.get(one.send.series)
        if other is None or _rank(one) > _rank(other):
            found[one.send.series] = one
    return found


def _rank(occurrence: Occurrence) -> tuple[bool, datetime, str]:
    return (occurrence.closed_at is None, occurrence.first_seen_at, occurrence.key)


def _shown(polls: Sequence[Poll]) -> dict[tuple[str, str, str], tuple[Send, Poll]]:
    """Join the polls: a send that two sources of one account show is one send."""
    shown: dict[tuple[str, str, str], tuple[Send, Poll]] = {}
    for poll in sorted(polls, key=lambda poll: poll.snapshot.source):
        for send in poll.snapshot.sends:
            first, by = shown.setdefault(send.series, (send, poll))
            if first is not send and by is poll and _place(send) < _place(first):
                shown[send.series] = (send, poll)
    return shown


def _place(send: Send) -> tuple[bool, str, str]:
    """Order the rows that one source shows of one send: the earliest counts."""
    when = send.when
    return (when is None, when.scheduled_for.isoformat() if when else "", repr(send))


def _covers(poll: Poll | None, occurrence: Occurrence) -> bool:
    return poll is not None and occurrence.send.kind in poll.snapshot.kinds


def _losses(
    absent: Sequence[Occurrence],
    everyone: Collection[Occurrence],
    scopes: Mapping[str, Poll],
    told: Mapping[str, bool],
    now: datetime,
) -> dict[str, Reason]:
    """Name the sources that lost more than half of their coming sends (and at least three).

    A loss once told lasts, whatever else changes, until all are back or a person confirms it.
    """

    def coming(occurrence: Occurrence) -> bool:
        return (
            occurrence.closed_at is None
            and occurrence.absent_polls < GONE_POLLS
            and occurrence.when is not None
            and now < occurrence.when.first_delivery
            and not _confirmed(occurrence, told)
            and _covers(scopes.get(occurrence.send.source), occurrence)
        )

    lost = Counter(found.send.source for found in absent if coming(found))
    of = Counter(found.send.source for found in everyone if coming(found))
    return {
        source: shrunken(source, count, of[source])
        for source, count in lost.items()
        if shrank(count, of[source]) or told.get(source) is False
    }


def shrank(lost: int, of: int) -> bool:
    """Say whether a list lost too much at once to be believed."""
    return lost >= LEAST_LOSS and 2 * lost > of


def _confirmed(occurrence: Occurrence, told: Mapping[str, bool]) -> bool:
    """Say whether a person looked when it was already missing: what vanished later is new."""
    return occurrence.absent_polls > 0 and told.get(occurrence.send.source) is True


@dataclass(frozen=True, slots=True)
class _Story:
    known: Known
    now: datetime
    shortly: timedelta
    horizon: timedelta

    def shown_or_fault(self, last: Occurrence | None, send: Send, poll: Poll) -> Sequence[Followed]:
        """Follow a send that the poll shows; a fault of ours costs this send alone."""
        try:
            return list(self.shown(last, send, poll))
        except Exception as error:  # noqa: BLE001
            return [replace(self._placeless(last, send), fault=error)]

    def _placeless(self, last: Occurrence | None, send: Send) -> Followed:
        """Return what was known of a send, or the send as one whose time nobody knows."""
        return Followed(last, last) if last else self._open(replace(send, when=None), self.now)

    def shown(self, last: Occurrence | None, send: Send, poll: Poll) -> Iterator[Followed]:
        """Follow a send that the poll shows."""
        at = self.now + poll.skew
        if last is None:
            yield self._open(send, at)
            return
        same = _same(last, send, at)
        # One without a time takes any, but for one of which it is known what became.
        if (not same or last.when is None) and self._echo(last, send, at):
            yield Followed(last, last, not_seen(last.send.source))
            return
        if same:
            again = seen(last, send, poll, at)
            # One that was given up while its messages were still to come, and goes on, is open.
            closed_at = None if _to_come(again, at) else again.closed_at
            yield Followed(replace(again, closed_at=closed_at), last)
            return
        if self._moved(last, poll, at):
            yield Followed(seen(last, send, poll, at), last)
            return
        over = replace(
            last,
            closed_at=last.closed_at or self.now,
            seen_until=last_shown(last, poll) or last.first_seen_at,
        )
        yield Followed(over, last)
        risky = self._ever_sealed(last) or last.doubt is not None or self._forgotten(last)
        doubtful = risky and not self._fired(last, send, poll, at)
        yield self._open(send, at, _doubt(last, send) if doubtful else None)

    def _echo(self, last: Occurrence, send: Send, at: datetime) -> bool:
        """Say whether a late reading shows an earlier occurrence again: it tells nothing new.

        One that was given up and is shown while guests still wait for it does: it was resumed.
        """
        when = send.when
        if when is None or at < when.scheduled_for or last.opened_for == when.scheduled_for:
            return False
        key = occurrence_key(send.kind, send.account, send.send_id, when.scheduled_for)
        resumed = key in self.known.given_up and at < when.ends
        return key in self.known.taken and not resumed

    def _moved(self, last: Occurrence, poll: Poll, at: datetime) -> bool:
        when = last.when
        if when is None or last.closed_at is not None:
            return False
        if not self._ever_sealed(last):
            return at < when.first_delivery
        shown = poll.previous if last.absent_polls == 0 else None
        return shown is not None and max(poll.latest(shown), at) < when.first_delivery

    def _fired(self, last: Occurrence, send: Send, poll: Poll, at: datetime) -> bool:
        """Say whether it went out: a good poll still showed it at its time, or shortly before.

        One that a later poll missed before its time may have been moved; one that was paused then
        did not go out.
        """
        shown, when = last_shown(last, poll), last.when
        if when is None or shown is None or at < when.scheduled_for or last.send.paused:
            return False
        early = when.scheduled_for - poll.earliest(shown)
        if early > timedelta():
            shortly = early <= self.shortly and not _missed_before(last)
            return shortly and send.when is not None and _may_be_next(when, send.when)
        return True

    def _ever_sealed(self, occurrence: Occurrence) -> bool:
        rows = self.known.distributions.get(occurrence.key, ())
        return any(row.state.sealed or row.attempts for row in rows)

    def _forgotten(self, last: Occurrence) -> bool:
        """Say whether it may have got an offer of which this ledger knows nothing.

        Its commit window may have opened before this ledger went live, as after a restore.
        """
        mode, when = self.known.mode, last.when
        if mode.live_at is None or mode.nothing_given_yet or when is None:
            return False
        before = when.first_delivery - self.horizon < mode.live_at
        return before and bool(self.known.distributions.get(last.key))

    def _open(self, send: Send, at: datetime, doubt: Reason | None = None) -> Followed:
        opened_for = send.when.scheduled_for if send.when else None
        unseen = never_awaited(send.when, at) if send.when else None
        n = 1
        while True:
            key = occurrence_key(send.kind, send.account, send.send_id, opened_for, n)
            if key not in self.known.taken:
                break
            n += 1
        new = Occurrence(key, send, opened_for, self.now, doubt=doubt, seen_until=unseen)
        return Followed(new, None)

    def absent(self, found: Occurrence, poll: Poll | None, loss: Reason | None) -> Followed:
        """Follow an open occurrence that no poll shows."""
        when = found.when
        if when is not None and self.now >= when.scheduled_for + SURELY_OVER:
            return Followed(replace(found, closed_at=self.now), found)
        if poll is None or not _covers(poll, found):
            unsure = poll is not None or found.absent_polls > 0
            return Followed(found, found, not_seen(found.send.source) if unsure else None)
        polls = min(found.absent_polls + 1, GONE_POLLS if loss is None else 1)
        now_absent = replace(
            found,
            absent_polls=max(found.absent_polls, polls),
            seen_until=last_shown(found, poll),
        )
        if _over(when, self.now + poll.skew, polls):
            return Followed(replace(now_absent, closed_at=self.now), found)
        return Followed(
            now_absent,
            found,
            missing=loss or not_seen(found.send.source),
            asks=now_absent.absent_polls >= GONE_POLLS and self.unsettled(found),
            in_loss=loss is not None,
        )

    def unsettled(self, found: Occurrence) -> bool:
        """Say whether offers of it are still to be decided."""
        rows = self.known.distributions.get(found.key, ())
        return any(row.state in UNSETTLED for row in rows)


def _same(last: Occurrence, send: Send, at: datetime) -> bool:
    """Say whether nothing was said of another time.

    A row without a time says nothing, as long as the time known lies ahead.
    """
    if last.when is not None and send.when is not None:
        return last.when.scheduled_for == send.when.scheduled_for
    passed = last.when is not None and at >= last.when.scheduled_for
    return last.closed_at is None and not passed


def _to_come(occurrence: Occurrence, at: datetime) -> bool:
    when = occurrence.when
    return when is not None and at < when.ends


def _missed_before(occurrence: Occurrence) -> bool:
    """Say whether a poll missed it before its time: the first one after that closes it."""
    after = occurrence.closed_at is not None
    return occurrence.absent_polls > after


def _may_be_next(x: When, y: When) -> bool:
    """Say whether y may be the turn after x: whole days later, but for a change of summer time."""
    apart = y.scheduled_for - x.scheduled_for
    return apart > DAY / 2 and (apart + SUMMER_TIME) % DAY <= 2 * SUMMER_TIME


def _over(when: When | None, at: datetime, absent_polls: int) -> bool:
    """Say whether an occurrence that is shown no more has fired, or can be forgotten.

    When the row of a send that travels the zones disappears is not known (facts: braze §1).
    """
    if when is None:
        return absent_polls >= GONE_POLLS
    begun = at >= when.first_delivery
    return at >= when.scheduled_for or (begun and absent_polls >= GONE_POLLS)


def _doubt(last: Occurrence, send: Send) -> Reason:
    return unclear(
        last.when.scheduled_for if last.when else None,
        send.when.scheduled_for if send.when else None,
    )
