"""The right to commit, taken away under a worker: nobody commits beside another, no answer is lost.

The first worker is the real console script, halted at a named point while its lock file, its
ledger or their folder is removed or replaced; the second one runs meanwhile.
"""

import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.points import Point
from tests.support.console import TIMEOUT, Shop, opened, until

DUE = 8  # the committable offers of the scenario; Punchh refuses a ninth


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path / "shop") as found:
        found.live()
        yield found


def _lock(shop: Shop) -> Path:
    return shop.ledger.with_name("ledger.db.lock")


def _removed(shop: Shop) -> None:
    _lock(shop).unlink()


def _renamed(shop: Shop) -> None:
    _lock(shop).rename(_lock(shop).with_name("stale.lock"))


def _replaced(shop: Shop) -> None:
    (shop.folder / "other").touch()
    (shop.folder / "other").replace(_lock(shop))


def _states(shop: Shop) -> Counter[str]:
    return Counter(state for state, _ in shop.states().values())


def _given(shop: Shop) -> int:
    """Return how many campaigns there are, after a look that no offer has two."""
    pairs = Counter((one.name.rpartition(" ")[0], one.segment_id) for one in shop.campaigns())
    assert set(pairs.values()) <= {1}
    return len(pairs)


@pytest.mark.parametrize(
    ("point", "taken_away"),
    [(Point.BEGIN_COMMITTED, _renamed), (Point.COMMIT_POSTING, _replaced)],
    ids=["begun", "posting"],
)
def test_a_worker_without_its_lock_posts_nothing(
    shop: Shop, point: Point, taken_away: Callable[[Shop], None]
) -> None:
    first = shop.halted(point, "run", "--once")
    taken_away(shop)
    assert shop.inside("run", "--once").code == 1  # it orphans what the first has begun
    posts = shop.posts()
    assert posts == DUE
    first.send_signal(signal.SIGCONT)
    assert first.wait(TIMEOUT) == 1
    assert shop.posts() == posts
    assert _given(shop) == _states(shop)["committed"] == DUE - 1
    assert _states(shop)["unknown"] == 1


def test_an_answer_that_comes_late_still_settles_its_own_attempt(shop: Shop) -> None:
    first = shop.halted(Point.COMMIT_POSTED, "run", "--once")
    _removed(shop)
    shop.inside("run", "--once")
    assert _states(shop)["unknown"] == 1
    first.send_signal(signal.SIGCONT)
    assert first.wait(TIMEOUT) == 0  # the other one has done the rest
    states = _states(shop)
    assert (states["committed"], states["unknown"], states["intent"]) == (DUE, 0, 0)
    assert {one.campaign_id for one in shop.campaigns()} == {
        id_ for (id_,) in shop.query("SELECT campaign_id FROM distribution") if id_
    }
    assert _given(shop) == DUE
    assert shop.inside("ledger", "verify").code == 0


def test_a_lock_file_that_somebody_removed_is_made_again(shop: Shop) -> None:
    worker = shop.start("run")
    worker.wait_for("cycle.done")
    _removed(shop)
    worker.cycle()
    assert len(worker.named("lock.retaken")) == 1
    second = shop.inside("run", "--once")
    assert second.code == 3
    assert f"process {worker.process.pid} on" in second.err
    worker.cycle()
    assert len(worker.named("lock.retaken")) == 1
    assert worker.stop()[0] == 0


def test_a_worker_ends_where_another_took_its_place(shop: Shop) -> None:
    first = shop.start("run")
    first.wait_for("cycle.done")
    _removed(shop)
    second = shop.start("run")
    second.wait_for("cycle.done")
    first.send(signal.SIGHUP)
    assert first.ended()[0] == 3
    assert f"process {second.process.pid} on" in first.log.read_text()
    second.cycle()
    assert second.stop()[0] == 0
    assert _given(shop) == DUE


def _another_ledger(shop: Shop) -> None:
    """Put a copy in the ledger's place, as a restore by hand would."""
    shop.ledger.rename(shop.ledger.with_name("old.db"))
    shutil.copy(shop.ledger.with_name("old.db"), shop.ledger)


def _another_folder(shop: Shop) -> None:
    folder = shop.ledger.parent
    folder.rename(folder.with_name("old"))
    shutil.copytree(folder.with_name("old"), folder)


def test_a_worker_whose_ledger_was_replaced_posts_nothing(shop: Shop) -> None:
    first = shop.halted(Point.COMMIT_POSTING, "run", "--once")
    _another_ledger(shop)
    first.send_signal(signal.SIGCONT)
    assert first.wait(TIMEOUT) == 1
    assert shop.posts() == 0


def test_an_answer_for_a_ledger_that_was_replaced_meanwhile_is_reported(shop: Shop) -> None:
    shop.fault("delay", method="POST", after=True, seconds=2)
    worker = shop.start("run")
    until(shop.campaigns)
    _another_folder(shop)
    (unrecorded,) = worker.wait_for("commit.unrecorded")
    (campaign,) = shop.campaigns()
    assert unrecorded["campaign_id"] == campaign.campaign_id
    assert worker.stop()[0] == 0
    assert shop.posts() == 1
