"""The real console script in child processes, against a sandbox of this process.

Every `Shop` is a folder with a configuration, the worked mapping example and a ledger of its own;
its child processes see no variable of ours and never outlive the test.
"""

import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import pytest
import structlog

from connector.cli.main import main
from connector.cli.verbs.sandbox import configuration
from connector.ledger import Ledger
from connector.ledger.instants import spelled
from connector.points import Point
from connector.sandbox import (
    BRAZE_KEY,
    CANARY_TOKEN,
    PUNCHH_CLIENT,
    PUNCHH_KEY,
    PUNCHH_SECRET,
    Sandbox,
)
from connector.sandbox.business import Campaign
from connector.sandbox.faults import Fault
from connector.sandbox.fields import Fields
from connector.sandbox.marketer import act, cancel, create, edit, every

ROOT = Path(__file__).parents[2]
TIMEOUT = 40.0
WHY = ("--reason", "a test says so")


def script() -> str:
    """Return the path of the installed console script."""
    found = shutil.which("connector", path=sysconfig.get_path("scripts"))
    assert found, "the package is not installed in this environment"
    return found


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}


def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for something to become true; fail the test if it does not."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.02)


def keys_in_files(folder: Path) -> list[str]:
    """Name the files below a folder that hold a key of the sandbox; only the configuration may."""
    secrets = (PUNCHH_KEY, BRAZE_KEY, PUNCHH_CLIENT, PUNCHH_SECRET, CANARY_TOKEN)
    keys = [secret.encode() for secret in secrets]
    files = (path for path in folder.rglob("*") if path.is_file())
    return [
        path.name
        for path in files
        if path.name != "connector.toml" and any(key in path.read_bytes() for key in keys)
    ]


@dataclass(frozen=True)
class Done:
    """A finished process."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """What a person reads on standard error: its lines that are no log events."""
        return [line for line in self.err.splitlines() if not line.startswith("{")]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == event]

    def json(self) -> Any:
        return json.loads(self.out)


def inside(folder: Path, *words: str, variables: Mapping[str, str]) -> Done:
    """Run the command line within this process, in a folder and with these variables alone."""
    out, err = io.StringIO(), io.StringIO()
    with (
        _signals_kept(),
        chdir(folder),
        patch.dict(os.environ, variables, clear=True),
        patch.object(sys, "argv", ["connector", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    structlog.reset_defaults()
    code = ended.value.code
    assert code is None or isinstance(code, int)
    return Done(code or 0, out.getvalue(), err.getvalue())


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Give back the handlers that a verb sets for its process, which here is the test's."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def is_halted(process: subprocess.Popen[Any]) -> bool:
    """Say whether a process stopped itself (`POINTS_STOP`) and waits for SIGCONT."""
    if process.poll() is not None:
        return False
    stat = Path(f"/proc/{process.pid}/stat")
    return stat.read_text().rpartition(")")[2].split()[0] == "T"


@dataclass
class Running:
    """A process that works until it is told to stop; its log goes to a file."""

    process: subprocess.Popen[Any]
    log: Path

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the whole log so far; every line must be JSON."""
        text = self.log.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == event]

    def wait_for(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        until(lambda: len(self.named(event)) >= count)
        return self.named(event)

    def cycle(self) -> None:
        """Ring the bell (SIGHUP) and wait for a further cycle."""
        before = len(self.named("cycle.done"))
        self.send(signal.SIGHUP)
        self.wait_for("cycle.done", before + 1)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float = 10.0) -> tuple[int, float]:
        """Wait for the end; return the exit code and how long it took."""
        began = time.monotonic()
        return self.process.wait(seconds), time.monotonic() - began

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        self.send(number)
        return self.ended()


