"""How long the pages take on a long history: `python -m tests.bench.pages 1000000 [LEDGER]`.

Makes a ledger of so many offers (or takes one that `tests.bench.big_ledger` left), serves the pages
over it by the real console script, and asks for each of them over a socket, from another process.
The times are a reader's: the server's and the wire's together. `cpu` is what the server's process
used for one page, whatever else this machine is busy with.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.big_ledger import fill
from tests.support.console import clean_environment, script
from tests.support.pages import CONFIG, USERS, Reader

TIMES = 15
MAPPING = "\n".join(
    ["version: 1", "rules:"]
    + [
        f'  - name: {name.lower().replace(" ", "-")}\n    match: {{send: "{name}*"}}\n'
        f"    redeemable: Free Taco"
        for name in ("Friday Fries", "Taco Tuesday", "Lunch Push", "Sunrise Coffee",
                     "Family Night", "Flash")
    ]
)  # fmt: skip


def main(offers: int, ledger: Path | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = ledger or folder / "ledger.db"
        if ledger is None:
            began = time.perf_counter()
            fill(path, offers, datetime.now(UTC))
            print(f"{offers:,} offers written in {time.perf_counter() - began:.0f} s")
        print(f"ledger of {path.stat().st_size / 1e6:,.0f} MB")
        (folder / "mappings").mkdir()
        (folder / "mappings" / "all.yaml").write_text(MAPPING, encoding="utf-8")
        text = CONFIG.replace("sqlite:///ledger.db", f"sqlite:///{path}") + USERS
        (folder / "connector.toml").write_text(text, encoding="utf-8")
        with _serving(folder) as (reader, pid):
            _measure(reader, pid)


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[Reader, int]]:
    words = [script(), "--config", "connector.toml", "web", "--port", "0"]
    process = subprocess.Popen(  # noqa: S603  our own script
        words, cwd=folder, env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        began = time.perf_counter()
        line = process.stdout.readline()
        print(f"served after {time.perf_counter() - began:.1f} s")
        reader = Reader(line.split()[2].rstrip("/"))
        assert reader.log_in().status_code == 303
        yield reader, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _used(pid: int) -> float:
    """Return the milliseconds of CPU that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _measure(reader: Reader, pid: int) -> None:
    names = "".join(f"{name:>8}" for name in ("first", "least", "median", "worst"))
    print(f"\n{'page':44}{names}{'cpu':>6}{'KB':>6}   ms, {TIMES} times")
    for name, path in _pages(reader).items():
        took, before = [], _used(pid)
        for number in range(TIMES):
            began = time.perf_counter()
            reply = reader.get(f"{path}{'&' if '?' in path else '?'}n={number}")  # never one kept
            took.append((time.perf_counter() - began) * 1000)
            assert reply.status_code == 200, reply.text[-2000:]
        size, cpu = len(reply.content) / 1000, (_used(pid) - before) / TIMES
        least, middle, worst = min(took), statistics.median(took), max(took[1:])
        print(f"{name:44}{took[0]:8.0f}{least:8.0f}{middle:8.0f}{worst:8.0f}{cpu:6.0f}{size:6.0f}")
    began = time.perf_counter()
    reply = reader.get("/ledger/export.ndjson?since=2026-01-01", timeout=900)
    seconds, lines = time.perf_counter() - began, reply.text.count("\n")
    print(f"\nexport of {lines:,} lines in {seconds:.1f} s ({lines / seconds:,.0f} a second)")


def _pages(reader: Reader) -> dict[str, str]:
    today = datetime.now(UTC).date()
    then = today - timedelta(days=400)
    first = reader.get("/ledger").text
    send = first.split('data-name="Send"><a href="')[1].split('"')[0]
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    last = "after=2022-05-01T00:00:00.000000Z~m"
    return {
        "Today": "/",
        "A send": send,
        "Mappings": "/mappings",
        "Ledger": "/ledger",
        "Ledger, the next part": following,
        "Ledger, four years back": f"/ledger?{last}",
        "Ledger, oldest first": "/ledger?dir=up",
        "Ledger, by the last change": "/ledger?sort=changed",
        "Ledger, by the offer's start": "/ledger?sort=offer",
        "Ledger, committed": "/ledger?state=committed",
        "Ledger, unknown": "/ledger?state=unknown",
        "Ledger, missed, by the last change": "/ledger?state=missed&sort=changed",
        "Ledger, one rule of one source": "/ledger?rule=flash&source=sf_core",
        "Ledger, a source that has none": "/ledger?source=none",
        "Ledger, a month a year ago": f"/ledger?since={then}&until={then + timedelta(days=30)}",
        "Ledger, that month by the last change": (
            f"/ledger?since={then}&until={then + timedelta(days=30)}&sort=changed"
        ),
        "Ledger, search: taco": "/ledger?text=taco",
        "Ledger, search: a name that is not there": "/ledger?text=zzzz",
        "Ledger, search: an id": f"/ledger?text={send.rsplit('/', 1)[1]}",
        "Ledger, search: a campaign's number": "/ledger?text=90500001",
        "Ledger, sends without an offer": "/ledger?show=sends",
        "Charts, 37 days": "/ledger/charts",
        "Charts, 62 days": f"/ledger/charts?since={today - timedelta(days=61)}&until={today}",
    }


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        Path(sys.argv[2]).absolute() if len(sys.argv) > 2 else None,
    )
