"""Salesforce as it is behind its API: list emails, flows, and the audiences they name."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from connector.sandbox.ids import Ids

TargetType = Literal["ListView", "Campaign", "Topic", "MarketSegment"]
# 00B, 701, 0TO and 0XB are the real prefixes (salesforce §1.0); the others are made up.
PREFIXES = {"ListView": "00B", "Campaign": "701", "Topic": "0TO", "MarketSegment": "1sg"}
LIST_EMAIL, SOURCE, INDIVIDUAL, FLOW, FLOW_VERSION = "0XB", "0XC", "0XD", "2aF", "2aG"
_RUNNING = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Target:
    """Something that names an audience; a hidden one is private to another user."""

    id: str
    type: TargetType
    name: str
    created: datetime
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One recipient source of a list email."""

    id: str
    target: str


@dataclass(frozen=True, slots=True)
class ListEmail:
    """A bulk mail; `status` is what a person chose, `status_at` what time made of it."""

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

    def live(self) -> bool:
        return self.status == "Scheduled" and not self.deleted

    def status_at(self, now: datetime) -> str:
        """Scheduled, then Running, then Sent (facts: salesforce §1.1)."""
        if self.status != "Scheduled" or self.at is None or now < self.at:
            return self.status
        return "Running" if now < self.at + _RUNNING else "Sent"


@dataclass(frozen=True, slots=True)
class Flow:
    """A segment-triggered flow, by its FlowRecord (facts: salesforce §1.5)."""

    id: str
    name: str
    at: datetime | None
    created: datetime
    edited: datetime
    version_id: str
    segment: str | None = None
    status: Literal["Draft", "Scheduled", "Canceled", "Completed", "Error"] = "Scheduled"
    paused: bool = False
    deleted: bool = False
    hidden: bool = False

    def live(self) -> bool:
        return self.status == "Scheduled" and not self.paused and not self.deleted

    def status_at(self, now: datetime, preparing: timedelta) -> str:
        """Scheduled, PreparingData, InProgress, Completed; a paused flow stays where it is."""
        if not self.live() or self.at is None or now < self.at:
            return self.status
        if now < self.at + preparing:
            return "PreparingData"
        return "InProgress" if now < self.at + preparing + _RUNNING else "Completed"


class Org:
    """One org and the sessions open in it."""

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self.list_emails: dict[str, ListEmail] = {}
        self.flows: dict[str, Flow] = {}
        self.sessions: dict[str, int] = {}
        self.cursors: dict[str, Cursor] = {}
        self.calls = 0
        self.logins = 0

    def put(self, send: ListEmail | Flow) -> None:
        if isinstance(send, ListEmail):
            self.list_emails[send.id] = send
        else:
            self.flows[send.id] = send

    def edit(self, changed: ListEmail | Flow, now: datetime) -> None:
        """Save an edit: same Id, new SystemModstamp (facts: salesforce §6.5)."""
        self.put(replace(changed, edited=now))

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
