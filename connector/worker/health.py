"""The worker's own pages for machines: `/livez`, `/readyz`, `/metrics`, on a local port."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from connector.clock import Clock
from connector.settings import HealthSettings
from connector.telemetry import Event, log
from connector.worker.server import LOOK_SECONDS, Respond, Server, whole

JSON, TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    kind: str
    body: bytes

    @classmethod
    def told(cls, fine: bool, told: Mapping[str, Any]) -> "Answer":
        """Answer 200 or 503 with what is to be told."""
        return cls(200 if fine else 503, JSON, json.dumps(told, indent=2).encode() + b"\n")

    @classmethod
    def text(cls, status: int, line: str) -> "Answer":
        return cls(status, TEXT, f"{line}\n".encode())

    def sent(self, *, body: bool = True) -> bytes:
        """Return the bytes of it, or of its head alone."""
        head = (
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n"
            f"Content-Type: {self.kind}\r\nContent-Length: {len(self.body)}\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + (self.body if body else b"")


Pages = Mapping[str, Callable[[], Answer]]


@contextmanager
def serving(settings: HealthSettings, pages: Pages, clock: Clock) -> Iterator[None]:
    """Serve pages until the block ends. Where that cannot be done, it is only logged.

    Offers matter more than who watches them.
    """
    door = _opened(settings.host, settings.port) if settings.port is not None else None
    if door is None:
        yield
        return
    port = door.getsockname()[1]
    names = {"localhost", socket.gethostname().lower(), settings.host, *settings.hosts}
    server = Server(door, responder(pages, frozenset(names)), clock)
    thread = Thread(target=server.run, name="health", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # a limit of tasks or of memory is reached
        log.error(Event.HEALTH_FAILED, host=settings.host, port=port, trouble=str(error))
        door.close()
        yield
        return
    log.info(Event.HEALTH_SERVING, host=settings.host, port=port)
    try:
        yield
    finally:
        server.stop()
        thread.join(5 * LOOK_SECONDS)


def _opened(host: str, port: int) -> socket.socket | None:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        trouble = getattr(error, "strerror", None) or "no such host"
        log.error(Event.HEALTH_FAILED, host=host, port=port, trouble=trouble)
        return None


def responder(pages: Pages, names: frozenset[str]) -> Respond:
    """Return what answers the head of a request, of callers who know this machine by its names."""

    def respond(head: bytes) -> bytes:
        try:
            method, path, refusal = _read(head, names)
            page = pages.get(path)
            answer = refusal or (page() if page else _no_page(pages))
        except Exception as error:  # noqa: BLE001  a page's fault is the reader's loss alone
            log.error(Event.HEALTH_FAILED, exc_info=error)
            method, answer = "GET", Answer.text(500, "a fault of the connector; see its log")
        return answer.sent(body=method != "HEAD")

    return respond


def _no_page(pages: Pages) -> Answer:
    return Answer.text(404, ", ".join(pages))


def _read(head: bytes, names: frozenset[str]) -> tuple[str, str, Answer | None]:
    """Return method and path of a request, and why it is refused, if it is."""
    if not whole(head):
        return "", "", Answer.text(431, "the head of the request is too long")
    first, *lines = head.decode("latin-1").replace("\r", "").partition("\n\n")[0].split("\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not target or not version.startswith("HTTP/1."):
        return "", "", Answer.text(400, "not a request of HTTP/1")
    fields = [(name.strip().lower(), value.strip()) for name, _, value in
              (line.partition(":") for line in lines)]  # fmt: skip
    hosts = [value for name, value in fields if name == "host"]
    try:
        ours, path = all(_ours(host, names) for host in hosts), urlsplit(target).path
    except ValueError:
        return method, "", Answer.text(400, "not an address")
    refusal = None
    if len(hosts) > 1 or (not hosts and version != "HTTP/1.0"):
        refusal = Answer.text(400, "it must name one host")
    elif not ours:
        refusal = Answer.text(421, "not a name of this machine; see hosts under [health]")
    elif method not in ("GET", "HEAD"):
        refusal = Answer.text(501, "GET and HEAD only")
    return method, path, refusal


def _ours(host: str, names: frozenset[str]) -> bool:
    """Say whether a caller means this machine, and not a name that somebody pointed at it.

    An address cannot be pointed anywhere. ValueError for what is neither.
    """
    name = (urlsplit(f"//{host}").hostname or "").lower()
    try:
        ip_address(name)
    except ValueError:
        return name in names
    return True
