"""What only watches or describes the work cannot stop it: a log that nobody can write or read."""

import fcntl
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.console import TIMEOUT, Shop, until

DUE = 8  # the committable offers of the scenario; Punchh refuses a ninth
SEALED = {"intent", "unknown"}


def _all_given(shop: Shop) -> None:
    states = Counter(state for state, _ in shop.states().values())
    assert not SEALED & states.keys(), states
    assert states["committed"] == len(shop.campaigns()) == DUE
    assert shop.posts() == DUE + 1


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    out, _ = process.communicate(timeout=TIMEOUT)
    return process.returncode, out or b""


def test_a_log_on_a_full_disk_costs_no_offer(live_shop: Shop) -> None:
    shop = live_shop
    with Path("/dev/full").open("wb") as full:
        once = shop.spawn("run", "--once", stdout=subprocess.PIPE, stderr=full)
        code, out = _ended(once)
    _all_given(shop)
    assert code == 1  # the scenario holds one that Punchh refuses
    assert b"8 committed" in out


@contextmanager
def _pipe(size: int | None = None) -> Iterator[tuple[int, int]]:
    """Give both ends of a pipe; the test closes what it closes."""
    ends = os.pipe()
    if size is not None:
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, size)
    try:
        yield ends
    finally:
        for end in ends:
            try:
                os.close(end)
            except OSError:
                continue


def test_a_reader_who_leaves_during_a_post_costs_no_answer(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("delay", method="POST", after=True, seconds=1.5)
    with _pipe() as (reader, writer):
        worker = shop.spawn("run", stderr=writer)
        os.close(writer)
        until(shop.campaigns)
        os.close(reader)
        until(lambda: shop.posts() == DUE + 1)
        until(lambda: "committed" in shop.state_of(shop.campaigns()[0].name.rpartition(" - ")[0]))
        shop.make_send(name="Lunch Encore", tags=["punchh:segment=Taco Lovers"],
                       at=shop.sends()["Lunch Push"]["scheduled_for"])  # fmt: skip
        worker.send_signal(signal.SIGPIPE)
        worker.send_signal(signal.SIGHUP)
        until(lambda: shop.campaigns_of("Lunch Encore"))
        worker.send_signal(signal.SIGTERM)
        assert _ended(worker)[0] == 0
    states = Counter(state for state, _ in shop.states().values())
    assert states["committed"] == DUE + 1
    assert not SEALED & states.keys()


def test_a_reader_who_reads_no_more_keeps_no_offer_waiting(live_shop: Shop) -> None:
    with _pipe(size=4096) as (_, writer):
        once = live_shop.spawn("run", "--once", stderr=writer)
        assert _ended(once)[0] == 1
    _all_given(live_shop)


def test_closed_streams_cost_no_offer_and_no_ledger(live_shop: Shop) -> None:
    shop = live_shop
    once = shop.spawn_in_shell('exec "$0" run --once <&- >&- 2>&-')
    assert _ended(once)[0] == 1
    _all_given(shop)
    assert shop.inside("ledger", "verify").code == 0


def test_a_worker_that_can_start_no_thread_goes_on_once_it_can(live_shop: Shop) -> None:
    """Alerts and heartbeats need threads, as readings do: without any, a cycle fails."""
    shop = live_shop
    shop.configure("", '[heartbeat]\nurl = "http://127.0.0.1:9/ping"\n')
    shop.variables["PYTHONPATH"] = str(_without_threads(shop.folder))
    worker = shop.start("run")
    worker.wait_for("worker.started")
    until((shop.folder / "refused").exists)
    until(lambda: worker.named("source.failed"))
    (shop.folder / "no-threads").unlink()
    worker.send(signal.SIGHUP)
    until(lambda: len(shop.campaigns()) == DUE)
    assert worker.stop()[0] == 0


def _without_threads(folder: Path) -> Path:
    """Let threads fail to start while a file stands: as where a limit of tasks is reached."""
    (folder / "no-threads").touch()
    place = folder / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        "import os, threading\n"
        "start = threading.Thread.start\n"
        "def limited(thread):\n"
        f"    if os.path.exists({str(folder / 'no-threads')!r}):\n"
        f"        open({str(folder / 'refused')!r}, 'a').close()\n"
        '        raise RuntimeError("can\'t start new thread")\n'
        "    start(thread)\n"
        "threading.Thread.start = limited\n",
        encoding="utf-8",
    )
    return place
