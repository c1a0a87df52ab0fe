"""A month of a brand by seed: the promise holds after every step, whatever goes wrong."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count

import pytest

from connector.clock import SystemClock
from tests.simulation.draw import story
from tests.simulation.run import told
from tests.simulation.simulate import Result, simulate
from tests.simulation.story import STARTS, Story, item
from tests.support.proof import write_sums

# The last five: a ledger put back that knows an earlier attempt only, a daily send moved while
# messages of its next turn were queued, something that happens just before a send's last poll,
# a send moved unseen after a restore, one moved unseen before the machine's clock was set back.
DEFAULT = (*range(16), 161897, 162739, 182360, 200934, 205587)
BATCH = 64


@pytest.mark.parametrize("seed", DEFAULT)
def test_a_seed_holds(seed: int) -> None:
    result = simulate(story(seed))
    assert not result.broken, told(result)
    assert result.cycles > 10


def test_a_seed_replays_exactly() -> None:
    first, second = simulate(story(11)), simulate(story(11))
    assert first == second
    assert first.digest != simulate(story(10)).digest


def test_what_only_a_look_was_told_is_not_held_against_the_worker() -> None:
    """A look writes no refusal down, so the worker may ask with that key."""
    items = (
        item(0, "rules", book=0),  # has the worker started
        item(30, "refuse_key", remote="punchh"),
        item(30.1, "look"),
        item(30.2, "restore_key", remote="punchh"),
    )
    result = simulate(Story(1, STARTS[0], 1, 300, "wait", quiet=False, items=items))
    assert not result.broken, told(result)
    assert result.items["look"] == 1


def _one(seed: int) -> Result:
    return simulate(story(seed))


def _batches() -> Iterator[range]:
    """Give SIM_SEEDS seeds from SIM_FIRST on, and more until SIM_BUDGET seconds are over."""
    clock = SystemClock()
    least, ends = _number("SIM_SEEDS", 20000), clock.monotonic() + _number("SIM_BUDGET", 0)
    first = _number("SIM_FIRST", 1000)
    for at in count(first, BATCH):
        left = BATCH if clock.monotonic() < ends else min(BATCH, first + least - at)
        if left <= 0:
            return
        yield range(at, at + left)


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def _keep(sums: Counter[str], broken: list[str], seconds: float) -> None:
    found = {
        "first": _number("SIM_FIRST", 1000),
        **sums,
        "seconds": round(seconds),
        "seeds_per_minute": round(60 * sums["seeds"] / max(1, seconds)),
        "broken": broken,
    }
    write_sums("simulation", found)


@pytest.mark.heavy
@pytest.mark.timeout(0)
def test_many_seeds_hold() -> None:
    """The sums are written after each batch: what a run of hours has played outlives its end."""
    clock, sums, broken = SystemClock(), Counter[str](), list[str]()
    began = clock.monotonic()
    with ProcessPoolExecutor() as pool:
        for batch in _batches():
            for result in pool.map(_one, batch):
                sums.update(seeds=1, days=result.days, cycles=result.cycles)
                sums.update(campaigns=result.campaigns, crashes=result.crashes)
                if result.broken:
                    broken.append(told(result))
            _keep(sums, broken, clock.monotonic() - began)
    assert not broken, "\n".join(broken[:5])
