"""How names are compared: the same way everywhere, so that a match is never a surprise."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache

from rapidfuzz import fuzz, process

CLOSE = 75  # so many percent alike are two names that may have been confused
_COMPARED = 200  # characters of a name


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Return the form in which names are equal: NFKC, trimmed, single blanks, case-folded."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


# Letters that no decomposition turns into plain ones.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
_UNTYPED = ("Mn", "Cf")  # accents, and what shows nothing


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """Return the form in which names are searched: normalised, and without accents.

    Names that are equal are equal in this form too.
    """
    plain = normalise(text)
    if plain.isascii():
        return plain
    letters = unicodedata.normalize("NFKD", plain).translate(_PLAIN)
    typed = "".join(char for char in letters if unicodedata.category(char) not in _UNTYPED)
    return " ".join(typed.split())


@lru_cache(maxsize=65536)
def _compiled(pattern: str, one: str = ".") -> re.Pattern[str]:
    first, *others = (
        "".join(one if char == "?" else re.escape(char) for char in part)
        for part in re.split(r"\*+", normalise(pattern))
    )
    if not others:
        return re.compile(first, re.DOTALL)
    # The leftmost place of a middle part is always good enough, and an atomic group never looks
    # for another one: however many stars a pattern has, no name takes long.
    middle = "".join(f"(?>.*?{part})" for part in others[:-1])
    return re.compile(f"{first}{middle}.*{others[-1]}", re.DOTALL)


def fits(pattern: str, name: str) -> bool:
    """Say whether a name fits a pattern, in which only `*` and `?` are special."""
    return matcher(pattern)(normalise(name)) is not None


def matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """Return what finds out whether an already normalised name fits: for hot loops."""
    return _compiled(pattern).fullmatch


def includes(wide: str, narrow: str) -> bool:
    """Say whether every name that fits `narrow` fits `wide` too.

    A name that fits `narrow` has any character for each `?` of it, and any text for each `*`; so
    it is enough that `wide` fits `narrow` itself and takes its `*` by a `*`, its `?` by either.
    """
    return wide in ("*", narrow) or _including(wide).fullmatch(_marked(narrow)) is not None


def opening(pattern: str) -> str:
    """Return the normalised text with which every name begins that fits a pattern, cut short.

    Patterns can be looked up by it.
    """
    return _WILD.split(normalise(pattern), 1)[0][:_OPENING]


_WILD = re.compile(r"[*?]")
_OPENING = 40  # characters
_ANY_TEXT, _ANY_CHAR = "\x00", "\x01"  # a file cannot hold them, so no pattern means them


def _in_order(pattern: str) -> str:
    """Put the `?` of every run of wildcards before its `*`, which changes nothing but the look."""
    return re.sub(r"[*?]*\*[*?]*", lambda run: "?" * run[0].count("?") + "*", pattern)


@lru_cache(maxsize=65536)
def _including(wide: str) -> re.Pattern[str]:
    return _compiled(_in_order(normalise(wide)), f"[^{_ANY_TEXT}]")


@lru_cache(maxsize=65536)
def _marked(pattern: str) -> str:
    return _in_order(normalise(pattern)).replace("*", _ANY_TEXT).replace("?", _ANY_CHAR)


def ranked(
    name: str, candidates: Iterable[str], limit: int = 3, *, least: int = CLOSE
) -> tuple[tuple[str, int], ...]:
    """Return the most similar names, best first, each with how alike it is in percent.

    Those that are less than `least` alike are left out.
    """
    return Names(candidates).ranked(name, limit, least=least)


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the most similar names, best first; none if nothing is close."""
    return tuple(candidate for candidate, _ in ranked(name, candidates, limit))


class Names:
    """Names among which the nearest to others are looked for: each takes a look at all of them.

    So only `most` others are looked for; to any more, nothing is near. What was found stays known.
    """

    def __init__(self, names: Iterable[str], most: int = 100) -> None:
        self._names = tuple(sorted(set(names)))
        self._found: dict[tuple[str, int, int], tuple[tuple[str, int], ...]] = {}
        self._most = most

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    @property
    def exhausted(self) -> bool:
        """True where nothing is looked for any more."""
        return len(self._found) >= self._most

    def ranked(
        self, name: str, limit: int = 3, *, least: int = CLOSE
    ) -> tuple[tuple[str, int], ...]:
        """Return the most similar names, best first, each with how alike it is in percent."""
        asked = (name[:_COMPARED], limit, least)
        if asked not in self._found and not self.exhausted:
            self._found[asked] = tuple(self._extracted(*asked))
        return self._found.get(asked, ())

    @cached_property
    def _compared(self) -> list[str]:
        return [normalise(name)[:_COMPARED] for name in self._names]

    def _extracted(self, name: str, limit: int, least: int) -> Iterator[tuple[str, int]]:
        found = process.extract(
            normalise(name), self._compared, scorer=fuzz.WRatio, limit=limit, score_cutoff=least
        )
        for _, score, number in found:
            yield self._names[number], int(score)
