"""Punchh as it is behind its API: one business with its catalog, campaigns and gifts."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from connector.sandbox.accounts import Account
from connector.sandbox.guests import PANEL, Guest
from connector.sandbox.switches import Switches
from connector.sandbox.times import at_wall

RedeemableStatus = Literal["active", "draft", "deactivated", "scheduled", "expired", "foreign"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; `members` is what Punchh knows and the list does not show.

    `row` replaces keys of the row that the list shows.
    """

    id: int
    name: str
    members: int
    description: str = ""
    segment_type: str = "GuestProfileSegmentDefinition"
    foreign: bool = False
    row: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Redeemable:
    """A redeemable; its state and times are hidden from the list (facts: punchh §3).

    `discount` is what it takes off; with a `channel`, a `store` or a least amount it applies to
    such checks only (facts: punchh §6). `row` replaces keys of the row that the list shows.
    """

    id: int
    uuid: str
    name: str
    description: str = ""
    status: RedeemableStatus = "active"
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    discount: float = 2
    channel: str = ""
    store: str = ""
    at_least: float = 0
    row: dict[str, Any] = field(default_factory=dict, hash=False)

    def status_at(self, now: datetime) -> RedeemableStatus:
        if self.status != "active":
            return self.status
        if self.starts_at is not None and self.starts_at > now:
            return "scheduled"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"


@dataclass(frozen=True, slots=True)
class Campaign:
    """One mass gifting campaign; `start_time` as Punchh understood it, `fires_at` as it acts."""

    campaign_id: int
    name: str
    segment_id: int
    redeemable_uuid: str
    external_campaign_id: str | None
    start_time: datetime
    fires_at: datetime
    created_at: datetime
    members_then: int
    status: Literal["scheduled", "processing", "finished"] = "scheduled"
    gifts: int = 0
    gifted_at: datetime | None = None


class Business:
    """One business; catalogs newest last, as they were made."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self.segments: dict[int, Segment] = {}
        self.redeemables: dict[str, Redeemable] = {}
        self.campaigns: dict[int, Campaign] = {}
        self.accounts: dict[str, Account] = {}
        self.failed_logins: dict[str, list[datetime]] = {}
        self.blocked_until: dict[str, datetime] = {}
        self.requests = 0

    def fires_at(self, start_time: datetime) -> datetime:
        """Return the instant at which a start_time is acted upon (facts: punchh §4.4)."""
        if self._switches["punchh.campaign_clock"] == "utc":
            return start_time
        return at_wall(start_time, ZoneInfo(self._switches["punchh.timezone"]))

    def settle(self, now: datetime) -> None:
        """Let every campaign whose time has come gift its segment."""
        for campaign in tuple(self.campaigns.values()):
            if campaign.status != "finished" and campaign.fires_at <= now:
                self.campaigns[campaign.campaign_id] = self._run(campaign, now)

    def _run(self, campaign: Campaign, now: datetime) -> Campaign:
        members = campaign.members_then
        if campaign.status == "scheduled":
            members = self._members(campaign)
        done = campaign.fires_at + timedelta(seconds=self._switches["punchh.processing_seconds"])
        if now < done:
            return replace(campaign, status="processing", members_then=members)
        return replace(
            campaign, status="finished", members_then=members, gifts=members, gifted_at=done
        )

    def given(self, campaign: Campaign) -> Iterator[tuple[Guest, datetime]]:
        """Walk the guests whom a campaign that has begun gifts: one after another, the last last.

        Nobody is told in which order; the job ends when it has reached everyone.
        """
        if campaign.status == "scheduled" or not campaign.members_then:
            return
        job = timedelta(seconds=self._switches["punchh.processing_seconds"])
        for guest in PANEL:
            yield guest, campaign.fires_at + job * (guest.number / len(PANEL))

    def _members(self, campaign: Campaign) -> int:
        redeemable = self.redeemables.get(campaign.redeemable_uuid)
        active = redeemable is not None and redeemable.status_at(campaign.fires_at) == "active"
        if not active and not self._switches["punchh.gift_inactive"]:
            return 0
        if self._switches["punchh.members_at"] == "creation":
            return campaign.members_then
        segment = self.segments.get(campaign.segment_id)
        return segment.members if segment else 0
