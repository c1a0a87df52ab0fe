"""Salesforce core as facts: salesforce §1 and §6 tell it: login, query, queryAll, limits."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from connector.sandbox.credentials import SALESFORCE_DOMAIN, SALESFORCE_KEY, SALESFORCE_SECRET
from connector.sandbox.exchange import Request, Response, Skin, answer
from connector.sandbox.org import Cursor
from connector.sandbox.soql import COUNT, Query, Record, SoqlError, parse, run, value_of
from connector.sandbox.tables import check, records
from connector.sandbox.world import World

TOKEN = "/services/oauth2/token"  # noqa: S105  a path
INSTANCE = f"https://{SALESFORCE_DOMAIN}.salesforce.com"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DATA = re.compile(r"/services/data/v(\d+)\.0/(query|queryAll|limits)(?:/([^/]+))?/?")
_OLDEST, _NEWEST = 31, 68
_SMALLEST_BATCH, _LARGEST_BATCH = 200, 2000
_CURSOR_LIFE = timedelta(days=2)
_JWT_PARTS = 3


def salesforce(world: World) -> Skin:
    """Return the skin of one org with one external client app."""

    def skin(request: Request) -> Response:
        world.settle()
        if request.path == TOKEN and request.method == "POST":
            return _login(world, request)
        if request.method != "GET":
            body = [_problem("METHOD_NOT_ALLOWED", "HTTP method not allowed; allowed are GET")]
            status = HTTPStatus.METHOD_NOT_ALLOWED
            return Response(status, json.dumps(body).encode(), refusal="a write to Salesforce")
        return _data(world, request)

    return skin


def _problem(code: str, message: str) -> dict[str, str]:
    return {"message": message, "errorCode": code}


def _error(status: int, code: str, message: str) -> Response:
    return answer([_problem(code, message)], status)


def _oauth_error(world: World, status: int, code: str, why: str) -> Response:
    """Return an object, not an array; the description may be missing (salesforce §1.0b)."""
    body = {"error": code}
    if world.switches["salesforce.error_description"]:
        body["error_description"] = why
    return answer(body, status)


def _login(world: World, request: Request) -> Response:
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    grant = form.get("grant_type")
    if grant == JWT_GRANT:
        return _by_jwt(world, form.get("assertion", ""))
    if grant != "client_credentials":
        why = "grant type not supported"
        return _oauth_error(world, HTTPStatus.BAD_REQUEST, "unsupported_grant_type", why)
    if request.header("host").split(".")[0] in ("login", "test"):
        why = "request not supported on this domain"
        return answer({"error": "invalid_grant", "error_description": why}, HTTPStatus.BAD_REQUEST)
    if _client(request, form) != (SALESFORCE_KEY, SALESFORCE_SECRET):
        status = world.switches["salesforce.wrong_secret_status"]
        return _oauth_error(world, status, "invalid_client", "invalid client credentials")
    return _session(world)


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return "", ""
    return key, secret


def _by_jwt(world: World, assertion: str) -> Response:
    try:
        claims = _claims(world, assertion)
    except ValueError as error:
        return _oauth_error(world, HTTPStatus.BAD_REQUEST, "invalid_grant", str(error))
    if claims.get("iss") != SALESFORCE_KEY:
        why = "client identifier invalid"
        return _oauth_error(world, HTTPStatus.BAD_REQUEST, "invalid_client_id", why)
    return _session(world)


def _claims(world: World, assertion: str) -> dict[str, Any]:
    """Check a JWT's shape; its signature and expiry only with a public key in the switch."""
    parts = assertion.split(".")
    if len(parts) != _JWT_PARTS or not all(parts):
        raise ValueError("invalid assertion")
    header, claims = (_decoded(part) for part in parts[:2])
    if header.get("alg") != "RS256" or not {"iss", "sub", "aud", "exp"} <= claims.keys():
        raise ValueError("invalid assertion")
    if "salesforce.com" not in str(claims["aud"]) or not str(claims["exp"]).isdecimal():
        raise ValueError("audience is invalid")
    key = world.switches["salesforce.jwt_public_key"]
    if key:
        _verify(world, assertion, key)
    return claims


def _verify(world: World, assertion: str, key: str) -> None:
    import jwt  # noqa: PLC0415  needed by few, heavy for all

    try:
        options: Any = {"verify_aud": False, "verify_exp": False}
        claims = jwt.decode(assertion, key, algorithms=["RS256"], options=options)
    except jwt.InvalidTokenError:
        raise ValueError("invalid assertion") from None
    if int(claims["exp"]) <= world.now().timestamp():
        raise ValueError("expired authorization code")


def _decoded(part: str) -> dict[str, Any]:
    value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(value, dict):
        raise ValueError("invalid assertion")  # noqa: TRY004  one refusal for all
    return value


def _session(world: World) -> Response:
    """Open a session; a token has no expires_in (facts: salesforce §1.0b)."""
    org = world.salesforce
    org.logins += 1
    token = f"sandbox-session-{org.logins:04d}"
    if world.switches["salesforce.single_session"]:
        org.sessions.clear()
    org.sessions[token] = 0
    return answer(
        {
            "access_token": token,
            "signature": "c2FuZGJveA==",
            "scope": "api",
            "instance_url": INSTANCE,
            "id": "https://login.salesforce.com/id/00D5f000000AAAAEA0/0055f000001AAAAAA2",
            "token_type": "Bearer",
            "issued_at": str(int(world.now().timestamp() * 1000)),
        }
    )


