"""Braze's own segments: names, filters and sizes (facts: braze §2, §12)."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from connector.sandbox.braze.replies import error, page, stamp, tags
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.world import World

_LONGEST_SERIES = 100


def listed(world: World, request: Request) -> Response:
    rows = [
        {
            "id": key,
            "name": segment.name,
            "analytics_tracking_enabled": False,
            "tags": tags(world, segment.tags),
        }
        for key, segment in world.braze.segments.items()
    ]
    return answer({"message": "success", "segments": page(world, request, rows)})


def detailed(world: World, request: Request) -> Response:
    segment = world.braze.segments.get(request.query.get("segment_id", ""))
    if segment is None:
        return _unknown(world)
    made = stamp(world.started)
    return answer(
        {
            "message": "success",
            "created_at": made,
            "updated_at": made,
            "name": segment.name,
            "description": "Last used these apps more than 0 times",
            "text_description": "",
            "tags": tags(world, segment.tags),
            "teams": [],
        }
    )


def sizes(world: World, request: Request) -> Response:
    """Tell a segment's size day by day, the last day last; here it never changes."""
    segment = world.braze.segments.get(request.query.get("segment_id", ""))
    if segment is None:
        return _unknown(world)
    length = request.query.get("length", "")
    if not length.isdecimal() or int(length) not in range(1, _LONGEST_SERIES + 1):
        return error(world, HTTPStatus.BAD_REQUEST, "length must be between 1 and 100")
    try:
        end = datetime.fromisoformat(request.query.get("ending_at") or world.now().isoformat())
    except ValueError:
        return error(world, HTTPStatus.BAD_REQUEST, "ending_at must be ISO 8601")
    last = (end.astimezone(UTC) if end.tzinfo else end).date()
    days = [last - timedelta(days=ago) for ago in reversed(range(int(length)))]
    series = [{"time": day.isoformat(), "size": segment.size} for day in days]
    return answer({"message": "success", "data": series})


def _unknown(world: World) -> Response:
    return error(world, world.switches["braze.unknown_id_status"], "Invalid Segment ID")
