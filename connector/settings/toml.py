"""TOML to be pasted into the configuration, whatever a person or a folder is called."""

import re

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\]")


def text(value: str) -> str:
    """Spell a text in quotes; what is no text (a half surrogate) becomes a question mark."""
    whole = value.encode("utf-8", "replace").decode("utf-8")
    return '"' + _ESCAPED.sub(_escaped, whole) + '"'


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found[0] in '"\\' else f"\\u{ord(found[0]):04x}"


def key(name: str) -> str:
    """Spell a key, in quotes only where it must: a dot in it would make a table of its own."""
    return name if _BARE.fullmatch(name) else text(name)
