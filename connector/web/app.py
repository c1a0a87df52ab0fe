"""The pages' addresses, gathered in one place."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from connector.web import health, history, login, mappings, rewards, sends, today, words
from connector.web.guard import guarded, shared, told, word
from connector.web.shield import Shield
from connector.web.site import Site
from connector.web.templating import STATIC


def application(site: Site) -> Starlette:
    """Return the pages, with the webhook's receiver among them."""
    return _shielded(site, routes(site))


def receiver(site: Site) -> Starlette:
    """Return the webhook's receiver alone: nothing that anybody does to the pages touches it."""
    return _shielded(site, [*_webhook(site), health.route(site)])


def _shielded(site: Site, found: Sequence[BaseRoute]) -> Starlette:
    app = Starlette(
        routes=found,
        middleware=[Middleware(Shield, settings=lambda: site.settings.web)],
        exception_handlers={404: _nothing_there, 405: _nothing_there},
    )
    app.router.redirect_slashes = False  # it would name the scheme and host that a proxy asked by
    return app


def routes(site: Site) -> list[BaseRoute]:
    """Return every address. Only what is `shared`, `guarded` or a `word` needs a login.

    Punchh's webhook proves its callers by a signature or a token of theirs.
    """
    return [
        *_webhook(site),
        health.route(site),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/login", login.shown(site), methods=["GET"]),
        Route("/login", login.tried(site), methods=["POST"]),
        Route("/logout", word(site, login.out, approvers=False), methods=["POST"]),
        Route("/", shared(site, today.today), methods=["GET"]),
        Route("/ledger", shared(site, history.ledger), methods=["GET"]),
        Route("/ledger/charts", shared(site, history.charts), methods=["GET"]),
        Route("/ledger/export.{form}", guarded(site, history.export), methods=["GET"]),
        Route("/mappings", shared(site, mappings.mappings), methods=["GET"]),
        Route("/sends/{id}", shared(site, sends.send), methods=["GET"]),
        *(
            Route(path, word(site, said), methods=["POST"])
            for path, said in {
                "/sends/{id}/approve": words.approve,
                "/sends/{id}/resolve": words.resolve,
                "/sends/{id}/retry": words.retry,
                "/sends/{id}/acknowledge": words.acknowledge,
                "/sends/{id}/recommit": words.recommit,
                "/held/approve": words.approve_held,
                "/pauses": words.pause,
                "/pauses/end": words.resume,
            }.items()
        ),
    ]


def _webhook(site: Site) -> list[BaseRoute]:
    return rewards.routes(site.settings.punchh.webhook, site.ledger, site.clock)


async def _nothing_there(_request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return told(status, "Nothing here", "There is no such page. The links below lead to all.")
