"""What a person may have meant by a name that is not there."""

from collections.abc import Collection

from connector.domain.lookalikes import differing, look
from connector.domain.names import ranked


def alike(wanted: str, names: Collection[str], more: str = "") -> str:
    """Say which of the names may be meant by another, how alike they are, and `more` advice."""
    told = _alike(wanted, names)
    return f"{told}{'' if told[-1] == '?' else '.'} {more}" if more else told


def _alike(wanted: str, names: Collection[str]) -> str:
    for name in sorted(names):
        if look(name) == look(wanted):
            one = differing(name, wanted) or differing(wanted, name)
            told = f" ({one.told})" if one else ""
            return f"“{name}” looks the same but is another{told}: copy the name from there"
    near = ranked(wanted, names)
    if near:
        return f"did you mean {', '.join(f'“{name}” ({score} % alike)' for name, score in near)}?"
    return "no name there is like it: correct it, or make it there first"
