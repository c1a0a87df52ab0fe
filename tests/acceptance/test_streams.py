"""Every verb with a standard output that is full, closed, or that nobody reads to its end."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from connector.cli.main import app
from connector.cli.verbs.sandbox import PROOF
from tests.support.console import TIMEOUT, WHY, Shop, opened, until
from tests.support.warm import Warm

FULL = "connector: standard output could not be written (No space left on device)\n"
CLOSED = "connector: standard output could not be written (it is closed)"


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    with Warm(all_verbs=True) as found:
        yield found


@pytest.fixture(scope="module")
def rehearsing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened(tmp_path_factory.mktemp("streams") / "shop") as found:
        found.inside("init")
        yield found


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path
        return
    for name, each in inner.items():
        yield from _leaves(each, (*path, name))


SERVING = {("run",), ("sandbox",), ("webhook",)}  # `run` and `web` have tests of their own below
SILENT = {("alert", "test"), ("ledger", "recommit")}  # what they say here is on standard error


def _calls(shop: Shop) -> Iterator[tuple[str, ...]]:
    """Give a call of each verb that prints something, in an order in which each has its turn."""
    yield ("init",)
    yield ("live", "--nothing-given-yet")
    yield ("plan",)
    assert shop.inside("run", "--once").code == 0
    held = [str(id_) for (id_,) in shop.query("SELECT id FROM distribution WHERE state = 'held'")]
    yield ("ledger", "approve", *held[:3], *WHY)
    assert shop.query("SELECT count(*) FROM event WHERE verb = 'approved'") == [(3,)]
    shop.fault("reset", method="POST", after=True)
    assert shop.inside("run", "--once").code == 1
    ((lost,),) = shop.query("SELECT id FROM distribution WHERE state = 'unknown'")
    yield ("ledger", "ack", str(lost), *WHY)
    yield ("ledger", "resolve", str(lost), "--abandon", *WHY)
    yield ("ledger", "retry", str(lost), "--although-it-may-exist", *WHY)
    assert shop.query("SELECT state FROM distribution WHERE id = ?", lost) == [("waiting",)]
    yield ("pause", *WHY)
    yield ("resume", *WHY)
    yield ("adopt", *WHY)
    yield from (("mappings", word) for word in ("check", "schema", "suggest"))
    yield ("mappings", "diff", str(shop.mapping))
    yield from (("ledger", word) for word in ("list", "events", "export", "verify"))
    yield ("ledger", "show", str(lost))
    yield from (
        ("status",),
        ("explain", "Lunch Push"),
        ("doctor",),
        ("offers", "--canary", "vip", "--amount", "5"),
    )
    yield ("ledger", "backup", str(shop.folder / "copy.db"))
    yield ("ledger", "restore", str(shop.folder / "copy.db"))
    yield ("rehearse",)
    yield ("demo",)
    yield ("web", "hash-password")


def test_a_full_disk_behind_standard_output_is_one_line_and_no_deed_is_lost(
    shop: Shop, warm: Warm
) -> None:
    shop.variables["CONNECTOR_SAFETY__MAX_COMMITS_PER_CYCLE"] = "3"
    shop.config.write_text(shop.config.read_text("utf-8") + PROOF, "utf-8")
    every, tried = set(_leaves(get_command(app))), set()
    for words in _calls(shop):
        done = warm.run(
            shop.folder,
            *words,
            variables=shop.environment(),
            out="/dev/full",
            given="wonderful fries\n",
        )
        assert (done.code, done.err.count(FULL)) == (1, 1), (words, done)
        assert "Traceback" not in done.err
        tried |= {words[:1], words[:2]} & every
    assert tried == every - SERVING - SILENT


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ('"$0" ledger export >&-', 1, CLOSED),
        ('"$0" nothing-of-that-name 2>&-', 2, ""),
        ('"$0" --help >/dev/full', 1, FULL.strip()),
        ('"$0" run --once >/dev/full 2>&1', 0, ""),
        ('"$0" plan | head -1', 0, ""),
    ],
)
def test_the_real_script_with_odd_streams(
    rehearsing: Shop, line: str, code: int, said: str
) -> None:
    process = rehearsing.spawn_in_shell(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == code, err
    assert [one for one in err.decode().splitlines() if not one.startswith("{")] == (
        [said] if said else []
    )
    assert b"Traceback" not in out + err


def test_a_server_does_its_work_without_a_place_for_its_words(rehearsing: Shop) -> None:
    log = rehearsing.folder / "web.err"
    with Path("/dev/full").open("wb") as full, log.open("wb") as err:
        server = rehearsing.spawn("web", "--port", "0", stdout=full, stderr=err)
    until(lambda: "web.started" in log.read_text("utf-8"))
    server.send_signal(signal.SIGTERM)
    assert server.wait(TIMEOUT) == 0
    assert log.read_text("utf-8").count(FULL) == 1
