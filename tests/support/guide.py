"""The marketers' guide in pieces: what stands in it, by its titles."""

import re

from tests.support.console import ROOT

GUIDE = (ROOT / "mappings" / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = GUIDE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return re.split(r"^## ", GUIDE.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def examples() -> dict[str, str]:
    """Return the file of each kind of send by the title above it."""
    _, *parts = section("One example for each kind of send").split("\n### ")
    files = {part.partition("\n")[0]: blocks("yaml", part) for part in parts}
    assert [len(found) for found in files.values()] == [1] * len(parts)
    return {title: text for title, (text,) in files.items()}
