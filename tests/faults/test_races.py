"""Several workers on one ledger, halted in the worst places, never make a second campaign.

Each worker is the real console script; a halted one is stopped by SIGSTOP at a named point, while
it holds the lock, and goes on by SIGCONT after others have tried.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from connector.points import Point
from tests.support.console import Running, Shop, is_halted, opened, until
from tests.support.proof import write_table

DUE = 8  # the committable offers of the scenario
LONG = 100.0  # seconds: eight workers on a busy machine
pytestmark = pytest.mark.timeout(4 * LONG)
PLACES = [
    Point.LOCK_SIGNED,
    Point.PLANNED,
    Point.RECORD_COMMITTED,
    Point.BEGIN_COMMITTED,
    Point.COMMIT_POSTING,
    Point.COMMIT_POSTED,
    Point.SETTLE_COMMITTED,
]


@pytest.fixture(scope="module")
def results() -> Iterator[list[tuple[object, ...]]]:
    """Collect what came of the heavy ones, for the table."""
    found: list[tuple[object, ...]] = []
    yield found
    if found:
        heads = ("workers", "halted", "exit codes", "campaigns", "result")
        write_table("races", f"Races: {len(found)} cases, {DUE} offers each", heads, found)


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
    until(lambda: is_halted(worker.process), LONG)
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
    assert worker.ended(LONG)[0] == 1  # the scenario holds one that Punchh refuses
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
    _race(shop, Random(count).choices(PLACES, k=count))


@pytest.mark.heavy
@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_many_workers_while_one_is_halted(
    shop: Shop, results: list[tuple[object, ...]], place: Point, count: int
) -> None:
    """The halted one holds the lock; all others try meanwhile, and leave."""
    halted = _halted(shop, place)
    others = [shop.start("run", "--once") for _ in range(count - 1)]
    codes = [one.ended(LONG)[0] for one in others]
    halted.send(signal.SIGCONT)
    codes.append(halted.ended(LONG)[0])
    shop.once()
    results.append((count, f"one at {place}", sorted(codes), len(shop.campaigns()), "holds"))
    assert codes == [3] * (count - 1) + [1]  # the scenario holds one that Punchh refuses
    _each_once(shop)


@pytest.mark.heavy
@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize("turn", range(5))
def test_many_workers_at_once(
    shop: Shop, results: list[tuple[object, ...]], count: int, turn: int
) -> None:
    codes = _race(shop, Random(turn).choices(PLACES, k=count))
    results.append((count, "each somewhere", sorted(codes), len(shop.campaigns()), "holds"))


def _race(shop: Shop, places: list[Point]) -> list[int]:
    """Let a worker start for each place, halt itself there and be woken; return their codes."""
    workers = []
    for place in places:
        shop.variables["POINTS_STOP"] = place.value
        workers.append(shop.start("run", "--once"))
    del shop.variables["POINTS_STOP"]

    def all_ended() -> bool:
        for worker in workers:
            if is_halted(worker.process):
                worker.send(signal.SIGCONT)
        return all(worker.process.poll() is not None for worker in workers)

    until(all_ended, LONG)
    codes = [worker.ended()[0] for worker in workers]
    assert set(codes) <= {0, 1, 3}
    _no_double(shop)
    shop.once()
    _each_once(shop)
    return codes


def _each_once(shop: Shop) -> None:
    _no_double(shop)
    assert len(shop.campaigns()) == DUE
