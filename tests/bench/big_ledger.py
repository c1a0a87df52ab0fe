"""A ledger with a long history, made fast: `python -m tests.bench.big_ledger PATH 1000000`.

So many offers, some 500 a day, the last of them two weeks ahead unless `ahead` says otherwise; half
of the sends bear names of their own, as dated campaigns do. Every offer has its attempt and its
events.
"""

import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, insert, update

from connector.domain import reasons
from connector.domain.distribution import Attempt, Decision, Distribution, Occurrence, State
from connector.domain.keys import distribution_id, occurrence_key
from connector.domain.offer import Verdict
from connector.domain.send import Send, When
from connector.ledger import Ledger, chain, tables
from connector.ledger.instants import spelled
from connector.ledger.mark import Mark, write_mark
from connector.ledger.rows import attempt_values, distribution_values, occurrence_values
from tests.support.words import saying

A_DAY = 500
AHEAD = timedelta(days=14)
SEGMENTS = ("VIP Guests", "Taco Lovers", "Lunch Regulars", "Coffee Club", "Families", "Lapsed 90")
OFFERS = ("Free Medium Fries", "Free Taco", "Lunch Combo Upgrade", "Free Coffee", "Kids Meal",
          "Birthday Brownie", "Family Platter", "Holiday Shake", "Ice Cream Cone")  # fmt: skip
NAMES = ("Friday Fries", "Taco Tuesday", "Lunch Push", "Sunrise Coffee", "Family Night", "Flash")
SOURCES = ("braze_us", "sf_core")
PAST = ("committed",) * 93 + ("missed",) * 2 + ("withdrawn",) * 4 + ("rejected",)
COMING = ("waiting",) * 90 + ("held",) * 6 + ("blocked",) * 4
CHUNK = 50_000

Rows = list[dict[str, Any]]


def fill(path: Path, offers: int, now: datetime, *, ahead: timedelta = AHEAD) -> None:
    """Make a ledger in a folder and write so many offers into it."""
    with Ledger.create(f"sqlite:///{path}", ledger_id="bench", at=now) as ledger:
        ledger.go_live(at=now, who="bench", nothing_given_yet=True)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as tx:
        tx.exec_driver_sql("PRAGMA synchronous = OFF")
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql != ''"
        indexes = tx.exec_driver_sql(made).all()
        for name, _ in indexes:
            tx.exec_driver_sql(f"DROP INDEX {name}")
        last = chain.head(tx)
        for chunk in _chunks(tx, offers, now, ahead):
            last = _chained(chunk.get("event", []), last)
            for table, rows in chunk.items():
                tx.execute(insert(tables.metadata.tables[table]), rows)
        for _, sql in indexes:
            tx.exec_driver_sql(sql)
        tx.execute(update(tables.ledger).values(generation=offers))
        tx.commit()
        tx.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    write_mark(path, Mark("bench", offers))


def _chained(rows: Rows, last: chain.Head) -> chain.Head:
    """Link events to the history before them."""
    for row in rows:
        row |= {"id": last.number + 1, "os_user": "", "reason_data": None}
        content = [row[name] for name in chain.CONTENT]
        content[1] = spelled(row["at"])
        last = chain.Head(row["id"], chain.link(last.digest, content))
        row["digest"] = last.digest
    return last


def _chunks(
    tx: Connection, offers: int, now: datetime, ahead: timedelta
) -> Iterator[dict[str, Rows]]:
    dice = random.Random(7)
    step = timedelta(days=1) / A_DAY
    first = now + ahead - step * offers
    chunk: dict[str, Rows] = {}
    for number in range(offers):
        at = (first + step * number).replace(microsecond=0)
        for table, row in _rows(tx, number, at, now, dice):
            chunk.setdefault(table, []).append(row)
        if number % CHUNK == CHUNK - 1 or number == offers - 1:
            yield chunk
            chunk = {}


