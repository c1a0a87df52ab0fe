"""Braze as it is behind its API: broadcasts, when they really go out, and what was sent."""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Literal
from zoneinfo import ZoneInfo

from connector.sandbox.delivery import Delivery, Timing
from connector.sandbox.saved import Saved
from connector.sandbox.switches import Switches
from connector.sandbox.times import at_wall, zone_of

COMPANY_ZONE = "America/New_York"
Kind = Literal["campaign", "canvas"]
Recurring = Literal["daily", "weekly", "monthly"]
Status = Literal["live", "draft", "stopped", "archived"]
Dialect = Literal["offset", "z", "offset_compact", "abbreviation", "plain"]

FIRST_ZONE = timedelta(hours=14)  # UTC+14 reads a wall clock first (facts: braze §6.2)
LAST_ZONE = timedelta(hours=12)  # UTC-12 reads it last
_STEPS = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1), "monthly": timedelta(days=31)}
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
    clock in every guest's own zone, carried as if it were UTC. `ends` is the last day of a
    recurring one; `winner_after` is how long half of the guests wait for an A/B test's winner.
    `raw` replaces `next_send_time` as written, `row` any keys of the rows that show it,
    `audience` is what no API shows, `draft` what a post-launch draft would make of it
    (facts: braze §8).
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
    recurring: Recurring | None = None
    status: Status = "live"
    raw: str | None = None
    audience: str = ""
    hidden: bool = False
    ends: date | None = None
    winner_after: timedelta = timedelta()
    draft: "Broadcast | None" = None
    row: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def scheduled(self) -> bool:
        return self.status == "live" and self.timing in ("company", "local", "intelligent")

    def schedule(self) -> tuple[object, ...]:
        """Return what an edit must change to be one of the schedule."""
        return (self.timing, self.at, self.zone, self.recurring, self.ends, self.winner_after)

    def turn(self, number: int, zone: ZoneInfo) -> Occurrence | None:
        """Return the occurrence of that number, the first being 0; None where there is none."""
        if self.at is None or number < 0 or (number and not self.recurring):
            return None
        own = zone_of(self.zone, zone.key) if self.timing == "company" else UTC
        wall = self.at.astimezone(own)
        if number and self.recurring:
            wall = _later(wall.replace(fold=0), self.recurring, number)
        if self.recurring and self.ends and wall.date() > self.ends:
            return None
        if self.timing == "company":
            moment = wall.astimezone(UTC)
            return Occurrence(moment, moment, moment, moment + self.winner_after)
        return self._spread(wall, zone)

    def _spread(self, wall: datetime, zone: ZoneInfo) -> Occurrence:
        """Return a send that travels the zones, earliest bound first (braze §6.2, §6.3)."""
        nominal = at_wall(wall, zone)
        first, last = wall, wall
        if self.timing == "intelligent":
            first = wall.replace(hour=0, minute=0, second=0, microsecond=0)
            last = first + _DAY
        return Occurrence(wall, nominal, first - FIRST_ZONE, last + LAST_ZONE + self.winner_after)

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


def _later(wall: datetime, every: Recurring, number: int) -> datetime:
    """Move a wall clock on: noon stays noon, a 31st is the last day of a month (braze §8)."""
    if every != "monthly":
        return wall + _STEPS[every] * number
    years, month = divmod(wall.month - 1 + number, 12)
    year = wall.year + years
    day = min(wall.day, monthrange(year, month + 1)[1])
    return wall.replace(year=year, month=month + 1, day=day)


@dataclass(frozen=True, slots=True)
class BrazeSegment:
    """A segment of the workspace, and how many users are in it."""

    name: str
    size: int = 1000
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Terms:
    """Since when a schedule is in force, by a launch or not, and up to which day it is spent."""

    since: datetime
    grace: bool = True
    spent: date = date.min


