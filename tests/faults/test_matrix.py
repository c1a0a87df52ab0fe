"""The (call, fault) matrix: a sample that has every call and every fault at least once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.calls import CALLS
from tests.faults.judge import Judge
from tests.faults.matrix import CELLS, FAULTS, Cell, sample
from tests.support.cells import Stand, stand

SAMPLE = sample(190)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("stand")) as found:
        yield found


@pytest.mark.parametrize("cell", SAMPLE, ids=lambda cell: cell.id)
def test_cell(standing: Stand, cell: Cell, tmp_path: Path) -> None:
    assert Judge(cell, standing.run(cell, tmp_path)).problems() == []


def test_the_sample_has_every_call_and_every_fault() -> None:
    assert {cell.call.name for cell in SAMPLE} == set(CALLS)
    assert {cell.fault.name for cell in SAMPLE} == set(FAULTS)


def test_the_matrix_is_as_large_as_it_should_be() -> None:
    assert len(CALLS) >= 11
    assert len(FAULTS) >= 50
    assert len(CELLS) >= 550
    assert len({cell.id for cell in CELLS}) == len(CELLS)
