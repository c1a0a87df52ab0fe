"""How a crowd of readers fares, and what it costs the worker: `python -m tests.bench.crowds`.

A ledger of 100,000 past offers, the real daemon against the sandbox (2,000 sends to come, some of
them committed in every cycle), and the real pages. First the worker runs alone; then 50 people,
each logged in by themselves, walk Today, the ledger, a send's page and the mapping files in turn,
asking for the next page as soon as they have one, or after a `--pause`. Sandbox, worker, pages and
readers are processes of their own, so on two cores they compete as they would on one small machine.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from connector.cli.examples import copy_mappings
from connector.cli.verbs.sandbox import configuration
from connector.sandbox import Sandbox, World
from connector.sandbox.workspace import Broadcast
from tests.bench.big_ledger import fill
from tests.support.console import clean_environment, script
from tests.support.pages import USERS, Reader

POLL = 5  # seconds, the least that may be set
WAIT = 60.0  # seconds that anything may take to get going
NAMES = ("Lunch", "Taco Tuesday", "Holiday Shake", "News", "Family Night")
SEGMENTS = ("VIP Guests", "Taco Lovers")
DUE_EACH_MINUTE = 24
PEOPLE = ("vic", "vic", "vic", "zoe", "ada")  # four of five may only look
MORE = f"""
[schedule]
poll_seconds = {POLL}
horizon = "15d"
[safety]
max_commits_per_cycle = 1000
max_commits_per_day = 100000
same_offer_gap = "0h"
"""


# --- the outside world, in a process of its own


def simulate(sends: int) -> None:
    """Serve a sandbox with so many campaigns, print a configuration for it, and wait for the end.

    Some become due in each minute of the next quarter of an hour, the rest in two weeks.
    """
    world = World()
    with Sandbox(0, world=world) as box:
        with world.lock:
            for number, at in enumerate(_times(world.now(), sends)):
                _put(world, number, at)
        print(json.dumps(configuration(box, "mappings")), flush=True)
        sys.stdin.read()


def _times(now: datetime, sends: int) -> Iterator[datetime]:
    window = now.replace(second=0, microsecond=0) + timedelta(hours=2, minutes=30)
    due = min(sends, 15 * DUE_EACH_MINUTE)
    for number in range(due):
        yield window + timedelta(minutes=1 + number // DUE_EACH_MINUTE)
    for number in range(sends - due):
        yield window + timedelta(hours=1) + timedelta(days=13) * number / (sends - due)


def _put(world: World, number: int, at: datetime) -> None:
    name = f"{NAMES[number % len(NAMES)]} {number}"
    tags = ("offer", f"punchh:segment={SEGMENTS[number % len(SEGMENTS)]}")
    now = world.now()
    at = at.replace(second=0, microsecond=0)
    world.braze.put(Broadcast(world.ids.uuid(), "campaign", name, tags, "company", at, now, now))


@contextmanager
def _simulated(sends: int) -> Iterator[str]:
    words = [sys.executable, "-m", "tests.bench.crowds", "--simulate", "--sends", str(sends)]
    process = subprocess.Popen(  # noqa: S603  this module
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield json.loads(process.stdout.readline())
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(20)


# --- our own processes


@dataclass
class Shown:
    """The folder, and the worker and the pages that run in it."""

    folder: Path
    worker: int = 0
    pages: int = 0
    address: str = ""

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    def cycles(self) -> list[tuple[float, float]]:
        """Return when each cycle so far ended (seconds since 1970) and how many ms it took."""
        found = _events(self.folder / "worker.log", "cycle.done")
        return [
            (datetime.fromisoformat(event["timestamp"]).timestamp(), event["ms"]) for event in found
        ]

    def committed(self, since: float) -> list[float]:
        """Return how many ms each commit took that was begun since an instant."""
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as found:
            rows = found.execute(
                "SELECT begun_at, ended_at FROM attempt WHERE ended_at NOTNULL AND begun_at > ?",
                (datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),),
            ).fetchall()
        return [
            1000 * (datetime.fromisoformat(end) - datetime.fromisoformat(begun)).total_seconds()
            for begun, end in rows
        ]


@contextmanager
def _started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    log = folder / f"{'worker' if words[0] == 'run' else words[0]}.log"
    with log.open("w") as stream:
        process = subprocess.Popen(  # noqa: S603  our own script
            [script(), "--config", "connector.toml", *words],
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            text=True,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextmanager
def _running(folder: Path) -> Iterator[Shown]:
    with _started(folder, "run") as worker, _started(folder, "web", "--port", "0") as pages:
        yield Shown(folder, worker.pid, pages.pid, _address(folder / "web.log"))


def _address(log: Path) -> str:
    end = time.monotonic() + WAIT
    while not (found := _events(log, "web.started")):
        assert time.monotonic() < end, log.read_text(encoding="utf-8")[-2000:]
        time.sleep(0.1)
    return f"http://{found[0]['host']}:{found[0]['port']}"


def _events(log: Path, name: str) -> list[dict[str, Any]]:
    lines = log.read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines if line.startswith('{"timestamp"')]
    return [event for event in events if event["event"] == name]


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- the readers


@dataclass
class Crowd:
    """What readers met: the ms that each page took, by kind, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)

    def all(self) -> list[float]:
        return [ms for found in self.took.values() for ms in found]


