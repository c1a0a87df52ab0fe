"""A look at all remotes for a person: beside a worker, or before there is a ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from connector.app import remotes, workplace
from connector.clock import Clock, Random
from connector.domain.distribution import State
from connector.domain.offer import Catalog
from connector.domain.send import Send, Snapshot
from connector.domain.standing import Row
from connector.errors import LedgerError, RemoteError
from connector.settings import Settings
from connector.worker.observe import PUNCHH, keep_refusal, observe, side_by_side

LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Look:
    """What the sources showed that could be read, and Punchh's lists if they could.

    `unreadable` tells of the rest, and `remembered` holds the sends of those sources that the
    ledger knows to be coming. `refused` are the offers that Punchh refused lately for their
    redeemable's sake, by its uuid, unless it took the same redeemable since.
    """

    snapshots: tuple[Snapshot, ...]
    catalog: Catalog | None
    unreadable: Mapping[str, RemoteError]
    remembered: tuple[Send, ...] = ()
    refused: Mapping[str, Row] = field(default_factory=dict)

    @property
    def sends(self) -> tuple[Send, ...]:
        return tuple(send for snapshot in self.snapshots for send in snapshot.sends)


def look(settings: Settings, clock: Clock, random: Random) -> Look:
    """Ask every remote once, side by side; they fail apart.

    Where there is a ledger, remotes that are left alone are not asked, and a refusal is kept in
    it: nothing else is written.
    """
    try:
        with workplace(settings, clock, random) as work:
            seen = observe(work)
            for error in seen.failures.values():
                keep_refusal(work, error)
            rows = work.ledger.standing(since=clock.now() - LATELY).rows
    except LedgerError:
        return _without_ledger(settings, clock, random)
    remembered = {
        row.occurrence.send.series: row.occurrence.send
        for row in rows
        if row.occurrence.closed_at is None and row.occurrence.send.source in seen.failures
    }
    return Look(
        tuple(poll.snapshot for poll in seen.polls),
        seen.catalog,
        seen.failures,
        tuple(remembered.values()),
        refused(rows),
    )


def _without_ledger(settings: Settings, clock: Clock, random: Random) -> Look:
    now = clock.now()
    with remotes(settings, clock, random) as (sources, punchh):
        polls = {name: partial(one.poll, now, frozenset()) for name, one in sources.items()}
        answers = side_by_side({**polls, PUNCHH: punchh.catalog}, clock)
    catalog = answers[PUNCHH]
    return Look(
        tuple(answer for answer in answers.values() if isinstance(answer, Snapshot)),
        catalog if isinstance(catalog, Catalog) else None,
        {name: one for name, one in answers.items() if isinstance(one, RemoteError)},
    )


def refused(rows: Iterable[Row]) -> Mapping[str, Row]:
    """Return by redeemable the last offer that Punchh refused because of it."""
    last: dict[str, tuple[datetime, Row]] = {}
    for row in rows:
        offer = row.distribution
        if offer is None or offer.redeemable_uuid is None or offer.updated_at is None:
            continue
        for_its_sake = offer.reason.code.startswith("redeemable-")
        if offer.state is State.COMMITTED or (offer.state is State.REJECTED and for_its_sake):
            told = last.setdefault(offer.redeemable_uuid, (offer.updated_at, row))
            last[offer.redeemable_uuid] = max(told, (offer.updated_at, row), key=_instant)
    return {
        uuid: row
        for uuid, (_, row) in last.items()
        if row.distribution and row.distribution.state is State.REJECTED
    }


def _instant(told: tuple[datetime, Row]) -> datetime:
    return told[0]
