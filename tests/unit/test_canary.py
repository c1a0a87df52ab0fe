"""When a canary is looked into, and what its account shows."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.canary import look_due, membership_due, met, seen, segment_of, unread
from connector.domain.checkup import Level, membership
from connector.domain.distribution import State
from connector.domain.evidence import Sighting
from connector.domain.guest import Canary, Reward
from connector.domain.landing import CanaryNote, of_canary
from connector.domain.offer import Catalog, Segment
from tests.support.planning import NOW, minutes
from tests.support.words import IN_UTC, in_words, saying, step_of
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


def lists(*names: str) -> Catalog:
    return Catalog(tuple(Segment(7 + n, name) for n, name in enumerate(names)), (), NOW)


LISTS = lists("VIP Guests", "Gold")
EMAILED = replace(VIP, checkable=True)
KNOWN = CanaryNote("vip", "VIP Guests", NOW, saying("a", "no"), "old key", None, True, NOW)


def test_a_segment_is_the_one_so_named() -> None:
    assert segment_of(replace(VIP, segment=" vip  GUESTS"), LISTS) == 7
    assert segment_of(VIP, lists()) is segment_of(VIP, lists("VIP Guests", "vip guests")) is None


def test_what_was_noted_holds_as_long_as_the_settings_do() -> None:
    assert met(None, VIP, "key", LISTS) == CanaryNote("vip", "VIP Guests")
    assert met(KNOWN, EMAILED, "old key", LISTS) == KNOWN
    mended = met(KNOWN, EMAILED, "new key", LISTS)
    assert mended == replace(KNOWN, trouble=None, refused_key=None)
    passing = replace(KNOWN, refused_key=None)
    assert met(passing, EMAILED, "new key", LISTS) == passing
    moved = met(KNOWN, replace(EMAILED, segment="Gold"), "new key", LISTS)
    assert moved == CanaryNote("vip", "Gold", NOW)


def test_whose_membership_nobody_can_ask_any_more_is_in_no_wrong_segment() -> None:
    outside = replace(KNOWN, member=False)
    assert met(outside, EMAILED, "old key", LISTS).member is False
    assert met(outside, VIP, "old key", LISTS).member is None


MISNAMED = [
    (lists("VIP Guests", "VIP  guests"), "2 segments so named"),
    (lists(), "no segment so named"),
    (lists("Gold", "VIP Gests"), "no segment so named (near: “VIP Gests”)"),
]


@pytest.mark.parametrize(("catalog", "told"), MISNAMED, ids=["two", "none", "near"])
def test_a_segment_that_is_not_one_is_told_with_what_is_near(catalog: Catalog, told: str) -> None:
    note = met(KNOWN, EMAILED, "old key", catalog)
    assert in_words(note.misnamed) == f"canary vip is to watch “VIP Guests”, and Punchh has {told}"
    assert met(note, EMAILED, "old key", LISTS).misnamed is None


def test_a_token_that_was_refused_rests_and_another_failure_does_not() -> None:
    why = saying("no", "it was refused", "Renew it")
    refused = unread(CanaryNote("vip"), why, "key", NOW)
    passing = unread(CanaryNote("vip"), why, None, NOW)
    assert (refused.looked_at, refused.refused_key, passing.refused_key) == (NOW, "key", None)
    steps = [step_of(of_canary(note)) for note in (refused, passing)]
    assert steps == [
        "It is left alone until that, or another of its settings, changes",
        "Mend it, or take the canary out",
    ]


MISNAMED_SO = saying("canary-misnamed", "so it is", "Correct it")
CHECKS: list[tuple[Canary, CanaryNote, Level, str]] = [
    (EMAILED, replace(KNOWN), Level.OK, "member"),
    (EMAILED, replace(KNOWN, member=False), Level.FAILS, "canary-outside"),
    (EMAILED, replace(KNOWN, misnamed=MISNAMED_SO), Level.FAILS, "canary-misnamed"),
    (VIP, replace(KNOWN, member=None), Level.OK, "unasked"),
    (
        VIP,
        replace(KNOWN, member=None, misnamed=MISNAMED_SO),
        Level.FAILS,
        "canary-misnamed",
    ),
]


@pytest.mark.parametrize(("canary", "note", "level", "code"), CHECKS, ids=map(str, range(5)))
def test_what_a_check_says_of_where_a_canary_is(
    canary: Canary, note: CanaryNote, level: Level, code: str
) -> None:
    check = membership(canary, note)
    assert (check.of, check.level, check.found.code) == ("canary vip", level, code)
    wanted = {
        "unasked": "punchh.canaries.vip.email",
        "canary-outside": "punchh.canaries.vip.segment",
    }
    assert wanted.get(code, "") in IN_UTC.whole(check.found)
    assert bool(step_of(check.found)) == (level is Level.FAILS)


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
