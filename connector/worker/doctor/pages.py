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
_HANDBOOK = "config/README.md, “Behind a reverse proxy”, has what to write"
_LIMITS = Limits(connect=3.0, read=5.0, total=8.0, body_bytes=1 << 16, attempts=1)


def reached(
    settings: Settings, clock: Clock, random: Random, ledger_id: str | None
) -> Iterator[Check]:
    """Ask for the pages at `public_url`, as a stranger who makes up an address would."""
    web = settings.web
    if web.public_url is None:
        if web.hosts or web.proxies:
            step = 'Write public_url = "https://…" into [web]'
            text = "browsers come through a proxy, and web.public_url does not say by which address"
            yield warning(OF_PAGES, "public-url", text, step)
        return
    line = Line("pages", clock, random, limits=_LIMITS, ca_bundle=settings.http.ca_bundle)
    client = Client(line, web.public_url, {"X-Forwarded-For": MADE_UP})
    try:
        reply = client.get(HEALTH_PATH)
    except RemoteError as error:
        step = "Start `connector web`, or look at the proxy before it"
        yield warning(OF_PAGES, "reached", f"{web.public_url}: {error.reason.sentence}", step)
        return
    finally:
        client.close()
    yield from _judged(web, reply, ledger_id)


def _judged(web: WebSettings, reply: Reply, ledger_id: str | None) -> Iterator[Check]:
    where = f"{web.public_url}{HEALTH_PATH}"
    if reply.status == 421:
        text = f"{where}: the proxy asks the pages under another name than browsers ask it"
        yield fails(OF_PAGES, "host", text, f"Let it pass the Host header on: {_HANDBOOK}")
        return
    if reply.status >= 500:
        text = f"{where}: status {reply.status}: the proxy does not reach the pages"
        yield warning(OF_PAGES, "reached", text, "Start `connector web`")
        return
    found = _fields(reply)
    if reply.status != 200 or (ledger_id and found.get("pages") != pages_id(ledger_id)):
        text = f"{where}: something else answers there, with status {reply.status}"
        yield fails(OF_PAGES, "reached", text, "Let the proxy pass every path on unchanged")
        return
    yield fine(OF_PAGES, "reached", f"{web.public_url} leads to the pages of this ledger")
    yield _believed(web, found)
    if web.over_tls and "Strict-Transport-Security" not in reply.headers:
        text = f"{where}: the proxy takes the Strict-Transport-Security header away"
        yield warning(OF_PAGES, "tls", text, f"Let it pass the pages' headers on: {_HANDBOOK}")


def _believed(web: WebSettings, found: Mapping[str, Any]) -> Check:
    """Say whether each visitor is known by an address of his own, which he cannot make up."""
    address, steps = str(found.get("address")), found.get("steps")
    if found.get("proxied") is not True:
        text = f"all visitors count as {address}, so one who guesses passwords locks all others out"
        step = f'Add "{address}" to proxies in [web], if that is the proxy'
        return (fails if web.over_tls else warning)(OF_PAGES, "address", text, step)
    if steps == 0:
        text = f"the proxy {address} does not say whom it asks for, so all visitors count as one"
        return fails(OF_PAGES, "address", text, f"Let it set X-Forwarded-For: {_HANDBOOK}")
    if address == MADE_UP and steps == 1:
        text = "the proxy passes on whatever address a stranger makes up"
        return fails(OF_PAGES, "address", text, f"Let it set X-Forwarded-For: {_HANDBOOK}")
    if address == MADE_UP:
        text = "this machine is in web.proxies itself, so its own address proves nothing here"
        return warning(OF_PAGES, "address", text, "Run `connector doctor` on another machine")
    return fine(OF_PAGES, "address", f"the proxy is believed, and says that {address} asks")


def _fields(reply: Reply) -> Mapping[str, Any]:
    try:
        found = reply.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
