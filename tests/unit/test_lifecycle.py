"""Which occurrence is it? X is what was known, Y what is shown now."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.distribution import Occurrence, State
from connector.domain.lifecycle import DAY, SURELY_OVER, UNSETTLED, Followed, follow
from connector.domain.plan import Known, Mode
from connector.domain.reasons import not_seen
from connector.domain.seeing import Poll
from connector.domain.send import Send
from tests.support.planning import hours, known, minutes, occurrence, poll, row, send
from tests.support.words import in_words

SHORTLY, HORIZON = timedelta(minutes=10), timedelta(days=7)
X = hours(6)
JUST_BEFORE = X - timedelta(minutes=1)
JUST_AFTER = X + timedelta(minutes=1)
SEALED = [State.INTENT, State.UNKNOWN, State.COMMITTED]


def _followed(told: Known, *polls: Poll, now: datetime) -> tuple[Followed, ...]:
    return follow(told, polls, now, SHORTLY, HORIZON)


def _one(told: Known, *polls: Poll, now: datetime) -> Followed:
    (found,) = _followed(told, *polls, now=now)
    return found


def _story(state: State | None = None, **changes: Any) -> tuple[Occurrence, Known]:
    """Return an occurrence of X with a row in a state (None: no row), and what is known."""
    early = changes.pop("early", 0)
    x = occurrence(send(at=X, early=early), **changes)
    return x, known((x, [row(x, state)] if state else []))


def _two(told: Known, y: Send, *, now: datetime, previous: datetime | None) -> Occurrence:
    """Return the new occurrence, where the known one is over."""
    over, new = _followed(told, poll(y, previous=previous), now=now)
    assert over.was is not None
    assert over.occurrence.closed_at == (over.was.closed_at or now)
    assert new.was is None
    assert new.occurrence.key == occurrence(y).key
    return new.occurrence


# --- the same, moved, next, unclear


def test_a_send_never_seen_is_new() -> None:
    (new,) = _followed(known(), poll(send(at=X)), now=minutes(0))
    assert (new.was, new.occurrence.opened_for, new.occurrence.doubt) == (None, X, None)
    assert new.occurrence.first_seen_at == minutes(0)


def test_the_same_time_is_the_same_occurrence_with_its_latest_reading() -> None:
    x, told = _story(State.COMMITTED, absent_polls=1, seen_until=minutes(-2))
    found = _one(told, poll(send(at=X, name="Renamed")), now=minutes(0))
    assert found.was == x
    assert found.occurrence == replace(
        x, send=send(at=X, name="Renamed"), absent_polls=0, seen_until=None
    )
    assert found.missing is None


@pytest.mark.parametrize("state", [None, State.WAITING, *SEALED])
@pytest.mark.parametrize("y", [minutes(30), hours(9)])
def test_before_its_time_a_send_moved_earlier_or_later(state: State | None, y: datetime) -> None:
    x, told = _story(state)
    found = _one(told, poll(send(at=y), previous=minutes(-1)), now=minutes(0))
    assert (found.occurrence.key, found.occurrence.doubt) == (x.key, None)
    assert found.occurrence.when == send(at=y).when


@pytest.mark.parametrize("state", [None, State.WAITING, *SEALED])
def test_after_its_time_it_is_the_next_one_if_x_was_watched_until_shortly_before(
    state: State | None,
) -> None:
    _, told = _story(state)
    assert _two(told, send(at=hours(30)), now=JUST_AFTER, previous=JUST_BEFORE).doubt is None


def test_shortly_before_is_ten_minutes_and_no_second_more() -> None:
    _, told = _story(State.COMMITTED)
    y, second = send(at=hours(30)), timedelta(seconds=1)
    assert _two(told, y, now=JUST_AFTER, previous=X - SHORTLY).doubt is None
    assert _two(told, y, now=JUST_AFTER, previous=X - SHORTLY - second).doubt is not None


@pytest.mark.parametrize("state", SEALED)
@pytest.mark.parametrize("later", [24, 7 * 24, 23, 25, 31 * 24 + 0.5])
def test_the_next_of_a_series_comes_whole_days_later_but_for_summer_time(
    state: State, later: float
) -> None:
    _, told = _story(state)
    y = send(at=X + timedelta(hours=later))
    assert _two(told, y, now=JUST_AFTER, previous=JUST_BEFORE).doubt is None


@pytest.mark.parametrize("state", SEALED)
@pytest.mark.parametrize("later", [0.5, 1.5, 12, 22.9, 25.1, 36, -3])
def test_what_is_no_turn_of_a_series_may_have_been_moved_since_the_last_poll(
    state: State, later: float
) -> None:
    _, told = _story(state)
    y = send(at=X + timedelta(hours=later))
    assert _two(told, y, now=JUST_AFTER, previous=JUST_BEFORE).doubt is not None


def test_what_was_still_shown_at_its_time_has_fired_whatever_comes_next() -> None:
    _, told = _story(State.COMMITTED)
    y = send(at=X + timedelta(hours=5))
    assert _two(told, y, now=hours(7), previous=X).doubt is None
    assert _two(told, y, now=hours(7), previous=JUST_BEFORE).doubt is not None


@pytest.mark.parametrize("state", SEALED)
def test_if_nobody_watched_the_firing_both_times_are_named(state: State) -> None:
    _, told = _story(state)
    doubt = _two(told, send(at=hours(30)), now=JUST_AFTER, previous=minutes(0)).doubt
    assert doubt is not None
    assert "Sun 22 Nov 12:00" in in_words(doubt)
    assert "Mon 23 Nov 12:00" in in_words(doubt)


def test_a_row_that_was_ever_tried_counts_as_sealed() -> None:
    x = occurrence(send(at=X))
    told = known((x, [row(x, State.REJECTED, attempts=1)]))
    assert _two(told, send(at=hours(30)), now=JUST_AFTER, previous=None).doubt is not None


def test_if_nothing_was_ever_given_it_does_not_matter() -> None:
    _, told = _story(State.HELD)
    assert _two(told, send(at=hours(30)), now=JUST_AFTER, previous=None).doubt is None


def test_a_doubt_goes_on_until_a_firing_was_watched() -> None:
    doubtful = occurrence(send(at=X), doubt=row(occurrence(send())).reason)
    told = known((doubtful, [row(doubtful, State.HELD)]))
    y = send(at=hours(30))
    assert _two(told, y, now=JUST_AFTER, previous=minutes(0)).doubt is not None
    assert _two(told, y, now=JUST_AFTER, previous=JUST_BEFORE).doubt is None


def test_a_doubt_goes_on_over_a_time_that_had_passed_when_it_was_first_read() -> None:
    """Moved into the past, a send was never seen to wait for its time: did it ever go out?"""
    _, told = _story(State.COMMITTED, closed_at=minutes(-30))
    past = _two(told, send(at=minutes(-60)), now=minutes(-20), previous=minutes(-21))
    assert past.doubt is not None
    told = known((past, [row(past, State.MISSED)]))
    y = send(at=minutes(-60) + timedelta(days=1))
    assert _two(told, y, now=minutes(0), previous=minutes(-1)).doubt is not None


def test_what_vanished_and_came_back_with_another_time_is_unclear() -> None:
    _, told = _story(State.COMMITTED, absent_polls=1, seen_until=minutes(-2))
    y = send(at=hours(9))
    assert _two(told, y, now=minutes(0), previous=minutes(-1)).doubt is not None


def test_what_vanished_just_before_its_time_and_came_back_is_the_next_one() -> None:
    _, told = _story(State.COMMITTED, absent_polls=1, closed_at=X, seen_until=JUST_BEFORE)
    assert _two(told, send(at=hours(30)), now=JUST_AFTER, previous=None).doubt is None


@pytest.mark.parametrize("now", [hours(2), X - timedelta(seconds=1)])
def test_between_the_first_zone_and_the_nominal_time_it_is_unclear(now: datetime) -> None:
    _, told = _story(State.COMMITTED, early=5)
    y = send(at=hours(30), early=5)
    assert _two(told, y, now=now, previous=now - timedelta(minutes=1)).doubt is not None


def test_before_the_first_zone_a_local_time_send_moved() -> None:
    x, told = _story(State.COMMITTED, early=5)
    y = send(at=hours(30), early=5)
    found = _one(told, poll(y, previous=minutes(58)), now=minutes(59))
    assert found.occurrence.key == x.key


def test_a_sealed_one_needs_a_previous_poll_to_be_called_moved() -> None:
    _, told = _story(State.COMMITTED)
    assert _two(told, send(at=hours(9)), now=minutes(0), previous=None).doubt is not None


def _skewed(y: Send, previous: datetime, skew: timedelta) -> Poll:
    return replace(poll(y, previous=previous), skew=skew)


@pytest.mark.parametrize("state", [State.WAITING, State.COMMITTED])
def test_at_its_first_delivery_it_has_not_moved(state: State) -> None:
    _, told = _story(state)
    _two(told, send(at=hours(30)), now=X, previous=JUST_BEFORE)


@pytest.mark.parametrize("minutes_slow", [0, 5])
def test_what_has_passed_is_told_by_the_source_s_clock(minutes_slow: int) -> None:
    """Its clock is behind: both polls lie before X there, though X has passed here."""
    _, told = _story(State.COMMITTED)
    y = _skewed(send(at=hours(9)), JUST_BEFORE, -timedelta(minutes=minutes_slow))
    found = _followed(told, y, now=JUST_AFTER)
    assert len(found) == (1 if minutes_slow else 2)


def test_whether_a_firing_was_watched_is_told_by_the_source_s_clock() -> None:
    """Twelve minutes before X here are seven there."""
    _, told = _story(State.COMMITTED)
    ahead = _skewed(send(at=hours(30)), X - timedelta(minutes=12), timedelta(minutes=5))
    _, new = _followed(told, ahead, now=X - timedelta(minutes=5))
    assert new.occurrence.doubt is None
    behind = _skewed(send(at=hours(30)), X - timedelta(minutes=8), -timedelta(minutes=5))
    _, new = _followed(told, behind, now=X + timedelta(minutes=5))
    assert new.occurrence.doubt is not None


def test_a_clock_that_was_set_since_makes_no_poll_a_later_one() -> None:
    """Ours went back by ten minutes: the poll twelve minutes before X was not two before it."""
    _, told = _story(State.COMMITTED)
    back = _skewed(send(at=hours(30)), X - timedelta(minutes=12), timedelta(minutes=10))
    now = X - timedelta(minutes=5)
    _, new = _followed(told, replace(back, skew_before=timedelta()), now=now)
    assert new.occurrence.doubt is not None
    _, new = _followed(told, replace(back, skew_before=timedelta(minutes=10)), now=now)
    assert new.occurrence.doubt is None


def test_nor_does_it_make_a_poll_an_earlier_one() -> None:
    """Ours went forward by five minutes: the poll a minute after X does not lie before it."""
    _, told = _story(State.COMMITTED)
    y = _skewed(send(at=hours(9)), X + timedelta(minutes=1), -timedelta(minutes=5))
    now = X + timedelta(minutes=4)
    assert len(_followed(told, y, now=now)) == 1
    assert len(_followed(told, replace(y, skew_before=timedelta()), now=now)) == 2


@pytest.mark.parametrize("state", [State.MISSED, State.HELD, State.WAITING])
def test_what_a_forgotten_ledger_may_have_given_is_held_where_it_may_have_moved(
    state: State,
) -> None:
    """Its window may have opened before this ledger went live; nobody saw whether it went out."""
    _, told = _story(state)
    y, long_ago = send(at=hours(30)), hours(-2)
    live = Mode(rehearsal=False, live_at=X - HORIZON + timedelta(seconds=1))
    assert _two(replace(told, mode=live), y, now=JUST_AFTER, previous=long_ago).doubt is not None
    stated = replace(live, nothing_given_yet=True)
    assert _two(replace(told, mode=stated), y, now=JUST_AFTER, previous=long_ago).doubt is None
    earlier = replace(live, live_at=X - HORIZON)
    assert _two(replace(told, mode=earlier), y, now=JUST_AFTER, previous=long_ago).doubt is None
    assert _two(replace(told, mode=live), y, now=JUST_AFTER, previous=JUST_BEFORE).doubt is None


def test_a_send_without_offers_is_not_doubted_after_a_restore() -> None:
    _, told = _story()
    live = Mode(rehearsal=False, live_at=X)
    y = send(at=hours(30))
    assert _two(replace(told, mode=live), y, now=JUST_AFTER, previous=hours(-2)).doubt is None


def test_what_was_cancelled_ahead_of_its_time_and_comes_at_another_is_new() -> None:
    _, told = _story(closed_at=minutes(-5))
    assert len(_followed(told, poll(send(at=hours(9))), now=minutes(0))) == 2


def test_a_send_without_any_offer_moves_as_well() -> None:
    x, told = _story()
    bare = replace(told, distributions={})
    assert _one(bare, poll(send(at=hours(9))), now=minutes(0)).occurrence.key == x.key


# --- a late reading of an earlier occurrence

Y = hours(30)
EARLIER = occurrence(send(at=X), closed_at=JUST_AFTER)
NEXT = occurrence(send(at=Y), first_seen_at=minutes(0))


@pytest.mark.parametrize("now", [X, JUST_AFTER])
def test_an_earlier_occurrence_that_is_shown_again_tells_nothing_new(now: datetime) -> None:
    told = known((EARLIER, []), (NEXT, []))
    found = _one(told, poll(send(at=X)), now=now)
    assert (found.occurrence, found.was) == (NEXT, NEXT)
    assert found.missing == not_seen("braze_us")


@pytest.mark.parametrize(("now", "told_anew"), [(JUST_AFTER, True), (X + DAY / 2, False)])
def test_one_given_up_that_is_shown_while_guests_wait_was_resumed(
    now: datetime, told_anew: bool
) -> None:
    told = known((EARLIER, []), (NEXT, [row(NEXT, State.COMMITTED)]), given_up={EARLIER.key})
    y = send(at=X)
    assert y.when is not None
    y = replace(y, when=replace(y.when, last_delivery=X + DAY / 2))
    keys = {one.occurrence.key for one in _followed(told, poll(y), now=now)}
    assert (f"{EARLIER.key}:2" in keys) is told_anew


def test_before_that_time_it_is_a_move() -> None:
    told = known((EARLIER, []), (NEXT, []))
    found = _one(told, poll(send(at=X)), now=JUST_BEFORE)
    assert (found.occurrence.key, found.occurrence.when) == (NEXT.key, send(at=X).when)


def test_its_own_first_time_is_no_earlier_occurrence() -> None:
    moved = replace(occurrence(send(at=X)), send=send(at=Y))
    found = _one(known((moved, [])), poll(send(at=X)), now=JUST_AFTER)
    assert found.occurrence.when == send(at=X).when
    assert found.missing is None


def test_a_time_that_was_never_known_is_no_earlier_occurrence() -> None:
    found = _one(known((NEXT, [])), poll(send(at=X)), now=JUST_AFTER)
    assert found.occurrence.when == send(at=X).when
    assert found.missing is None


# --- rows without a time


def test_a_row_without_a_time_keeps_the_time_known() -> None:
    x, told = _story(State.WAITING)
    found = _one(told, poll(send(at=None, name="New"), previous=minutes(-1)), now=minutes(0))
    assert (found.occurrence.when, found.occurrence.send.name) == (x.when, "New")
    again = known((found.occurrence, []))
    assert (
        _one(again, poll(send(at=None, name="New")), now=minutes(1)).occurrence == found.occurrence
    )


@pytest.mark.parametrize(("now", "same"), [(JUST_BEFORE, True), (X, False), (JUST_AFTER, False)])
def test_from_its_time_on_a_row_without_a_time_is_another_send(now: datetime, same: bool) -> None:
    x, told = _story(State.WAITING)
    found = _followed(told, poll(send(at=None)), now=now)
    assert [one.occurrence.key == x.key for one in found] == ([True] if same else [True, False])


@pytest.mark.parametrize("previous", [minutes(0), None])
def test_a_row_without_a_time_does_not_show_that_x_still_stood(previous: datetime | None) -> None:
    _, told = _story(State.COMMITTED)
    timeless = poll(send(at=None), previous=previous)
    unread = _one(told, timeless, now=JUST_BEFORE).occurrence
    later = replace(told, occurrences=(unread,))
    y = send(at=hours(30))
    assert _two(later, y, now=JUST_AFTER, previous=JUST_BEFORE).doubt is not None


def test_a_time_comes_to_an_occurrence_that_had_none() -> None:
    timeless = occurrence(send(at=None))
    found = _one(known((timeless, [])), poll(send(at=X)), now=minutes(0)).occurrence
    assert (found.key, found.opened_for, found.when) == (timeless.key, None, send(at=X).when)
    still = _one(known((timeless, [])), poll(send(at=None)), now=minutes(0))
    assert still.occurrence == timeless


def test_a_timeless_send_that_came_back_is_a_new_one() -> None:
    closed = occurrence(send(at=None), closed_at=minutes(-5))
    _, new = _followed(known((closed, [])), poll(send(at=None)), now=minutes(0))
    assert new.occurrence.key == f"{closed.key}:2"


# --- closed, reshown, ties


def test_what_is_closed_and_shown_again_for_the_same_time_stays_closed() -> None:
    x, told = _story(State.COMMITTED, closed_at=JUST_AFTER)
    found = _one(told, poll(send(at=X)), now=hours(7))
    assert (found.occurrence.key, found.occurrence.closed_at) == (x.key, JUST_AFTER)


def test_what_is_closed_and_shown_for_another_time_is_new() -> None:
    x, told = _story(State.COMMITTED, closed_at=JUST_AFTER, absent_polls=1, seen_until=JUST_BEFORE)
    over, new = _followed(told, poll(send(at=hours(30))), now=hours(7))
    assert over.occurrence == x
    assert (new.was, new.occurrence.doubt) == (None, None)


def test_a_second_occurrence_opened_for_the_same_time_has_a_number() -> None:
    x = occurrence(send(at=X))
    moved = replace(x, send=send(at=hours(3)), closed_at=hours(3), absent_polls=1)
    told = known((moved, []))
    for taken, n in [({x.key}, 2), ({x.key, f"{x.key}:2"}, 3)]:
        told = replace(told, taken=frozenset(taken))
        _, new = _followed(told, poll(send(at=X)), now=hours(4))
        assert new.occurrence.key == f"{x.key}:{n}"


def test_the_open_occurrence_of_a_series_counts_and_else_the_last_opened() -> None:
    old = occurrence(send(at=X), closed_at=JUST_AFTER, first_seen_at=minutes(1))
    new = occurrence(send(at=hours(30)), first_seen_at=minutes(0))
    told = known((new, []), (old, []))
    assert _one(told, poll(send(at=hours(30))), now=hours(7)).was == new
    newer = replace(new, closed_at=hours(6), first_seen_at=minutes(2))
    told = known((newer, []), (old, []))
    assert _one(told, poll(send(at=hours(30))), now=hours(7)).was == newer


def test_an_occurrence_left_open_beside_a_newer_one_is_ended() -> None:
    old, new = occurrence(send(at=X)), occurrence(send(at=hours(30)), first_seen_at=minutes(0))
    _, ended = _followed(known((old, []), (new, [])), poll(send(at=hours(30))), now=hours(7))
    assert ended == Followed(replace(old, closed_at=hours(7)), old)


def test_a_doubt_outlives_a_cycle_that_closed_x_and_lost_y() -> None:
    _, told = _story(State.COMMITTED)
    y = send(at=hours(30))
    over, _ = _followed(told, poll(y, previous=minutes(0)), now=JUST_AFTER)
    later = replace(told, occurrences=(over.occurrence,))
    _, new = _followed(later, poll(y, previous=JUST_AFTER), now=JUST_AFTER + SHORTLY)
    assert new.occurrence.doubt is not None


# --- absent


def test_gone_once_it_is_looked_for_again_and_gone_twice_the_source_is_asked() -> None:
    x, told = _story(State.WAITING)
    once = _one(told, poll(previous=minutes(-1)), now=minutes(0))
    assert (once.occurrence.absent_polls, once.asks) == (1, False)
    assert once.occurrence.seen_until == minutes(-1)
    assert once.missing == not_seen("braze_us")
    told = replace(told, occurrences=(once.occurrence,))
    twice = _one(told, poll(previous=minutes(0)), now=minutes(1))
    assert (twice.occurrence.absent_polls, twice.asks) == (2, True)
    assert twice.occurrence.seen_until == minutes(-1)
    assert twice.occurrence.closed_at is None
    told = replace(told, occurrences=(twice.occurrence,))
    assert _one(told, poll(), now=minutes(2)).occurrence == twice.occurrence
    assert twice.was is not None
    assert twice.was.key == x.key


@pytest.mark.parametrize("state", [None, *sorted(set(State) - UNSETTLED)])
def test_the_source_is_asked_only_about_offers_still_to_be_made(state: State | None) -> None:
    _, told = _story(state, absent_polls=1)
    assert not _one(told, poll(), now=minutes(0)).asks


@pytest.mark.parametrize(
    ("polls", "closed_at", "doubted"), [(1, None, True), (1, X, False), (2, X, True)]
)
def test_what_a_poll_missed_before_its_time_did_not_surely_fire(
    polls: int, closed_at: datetime | None, doubted: bool
) -> None:
    """It may have been moved. One that no poll missed before it was over has fired."""
    seen_until = X - SHORTLY
    _, told = _story(
        State.COMMITTED, absent_polls=polls, closed_at=closed_at, seen_until=seen_until
    )
    y = _two(told, send(at=X + timedelta(days=1)), now=JUST_AFTER, previous=JUST_BEFORE)
    assert (y.doubt is not None) is doubted


def test_what_was_given_up_and_goes_on_before_its_time_is_open_again() -> None:
    """Stopped after its first zone's time, and resumed: whoever still waits is told of."""
    _, told = _story(State.WITHDRAWN, early=14, absent_polls=2, closed_at=minutes(-5))
    y = send(at=X, early=14)
    assert _one(told, poll(y), now=minutes(0)).occurrence.closed_at is None
    assert _one(told, poll(y), now=JUST_AFTER).occurrence.closed_at == minutes(-5)


