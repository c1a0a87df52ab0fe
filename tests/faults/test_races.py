"""Several workers on one ledger, halted in the worst places, never make a second campaign.

Each worker is the real console script; a halted one is stopped by SIGSTOP at a named point, while
it holds the lock, and goes on by SIGCONT after others have tried.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from connector.points import Point
from tests.support.console import Running, Shop, opened, until

DUE = 8  # the committable offers of the scenario
PLACES = [
    Point.LOCK_SIGNED,
    Point.PLANNED,
    Point.RECORD_COMMITTED,
    Point.BEGIN_COMMITTED,
    Point.COMMIT_POSTING,
    Point.COMMIT_POSTED,
    Point.SETTLE_COMMITTED,
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path / "shop") as found:
        found.live()
        yield found


def _halted(shop: Shop, point: Point) -> Running:
    """Start a worker that halts itself at the point, and wait until it has."""
    shop.variables["POINTS_STOP"] = point.value
    worker = shop.start("run", "--once")
    del shop.variables["POINTS_STOP"]
    stat = Path(f"/proc/{worker.process.pid}/stat")
    until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", 30)
    return worker


def _no_double(shop: Shop) -> None:
    marks = Counter(one.external_campaign_id for one in shop.campaigns())
    assert set(marks.values()) <= {1}
    pairs = Counter((one.name.rpartition(" ")[0], one.segment_id) for one in shop.campaigns())
    assert set(pairs.values()) <= {1}


@pytest.mark.parametrize("point", PLACES, ids=str)
def test_a_halted_worker_keeps_the_others_out(shop: Shop, point: Point) -> None:
    worker = _halted(shop, point)
    before = len(shop.campaigns())
    for _ in range(2):
        second = shop.once()
        assert second.code == 3
        assert (
            f"process {worker.process.pid}" in second.err or str(worker.process.pid) in second.err
        )
    assert len(shop.campaigns()) == before
    worker.send(signal.SIGCONT)
    assert worker.ended(30)[0] == 1  # the scenario holds one that Punchh refuses
    _no_double(shop)
    assert len(shop.campaigns()) == DUE
    assert shop.once().code == 0
    assert len(shop.campaigns()) == DUE


@pytest.mark.parametrize("point", [Point.BEGIN_COMMITTED, Point.COMMIT_POSTED], ids=str)
def test_a_halted_worker_that_is_killed_leaves_an_unknown(shop: Shop, point: Point) -> None:
    worker = _halted(shop, point)
    worker.process.kill()
    assert worker.ended()[0] == -signal.SIGKILL
    shop.once()
    states = Counter(state for state, _ in shop.states().values())
    assert states["unknown"] == 1
    assert states["intent"] == 0
    _no_double(shop)
    assert len(shop.campaigns()) == DUE - (point is Point.BEGIN_COMMITTED)


@pytest.mark.parametrize("count", [2, 4])
def test_workers_at_once(shop: Shop, count: int) -> None:
    _race(shop, count)


@pytest.mark.heavy
@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize("turn", range(10))
def test_many_workers_at_once(shop: Shop, count: int, turn: int) -> None:
    _race(shop, count)


def _race(shop: Shop, count: int) -> None:
    """Let so many workers start together, halting and waking them as they go."""
    workers = [shop.start("run", "--once") for _ in range(count)]
    for worker in workers:
        with suppress(ProcessLookupError):
            worker.send(signal.SIGSTOP)
            worker.send(signal.SIGCONT)
    codes = [worker.ended(60)[0] for worker in workers]
    assert set(codes) <= {0, 1, 3}
    _no_double(shop)
    shop.once()
    _no_double(shop)
    assert len(shop.campaigns()) == DUE
