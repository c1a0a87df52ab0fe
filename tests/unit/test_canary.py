"""When a canary is looked into, and what its account shows."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.canary import look_due, membership_due, seen
from connector.domain.distribution import State
from connector.domain.evidence import Sighting
from connector.domain.guest import Canary, Reward
from connector.domain.landing import CanaryNote
from tests.support.planning import NOW, minutes
from tests.unit.test_evidence import OWN, offer

WITHIN = timedelta(minutes=15)
VIP = Canary("vip", "VIP Guests", WITHIN)
START = {"start_time": NOW}


def last(at: float, **more: Any) -> Sighting:
    return Sighting("d", "vip", minutes(at), minutes(15), **more)


DUE: list[tuple[str, float, Sighting | None, bool]] = [
    ("before its start", -1, None, False),
    ("at its start", 0, None, True),
    ("just looked", 4, last(0), False),
    ("after five minutes", 5, last(0), True),
    ("seen", 60, last(0, seen_at=NOW), False),
    ("overdue, just looked", 60, last(15), False),
    ("overdue, after an hour", 75, last(15), True),
    ("given up after a day", 24 * 60, last(15), False),
    ("shortly before that", 24 * 60 - 1, last(15), True),
]


@pytest.mark.parametrize(("what", "at", "before", "due"), DUE, ids=[one[0] for one in DUE])
def test_when_a_look_is_due(what: str, at: float, before: Sighting | None, due: bool) -> None:
    assert look_due(offer(State.COMMITTED, **START), before, WITHIN, minutes(at)) is due


def test_what_has_no_start_is_never_looked_for() -> None:
    assert not look_due(offer(State.COMMITTED, start_time=None), None, WITHIN, NOW)


def _member(member: bool | None, at: datetime | None) -> CanaryNote:
    return CanaryNote("vip", "VIP Guests", member=member, member_at=at)


@pytest.mark.parametrize(
    ("note", "due"),
    [
        (_member(None, None), True),
        (_member(True, NOW - timedelta(hours=23)), False),
        (_member(True, NOW - timedelta(hours=24)), True),
        (_member(False, NOW - timedelta(minutes=59)), False),
        (_member(False, NOW - timedelta(hours=1)), True),
        (_member(None, NOW - timedelta(hours=1)), True),  # it could not be asked
    ],
)
def test_when_membership_is_asked_again(note: CanaryNote, due: bool) -> None:
    assert membership_due(note, NOW) is due


GIFT = Reward(1, "Fries", 20, "MassGifting", OWN, minutes(1))
COMMITTED = offer(State.COMMITTED, **START)
UNKNOWN = offer(State.UNKNOWN, **START)


def _seen(row: Any, *rewards: Reward, taken: frozenset[int] = frozenset()) -> Sighting:
    return seen(row, VIP, None, rewards, taken, 20, minutes(2))


def test_the_gift_of_a_committed_offer_is_the_one_of_its_campaign() -> None:
    found = _seen(COMMITTED, GIFT, taken=frozenset({OWN}))
    assert (found.seen_at, found.campaigns) == (minutes(2), ())
    assert (found.looked_at, found.due_at) == (minutes(2), minutes(15))


SIMILAR = [
    (replace(GIFT, gifted_for_id=77), (77,)),
    (replace(GIFT, gifted_for_id=77, created_at=None), (77,)),
    (replace(GIFT, gifted_for_id=77, created_at=minutes(-4)), (77,)),
    (replace(GIFT, gifted_for_id=77, created_at=minutes(-6)), ()),
    (replace(GIFT, gifted_for_id=77, redeemable_id=21), ()),
    (replace(GIFT, gifted_for_id=77, redeemable_id=None), (77,)),  # by its name
    (replace(GIFT, gifted_for_id=77, redeemable_id=None, name="FRIES "), (77,)),
    (replace(GIFT, gifted_for_id=77, redeemable_id=None, name="Burger"), ()),
    (replace(GIFT, gifted_for_id=77, gifted_for_type="SignupCampaign"), ()),
    (replace(GIFT, gifted_for_type="SignupCampaign"), ()),
    (replace(GIFT, gifted_for_id=None), ()),
]


@pytest.mark.parametrize("row", [COMMITTED, UNKNOWN], ids=["committed", "unknown"])
@pytest.mark.parametrize(("reward", "campaigns"), SIMILAR, ids=map(str, range(len(SIMILAR))))
def test_what_is_only_similar_is_told_and_never_taken_for_it(
    row: Any, reward: Reward, campaigns: tuple[int, ...]
) -> None:
    found = _seen(row, reward)
    assert (found.seen_at, found.campaigns) == (None, campaigns)


def test_a_gift_never_settles_an_unknown_whatever_its_number() -> None:
    assert _seen(UNKNOWN, GIFT).seen_at is None
    assert _seen(UNKNOWN, GIFT).campaigns == (OWN,)


def test_a_campaign_that_stands_on_an_offer_is_no_candidate() -> None:
    assert _seen(UNKNOWN, GIFT, taken=frozenset({OWN})).campaigns == ()


def test_what_was_seen_once_stays_seen() -> None:
    before = last(1, seen_at=minutes(1))
    assert seen(COMMITTED, VIP, before, [], frozenset(), 20, minutes(9)).seen_at == minutes(1)
