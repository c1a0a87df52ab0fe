"""The POST that makes a campaign: checks in Punchh's order, with Punchh's own sentences.

Sets and bodies are confirmed, the order is inferred (facts: punchh §4 and §9 C).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from connector.sandbox.business import Campaign, Redeemable, Segment
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.refusals import refused
from connector.sandbox.world import World

REQUIRED = ("redeemable_uuid", "segment_id", "category", "campaign_type", "start_time")
MISSING = "Required parameter missing or the value is empty: "
TOO_SOON = "Campaign start time should be at least 15 ahead from now."
TOO_FAR = "Campaign start time is too far ahead."  # whether there is a bound is unknown
BAD_FORMAT = "Invalid Start Time format. Please use ISO8601"
AFTER_EXPIRY = "Start time should be less than or equal to redeemable effective expiry time."
LEAD = timedelta(minutes=15)
_STRICT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_LENIENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


class RefusedError(Exception):
    """A 422 with this in its `errors`."""

    def __init__(self, errors: str | dict[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, next to what Punchh knows of it."""

    body: dict[str, Any]
    redeemable: Redeemable | None
    segment: Segment | None


def commit(world: World, request: Request) -> Response:
    """Create a campaign, always a new one, or say why not (facts: punchh §4.3, §4.6)."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return _unreadable(world)
    if not isinstance(body, dict):
        body = {}
    for name in REQUIRED:
        if body.get(name) is None or body[name] == "":
            return answer({"error": MISSING + name}, HTTPStatus.BAD_REQUEST)
    redeemable = world.punchh.redeemables.get(str(body["redeemable_uuid"]))
    order = Order(body, redeemable, _segment(world, body))
    try:
        for name in world.switches["punchh.check_order"]:
            _CHECKS[name](world, order)
    except RefusedError as error:
        return refused(world, error.errors)
    return _create(world, order)


def _unreadable(world: World) -> Response:
    form = world.switches["punchh.bad_json"]
    if form == "error":
        return answer({"error": "Bad Request"}, HTTPStatus.BAD_REQUEST)
    if form == "status":
        return answer({"status": 400, "error": "data was not valid JSON"}, HTTPStatus.BAD_REQUEST)
    page = b"<!doctype html><h1>400 Bad Request</h1>" if form == "html" else b""
    return Response(HTTPStatus.BAD_REQUEST, page, content_type="text/html; charset=utf-8")


def _segment(world: World, body: dict[str, Any]) -> Segment | None:
    value = body["segment_id"]
    if isinstance(value, str) and value.isdecimal() and world.switches["punchh.quoted_segment_id"]:
        value = int(value)
    if type(value) is not int:
        return None
    return world.punchh.segments.get(value)


def _campaign_type(_world: World, order: Order) -> None:
    if order.body["campaign_type"] != "mass_gifting":
        raise RefusedError({"invalid_campaign_type": "Invalid campaign type."})


def _category(_world: World, order: Order) -> None:
    if order.body["category"] != "gift_redeemable":
        raise RefusedError({"invalid_category": "Invalid category."})


def _known_redeemable(_world: World, order: Order) -> None:
    if order.redeemable is None or order.redeemable.status in ("draft", "foreign"):
        raise RefusedError({"invalid_redeemable": "Invalid redeemable uuid."})


def _known_segment(_world: World, order: Order) -> None:
    if order.segment is None or order.segment.foreign:
        raise RefusedError({"invalid_segment": "Invalid segment id."})


def _start_time(world: World, order: Order) -> None:
    earliest = _clock(world) + LEAD
    start = read_start_time(world, order.body["start_time"])
    inclusive = world.switches["punchh.lead_inclusive"]
    if start < earliest or (start == earliest and not inclusive):
        raise RefusedError({"invalid_start_time": TOO_SOON})
    farthest = world.switches["punchh.max_days_ahead"]
    if farthest and start > _clock(world) + timedelta(days=farthest):
        raise RefusedError({"invalid_start_time": TOO_FAR})


def _clock(world: World) -> datetime:
    return world.now() + timedelta(seconds=world.switches["punchh.skew_seconds"])


def read_start_time(world: World, value: Any) -> datetime:
    """Read a start_time: the T is compulsory, no zone means UTC (facts: punchh §4.4)."""
    form = _LENIENT if world.switches["punchh.lenient_time"] else _STRICT
    text = value if isinstance(value, str) else ""
    if not form.fullmatch(text):
        raise RefusedError({"invalid_format": BAD_FORMAT})
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise RefusedError({"invalid_format": BAD_FORMAT}) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _status(world: World, order: Order) -> None:
    state = order.redeemable.status_at(_clock(world)) if order.redeemable else "active"
    if state in ("deactivated", "scheduled", "expired"):
        raise RefusedError(f"Redeemable is {state}.")


def _expiry(world: World, order: Order) -> None:
    expires = order.redeemable.expires_at if order.redeemable else None
    if expires is None or read_start_time(world, order.body["start_time"]) <= expires:
        return
    if world.switches["punchh.expiry_shape"] == "object":
        raise RefusedError({"invalid_start_time": AFTER_EXPIRY})
    raise RefusedError(AFTER_EXPIRY)


def _name(world: World, order: Order) -> None:
    name, limit = order.body.get("name"), world.switches["punchh.name_limit"]
    if name is None or not str(name).strip():
        raise RefusedError("Name can't be blank")
    if limit and len(str(name)) > limit:
        raise RefusedError(f"Name is too long (maximum is {limit} characters)")


_CHECKS: dict[str, Callable[[World, Order], None]] = {
    "campaign_type": _campaign_type,
    "category": _category,
    "redeemable": _known_redeemable,
    "segment": _known_segment,
    "start_time": _start_time,
    "status": _status,
    "expiry": _expiry,
    "name": _name,
}


def _create(world: World, order: Order) -> Response:
    redeemable, segment = order.redeemable, order.segment
    if redeemable is None or segment is None:  # the checks above have refused it
        raise AssertionError
    start = read_start_time(world, order.body["start_time"])
    external = order.body.get("external_campaign_id")
    campaign = Campaign(
        campaign_id=world.ids.campaign(),
        name=str(order.body["name"]),
        segment_id=segment.id,
        redeemable_uuid=redeemable.uuid,
        external_campaign_id=None if external is None else str(external),
        start_time=start,
        fires_at=world.punchh.fires_at(start),
        created_at=world.now(),
        members_then=segment.members,
    )
    world.punchh.campaigns[campaign.campaign_id] = campaign
    return answer(
        {
            "redeemable_id": redeemable.id,
            "redeemable_image_url": f"https://images.example.com/{redeemable.id}.png",
            "redeemable_properties": None,
            "campaign_id": campaign.campaign_id,
            "external_source_id": campaign.external_campaign_id,
            "start_time": start.strftime("%Y-%m-%d %I:%M %p"),
            "timezone": "Etc/UTC",
        }
    )
