"""What one more reading tells: queues that an edit does not move, and times read too late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.distribution import Occurrence
from connector.domain.reasons import reason
from connector.domain.seeing import QUEUED_AHEAD, seen
from connector.domain.send import Send, Spread, When
from tests.support.planning import NOW, hours, minutes, occurrence, poll, send
from tests.support.words import saying

SECOND = timedelta(seconds=1)
SO = saying("reading", "read so")


def _when(spread: Spread, first: float, last: float) -> When:
    return When(hours(first + 1), hours(first), f"w{first}", "UTC", spread, hours(last), SO)


def _send(spread: Spread, first: float, last: float) -> Send:
    return send("s1", when=_when(spread, first, last))


OLD = {spread: occurrence(_send(spread, 60, 90)) for spread in Spread}


def _seen(last: Occurrence, shown: Send, at: Any) -> Occurrence:
    return seen(last, shown, poll(previous=minutes(-1)), at)


@pytest.mark.parametrize("spread", [Spread.LOCAL, Spread.INTELLIGENT])
def test_what_queues_keeps_the_earlier_start_and_the_later_end(spread: Spread) -> None:
    later, begins = _send(spread, 70, 80), hours(60) - QUEUED_AHEAD[spread]
    free = _seen(OLD[spread], later, begins - SECOND)
    assert (free.when, free.queued_from) == (later.when, None)
    held = _seen(OLD[spread], later, begins)
    assert (held.queued_from, held.queued_until) == (hours(60), hours(90))
    assert held.when is not None
    assert later.when is not None
    assert held.when.scheduled_for == later.when.scheduled_for
    assert (held.when.first_delivery, held.when.last_delivery) == (hours(60), hours(90))
    queued = {"begin": hours(60), "end": hours(90)}
    assert held.when.reading == reason("reading/queued", reading=SO, **queued)


def test_what_goes_to_all_at_once_does_not_queue() -> None:
    moved = _send(Spread.INSTANT, 70, 70)
    assert _seen(OLD[Spread.INSTANT], moved, hours(59)).when == moved.when


def test_a_queue_lasts_over_readings_until_it_has_gone_out() -> None:
    later = _send(Spread.LOCAL, 100, 126)
    held = _seen(OLD[Spread.LOCAL], later, hours(50))
    for hour in (51, 89):
        held = _seen(held, later, hours(hour))
        assert held.when is not None
        assert held.when.first_delivery == hours(60)
    gone = _seen(held, later, hours(90))
    assert (gone.queued_from, gone.queued_until, gone.when) == (None, None, later.when)


def test_moved_twice_the_earliest_start_and_the_latest_end_of_all_count() -> None:
    held = _seen(OLD[Spread.LOCAL], _send(Spread.LOCAL, 50, 95), hours(45))
    held = _seen(held, _send(Spread.LOCAL, 65, 70), hours(46))
    assert (held.queued_from, held.queued_until) == (hours(50), hours(95))


def test_a_firing_of_an_older_ledger_queues_until_its_nominal_time() -> None:
    old = OLD[Spread.LOCAL]
    assert old.when is not None
    older = replace(old, send=replace(old.send, when=replace(old.when, last_delivery=None)))
    held = _seen(older, _send(Spread.LOCAL, 61, 61), hours(59))
    assert (held.queued_from, held.queued_until) == (hours(60), hours(61))


def test_another_first_zone_in_the_settings_is_no_edit() -> None:
    old = OLD[Spread.LOCAL]
    assert old.when is not None
    nearer = replace(old.when, first_delivery=hours(60.5))
    held = _seen(old, replace(old.send, when=nearer), hours(59))
    assert (held.when, held.queued_from) == (nearer, None)


def test_a_time_that_had_passed_when_it_was_read_was_never_waited_for() -> None:
    x = occurrence(send(at=hours(2)))
    past = _seen(x, send(at=hours(1)), hours(1.5))
    assert past.seen_until == hours(1) - timedelta(days=2)
    again = _seen(past, send(at=hours(1)), hours(1.6))
    assert again.seen_until == past.seen_until
    assert _seen(again, send(at=hours(3)), hours(1.7)).seen_until is None
    assert _seen(x, send(at=hours(2)), hours(2.5)).seen_until is None


def test_a_move_forgets_what_was_said_of_drafts_and_a_rename_does_not() -> None:
    x = occurrence(send(at=hours(2)), draft=True)
    assert _seen(x, send(at=hours(2), name="New"), NOW).draft is True
    assert _seen(x, send(at=hours(3)), NOW).draft is None
