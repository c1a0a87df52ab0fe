"""Power loss: whatever the disk kept of the log, an intent that was told durable is still there.

A scripted sequence runs in a child; after each step the database, its log and its mark are copied.
Then the log is cut: at every boundary of a frame, and inside frames. What was durable after a step
is a prefix of the log at least as long as it was then, so such a cut is an image that the power
may leave behind; a shorter one is what a database that does not wait for the disk would leave.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connector.domain.distribution import State
from connector.domain.verdicts import orphaned
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.ledger.verify import verify
from tests.support.console import TIMEOUT, opened, script
from tests.support.ledger import NOW, url_of
from tests.support.proof import write_table

HEADER, PAGE_HEADER, PAGE = 32, 24, 4096
FRAME = PAGE_HEADER + PAGE
SCRIPT = """
import json, shutil, sys
from pathlib import Path
from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.ledger import Ledger
from tests.support.ledger import *

folder, steps = Path(sys.argv[1]), []

def keep(name, begun=None):
    there = folder / f"{len(steps):02}"
    there.mkdir()
    for each in folder.glob("ledger.db*"):
        if not each.name.endswith("-shm"):
            shutil.copy(each, there / each.name)
    steps.append({"name": name, "begun": begun})

ledger = new_ledger(folder)
occurrence = an_occurrence()
offers = [a_distribution(occurrence, wanted=f"w{n}", segment_id=n) for n in range(1, 6)]
ledger.record(a_plan(an_entry(occurrence, *offers)), at=NOW)
keep("recorded")
ends = [(Verdict.COMMITTED, State.COMMITTED, 51), (Verdict.UNKNOWN, State.UNKNOWN, None),
        (Verdict.REJECTED, State.REJECTED, None), (Verdict.COMMITTED, State.COMMITTED, 54)]
for offer, (verdict, state, campaign) in zip(offers, ends):
    waiting = ledger.distribution(offer.id)
    attempt = an_attempt(waiting)
    intent = ledger.begin(waiting, attempt)
    keep("begun", offer.id)
    ledger.settle(*ended(intent, attempt, verdict, state, campaign))
    keep("settled")
later = an_occurrence("s2")
ledger.record(a_plan(an_entry(later, a_distribution(later))), at=NOW)
keep("recorded again")
ledger.begin(ledger.distribution(offers[4].id), an_attempt(ledger.distribution(offers[4].id)))
keep("begun", offers[4].id)
(folder / "steps.json").write_text(json.dumps(steps))
sys.stdout.flush()
import os; os._exit(0)  # no checkpoint: the log stays as the power would find it
"""


@dataclass(frozen=True)
class Step:
    """What stood on the disk when a step had returned, and the offers that were begun by then."""

    name: str
    folder: Path
    begun: tuple[str, ...]

    @property
    def log(self) -> bytes:
        return (self.folder / "ledger.db-wal").read_bytes()


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    folder = tmp_path_factory.mktemp("power")
    subprocess.run(  # noqa: S603  our own code
        [sys.executable, "-c", SCRIPT, str(folder)],
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    found: list[Step] = []
    begun: tuple[str, ...] = ()
    for number, told in enumerate(json.loads((folder / "steps.json").read_text())):
        begun += (told["begun"],) if told["begun"] else ()
        found.append(Step(told["name"], folder / f"{number:02}", begun))
    return found


def cuts(step: Step, following: bytes) -> Iterator[int]:
    """Return the lengths a later log may have when it is cut after this step's end.

    All of this step is on the disk; of what the next step was writing, any part may be.
    """
    start = len(step.log)
    for frame in range(start, len(following), FRAME):
        yield from (frame, frame + 1, frame + PAGE_HEADER, frame + PAGE_HEADER + 2000)
        yield frame + FRAME - 1
    yield len(following)


def images(steps: list[Step]) -> list[tuple[int, int]]:
    """Return (step, length of the log) of every image; the log only grows in this story."""
    found = []
    for number, step in enumerate(steps):
        following = steps[min(number + 1, len(steps) - 1)].log
        assert following.startswith(step.log), "the log was begun anew: the cuts mean nothing"
        found += [(number, length) for length in cuts(step, following)]
    return found


def left_behind(steps: list[Step], number: int, length: int, folder: Path) -> Path:
    """Lay out what the power left: the file and mark of a step, and so much of the log."""
    following = steps[min(number + 1, len(steps) - 1)]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("ledger.db", "ledger.db.mark"):
        shutil.copy(steps[number].folder / name, folder / name)
    (folder / "ledger.db-wal").write_bytes(following.log[:length])
    return folder


def forgotten(folder: Path, begun: tuple[str, ...]) -> list[str]:
    """Reopen as the next worker does; return the begun offers that could be begun again."""
    with Ledger.open(url_of(folder)) as ledger:
        ledger.orphans(at=NOW, reason=orphaned())
        open_again = {State.WAITING, State.HELD, State.BLOCKED}
        lost = [id_ for id_ in begun if ledger.distribution(id_).state in open_again]
        lost += [id_ for id_ in begun if not ledger.attempts(id_)]
    assert verify(folder / "ledger.db") == ()
    return lost


def hold(steps: list[Step], chosen: list[tuple[int, int]], folder: Path) -> None:
    assert [one for one in outcomes(steps, chosen, folder) if one[-1]] == []


def outcomes(
    steps: list[Step], chosen: list[tuple[int, int]], folder: Path
) -> Iterator[tuple[int, int, list[str]]]:
    """Recover each image; give its step, its length, and which begun offers it lost."""
    for number, length in chosen:
        image = left_behind(steps, number, length, folder / "image")
        yield number, length, forgotten(image, steps[number].begun)


def test_what_was_begun_survives_the_power(steps: list[Step], tmp_path: Path) -> None:
    every = images(steps)
    chosen = every[:: max(1, len(every) // 36)]
    assert len(chosen) >= 20
    hold(steps, chosen, tmp_path)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_what_was_begun_survives_every_cut(steps: list[Step], tmp_path: Path) -> None:
    every = images(steps)
    assert len(every) >= 200
    rows = [
        (steps[number].name, length, len(steps[number].begun), "; ".join(lost) or "holds")
        for number, length, lost in outcomes(steps, every, tmp_path)
    ]
    bad = sum(row[-1] != "holds" for row in rows)
    title = f"Power loss: {len(rows)} images of the log cut and recovered, {bad} not as expected"
    write_table("power-loss", title, ("after", "bytes of the log", "begun", "result"), rows)
    assert bad == 0


def unsynced(steps: list[Step]) -> Iterator[tuple[int, int]]:
    """Return images of a database that did not wait: a begun offer's last frame is missing."""
    for number, step in enumerate(steps[1:], start=1):
        if step.begun != steps[number - 1].begun:
            yield number, len(steps[number - 1].log)
            yield number, len(step.log) - 1


