"""The worker's own pages for machines: `/livez`, `/readyz`, `/metrics`, on a local port."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from connector.settings import HealthSettings
from connector.telemetry import Event, log

JSON, TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"
CALL_SECONDS = 5.0  # a caller who says nothing for so long is sent away


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    kind: str
    body: bytes

    @classmethod
    def told(cls, fine: bool, told: Mapping[str, Any]) -> "Answer":
        """Answer 200 or 503 with what is to be told."""
        return cls(200 if fine else 503, JSON, json.dumps(told, indent=2).encode() + b"\n")


Pages = Mapping[str, Callable[[], Answer]]


@contextmanager
def serving(settings: HealthSettings, pages: Pages) -> Iterator[None]:
    """Serve pages until the block ends. Where the port is taken, that is only logged.

    Offers matter more than who watches them.
    """
    server = _opened(settings.host, settings.port, pages) if settings.port is not None else None
    if server is None:
        yield
        return
    Thread(target=server.serve_forever, name="health", daemon=True).start()
    log.info(Event.HEALTH_SERVING, host=settings.host, port=server.server_address[1])
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    pages: Pages

    def handle_error(self, *_: Any) -> None:
        """Say nothing of callers that hang up."""


def _opened(host: str, port: int, pages: Pages) -> _Server | None:
    try:
        server = _Server((host, port), _Handler)
    except OSError as error:
        log.error(Event.HEALTH_FAILED, host=host, port=port, trouble=error.strerror)
        return None
    server.pages = pages
    return server


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = CALL_SECONDS
    server_version = "connector"
    sys_version = ""

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])
        answer = page() if page else Answer(404, TEXT, b"/livez, /readyz, /metrics\n")
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815  the server looks for this name

    def log_message(self, *_: Any) -> None:
        """Keep the log for what the worker does."""
