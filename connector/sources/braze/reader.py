"""One Braze workspace, asked with GETs only: what is scheduled, and what is still live."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from connector.domain.checkup import Check, fails, fine, warning
from connector.domain.reasons import Reason, reason
from connector.domain.send import Send, Snapshot
from connector.errors import RemoteError
from connector.http.client import Client, refusal, unreadable
from connector.http.reply import Reply, why_unread
from connector.settings import BrazeSettings
from connector.sources.braze.rows import Reading
from connector.sources.checks import MOST_ROWS, shortened, too_many

KINDS = frozenset({"campaign", "canvas"})
SCHEDULED = "/messages/scheduled_broadcasts"
PERMISSIONS = {
    SCHEDULED: "messages.schedule_broadcasts",  # so spelled, without a d (facts: braze §1)
    "/campaigns/details": "campaigns.details",
    "/canvas/details": "canvas.details",
}
DETAILS = {
    "campaign": ("/campaigns/details", "campaign_id"),
    "canvas": ("/canvas/details", "canvas_id"),
}
# Braze cuts `end_time` to midnight UTC; 93 days leave 92 whole ones (facts: braze §1).
AHEAD = timedelta(days=93)
NOBODY = "00000000-0000-0000-0000-000000000000"


class BrazeSource:
    """The scheduled campaigns and Canvases of one workspace (facts: braze §1, §2, §6)."""

    def __init__(self, name: str, settings: BrazeSettings, client: Client) -> None:
        self.name = name
        self._reading = Reading(
            name,
            settings.timezone,
            settings.earliest,
            settings.winner_tail,
            settings.audience_tag_prefix,
        )
        self._client = client

    def close(self) -> None:
        self._client.close()

    @property
    def skew(self) -> timedelta:
        return self._client.skew

    @property
    def not_before(self) -> datetime | None:
        return self._client.not_before

    def poll(self, now: datetime, worked: frozenset[str]) -> Snapshot:  # noqa: ARG002
        """Return every scheduled send of the next 92 days, in one request.

        A row that cannot be used becomes a send with a problem, one without an id a note.
        RemoteError where the list itself did not come whole; `account` is set on 401 and 403.
        Both kinds come in one list, so none is ever switched off.
        """
        end = datetime.combine((now + AHEAD).astimezone(UTC).date(), time.min)
        reply = self._get(SCHEDULED, {"end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}"})
        if reply.status != 200:
            raise self._refusal(SCHEDULED, reply)
        rows = self._object(SCHEDULED, reply).get("scheduled_broadcasts")
        if not isinstance(rows, list):
            raise self._odd(SCHEDULED, reason("answer/no-key", key="scheduled_broadcasts"))
        if len(rows) > MOST_ROWS:
            raise self._odd(SCHEDULED, too_many(len(rows)))
        sends, notes = self._reading.sends(rows)
        return Snapshot(self.name, now, sends, KINDS, notes)

    def check(self, now: datetime, worked: frozenset[str]) -> Iterator[Check]:
        """Read the list, and ask for the details of an id that nobody has (facts: braze §3, §5)."""
        found = len(self.poll(now, worked).sends)
        yield fine(self.name, "list", sends=found)
        for path, parameter in DETAILS.values():
            reply = self._get(path, {parameter: NOBODY})
            if reply.status == 401:
                raise self._refusal(path, reply)
            if reply.status in (200, 400, 404):
                yield fine(self.name, "permission", permission=PERMISSIONS[path])
            elif reply.status == 403:
                yield fails(self.name, "permission/refused", why=self._refusal(path, reply).reason)
            else:
                name, status = PERMISSIONS[path], reply.status
                yield warning(self.name, "permission/untried", permission=name, status=status)

    def confirm(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send whether its details call it live: enabled, no draft, not archived.

        An id that Braze does not know (400 or 404, as JSON; facts: braze §5) is not live;
        anything else but details is a RemoteError. Of a kind without details nobody can say
        that it is gone.
        """
        return {send.series: send.kind not in DETAILS or self._live(send) for send in sends}

    def drafts(self, sends: Iterable[Send]) -> Mapping[tuple[str, str, str], bool]:
        """Say of each send whether a post-launch draft of it waits (facts: braze §2, §8)."""
        return {send.series: send.kind in DETAILS and self._drafted(send) for send in sends}

    def _live(self, send: Send) -> bool:
        details = self._details(send)
        if details is None:
            return False
        flags = {key: details.get(key) for key in ("enabled", "draft", "archived")}
        for key, value in flags.items():
            if not isinstance(value, bool):
                odd = reason("answer/odd-value", key=key, value=shortened(value))
                raise self._odd(DETAILS[send.kind][0], odd)
        return bool(flags["enabled"] and not flags["draft"] and not flags["archived"])

    def _drafted(self, send: Send) -> bool:
        details = self._details(send)
        return details is not None and details.get("has_post_launch_draft") is True

    def _details(self, send: Send) -> dict[str, Any] | None:
        """Return a send's details, None where Braze does not know it."""
        path, parameter = DETAILS[send.kind]
        reply = self._get(path, {parameter: send.send_id})
        if reply.status in (400, 404):
            # A proxy's page must not be taken for Braze's word that the send is gone.
            if "message" in self._object(path, reply):
                return None
            raise self._refusal(path, reply)
        if reply.status != 200:
            raise self._refusal(path, reply)
        return self._object(path, reply)

    def _get(self, path: str, params: Mapping[str, str]) -> Reply:
        return self._client.get(path, params)

    def _object(self, path: str, reply: Reply) -> dict[str, Any]:
        try:
            body = reply.json()
        except ValueError as error:
            raise self._odd(path, why_unread(error)) from error
        if not isinstance(body, dict):
            raise self._odd(path, reason("answer/not-an-object"))
        return body

    def _odd(self, path: str, why: Reason) -> RemoteError:
        return RemoteError(self.name, unreadable(path, why))

    def _refusal(self, path: str, reply: Reply) -> RemoteError:
        if reply.status != 403:
            return refusal(self.name, path, reply)
        return RemoteError(
            self.name,
            reason("unreadable/braze-403", path=path, permission=PERMISSIONS[path]),
            account=True,
        )