@pytest.mark.parametrize(("now", "is_open"), [(X, True), (X + timedelta(hours=8), False)])
def test_one_given_up_is_open_again_as_long_as_a_zone_waits(now: datetime, is_open: bool) -> None:
    """Resumed after its nominal time, it still goes to the last zone, eight hours later."""
    _, told = _story(State.WITHDRAWN, absent_polls=2, closed_at=minutes(-5))
    y = send(at=X)
    assert y.when is not None
    y = replace(y, when=replace(y.when, last_delivery=X + timedelta(hours=8)))
    closed_at = _one(told, poll(y), now=now).occurrence.closed_at
    assert closed_at == (None if is_open else minutes(-5))


def test_absent_after_its_time_it_has_fired() -> None:
    _, told = _story(State.WAITING)
    found = _one(told, poll(previous=JUST_BEFORE), now=X)
    assert (found.occurrence.closed_at, found.missing, found.asks) == (X, None, False)
    assert found.was is not None
    assert found.occurrence.seen_until == JUST_BEFORE


@pytest.mark.parametrize(
    ("now", "polls", "over"),
    [
        (hours(1), 1, True),
        (hours(1), 0, False),
        (hours(1) - timedelta(seconds=1), 1, False),
        (X, 0, True),
    ],
)
def test_begun_and_gone_twice_it_has_fired(now: datetime, polls: int, over: bool) -> None:
    """Its first guests had it at one hour, the last ones have it at six."""
    _, told = _story(State.WAITING, early=5, absent_polls=polls)
    assert (_one(told, poll(), now=now).occurrence.closed_at is not None) == over


