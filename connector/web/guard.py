"""The one door to every page: who asks, whether they may, and what is told when it fails."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connector.domain.text import clean
from connector.errors import ConnectorError, LedgerError, RefusedError
from connector.ledger import Ledger
from connector.telemetry import Event, log
from connector.web.seldom import Seldom
from connector.web.shared import Made
from connector.web.site import Site
from connector.web.templating import rendered
from connector.web.visitors import UnknownNameError, Visitor

LARGEST_FORM = 64 * 1024
_MOST_FIELDS = 50
_FORM = "application/x-www-form-urlencoded"
_OURS = ("same-origin", "none")  # `none`: of no site, such as a page that is loaded anew
_AS_TYPED = ("password", "next")  # what is compared or judged as it came

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Draft:
    """A page that has been read, and is not written out yet."""

    template: str
    status: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """One request of somebody who is known, as a page sees it.

    `mark` stands for the form token, where a page is made for more than one reader.
    """

    site: Site
    request: Request
    visitor: Visitor
    now: datetime
    form: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""

    @cached_property
    def ledger(self) -> Ledger:
        return self.site.ledger()

    def path(self, name: str) -> str:
        return clean(str(self.request.path_params[name]))

    def query(self, name: str) -> str:
        return clean(self.request.query_params.get(name, "")).strip()

    def refuse_who_was_known(self) -> None:
        """RefusedError where the login or the role is no longer what it was: for long answers."""
        self.site.refresh()
        if not self.site.visitors.still(self.visitor):
            raise RefusedError(f"{self.visitor.name} is no longer known as before")

    @property
    def token(self) -> str:
        return self.mark or self.site.visitors.sessions.token(self.visitor.session)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Draft:
        """Return what a page shows within the frame that all of them share."""
        return Draft(template, status, {**self._frame(), **values})

    def _frame(self) -> Mapping[str, Any]:
        return {
            "visitor": self.visitor,
            "approvers": [
                name for name, one in self.site.settings.web.users.items() if one.role == "approver"
            ],
            "token": self.token,
            "path": self.request.url.path,
            "now": self.now,
            "zone": self.site.zone,
            "words": self.site.words,
        }


Page = Callable[[Ask], Response | Draft]


class TurnedAwayError(Exception):
    """A request that is answered by a plain page with a status of its own."""

    def __init__(self, status: int, title: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.title, self.sentence = status, title, sentence


def told(status: int, title: str, sentence: str) -> Response:
    """Return one clear page about what went wrong."""
    return HTMLResponse(rendered("told.html", title=title, sentence=sentence), status)


def guarded(site: Site, page: Page) -> Endpoint:
    """Let a page be read by whoever is known, each reader their own."""

    def answer(request: Request) -> Response:
        visitor = known(site, request)
        if visitor is None:
            return _log_in_first(request)
        return _finished(Ask(site, request, visitor, site.clock.now()), page)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, request)

    return caught(site, endpoint)


def shared(site: Site, page: Page) -> Endpoint:
    """Let a page be read by whoever is known; all who may do the same are shown the same."""

    def look(request: Request) -> tuple[Visitor | None, Made | None]:
        visitor = known(site, request)
        if visitor is None:
            return None, None
        return visitor, site.shared.kept(_key(request, visitor), site.version())

    async def endpoint(request: Request) -> Response:
        asked = site.clock.monotonic()
        visitor, made = await run_in_threadpool(look, request)
        if visitor is None:
            return _log_in_first(request)
        if made is None:
            make = partial(_made, site, request, visitor, page)
            made = await site.shared.get(_key(request, visitor), asked, make)
        token = site.visitors.sessions.token(visitor.session)
        response = HTMLResponse(site.shared.filled(made.body, visitor.name, token), made.status)
        _renew(site, request, visitor, response)
        return response

    return caught(site, endpoint)


def _key(request: Request, visitor: Visitor) -> Hashable:
    """Return what a page depends on that is not in `Site.version`."""
    scope = request.scope
    return scope["path"], scope["query_string"], visitor.role, visitor.by_proxy


def _made(site: Site, request: Request, visitor: Visitor, page: Page) -> Made:
    """Make a page for all who may do what a visitor may."""
    as_of, now, version = site.clock.monotonic(), site.clock.now(), None
    try:
        version = site.version()
        if (made := site.shared.kept(_key(request, visitor), version)) is not None:
            return replace(made, as_of=as_of)
        anybody = site.visitors.anybody(visitor, site.shared.name)
        ask = Ask(site, request, anybody, now, mark=site.shared.token)
        with ask.ledger.one_moment():
            found = page(ask)
        response = _written(found)
    except Exception as error:  # noqa: BLE001  one page's fault is not the next one's
        response = _failed(request, error)
    return Made(response.status_code, bytes(response.body), version, as_of, now)


def _log_in_first(request: Request) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(asked, safe='')}", 303)


def word(site: Site, page: Page, *, approvers: bool = True) -> Endpoint:
    """Let a person's word be said from one of our own forms, by an approver or by anybody known."""

    async def endpoint(request: Request) -> Response:
        form = await form_of(request)  # first: whoever is known now may not be when it has come
        visitor = await run_in_threadpool(known, site, request)
        if visitor is None:
            text = "Your login is over. Log in, and say it again."
            raise TurnedAwayError(401, "Logged out", text)
        if not site.visitors.sessions.is_token(visitor.session, form.get("token", "")):
            raise stale_form()
        if approvers and not visitor.may_act:
            address, path = site.visitors.address(request), request.url.path
            now = site.clock.now()
            await run_in_threadpool(site.trail.refused, visitor.name, address, path, now)
            text = f"Only an approver can do this, and {visitor.name} is a viewer."
            raise TurnedAwayError(403, "Only to look", text)
        ask = Ask(site, request, visitor, site.clock.now(), form)
        return await run_in_threadpool(_finished, ask, page)

    return caught(site, endpoint)


