"""Break the protocol on purpose and see which tests notice: `python -m tests.faults.sabotage`.

Each breaking is made in a copy of the tree, the suite runs there, and the table says which tests
failed. A breaking that nobody notices is an error: exit code 1. Takes minutes; the default suite
does not run it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("connector", "tests", "mappings", "config", "README.md", "pyproject.toml", "LICENSE")
SUITE = ("tests/unit", "tests/integration", "tests/faults", "tests/acceptance", "tests/simulation")


@dataclass(frozen=True)
class Sabotage:
    """One text of one file, and what to put in its place."""

    name: str
    path: str
    before: str
    after: str


SABOTAGES = (
    Sabotage(
        "the intent is written after the POST",
        "connector/worker/commit.py",
        "        begun = work.ledger.begin(row, attempt)\n",
        "        early = work.loyalty.commit(order)\n"
        "        begun = work.ledger.begin(row, attempt)\n",
    ),
    Sabotage(
        "a POST whose answer is lost is made again",
        "connector/http/wire.py",
        'attempts = self._line.limits.attempts if request.method == "GET" else 1',
        "attempts = self._line.limits.attempts",
    ),
    Sabotage(
        "no answer counts as not sent",
        "connector/punchh/outcome.py",
        "    if error.reach.may_have_acted:\n",
        "    if error.reach is Reach.BODY:\n",
    ),
    Sabotage(
        "the ledger is not flushed at each commit",
        "connector/ledger/store.py",
        "synchronous = FULL",
        "synchronous = NORMAL",
    ),
    Sabotage(
        "nobody holds the right to commit",
        "connector/ledger/committer.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
    ),
    Sabotage(
        "a row is sealed without comparing its state and version",
        "connector/ledger/moves.py",
        'distribution.c.version == bindparam("at_version")',
        "distribution.c.version >= 0",
    ),
    Sabotage(
        "an orphan goes back to waiting",
        "connector/ledger/commits.py",
        "replace(intent, state=State.UNKNOWN, reason=reason)",
        "replace(intent, state=State.WAITING, reason=reason)",
    ),
    Sabotage(
        "a poll counts before what it showed is written down",
        "connector/worker/cycle.py",
        "    plan = plan_of(work, book, observation)\n    for",
        "    work.ledger.note_remotes(observation.notes)\n"
        "    plan = plan_of(work, book, observation)\n    for",
    ),
)


def copy_tree(to: Path) -> None:
    for name in KEPT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, symlinks=False)
        else:
            shutil.copy(source, to / name)


def failures(tree: Path, sabotage: Sabotage) -> list[str]:
    """Return the tests that fail in the broken tree, a few of them."""
    file = tree / sabotage.path
    text = file.read_text(encoding="utf-8")
    if sabotage.before not in text:
        raise SystemExit(f"{sabotage.path}: no longer has the text of “{sabotage.name}”")
    file.write_text(text.replace(sabotage.before, sabotage.after), encoding="utf-8")
    suite = [name for name in SUITE if (tree / name).is_dir()]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--maxfail=12", "-n", "2", *suite],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return [line.split(" - ")[0].removeprefix("FAILED ").removeprefix("ERROR ") for line in found]


def main(wanted: str) -> int:
    lines = ["# Which tests notice a broken protocol", ""]
    lines += ["| broken on purpose | noticed by |", "| --- | --- |"]
    unnoticed = 0
    for sabotage in (one for one in SABOTAGES if wanted in one.name):
        with tempfile.TemporaryDirectory() as folder:
            copy_tree(Path(folder))
            found = failures(Path(folder), sabotage)
        unnoticed += not found
        shown = "<br>".join(f"`{name}`" for name in found[:6]) or "**nobody**"
        more = f"<br>and {len(found) - 6} more" if len(found) > 6 else ""
        lines.append(f"| {sabotage.name} | {shown}{more} |")
        print(f"{len(found):3} tests notice: {sabotage.name}", flush=True)
    proof = Path(os.environ.get("PROOF_DIR", ROOT / "proof"))
    proof.mkdir(parents=True, exist_ok=True)
    (proof / "sabotage.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
