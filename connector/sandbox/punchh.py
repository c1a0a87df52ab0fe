"""Punchh's dashboard API as facts: punchh §1-§5 and §9 A-D tell it, and its guest calls."""

import re
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from connector.sandbox import refusals
from connector.sandbox.commits import commit
from connector.sandbox.credentials import PUNCHH_KEY
from connector.sandbox.exchange import Headers, Request, Response, Skin, answer
from connector.sandbox.guestapi import PREFIX, guest_api
from connector.sandbox.world import World

SIGN_IN = {"error": "You need to sign in or sign up before continuing."}
FEATURE_OFF = (
    "Your current loyalty program configuration does not support this feature. Please connect "
    "with your Customer Success representative for resolution of this issue"
)
PER_PAGE = 10
Row = tuple[dict[str, Any], dict[str, Any]]  # as it is, and what is shown instead of some keys
_FAILED_LOGINS = 10
_FAILING_WINDOW = timedelta(minutes=10)
_BLOCKED_FOR = timedelta(hours=1)
_SEGMENTS = ("GET", "/api2/dashboard/segments")
_REDEEMABLES = ("GET", "/api2/dashboard/redeemables")
_CAMPAIGNS = ("POST", "/api2/dashboard/campaigns")


def punchh(world: World) -> Skin:
    """Return the skin of one business with one admin key."""

    def skin(request: Request) -> Response:
        world.settle()
        response = _reply(world, request)
        headers = (*response.headers, *_extra_headers(world))
        return Response(response.status, response.body, headers, response.content_type)

    return skin


def _extra_headers(world: World) -> Headers:
    """Date is by Punchh's own clock; the others are inferred for these routes (punchh §7)."""
    skew = timedelta(seconds=world.switches["punchh.skew_seconds"])
    date = ("Date", format_datetime(world.now() + skew, usegmt=True))
    if not world.switches["punchh.extra_headers"]:
        return (date,)
    world.punchh.requests += 1
    request_id = ("X-Request-Id", f"sandbox-{world.punchh.requests:06d}")
    return (date, request_id, ("X-Runtime", "0.042000"), ("x-pch-env", "integration"))


def _reply(world: World, request: Request) -> Response:
    """Go through the pipeline of facts: punchh §9 A, in its order."""
    if refused := _edge(world, request):
        return refused
    if request.path.startswith(PREFIX):
        return _guest(world, request)
    if refused := _login(world, request):
        return refused
    route = (request.method, request.path.rstrip("/"))
    if world.switches["punchh.segment_count"] and (counted := _counted(world, route)):
        return counted
    if (member := _in_segment(world, request, route)) is not None:
        return member
    if route not in (_SEGMENTS, _REDEEMABLES, _CAMPAIGNS):
        return answer({"error": "Not Found"}, HTTPStatus.NOT_FOUND)
    if refused := refusals.of_the_account(world):
        return refused
    if route == _SEGMENTS:
        return _segments(world, request)
    if not world.switches["punchh.distribution"]:
        space = " " if world.switches["punchh.stray_space_key"] else ""
        return refusals.refused(world, {f"disabled{space}_feature": FEATURE_OFF})
    return _redeemables(world, request) if route == _REDEEMABLES else commit(world, request)


def _edge(world: World, request: Request) -> Response | None:
    strict = world.switches["punchh.strict"]
    wanted = strict or world.switches["punchh.require_user_agent"]
    if wanted and not request.header("user-agent"):
        return Response(HTTPStatus.FORBIDDEN)
    until = world.punchh.blocked_until.get(request.client)
    if until is not None and world.now() < until:
        return Response(HTTPStatus.FORBIDDEN)
    return None


def _login(world: World, request: Request) -> Response | None:
    return None if request.bearer() == PUNCHH_KEY else _refuse_login(world, request)


def _guest(world: World, request: Request) -> Response:
    sign_in = answer(SIGN_IN, HTTPStatus.UNAUTHORIZED)
    response = guest_api(world, request, sign_in)
    return _refuse_login(world, request) if response is sign_in else response


def _refuse_login(world: World, request: Request) -> Response:
    now, business = world.now(), world.punchh
    earlier = business.failed_logins.get(request.client, [])
    failed = [moment for moment in earlier if now - moment < _FAILING_WINDOW]
    business.failed_logins[request.client] = [*failed, now]
    blocking = world.switches["punchh.strict"] or world.switches["punchh.block_failed_logins"]
    if blocking and len(failed) + 1 >= _FAILED_LOGINS:
        business.blocked_until[request.client] = now + _BLOCKED_FOR
    return answer(SIGN_IN, HTTPStatus.UNAUTHORIZED)


