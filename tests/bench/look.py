"""How long a look at a ledger of many years takes: `python -m tests.bench.look PATH`.

PATH is a ledger that `tests.bench.big_ledger` made. Prints seconds, the least of three, for what
the worker does after every cycle, and once for writing the whole ledger out.
"""

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.domain.attentions import LATELY, attentions
from connector.domain.policy import Schedule
from connector.ledger import Ledger
from connector.render import contract
from connector.render.export import written
from tests.support.words import IN_UTC


def timed(name: str, call: Callable[[], object], times: int = 3) -> None:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    print(f"{name:30} {min(took):8.3f} s")


def exported(ledger: Ledger, now: datetime) -> int:
    with ledger.export() as (_, found):
        rows = (contract.row(row.occurrence, row.distribution, now, IN_UTC) for row in found)
        return sum(len(line) for line in written("csv", rows, ZoneInfo("America/New_York")))


def peak() -> int:
    """Return the most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(path: Path) -> None:
    now = datetime.now(UTC)
    with Ledger.open(f"sqlite:///{path.absolute()}") as ledger:
        timed("standing", lambda: ledger.standing(since=now - LATELY))
        standing = ledger.standing(since=now - LATELY)
        timed("attentions", lambda: attentions(standing, Schedule(), now))
        timed("counts, when something happened", ledger.counts)
        timed("latest event", lambda: ledger.head)
        timed("who was told what", ledger.told)
        before = peak()
        timed("export as CSV", lambda: exported(ledger, now), times=1)
        print(f"{'most memory before, after':30} {before} MiB, {peak()} MiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
