"""Whether the process answers, and how a request got here: for supervisors and for `doctor`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector.settings.web import HEALTH_PATH
from connector.web.site import Site


def route(site: Site) -> Route:
    """Return the address. It needs no login, and tells nobody more than his own address."""

    async def answer(request: Request) -> Response:
        visitors = site.visitors
        address, steps = visitors.way(request)
        return JSONResponse(
            {
                "pages": visitors.pages,
                "address": address,
                "proxied": visitors.proxied(request),
                "steps": steps,
            }
        )

    return Route(HEALTH_PATH, answer, methods=["GET"])