def _data(world: World, request: Request) -> Response:
    if not _admitted(world, request.bearer()):
        return _expired(world)
    match = _DATA.fullmatch(request.path)
    version = int(match[1]) if match else 0
    if match is None or version > _NEWEST:
        return _error(HTTPStatus.NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
    if version < _OLDEST:
        return _error(HTTPStatus.GONE, "UNSUPPORTED_API_VERSION", "This version is gone")
    limit = world.switches["salesforce.api_limit"]
    if world.salesforce.calls >= limit:
        message = "TotalRequests Limit exceeded."
        return _error(HTTPStatus.FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", message)
    world.salesforce.calls += 1
    usage = ("Sforce-Limit-Info", f"api-usage={world.salesforce.calls}/{limit}")
    response = _served(world, request, version, (match[2], match[3] or ""))
    return Response(response.status, response.body, (usage,))


def _admitted(world: World, token: str) -> bool:
    sessions, most = world.salesforce.sessions, world.switches["salesforce.session_calls"]
    if token not in sessions or (most and sessions[token] >= most):
        return False
    sessions[token] += 1
    return True


def _expired(world: World) -> Response:
    message, form = "Session expired or invalid", world.switches["salesforce.session_error"]
    if form == "array":
        return _error(HTTPStatus.UNAUTHORIZED, "INVALID_SESSION_ID", message)
    if form == "object":
        return answer(_problem("INVALID_SESSION_ID", message), HTTPStatus.UNAUTHORIZED)
    page = f"<html><body>{message}</body></html>".encode()
    return Response(HTTPStatus.UNAUTHORIZED, page, content_type="text/html")


def _served(world: World, request: Request, version: int, what: tuple[str, str]) -> Response:
    resource, locator = what
    if resource == "limits":
        limit = world.switches["salesforce.api_limit"]
        left = {"Max": limit, "Remaining": max(0, limit - world.salesforce.calls)}
        return answer({"DailyApiRequests": left})
    try:
        if locator:
            return _more(world, version, resource, locator)
        query = parse(request.query.get("q", ""))
        check(world, query, version)
        return _first(world, request, version, resource, query)
    except SoqlError as error:
        return _error(HTTPStatus.BAD_REQUEST, error.code, error.message)


def _first(world: World, request: Request, version: int, resource: str, query: Query) -> Response:
    found = run(query, records(world, query.table, deleted=resource == "queryAll"))
    if query.fields == (COUNT,):
        return answer({"totalSize": len(found), "done": True, "records": []})
    rows = tuple(_row(record, query, version) for record in found)
    cursor = Cursor(rows, world.now(), _page_size(world, request))
    locator = world.ids.salesforce("01g")
    if len(rows) > cursor.page_size:
        world.salesforce.cursors[locator] = cursor
    return _page(cursor, f"/services/data/v{version}.0/{resource}/{locator}", 0)


def _page_size(world: World, request: Request) -> int:
    wanted = re.search(r"batchSize=(\d+)", request.header("sforce-query-options"))
    size: int = world.switches["salesforce.page_size"]
    if wanted is None:
        return size
    return min(size, max(_SMALLEST_BATCH, min(_LARGEST_BATCH, int(wanted[1]))))


def _more(world: World, version: int, resource: str, locator: str) -> Response:
    name, _, start = locator.rpartition("-")
    cursor = world.salesforce.cursors.get(name)
    if cursor is None or not start.isdigit() or world.now() - cursor.opened > _CURSOR_LIFE:
        raise SoqlError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(cursor, f"/services/data/v{version}.0/{resource}/{name}", int(start))


def _page(cursor: Cursor, url: str, start: int) -> Response:
    end = start + cursor.page_size
    done = end >= len(cursor.rows)
    body: dict[str, Any] = {"totalSize": len(cursor.rows), "done": done}
    if not done:
        body["nextRecordsUrl"] = f"{url}-{end}"
    return answer(body | {"records": cursor.rows[start:end]})


def _row(record: Record, query: Query, version: int) -> dict[str, object]:
    row: dict[str, object] = {"attributes": _attributes(record, version)}
    for name in query.fields:
        head, _, rest = name.partition(".")
        if not rest:
            row[name] = _written(value_of(record, name))
            continue
        related = record.fields.get(head)
        if related is None:
            row[head] = None
            continue
        nested = row.setdefault(head, {"attributes": _attributes(related, version)})
        if isinstance(nested, dict):
            nested[rest] = _written(value_of(related, rest))
    return row


def _attributes(record: Record, version: int) -> dict[str, str]:
    url = f"/services/data/v{version}.0/sobjects/{record.type}/{record.fields['Id']}"
    return {"type": record.type, "url": url}


def _written(value: Any) -> Any:
    """Write instants in UTC with a colon-less offset (facts: salesforce §1.0)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    return value
