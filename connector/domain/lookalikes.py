"""Characters that look like others: why two names that read the same are not the same."""
# ruff: noqa: RUF001  such characters are what it is about

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from connector.domain.names import normalise

_CYRILLIC = dict(
    zip("аеорсухіјѕһԁԛԝӏАВЕКМНОРСТУХІЈЅԌԚԜ", "aeopcyxijshdqwlABEKMHOPCTYXIJSGQW", strict=True)
)
_GREEK = dict(zip("ονικρυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ovikpuABEZHIKMNOPTYX", strict=True))
LETTERS = _CYRILLIC | _GREEK
_MARKS = {
    **dict.fromkeys("‘’‚‛′ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
}
_JOINERS = "\u200c\u200d"  # at home in some scripts and between emoji
_UNSEEN = frozenset(
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062"
    "\u2063\u2064\u2066\u2067\u2068\u2069\ufeff" + _JOINERS
)
_DROPPED = dict.fromkeys([*_UNSEEN, "\ufe0e", "\ufe0f"], "")
_SAME = str.maketrans({**LETTERS, **_MARKS, **_DROPPED})
_QUOTES = ("“”", "„“", "””", "„”", "‘’", "’’", "«»", "»«")


@dataclass(frozen=True, slots=True)
class Odd:
    """A character at an index of a text that looks like `instead` ("" where it shows nothing)."""

    index: int
    char: str
    instead: str

    @property
    def told(self) -> str:
        """Name it, for a person who cannot tell it from what it looks like."""
        return f"U+{ord(self.char):04X} {unicodedata.name(self.char, 'without a name').lower()}"


def look(text: str) -> str:
    """Return the form in which names are equal that look the same, besides case and blanks."""
    return normalise(normalise(text.translate(_SAME)).translate(_SAME))


def differing(name: str, other: str) -> Odd | None:
    """Return the first character of a name that another, which looks the same, has not."""
    theirs = set(normalise(other))
    for index, char in enumerate(name):
        if char in LETTERS or char in _MARKS or char in _DROPPED:
            folded = normalise(char)
            if not folded or folded not in theirs:
                return Odd(index, char, char.translate(_SAME))
    return None


def odd(text: str) -> Iterator[Odd]:
    """Find what hardly anybody types on purpose.

    That is letters of another alphabet within Latin words, characters that show nothing, and
    blanks that are no plain ones.
    """
    latin = any(map(_latin, text))
    start = 0
    for end in range(len(text) + 1):
        if end < len(text) and (text[end].isalpha() or text[end] in _UNSEEN):
            continue
        yield from _foreign(text[start:end], start, among_latin=latin)
        start = end + 1
    for index, char in enumerate(text):
        if char in _UNSEEN and not _at_home(text, index):
            yield Odd(index, char, "")
        elif char != " " and unicodedata.category(char) == "Zs":
            yield Odd(index, char, " ")


def in_curly_quotes(text: str) -> bool:
    """Say whether a text stands in quotes that only a word processor takes for quotes."""
    return len(text) > 1 and text[0] + text[-1] in _QUOTES


def _foreign(word: str, start: int, *, among_latin: bool) -> Iterator[Odd]:
    """Find look-alikes of Latin letters in a Latin word, or in one that has no other letter."""
    if any(map(_latin, word)) or (among_latin and all(each in LETTERS for each in word)):
        for index, char in enumerate(word, start):
            if char in LETTERS:
                yield Odd(index, char, LETTERS[char])


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _at_home(text: str, index: int) -> bool:
    """Say whether a joiner stands after what it may join."""
    before = text[index - 1] if index else " "
    return text[index] in _JOINERS and not before.isascii()
