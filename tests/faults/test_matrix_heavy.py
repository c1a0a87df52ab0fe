"""The whole (call, fault) matrix, with its results in a table."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.calls import FIRST
from tests.faults.judge import Judge
from tests.faults.matrix import CELLS, Cell
from tests.support import proof
from tests.support.cells import Ran, Stand, stand

pytestmark = pytest.mark.heavy
HEADS = ("call", "fault", "rows after the fault", "posts", "told", "rows an hour later", "ok")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("stand")) as found:
        yield found


@pytest.fixture(scope="module")
def lines() -> Iterator[Path]:
    """Give the file of results, a line a cell; whichever process ends last writes the table."""
    path = proof.folder() / "matrix.jsonl"
    yield path
    found = {line[0] + line[1]: line for line in map(json.loads, path.read_text().splitlines())}
    order = {cell.call.name + cell.fault.name: n for n, cell in enumerate(CELLS)}
    known = sorted((key for key in found if key in order), key=order.__getitem__)
    bad = sum(found[key][-1] != "ok" for key in known)
    title = f"Calls and faults: {len(known)} of {len(CELLS)} cells, {bad} not as expected"
    proof.write_table("matrix", title, HEADS, (found[key] for key in known))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_every_cell(standing: Stand, lines: Path, cell: Cell, tmp_path: Path) -> None:
    ran = standing.run(cell, tmp_path)
    problems = Judge(cell, ran).problems()
    with lines.open("a", encoding="utf-8") as file:
        file.write(json.dumps(_line(cell, ran, problems)) + "\n")
    assert problems == []


def _line(cell: Cell, ran: Ran, problems: list[str]) -> list[object]:
    told = ran.spoiled.told.get(cell.call.remote, "")
    if cell.call.is_post:
        told = ran.spoiled.sentences.get(FIRST, "")
    return [
        cell.call.name,
        cell.fault.name,
        _counts(ran.spoiled.rows),
        ran.spoiled.posts.total(),
        told,
        _counts(ran.clean.rows),
        "; ".join(problems) or "ok",
    ]


def _counts(rows: dict[str, tuple[str, str, int | None]]) -> str:
    states = sorted(state for state, *_ in rows.values())
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
