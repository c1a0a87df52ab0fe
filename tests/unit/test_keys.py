"""The public formulas. A golden value that changes here gives known offers again."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.keys import (
    distribution_id,
    external_campaign_id,
    mark_of,
    occurrence_id,
    occurrence_key,
)
from tests.support.planning import NOW, hours

KEY = "v1:campaign::abc:20261122T060000Z"

GOLDEN = [
    (("campaign", "", "abc", NOW), KEY),
    (("flow", "00D:1%", "a:b", NOW, 2), "v1:flow:00D%3A1%25:a%3Ab:20261122T060000Z:2"),
    (("list_email", "brand.my", "0XB", None), "v1:list_email:brand.my:0XB:unknown"),
]


@pytest.mark.parametrize(("parts", "key"), GOLDEN)
def test_the_occurrence_key_never_changes(parts: tuple[str, str, str, datetime], key: str) -> None:
    assert occurrence_key(*parts) == key


def test_the_short_ids_never_change() -> None:
    assert distribution_id(KEY, "vip guests", "fries") == "ckmgsoqcbo"
    assert occurrence_id(KEY) == "sbqcjpchgq"
    assert external_campaign_id(KEY, 7, "u-1", 1) == "c1-asm4lgio63ulnz7t"
    assert external_campaign_id(KEY, 7, "u-1", 2) == "c1-uc27ztvnkdhanqpz"


def test_one_instant_has_one_key_in_whatever_zone_it_is_given() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-5)))
    assert occurrence_key("campaign", "", "abc", elsewhere) == KEY


def test_the_key_does_not_hang_on_the_machine_s_own_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        found = occurrence_key("campaign", "", "abc", NOW)
    time.tzset()
    assert found == KEY


texts = st.text(st.sampled_from(":%v1aA253"), max_size=5)
parts = st.tuples(
    texts,
    texts,
    texts,
    st.none() | st.integers(0, 48).map(hours),
    st.integers(1, 3),
)


@given(parts, parts)
def test_different_parts_have_different_keys(
    one: tuple[str, str, str, datetime | None, int],
    other: tuple[str, str, str, datetime | None, int],
) -> None:
    assert (occurrence_key(*one) == occurrence_key(*other)) == (one == other)


def test_every_part_counts() -> None:
    marks = {
        external_campaign_id(key, segment, redeemable, attempt)
        for key in (KEY, f"{KEY}:2")
        for segment in (7, 71)
        for redeemable in ("1u", "u")
        for attempt in (1, 11)
    }
    assert len(marks) == 16
    ids = {distribution_id(k, s, r) for k in "ab" for s in ("", "x", "id:1") for r in ("x", "y")}
    assert len(ids) == 12


@given(st.text(), st.integers(), st.text(), st.integers())
def test_short_ids_stay_short(key: str, segment: int, redeemable: str, attempt: int) -> None:
    mark = external_campaign_id(key, segment, redeemable, attempt)
    assert len(mark) == 19
    assert mark.startswith("c1-")
    assert len(distribution_id(key, redeemable, redeemable)) == 10
    assert len(occurrence_id(key)) == 10
    assert (mark[3:] + occurrence_id(key)).isalnum()


MARK = external_campaign_id("v1:x", 7, "u-1", 1)
NAMES = {
    f"Friday Fries - Free Fries {MARK}": MARK,
    MARK: MARK,
    f"x {MARK} ": MARK,
    f"x {MARK} (copy)": None,
    f"x{MARK}": None,
    f"x {MARK[:-1]}": None,
    f"x {MARK}a": None,
    f"x {MARK.upper()}": None,
    "x" * 100_000 + f" {MARK}": MARK,
    f"{MARK} {MARK}": MARK,
    "": None,
    f"x {MARK}\x00": None,
}


@pytest.mark.parametrize(("name", "mark"), NAMES.items(), ids=map(str, range(len(NAMES))))
def test_only_a_name_that_ends_in_a_mark_bears_it(name: str, mark: str | None) -> None:
    assert mark_of(name) == mark


@given(st.text(max_size=60))
def test_every_attempts_name_ends_in_its_mark(name: str) -> None:
    assert mark_of(f"{name} {MARK}") == MARK
