"""Braze's REST API as facts: braze §1-§5 and §10 tell it; every GET, nothing else."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from connector.sandbox.credentials import BRAZE_KEY
from connector.sandbox.exchange import Headers, Request, Response, Skin, answer
from connector.sandbox.times import zone_of
from connector.sandbox.workspace import Broadcast, Occurrence, Roll
from connector.sandbox.world import World

PAGE = 100
Route = Callable[[World, Request], Response]


def braze(world: World) -> Skin:
    """Return the skin of one workspace with one key."""

    def skin(request: Request) -> Response:
        world.settle()
        response = _reply(world, request)
        refusal = "" if request.method == "GET" else "not a GET"
        headers = (*response.headers, *_rate_headers(world))
        return Response(response.status, response.body, headers, refusal=refusal)

    return skin


def _reply(world: World, request: Request) -> Response:
    hour = int(world.now().timestamp()) // 3600
    calls = world.braze.calls
    if request.bearer() != BRAZE_KEY:
        return _error(HTTPStatus.UNAUTHORIZED, "Invalid API key")
    if calls.get(hour, 0) >= world.switches["braze.rate_limit"]:
        return _error(HTTPStatus.TOO_MANY_REQUESTS, "Rate limit exceeded")
    world.braze.calls = {hour: calls.get(hour, 0) + 1}
    permission, route = ROUTES.get(request.path.rstrip("/"), ("", None))
    if route is None or request.method != "GET":
        return _error(HTTPStatus.NOT_FOUND, "Not Found")
    if permission in world.switches["braze.missing_permissions"]:
        return _error(HTTPStatus.FORBIDDEN, "Access Denied")
    return route(world, request)


def _error(status: int, message: str) -> Response:
    return answer({"message": message}, status)


def _rate_headers(world: World) -> Headers:
    """One bucket for all keys, refilled on the clock hour (facts: braze §4)."""
    if not world.switches["braze.rate_headers"]:
        return ()
    limit = world.switches["braze.rate_limit"]
    hour = int(world.now().timestamp()) // 3600
    left = max(0, limit - world.braze.calls.get(hour, 0))
    return (
        ("x-ratelimit-limit", str(limit)),
        ("x-ratelimit-remaining", str(left)),
        ("x-ratelimit-reset", str((hour + 1) * 3600)),
    )


def _scheduled(world: World, request: Request) -> Response:
    """Return what goes out between now and `end_time`, cut to midnight UTC (facts: braze §1)."""
    try:
        end = _midnight(request.query.get("end_time", ""), world.switches["braze.end_time_date"])
    except ValueError:
        return _error(HTTPStatus.BAD_REQUEST, "end_time is required and must be ISO 8601")
    rows = [row for broadcast in _visible(world) if (row := _row(world, broadcast, end))]
    rows = [row for row in _ordered(world, rows) if not world.leaves_out("braze", row["id"])]
    body: dict[str, Any] = {"scheduled_broadcasts": rows[: world.switches["braze.row_cap"] or None]}
    if world.switches["braze.message_key"]:
        body["message"] = "success"
    return answer(body)


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


def _read(world: World) -> Mapping[str, Broadcast]:
    """Return the broadcasts as this read shows them, which may be a little old (braze §4)."""
    if not world.switches["braze.lag_seconds"]:
        return world.braze.broadcasts
    return world.braze.saved.as_of(world.seen_at("braze"))


def _visible(world: World) -> list[Broadcast]:
    return [broadcast for broadcast in _read(world).values() if not broadcast.hidden]


def roll(world: World) -> Roll:
    """Return the roll policy in force."""
    delay = timedelta(minutes=world.switches["braze.roll_delay_minutes"])
    return Roll(world.switches["braze.roll"], delay)


def _row(world: World, broadcast: Broadcast, end: datetime) -> dict[str, Any] | None:
    if not broadcast.scheduled():
        return None
    text = broadcast.raw
    if broadcast.at is not None:
        shown = broadcast.showing(world.now(), world.braze.zone, roll(world))
        if shown is None or shown.nominal >= end:
            return None
        text = broadcast.raw if broadcast.raw is not None else _spelled(world, broadcast, shown)
    return {
        "name": broadcast.name,
        "id": broadcast.id,
        "type": broadcast.kind.capitalize(),
        "tags": list(broadcast.tags),
        "next_send_time": text,
        "schedule_type": _SCHEDULE_TYPES.get(broadcast.timing, broadcast.zone),
    }


_SCHEDULE_TYPES = {"local": "local_time_zones", "intelligent": "intelligent_delivery"}


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


_FORMS = {
    "offset_compact": "%Y-%m-%dT%H:%M:%S%z",
    "abbreviation": "%Y-%m-%d %H:%M:%S %Z",
    "plain": "%Y-%m-%d %H:%M:%S",
}


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _page(request: Request, rows: list[Any]) -> list[Any]:
    """Return one page, 0-based, 100 rows, oldest first unless asked otherwise (braze §2)."""
    newest_first = request.query.get("sort_direction") == "desc"
    number = request.query.get("page", "0")
    start = int(number) * PAGE if number.isdecimal() else 0
    return (rows[::-1] if newest_first else rows)[start : start + PAGE]


def _listing(kind: str, word: str) -> Route:
    def route(world: World, request: Request) -> Response:
        archived = request.query.get("include_archived") == "true"
        rows = [
            _entry(broadcast)
            for broadcast in _visible(world)
            if broadcast.kind == kind
            and (archived or broadcast.status != "archived")
            and _edited_since(broadcast, request.query.get("last_edit.time[gt]", ""))
        ]
        return answer({"message": "success", word: _page(request, rows)})

    return route


def _edited_since(broadcast: Broadcast, text: str) -> bool:
    try:
        since = datetime.fromisoformat(text)
    except ValueError:  # absent or unreadable: no filter
        return True
    return broadcast.edited > (since if since.tzinfo else since.replace(tzinfo=UTC))


def _entry(broadcast: Broadcast) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": broadcast.id,
        "last_edited": _stamp(broadcast.edited),
        "name": broadcast.name,
        "tags": list(broadcast.tags),
    }
    if broadcast.kind == "campaign":
        row["is_api_campaign"] = broadcast.timing == "api"
    return row


def _details(kind: str) -> Route:
    def route(world: World, request: Request) -> Response:
        broadcast = _read(world).get(request.query.get(f"{kind}_id", ""))
        if broadcast is None or broadcast.kind != kind or broadcast.hidden:
            message = f"Invalid {kind.capitalize()} ID"
            return _error(world.switches["braze.unknown_id_status"], message)
        wanted = request.query.get("post_launch_draft_version") == "true"
        return answer({"message": "success", **_detail(world, broadcast, draft=wanted)})

    return route


def _detail(world: World, broadcast: Broadcast, *, draft: bool) -> dict[str, Any]:
    """Describe a broadcast without id and audience: the API shows neither (facts: braze §0).

    With `draft`, what it says is what its post-launch draft says (facts: braze §2).
    """
    told = broadcast.draft if draft and broadcast.draft else broadcast
    sent = world.braze.sent(broadcast.id)
    first, last = (sent[0].first, sent[-1].first) if sent else (None, None)
    common: dict[str, Any] = {
        "created_at": _stamp(broadcast.created),
        "updated_at": _stamp(broadcast.edited),
        "archived": broadcast.status == "archived",
        "draft": broadcast.status == "draft",
        "enabled": broadcast.status == "live",
        "has_post_launch_draft": broadcast.draft is not None,
        "name": told.name,
        "description": "",
        # Not the vocabulary of scheduled_broadcasts; only "date" was ever seen (braze §1).
        "schedule_type": {"action": "action", "api": "api"}.get(broadcast.timing, "date"),
        "channels": ["email"],
        "tags": list(told.tags),
        "teams": [],
    }
    if broadcast.kind == "canvas":
        entries = {"first_entry": _stamp(first), "last_entry": _stamp(last)}
        return common | entries | {"variants": [], "steps": []}
    message = {"channel": "email", "subject": told.name, "body": "", "extras": {}}
    messages = {f"{broadcast.id[:8]}-variation": message}
    sends = {"first_sent": _stamp(first), "last_sent": _stamp(last)}
    return common | sends | {"messages": messages, "conversion_behaviors": []}


def _segments(world: World, request: Request) -> Response:
    rows = [
        {"id": key, "name": name, "analytics_tracking_enabled": False, "tags": []}
        for key, name in world.braze.segments.items()
    ]
    return answer({"message": "success", "segments": _page(request, rows)})


def _segment(world: World, request: Request) -> Response:
    name = world.braze.segments.get(request.query.get("segment_id", ""))
    if name is None:
        return _error(world.switches["braze.unknown_id_status"], "Invalid Segment ID")
    body = {"name": name, "description": "Last used these apps more than 0 times"}
    stamp = _stamp(world.started)
    times = {"created_at": stamp, "updated_at": stamp}
    return answer(
        {"message": "success", **times, **body, "text_description": "", "tags": [], "teams": []}
    )


ROUTES: dict[str, tuple[str, Route]] = {
    "/messages/scheduled_broadcasts": ("messages.schedule_broadcasts", _scheduled),
    "/campaigns/list": ("campaigns.list", _listing("campaign", "campaigns")),
    "/campaigns/details": ("campaigns.details", _details("campaign")),
    "/canvas/list": ("canvas.list", _listing("canvas", "canvases")),
    "/canvas/details": ("canvas.details", _details("canvas")),
    "/segments/list": ("segments.list", _segments),
    "/segments/details": ("segments.details", _segment),
}
