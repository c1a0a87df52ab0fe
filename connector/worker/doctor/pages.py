"""The way that browsers take to the pages: what the proxy before them passes on, and what not."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.clock import Clock, Random
from connector.domain.checkup import Check, fails, fine, warning
from connector.errors import RemoteError
from connector.http.client import Client
from connector.http.reply import Reply
from connector.http.wire import Limits, Line
from connector.settings import Settings
from connector.settings.web import HEALTH_PATH, WebSettings, pages_id

OF_PAGES = "pages"
MADE_UP = "192.0.2.1"  # an address that nobody has (RFC 5737)
_LIMITS = Limits(connect=3.0, read=5.0, total=8.0, body_bytes=1 << 16, attempts=1)


def reached(
    settings: Settings, clock: Clock, random: Random, ledger_id: str | None
) -> Iterator[Check]:
    """Ask for the pages at `public_url`, as a stranger who makes up an address would."""
    web = settings.web
    if web.public_url is None:
        if web.hosts or web.proxies:
            yield warning(OF_PAGES, "public-url")
        return
    line = Line("pages", clock, random, limits=_LIMITS, ca_bundle=settings.http.ca_bundle)
    client = Client(line, web.public_url, {"X-Forwarded-For": MADE_UP})
    try:
        reply = client.get(HEALTH_PATH)
    except RemoteError as error:
        yield warning(OF_PAGES, "reached/failed", url=web.public_url, why=error.reason)
        return
    finally:
        client.close()
    yield from _judged(web, reply, ledger_id)


def _judged(web: WebSettings, reply: Reply, ledger_id: str | None) -> Iterator[Check]:
    where = f"{web.public_url}{HEALTH_PATH}"
    if reply.status == 421:
        yield fails(OF_PAGES, "host", url=where)
        return
    if reply.status >= 500:
        yield warning(OF_PAGES, "reached/not-running", url=where, status=reply.status)
        return
    found = _fields(reply)
    if reply.status != 200 or (ledger_id and found.get("pages") != pages_id(ledger_id)):
        yield fails(OF_PAGES, "reached/other", url=where, status=reply.status)
        return
    yield fine(OF_PAGES, "reached", url=web.public_url)
    yield _believed(web, found)
    if web.over_tls and "Strict-Transport-Security" not in reply.headers:
        yield warning(OF_PAGES, "tls", url=where)


def _believed(web: WebSettings, found: Mapping[str, Any]) -> Check:
    """Say whether each visitor is known by an address of his own, which he cannot make up."""
    address, steps = str(found.get("address")), found.get("steps")
    if found.get("proxied") is not True:
        return (fails if web.over_tls else warning)(OF_PAGES, "address/all", address=address)
    if steps == 0:
        return fails(OF_PAGES, "address/unsaid", address=address)
    if address == MADE_UP and steps == 1:
        return fails(OF_PAGES, "address/made-up")
    if address == MADE_UP:
        return warning(OF_PAGES, "address/here")
    return fine(OF_PAGES, "address", address=address)


def _fields(reply: Reply) -> Mapping[str, Any]:
    try:
        found = reply.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
