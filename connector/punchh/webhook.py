"""Punchh's webhook of `rewards` events: who sends it, and what of it counts.

An event proves itself by the HMAC-SHA256, as hex, of its target (path and query, as Punchh calls
it) directly followed by its body, in `Authorization: hmac …`, with our client's name in
`x-pch-key`; or by `Authorization: bearer …` (facts: punchh §5; read in Punchh's own configuration
page and in a third party's receiver, not tried). Whoever proves nothing changes nothing. A GET asks
whether somebody is here: whether Punchh signs it is not known, and refusing it ends the webhook
(facts: punchh §11), so that everybody gets the same bare 200.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from connector.domain.evidence import GiftEvent
from connector.domain.keys import mark_of
from connector.http.reply import strict_json
from connector.punchh.outcome import is_id
from connector.settings import RewardsSettings

LARGEST = 256 * 1024  # bytes of a body; a documented event has some three thousand
LONGEST_ID = 200
PROBES = frozenset({"GET", "HEAD"})
_MILLISECONDS = 100_000_000_000  # a larger timestamp counts milliseconds: both are documented


class Why(StrEnum):
    """Why a delivery does not count."""

    NO_PROOF = "it carries neither signature nor token"
    OTHER_SCHEME = "its Authorization is not what punchh.webhook is set to (hmac or bearer)"
    OTHER_CLIENT = "its x-pch-key is not punchh.webhook.client"
    OTHER_SIGNATURE = (
        "its signature does not match: check punchh.webhook.secret, and set public_path if a proxy "
        "in front of this server changes the path"
    )
    OTHER_TOKEN = "its token is not punchh.webhook.token"  # noqa: S105  a sentence
    TOO_LARGE = "its body is too large for an event"
    TOO_SLOW = "its body did not arrive in time"
    CUT_SHORT = "the caller hung up before its end"
    NO_JSON = "it is not JSON"
    NO_EVENT = "it is not an event as documented"
    NO_REWARD = "it does not report a new reward"
    NO_CONTENT_ID = "it has no content_id"
    NO_TIME = "its timestamp is missing or not a number"
    TOO_OLD = "its timestamp is longer ago than punchh.webhook.window"
    TOO_EARLY = "its timestamp is ahead of this machine's clock by more than punchh.webhook.window"
    NOT_OURS = "its campaign is not one of ours"
    NO_CAMPAIGN_ID = "its campaign has no id"

    @property
    def usual(self) -> bool:
        """Whether it is true of most of what Punchh sends: it reports every reward there is."""
        return self in (Why.NO_REWARD, Why.NOT_OURS)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came in: `target` is path and query as on the wire, names lower-case."""

    method: str
    target: bytes
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be answered; an event that counts, or why none does (None for a probe)."""

    status: int
    event: GiftEvent | None = None
    why: Why | None = None


def received(settings: RewardsSettings, delivery: Delivery, now: datetime) -> Answer:
    """Judge a delivery. What is proven and says nothing of ours is taken all the same (200)."""
    doubt = distrust(settings, delivery)
    if delivery.method in PROBES:
        return Answer(200, why=None if doubt is Why.NO_PROOF else doubt)
    if doubt is not None:
        return Answer(401, why=doubt)
    try:
        told = strict_json(delivery.body)
    except ValueError:
        return Answer(400, why=Why.NO_JSON)
    found = gift_event(told, now, settings.window)
    return Answer(200, why=found) if isinstance(found, Why) else Answer(200, event=found)


def distrust(settings: RewardsSettings, delivery: Delivery) -> Why | None:
    """Return why a request proves nothing; every comparison takes its whole time."""
    bearer = settings.token is not None
    header = "authorization" if bearer else settings.signature_header.lower()
    scheme, given = _credentials(delivery.headers.get(header, ""))
    if not given:
        return Why.NO_PROOF
    if bearer:
        known = _is_one_of(_values(settings.token, settings.previous_token), given)
        if scheme != "bearer":
            return Why.OTHER_SCHEME
        return None if known else Why.OTHER_TOKEN
    signed = _target(settings, delivery) + delivery.body
    secrets = _values(settings.secret, settings.previous_secret)
    made = [hmac.new(secret.encode(), signed, sha256).hexdigest() for secret in secrets]
    ours = _same(settings.client or "", delivery.headers.get("x-pch-key", ""))
    well_signed = _is_one_of(made, given)
    if scheme not in ("", "hmac"):
        return Why.OTHER_SCHEME
    if not ours:
        return Why.OTHER_CLIENT
    return None if well_signed else Why.OTHER_SIGNATURE


def _target(settings: RewardsSettings, delivery: Delivery) -> bytes:
    """Return path and query as Punchh called them, before any proxy took a prefix off."""
    if settings.public_path is None:
        return delivery.target
    _, mark, query = delivery.target.partition(b"?")
    return settings.public_path.encode() + mark + query


def _values(*secrets: SecretStr | None) -> list[str]:
    return [secret.get_secret_value() for secret in secrets if secret is not None]


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, given = header.strip().rpartition(" ")
    return scheme.strip().lower(), given


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def _is_one_of(wanted: Iterable[str], given: str) -> bool:
    found = False
    for value in wanted:
        found |= _same(value, given)
    return found


def gift_event(told: Any, now: datetime, window: timedelta) -> GiftEvent | Why:
    """Return the gift that an event tells of, or why it counts for nothing (facts: punchh §5).

    An event that is too old or early for its id to be remembered would be counted twice if it
    came again.
    """
    match told:
        case {"event_name": "rewards", "action": "create", "payload": {**payload}}:
            pass
        case {"event_name": str(), "payload": _}:
            return Why.NO_REWARD
        case _:
            return Why.NO_EVENT
    content_id, told_at = told.get("content_id"), _instant(told.get("timestamp"))
    if not _is_content_id(content_id):
        return Why.NO_CONTENT_ID
    if told_at is None:
        return Why.NO_TIME
    if told_at < now - window:
        return Why.TOO_OLD
    if told_at > now + window:
        return Why.TOO_EARLY
    campaign_id, name = payload.get("campaign_id"), payload.get("campaign_name")
    mark = mark_of(name) if isinstance(name, str) else None
    if mark is None:
        return Why.NOT_OURS
    if not isinstance(campaign_id, int) or not is_id(campaign_id):
        return Why.NO_CAMPAIGN_ID
    return GiftEvent(content_id, told_at, mark, campaign_id)


def _is_content_id(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and 0 < len(value) <= LONGEST_ID


def _instant(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = value / 1000 if abs(value) > _MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
