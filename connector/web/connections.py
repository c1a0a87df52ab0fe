"""Deadlines and caps for connections, so that a stranger who says nothing keeps nobody out.

uvicorn bounds neither how long a request takes to arrive nor how slowly its answer is read. Where
all places are taken, the connection that has kept the server waiting for longest makes room.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from connector.settings.web import Network
from connector.web.addresses import counted_as, within

_RESET = struct.pack("ii", 1, 0)  # a cut answer must not look like a whole one
_NO_BODY = b"Content-Length: 0\r\nConnection: close\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\n" + _NO_BODY
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n" + _NO_BODY


class Phase(StrEnum):
    """What a connection is at; in all but `ANSWER` the server waits for its client."""

    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    CLOSING = "closing"


@dataclass(frozen=True)
class Limits:
    """Seconds that a client has for each phase, and how many connections there may be.

    `stall` is for taking in the next piece of an answer. From `proxies` come many people's
    connections, so `by_address` does not count there.
    """

    head: float = 15.0
    body: float = 20.0
    answer: float = 1800.0
    stall: float = 20.0
    connections: int = 256
    by_address: int = 64
    proxies: Callable[[], Collection[Network]] = tuple


class Connection(H11Protocol):
    """One connection with deadlines, which has a place among so many."""

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self.phase = Phase.HEAD
        self.since = 0.0  # by the loop's clock
        self.address = ""  # what the client counts as; none where it is a proxy
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    # --- what asyncio and uvicorn call

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        self._enter(Phase.HEAD)
        if not within(peer, self._limits.proxies()):
            self.address = counted_as(peer)
            neighbors = [one for one in self._others() if one.address == self.address]
            self._make_room(neighbors, self._limits.by_address)
        self._make_room(list(self._others()), self._limits.connections)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop(self._deadline)
        self._stop(self._stall)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Take in what came. A second request before the first one's answer ends with that.

        No browser or proxy sends any, and one connection could be at work for ever.
        """
        super().handle_events()
        self._look()
        if self.phase is Phase.ANSWER and self.conn.trailing_data[0]:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop(self._stall)
        self._stall = self.loop.call_later(self._limits.stall, self.cut)

    def resume_writing(self) -> None:
        self._stop(self._stall)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Leave idle connections to `head`, which also bounds a head that drips in."""

    # --- what ends a connection

    def cut(self) -> None:
        """End the connection at once, whatever is on its way."""
        self.connections.discard(self)
        self._enter(Phase.CLOSING)
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def _end(self, answer: bytes) -> None:
        """Say why and close; the client has a moment to read it."""
        self.transport.write(answer)
        self.transport.close()
        self._enter(Phase.CLOSING)

    def _overdue(self) -> None:
        started = self.cycle is not None and self.cycle.response_started
        if self.phase is not Phase.BODY or started:
            self.cut()
            return
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self._end(_TOO_SLOW)

    # --- phases

    def _look(self) -> None:
        """Find out what the connection is at now."""
        if self.transport.is_closing():
            found = Phase.CLOSING
        elif self.conn.their_state is h11.IDLE:
            found = Phase.HEAD
        elif self.conn.their_state is h11.SEND_BODY:
            found = Phase.BODY
        else:
            found = Phase.ANSWER
        if found is not self.phase:
            self._enter(found)

    def _enter(self, phase: Phase) -> None:
        self.phase, self.since = phase, self.loop.time()
        self._stop(self._deadline)
        seconds = {
            Phase.HEAD: self._limits.head,
            Phase.BODY: self._limits.body,
            Phase.ANSWER: self._limits.answer,
            Phase.CLOSING: self._limits.stall,
        }[phase]
        self._deadline = self.loop.call_later(seconds, self._overdue)

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()

    # --- places

    def _others(self) -> Iterable["Connection"]:
        return (one for one in self.connections if isinstance(one, Connection) and one is not self)

    def _make_room(self, others: Collection["Connection"], most: int) -> None:
        """Cut the one that has waited for longest, or refuse this one where all are at work."""
        if len(others) < most or self.phase is Phase.CLOSING:
            return
        waiting = (one for one in others if one.phase is not Phase.ANSWER)
        oldest = min(waiting, key=lambda one: one.since, default=None)
        if oldest is None:
            self._end(_FULL)
        else:
            oldest.cut()
