"""What the history costs: `python -m tests.bench.history 20000`.

Adds so many events in one transaction, as the first cycle of a busy brand does, then one at a
time, as commits and people do, and verifies the file. Prints seconds of the processor, the
minimum of five.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from connector.domain.reasons import claimed
from connector.ledger import Ledger
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.verify import verify

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SINGLE = 200


def events(count: int) -> list[EventRow]:
    return [
        EventRow(
            AT,
            "plan",
            Verb.DISTRIBUTION_OPENED,
            claimed("friday-fries"),
            occurrence=f"v1:campaign::{number:032x}:20261124T060000Z",
            distribution=f"{number:010x}",
            after="waiting",
            details={"code": "window"},
        )
        for number in range(count)
    ]


def measured(label: str, work: Callable[[], object], times: int = 5) -> None:
    took = []
    for _ in range(times):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    print(f"{label:40} {min(took):.3f} s")


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, many = Path(folder) / "ledger.db", events(count)
        with Ledger.create(f"sqlite:///{path}", ledger_id="bench", at=AT) as ledger:

            def add(rows: list[EventRow]) -> None:
                with ledger._store.writing() as tx:
                    add_events(tx, rows)

            measured(f"{count} events in one transaction", lambda: add(many))

            def one_by_one() -> None:
                for row in many[:SINGLE]:
                    add([row])

            measured(f"{SINGLE} transactions of one", one_by_one)
            measured(f"verify {ledger.head.number} events", lambda: verify(path), 2)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
