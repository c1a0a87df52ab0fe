"""Whether the process answers, and how a request got here: for supervisors and for `doctor`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector.web.site import Site

PATH = "/healthz"


def route(site: Site) -> Route:
    """Return the address. It needs no login, and tells nobody more than his own address."""

    async def answer(request: Request) -> Response:
        visitors = site.visitors
        return JSONResponse(
            {
                "pages": visitors.pages,
                "address": visitors.address(request),
                "proxied": visitors.proxied(request),
            }
        )

    return Route(PATH, answer, methods=["GET"])
