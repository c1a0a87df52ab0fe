"""What a person may have meant by a name that is not there."""

from collections.abc import Mapping
from functools import lru_cache

from connector.domain.lookalikes import differing, look
from connector.domain.names import Names


def alike(wanted: str, names: Names, more: str = "") -> str:
    """Say which of the names may be meant by another, how alike they are, and `more` advice."""
    told = _alike(wanted, names)
    return f"{told}{'' if told[-1] == '?' else '.'} {more}" if more else told


def _alike(wanted: str, names: Names) -> str:
    name = _by_look(names).get(look(wanted))
    if name is not None:
        one = differing(name, wanted) or differing(wanted, name)
        told = f" ({one.told})" if one else ""
        return f"“{name}” looks the same but is another{told}: copy the name from there"
    near = names.ranked(wanted)
    if near:
        return f"did you mean {', '.join(f'“{name}” ({score} % alike)' for name, score in near)}?"
    none = "" if names.exhausted else "no name there is like it: "
    return f"{none}correct it, or make it there first"


@lru_cache(maxsize=2)
def _by_look(names: Names) -> Mapping[str, str]:
    """Return the first of the names that look the same, by how they look."""
    return {look(name): name for name in reversed(list(names))}