class Workspace:
    """One Braze workspace; broadcasts stand in the order of their creation."""

    def __init__(self, switches: Switches) -> None:
        self.zone = ZoneInfo(COMPANY_ZONE)
        self.broadcasts: dict[str, Broadcast] = {}
        self.saved: Saved[Broadcast] = Saved()
        self.segments: dict[str, BrazeSegment] = {}
        self.deliveries: list[Delivery] = []
        self.calls: dict[int, int] = {}
        self._switches = switches
        self._terms: dict[str, _Terms] = {}
        self._begun: set[tuple[str, datetime]] = set()
        self._queued: list[Delivery] = []
        self._due = _ALWAYS

    def put(self, broadcast: Broadcast) -> None:
        """Take in a new broadcast, launched when it was last edited."""
        self._terms[broadcast.id] = _Terms(broadcast.edited)
        self._save(broadcast)

    def _save(self, broadcast: Broadcast) -> None:
        self.broadcasts[broadcast.id] = broadcast
        self.saved.note(broadcast)
        self._due = _ALWAYS

    def edit(self, changed: Broadcast, now: datetime) -> Broadcast:
        """Save an edit; what already queues in the zones still goes at its old time (braze §8)."""
        self.settle(now)
        before = self.broadcasts[changed.id]
        saved = replace(changed, edited=now)
        if before.scheduled() and not saved.scheduled():
            self._stop(before.id, now)
        elif saved.scheduled() and not before.scheduled():
            self._start(saved, _Terms(now, grace=before.status == "draft"))
        elif saved.scheduled() and before.schedule() != saved.schedule():
            self._reschedule(before, saved, now)
        self._save(saved)
        return saved

    def move_to(self, zone: str, now: datetime) -> None:
        """Let the company's clock be another zone's (facts: braze §6.1).

        Whether scheduled sends keep their digits or their instants is unknown: a switch.
        """
        self.settle(now)
        old, new = self.zone, zone_of(zone, self.zone.key)
        for one in tuple(self.broadcasts.values()):
            if one.timing == "company" and zone_of(one.zone, old.key).key == old.key:
                at = one.at
                if at is not None and self._switches["braze.zone_change"] == "wall":
                    at = at_wall(at.astimezone(old), new)
                self.edit(replace(one, at=at, zone=zone), now)
        self.zone = new
        self._due = _ALWAYS

    def _stop(self, send_id: str, now: datetime) -> None:
        """Cancel all that has not been sent yet."""
        self._queued = [one for one in self._queued if one.send_id != send_id]
        self._change(send_id, now, lambda one: one.stopped(now))

    def _start(self, saved: Broadcast, terms: _Terms) -> None:
        """Go on with what still has its time; what was missed meanwhile is not sent."""
        self._terms[saved.id] = terms
        now = terms.since
        walls = {one.at for one in islice(saved.turns(self.zone, now), 7)}
        self._change(saved.id, now, lambda one: one.resumed(now) if one.wall in walls else one)

    def _change(self, send_id: str, now: datetime, change: Callable[[Delivery], Delivery]) -> None:
        self.deliveries = [
            change(one) if one.send_id == send_id and one.last > now else one
            for one in self.deliveries
        ]

    def _reschedule(self, before: Broadcast, saved: Broadcast, now: datetime) -> None:
        """Keep what is queued at its old time; the new schedule counts for what comes later.

        A one-off that is queued has no later occurrence: that it goes again is a switch.
        """
        self._queued += self._queuing(before, now)
        held = [
            one.wall.date()
            for one in (*self._queued, *self.deliveries)
            if one.send_id == saved.id and one.timing != "company" and one.going and one.last > now
        ]
        spent = max(held, default=date.min)
        if held and not saved.recurring:
            spent = date.min if self._switches["braze.moved_goes_again"] else date.max
        self._terms[saved.id] = _Terms(now, spent=spent)

    def _queuing(self, before: Broadcast, now: datetime) -> Iterator[Delivery]:
        """Walk what has not begun but is queued: 24 h before its first zone (braze §8)."""
        if before.timing == "company":
            return
        for occurrence in before.turns(self.zone, now):
            if occurrence.first - _QUEUED_AHEAD > now:
                return
            if self._goes(before, occurrence) and occurrence.first > now:
                yield self._delivery(before, occurrence)

    def _goes(self, broadcast: Broadcast, occurrence: Occurrence) -> bool:
        """Say whether it goes out: its time had not passed when it was saved (braze §6.2)."""
        terms = self._terms[broadcast.id]
        return occurrence.nominal >= terms.since and occurrence.at.date() > terms.spent

    def settle(self, now: datetime) -> None:
        """Write down every firing that has begun by now; cheap until the next one is due."""
        if now < self._due:
            return
        upcoming = [self._settle(broadcast, now) for broadcast in self.broadcasts.values()]
        for delivery in self._queued:
            if delivery.first <= now:
                self._begin(delivery)
            else:
                upcoming.append(delivery.first)
        self._queued = [one for one in self._queued if one.first > now]
        self._due = min(upcoming, default=_NEVER)

    def _settle(self, broadcast: Broadcast, now: datetime) -> datetime:
        """Write down what has begun of one broadcast; return when its next firing begins."""
        if not broadcast.scheduled():
            return _NEVER
        for occurrence in broadcast.turns(self.zone, self._terms[broadcast.id].since):
            if occurrence.first > now:
                return occurrence.first
            if self._goes(broadcast, occurrence):
                self._begin(self._delivery(broadcast, occurrence))
        return _NEVER

    def _delivery(self, broadcast: Broadcast, occurrence: Occurrence) -> Delivery:
        terms = self._terms[broadcast.id]
        return Delivery(
            broadcast.id,
            broadcast.name,
            nominal=occurrence.nominal,
            first=max(occurrence.first, terms.since),
            last=occurrence.last,
            wall=occurrence.at,
            zone=self.zone,
            timing=broadcast.timing,
            since=terms.since,
            grace=terms.grace,
            winner_after=broadcast.winner_after,
        )

    def _begin(self, delivery: Delivery) -> None:
        mark = (delivery.send_id, delivery.wall)
        if mark not in self._begun:
            self._begun.add(mark)
            self.deliveries.append(delivery)

    def sent(self, send_id: str) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.send_id == send_id]
