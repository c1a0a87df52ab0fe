"""The doctor tries canaries: what is asked of Punchh, what no more, and what is written down."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector.domain.breaker import Breaker
from connector.domain.checkup import Check, Level
from connector.domain.guest import Canary, Reward
from connector.domain.landing import CanaryNote
from connector.domain.offer import Catalog, Segment
from connector.errors import RemoteError
from connector.ledger import Ledger
from connector.worker.doctor.canaries import tried
from connector.worker.verify import look_at_canaries
from tests.support.clocks import FixedClock
from tests.support.ledger import NOW, new_ledger
from tests.support.planning import FakeLoyalty, work
from tests.support.words import in_words, saying, step_of

CLOCK = FixedClock(NOW)
LISTS = Catalog((Segment(7, "VIP"), Segment(8, "Gold")), (), NOW)
KEYS = {"canary:a": "a's", "canary:b": "b's", "punchh": "admin's"}
REFUSED = RemoteError("punchh", saying("no", "it was refused"), account=True)
SLOW = RemoteError("punchh", saying("no", "no answer in time"))
GIFT = Reward(1, "Fries", 20, "MassGifting", 5)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture
def loyalty() -> FakeLoyalty:
    names = {"a": "VIP", "b": "Gold"}
    return FakeLoyalty(
        canaries={name: Canary(name, segment, checkable=True) for name, segment in names.items()}
    )


def levels(found: list[Check]) -> list[tuple[str, str, str]]:
    return [(one.level.value, one.of, one.found.code) for one in found]


def try_out(
    loyalty: FakeLoyalty, ledger: Ledger | None, lists: Catalog | RemoteError | None = LISTS
) -> list[Check]:
    doing = work(ledger, loyalty, clock=CLOCK, keys=KEYS) if ledger else None
    return list(tried(loyalty, lists, CLOCK, doing))


def test_each_canary_is_asked_for_once_and_nothing_is_written(
    ledger: Ledger, loyalty: FakeLoyalty
) -> None:
    loyalty.accounts = {"b": (GIFT,)}
    found = try_out(loyalty, ledger)
    assert levels(found) == [
        ("ok", "canary a", "member"),
        ("ok", "canary a", "account"),
        ("ok", "canary b", "member"),
        ("ok", "canary b", "account"),
    ]
    assert ["0 rewards" in in_words(found[1].found), "1 reward" in in_words(found[3].found)] == [
        True,
        True,
    ]
    assert loyalty.calls == ["in_segment a 7", "rewards a", "in_segment b 8", "rewards b"]
    assert ledger.canaries() == {}
    assert levels(try_out(loyalty, None)) == levels(found)  # without a ledger as well


@pytest.mark.parametrize("lists", [None, SLOW], ids=["not asked", "not read"])
def test_without_punchhs_lists_nobody_is_asked(
    ledger: Ledger, loyalty: FakeLoyalty, lists: RemoteError | None
) -> None:
    (found,) = try_out(loyalty, ledger, lists)
    assert (found.level, found.of) == (Level.WARNING, "canaries")
    assert "not tried, for what failed above: a, b" in in_words(found.found)
    assert loyalty.calls == []
    loyalty.canaries = {}
    assert try_out(loyalty, ledger, lists) == []


def test_a_refused_token_ends_all_asking_and_the_refusal_is_kept(
    ledger: Ledger, loyalty: FakeLoyalty
) -> None:
    loyalty.accounts = {"a": REFUSED}
    found = try_out(loyalty, ledger)
    assert levels(found) == [
        ("ok", "canary a", "member"),
        ("fails", "canary a", "no"),
        ("warning", "canaries", "untried"),
    ]
    assert "not tried to the end, for what failed above: b" in in_words(found[-1].found)
    assert loyalty.calls == ["in_segment a 7", "rewards a"]
    assert ledger.canaries()["a"].refused_key == "a's"
    assert ledger.remotes() == {}  # the admin's key was not refused


def test_a_refusal_that_is_known_is_not_met_again_by_the_doctor_nor_by_the_worker(
    ledger: Ledger, loyalty: FakeLoyalty
) -> None:
    loyalty.accounts = {"a": REFUSED}
    try_out(loyalty, ledger)
    again = try_out(loyalty, ledger)
    assert levels(again)[1] == ("fails", "canary a", "canary-unread")
    assert "left alone until" in step_of(again[1].found)
    look_at_canaries(work(ledger, loyalty, clock=CLOCK, keys=KEYS), LISTS)
    assert loyalty.calls.count("rewards a") == 1
    assert ledger.canaries()["a"].refused_key == "a's"
    loyalty.accounts = {}
    other = work(ledger, loyalty, clock=CLOCK, keys=KEYS | {"canary:a": "a's new one"})
    found = list(tried(loyalty, LISTS, CLOCK, other))
    assert levels(found)[1] == ("ok", "canary a", "account")


def test_a_refused_admin_key_ends_all_asking_and_is_kept_as_its_own(
    ledger: Ledger, loyalty: FakeLoyalty
) -> None:
    loyalty.members = {"a": REFUSED}
    found = try_out(loyalty, ledger)
    assert levels(found) == [("fails", "canary a", "no"), ("warning", "canaries", "untried")]
    assert "a, b" in in_words(found[-1].found)
    assert loyalty.calls == ["in_segment a 7"]
    assert ledger.canaries() == {}
    breaker: Breaker = ledger.remotes()["punchh"].breaker
    assert breaker.refused_key == "admin's"


def test_membership_that_punchh_does_not_tell_is_no_failure_and_tokens_are_tried_all_the_same(
    ledger: Ledger, loyalty: FakeLoyalty
) -> None:
    loyalty.members = {"a": SLOW}
    found = try_out(loyalty, ledger)
    assert levels(found) == [
        ("warning", "canary a", "no"),
        ("ok", "canary a", "account"),
        ("ok", "canary b", "account"),
        ("warning", "canaries", "untried"),
    ]
    assert loyalty.calls == ["in_segment a 7", "rewards a", "rewards b"]
    assert (ledger.canaries(), ledger.remotes()) == ({}, {})


def test_an_account_that_cannot_be_read_now_fails_and_is_not_kept(
    ledger: Ledger, loyalty: FakeLoyalty
) -> None:
    loyalty.accounts = {"a": SLOW}
    found = try_out(loyalty, ledger)
    assert levels(found)[1:3] == [("fails", "canary a", "no"), ("ok", "canary b", "member")]
    assert loyalty.calls == ["in_segment a 7", "rewards a", "in_segment b 8"]
    assert ledger.canaries() == {}


def test_a_fault_of_ours_is_a_finding(ledger: Ledger, loyalty: FakeLoyalty) -> None:
    loyalty.members = {"a": ZeroDivisionError()}
    assert levels(try_out(loyalty, ledger))[0] == ("warning", "canary a", "fault")


def test_the_doctor_says_what_is_now_whatever_the_worker_noted_before(
    ledger: Ledger, loyalty: FakeLoyalty
) -> None:
    old = CanaryNote(
        "a", "VIP", NOW, saying("a", "it was slow"), None, None, member=False, member_at=NOW
    )
    ledger.note_sightings([], [old])
    assert [one.level for one in try_out(loyalty, ledger)] == [Level.OK] * 4
    loyalty.members = {"a": False}
    loyalty.canaries = {**loyalty.canaries, "b": replace(loyalty.canaries["b"], segment="Golf")}
    found = try_out(loyalty, ledger)
    assert levels(found)[::2] == [
        ("fails", "canary a", "canary-outside"),
        ("fails", "canary b", "canary-misnamed"),
    ]
    assert ledger.canaries() == {"a": old}
