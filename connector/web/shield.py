"""What every answer is wrapped in: the name it was asked under, and what a browser may do with it.

A page of another site must not reach these through a name of its own that it lets point here (DNS
rebinding): only the names of `[web]` are answered.
"""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = "/static/"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
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
    """Return the name under which a page was asked for, without its port."""
    host = headers.get("host", "").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


class Shield:
    """Refuses strange host names, and puts the safety headers on every answer."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["Cache-Control"] = (
                    "public, max-age=31536000, immutable"
                    if scope["path"].startswith(STATIC)
                    else "no-store"
                )
            await send(message)

        asked = host_name(Headers(scope=scope))
        if asked in self._names:
            await self._app(scope, receive, shielded)
            return
        told = "The pages are not served under this name. Add it to `hosts` in [web].\n"
        await PlainTextResponse(told, 421)(scope, receive, shielded)