def test_the_same_cuts_show_a_database_that_does_not_wait_for_the_disk(
    steps: list[Step], tmp_path: Path
) -> None:
    """The harness bites, and the mark stops the worker where the disk lied to SQLite."""
    lying = list(unsynced(steps))
    assert len(lying) == 10
    for number, length in lying:
        image = left_behind(steps, number, length, tmp_path / "image")
        with pytest.raises(LedgerError, match="restored from an older backup or snapshot"):
            Ledger.open(url_of(image))
        mark = image / "ledger.db.mark"
        mark.write_text(json.dumps({"ledger_id": "L1", "generation": 0}))
        lost = forgotten(image, steps[number].begun)
        assert lost
        assert set(lost) == {steps[number].begun[-1]}


def test_a_log_that_is_gone_is_not_taken_for_an_empty_one(
    steps: list[Step], tmp_path: Path
) -> None:
    image = left_behind(steps, len(steps) - 1, 0, tmp_path / "image")
    (image / "ledger.db-wal").unlink()
    with pytest.raises(LedgerError) as told:
        Ledger.open(url_of(image))
    assert "\n" not in str(told.value)


CALLS = {
    "log": r"fdatasync\(\d+<[^>]*ledger\.db-wal>",
    "mark": r"fsync\(\d+<[^>]*ledger\.db\.mark\.",
    "renamed": r'rename\("[^"]*", "[^"]*ledger\.db\.mark"',
    "folder": r"fsync\(\d+<[^>]*/config>",
    "post": r'"POST /api2/dashboard/campaigns ',
}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_post_leaves_before_its_intent_is_on_the_disk(tmp_path: Path) -> None:
    """The calls of a real worker, as the kernel saw them: log, mark and folder, then the POST."""
    with opened(tmp_path / "shop") as shop:
        shop.live()
        trace = tmp_path / "trace"
        wanted = "trace=fsync,fdatasync,rename,sendto,sendmsg"
        strace = ["strace", "-f", "-y", "-s", "64", "-e", wanted, "-o", str(trace)]
        subprocess.run(  # noqa: S603  our own script
            [*strace, script(), "run", "--once"],
            cwd=shop.folder,
            env=shop.environment(),
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,  # the scenario holds one that Punchh refuses
        )
        posts = shop.posts()
    lines = trace.read_text(errors="replace").splitlines()
    seen = [
        name for line in lines for name, call in CALLS.items() if re.search(call, line) is not None
    ]
    assert posts == seen.count("post") == 9
    for number, name in enumerate(seen):
        if name == "post":
            assert seen[number - 4 : number] == ["log", "mark", "renamed", "folder"]
