"""Salesforce as it is behind its API: list emails, flows, and the audiences they name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from connector.sandbox.credentials import SALESFORCE_REFRESH_TOKEN
from connector.sandbox.delivery import Delivery
from connector.sandbox.ids import Ids, eighteen
from connector.sandbox.saved import Saved
from connector.sandbox.switches import Switches

TargetType = Literal["ListView", "Campaign", "Topic", "MarketSegment"]
# 00B, 701, 0TO, 0XB, 2aF and 300 are real (salesforce §1.0, §8); the others are made up.
PREFIXES = {"ListView": "00B", "Campaign": "701", "Topic": "0TO", "MarketSegment": "1sg"}
LIST_EMAIL, SOURCE, INDIVIDUAL, FLOW, FLOW_VERSION = "0XB", "0XC", "0XD", "2aF", "2aG"
OCCURRENCE, FLOW_DEFINITION = "2aH", "300"
ORG_ID, USER_ID = eighteen("00D5f000000AAAA"), eighteen("0055f000001AAAA")
ORG_ZONE = ZoneInfo("America/New_York")
_STEPS = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
_RUNNING = timedelta(minutes=10)
_ALWAYS, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """Something that names an audience; a hidden one is private to another user.

    `row` is what its record shows instead.
    """

    id: str
    type: TargetType
    name: str
    created: datetime
    hidden: bool = False
    row: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Source:
    """One recipient source of a list email; only `Include` is a documented kind."""

    id: str
    target: str
    kind: str = "Include"


@dataclass(frozen=True, slots=True)
class ListEmail:
    """A bulk mail; `status` is what a person chose, `status_at` what time made of it.

    `since` is when it was scheduled as it is; `row` is what its record shows instead.
    """

    id: str
    name: str
    at: datetime | None
    created: datetime
    edited: datetime
    sources: tuple[Source, ...] = ()
    individuals: tuple[str, ...] = ()
    status: Literal["Draft", "Scheduled", "Canceled", "Limit Error"] = "Scheduled"
    deleted: bool = False
    hidden: bool = False
    since: datetime = _ALWAYS
    row: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def live(self) -> bool:
        return self.status == "Scheduled" and not self.deleted

    def schedule(self) -> tuple[object, ...]:
        return (self.at,)

    def fires(self) -> datetime | None:
        """Return when it goes out; at once where its time was past (facts: salesforce §1.1)."""
        return max(self.at, self.since) if self.at is not None and self.live() else None

    def status_at(self, now: datetime) -> str:
        """Scheduled, then Running, then Sent (facts: salesforce §1.1)."""
        fires = self.fires()
        if fires is None or now < fires:
            return self.status
        return "Running" if now < fires + _RUNNING else "Sent"


FlowStatus = Literal["Draft", "InvalidDraft", "Scheduled", "Canceled", "Completed", "Error"]


@dataclass(frozen=True, slots=True)
class Flow:
    """A segment-triggered flow, by its FlowRecord (facts: salesforce §1.5).

    A recurring one runs by the org's wall clock. Its messages go when its data is prepared.
    `definition` and `api_name` are the platform's; `campaign` is its Associated Record, `row` what
    its record shows instead.
    """

    id: str
    name: str
    at: datetime | None
    created: datetime
    edited: datetime
    version_id: str
    segment: str | None = None
    status: FlowStatus = "Scheduled"
    paused: bool = False
    deleted: bool = False
    hidden: bool = False
    since: datetime = _ALWAYS
    recurring: Literal["daily", "weekly"] | None = None
    definition: str = ""
    api_name: str = ""
    campaign: str | None = None
    row: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def live(self) -> bool:
        return self.status == "Scheduled" and not self.paused and not self.deleted

    def schedule(self) -> tuple[object, ...]:
        return (self.at, self.recurring)

    def _run(self, number: int) -> datetime | None:
        if self.at is None or (number and self.recurring is None):
            return None
        if not number or self.recurring is None:
            return self.at
        wall = self.at.astimezone(ORG_ZONE).replace(fold=0)
        return (wall + _STEPS[self.recurring] * number).astimezone(UTC)

    def runs(self, after: datetime) -> Iterator[datetime]:
        """Walk the starts, from shortly before `after` on."""
        number = 0
        if self.at is not None and self.recurring is not None:
            number = max(0, (after - self.at) // _STEPS[self.recurring] - 2)
        while (start := self._run(number)) is not None:
            yield start
            number += 1

    def showing(self, now: datetime, preparing: timedelta) -> datetime | None:
        """Return the start of the run under way, else of the next; a one-off's own for ever."""
        ends = (run for run in self.runs(now) if now < run + preparing + _RUNNING)
        return next(ends, self.at)

    def status_at(self, now: datetime, preparing: timedelta, between: str = "Scheduled") -> str:
        """Scheduled, PreparingData, InProgress, Completed; a paused flow stays where it is.

        `between` is what a recurring one is between its runs (facts: salesforce §8).
        """
        start = self.showing(now, preparing)
        if not self.live() or start is None:
            return self.status
        if now < start:
            began = self.at is not None and self.at < start
            return between if began else self.status
        if now < start + preparing:
            return "PreparingData"
        return "InProgress" if now < start + preparing + _RUNNING else "Completed"


