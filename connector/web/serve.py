"""The server: one process, until it is asked to stop."""

import gc
import logging
import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, cast

import anyio.to_thread
import uvicorn
from starlette.types import ASGIApp

from connector.errors import ConfigError
from connector.telemetry import Event, log
from connector.web.connections import Connection, Limits
from connector.web.seldom import Seldom
from connector.web.site import Site

_FEED = 5  # seconds between two signs of life
_GRACE = 5  # seconds that a page under way has when the server is asked to stop
AT_ONCE = 10  # requests in work at one time, beside the pages in the making


class Control:
    """What signals ask of the server: a handler sets a mark, and the server looks often.

    So a signal that comes before the server runs is not lost either.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.reloading = False

    def stop(self) -> None:
        self.stopping = True

    def reload(self) -> None:
        self.reloading = True


class _Server(uvicorn.Server):
    """Leaves the signals to us: they are to end the process in our own way."""

    def __init__(self, config: uvicorn.Config, control: Control, site: Site) -> None:
        super().__init__(config)
        self._control, self._site = control, site

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = AT_ONCE
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        if self._control.reloading:
            self._control.reloading = False
            await anyio.to_thread.run_sync(partial(self._site.refresh, now=True))
        return await super().on_tick(counter) or self._control.stopping


class _Lines(logging.Handler):
    """Puts what the server notices by itself into our log, in its form."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(logging.WARNING)
        self._now, self._seldom = now, Seldom()

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.levelno >= logging.ERROR
        count = 1 if fault else self._seldom.due(str(record.msg), self._now())
        if count:
            told = {"note": record.getMessage(), "logger": record.name, "count": count}
            log.log(record.levelno, Event.WEB_SERVER, **told, exc_info=record.exc_info)


@contextmanager
def _taking_lines(now: Callable[[], datetime]) -> Generator[None, None, None]:
    """Take what the server's own loggers say until the block ends."""
    loggers = [logging.getLogger(name) for name in ("uvicorn", "asyncio")]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [_Lines(now)], False
    try:
        yield
    finally:
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate


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
    app: ASGIApp,
    site: Site,
    door: socket.socket,
    control: Control,
    notify: Callable[[str], None] = lambda _line: None,
) -> None:
    """Answer until `control` says to stop.

    `notify` tells systemd: that pages are served, then that the server's loop turns, then the end.
    """

    async def alive() -> None:
        notify("WATCHDOG=1")

    limits = Limits(proxies=lambda: site.settings.web.proxies)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe is ours to say: see visitors
            lifespan="off",
            ws="none",
            loop="asyncio",
            http=cast("Any", partial(Connection, limits=limits)),
            timeout_graceful_shutdown=_GRACE,
            callback_notify=alive,
            timeout_notify=_FEED,
        ),
        control,
        site,
    )
    host, port = door.getsockname()[:2]
    log.info(Event.WEB_STARTED, host=host, port=port)
    notify("READY=1")
    gc.freeze()  # what was loaded stays, and need not be looked through while pages wait
    with _taking_lines(site.clock.now):
        server.run(sockets=[door])
    notify("STOPPING=1")
    log.info(Event.WEB_STOPPED)
