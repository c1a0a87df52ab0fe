"""Salesforce core, as facts: salesforce §1, §4, §6 and §8 describe it: logins and reads only."""

import re
from http import HTTPStatus

from connector.sandbox.exchange import Request, Response, Skin, answer
from connector.sandbox.salesforce import describe, identity, logins, query, retrieve, soap
from connector.sandbox.salesforce.logins import TOKEN
from connector.sandbox.salesforce.replies import error, not_found, problem, write_refused
from connector.sandbox.salesforce.schema import kind_of
from connector.sandbox.salesforce.soql import SoqlError
from connector.sandbox.world import World

__all__ = ["TOKEN", "salesforce"]

_JSON = "application/json;charset=UTF-8"
_VERSION = re.compile(r"/services/data/v(\d+)\.0((?:/.*)?)")
_RESOURCE = re.compile(r"/(query|queryAll)(?:/([^/]+))?/?")
_OBJECT = re.compile(r"/sobjects/([^/]+)(?:/([^/]+))?/?")
_MANY = re.compile(r"/composite/sobjects/([^/]+)/?")


def salesforce(world: World) -> Skin:
    """Return the skin of one org with one external client app."""

    def skin(request: Request) -> Response:
        world.settle()
        response = _reply(world, request)
        if response.content_type != "application/json":
            return response
        headers, refusal = response.headers, response.refusal
        return Response(response.status, response.body, headers, _JSON, refusal=refusal)

    return skin


def _reply(world: World, request: Request) -> Response:
    if request.method == "POST":
        if request.path == TOKEN:
            return logins.log_in(world, request)
        if request.path == logins.REVOKE:
            return logins.revoke(world, request)
        if found := soap.PATH.fullmatch(request.path):
            return soap.log_in(world, request, int(found[1]))
    elif request.method == "GET":
        if found := identity.PATH.fullmatch(request.path):
            return identity.who(world, request, (found[1], found[2]))
        if request.path == identity.USERINFO:
            return identity.userinfo(world, request)
        if request.path.rstrip("/") == "/services/data":
            return identity.versions()
    if request.method != "GET" and not _reads(request):
        return write_refused()
    return _metered(world, request)


def _reads(request: Request) -> bool:
    """Say whether a POST is one of those that only read."""
    found = _VERSION.fullmatch(request.path)
    below = found[2] if found and request.method == "POST" else ""
    return _MANY.fullmatch(below) is not None or below.rstrip("/") == "/composite/batch"


def _metered(world: World, request: Request) -> Response:
    """Answer who is logged in, within the org's limit of calls."""
    if not _admitted(world, request.bearer()):
        return _expired(world)
    limit = world.switches["salesforce.api_limit"]
    if world.salesforce.calls >= limit:
        message = "TotalRequests Limit exceeded."
        return error(HTTPStatus.FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", message)
    world.salesforce.calls += 1
    usage = ("Sforce-Limit-Info", f"api-usage={world.salesforce.calls}/{limit}")
    response = _versioned(world, request)
    headers = (*response.headers, usage)
    return Response(response.status, response.body, headers, refusal=response.refusal)


def _admitted(world: World, token: str) -> bool:
    sessions, most = world.salesforce.sessions, world.switches["salesforce.session_calls"]
    if token not in sessions or (most and sessions[token] >= most):
        return False
    sessions[token] += 1
    return True


def _expired(world: World) -> Response:
    message, form = "Session expired or invalid", world.switches["salesforce.session_error"]
    if form == "array":
        return error(HTTPStatus.UNAUTHORIZED, "INVALID_SESSION_ID", message)
    if form == "object":
        return answer(problem("INVALID_SESSION_ID", message), HTTPStatus.UNAUTHORIZED)
    page = f"<html><body>{message}</body></html>".encode()
    return Response(HTTPStatus.UNAUTHORIZED, page, content_type="text/html")


def _versioned(world: World, request: Request) -> Response:
    found = _VERSION.fullmatch(request.path)
    version = int(found[1]) if found else 0
    if found is None or version > identity.NEWEST:
        return not_found()
    if version < identity.OLDEST:
        return error(HTTPStatus.GONE, "UNSUPPORTED_API_VERSION", "This version is gone")
    try:
        return _resource(world, request, version, found[2])
    except SoqlError as refused:
        return error(HTTPStatus.BAD_REQUEST, refused.code, refused.message)


def _resource(world: World, request: Request, version: int, below: str) -> Response:
    if request.method == "POST":
        found = _MANY.fullmatch(below)
        if found is None:
            return retrieve.batch(world, request, _versioned)
        kind = kind_of(world, found[1], version)
        return not_found() if kind is None else retrieve.several(world, request, version, kind)
    if found := _RESOURCE.fullmatch(below):
        return query.answered(world, request, version, found[1], found[2] or "")
    match below.rstrip("/"):
        case "":
            return identity.resources(world, request, version)
        case "/limits":
            return _limits(world)
        case "/sobjects":
            return describe.everything(world, version)
    return _object(world, request, version, below)


def _limits(world: World) -> Response:
    limit = world.switches["salesforce.api_limit"]
    left = {"Max": limit, "Remaining": max(0, limit - world.salesforce.calls)}
    return answer({"DailyApiRequests": left})


def _object(world: World, request: Request, version: int, below: str) -> Response:
    found = _OBJECT.fullmatch(below)
    kind = kind_of(world, found[1], version) if found else None
    if found is None or kind is None:
        return not_found()
    if found[2] is None:
        return describe.basic(kind, version)
    if found[2] == "describe":
        return answer(describe.whole(world, kind, version))
    return retrieve.single(world, request, version, kind, found[2])
