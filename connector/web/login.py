"""Logging in and out."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connector.telemetry import Event, log
from connector.web.guard import Ask, Endpoint, caught, form_of, stale_form
from connector.web.site import Site
from connector.web.templating import rendered


def shown(site: Site) -> Endpoint:
    """Show the login to whoever is not known yet."""

    async def endpoint(request: Request) -> Response:
        if site.visitors.known(request, site.clock.now()) is not None:
            return RedirectResponse(_next(request.query_params.get("next", "")), 303)
        return _form(site, request, asked=request.query_params.get("next", ""))

    return caught(endpoint)


def tried(site: Site) -> Endpoint:
    """Take a name and a password. What fails tells nobody which of the two was wrong."""

    async def endpoint(request: Request) -> Response:
        now, visitors = site.clock.now(), site.visitors
        form = await form_of(request)
        session, new = visitors.nobody(request, now)
        if new or not visitors.sessions.is_token(session, form.get("token", "")):
            raise stale_form()
        name, asked = form.get("name", ""), form.get("next", "")
        address = visitors.address(request)
        known = name if name in site.settings.web.users else None
        if wait := visitors.throttle.wait(name, address):
            log.warning(Event.WEB_REFUSED, name=name[:80], address=address, why="too many")
            await run_in_threadpool(site.trail.failed, known, address, now)
            told = f"Too many wrong passwords. Try again in {-(-wait // 60)} minutes."
            response = _form(site, request, asked=asked, name=name, told=told, status=429)
            response.headers["Retry-After"] = str(wait)
            return response
        found = await run_in_threadpool(visitors.log_in, name, form.get("password", ""), now)
        if found is None:
            visitors.throttle.failed(name, address)
            log.warning(Event.WEB_REFUSED, name=name[:80], address=address, why="wrong")
            await run_in_threadpool(site.trail.failed, known, address, now)
            told = "This name and password do not belong together."
            return _form(site, request, asked=asked, name=name, told=told, status=401)
        visitors.throttle.passed(name, address)
        log.info(Event.WEB_LOGIN, name=name, address=address)
        await run_in_threadpool(site.trail.came, name, address, now)
        response = RedirectResponse(_next(asked), 303)
        visitors.send_cookie(request, response, found)
        return response

    return caught(endpoint)


def out(ask: Ask) -> Response:
    """End the session, here and in the browser."""
    visitors = ask.site.visitors
    visitors.sessions.end(ask.visitor.session, ask.now)
    ask.site.trail.left(ask.visitor.name, visitors.address(ask.request), ask.now)
    response = RedirectResponse("/login", 303)
    visitors.drop_cookie(ask.request, response)
    return response


def _form(
    site: Site, request: Request, *, asked: str, name: str = "", told: str = "", status: int = 200
) -> Response:
    session, new = site.visitors.nobody(request, site.clock.now())
    text = rendered(
        "login.html",
        token=site.visitors.sessions.token(session),
        asked=asked,
        name=name,
        told=told,
        nobody=not any(user.password_hash for user in site.settings.web.users.values()),
    )
    response = HTMLResponse(text, status)
    if new:
        site.visitors.send_cookie(request, response, session)
    return response


def _next(asked: str) -> str:
    """Return where to go on: only to a page of ours."""
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\")) and "\\" not in asked
    return asked if ours and asked.isprintable() else "/"
