"""Braze's REST API as facts: braze §1-§5, §10 and §12 tell it; every GET, nothing else."""

from http import HTTPStatus

from connector.sandbox.braze import export, scheduled, segments
from connector.sandbox.braze.replies import Route, error
from connector.sandbox.braze.scheduled import roll
from connector.sandbox.credentials import BRAZE_KEY
from connector.sandbox.exchange import Headers, Request, Response, Skin
from connector.sandbox.world import World

__all__ = ["ROUTES", "braze", "roll"]

ROUTES: dict[str, tuple[str, Route]] = {
    "/messages/scheduled_broadcasts": ("messages.schedule_broadcasts", scheduled.listed),
    "/campaigns/list": ("campaigns.list", export.listing("campaign", "campaigns")),
    "/campaigns/details": ("campaigns.details", export.details("campaign")),
    "/canvas/list": ("canvas.list", export.listing("canvas", "canvases")),
    "/canvas/details": ("canvas.details", export.details("canvas")),
    "/segments/list": ("segments.list", segments.listed),
    "/segments/details": ("segments.details", segments.detailed),
    "/segments/data_series": ("segments.data_series", segments.sizes),
}


def braze(world: World) -> Skin:
    """Return the skin of one workspace with one key."""

    def skin(request: Request) -> Response:
        world.settle()
        response = _reply(world, request)
        refusal = "" if request.method == "GET" else "not a GET"
        headers = (*response.headers, *_rate_headers(world, response.status))
        return Response(
            response.status, response.body, headers, response.content_type, refusal=refusal
        )

    return skin


def _reply(world: World, request: Request) -> Response:
    calls, hour = world.braze.calls, _hour(world)
    if request.bearer() != BRAZE_KEY:
        return error(world, HTTPStatus.UNAUTHORIZED, "Invalid API key")
    if calls.get(hour, 0) >= world.switches["braze.rate_limit"]:
        return error(world, HTTPStatus.TOO_MANY_REQUESTS, "Rate limit exceeded")
    world.braze.calls = {hour: calls.get(hour, 0) + 1}
    permission, route = ROUTES.get(request.path.rstrip("/"), ("", None))
    if route is None or request.method != "GET":
        return error(world, HTTPStatus.NOT_FOUND, "Not Found")
    if permission in world.switches["braze.missing_permissions"]:
        return error(world, HTTPStatus.FORBIDDEN, "Access Denied")
    return route(world, request)


def _hour(world: World) -> int:
    return int(world.now().timestamp()) // 3600


def _rate_headers(world: World, status: int) -> Headers:
    """One bucket for all keys, refilled on the clock hour (facts: braze §4)."""
    headers = dict[str, str]()
    if world.switches["braze.rate_headers"]:
        limit = world.switches["braze.rate_limit"]
        headers["x-ratelimit-limit"] = str(limit)
        left = limit - world.braze.calls.get(_hour(world), 0)
        headers["x-ratelimit-remaining"] = str(max(0, left))
        headers["x-ratelimit-reset"] = _reset(world)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["x-ratelimit-retry-after"] = world.switches["braze.rate_retry_after"]
        headers["retry-after"] = world.switches["braze.retry_after"]
    return tuple((name, value) for name, value in headers.items() if value)


def _reset(world: World) -> str:
    reset, now = (_hour(world) + 1) * 3600, int(world.now().timestamp())
    match world.switches["braze.rate_reset"]:
        case "delta":
            return str(reset - now)
        case "past":
            return str(now - 60)
        case "junk":
            return "soon"
    return str(reset)
