"""Punchh as the worker sees it: a catalog that is read whole, and a commit that is made once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from connector.domain.campaign_clock import CampaignClock
from connector.domain.checkup import Check, fine
from connector.domain.guest import Canary, Reward
from connector.domain.offer import Catalog, Order, Outcome, Terms
from connector.http.client import Client
from connector.http.exchange import ExchangeError
from connector.http.reply import Reply
from connector.http.wire import Line
from connector.points import Point, point
from connector.punchh import catalog
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
        self.accounts = Guests(settings, line)

    def close(self) -> None:
        self._client.close()
        self.accounts.close()

    @property
    def skew(self) -> timedelta:
        return self._client.skew

    def catalog(self) -> Catalog:
        """Return all segments and redeemables; RemoteError unless both were read to the end."""
        read_at = self._line.clock.now()
        segments, redeemables = catalog.segments(self._client), catalog.redeemables(self._client)
        point(Point.CATALOG_READ)
        return Catalog(segments, redeemables, read_at)

    def check(self) -> Iterator[Check]:
        """Read both lists, and the size of a segment where its path is set (facts: punchh §2, §3).

        The right to commit cannot be tried without committing.
        """
        segments = catalog.segments(self._client)
        yield fine(self._line.remote, "segments", count=len(segments))
        redeemables = catalog.redeemables(self._client)
        yield fine(self._line.remote, "redeemables", count=len(redeemables))
        if self.counts_guests and segments:
            size = self.guests(segments[0].segment_id)
            segment_id = segments[0].segment_id
            yield fine(self._line.remote, "sizes", segment=segment_id, guests=size)

    @property
    def counts_guests(self) -> bool:
        return self._settings.segment_count_path is not None

    def guests(self, segment_id: int) -> int:
        """Return a segment's size; RemoteError unless Punchh told it (facts: punchh §5)."""
        path = (self._settings.segment_count_path or "").replace("{segment_id}", str(segment_id))
        return catalog.guests(self._client, path)

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
        return catalog.in_segment(self._client, segment_id, email)

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
            result = self._without_key(self._client.post_once(CAMPAIGNS, self.body(order)))
        except ExchangeError as error:
            result = error
        point(Point.COMMIT_POSTED)
        return classify(
            result,
            order,
            self.terms.clock.sent(order.start_time),
            on_429=self._settings.on_429,
            now=self._line.clock.now(),
        )

    def _without_key(self, reply: Reply) -> Reply:
        """Keep the key out of the ledger even where Punchh's text echoes it.

        It goes before the text is shortened, which could leave a part of it.
        """
        if reply.status == 200:
            return reply
        key = self._settings.admin_key.get_secret_value().encode()
        return replace(reply, body=reply.body.replace(key, "…".encode()))
