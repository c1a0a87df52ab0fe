"""What every answer is wrapped in: the name it was asked under, and what a browser may do with it.

A page of another site must not reach these through a name of its own that it lets point here (DNS
rebinding): only the names of `[web]` are answered. Where `public_url` is https, browsers are told
never to come otherwise.
"""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.settings import WebSettings

STATIC = "/static/"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ONLY_TLS = "max-age=31536000"
_FOUND = (200, 206, 304)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def host_name(headers: Headers) -> str:
    """Return the name under which a page was asked for, without its port and final dot."""
    host = headers.get("host", "").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


class Shield:
    """Refuses strange host names, and puts the safety headers on every answer."""

    def __init__(self, app: ASGIApp, settings: Callable[[], WebSettings]) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        settings = self._settings()

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if settings.over_tls:
                    headers["Strict-Transport-Security"] = _ONLY_TLS
                headers["Cache-Control"] = (
                    "public, max-age=31536000, immutable"
                    if scope["path"].startswith(STATIC) and message["status"] in _FOUND
                    else "no-store"
                )
            await send(message)

        asked = host_name(Headers(scope=scope))
        if asked in settings.names:
            await self._app(scope, receive, shielded)
            return
        text = "These pages have another address: see `public_url` and `hosts` in [web].\n"
        await PlainTextResponse(text, 421)(scope, receive, shielded)
