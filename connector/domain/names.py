"""How names are compared: the same way everywhere, so that a match is never a surprise."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from rapidfuzz import fuzz, process


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Return the form in which names are equal: NFKC, trimmed, single blanks, case-folded."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


@lru_cache(maxsize=65536)
def _compiled(pattern: str) -> re.Pattern[str]:
    first, *others = (
        "".join("." if char == "?" else re.escape(char) for char in part)
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


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the most similar names, best first; none if nothing is close."""
    found = process.extract(
        name,
        sorted(set(candidates)),
        scorer=fuzz.WRatio,
        processor=normalise,
        limit=limit,
        score_cutoff=75,
    )
    return tuple(candidate for candidate, _, _ in found)
