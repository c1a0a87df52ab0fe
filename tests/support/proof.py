"""Result tables of long suites, written where `PROOF_DIR` says (`proof/` by default)."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def folder() -> Path:
    """Return the folder for results, made if it is not there."""
    found = Path(os.environ.get("PROOF_DIR", "proof"))
    found.mkdir(parents=True, exist_ok=True)
    return found


def write_table(
    name: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]
) -> Path:
    """Write `name.md`, a title and one table; return its path."""
    path = folder() / f"{name}.md"
    lines = [f"# {title}", "", _line(heads), _line(["---"] * len(heads)), *map(_line, rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _line(cells: Sequence[object]) -> str:
    return (
        "| " + " | ".join(str(one).replace("|", "\\|").replace("\n", " ") for one in cells) + " |"
    )