def _segments(world: World, request: Request) -> Response:
    """List the segments, newest first; the filter sees names only (facts: punchh §2)."""
    rows: list[Row] = [
        (
            {
                "segment_id": segment.id,
                "name": segment.name,
                "description": segment.description,
                "segment_type": segment.segment_type,
                "user_type": "loyalty_user",
                "membership_level": None,
            },
            segment.row,
        )
        for segment in sorted(world.punchh.segments.values(), key=lambda s: -s.id)
        if not segment.foreign
    ]
    return _listed(world, request, rows, ("name",))


def _counted(world: World, route: tuple[str, str]) -> Response | None:
    """Tell a segment's size, with commas, under a path that no document names (punchh §5)."""
    found = re.fullmatch(r"/api2/dashboard/segments/([0-9]{1,18})/count", route[1])
    segment = world.punchh.segments.get(int(found[1])) if found and route[0] == "GET" else None
    if segment is None or segment.foreign:
        return None
    return answer({"message": "Fetched Count Successfully", "count": f"{segment.members:,}"})


def _in_segment(world: World, request: Request, route: tuple[str, str]) -> Response | None:
    """Say whether a guest is in a segment, as known some time ago (facts: punchh §5)."""
    found = re.fullmatch(r"/api2/dashboard/segments/([0-9]{1,18})/in_segment", route[1])
    segment = world.punchh.segments.get(int(found[1])) if found and route[0] == "GET" else None
    if segment is None or segment.foreign:
        return None
    account = world.punchh.accounts.get(str(_parameters(world, request).get("guest_email")))
    since = account.segments.get(segment.id) if account else None
    lag = timedelta(seconds=world.switches["punchh.member_lag_seconds"])
    return answer({"result": since is not None and since + lag <= world.now()})


def _redeemables(world: World, request: Request) -> Response:
    """List the redeemables, whatever their state, which is not told (facts: punchh §3)."""
    rows: list[Row] = [
        (
            {
                "redeemable_id": redeemable.id,
                "redeemable_uuid": redeemable.uuid,
                "name": redeemable.name,
                "description": redeemable.description,
                "redeemable_image_url": f"https://images.example.com/{redeemable.id}.png",
            },
            redeemable.row,
        )
        for redeemable in sorted(world.punchh.redeemables.values(), key=lambda r: -r.id)
        if redeemable.status != "foreign"
    ]
    return _listed(world, request, rows, ("name", "description"))


def _listed(world: World, request: Request, rows: list[Row], searched: tuple[str, ...]) -> Response:
    asked = _parameters(world, request)
    try:
        page = _number(world, asked.get("page"), 1)
        per_page = _number(world, asked.get("per_page"), PER_PAGE)
    except ValueError:
        return answer({"error": "Invalid page"}, HTTPStatus.BAD_REQUEST)
    if world.switches["punchh.clamp"]:
        per_page = min(per_page, world.switches["punchh.clamp"])
    wanted = str(asked.get("query") or "")
    found = [row | shown for row, shown in rows if _contains(world, row, searched, wanted)]
    slid = world.slid("punchh", request.path, first=page == 1)
    return answer(_slice(world, found, (page - 1) * per_page + slid, per_page))


def _parameters(world: World, request: Request) -> dict[str, Any]:
    """Merge query string and JSON body: both ways are documented or seen (facts: punchh §2)."""
    query, body = dict[str, Any](request.query), dict[str, Any]()
    if request.body:
        try:
            parsed = request.json()
        except ValueError:
            parsed = None
        body = parsed if isinstance(parsed, dict) else {}
    if world.switches["punchh.wins"] == "body":
        return {**query, **body}
    return {**body, **query}


def _number(world: World, value: Any, default: int) -> int:
    if value is None or value == "":
        return default
    text = str(value)
    if text.isdecimal() and int(text) > 0:
        return int(text)
    if world.switches["punchh.bad_numbers"] == "refuse":
        raise ValueError(text)
    return default


def _contains(world: World, row: dict[str, Any], searched: tuple[str, ...], wanted: str) -> bool:
    texts = [str(row[key]) for key in searched]
    if not world.switches["punchh.case_sensitive"]:
        wanted, texts = wanted.lower(), [text.lower() for text in texts]
    return any(wanted in text for text in texts)


def _slice(
    world: World, rows: list[dict[str, Any]], start: int, per_page: int
) -> list[dict[str, Any]]:
    part = rows[max(0, start) : max(0, start) + per_page]
    if part or not rows:
        return part
    past_end = world.switches["punchh.past_end"]
    last = max(0, (len(rows) - 1) // per_page) * per_page
    if past_end == "repeat_last":
        return rows[last:]
    if past_end == "endless":  # the first page again and again: no page is ever empty
        return rows[:per_page]
    return part
