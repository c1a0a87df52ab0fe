"""The forms of Braze's dashboard: what a marketer fills in for a campaign or a Canvas."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from connector.sandbox.delivery import Timing
from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.times import wall, zone_named
from connector.sandbox.workspace import COMPANY_ZONE, Broadcast, Status
from connector.sandbox.world import World

_DIALECTS = ("offset", "z", "offset_compact", "abbreviation", "plain")
_TIMINGS = ("company", "local", "intelligent", "action", "api")


def made(world: World, fields: Fields, kind: str) -> Broadcast:
    timing: Timing = fields.choice("schedule", _TIMINGS, "company")
    now = world.now()
    return Broadcast(
        id=world.ids.uuid(),
        kind="canvas" if kind == "canvas" else "campaign",
        name=fields.text("name"),
        tags=fields.texts("tags"),
        timing=timing,
        at=_at(fields, timing),
        created=now,
        edited=now,
        zone=fields.text("zone", COMPANY_ZONE),
        dialect=fields.choice("dialect", _DIALECTS, "offset"),
        recurring=_recurring(fields),
        ends=_ends(fields),
        winner_after=timedelta(hours=fields.whole("winner_after_hours", 0)),
        status=_status(fields, "live"),
        row=fields.anything("row"),
    )


def edited(send: Broadcast, fields: Fields) -> Broadcast:
    if "at" in fields:
        send = replace(send, at=_at(fields, send.timing), raw=None)
    if "next_send_time" in fields:
        send = _with_raw(send, fields.take("next_send_time"))
    return replace(
        send,
        status=_status(fields, send.status),
        name=fields.text("name", send.name),
        tags=fields.texts("tags", send.tags),
        zone=fields.text("zone", send.zone),
        dialect=fields.choice("dialect", _DIALECTS, send.dialect),
        audience=fields.text("audience", send.audience),
        hidden=fields.flag("hidden", default=send.hidden),
        row=fields.anything("row", send.row),
    )


def move_company(world: World, zone: str) -> None:
    if zone_named(zone) is None:
        raise ControlError("zone must be the name of a time zone")
    world.braze.move_to(zone, world.now())


def _status(fields: Fields, before: Status) -> Status:
    """Take what says whether a broadcast runs; `paused` is another word for stopped."""
    archived = fields.flag("archived", default=before == "archived")
    paused = fields.flag("paused", default=before == "stopped")
    stopped = fields.flag("stopped", default=paused)
    draft = fields.flag("draft", default=before == "draft")
    if archived:
        return "archived"
    if stopped:
        return "stopped"
    return "draft" if draft else "live"


def _recurring(fields: Fields) -> Any:
    value = fields.take("recurring")
    if value not in (None, "daily", "weekly", "monthly"):
        raise ControlError("recurring must be daily, weekly, monthly or null")
    return value


def _ends(fields: Fields) -> date | None:
    value = fields.take("ends")
    try:
        return None if value is None else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ControlError("ends must be a date like 2026-03-31, or null") from None


def _at(fields: Fields, timing: Timing) -> datetime | None:
    """Take `at`: an instant for the company's schedule, a wall clock for the others."""
    if timing == "company":
        return fields.instant("at")
    value = fields.take("at")
    if value is None:
        return None
    try:
        return wall(value)
    except (TypeError, ValueError):
        raise ControlError("at must be an ISO-8601 wall clock time without a zone") from None


def _with_raw(send: Broadcast, value: Any) -> Broadcast:
    """Make a problem row: any text as `next_send_time`, or null, until `at` is set again."""
    if value is None:
        return replace(send, at=None, raw=None)
    if not isinstance(value, str):
        raise ControlError("next_send_time must be a text or null")
    return replace(send, raw=value)
