"""A volume put back to an earlier moment, ledger, mark and lock together, gives nothing twice."""

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.domain.evidence import GiftEvent
from connector.domain.keys import mark_of
from connector.ledger import Ledger
from tests.support.console import WHY, Done, Shop

SEND = "Lunch Push"


class Volume:
    """The folder of a ledger, of which somebody takes and puts back snapshots."""

    def __init__(self, shop: Shop, kept: Path) -> None:
        self._folder, self._kept = shop.ledger.parent, kept

    def snapshot(self) -> None:
        self._kept.mkdir()
        for path in self._folder.glob("ledger.db*"):
            shutil.copy2(path, self._kept / path.name)

    def put_back(self) -> None:
        for path in self._folder.glob("ledger.db*"):
            path.unlink()
        for path in self._kept.iterdir():
            shutil.copy2(path, self._folder / path.name)


@pytest.fixture
def volume(live_shop: Shop, tmp_path: Path) -> Volume:
    return Volume(live_shop, tmp_path / "snapshot")


@pytest.fixture
def runtime(live_shop: Shop, tmp_path: Path) -> Path:
    """Give the worker the folder that systemd makes for it, until the machine's next start."""
    folder = tmp_path / "run"
    folder.mkdir()
    live_shop.variables["RUNTIME_DIRECTORY"] = str(folder)
    return folder


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put the signals' handlers back: `run` sets its own, also within this process."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def once(shop: Shop) -> Done:
    """Do a cycle in this process: quicker, where it is neither killed nor the thing to prove."""
    return shop.inside("run", "--once")


def attentions(shop: Shop) -> list[str]:
    return [one["code"] for one in shop.inside("status", "--json").json()["attentions"]]


def mode(shop: Shop) -> tuple[Any, ...]:
    return shop.query("SELECT rehearsal, doubt IS NOT NULL FROM ledger")[0]


def rolled_back(shop: Shop) -> int:
    (row,) = shop.query("SELECT count(*) FROM event WHERE verb = 'rolled_back'")
    return int(row[0])


def test_a_worker_that_wrote_more_since_the_machines_start_ends_in_rehearsal(
    live_shop: Shop, volume: Volume, runtime: Path
) -> None:
    shop = live_shop
    volume.snapshot()
    once(shop)
    given = shop.posts()
    assert given > 5
    volume.put_back()

    done = shop.once()
    assert done.code == 1
    assert len(done.named("ledger.rolled_back")) == 1
    assert shop.posts() == given
    assert mode(shop) == (1, 1)
    assert attentions(shop)[0] == "rolled-back"
    assert shop.state_of(SEND) == "held"
    assert shop.inside("ledger", "verify").code == 0

    again = once(shop)
    assert (again.named("ledger.rolled_back"), rolled_back(shop)) == ([], 1)
    assert attentions(shop)[0] == "rolled-back"

    refused = shop.inside("live", "--nothing-given-yet")
    assert refused.code == 1
    assert shop.inside("live").code == 0
    assert "rolled-back" not in attentions(shop)
    once(shop)
    assert (rolled_back(shop), shop.posts()) == (1, given)
    assert shop.states()[SEND, "Lunch Regulars"] == ("held", "before-live")


def test_lost_words_of_people_count_too(live_shop: Shop, volume: Volume, runtime: Path) -> None:
    shop = live_shop
    assert shop.inside("pause", *WHY).code == 0
    once(shop)
    volume.snapshot()
    assert shop.inside("resume", *WHY).code == 0
    assert shop.inside("rehearse").code == 0
    once(shop)
    volume.put_back()
    assert mode(shop) == (0, 0)
    assert once(shop).code == 1
    assert mode(shop) == (1, 1)
    assert shop.posts() == 0
    assert shop.inside("live", "--nothing-given-yet").code == 0  # no commit was forgotten


def test_starts_crashes_and_restores_are_no_rollback(
    live_shop: Shop, volume: Volume, runtime: Path, tmp_path: Path
) -> None:
    shop = live_shop
    shop.run("run", "--once", more={"POINTS_KILL": "settle.begins:2"})
    once(shop)
    for path in runtime.iterdir():  # the machine was started anew
        path.unlink()
    assert shop.inside("pause", *WHY).code == 0  # people write beside the worker
    once(shop)
    shutil.rmtree(runtime)  # and the folder may even be gone
    once(shop)
    runtime.mkdir()
    assert (rolled_back(shop), mode(shop)) == (0, (0, 0))
    backup = tmp_path / "backup.db"
    assert shop.inside("ledger", "backup", str(backup)).code == 0
    assert shop.inside("resume", *WHY).code == 0
    once(shop)
    assert shop.inside("ledger", "restore", str(backup)).code == 0
    assert shop.inside("live").code == 0
    once(shop)
    assert (rolled_back(shop), mode(shop)) == (0, (0, 0))


