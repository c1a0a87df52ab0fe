"""How far an exchange got: the one thing that tells a lost request from a lost reply."""

from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, parse_headers
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connector.domain.reasons import Reason
from connector.points import Point, point

MOST_INFORMATIONAL = 20


class Reach(StrEnum):
    """How far an exchange got. From `SENDING` on, the remote may have acted."""

    NOT_CONNECTED = "not_connected"
    CONNECTED = "connected"
    SENDING = "sending"
    SENT = "sent"
    HEADERS = "headers"
    BODY = "body"

    @property
    def may_have_acted(self) -> bool:
        return self not in (Reach.NOT_CONNECTED, Reach.CONNECTED)


class ExchangeError(Exception):
    """No usable reply came, and `why`; what to do about it, if anything, is part of its text.

    `status` is there where the head of a reply was enough to refuse it.
    """

    def __init__(self, reach: Reach, why: Reason, *, status: int | None = None) -> None:
        super().__init__(why.key)
        self.reach = reach
        self.why = why
        self.status = status


@dataclass
class Exchange:
    """The exchange under way in this thread, and the watch that ends it at its deadline.

    A read timeout bounds the gap between two bytes only; a remote that drips can outlast it.
    """

    seconds: float
    method: str | None = None
    reach: Reach = Reach.NOT_CONNECTED
    overdue: bool = False
    reply: HTTPResponse | None = None
    _watch: Timer | None = None

    def connected(self, connection: HTTPConnection) -> None:
        if self.reach is Reach.NOT_CONNECTED:
            self.reach = Reach.CONNECTED
            point(Point.HTTP_CONNECTED, self.method)
        if self._watch is None:
            # Kept here: a connection lets go of its socket when a reply ends with its close.
            self._watch = Timer(self.seconds, self._cut, (connection.sock,))
            self._watch.daemon = True
            self._watch.start()

    def _cut(self, sock: socket | None) -> None:
        self.overdue = True
        if sock is not None:
            with suppress(OSError):  # it may have ended by itself in the same moment
                sock.shutdown(SHUT_RDWR)

    def end(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if self.reply is not None and self.reach is not Reach.BODY:
            self.reply.close()  # urllib3 leaves one open whose head it refuses


current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


class InformationalError(HTTPException):
    """The remote sent one informational answer after another, and no final one."""


class _Reply(HTTPResponse):
    """What http.client reads a reply with; the exchange keeps it, to close it.

    Informational answers (1xx) are read past: they say nothing of what became of the request.
    http.client skips 100 alone, without an end, and takes 102 and 103 for the answer itself.
    A change of protocol (101) is final, and nobody asked for it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if exchange := current.get():
            exchange.reply = self

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INFORMATIONAL + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status >= HTTPStatus.OK or status == HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            parse_headers(self.fp)
        raise InformationalError


class _Told:
    """Mixed into urllib3's connections: tells the current exchange how far it got."""

    response_class: Any = _Reply
    _connecting = False

    def connect(self: Any) -> None:
        self._connecting = True  # what is sent meanwhile is for the proxy, not for the remote
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False
        if exchange := current.get():
            exchange.connected(self)

    def send(self: Any, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if not self._connecting and (exchange := current.get()):
            exchange.connected(self)
            exchange.reach = Reach.SENDING
            point(Point.HTTP_SENDING, exchange.method)
        super().send(data)  # type: ignore[misc]

    def getresponse(self: Any) -> Any:
        exchange = current.get()
        if exchange:
            exchange.reach = Reach.SENT
            point(Point.HTTP_SENT, exchange.method)
        response = super().getresponse()  # type: ignore[misc]
        if exchange:
            exchange.reach = Reach.HEADERS
            point(Point.HTTP_HEADERS, exchange.method)
        return response


class ToldHTTPConnection(_Told, HTTPConnection):
    pass


class ToldHTTPSConnection(_Told, HTTPSConnection):
    pass


class ToldHTTPPool(HTTPConnectionPool):
    ConnectionCls = ToldHTTPConnection


class ToldHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = ToldHTTPSConnection
