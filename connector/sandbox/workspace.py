"""Braze as it is behind its API: broadcasts, when they really go out, and what was sent."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from connector.sandbox.times import at_wall, shift_wall

COMPANY_ZONE = "America/New_York"
Kind = Literal["campaign", "canvas"]
Timing = Literal["company", "local", "intelligent", "action", "api"]
Status = Literal["live", "draft", "stopped", "archived"]
Dialect = Literal["offset", "z", "offset_compact", "abbreviation", "plain"]

FIRST_ZONE = timedelta(hours=14)  # UTC+14 reads a wall clock first (facts: braze §6.2)
LAST_ZONE = timedelta(hours=12)  # UTC-12 reads it last
_STEPS = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
_QUEUED_AHEAD = timedelta(hours=24)
_DAY = timedelta(days=1)
_ALWAYS, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One firing: `at` as scheduled, its instant by company time, first and last message."""

    at: datetime
    nominal: datetime
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One firing that has begun: no guest read it before `first`."""

    send_id: str
    name: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Roll:
    """When a row gives way to the next occurrence: unknown, so it is a switch (braze §8)."""

    policy: str = "nominal"
    delay: timedelta = timedelta()

    def leaves(self, occurrence: Occurrence) -> datetime:
        if self.policy == "last_zone":
            return max(occurrence.nominal, occurrence.last)
        return occurrence.nominal + (self.delay if self.policy == "delayed" else timedelta())


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A campaign or Canvas.

    `at` is an instant for the company's schedule; for local and intelligent ones it is the wall
    clock in every guest's own zone, carried as if it were UTC. `raw` replaces `next_send_time`
    as written, `audience` is what no API shows.
    """

    id: str
    kind: Kind
    name: str
    tags: tuple[str, ...]
    timing: Timing
    at: datetime | None
    created: datetime
    edited: datetime
    zone: str = COMPANY_ZONE
    dialect: Dialect = "offset"
    recurring: Literal["daily", "weekly"] | None = None
    status: Status = "live"
    raw: str | None = None
    audience: str = ""
    hidden: bool = False

    def scheduled(self) -> bool:
        return self.status == "live" and self.timing in ("company", "local", "intelligent")

    def turn(self, number: int, zone: ZoneInfo) -> Occurrence | None:
        """Return the occurrence of that number, the first being 0; None where there is none."""
        if self.at is None or number < 0 or (number and not self.recurring):
            return None
        step = _STEPS[self.recurring] * number if self.recurring else timedelta()
        if self.timing == "company":
            moment = shift_wall(self.at, zone, step)
            return Occurrence(moment, moment, moment, moment)
        return _spread(self.at + step, self.timing, zone)

    def turns(self, zone: ZoneInfo, after: datetime) -> Iterator[Occurrence]:
        """Walk the occurrences, from shortly before `after` on."""
        number = 0
        if self.recurring and self.at is not None:
            number = max(0, (after - self.at) // _STEPS[self.recurring] - 3)
        while (occurrence := self.turn(number, zone)) is not None:
            yield occurrence
            number += 1

    def showing(self, now: datetime, zone: ZoneInfo, roll: Roll) -> Occurrence | None:
        """Return the occurrence that the row shows now, by that roll policy."""
        return next((o for o in self.turns(zone, now) if roll.leaves(o) > now), None)


def _spread(wall: datetime, timing: Timing, zone: ZoneInfo) -> Occurrence:
    """Return a send that travels the zones, earliest bound first (facts: braze §6.2, §6.3)."""
    nominal = at_wall(wall, zone)
    if timing == "local":
        return Occurrence(wall, nominal, wall - FIRST_ZONE, wall + LAST_ZONE)
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    return Occurrence(wall, nominal, day - FIRST_ZONE, day + _DAY + LAST_ZONE)


class Workspace:
    """One Braze workspace; broadcasts stand in the order of their creation."""

    def __init__(self) -> None:
        self.zone = ZoneInfo(COMPANY_ZONE)
        self.broadcasts: dict[str, Broadcast] = {}
        self.segments: dict[str, str] = {}
        self.deliveries: list[Delivery] = []
        self.calls: dict[int, int] = {}
        self._begun: set[tuple[str, datetime]] = set()
        self._queued: list[tuple[Broadcast, Occurrence]] = []
        self._due = _ALWAYS

    def put(self, broadcast: Broadcast) -> None:
        self.broadcasts[broadcast.id] = broadcast
        self._due = _ALWAYS

    def edit(self, changed: Broadcast, now: datetime) -> Broadcast:
        """Save an edit; what already queues in the zones still goes at its old time (braze §8)."""
        before = self.broadcasts[changed.id]
        if before.at != changed.at and before.scheduled():
            self._keep_queued(before, now)
        saved = replace(changed, edited=now)
        self.put(saved)
        return saved

    def _keep_queued(self, before: Broadcast, now: datetime) -> None:
        occurrence = before.showing(now, self.zone, Roll())
        spreading = before.timing in ("local", "intelligent")
        if occurrence and spreading and occurrence.first - now < _QUEUED_AHEAD:
            self._queued.append((before, occurrence))

    def settle(self, now: datetime) -> None:
        """Write down every firing that has begun by now; cheap until the next one is due."""
        if now < self._due:
            return
        upcoming = [self._settle(broadcast, now) for broadcast in self.broadcasts.values()]
        for broadcast, occurrence in self._queued:
            if occurrence.first <= now:
                self._deliver(broadcast, occurrence)
            else:
                upcoming.append(occurrence.first)
        self._due = min(upcoming, default=_NEVER)

    def _settle(self, broadcast: Broadcast, now: datetime) -> datetime:
        """Write down what has begun of one broadcast; return when its next firing begins."""
        if not broadcast.scheduled():
            return _NEVER
        for occurrence in broadcast.turns(self.zone, broadcast.edited):
            if occurrence.first > now:
                return occurrence.first
            # A send whose time had passed when it was saved never goes out (braze §6.2).
            if occurrence.nominal >= broadcast.edited:
                self._deliver(broadcast, occurrence)
        return _NEVER

    def _deliver(self, broadcast: Broadcast, occurrence: Occurrence) -> None:
        mark = (broadcast.id, occurrence.at)
        if mark in self._begun:
            return
        self._begun.add(mark)
        self.deliveries.append(
            Delivery(broadcast.id, broadcast.name, occurrence.first, occurrence.last)
        )

    def sent(self, send_id: str) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.send_id == send_id]
