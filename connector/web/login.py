"""Logging in and out."""

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connector.telemetry import Event, log
from connector.web.guard import Ask, Endpoint, caught, form_of, known, stale_form
from connector.web.seldom import Seldom
from connector.web.sessions import Session
from connector.web.site import Site
from connector.web.templating import rendered

HASHES_AT_ONCE = 2  # each takes 32 MB and a quarter of a second of a processor
MOST_WAITING = 8


def shown(site: Site) -> Endpoint:
    """Show the login to whoever is not known yet."""

    async def endpoint(request: Request) -> Response:
        if await run_in_threadpool(known, site, request) is not None:
            return RedirectResponse(_next(request.query_params.get("next", "")), 303)
        return _form(site, request, asked=request.query_params.get("next", ""))

    return caught(site, endpoint)


def tried(site: Site) -> Endpoint:
    """Take a name and a password. What fails tells nobody which of the two was wrong."""
    hashing, seldom = CapacityLimiter(HASHES_AT_ONCE), Seldom()

    async def endpoint(request: Request) -> Response:
        form = await form_of(request)
        await run_in_threadpool(site.refresh)
        now, visitors = site.clock.now(), site.visitors
        session, new = visitors.nobody(request, now)
        if new or not visitors.sessions.is_token(session, form.get("token", "")):
            raise stale_form()
        name, asked = form.get("name", ""), form.get("next", "")
        address, device = visitors.address(request), visitors.device(request, name)
        # A password is easily typed in the name's place: what is no user's name is not kept.
        configured = name if name in site.settings.web.users else None

        def refused(status: int, why: str, text: str, wait: int = 0) -> Response:
            if count := 1 if why == "wrong" else seldom.due(why, now):
                found = {"name": configured, "address": address, "why": why, "count": count}
                log.warning(Event.WEB_REFUSED, **found)
            response = _form(site, request, asked=asked, name=name, problem=text, status=status)
            if wait:
                response.headers["Retry-After"] = str(wait)
            return response

        if hashing.statistics().tasks_waiting >= MOST_WAITING:
            return refused(503, "busy", "Too many logins at once. Try again in a moment.", 2)
        if wait := site.throttle.begin(name, address, device):
            await run_in_threadpool(site.trail.failed, configured, address, now)
            text = f"Too many wrong passwords. Try again in {_spelled(wait)}."
            return refused(429, "too many", text, wait)
        password = form.get("password", "")
        found: Session | None = await to_thread.run_sync(
            visitors.log_in, name, password, now, limiter=hashing
        )
        if found is None:
            await run_in_threadpool(site.trail.failed, configured, address, now)
            return refused(401, "wrong", "Wrong name or password.")
        site.throttle.passed(name, address, device)
        log.info(Event.WEB_LOGIN, name=name, address=address)
        await run_in_threadpool(site.trail.came, name, address, now)
        response = RedirectResponse(_next(asked), 303)
        visitors.send_cookie(request, response, found)
        visitors.send_device(request, response, name)
        return response

    return caught(site, endpoint)


def out(ask: Ask) -> Response:
    """End the session, here and in the browser."""
    visitors = ask.site.visitors
    ask.ledger.end_login(ask.visitor.session.id, at=ask.now)
    ask.site.trail.left(ask.visitor.name, visitors.address(ask.request), ask.now)
    response = RedirectResponse("/login", 303)
    visitors.drop_cookie(ask.request, response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # cookies are other sites' too
    return response


def _spelled(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    minutes = -(-seconds // 60)
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


def _form(
    site: Site,
    request: Request,
    *,
    asked: str,
    name: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    session, new = site.visitors.nobody(request, site.clock.now())
    text = rendered(
        "login.html",
        token=site.visitors.sessions.token(session),
        asked=asked,
        name=name,
        problem=problem,
        nobody=not any(user.password_hash for user in site.settings.web.users.values()),
        elsewhere=site.visitors.elsewhere(request),
    )
    response = HTMLResponse(text, status)
    if new:
        site.visitors.send_cookie(request, response, session)
    return response


def _next(asked: str) -> str:
    """Return where to go on: only to a page of ours."""
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\")) and "\\" not in asked
    return asked if ours and asked.isprintable() else "/"
