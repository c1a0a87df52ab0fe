"""How long a look takes on a ledger of many years: `python -m tests.bench.looks 1000000`.

So many committed offers of the past, one each a send, and 500 that are still to come. Prints
seconds for what the worker does after every cycle, and for what people and scripts ask of it.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from connector.domain.attentions import LATELY, attentions
from connector.domain.distribution import State
from connector.domain.policy import Schedule
from connector.ledger import Ledger
from connector.ledger.rows import distribution_values, occurrence_values
from connector.ledger.tables import distribution, occurrence
from tests.support.ledger import a_distribution, an_occurrence, new_ledger

COMING, CHUNK = 500, 20_000


def fill(ledger: Ledger, past: int, now: datetime) -> None:
    """Write rows straight into the tables: so many that are over, and some that are to come."""
    for start in range(0, past + COMING, CHUNK):
        numbers = range(start, min(start + CHUNK, past + COMING))
        with ledger._store.writing() as tx:  # a bench may
            both = [_rows(tx, number, past, now) for number in numbers]
            tx.execute(insert(occurrence), [send for send, _ in both])
            tx.execute(insert(distribution), [offer for _, offer in both])


def _rows(
    tx: Connection, number: int, past: int, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    over = number < past
    at = now - timedelta(minutes=number + 1) if over else now + timedelta(days=2)
    send = replace(an_occurrence(f"s{number}", at=at), closed_at=at if over else None)
    offer = a_distribution(send, state=State.COMMITTED if over else State.WAITING)
    offer = replace(offer, campaign_id=number if over else None, version=1)
    sealed = {"sealed_segment_id": 7, "sealed_redeemable_uuid": "u-1"} if over else {
        "sealed_segment_id": None, "sealed_redeemable_uuid": None}  # fmt: skip
    values = distribution_values(tx, offer)
    return occurrence_values(tx, send, at=now), {**values, "ever_sealed": over, **sealed}


def timed(name: str, call: Callable[[], object], times: int = 3) -> None:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    print(f"{name:36} {min(took):8.3f} s")


def main(past: int) -> None:
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder, new_ledger(Path(folder)) as ledger:
        fill(ledger, past, now)
        print(f"{past} offers of the past, {COMING} to come")
        timed("standing", lambda: ledger.standing(since=now - LATELY))
        standing = ledger.standing(since=now - LATELY)
        timed("attentions", lambda: attentions(standing, Schedule(), now))
        timed("counts", ledger.counts)
        timed("told", ledger.told)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