@pytest.mark.parametrize("skew", [-2, 0, 2])
def test_absent_it_has_fired_by_the_source_s_clock(skew: int) -> None:
    _, told = _story(State.WAITING)
    by = replace(poll(), skew=timedelta(minutes=skew))
    fired = _one(told, by, now=JUST_BEFORE).occurrence.closed_at is not None
    assert fired == (skew > 0)


def test_without_a_time_it_is_over_when_it_is_gone_twice() -> None:
    timeless = occurrence(send(at=None))
    once = _one(known((timeless, [])), poll(), now=minutes(0)).occurrence
    assert once.closed_at is None
    assert _one(known((once, [])), poll(), now=minutes(1)).occurrence.closed_at == minutes(1)


def test_a_failed_source_leaves_its_occurrences_as_known() -> None:
    x, told = _story(State.WAITING)
    assert _one(told, now=minutes(0)) == Followed(x, x)
    assert _one(told, poll(source="other"), now=JUST_AFTER) == Followed(x, x)


def test_what_was_missing_before_its_source_failed_is_still_missing() -> None:
    for polls in (1, 2):
        _, told = _story(State.WITHDRAWN, absent_polls=polls)
        found = _one(told, now=minutes(0))
        assert found.occurrence == found.was
        assert found.missing is not None


