"""`connector web` as it is started, stopped and set up from a terminal."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from connector.cli.verbs import web_hash_password
from tests.support.console import TIMEOUT, Shop, script, until
from tests.support.ears import Systemd
from tests.support.serving import started

PASSWORD = "correct horse battery"


def _status(address: str) -> int:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(address, timeout=10).status_code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_pages_are_served_until_they_are_told_to_stop(live_shop: Shop, number: int) -> None:
    running, address = started(live_shop, "web")
    assert address.startswith("http://127.0.0.1:")
    assert _status(address) == 200
    assert running.log.read_text().startswith(
        "connector: nobody can log in yet: `connector web hash-password`"
    )
    code, took = running.stop(number)
    assert code == 0
    assert took < 6


def test_what_the_server_itself_notices_is_a_log_event_too(live_shop: Shop) -> None:
    running, address = started(live_shop, "web")
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=10) as visitor:
        visitor.sendall(b"\x16\x03\x01 no request\r\n\r\n")
        assert b" 400 " in visitor.recv(4096)
    assert running.stop()[0] == 0
    lines = (live_shop.folder / "served-0.err").read_text().splitlines()
    assert [line for line in lines if not line.startswith(("{", "connector: "))] == []
    events = [json.loads(line) for line in lines if line.startswith("{")]
    assert [(one["event"], one["level"]) for one in events] == [
        ("web.started", "info"),
        ("web.server", "warning"),
        ("web.stopped", "info"),
    ]


def test_systemd_hears_when_the_pages_are_there_and_that_they_live(
    live_shop: Shop, tmp_path: Path
) -> None:
    with Systemd(tmp_path) as systemd:
        live_shop.variables["NOTIFY_SOCKET"] = systemd.place
        running, _ = started(live_shop, "web")
        until(lambda: "WATCHDOG=1" in systemd.heard())
        assert running.stop()[0] == 0
        heard = systemd.heard()
    assert (heard[0], heard[-1]) == ("READY=1", "STOPPING=1")


def test_the_pages_work_beside_a_running_worker(live_shop: Shop) -> None:
    worker = live_shop.start("run")
    worker.wait_for("cycle.done")
    running, address = started(live_shop, "web", "--host", "localhost")
    assert _status(address) == 200
    ours, pages = (
        os.getpriority(os.PRIO_PROCESS, pid) for pid in (worker.process.pid, running.process.pid)
    )
    assert pages == max(ours, 5)  # a crowd of readers does not slow the worker
    worker.cycle()
    assert running.stop()[0] == 0
    assert worker.stop()[0] == 0


def test_what_keeps_the_pages_from_starting_is_one_line(shop: Shop) -> None:
    gone = shop.run("web", "--port", "0")
    assert (gone.code, gone.out) == (1, "")
    assert gone.said == [
        f"connector: ledger {shop.ledger}: there is none. `connector init` makes one"
    ]
    shop.live()
    taken = started(shop, "web")[1].rsplit(":", 1)[1].strip("/")
    refused = shop.run("web", "--port", taken)
    assert refused.code == 2
    assert refused.said[-1] == (
        f"connector: web: 127.0.0.1:{taken} cannot be listened on (Address already in use); "
        "give another --port or --host"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_password_is_asked_for_twice_and_never_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter([PASSWORD, PASSWORD, PASSWORD, "another one"])
    monkeypatch.setattr(web_hash_password, "getpass", lambda _: next(said))
    monkeypatch.setattr(sys, "stdin", Terminal())
    done = shop.inside("web", "hash-password")
    assert done.code == 0
    assert PASSWORD not in done.out
    kept = re.search(r'^password_hash = "(scrypt:[^"]+)"$', done.out, flags=re.MULTILINE)
    assert kept
    shop.live()
    shop.configure("[sources.sf_core]", f"[web.users.ada]\n{kept[0]}\n[sources.sf_core]")
    assert shop.inside("status").code == 0
    refused = shop.inside("web", "hash-password")
    assert (refused.code, "not the same" in refused.err) == (2, True)


def test_a_password_comes_from_a_pipe_too(shop: Shop, tmp_path: Path) -> None:
    def piped(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  our own script
            [script(), "web", "hash-password"],
            cwd=tmp_path,
            env=shop.environment(),
            input=text,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    done = piped(f"{PASSWORD}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"scrypt:[^\n]+\n", done.stdout)
    short = piped("short\n")
    assert (short.returncode, short.stdout) == (2, "")
    assert short.stderr == "connector: a password has 10 to 1024 letters\n"
