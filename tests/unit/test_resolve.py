from typing import Any

import pytest

from connector.domain import resolve
from connector.domain.rules import RedeemableUuid, SegmentId
from tests.support.planning import catalog
from tests.support.words import in_words, step_of

LISTS = catalog(
    [(7, "VIP Guests"), (8, "Lunch Crowd"), (9, "lunch  CROWD")],
    [("u-1", "Fries"), ("u-2", "Burger"), ("u-3", "BURGER ")],
)

SEGMENTS: list[tuple[Any, int | None, str | None]] = [
    ("VIP Guests", 7, None),
    (" vip  GUESTS", 7, None),
    (SegmentId(id=8), 8, None),
    (SegmentId(id=80), None, "no-segment"),
    ("VIP Guest", None, "no-segment"),
    ("Lunch Crowd", None, "several-segments"),
    (None, None, "no-audience"),
]
REDEEMABLES: list[tuple[Any, str | None, str | None]] = [
    ("fries", "u-1", None),
    (RedeemableUuid(uuid="u-2"), "u-2", None),
    (RedeemableUuid(uuid="U-2"), None, "no-redeemable"),
    ("Frise", None, "no-redeemable"),
    ("Burger", None, "several-redeemables"),
]


@pytest.mark.parametrize(("wanted", "id", "code"), SEGMENTS)
def test_a_segment_must_be_exactly_one(wanted: Any, id: int | None, code: str | None) -> None:
    found, reason = resolve.segment(wanted, LISTS)
    assert (found.segment_id if found else None) == id
    assert (reason.code if reason else None) == code


@pytest.mark.parametrize(("wanted", "uuid", "code"), REDEEMABLES)
def test_a_redeemable_must_be_exactly_one(wanted: Any, uuid: str | None, code: str | None) -> None:
    found, reason = resolve.redeemable(wanted, LISTS)
    assert (found.redeemable_uuid if found else None) == uuid
    assert (reason.code if reason else None) == code


def test_what_is_not_found_names_the_nearest_and_what_is_not_one_names_all() -> None:
    _, none = resolve.segment("VIP Guest", LISTS)
    assert none is not None
    assert "Did you mean “VIP Guests”?" in step_of(none)
    _, far = resolve.redeemable("Zzz", LISTS)
    assert far is not None
    assert "Did you mean" not in step_of(far)
    _, several = resolve.segment("Lunch Crowd", LISTS)
    assert several is not None
    assert "2 segments" in in_words(several)
    assert "(8, 9)" in in_words(several)
    assert "`segment: {id: …}`" in step_of(several)
    _, both = resolve.redeemable("Burger", LISTS)
    assert both is not None
    assert "(u-2, u-3)" in in_words(both)
    assert "`redeemable: {uuid: …}`" in step_of(both)


def test_what_was_asked_for_is_shown_as_people_write_it() -> None:
    assert resolve.shown(SegmentId(id=5)) == "id:5"
    assert resolve.shown(RedeemableUuid(uuid="u")) == "uuid:u"
    assert resolve.shown("Name") == "Name"
    assert resolve.shown(None) is None


UNREAD = catalog(
    [(7, "VIP Guests"), (8, "Lunch Crowd"), (9, "lunch  CROWD")],
    [("u-1", "Fries"), ("u-2", "Burger")],
    unread_segments=["vip  guests", "Gold", "Lunch Crowd"],
    unread_redeemables=["FRIES"],
)
UNREAD_SEGMENTS: list[tuple[Any, int | None, str | None]] = [
    ("VIP Guests", None, "unread-segment"),  # its namesake is not given in its place
    ("Gold", None, "unread-segment"),  # nobody says that there is none
    ("Silver", None, "no-segment"),
    ("Lunch Crowd", None, "several-segments"),
    (SegmentId(id=7), 7, None),
    (SegmentId(id=70), None, "unread-segment"),
    (None, None, "no-audience"),
]


@pytest.mark.parametrize(("wanted", "id", "code"), UNREAD_SEGMENTS)
def test_a_row_that_cannot_be_read_keeps_its_name(wanted: Any, id: int | None, code: Any) -> None:
    found, reason = resolve.segment(wanted, UNREAD)
    assert (found.segment_id if found else None) == id
    assert (reason.code if reason else None) == code


@pytest.mark.parametrize(
    ("wanted", "uuid", "code"),
    [
        ("fries", None, "unread-redeemable"),
        ("Burger", "u-2", None),
        ("Salad", None, "no-redeemable"),
        (RedeemableUuid(uuid="u-1"), "u-1", None),
        (RedeemableUuid(uuid="u-9"), None, "unread-redeemable"),
    ],
)
def test_so_does_a_redeemables(wanted: Any, uuid: str | None, code: str | None) -> None:
    found, reason = resolve.redeemable(wanted, UNREAD)
    assert (found.redeemable_uuid if found else None) == uuid
    assert (reason.code if reason else None) == code


@pytest.mark.parametrize(
    ("wanted", "id"), [("VIP Guests", None), ("Nobody", None), (SegmentId(id=7), 7)]
)
def test_a_row_without_a_name_may_bear_any(wanted: Any, id: int | None) -> None:
    lists = catalog(unread_segments=[None])
    found, reason = resolve.segment(wanted, lists)
    assert (found.segment_id if found else None) == id
    assert (reason.code if reason else None) == (None if id else "unread-segment")