Send = ListEmail | Flow


class Org:
    """One org and the sessions open in it."""

    def __init__(self, switches: Switches) -> None:
        self.targets: dict[str, Target] = {}
        self.list_emails: dict[str, ListEmail] = {}
        self.flows: dict[str, Flow] = {}
        self.saved_emails: Saved[ListEmail] = Saved()
        self.saved_flows: Saved[Flow] = Saved()
        self.deliveries: list[Delivery] = []
        self.sessions: dict[str, int] = {}
        self.cursors: dict[str, Cursor] = {}
        self.calls = 0
        self.logins = 0
        self.refresh_token = SALESFORCE_REFRESH_TOKEN
        self._switches = switches
        self._begun: set[tuple[str, datetime]] = set()
        self._due = _ALWAYS

    @property
    def preparing(self) -> timedelta:
        return timedelta(minutes=self._switches["salesforce.preparing_minutes"])

    def put(self, send: Send) -> None:
        """Take in a new send, scheduled when it was last edited."""
        self._save(replace(send, since=send.edited))

    def _save(self, send: Send) -> Send:
        if isinstance(send, ListEmail):
            self.list_emails[send.id] = send
            self.saved_emails.note(send)
        else:
            self.flows[send.id] = send
            self.saved_flows.note(send)
        self._due = _ALWAYS
        return send

    def edit(self, changed: Send, now: datetime) -> Send:
        """Save an edit: same Id, new SystemModstamp (facts: salesforce §6.5).

        A run whose data is still being prepared stops with its flow, and goes on with it.
        """
        self.settle(now)
        before = self.list_emails.get(changed.id) or self.flows[changed.id]
        anew = before.schedule() != changed.schedule()
        if before.live() != changed.live():
            self._halt(changed, now)
        since = now if anew or (changed.live() and not before.live()) else before.since
        return self._save(replace(changed, edited=now, since=since))

    def _halt(self, changed: Send, now: datetime) -> None:
        self.deliveries = [
            one
            if one.send_id != changed.id or one.first <= now
            else (one.resumed(now) if changed.live() else one.stopped(now))
            for one in self.deliveries
        ]

    def settle(self, now: datetime) -> None:
        """Write down every firing that has begun by now; cheap until the next one is due."""
        if now < self._due:
            return
        sends: list[Send] = [*self.list_emails.values(), *self.flows.values()]
        self._due = min((self._settle(send, now) for send in sends), default=_NEVER)

    def _settle(self, send: Send, now: datetime) -> datetime:
        """Write down what has begun of one send; return when its next firing begins."""
        if not send.live():
            return _NEVER
        if isinstance(send, ListEmail):
            starts, wait = iter([at] if (at := send.fires()) else []), timedelta()
        else:
            starts, wait = send.runs(send.since), self.preparing
        for start in starts:
            if start > now:
                return start
            if start >= send.since and (send.id, start) not in self._begun:
                self._begun.add((send.id, start))
                first = start + wait
                self.deliveries.append(
                    Delivery(
                        send.id, send.name, start, first, first, start, ORG_ZONE, since=send.since
                    )
                )
        return _NEVER

    def sent(self, send_id: str) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.send_id == send_id]

    def target(self, kind: TargetType, name: str, ids: Ids, now: datetime) -> Target:
        """Return the audience of that name, made if it is not there yet."""
        for target in self.targets.values():
            if (target.type, target.name) == (kind, name):
                return target
        target = Target(ids.salesforce(PREFIXES[kind]), kind, name, now)
        self.targets[target.id] = target
        return target


@dataclass(frozen=True, slots=True)
class Cursor:
    """A stable snapshot of a query's rows, read page by page for two days."""

    rows: tuple[dict[str, object], ...]
    opened: datetime
    page_size: int