def _log_refused(site: Site, request: Request, why: str, seldom: Seldom) -> None:
    if count := seldom.due(why, site.clock.now()):
        of = {"path": request.url.path, "address": site.visitors.address(request)}
        log.warning(Event.WEB_FORM_REFUSED, why=why, **of, count=count)


def caught(site: Site, endpoint: Endpoint) -> Endpoint:
    """Turn what goes wrong into a clear page; nothing of a fault is shown, all of it is logged."""
    seldom = Seldom()

    async def safe(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001  one page's fault is not the next one's
            if isinstance(error, TurnedAwayError) and error.status == 403:
                _log_refused(site, request, error.title, seldom)
            return _failed(request, error)

    return safe


def _failed(request: Request, error: Exception) -> Response:
    match error:
        case TurnedAwayError():
            return told(error.status, error.title, error.sentence)
        case UnknownNameError():
            sentence = f"The proxy says that you are “{error}”, and [web.users] has no such name."
            return told(403, "Not known here", sentence)
        case LedgerError():
            return told(503, "The ledger cannot be read", str(error))
        case ConnectorError():
            return told(500, "This cannot be done", str(error))
        case ClientDisconnect():
            return Response(status_code=400)
        case _:
            log.error(Event.WEB_FAULT, path=request.url.path, exc_info=error)
            return told(500, "A fault of the connector itself", "The log of the pages has more.")


async def form_of(request: Request) -> Mapping[str, str]:
    """Read a form's fields, each once; TurnedAwayError where it is none, too large, or not ours.

    Its token says whose it is. Browsers also say where it comes from; others do not, or not yet.
    """
    if request.headers.get("sec-fetch-site", "none") not in _OURS:
        raise stale_form()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise TurnedAwayError(415, "Not a form", "Only the forms of these pages are taken.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise TurnedAwayError(413, "Too much text", "Say it in fewer words.")
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise TurnedAwayError(400, "Not a form", "The form cannot be read.") from None
    return {name: value if name in _AS_TYPED else clean(value).strip() for name, value in fields}


def stale_form() -> TurnedAwayError:
    sentence = "The form was of another login, or not ours. Go back, load the page anew, try again."
    return TurnedAwayError(403, "The form is stale", sentence)


def known(site: Site, request: Request) -> Visitor | None:
    """Return who asks, by the configuration as it is now; None where nobody has logged in."""
    site.refresh()
    return site.visitors.known(request, site.clock.now())


def _finished(ask: Ask, page: Page) -> Response:
    response = _written(page(ask))
    _renew(ask.site, ask.request, ask.visitor, response)
    return response


def _written(found: Response | Draft) -> Response:
    if isinstance(found, Draft):
        return HTMLResponse(rendered(found.template, **found.values), found.status)
    return found


def _renew(site: Site, request: Request, visitor: Visitor, response: Response) -> None:
    """Let who clicked stay; a page that shows itself again (app.js) is no click."""
    clicked = "again" not in request.query_params
    if visitor.renew is not None and clicked and "set-cookie" not in response.headers:
        site.visitors.send_cookie(request, response, visitor.renew)
