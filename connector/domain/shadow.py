"""Which rules can never claim a send, because an earlier one takes every send they fit."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from heapq import merge

from connector.domain.names import fits, includes, opening
from connector.domain.rules import Match

_ONE_TEXT = ("send", "id", "kind")  # a send has exactly one of each, and of sources
_SEVERAL_TEXTS = ("tags", "audience")
_INDEXED = ("id", "send", "tags", "audience")
MOST_TRIALS = 500_000  # a second or two of work


def covers(wide: Match, narrow: Match, sources: Collection[str] = ()) -> bool:
    """Say whether every send that `narrow` fits is sure to fit `wide`.

    `sources` are all there are, if they are known. No means only that it cannot be proved from
    the two alone: what sends there are is not looked at.
    """
    return (
        all(includes(_one(wide, key), _one(narrow, key)) for key in _ONE_TEXT)
        and _sources_covered(_one(wide, "source"), _one(narrow, "source"), sources)
        and all(
            any(includes(pattern, other) for other in _all(narrow, key))
            for key in _SEVERAL_TEXTS
            for pattern in _all(wide, key)
        )
    )


def _sources_covered(wide: str, narrow: str, sources: Collection[str]) -> bool:
    meant = [source for source in sources if fits(narrow, source)]
    return includes(wide, narrow) or (bool(meant) and all(fits(wide, one) for one in meant))


def _one(match: Match, key: str) -> str:
    found: str | None = getattr(match, key)
    return "*" if found is None else found


def _all(match: Match, key: str) -> tuple[str, ...]:
    found: str | tuple[str, ...] | None = getattr(match, key)
    return (found,) if isinstance(found, str) else found or ()


class Earlier:
    """The rules before a rule, among which the first that covers it is found.

    A rule covers none but those whose texts begin as its own do, up to the first wildcard, so only
    these are tried. Where too many begin alike (with a wildcard, say), that ends at `MOST_TRIALS`.
    """

    def __init__(self, sources: Collection[str] = ()) -> None:
        self._sources = sources
        self._rules: list[Match] = []
        self._index: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._left = MOST_TRIALS

    @property
    def exhausted(self) -> bool:
        """True where no more rules are compared: None of `first_covering` then says nothing."""
        return self._left <= 0

    def add(self, match: Match) -> None:
        openings = ((key, opening(text)) for key in _INDEXED for text in _all(match, key))
        where = max(openings, key=lambda pair: len(pair[1]), default=("", ""))
        self._index[where if where[1] else ("", "")].append(len(self._rules))
        self._rules.append(match)

    def rule(self, number: int) -> Match:
        return self._rules[number]

    def first_covering(self, match: Match) -> int | None:
        """Return the number of the first rule added that covers another one."""
        found = [self._index[where] for where in set(_lookups(match)) if where in self._index]
        for number in merge(*found):
            other = self._rules[number]
            self._left -= 1 + len(other.tags or ()) * len(match.tags or ())
            if self._left <= 0:
                return None
            if covers(other, match, self._sources):
                return number
        return None


def _lookups(match: Match) -> Iterator[tuple[str, str]]:
    yield "", ""
    for key in _INDEXED:
        for text in _all(match, key):
            begins = opening(text)
            yield from ((key, begins[:end]) for end in range(1, len(begins) + 1))
