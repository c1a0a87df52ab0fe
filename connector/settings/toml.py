"""Keys and texts of TOML, for snippets that people paste into the configuration."""

import re

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\]")


def text(value: str) -> str:
    """Return a text in quotes; a lone surrogate, which is not text, becomes a question mark."""
    whole = value.encode("utf-8", "replace").decode("utf-8")
    return '"' + _ESCAPED.sub(_escaped, whole) + '"'


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}" if match[0] in '"\\' else f"\\u{ord(match[0]):04x}"


def key(name: str) -> str:
    """Return a key, in quotes if it needs them: a dot without quotes would begin a new table."""
    return name if _BARE.fullmatch(name) else text(name)
