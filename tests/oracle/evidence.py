"""What came of a history: the truth on one side, on the other what the connector knew and did."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.domain.send import Spread
from connector.sandbox.business import Campaign
from connector.sandbox.delivery import Delivery
from connector.sandbox.exchange import Response
from connector.sandbox.sendlog import Gift

# A send's id, and its time as its source writes it: of Intelligent Timing the day alone counts.
Firing = tuple[str, datetime]
SPREADS = {"local_time_zones": Spread.LOCAL, "intelligent_delivery": Spread.INTELLIGENT}


@dataclass(frozen=True, slots=True)
class Carried:
    """An occurrence of the ledger, with the firing that it stands for and its nominal time."""

    key: str
    firing: Firing
    nominal: datetime


@dataclass(frozen=True, slots=True)
class Poll:
    """What a cycle that ended `at` was told, and what stood in the ledger then.

    `firings` are the rows that the sources really answered with, `flagged` the keys of the
    occurrences of which a person is told that their offer may be late.
    """

    at: datetime
    firings: frozenset[Firing]
    carried: frozenset[Carried]
    flagged: frozenset[str]


@dataclass(frozen=True, slots=True)
class Beats:
    """The instants at which the worker polls, but for those at which it is down."""

    start: datetime
    step: timedelta
    down: tuple[tuple[datetime, datetime], ...] = ()

    def about(self, instant: datetime) -> Iterator[datetime]:
        """Walk the last beat before an instant and the three after it, where it is not down."""
        last = (instant - self.start) // self.step
        for beat in range(last, last + 4):
            at = self.start + beat * self.step
            if not any(start <= at < end for start, end in self.down):
                yield at

    def first_from(self, instant: datetime) -> datetime:
        """Return the first beat from an instant on."""
        beat = self._from(instant)
        for start, end in sorted(self.down):
            if start <= beat < end:
                beat = self._from(end)
        return beat

    def _from(self, instant: datetime) -> datetime:
        return self.start - (self.start - instant) // self.step * self.step


@dataclass(frozen=True, slots=True)
class Evidence:
    """`gifts` and `campaigns` go by the key of the occurrence for which they were committed."""

    deliveries: tuple[Delivery, ...]
    gifts: Mapping[str, tuple[Gift, ...]]
    campaigns: Mapping[str, tuple[Campaign, ...]]
    polls: tuple[Poll, ...]
    beats: Beats
    end: datetime


def wall(text: str, spread: Spread) -> datetime:
    """Read a time as the sandbox keeps it: an instant, or digits carried as if they were UTC."""
    moment = datetime.fromisoformat(text)
    if spread is Spread.INSTANT:
        return moment.astimezone(UTC)
    digits = moment.replace(tzinfo=UTC)
    return day(digits) if spread is Spread.INTELLIGENT else digits


def day(digits: datetime) -> datetime:
    return digits.replace(hour=0, minute=0, second=0)


def fired(delivery: Delivery) -> Firing:
    """Name the firing that a delivery is."""
    intelligent = delivery.timing == "intelligent"
    return delivery.send_id, day(delivery.wall) if intelligent else delivery.wall


def answered(response: Response) -> Iterator[Firing]:
    """Walk the sends and times that an answer of Braze or Salesforce shows."""
    body = json.loads(response.body)
    if not isinstance(body, dict):
        return
    for row in body.get("scheduled_broadcasts", ()):
        spread = SPREADS.get(row["schedule_type"], Spread.INSTANT)
        yield row["id"], wall(row["next_send_time"], spread)
    for row in body.get("records", ()):
        if row.get("ProgressStatus") == "PreparingData":
            continue  # it has begun, and is no send to come any more
        at = row.get("ScheduledDate") or row.get("ScheduledStartDate")
        if at is not None:
            yield row["Id"], wall(at, Spread.INSTANT)
