"""`/messages/scheduled_broadcasts`: what goes out next, and when (facts: braze §1, §6)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from connector.sandbox.braze.replies import error, tags, visible
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.times import zone_of
from connector.sandbox.workspace import Broadcast, Occurrence, Roll
from connector.sandbox.world import World

_SCHEDULE_TYPES = {"local": "local_time_zones", "intelligent": "intelligent_delivery"}
_FORMS = {
    "offset_compact": "%Y-%m-%dT%H:%M:%S%z",
    "abbreviation": "%Y-%m-%d %H:%M:%S %Z",
    "plain": "%Y-%m-%d %H:%M:%S",
}


def listed(world: World, request: Request) -> Response:
    """Return what goes out between now and `end_time`, cut to midnight UTC (facts: braze §1)."""
    try:
        end = _midnight(request.query.get("end_time", ""), world.switches["braze.end_time_date"])
    except ValueError:
        why = "end_time is required and must be ISO 8601"
        return error(world, HTTPStatus.BAD_REQUEST, why)
    farthest = world.switches["braze.max_days_ahead"]
    if farthest:
        end = min(end, world.now() + timedelta(days=farthest))
    found = [
        (broadcast.id, row)
        for broadcast in visible(world)
        for shown in _shown(world, broadcast)
        if (row := _row(world, shown, end))
    ]
    ordered = _ordered(world, found)
    rows = [row for send_id, row in ordered if not world.leaves_out("braze", send_id)]
    return answer(_body(world, rows))


def _body(world: World, rows: list[Any]) -> dict[str, Any]:
    rows = rows[: world.switches["braze.row_cap"] or None]
    body: dict[str, Any] = {"scheduled_broadcasts": rows}
    if not rows and world.switches["braze.empty"] != "list":
        body = {"scheduled_broadcasts": None} if world.switches["braze.empty"] == "null" else {}
    if world.switches["braze.message_key"]:
        body["message"] = "success"
    return body


def _shown(world: World, broadcast: Broadcast) -> Iterator[Broadcast]:
    """Walk the rows that a broadcast makes; of some kinds it is unknown whether they show."""
    besides = world.switches["braze.also_shows"]
    if broadcast.scheduled():
        yield broadcast
        if "winner" in besides and broadcast.at is not None and broadcast.winner_after:
            second = broadcast.at + broadcast.winner_after
            yield replace(broadcast, at=second, winner_after=timedelta())
    elif broadcast.timing == "action":
        return
    elif (broadcast.timing if broadcast.status == "live" else broadcast.status) in besides:
        yield broadcast


def _ordered(world: World, rows: list[Any]) -> list[Any]:
    order = world.switches["braze.order"]
    if order == "shuffled":
        return world.ids.random.sample(rows, len(rows))
    return rows[::-1] if order == "reversed" else rows


def _midnight(text: str, which: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or which == "literal":
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def roll(world: World) -> Roll:
    """Return the roll policy in force."""
    delay = timedelta(minutes=world.switches["braze.roll_delay_minutes"])
    return Roll(world.switches["braze.roll"], delay)


def _row(world: World, broadcast: Broadcast, end: datetime) -> dict[str, Any] | None:
    text = broadcast.raw
    if broadcast.at is not None:
        shown = broadcast.showing(world.now(), world.braze.zone, roll(world))
        if shown is None or shown.nominal >= end:
            return None
        text = broadcast.raw if broadcast.raw is not None else _spelled(world, broadcast, shown)
    row: dict[str, Any] = {
        "name": broadcast.name,
        "id": broadcast.id,
        "type": broadcast.kind.capitalize(),
        "tags": tags(world, broadcast.tags),
        "next_send_time": text,
        "schedule_type": _SCHEDULE_TYPES.get(broadcast.timing, broadcast.zone),
    }
    return row | dict(broadcast.row)


def _spelled(world: World, broadcast: Broadcast, shown: Occurrence) -> str:
    """Write `next_send_time` in the broadcast's dialect; the real one is unknown (braze §1)."""
    if broadcast.timing != "company":
        form = "%Y-%m-%d %H:%M:%S" if broadcast.dialect == "plain" else "%Y-%m-%dT%H:%M:%S"
        return shown.at.strftime(form)
    zone = zone_of(broadcast.zone, world.braze.zone.key)
    wall = shown.at.astimezone(zone)
    if broadcast.dialect == "z":
        return shown.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if broadcast.dialect == "offset":
        return wall.isoformat(timespec="seconds")
    return wall.strftime(_FORMS[broadcast.dialect])
