"""OAuth: by client credentials, JWT, refresh token or password (facts: salesforce §1.0b, §4.1)."""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from connector.sandbox.credentials import (
    SALESFORCE_KEY,
    SALESFORCE_PASSWORD,
    SALESFORCE_REFRESH_TOKEN,
    SALESFORCE_SECRET,
    SALESFORCE_TOKEN,
    SALESFORCE_USERNAME,
)
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.salesforce.replies import identity_url, instance_url
from connector.sandbox.world import World

TOKEN = "/services/oauth2/token"  # noqa: S105  a path
REVOKE = "/services/oauth2/revoke"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_PARTS = 3
Form = Mapping[str, str]


class RefusedLoginError(Exception):
    """A login that is refused: its error and description."""

    def __init__(self, code: str, why: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(why)
        self.code, self.why, self.status = code, why, status


def log_in(world: World, request: Request) -> Response:
    """Answer a request for a token; a refusal is an object, not an array (salesforce §1.0b)."""
    form = _form(request)
    grant = _GRANTS.get(form.get("grant_type", ""), _unsupported)
    try:
        more = grant(world, request, form)
    except RefusedLoginError as refused:
        body = {"error": refused.code}
        if world.switches["salesforce.error_description"]:
            body["error_description"] = refused.why
        return answer(body, refused.status)
    return answer(_session(world, request) | more)


def revoke(world: World, request: Request) -> Response:
    """End the session of a token; a refresh token ends all of them."""
    token = _form(request).get("token", "")
    if token == world.salesforce.refresh_token:
        world.salesforce.sessions.clear()
    elif world.salesforce.sessions.pop(token, None) is None:
        return answer({"error": "invalid_token"}, HTTPStatus.BAD_REQUEST)
    return Response(HTTPStatus.OK)


def _form(request: Request) -> Form:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def open_session(world: World) -> str:
    """Open a session and return its token."""
    org = world.salesforce
    org.logins += 1
    token = f"sandbox-session-{org.logins:04d}"
    if world.switches["salesforce.single_session"]:
        org.sessions.clear()
    org.sessions[token] = 0
    return token


def _session(world: World, request: Request) -> dict[str, str]:
    """Open a session; a token has no expires_in (facts: salesforce §1.0b)."""
    return {
        "access_token": open_session(world),
        "signature": "c2FuZGJveA==",
        "scope": "api",
        "instance_url": instance_url(world, request),
        "id": identity_url(world, request),
        "token_type": "Bearer",
        "issued_at": str(int(world.now().timestamp() * 1000)),
    }


def _unsupported(_world: World, _request: Request, _form: Form) -> dict[str, str]:
    raise RefusedLoginError("unsupported_grant_type", "grant type not supported")


def _by_client(world: World, request: Request, form: Form) -> dict[str, str]:
    if request.header("host").split(".")[0] in ("login", "test"):
        raise RefusedLoginError("invalid_grant", "request not supported on this domain")
    if _client(request, form) != (SALESFORCE_KEY, SALESFORCE_SECRET):
        status = world.switches["salesforce.wrong_secret_status"]
        raise RefusedLoginError("invalid_client", "invalid client credentials", status)
    return {}


def _client(request: Request, form: Form) -> tuple[str, str]:
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return "", ""
    return key, secret


def _known_client(world: World, request: Request, form: Form) -> None:
    """Refuse another app; a secret that is given must be right, none need be given here."""
    key, secret = _client(request, form)
    if key != SALESFORCE_KEY:
        raise RefusedLoginError("invalid_client_id", "client identifier invalid")
    if secret not in ("", SALESFORCE_SECRET):
        status = world.switches["salesforce.wrong_secret_status"]
        raise RefusedLoginError("invalid_client", "invalid client credentials", status)


def _by_refresh(world: World, request: Request, form: Form) -> dict[str, str]:
    """Renew a session; the reply carries a refresh token only where these are rotated."""
    _known_client(world, request, form)
    if form.get("refresh_token") != world.salesforce.refresh_token:
        raise RefusedLoginError("invalid_grant", "expired access/refresh token")
    if not world.switches["salesforce.rotate_refresh_token"]:
        return {}
    fresh = f"{SALESFORCE_REFRESH_TOKEN}-{world.salesforce.logins + 1:04d}"
    world.salesforce.refresh_token = fresh
    return {"refresh_token": fresh}


def _by_password(world: World, request: Request, form: Form) -> dict[str, str]:
    """Log a user in; in new orgs this flow is switched off (salesforce §1.0b)."""
    if not world.switches["salesforce.password_logins"]:
        return _unsupported(world, request, form)
    _known_client(world, request, form)
    if not is_user(form.get("username", ""), form.get("password", "")):
        raise RefusedLoginError("invalid_grant", "authentication failure")
    return {}


def is_user(username: str, password: str) -> bool:
    """Say whether a name and password belong together, the security token added or not."""
    right = (SALESFORCE_PASSWORD, SALESFORCE_PASSWORD + SALESFORCE_TOKEN)
    return username == SALESFORCE_USERNAME and password in right


def _by_jwt(world: World, _request: Request, form: Form) -> dict[str, str]:
    try:
        claims = _claims(world, form.get("assertion", ""))
    except ValueError as error:
        raise RefusedLoginError("invalid_grant", str(error)) from None
    if claims.get("iss") != SALESFORCE_KEY:
        raise RefusedLoginError("invalid_client_id", "client identifier invalid")
    return {}


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


_GRANTS = {
    "client_credentials": _by_client,
    "refresh_token": _by_refresh,
    "password": _by_password,
    JWT_GRANT: _by_jwt,
}