@dataclass
class Shop:
    """One brand's folder, its sandbox, and the commands that are run there."""

    folder: Path
    box: Sandbox
    variables: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[Any]] = field(default_factory=list)

    @classmethod
    def found(cls, folder: Path, box: Sandbox) -> Self:
        """Write the configuration and the mapping example."""
        shop = cls(folder, box)
        shop.config.parent.mkdir(parents=True)
        shop.config.write_text(configuration(box), encoding="utf-8")
        shop.config.chmod(0o600)
        shutil.copytree(ROOT / "mappings", folder / "mappings")
        return shop

    @property
    def config(self) -> Path:
        return self.folder / "config" / "connector.toml"

    @property
    def mapping(self) -> Path:
        return self.folder / "mappings" / "restaurant.yaml"

    @property
    def ledger(self) -> Path:
        return self.config.with_name("ledger.db")

    def configure(self, before: str, after: str) -> None:
        """Replace a piece of the configuration; an empty `before` puts it in front."""
        text = self.config.read_text(encoding="utf-8")
        assert before in text
        self.config.write_text(text.replace(before, after, 1), encoding="utf-8")

    # --- the command line

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**clean_environment(), **self.variables, **(more or {})}

    def run(self, *words: str, more: Mapping[str, str] | None = None) -> Done:
        """Run the command to its end."""
        ended = subprocess.run(  # noqa: S603  our own script
            [script(), *words],
            cwd=self.folder,
            env=self.environment(more),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Done(ended.returncode, ended.stdout, ended.stderr)

    def inside(self, *words: str, more: Mapping[str, str] | None = None) -> Done:
        """Run the command in this process: quicker, for the verbs that do not poll or post."""
        return inside(self.folder, *words, variables=self.environment(more))

    def ok(self, *words: str) -> Done:
        done = self.run(*words)
        assert done.code == 0, done
        return done

    def start(self, *words: str) -> Running:
        """Start a command that goes on working."""
        log = self.folder / f"log-{len(self.running)}.jsonl"
        with log.open("w") as stream:
            process = subprocess.Popen(  # noqa: S603  our own script
                [script(), *words],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                text=True,
            )
        self.running.append(process)
        return Running(process, log)

    def spawn(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command with streams, a shell or limits of the test's own."""
        process = subprocess.Popen([script(), *words], **self._options(options))  # noqa: S603
        self.running.append(process)
        return process

    def spawn_in_shell(self, line: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a line of sh; `"$0"` is the installed command."""
        words = ["/bin/sh", "-c", line, script()]
        process = subprocess.Popen(words, **self._options(options))  # noqa: S603
        self.running.append(process)
        return process

    def _options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        usual = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        return {"cwd": self.folder, "env": self.environment(), **usual, **given}

    def live(self) -> None:
        """Make a ledger that is live; the commands for it have a test of their own."""
        now = datetime.now(UTC)
        with Ledger.create(f"sqlite:///{self.ledger}", ledger_id="shop", at=now) as ledger:
            ledger.go_live(at=now, who="test", nothing_given_yet=True)

    def halted(self, point: Point, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command that halts itself at a point, and wait until it has."""
        variables = {**self.environment(), "POINTS_STOP": point.value}
        process = self.spawn(*words, env=variables, **options)
        until(lambda: is_halted(process), TIMEOUT)
        return process

    def once(self) -> Done:
        return self.run("run", "--once")

    # --- what the ledger holds, read beside the program

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as found:
            return found.execute(statement, values).fetchall()

    def states(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Return state and reason code of every row by send name and segment."""
        offers = self.query(
            "SELECT o.send_name, coalesce(d.segment, ''), d.state, d.reason_code "
            "FROM distribution d JOIN occurrence o ON o.key = d.occurrence"
        )
        rest = self.query(
            "SELECT send_name, '', decision, reason_code FROM occurrence o WHERE NOT EXISTS "
            "(SELECT 1 FROM distribution d WHERE d.occurrence = o.key)"
        )
        return {(name, segment): (state, code) for name, segment, state, code in [*offers, *rest]}

    def state_of(self, send: str) -> str:
        found = {state for (name, _), (state, _) in self.states().items() if name == send}
        assert len(found) == 1, found
        return found.pop()

    def id_of(self, send: str) -> str:
        rows = self.query(
            "SELECT d.id FROM distribution d JOIN occurrence o ON o.key = d.occurrence "
            "WHERE o.send_name = ?",
            send,
        )
        return str(rows[0][0])

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every table that a quiet cycle must not change."""
        names = [
            name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            name: sorted(self.query(f'SELECT * FROM "{name}"'), key=repr)  # noqa: S608
            for name in names
            if name != "remote"
        }

    def age(self, **ahead: timedelta) -> None:
        """Set instants of Punchh's breaker, counted from now, as if time had passed."""
        with Ledger.open(f"sqlite:///{self.ledger}") as ledger:
            now = datetime.now(UTC)
            moved: Any = {name: now + by for name, by in ahead.items()}
            ledger.change_breaker("punchh", lambda breaker: replace(breaker, **moved))

    def begin_campaigns(self) -> None:
        """Let every campaign's start have just passed, by the ledger and by Punchh's clock."""
        with closing(sqlite3.connect(self.ledger)) as raw, raw:
            now = spelled(datetime.now(UTC) - timedelta(seconds=1))
            raw.execute("UPDATE distribution SET start_time = ? WHERE attempts > 0", (now,))
        world = self.box.world
        with world.lock:
            world.clock.advance(timedelta(hours=3))
            world.settle()

    # --- the outside world

    def posts(self) -> int:
        """Return how many commits ever reached Punchh."""
        with self.box.world.lock:
            rows = self.box.world.requests.rows()
        return sum(row.remote == "punchh" and row.method == "POST" for row in rows)

    def campaigns(self) -> list[Campaign]:
        """Return what Punchh truly holds."""
        with self.box.world.lock:
            return list(self.box.world.punchh.campaigns.values())

    def campaigns_of(self, send: str) -> list[Campaign]:
        return [one for one in self.campaigns() if one.name.startswith(f"{send} - ")]

    def sends(self) -> dict[str, dict[str, Any]]:
        """Return the true sends by name."""
        with self.box.world.lock:
            return {send["name"]: send for send in every(self.box.world)}

    def fault(self, kind: Any, remote: str = "punchh", **more: Any) -> None:
        with self.box.world.lock:
            self.box.world.faults.add(Fault(kind, remote=remote, **more))

    def heal(self) -> None:
        with self.box.world.lock:
            self.box.world.faults.clear()

    def switch(self, name: str, value: Any) -> None:
        with self.box.world.lock:
            self.box.world.switches.set({name: value})

    def make_send(self, **fields: Any) -> None:
        with self.box.world.lock:
            create(self.box.world, Fields({"source": "braze", **fields}))

    def edit_send(self, name: str, **fields: Any) -> None:
        id_ = self.sends()[name]["id"]
        with self.box.world.lock:
            edit(self.box.world, id_, Fields(fields))

    def press(self, name: str, button: str, /, **fields: Any) -> None:
        """Let the marketer press one of the buttons of a send."""
        id_ = self.sends()[name]["id"]
        with self.box.world.lock:
            act(self.box.world, id_, button, Fields(fields))

    def cancel_send(self, name: str) -> None:
        id_ = self.sends()[name]["id"]
        with self.box.world.lock:
            cancel(self.box.world, id_, "cancel")


@contextmanager
def opened(folder: Path) -> Iterator[Shop]:
    """Open a shop; in the end whatever it started is killed, and the simulators were sound."""
    with Sandbox(0) as box:
        shop = Shop.found(folder, box)
        try:
            yield shop
        finally:
            for process in shop.running:
                if process.poll() is None:
                    process.kill()
                process.wait(10)
        assert box.world.errors == []
