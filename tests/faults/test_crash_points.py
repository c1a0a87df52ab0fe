"""The worker dies at every named point, and no machine ever makes the same gift twice."""

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random

import pytest

from connector import points
from connector.points import Point, point
from tests.support.console import ROOT, clean_environment, script, until
from tests.support.crashes import (
    FIRST_CRASHES,
    ONCE,
    Bench,
    Case,
    Kill,
    Result,
    benched,
    console,
    places,
    run_places,
)
from tests.support.proof import write_table

SAMPLE = 12
SHARDS = 8
BUDGET = float(os.environ.get("POINTS_BUDGET", "3600")) / SHARDS  # seconds
PASSINGS = (2, 3)

FIRST = [Case("first", (kill,)) for kill in places()]
RETRY = [Case("retry", (kill,)) for kill in run_places()]
RECOVERY = [Case("recovery", pair) for pair in product(FIRST_CRASHES, run_places())]
PAIRS = [Case("recovery", pair) for pair in product(run_places(), run_places())]
LATER = [
    Case("first", (Kill(kill.point, passing, kill.method),))
    for kill, passing in product(run_places(), PASSINGS)
    if kill.seals
]
SAMPLED = Random(20).sample([*RETRY, *RECOVERY], SAMPLE)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with benched(tmp_path_factory.mktemp("bench")) as found:
        yield found


@pytest.mark.parametrize(
    ("number", "case"), list(enumerate(FIRST)), ids=[str(case) for case in FIRST]
)
def test_a_worker_killed_at_any_point_never_gives_twice(
    bench: Bench, number: int, case: Case
) -> None:
    assert bench.play(case, by_script=number % 3 == 0).broken == []


@pytest.mark.parametrize("case", SAMPLED, ids=str)
def test_a_worker_killed_on_retry_or_recovery_never_gives_twice(bench: Bench, case: Case) -> None:
    assert bench.play(case).broken == []


@pytest.mark.parametrize(
    ("breaking", "kill", "told"),
    [
        ("begin_after_post", Kill(Point.HTTP_HEADERS, method="POST"), {"I1", "I6"}),
        ("settle_swallowed", Kill(Point.COMMIT_TOLD), {"I1"}),
        ("orphans_retried", Kill(Point.HTTP_HEADERS, method="POST"), {"I1"}),
        ("log_raises", Kill(Point.CYCLE_DONE), {"I11"}),
    ],
    ids=["begin_after_post", "settle_swallowed", "orphans_retried", "log_raises"],
)
def test_the_harness_bites(bench: Bench, breaking: str, kill: Kill, told: set[str]) -> None:
    found = bench.play(Case("first", (kill,), breaking)).broken
    assert told <= {line.partition(":")[0] for line in found}, found


def test_a_worker_that_stands_still_in_flight_keeps_the_right_to_commit(bench: Bench) -> None:
    folder, world = bench.start()
    environment = {**clean_environment(), "POINTS_STOP": "begin.marked"}
    process = subprocess.Popen(  # noqa: S603  our own script
        [script(), *ONCE],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        status = Path(f"/proc/{process.pid}/stat")
        until(lambda: status.read_text("utf-8").rpartition(")")[2].split()[0] == "T")
        assert world.punchh.campaigns == {}
        assert console(folder, *ONCE).code == 3
        process.send_signal(signal.SIGCONT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait(10)
    assert console(folder, *ONCE).code == 0
    assert len(world.punchh.campaigns) == 3


def test_every_point_has_a_name_and_exactly_one_place() -> None:
    used = Counter(
        name
        for path in (ROOT / "connector").rglob("*.py")
        if path.name != "points.py"
        for name in re.findall(r"\bpoint\(\s*Point\.(\w+)", path.read_text("utf-8"))
    )
    assert used == dict.fromkeys(Point.__members__, 1)


def test_a_point_does_nothing_unless_it_is_armed(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    monkeypatch.setattr(points, "_armed", {})
    point(Point.HTTP_SENT, "POST")
    points.arm({"POINTS_KILL": "http.sent@POST:2", "POINTS_STOP": "cycle.done"})
    for method in ("GET", "POST", "GET"):
        point(Point.HTTP_SENT, method)
    assert sent == []
    point(Point.HTTP_SENT, "POST")
    assert sent == [(os.getpid(), signal.SIGKILL)]
    point(Point.CYCLE_DONE)
    assert sent[1:] == [(os.getpid(), signal.SIGSTOP)]
    with pytest.raises(ValueError, match=r"no\.such"):
        points.arm({"POINTS_KILL": "no.such"})
    points.arm({})
    point(Point.CYCLE_DONE)
    assert len(sent) == 2


@pytest.mark.heavy
@pytest.mark.timeout(BUDGET + 300)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_point_and_every_pair(bench: Bench, shard: int) -> None:
    """Play all cases, single ones first, until the budget is spent; write what came of each."""
    pairs = Random(7).sample(PAIRS, len(PAIRS))
    cases = [*FIRST, *LATER, *RETRY, *RECOVERY, *pairs][shard::SHARDS]
    end, began = time.monotonic() + BUDGET, time.monotonic()
    results: list[Result] = []
    for case in cases:
        if time.monotonic() > end:
            break
        results.append(bench.play(case))
    seconds = time.monotonic() - began
    _write_proof(shard, results, len(cases), seconds)
    assert [one for one in results if one.broken] == []


def _write_proof(shard: int, results: list[Result], of: int, seconds: float) -> None:
    bad = sum(bool(one.broken) for one in results)
    title = (
        f"Crash points, part {shard + 1} of {SHARDS}: "
        f"{len(results)} of {of} cases in {seconds:.0f} s, {bad} failed"
    )
    heads = ("setting", "killed at", "then at", "result")
    write_table(f"crash-points-{shard + 1}", title, heads, map(_told, results))


def _told(one: Result) -> tuple[str, ...]:
    first, second = (*map(str, one.case.kills), "")[:2]
    holds = "holds; nothing was left for the second" if one.unpassed else "holds"
    return one.case.setting, first, second, "; ".join(one.broken)[:400] or holds