def test_a_kind_that_was_not_read_says_nothing_but_nothing_of_it_is_sure() -> None:
    x, told = _story(State.WAITING)
    found = _one(told, poll(kinds=["canvas"]), now=JUST_AFTER)
    assert found.occurrence == x
    assert found.missing == not_seen("braze_us")


@pytest.mark.parametrize("polls", [(), (poll(kinds=["canvas"]),)])
def test_two_days_after_its_time_it_is_over_whatever_the_source_says(polls: tuple[Poll]) -> None:
    _, told = _story(State.WAITING)
    last = X + SURELY_OVER
    before = last - timedelta(seconds=1)
    assert _one(told, *polls, now=before).occurrence.closed_at is None
    found = _one(told, *polls, now=last)
    assert found.occurrence.closed_at == last
    assert found.was == replace(found.occurrence, closed_at=None)


def test_a_closed_occurrence_with_an_offer_still_to_be_decided_is_told() -> None:
    """A person took the offer up again after the send had fired: the plan must end it."""
    x, told = _story(State.WAITING, closed_at=JUST_AFTER)
    assert _followed(told, poll(), now=hours(7)) == (Followed(x, x),)


def test_a_closed_occurrence_that_is_not_shown_is_not_told_again() -> None:
    _, told = _story(State.COMMITTED, closed_at=JUST_AFTER)
    assert _followed(told, poll(), now=hours(7)) == ()


