"""Punchh's webhook of `rewards` events: who sends it, and what of it counts.

A request proves itself by the HMAC-SHA256, as hex, of its target (path and query) directly
followed by its body, in `Authorization: hmac …`, with our client's name in `x-pch-key`; or by
`Authorization: bearer …` (facts: punchh §5; read in Punchh's own configuration page and in a
third party's receiver, not tried). Whoever proves nothing is told nothing and changes nothing.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from connector.domain.evidence import REMEMBERED, GiftEvent
from connector.domain.keys import mark_of
from connector.http.reply import strict_json
from connector.punchh.outcome import is_id
from connector.settings import RewardsSettings

LARGEST = 256 * 1024  # bytes of a body; a documented event has some three thousand
LONGEST_ID = 200
_MILLISECONDS = 100_000_000_000  # a larger timestamp counts milliseconds: both are documented


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came in: `target` is path and query as on the wire, names lower-case."""

    method: str
    target: bytes
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be answered; an event that counts, or why none does ("" for a probe)."""

    status: int
    event: GiftEvent | None = None
    why: str = ""


def received(settings: RewardsSettings, delivery: Delivery, now: datetime) -> Answer:
    """Judge a delivery. What is proven and says nothing of ours is taken all the same (200)."""
    if not authentic(settings, delivery):
        return Answer(401, why="it does not prove where it comes from")
    if delivery.method != "POST":  # the probe by which Punchh sees that somebody is here
        return Answer(200)
    try:
        told = strict_json(delivery.body)
    except ValueError:
        return Answer(400, why="it is not JSON")
    found = gift_event(told, now)
    return Answer(200, why=found) if isinstance(found, str) else Answer(200, event=found)


def authentic(settings: RewardsSettings, delivery: Delivery) -> bool:
    """Say whether a request proves itself; every comparison takes its whole time."""
    if settings.token is not None:
        scheme, given = _credentials(delivery.headers.get("authorization", ""))
        return scheme == "bearer" and _same(settings.token.get_secret_value(), given)
    scheme, given = _credentials(delivery.headers.get(settings.signature_header.lower(), ""))
    secret = settings.secret or SecretStr("")
    signed = delivery.target + delivery.body
    made = hmac.new(secret.get_secret_value().encode(), signed, sha256).hexdigest()
    ours = _same(settings.client or "", delivery.headers.get("x-pch-key", ""))
    well_signed = _same(made, given)
    return ours and well_signed and scheme in ("", "hmac") and bool(settings.secret)


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, given = header.strip().rpartition(" ")
    return scheme.strip().lower(), given


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def gift_event(told: Any, now: datetime) -> GiftEvent | str:
    """Return the gift that an event tells of, or why it counts for nothing (facts: punchh §5).

    An event that is too old or early for its id to be remembered would be counted twice if it
    came again: it is left out.
    """
    match told:
        case {"event_name": "rewards", "action": "create", "payload": {**payload}}:
            pass
        case {"event_name": str(), "payload": _}:
            return "it tells of no new reward"
        case _:
            return "it is no event as documented"
    content_id, told_at = told.get("content_id"), _instant(told.get("timestamp"))
    if not _is_content_id(content_id):
        return "it has no content_id"
    if told_at is None or abs(now - told_at) > REMEMBERED:
        return "its timestamp is missing, or too far from now"
    campaign_id, name = payload.get("campaign_id"), payload.get("campaign_name")
    mark = mark_of(name) if isinstance(name, str) else None
    if mark is None:
        return "its campaign is none of ours"
    if not isinstance(campaign_id, int) or not is_id(campaign_id):
        return "its campaign has no id"
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
