import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.names import fits, matcher, nearest, normalise


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("VIP Guests", "vip guests"),
        ("  VIP \t\n Guests ", "vip guests"),
        ("VIP\u00a0Guests", "vip guests"),
        ("\uff36\uff29\uff30 Guests", "vip guests"),  # full-width letters
        ("Stra\u00dfe", "strasse"),
        ("Cafe\u0301", "caf\u00e9"),
        ("\ufb01sh", "fish"),
        ("", ""),
        (" \u3000 ", ""),
    ],
)
def test_normalise(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@given(st.text())
def test_normalise_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_a_name_equals_its_own_variants(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert normalise(f"  {composed}\t") == normalise(text)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("Friday Fries*", "friday fries - push", True),
        ("Friday Fries*", "Friday  Fries", True),
        ("Friday Fries*", "My Friday Fries", False),
        ("*Newsletter*", "The NEWSLETTER of May", True),
        ("Lunch ?", "Lunch 1", True),
        ("Lunch ?", "Lunch", False),
        ("Lunch ?", "Lunch 12", False),
        ("*", "", True),
        ("**", "anything", True),
        ("a*b*c", "a b x b c", True),
        ("a*b*c", "a c b", False),
        ("*ab", "aab", True),
        ("a*a", "a", False),
        ("[offer]", "[offer]", True),
        ("[a-z]", "b", False),
        ("a.c", "abc", False),
        ("50% (off)+", "50% (OFF)+", True),
        ("a*b", "a\nb", True),
        ("Deal", "Deals", False),
        ("*a?c*", "xxabacabc", True),
    ],
)
def test_fits(pattern: str, name: str, expected: bool) -> None:
    assert fits(pattern, name) is expected


def _reference(pattern: str, text: str) -> bool:
    """A glob as its definition reads: try every length for each star."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_reference(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and _reference(pattern[1:], text[1:])


@given(st.text("ab*?.", max_size=7), st.text("ab.", max_size=9))
def test_fits_agrees_with_the_definition(pattern: str, name: str) -> None:
    assert fits(pattern, name) is _reference(pattern, name)


@given(st.text(max_size=20))
def test_every_name_fits_itself_and_a_star(name: str) -> None:
    assert fits("*", name)
    assert fits(re.sub(r"[*?]", "?", normalise(name)), name)


def test_many_stars_take_no_time() -> None:
    began = time.process_time()
    assert not fits("*a" * 60 + "b", "a" * 3000)
    assert time.process_time() - began < 1


def test_matcher_is_fits_without_the_normalising() -> None:
    assert matcher("Lunch*")("lunch push")
    assert not matcher("Lunch*")("Lunch push")


def test_nearest_names_come_best_first_and_none_if_none_is_close() -> None:
    names = ["VIP Guests", "VIP Guest List", "Lunch Regulars"]
    assert nearest("vip guets", names)[0] == "VIP Guests"
    assert nearest("VIP Guests", names, 1) == ("VIP Guests",)
    assert nearest("zzzz", names) == ()
    assert nearest("anything", []) == ()