def test_a_mark_on_another_volume_stops_everything(
    live_shop: Shop, volume: Volume, tmp_path: Path
) -> None:
    shop, mark = live_shop, tmp_path / "elsewhere" / "ledger.mark"
    mark.parent.mkdir()
    shop.configure("", f'[ledger]\nmark = "{mark}"\n')
    shop.ledger.with_name("ledger.db.mark").rename(mark)
    volume.snapshot()
    once(shop)
    given = shop.posts()
    volume.put_back()
    for words in (("run", "--once"), ("plan",), ("status",)):
        done = shop.inside(*words)
        assert done.code == 1
        assert "older backup or snapshot" in done.said[-1]
    assert "older copy" in shop.inside("ledger", "verify").out
    assert shop.inside("ledger", "restore", str(shop.ledger)).code == 0
    once(shop)
    assert shop.posts() == given
    assert mode(shop)[0] == 1
    assert shop.inside("ledger", "verify").code == 0
    assert not shop.ledger.with_name("ledger.db.mark").exists()


def test_a_mark_on_another_volume_knows_lost_words_too(
    live_shop: Shop, volume: Volume, tmp_path: Path
) -> None:
    shop, mark = live_shop, tmp_path / "elsewhere.mark"
    shop.variables["CONNECTOR_LEDGER__MARK"] = str(mark)
    shop.ledger.with_name("ledger.db.mark").rename(mark)
    volume.snapshot()
    assert shop.inside("pause", *WHY).code == 0
    once(shop)
    volume.put_back()
    done = once(shop)
    assert done.code == 1
    assert "its history went on to event" in done.said[0]
    assert shop.posts() == 0


def test_a_mark_that_is_to_stand_elsewhere_must_be_moved(live_shop: Shop, tmp_path: Path) -> None:
    shop, mark = live_shop, tmp_path / "elsewhere.mark"
    once(shop)
    shop.configure("", f'[ledger]\nmark = "{mark}"\n')
    done = shop.inside("status")
    assert done.code == 1
    assert "One stands beside it, ledger.db.mark: if it" in done.said[0]
    shop.ledger.with_name("ledger.db.mark").rename(mark)
    assert shop.inside("status").code == 0


def test_a_mark_is_never_one_of_the_ledgers_own_files(live_shop: Shop) -> None:
    for end in ("", "-wal", "-shm", ".lock"):
        live_shop.variables["CONNECTOR_LEDGER__MARK"] = f"{live_shop.ledger}{end}"
        done = live_shop.inside("status")
        assert (done.code, len(done.said)) == (2, 1)
    assert live_shop.query("SELECT count(*) FROM ledger") == [(1,)]


def test_a_running_worker_remembers_what_it_wrote(
    live_shop: Shop, volume: Volume, tmp_path: Path
) -> None:
    """The file is the same, and its content another's: as after a volume's rollback beneath it."""
    shop = live_shop
    volume.snapshot()
    running = shop.start("run")
    running.wait_for("cycle.done")
    given = shop.posts()
    with (
        closing(sqlite3.connect(tmp_path / "snapshot" / "ledger.db")) as old,
        closing(sqlite3.connect(shop.ledger)) as there,
    ):
        old.backup(there)
    running.cycle()
    assert len(running.named("ledger.rolled_back")) == 1
    assert shop.posts() == given
    assert mode(shop) == (1, 1)
    running.stop()


def test_a_webhook_tells_of_an_attempt_that_the_ledger_forgot(
    live_shop: Shop, volume: Volume
) -> None:
    """All was put back, and the machine started anew: only Punchh still knows."""
    shop = live_shop
    volume.snapshot()
    once(shop)
    given = shop.posts()
    volume.put_back()
    (campaign,) = shop.campaigns_of(SEND)
    mark = mark_of(campaign.name)
    assert mark is not None
    now = datetime.now(UTC)
    with Ledger.open(f"sqlite:///{shop.ledger}") as ledger:
        # The ledger has not met the send yet: only what the cycle plans can say whose it is.
        ledger.hear(GiftEvent("gift-1", now, mark, campaign.campaign_id), at=now)
    done = once(shop)
    assert done.code == 1
    assert len(done.named("ledger.rolled_back")) == 1
    assert shop.posts() == given
    assert mode(shop) == (1, 1)
    once(shop)
    assert {"rolled-back", "given-after-all"} <= set(attentions(shop))
    assert "stray-campaign" not in attentions(shop)
    assert shop.inside("live", "--nothing-given-yet").code == 1
    assert shop.inside("live").code == 0
    once(shop)
    assert (rolled_back(shop), shop.posts()) == (1, given)
    assert shop.state_of(SEND) == "held"
    assert "given-after-all" in attentions(shop)
    assert shop.inside("ledger", "approve", shop.id_of(SEND), *WHY).code == 0
    once(shop)
    assert shop.states()[SEND, "Lunch Regulars"] == ("held", "given-after-all")
    assert shop.posts() == given
