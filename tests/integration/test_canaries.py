"""The worker asks canaries: when it must, once, and with what it keeps of the answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from connector.app import Work
from connector.domain.attention import Attention
from connector.domain.attentions import attentions
from connector.domain.distribution import Distribution, State
from connector.domain.guest import Canary, Reward
from connector.domain.offer import Catalog, Redeemable, Segment, Verdict
from connector.domain.policy import Schedule
from connector.errors import RemoteError
from connector.ledger import Ledger
from connector.worker.observe import Interrupted
from connector.worker.verify import look_at_canaries
from tests.support.clocks import FixedClock
from tests.support.ledger import NOW, new_ledger, recorded, settled
from tests.support.planning import FakeLoyalty, work
from tests.support.words import in_words, saying, step_of

CAMPAIGN = 99511403
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LISTS = Catalog((Segment(7, "VIP"), Segment(8, "Gold")), (Redeemable("u-1", "Fries", 20),), NOW)
GIFT = Reward(1, "Fries", 20, "MassGifting", CAMPAIGN)
REFUSED = RemoteError("punchh", saying("no", "the token was refused"), account=True)
SLOW = RemoteError("punchh", saying("no", "no answer in time"))


@dataclass
class Shop:
    """A ledger, a clock, and an outside whose canaries can be told what to hold."""

    ledger: Ledger
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    loyalty: FakeLoyalty = field(default_factory=FakeLoyalty)
    keys: dict[str, str] = field(default_factory=dict)
    lists: Catalog = LISTS

    def canary(self, name: str = "vip", segment: str = "vip", **more: Any) -> None:
        one = Canary(name, segment, **more)
        self.loyalty.canaries = {**self.loyalty.canaries, name: one}

    def holds(self, *rewards: Reward, canary: str = "vip") -> None:
        self.loyalty.accounts = {**self.loyalty.accounts, canary: rewards}

    def fails(self, error: Exception, canary: str = "vip") -> None:
        self.loyalty.accounts = {**self.loyalty.accounts, canary: error}

    def look(self) -> list[str]:
        """Do a round, and return what was asked of Punchh."""
        doing: Work = work(self.ledger, self.loyalty, clock=self.clock, keys=self.keys)
        before = len(self.loyalty.calls)
        look_at_canaries(doing, self.lists)
        return self.loyalty.calls[before:]

    def attentions(self) -> list[Attention]:
        """Return what wants a person, but for the deadlines of unknowns."""
        now = self.clock.now()
        found = attentions(self.ledger.standing(since=now - HOUR), Schedule(), now)
        return [one for one in found if not one.reason.code.startswith("deadline")]

    def codes(self) -> list[str]:
        return [one.reason.code for one in self.attentions()]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with new_ledger(tmp_path) as ledger:
        yield Shop(ledger)


@pytest.fixture
def committed(shop: Shop) -> Distribution:
    """Return a committed offer whose campaign has just begun."""
    row = settled(shop.ledger, recorded(shop.ledger), Verdict.COMMITTED, State.COMMITTED, CAMPAIGN)
    _go_to_start(shop, row)
    return row


@pytest.fixture
def unknown(shop: Shop) -> Distribution:
    row = settled(shop.ledger, recorded(shop.ledger), Verdict.UNKNOWN, State.UNKNOWN)
    _go_to_start(shop, row)
    return row


def _go_to_start(shop: Shop, row: Distribution) -> None:
    assert row.start_time
    shop.clock.advance(row.start_time - shop.clock.now())


def test_without_canaries_nothing_is_asked_or_written(shop: Shop, committed: Distribution) -> None:
    assert shop.look() == []
    assert shop.ledger.canaries() == {}


def test_a_gift_that_is_there_is_seen_once_and_not_looked_for_again(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary()
    shop.holds(GIFT)
    assert shop.look() == ["rewards vip"]
    (row,) = shop.ledger.find(committed.id).rows
    (seen,) = row.evidence.sightings
    assert (seen.seen_at, seen.canary) == (shop.clock.now(), "vip")
    assert row.evidence.landed_at(committed) == shop.clock.now()
    shop.clock.advance(HOUR)
    assert shop.look() == []
    assert shop.codes() == []


def test_nothing_is_asked_before_the_start_nor_of_other_segments(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary("gold", "Gold")
    shop.canary()
    shop.clock.advance(-MINUTE)
    assert shop.look() == []
    shop.clock.advance(MINUTE)
    assert shop.look() == ["rewards vip"]


def test_a_look_is_made_every_five_minutes_and_an_overdue_one_every_hour(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary(within=15 * MINUTE)
    asked = []
    for minute in range(180):
        asked += [minute] * len(shop.look())
        shop.clock.advance(MINUTE)
    assert asked == [0, 5, 10, 15, 75, 135]


def test_a_gift_that_is_missing_wants_a_person_until_it_is_there(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary(within=15 * MINUTE)
    shop.look()
    assert shop.codes() == []
    shop.clock.advance(15 * MINUTE)
    shop.look()
    (told,) = shop.attentions()
    assert (told.subject, told.reason.code) == (committed.id, "not-landed")
    shop.clock.advance(HOUR)
    shop.holds(GIFT)
    shop.look()
    assert shop.codes() == []


def test_an_unknown_of_which_a_canary_holds_a_gift_wants_a_person_with_the_command(
    shop: Shop, unknown: Distribution
) -> None:
    shop.canary()
    shop.holds(GIFT)
    shop.look()
    assert shop.ledger.distribution(unknown.id) == unknown
    (told,) = shop.attentions()
    command = f"connector ledger resolve {unknown.id} --committed {CAMPAIGN} --reason …"
    assert told.reason.code == "unknown-seen"
    assert command in step_of(told.reason)


def test_an_unknown_of_which_nothing_is_there_stays_and_asks_a_person(
    shop: Shop, unknown: Distribution
) -> None:
    shop.canary(within=MINUTE)
    for _ in range(30):
        shop.look()
        shop.clock.advance(10 * MINUTE)
    assert shop.ledger.distribution(unknown.id) == unknown
    assert shop.codes() == ["unknown"]


def test_one_refused_token_rests_until_its_settings_change_and_ends_the_round(
    shop: Shop, committed: Distribution
) -> None:
    shop.keys = {"canary:a": "old", "canary:vip": "v"}
    shop.canary("a")
    shop.canary("vip")
    shop.fails(REFUSED, "a")
    assert shop.look() == ["rewards a"]
    assert shop.codes() == ["canary-unread"]
    shop.clock.advance(4 * MINUTE)
    assert shop.look() == []
    shop.clock.advance(MINUTE)
    assert shop.look() == ["rewards vip"]
    shop.clock.advance(10 * HOUR)
    assert shop.look() == ["rewards vip"]
    shop.keys["canary:a"] = "new"
    shop.clock.advance(HOUR)
    assert shop.look() == ["rewards a"]
    shop.holds(GIFT, canary="a")
    shop.keys["canary:a"] = "newer"
    shop.clock.advance(HOUR)
    shop.look()
    assert shop.codes() == []


def test_a_canary_that_does_not_answer_is_asked_again_and_told_meanwhile(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary()
    shop.fails(SLOW)
    assert shop.look() == ["rewards vip"]
    (told,) = shop.attentions()
    assert "canary vip could not be asked: no answer in time" in in_words(told.reason)
    shop.holds(GIFT)
    shop.clock.advance(5 * MINUTE)
    assert shop.look() == ["rewards vip"]
    assert shop.codes() == []


def test_a_fault_of_ours_in_one_look_does_not_stop_the_worker(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary()
    shop.fails(ZeroDivisionError())
    shop.look()
    assert shop.codes() == ["canary-unread"]


def test_membership_is_checked_beforehand_and_once_a_day(shop: Shop) -> None:
    shop.canary(checkable=True)
    asked = []
    for hour in range(50):
        asked += [(hour, what) for what in shop.look()]
        shop.clock.advance(HOUR)
    assert asked == [(hour, "in_segment vip 7") for hour in (0, 24, 48)]
    assert shop.ledger.canaries()["vip"].member is True


def test_a_canary_outside_its_segment_is_told_and_proves_nothing(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary(checkable=True)
    shop.loyalty.members = {"vip": False}
    assert shop.look() == ["in_segment vip 7"]
    assert shop.codes() == ["canary-outside"]
    shop.clock.advance(59 * MINUTE)
    assert shop.look() == []
    shop.loyalty.members = {"vip": True}
    shop.holds(GIFT)
    shop.clock.advance(MINUTE)
    assert shop.look() == ["in_segment vip 7", "rewards vip"]
    assert shop.codes() == []


def test_membership_that_cannot_be_asked_keeps_nobody_from_looking(
    shop: Shop, committed: Distribution
) -> None:
    shop.canary(checkable=True)
    shop.loyalty.members = {"vip": RemoteError("punchh", saying("no", "no such address (404)"))}
    shop.holds(GIFT)
    assert shop.look() == ["in_segment vip 7"]  # the failure ends the round
    assert shop.look() == ["rewards vip"]
    assert shop.codes() == []


@pytest.mark.parametrize(
    ("names", "told"),
    [((), "Punchh has no segment so named"), (("VIP", "vip "), "Punchh has 2 segments so named")],
)
def test_a_segment_that_is_none_or_two_is_told(
    shop: Shop, committed: Distribution, names: tuple[str, ...], told: str
) -> None:
    shop.canary()
    shop.lists = replace(LISTS, segments=tuple(Segment(n, x) for n, x in enumerate(names, 7)))
    assert shop.look() == []
    (found,) = shop.attentions()
    assert (found.reason.code, found.subject) == ("canary-misnamed", "canary:vip")
    assert told in in_words(found.reason)
    shop.lists = LISTS
    shop.holds(GIFT)
    shop.look()
    assert shop.codes() == []


def test_a_canary_for_another_segment_begins_anew_and_one_that_is_gone_is_forgotten(
    shop: Shop,
) -> None:
    shop.canary(checkable=True)
    shop.look()
    shop.canary(segment="Gold", checkable=True)
    assert shop.look() == ["in_segment vip 8"]
    shop.loyalty.canaries = {}
    assert shop.look() == []
    assert shop.ledger.canaries() == {}


def test_told_to_stop_it_stops(shop: Shop, committed: Distribution) -> None:
    shop.canary()
    shop.clock.interrupt()
    done = Event()

    class Hanging(FakeLoyalty):
        def rewards(self, canary: str) -> tuple[Reward, ...]:
            done.wait(10)
            return ()

    shop.loyalty = Hanging(canaries=shop.loyalty.canaries)
    with pytest.raises(Interrupted):
        shop.look()
    done.set()
    assert shop.ledger.canaries() == {}
