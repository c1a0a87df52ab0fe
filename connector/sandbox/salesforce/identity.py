"""Who one is and what the org offers: identity, userinfo, API versions and their resources."""

import re
from http import HTTPStatus
from typing import Any

from connector.sandbox.credentials import SALESFORCE_USERNAME
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.org import ORG_ID, ORG_ZONE, USER_ID
from connector.sandbox.salesforce.replies import identity_url, instance_url
from connector.sandbox.world import World

PATH = re.compile(r"/id/(\w+)/(\w+)")
USERINFO = "/services/oauth2/userinfo"
OLDEST, NEWEST = 31, 68
_RESOURCES = ("composite", "limits", "query", "queryAll", "sobjects")
_APIS = {
    "enterprise": f"/services/Soap/c/{{version}}/{ORG_ID}",
    "metadata": f"/services/Soap/m/{{version}}/{ORG_ID}",
    "partner": f"/services/Soap/u/{{version}}/{ORG_ID}",
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "query": "/services/data/v{version}/query/",
    "profile": f"/{USER_ID}",
}


def who(world: World, request: Request, ids: tuple[str, str]) -> Response:
    """Answer an identity URL; the token may stand in the query, as jsforce puts it."""
    token = request.bearer() or request.query.get("oauth_token", "")
    if token not in world.salesforce.sessions:
        return _forbidden("Bad_OAuth_Token" if token else "Missing_OAuth_Token")
    if ids[0] != ORG_ID:
        return _forbidden("Wrong_Org")
    if ids[1] != USER_ID:
        return Response(HTTPStatus.NOT_FOUND)
    return answer(_user(world, request) | _details(world, request))


def userinfo(world: World, request: Request) -> Response:
    """Answer as OpenID Connect has it."""
    if request.bearer() not in world.salesforce.sessions:
        return _forbidden("Bad_OAuth_Token")
    claims = {"sub": identity_url(world, request), "preferred_username": SALESFORCE_USERNAME}
    more = {"name": "Robot", "zoneinfo": ORG_ZONE.key, "active": True}
    return answer(claims | _user(world, request) | more)


def _forbidden(why: str) -> Response:
    return Response(HTTPStatus.FORBIDDEN, why.encode(), content_type="text/plain")


def _user(world: World, request: Request) -> dict[str, Any]:
    instance = instance_url(world, request)
    return {
        "user_id": USER_ID,
        "organization_id": ORG_ID,
        "email": SALESFORCE_USERNAME,
        "email_verified": True,
        "urls": {name: instance + url for name, url in _APIS.items()},
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
    }


def _details(world: World, request: Request) -> dict[str, Any]:
    return {
        "id": identity_url(world, request),
        "asserted_user": True,
        "username": SALESFORCE_USERNAME,
        "nick_name": "robot",
        "display_name": "Robot",
        "first_name": None,
        "last_name": "Robot",
        "timezone": ORG_ZONE.key,
        "active": True,
        "utcOffset": -18_000_000,
        "is_app_installed": True,
    }


def versions() -> Response:
    """List the API versions; nobody need be logged in for that."""
    return answer(
        [
            {"label": f"v{number}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in range(OLDEST, NEWEST + 1)
        ]
    )


def resources(world: World, request: Request, version: int) -> Response:
    """List the resources of a version, and where one's identity is told."""
    base = f"/services/data/v{version}.0"
    urls = {name: f"{base}/{name}" for name in _RESOURCES}
    return answer({**urls, "identity": identity_url(world, request)})
