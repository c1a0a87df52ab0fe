"""A small web server for the few who read the worker's own pages; all of it is bounded.

It runs in the process that commits, so nothing that a caller does may cost a commit: one thread,
so many calls at once, so many bytes and seconds for each, and none of the last free descriptors.
"""

import resource
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from connector.clock import Clock
from connector.telemetry import aside

MOST_CALLS = 16
CALL_SECONDS = 5.0  # for a whole call, from its first byte to the last one of the answer
HEAD_BYTES = 8192
KEPT_BACK = 64  # descriptors, for the ledger and the remotes
LOOK_SECONDS = 0.2
CHUNK = 4096

Respond = Callable[[bytes], bytes]


@dataclass(slots=True, eq=False)
class _Call:
    """One connection: its head is heard, its answer is said, and what else comes is dropped."""

    line: socket.socket
    ends_at: float
    heard: bytes = b""
    answer: bytes | None = None


class Server:
    """Answers every whole head of a request with what `respond` makes of it, and hangs up.

    Where too many call at once, the one that has taken longest is hung up on.
    """

    def __init__(self, door: socket.socket, respond: Respond, clock: Clock) -> None:
        self._door, self._respond, self._clock = door, respond, clock
        self._calls: dict[_Call, None] = {}  # the oldest first
        self._watched = selectors.DefaultSelector()
        self._stopped = False
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._highest = max(limit - KEPT_BACK, limit // 2)

    def stop(self) -> None:
        """End `run` within `LOOK_SECONDS`; safe from any thread."""
        self._stopped = True

    def run(self) -> None:
        """Answer until stopped, then close everything."""
        with aside("health"), self._door, self._watched:
            self._door.setblocking(False)
            self._watched.register(self._door, selectors.EVENT_READ)
            while not self._stopped:
                for key, _ in self._watched.select(LOOK_SECONDS):
                    if key.fileobj is self._door:
                        self._accept()
                    elif key.data in self._calls:
                        self._go_on(cast(_Call, key.data))
                self._hang_up_on_the_slow()
        for call in list(self._calls):
            call.line.close()

    def _accept(self) -> None:
        try:
            line, _ = self._door.accept()
        except BlockingIOError:
            return
        except OSError:  # no descriptor is free: ask again a little later, not at once
            self._clock.wait(LOOK_SECONDS)
            return
        if line.fileno() >= self._highest:
            line.close()
            return
        if len(self._calls) >= MOST_CALLS:
            self._hang_up(next(iter(self._calls)))
        line.setblocking(False)
        call = _Call(line, self._clock.monotonic() + CALL_SECONDS)
        self._calls[call] = None
        self._watched.register(line, selectors.EVENT_READ, call)

    def _go_on(self, call: _Call) -> None:
        try:
            if call.answer:
                self._say(call)
            else:
                self._hear(call)
        except BlockingIOError:
            return
        except OSError:
            self._hang_up(call)

    def _hear(self, call: _Call) -> None:
        data = call.line.recv(CHUNK)
        if not data:
            self._hang_up(call)
        elif call.answer is None:
            call.heard += data
            if whole(call.heard) or len(call.heard) > HEAD_BYTES:
                call.answer = self._respond(call.heard)
                self._watched.modify(call.line, selectors.EVENT_WRITE, call)

    def _say(self, call: _Call) -> None:
        answer = call.answer or b""
        call.answer = answer[call.line.send(answer) :]
        if not call.answer:
            # To close while bytes wait to be read would reset the line, and the answer be lost.
            call.line.shutdown(socket.SHUT_WR)
            self._watched.modify(call.line, selectors.EVENT_READ, call)

    def _hang_up_on_the_slow(self) -> None:
        now = self._clock.monotonic()
        for call in [call for call in self._calls if call.ends_at <= now]:
            self._hang_up(call)

    def _hang_up(self, call: _Call) -> None:
        del self._calls[call]
        self._watched.unregister(call.line)
        call.line.close()


def whole(head: bytes) -> bool:
    """Return whether the head of a request has come to its end."""
    return b"\n\n" in head.replace(b"\r", b"")
