"""What tags say of a send's audience, and tags that were probably meant to (facts: braze §7)."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rapidfuzz import fuzz

from connector.domain.lookalikes import look, odd
from connector.domain.names import normalise
from connector.domain.reasons import Reason, reason
from connector.domain.send import MISSPELLED_TAG

ALIKE = 92  # percent, of letters and digits: one letter of a dozen differs
_ENOUGH = 6  # letters of a prefix; the letters of a shorter one begin many a tag


def audiences(tags: Iterable[str], prefix: str) -> tuple[str, ...]:
    """Return what stands after the prefix in each tag that has it, in any case and width.

    Nothing after the prefix names no audience; the same name twice is one.
    """
    named: dict[str, str] = {}
    for tag in tags:
        if rest := _named(tag, normalise(prefix)):
            named.setdefault(normalise(rest), rest)
    return tuple(named.values())


def misspelled(tags: Iterable[str], prefix: str, remote: str) -> Reason | None:
    """Return the problem of the first tag that looks like one for an audience and is none."""
    found = (_problem(tag, prefix, remote) for tag in tags)
    return next((problem for problem in found if problem is not None), None)


def _named(tag: str, wanted: str) -> str | None:
    """Return what a tag names after the normalised prefix, None where it does not begin so."""
    if not normalise(tag).startswith(wanted):
        return None
    end = bisect_left(range(len(tag)), len(wanted), key=lambda n: len(normalise(tag[:n])))
    while end < len(tag) and normalise(tag[:end]) != wanted:
        end += 1
    return tag[end:].strip()


@lru_cache(maxsize=65536)  # the same few tags come with every poll
def _problem(tag: str, prefix: str, remote: str) -> Reason | None:
    """Say what is wrong with a tag that was probably meant to name an audience."""
    name = _named(tag, normalise(prefix))
    hidden = next((one for one in odd(tag) if one.instead != " "), None)
    if name == "":
        return reason(f"{MISSPELLED_TAG}/nothing", tag=tag, prefix=prefix, remote=remote)
    if hidden is not None and (name or _begins(tag, prefix)):
        char = hidden.told
        return reason(f"{MISSPELLED_TAG}/hidden", tag=tag, prefix=prefix, remote=remote, char=char)
    if name is None and (_begins(tag, prefix) or _alike(tag, prefix)):
        return reason(MISSPELLED_TAG, tag=tag, prefix=prefix, remote=remote)
    return None


def _begins(tag: str, prefix: str) -> bool:
    """Say whether a tag begins with the prefix but for blanks, and for what looks the same."""
    return _tight(look(tag)).startswith(_tight(look(prefix)))


def _tight(text: str) -> str:
    return text.replace(" ", "")


def _alike(tag: str, prefix: str) -> bool:
    """Say whether a tag, up to some separator, has nearly the letters of the prefix."""
    meant, seen = _letters(look(prefix)), look(tag)
    if len(meant) < _ENOUGH:
        return False
    nearly = any(fuzz.ratio(head, meant) >= ALIKE for head in _heads(seen, len(meant)))
    return nearly or _letters(seen) == meant


def _heads(tag: str, length: int) -> Iterator[str]:
    """Return the letters before each separator of a tag, where they are about so many."""
    letters = ""
    for char in tag:
        if char.isalnum():
            letters += char
        elif len(letters) > 1.25 * length:
            return
        elif len(letters) > 0.8 * length:
            yield letters


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
