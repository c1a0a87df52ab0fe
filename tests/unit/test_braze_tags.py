"""Tags that were probably meant to name an audience are told from those that mean other things."""

import pytest

from connector.domain.send import MISSPELLED_TAG
from connector.sources.braze.tags import audiences, misspelled
from tests.support.words import in_words, step_of

PREFIX = "punchh:segment="
MISSPELLED = (
    "punchh:segments=VIP",
    "punchh:segment =VIP",
    "punchh: segment=VIP",
    "punchh : segment = VIP",
    "punchh:segment:VIP",
    "punchh-segment=VIP",
    "punchh_segment=VIP",
    "Punchh Segment = VIP",
    "punchh/segment/VIP",
    "punch:segment=VIP",
    "punchh:segement=VIP",
    "punchh:segment\u200b=VIP",
    "\ufeffpunchh:segment=VIP",
    "punchh:segment=VIP\u200b",
    "рunchh:segment=VIP",  # noqa: RUF001  a Cyrillic letter
    "punchh:segment=VІP",  # noqa: RUF001
    "punchh:segment=",
    "punchh:segment= ",
    "punchh:segment",
)
OTHERS = (
    "offer",
    "punchh",
    "punchh:none",
    "Punchh segmentation test",
    "Lunch Segment",
    "lunch:segment=x",
    "segment=VIP",
    "",
    "=",
    "Crème brûlée",
    "שלום",
)
WELL = (
    "punchh:segment=VIP",
    "Punchh:Segment= VIP  Guests ",
    "punchh:segment=VIP\u00a0Guests",
    "punchh:segment=👩\u200d🍳 Cooks",
    "punchh:segment=a=b",
    "punchh:segment=עברית",
)


@pytest.mark.parametrize("tag", MISSPELLED)
def test_a_near_miss_is_found_and_named(tag: str) -> None:
    found = misspelled(["offer", tag], PREFIX, "Braze")
    assert found is not None
    assert found.code == MISSPELLED_TAG
    assert tag in in_words(found)
    assert PREFIX in step_of(found)


@pytest.mark.parametrize("tag", [*OTHERS, *WELL])
def test_what_means_something_else_is_left_alone(tag: str) -> None:
    assert misspelled([tag], PREFIX, "Braze") is None
    assert bool(audiences([tag], PREFIX)) is (tag in WELL)


@pytest.mark.parametrize(
    ("prefix", "tag"), [("VIP:", "VIP"), ("VIP:", "vip-week"), ("p=", "p-1"), ("🎁", "gift")]
)
def test_a_short_prefix_finds_no_near_miss_in_every_tag(prefix: str, tag: str) -> None:
    assert misspelled([tag], prefix, "Braze") is None


def test_a_short_prefix_with_blanks_is_still_found() -> None:
    assert misspelled(["VIP :Gold"], "VIP:", "Braze") is not None