async def _walk(
    shown: Shown, cookie: str, first: int, sends: Sequence[str], crowd: Crowd, pause: float
) -> None:
    """Read page after page over one connection, for ever; a lost one is opened anew."""
    host, _, port = shown.address.partition("://")[2].partition(":")
    dice, turn = random.Random(first), first
    while True:
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            while True:
                kind = ("Today", "Ledger", "A send", "Mappings")[turn % 4]
                path = {"Today": "/", "Ledger": "/ledger", "Mappings": "/mappings"}.get(
                    kind, f"/sends/{dice.choice(sends)}"
                )
                turn += 1
                began = time.perf_counter()
                status = await _get(reader, writer, f"{host}:{port}", path, cookie)
                crowd.took[kind].append((time.perf_counter() - began) * 1000)
                if status != 200:
                    crowd.errors[f"{kind}: {status}"] += 1
                await asyncio.sleep(pause * 2 * dice.random())
        except (OSError, EOFError, ValueError) as error:
            crowd.errors[type(error).__name__] += 1
        finally:
            writer.close()


async def _get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str, cookie: str
) -> int:
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\n\r\n"
    )
    writer.write(head.encode())
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    length = next(line for line in lines if line.startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
    return int(lines[0].split()[1])


async def _read(
    shown: Shown, cookies: Sequence[str], sends: Sequence[str], pause: float, seconds: float
) -> Crowd:
    crowd = Crowd()
    walks = [
        asyncio.create_task(_walk(shown, cookie, number, sends, crowd, pause))
        for number, cookie in enumerate(cookies)
    ]
    await asyncio.sleep(seconds)
    for walk in walks:
        walk.cancel()
    await asyncio.gather(*walks, return_exceptions=True)
    return crowd


def _cookies(shown: Shown, viewers: int) -> list[str]:
    """Log everybody in, and return their cookies."""
    found = []
    for number in range(viewers):
        reader = Reader(shown.address)
        assert reader.log_in(PEOPLE[number % len(PEOPLE)]).status_code == 303
        found.append("; ".join(f"{one.name}={one.value}" for one in reader.session.cookies))
    return found


def _sends(shown: Shown) -> list[str]:
    """Return the ids of sends to look at, coming and past."""
    with closing(sqlite3.connect(f"file:{shown.ledger}?mode=ro", uri=True)) as found:
        rows = found.execute("SELECT id FROM occurrence ORDER BY first_delivery DESC LIMIT 4000")
        return [id_ for (id_,) in rows]


# --- the figures


def _part(values: Sequence[float], part: float) -> float:
    found = sorted(values)
    return found[min(len(found) - 1, int(len(found) * part))] if found else float("nan")


def _tell_worker(name: str, shown: Shown, since: float, cpu: float, seconds: float) -> None:
    cycles = [(at, ms) for at, ms in shown.cycles() if at > since]
    took, ends = [ms for _, ms in cycles], [since, *(at for at, _ in cycles), time.time()]
    gaps = [after - before for before, after in pairwise(ends)]
    committed = shown.committed(since)
    print(
        f"worker, {name:9} {len(took):3} cycles, "
        f"median {statistics.median(took) if took else float('nan'):6.0f} ms, "
        f"worst {max(took, default=float('nan')):6.0f} ms, longest gap {max(gaps):5.1f} s "
        f"(two polls: {2 * POLL} s), cpu {100 * cpu / seconds:3.0f} %, "
        f"{len(committed)} commits, median "
        f"{statistics.median(committed) if committed else float('nan'):4.0f} ms"
    )


def _tell_crowd(crowd: Crowd, cpu: float, seconds: float) -> None:
    for name, took in {**crowd.took, "all pages": crowd.all()}.items():
        print(
            f"{name:10} {len(took):6} pages, {len(took) / seconds:6.1f}/s, "
            f"p50 {_part(took, 0.5):6.0f} ms, p95 {_part(took, 0.95):6.0f} ms, "
            f"p99 {_part(took, 0.99):6.0f} ms"
        )
    pages = max(1, len(crowd.all()))
    print(f"errors: {dict(crowd.errors) or 'none'}; pages' cpu {100 * cpu / seconds:3.0f} %, "
          f"{1000 * cpu / pages:.1f} ms a page")  # fmt: skip


def _measure(shown: Shown, viewers: int, alone: float, pause: float, seconds: float) -> None:
    end = time.monotonic() + WAIT
    while len(shown.cycles()) < 3:
        assert time.monotonic() < end, (shown.folder / "worker.log").read_text()[-2000:]
        time.sleep(0.2)
    cookies, sends = _cookies(shown, viewers), _sends(shown)
    since, used = time.time(), _cpu(shown.worker)
    time.sleep(alone)
    _tell_worker("alone", shown, since, _cpu(shown.worker) - used, alone)
    since, used, before = time.time(), _cpu(shown.worker), _cpu(shown.pages)
    crowd = asyncio.run(_read(shown, cookies, sends, pause, seconds))
    _tell_worker(f"{viewers} read", shown, since, _cpu(shown.worker) - used, seconds)
    _tell_crowd(crowd, _cpu(shown.pages) - before, seconds)
    log = shown.ledger.with_name("ledger.db-wal")
    print(f"write-ahead log {log.stat().st_size / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offers", type=int, default=100_000)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--sends", type=int, default=2_000)
    parser.add_argument("--alone", type=float, default=30.0)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two pages, about")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--keep", type=Path, help="keep the filled ledger there for the next run")
    parser.add_argument("--simulate", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.simulate:
        simulate(given.sends)
        return
    with tempfile.TemporaryDirectory() as name, _simulated(given.sends) as text:
        folder = Path(name)
        _fill(folder, given.offers, given.keep)
        copy_mappings(folder / "mappings")
        (folder / "connector.toml").write_text(text + MORE + USERS, encoding="utf-8")
        (folder / "connector.toml").chmod(0o600)
        with _running(folder) as shown:
            _measure(shown, given.viewers, given.alone, given.pause, given.seconds)


def _fill(folder: Path, offers: int, kept: Path | None) -> None:
    """Make the ledger, or take the one that an earlier run kept."""
    if kept is None or not kept.exists():
        fill(folder / "ledger.db", offers, datetime.now(UTC), ahead=timedelta())
        if kept is not None:
            shutil.copytree(folder, kept)
        return
    shutil.copytree(kept, folder, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