# --- two sources of one account, and doubled rows


def test_two_sources_of_one_account_show_one_send() -> None:
    one, other = send(at=X, source="a"), send(at=X, source="b")
    polls = [poll(other, source="b"), poll(one, source="a")]
    assert _one(known(), *polls, now=minutes(0)).occurrence.send == one
    assert _one(known(), *reversed(polls), now=minutes(0)).occurrence.send == one


def test_what_one_source_of_an_account_lost_the_other_may_still_show() -> None:
    x, told = _story(State.WAITING)
    shown = poll(send(at=X, source="z"), source="z")
    found = _one(told, poll(), shown, now=minutes(0))
    assert (found.occurrence.key, found.occurrence.absent_polls) == (x.key, 0)
    assert found.missing is None


@pytest.mark.parametrize("early", [send(at=X, name=name) for name in ("Early", "A", "Z")])
def test_of_two_rows_of_one_send_the_earliest_counts(early: Send) -> None:
    rows = [send(at=None), send(at=hours(9)), early]
    for shown in (rows, rows[::-1]):
        found = _one(known(), poll(*shown), now=minutes(0))
        assert found.occurrence.send == early


def test_of_two_rows_for_one_time_the_same_one_counts_in_any_order() -> None:
    rows = [send(at=X, name="B"), send(at=X, name="A")]
    for shown in (rows, rows[::-1]):
        assert _one(known(), poll(*shown), now=minutes(0)).occurrence.send.name == "A"


