from typing import Any

import pytest
from pydantic import ValidationError

from connector.domain.rules import MappingFile, RedeemableUuid, Rule, RuleBook, SegmentId

LEAST: dict[str, Any] = {"name": "r", "match": {"send": "x"}, "redeemable": "R"}


def _rule(**changes: Any) -> Rule:
    return Rule.model_validate(LEAST | changes)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (None, ()),
        ("VIP", ("VIP",)),
        (["VIP", "Gold"], ("VIP", "Gold")),
        ({"id": 5}, (SegmentId(id=5),)),
        (["VIP", {"id": 5}], ("VIP", SegmentId(id=5))),
    ],
)
def test_segments(segment: Any, expected: tuple[Any, ...]) -> None:
    assert _rule(segment=segment).segments == expected


@pytest.mark.parametrize(
    ("redeemable", "expected"),
    [
        ("Fries", ("Fries",)),
        (["Fries", {"uuid": "u-1"}], ("Fries", RedeemableUuid(uuid="u-1"))),
        ({"uuid": "u-1"}, (RedeemableUuid(uuid="u-1"),)),
    ],
)
def test_redeemables(redeemable: Any, expected: tuple[Any, ...]) -> None:
    assert _rule(redeemable=redeemable).redeemables == expected


def test_a_rule_that_ignores_gives_nothing() -> None:
    rule = _rule(redeemable=None, ignore="no offer")
    assert (rule.segments, rule.redeemables) == ((), ())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"redeemable": None}, "either `redeemable` or `ignore`"),
        ({"ignore": "why"}, "either `redeemable` or `ignore`"),
        ({"redeemable": None, "ignore": "why", "segment": "VIP"}, "`ignore` has no `segment`"),
        ({"segment": []}, "`segment` is an empty list"),
        ({"redeemable": []}, "`redeemable` is an empty list"),
        ({"match": {}}, "says nothing"),
        ({"match": {"tags": []}}, "at least 1 item"),
        ({"name": " "}, "match pattern"),
        ({"max_guests": 0}, "greater than 0"),
        ({"late": "never"}, "'skip' or 'earliest'"),
        ({"surprise": "x"}, "Extra inputs"),
    ],
)
def test_what_a_rule_refuses(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        _rule(**changes)


def test_a_rule_is_late_by_skipping_unless_told_otherwise() -> None:
    assert _rule().late == "skip"


def test_a_file_is_of_version_1() -> None:
    assert MappingFile.model_validate({"version": 1}).rules == ()
    with pytest.raises(ValidationError):
        MappingFile.model_validate({"version": 2})


def test_a_book_translates_audiences_however_they_are_typed() -> None:
    book = RuleBook((), {"vip - email": "VIP Guests"}, "", {})
    assert book.segment_for(" VIP -  E-Mail") == " VIP -  E-Mail"
    assert book.segment_for(" VIP -  Email") == "VIP Guests"
