"""The verbs that need no shop: help, demo, sandbox; and how a wrong command is told."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.console import TIMEOUT, Shop, clean_environment, inside, script, until

HOSTILE = {
    "CONNECTOR_PUNCHH__ADMIN_KEY": "hostile",
    "CONNECTOR_PUNCHH__BASE_URL": "https://real.punchh.com",
    "CONNECTOR_SOURCES__BRAZE_US__API_KEY": "hostile",
    "CONNECTOR_CONFIG": "/nonexistent/connector.toml",
    "CONNECTOR_NONSENSE": "1",
}
HEAVY = ("requests", "sqlmodel", "sqlalchemy", "pydantic", "starlette", "simple_salesforce",
         "prometheus_client", "smtplib")  # fmt: skip


def _run(
    words: list[str], folder: Path, more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own script
        words,
        cwd=folder,
        env=clean_environment() | (more or {}),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    told = (
        "import sys, atexit; "
        f"heavy = {HEAVY!r}; "
        "atexit.register(lambda: print([m for m in heavy if m in sys.modules], file=sys.stderr)); "
        "sys.argv = ['connector', '--help']; "
        "from connector.cli.main import main; main()"
    )
    done = _run([sys.executable, "-c", told], tmp_path)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert "connector demo" in done.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here")
def test_bash_completes_verbs_and_options(tmp_path: Path) -> None:
    folder = Path(script()).parent
    told = """
        source <(connector --show-completion)
        type _connector_completion > /dev/null || exit 9
        for typed in "connector led" "connector ledger re" "connector run --o"; do
            COMP_WORDS=($typed); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _connector_completion connector
            echo "${COMPREPLY[@]}"
        done
    """
    path = {"PATH": f"{folder}:{os.environ['PATH']}", "SHELL": "/bin/bash"}
    done = _run(["bash", "--norc", "-c", told], tmp_path, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["ledger", "resolve retry recommit restore", "--once"]


@pytest.mark.parametrize("more", [{}, HOSTILE], ids=["alone", "hostile"])
def test_the_demo_ends_by_itself_and_leaves_nothing(tmp_path: Path, more: dict[str, str]) -> None:
    done = _run([script(), "demo"], tmp_path, {"TMPDIR": str(tmp_path), **more})
    assert (done.returncode, done.stderr) == (0, "")
    assert "3  Two more cycles: still 8 campaigns. Nothing is given twice." in done.stdout
    assert "What to try next" in done.stdout
    assert list(tmp_path.iterdir()) == []


def _five_free_ports() -> int:
    """Return the first of five ports in a row, below those the system hands out by itself."""
    for port in range(20_000 + os.getpid() % 1000 * 10, 32_000, 5):
        with ExitStack() as stack:
            try:
                for number in range(port, port + 5):
                    one = stack.enter_context(socket.socket())
                    one.bind(("127.0.0.1", number))
            except OSError:
                continue
            return port
    raise AssertionError("no five free ports in a row")


def test_the_sandbox_serves_until_it_is_told_to_stop(shop: Shop) -> None:
    port = _five_free_ports()
    running = shop.start("sandbox", "--port", str(port))

    def answers() -> bool:
        assert running.process.poll() is None, running.log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    until(answers)
    taken = shop.inside("sandbox", "--port", str(port))
    assert (taken.code, taken.out) == (2, "")
    assert taken.err == (
        f"connector: --port {port}: [Errno 98] port {port} of the control simulator is taken\n"
    )
    assert running.stop()[0] == 0


def test_init_writes_what_is_missing_and_says_what_to_do_next(tmp_path: Path) -> None:
    done = _run([script(), "init"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "wrote config/connector.toml",
        f"made the ledger {tmp_path}/ledger.db, in rehearsal: nothing is posted yet",
        f"wrote {tmp_path}/mappings",
        (
            "next: write your hosts and keys into config/connector.toml, and your rules into "
            f"{tmp_path}/mappings"
        ),
        f"{tmp_path}/mappings/README.md tells how to write rules",
        "then: `connector doctor` tries each key, `connector plan` shows what would be done",
        "`connector live` ends the rehearsal",
    ]
    checked = inside(tmp_path, "plan", variables=clean_environment())
    assert checked.code == 2
    assert checked.err.splitlines() == [
        f"connector: config/connector.toml: {key}: is missing: write it in the file or set "
        f"CONNECTOR_{key.upper().replace('.', '__')}"
        for key in (
            "punchh.admin_key",
            "sources.braze_us.api_key",
            "sources.sf_core.consumer_key",
        )
    ]


def test_init_mends_what_is_missing_and_overwrites_nothing(shop: Shop) -> None:
    written = shop.config.read_bytes()
    shutil.rmtree(shop.mapping.parent)
    done = shop.inside("init", "--example-mappings")
    assert done.out.splitlines()[1] == f"wrote {shop.mapping.parent}"
    assert shop.config.read_bytes() == written
    assert shop.ledger.exists()
    shop.mapping.write_text("mine")
    assert shop.inside("init").code == 1
    assert shop.mapping.read_text() == "mine"


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    done = inside(tmp_path, "--config", "/dev/null/x/connector.toml", "init", variables={})
    told = "connector: /dev/null/x/connector.toml: cannot be written (Not a directory)\n"
    assert (done.code, done.err) == (2, told)


def test_a_terminal_that_lacks_a_letter_still_shows_the_rest(live_shop: Shop) -> None:
    live_shop.once()
    done = live_shop.run("ledger", "list", more={"PYTHONIOENCODING": "ascii"})
    assert (done.code, done.err) == (0, "")
    assert "Taco Tuesday" in done.out
