"""The server: one process, until it is told to stop."""

import logging
import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from connector.errors import ConfigError
from connector.telemetry import Event, log
from connector.web.app import application
from connector.web.site import Site

_FEED = 5  # seconds between two signs of life
_GRACE = 5  # seconds that a page under way has when the server is told to stop


class _Server(uvicorn.Server):
    """Leaves the signals to us: they are to end the process in our own way."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _Lines(logging.Handler):
    """Puts what the server notices by itself into our log, in its form."""

    def emit(self, record: logging.LogRecord) -> None:
        told = {"note": record.getMessage(), "logger": record.name}
        log.log(record.levelno, Event.WEB_SERVER, **told, exc_info=record.exc_info)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; ConfigError where it cannot be had."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        door = socket.create_server((host, port), family=family)
    except OSError as error:
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror
        told = f"web: {host}:{port} cannot be listened on ({why})"
        raise ConfigError([f"{told}; give another --port or --host"]) from None
    # A page leaves in two writes; without this the second waits 40 ms for the first one's receipt.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door


def serve(
    site: Site,
    door: socket.socket,
    stopping: Callable[[Callable[[], None]], None],
    notify: Callable[[str], None] = lambda _line: None,
) -> None:
    """Answer until stopped; `stopping` is handed what stops the server.

    `notify` tells systemd: that pages are served, then that the server's loop turns, then the end.
    """
    for name in ("uvicorn", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [_Lines(logging.WARNING)], False

    async def alive() -> None:
        notify("WATCHDOG=1")

    server = _Server(
        uvicorn.Config(
            application(site),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe is ours to say: see visitors
            lifespan="off",
            ws="none",
            loop="asyncio",
            http="h11",
            limit_concurrency=200,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE,
            callback_notify=alive,
            timeout_notify=_FEED,
        )
    )

    def stop() -> None:
        server.should_exit = True

    stopping(stop)
    host, port = door.getsockname()[:2]
    log.info(Event.WEB_STARTED, host=host, port=port)
    notify("READY=1")
    server.run(sockets=[door])
    notify("STOPPING=1")
    log.info(Event.WEB_STOPPED)
