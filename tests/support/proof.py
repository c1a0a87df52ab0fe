"""Results of long suites, with their commit, written where `PROOF_DIR` says (`proof/`)."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def commit_of_tree() -> str:
    """Return the git commit that is tried, marked where the tree differs from it."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=-changed"]
    here = Path(__file__).parent
    found = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)  # noqa: S603
    return found.stdout.strip() or "unknown"


def folder() -> Path:
    """Return the folder for results, made if it is not there."""
    found = Path(os.environ.get("PROOF_DIR", "proof"))
    found.mkdir(parents=True, exist_ok=True)
    return found


def write_table(
    name: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]
) -> Path:
    """Write `name.md`: a title, the commit, and one table; return its path."""
    path = folder() / f"{name}.md"
    of = f"Commit {commit_of_tree()}."
    lines = [f"# {title}", "", of, "", _line(heads), _line(["---"] * len(heads)), *map(_line, rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_sums(name: str, sums: Mapping[str, object]) -> None:
    """Write `name.json`: the commit, and what was counted."""
    told = {"commit": commit_of_tree(), **sums}
    text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    (folder() / f"{name}.json").write_text(text, encoding="utf-8")


def _line(cells: Sequence[object]) -> str:
    return (
        "| " + " | ".join(str(one).replace("|", "\\|").replace("\n", " ") for one in cells) + " |"
    )
