"""Names that read the same and are not, and characters that nobody types on purpose."""
# ruff: noqa: RUF001  such characters are what it is about

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.lookalikes import LETTERS, differing, in_curly_quotes, look, odd

SAME_LOOK = [
    ("Frіes", "Fries"),
    ("ВIP Guests", "VIP Guests".replace("V", "B")),
    ("Kid’s Meal", "Kid's  meal"),
    ("VIP – Email", "VIP - Email"),
    ("VIP\u200b Guests", "VIP Guests"),
    ("Taco\ufeff", "taco"),
    ("Τaco Τuesday", "taco tuesday"),
    ("♥\ufe0f Deals", "♥ Deals"),
]


@pytest.mark.parametrize(("one", "other"), SAME_LOOK)
def test_names_that_look_the_same(one: str, other: str) -> None:
    assert look(one) == look(other)
    assert differing(one, other) or differing(other, one)


@pytest.mark.parametrize(("one", "other"), [("Fries", "Frees"), ("VIP 1", "VIP 2"), ("a", "")])
def test_names_that_look_different(one: str, other: str) -> None:
    assert look(one) != look(other)


def test_a_difference_is_told_with_the_character_s_name() -> None:
    found = differing("Frіes", "Fries")
    assert found
    assert (found.index, found.instead) == (2, "i")
    assert found.told == "U+0456 cyrillic small letter byelorussian-ukrainian i"
    assert differing("Fries", "Fries") is None


ODD = {
    "Frіes": [(2, "i")],
    "ТОР deals": [(0, "T"), (1, "O"), (2, "P")],
    "VIP\u00a0Guests": [(3, " ")],
    "VIP\u2003Guests": [(3, " ")],
    "VIP\u200bGuests": [(3, "")],
    "\u200dVIP": [(0, "")],
    "Fri\u00adday": [(3, "")],
    "Frі\u200bes": [(2, "i"), (3, "")],
}
NOT_ODD = [
    *("Friday Fries", "", "Café à la carte", "Kid’s Meal – 50 % off", "Скидка для всех", "ТОР"),
    *("👨\u200d👩\u200d👧 family", "♥\ufe0f", "Ελλάδα", "日本", "5 µg"),
]


@pytest.mark.parametrize("text", ODD)
def test_odd_characters(text: str) -> None:
    assert [(one.index, one.instead) for one in odd(text)] == ODD[text]


@pytest.mark.parametrize("text", NOT_ODD)
def test_characters_that_are_at_home(text: str) -> None:
    assert list(odd(text)) == []


@given(st.text(st.sampled_from([*"Fries 5-\u00a0\u200b\u200d👨", *LETTERS])))
def test_each_odd_character_stands_where_it_is_said_to(text: str) -> None:
    found = list(odd(text))
    assert [text[one.index] for one in found] == [one.char for one in found]
    assert len({one.index for one in found}) == len(found)


@pytest.mark.parametrize(
    ("text", "curly"),
    [
        ("“Fries”", True),
        ("„Fries“", True),
        ("‘Fries’", True),
        ("«Fries»", True),
        ("Fries", False),
        ("Kid’s", False),
        ("“", False),
        ("“Best” fries", False),
    ],
)
def test_curly_quotes_around_a_name(text: str, curly: bool) -> None:
    assert in_curly_quotes(text) is curly
