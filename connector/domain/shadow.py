"""Which rules can never claim a send, because an earlier one takes every send they fit."""

from collections.abc import Collection

from connector.domain.names import fits, includes
from connector.domain.rules import Match

_ONE_TEXT = ("send", "id", "kind")  # a send has exactly one of each, and of sources
_SEVERAL_TEXTS = ("tags", "audience")


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