# --- shrunken lists


def _many(count: int, **changes: Any) -> Known:
    each = [occurrence(send(f"s{n}", X), **changes) for n in range(count)]
    return known(*((one, [row(one)]) for one in each))


LOSSES = [(4, 3, True), (6, 3, False), (5, 3, True), (2, 2, False), (3, 3, True), (7, 4, True)]


@pytest.mark.parametrize(("of", "lost", "shrunken"), LOSSES)
def test_losing_more_than_half_and_at_least_three_withdraws_nothing(
    of: int, lost: int, shrunken: bool
) -> None:
    told = _many(of, absent_polls=1)
    still = [send(f"s{n}", X) for n in range(lost, of)]
    missing = [one for one in _followed(told, poll(*still), now=minutes(0)) if one.missing]
    assert len(missing) == lost
    assert {one.asks for one in missing} == {not shrunken}
    assert {one.missing.code for one in missing if one.missing} == {
        "shrunken" if shrunken else "not-seen"
    }
    assert {one.occurrence.absent_polls for one in missing} == {1 if shrunken else 2}


UNCOUNTED: list[dict[str, Any]] = [
    {"absent_polls": 2},
    {"closed_at": minutes(-1)},
]


@pytest.mark.parametrize("changes", UNCOUNTED)
def test_what_was_gone_before_is_no_loss(changes: dict[str, Any]) -> None:
    told = _many(3, **changes)
    codes = [one.missing.code for one in _followed(told, poll(), now=minutes(0)) if one.missing]
    assert "shrunken" not in codes


def test_fired_unread_and_timeless_ones_are_no_loss() -> None:
    told = _many(3)
    assert all(one.occurrence.closed_at for one in _followed(told, poll(), now=X))
    for one in _followed(told, poll(kinds=["canvas"]), now=minutes(0)):
        assert one.missing is not None
        assert one.missing.code == "not-seen"
    timeless = known(*((occurrence(send(f"s{n}", None)), []) for n in range(3)))
    for one in _followed(timeless, poll(), now=minutes(0)):
        assert one.missing is not None
        assert one.missing.code == "not-seen"


def test_one_source_s_loss_is_not_another_s() -> None:
    others = tuple(occurrence(send(f"o{n}", X, source="sf")) for n in range(2))
    told = replace(_many(3), occurrences=_many(3).occurrences + others)
    found = _followed(told, poll(), poll(source="sf"), now=minutes(0))
    codes = {(one.occurrence.send.source, one.missing.code) for one in found if one.missing}
    assert codes == {("braze_us", "shrunken"), ("sf", "not-seen")}
