"""Punchh as the worker sees it: a catalog that is read whole, and a commit that is made once."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.campaign_clock import CampaignClock
from connector.domain.checkup import Check, fine, warning
from connector.domain.guest import Canary, Reward
from connector.domain.offer import Catalog, Order, Outcome, Terms
from connector.http.client import Client
from connector.http.exchange import ExchangeError
from connector.http.reply import Reply
from connector.http.wire import Line
from connector.points import Point, point
from connector.punchh.catalog import Listing, Lists
from connector.punchh.guests import Guests
from connector.punchh.outcome import classify
from connector.settings import PunchhSettings

CAMPAIGNS = "/api2/dashboard/campaigns"


def terms_of(settings: PunchhSettings) -> Terms:
    """Return what Punchh asks of a commit, and how it reads a start (facts: punchh §4.4)."""
    zone = ZoneInfo(settings.timezone) if settings.campaign_clock == "business" else None
    return Terms(timedelta(minutes=15), timedelta(minutes=2), CampaignClock(zone))


class Punchh:
    """One Punchh business behind its admin key (facts: punchh §1)."""

    def __init__(self, settings: PunchhSettings, line: Line) -> None:
        self._settings = settings
        self._line = line
        self.terms = terms_of(settings)
        headers = {
            "Authorization": f"Bearer {settings.admin_key.get_secret_value()}",
            "Accept": "application/json",
            "User-Agent": settings.user_agent,
        }
        if settings.true_client_ip:
            headers["x_true_client_ip"] = settings.true_client_ip
        self._client = Client(line, settings.base_url, headers)
        self._lists = Lists(self._client, settings.admin_key.get_secret_value())
        self.accounts = Guests(settings, line)

    def close(self) -> None:
        self._client.close()
        self.accounts.close()

    @property
    def skew(self) -> timedelta:
        return self._client.skew

    @property
    def not_before(self) -> datetime | None:
        return self._client.not_before

    def catalog(self) -> Catalog:
        """Return all segments and redeemables; RemoteError unless both were read to the end."""
        read_at = self._line.clock.now()
        segments, redeemables = self._lists.segments(), self._lists.redeemables()
        point(Point.CATALOG_READ)
        return Catalog(
            segments.items, redeemables.items, read_at, segments.unread, redeemables.unread
        )

    def check(self) -> Iterator[Check]:
        """Read both lists, and the size of a segment where its path is set (facts: punchh §2, §3).

        The right to commit cannot be tried without committing.
        """
        segments = self._lists.segments()
        yield from self._read("segments", segments)
        yield from self._read("redeemables", self._lists.redeemables())
        if self.counts_guests and segments.items:
            first = segments.items[0].segment_id
            yield fine(self._line.remote, "sizes", segment=first, guests=self.guests(first))

    def _read(self, noun: str, listing: Listing[Any]) -> Iterator[Check]:
        yield fine(self._line.remote, noun, count=len(listing.items))
        if rows := listing.unread:
            first = rows[0].shown
            yield warning(self._line.remote, f"{noun}/unread", count=len(rows), first=first)

    @property
    def counts_guests(self) -> bool:
        return self._settings.segment_count_path is not None

    def guests(self, segment_id: int) -> int:
        """Return a segment's size; RemoteError unless Punchh told it (facts: punchh §5)."""
        path = (self._settings.segment_count_path or "").replace("{segment_id}", str(segment_id))
        return self._lists.guests(path)

    @property
    def canaries(self) -> Mapping[str, Canary]:
        return self.accounts.canaries

    def rewards(self, canary: str) -> tuple[Reward, ...]:
        """Return what is in a canary's account; RemoteError unless Punchh told it."""
        return self.accounts.rewards(canary)

    def in_segment(self, canary: str, segment_id: int) -> bool:
        """Say whether a canary is in a segment; RemoteError unless Punchh told it.

        The address is not in Punchh's public documents, and knows a new member only after some
        seconds (facts: punchh §5).
        """
        email = self._settings.canaries[canary].email or ""
        return self._lists.in_segment(segment_id, email)

    def body(self, order: Order) -> bytes:
        """Return the exact bytes that `commit` sends (facts: punchh §4.1)."""
        written = {
            "redeemable_uuid": order.redeemable_uuid,
            "segment_id": order.segment_id,
            "category": "gift_redeemable",
            "campaign_type": "mass_gifting",
            "name": order.name,
            "start_time": f"{self.terms.clock.sent(order.start_time):%Y-%m-%dT%H:%M:%SZ}",
            "external_campaign_id": order.external_campaign_id,
        }
        return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()

    def commit(self, order: Order) -> Outcome:
        """Make the campaign: one POST, never repeated here, whatever comes back."""
        result: Reply | ExchangeError
        try:
            result = self._client.post_once(CAMPAIGNS, self.body(order))
        except ExchangeError as error:
            result = error
        point(Point.COMMIT_POSTED)
        return classify(
            result,
            order,
            self.terms.clock.sent(order.start_time),
            on_429=self._settings.on_429,
            now=self._line.clock.now(),
            secret=self._settings.admin_key.get_secret_value(),
        )