def _rows(
    tx: Connection, number: int, at: datetime, now: datetime, dice: random.Random
) -> Iterator[tuple[str, dict[str, Any]]]:
    send = _occurrence(number, at, now)
    changed = min(at, now) - timedelta(hours=2)
    yield "occurrence", occurrence_values(tx, send, at=changed)
    if send.decision is Decision.UNMAPPED:
        return
    offer = _distribution(number, send, now, dice, changed)
    tried = offer.attempts > 0
    seal = (offer.segment_id, offer.redeemable_uuid) if offer.state.sealed else (None, None)
    sealed = dict(zip(("sealed_segment_id", "sealed_redeemable_uuid"), seal, strict=True))
    yield (
        "distribution",
        distribution_values(tx, offer) | sealed | {"ever_sealed": offer.state.sealed},
    )
    if tried:
        verdict = Verdict(offer.state.value)
        attempt = Attempt(
            offer.id, 1, changed, offer.external_campaign_id or "", "0" * 64, at, changed, verdict,
            "replied", 200, "r-1",
        )  # fmt: skip
        yield "attempt", attempt_values(tx, attempt)
    for before, after, verb in ((None, "waiting", "opened"), ("waiting", offer.state, "planned")):
        yield "event", {
            "at": changed, "who": "plan", "verb": f"distribution.{verb}", "occurrence": send.key,
            "distribution": offer.id, "before": before, "after": str(after),
            "reason": "as planned", "details": "{}",
        }  # fmt: skip


def _occurrence(number: int, at: datetime, now: datetime) -> Occurrence:
    source, name = SOURCES[number % 5 == 0], NAMES[number % len(NAMES)]
    kind = "list_email" if source == "sf_core" else "campaign"
    send_id = f"s{number % 5000}" if number % 2 else f"u{number}"
    named = name if number % 2 else f"{name} {at:%Y-%m-%d} #{number}"
    bare, rule = number % 16 == 0, name.lower().replace(" ", "-")
    audiences = () if bare and number % 1600 else ("VIP Guests",)
    return Occurrence(
        key=occurrence_key(kind, "", send_id, at),
        send=Send(source, kind, "", send_id, named, ("offer",), audiences, When(at, at, "", "UTC")),
        opened_for=at,
        first_seen_at=at - timedelta(days=14),
        decision=Decision.UNMAPPED if bare else Decision.CLAIMED,
        rule=None if bare else rule,
        reason=reasons.unmapped(()) if bare else reasons.claimed(rule),
        closed_at=at + timedelta(hours=1) if at < now else None,
    )


def _distribution(
    number: int, send: Occurrence, now: datetime, dice: random.Random, changed: datetime
) -> Distribution:
    at = send.opened_for or now
    segment, offer = dice.randrange(len(SEGMENTS)), dice.randrange(len(OFFERS))
    key = distribution_id(send.key, SEGMENTS[segment].lower(), OFFERS[offer].lower())
    state = State(dice.choice(PAST if at < now + timedelta(hours=2) else COMING))
    if now - timedelta(hours=30) < at < now and number % 97 == 0:
        state = State.UNKNOWN
    tried = state.sealed or state is State.REJECTED
    start = at - timedelta(minutes=30)
    return Distribution(
        id=key,
        occurrence=send.key,
        wanted_segment=SEGMENTS[segment].lower(),
        wanted_redeemable=OFFERS[offer].lower(),
        rule=send.rule or "",
        state=state,
        reason=saying(f"is-{state.value}", f"it is {state.value}, as the bench wants it"),
        audience=SEGMENTS[segment],
        segment=SEGMENTS[segment],
        segment_id=segment + 1,
        redeemable=OFFERS[offer],
        redeemable_uuid=f"uuid-{offer}",
        scheduled_for=at,
        first_delivery=at,
        start_time=start,
        commit_by=at - timedelta(minutes=22),
        attempts=int(tried),
        campaign_id=90_000_000 + number if state is State.COMMITTED else None,
        external_campaign_id=f"c1-{key}{number:x}" if tried else None,
        version=2,
        updated_at=changed,
    )


if __name__ == "__main__":
    began = time.perf_counter()
    where, many = Path(sys.argv[1]), int(sys.argv[2])
    fill(where, many, datetime.now(UTC))
    megabytes = where.stat().st_size / 1e6
    print(f"{many} offers in {time.perf_counter() - began:.1f} s, {megabytes:.0f} MB")
