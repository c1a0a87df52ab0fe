"""Trouble to order: which request it meets, how often, and what then happens on the wire.

Every kind takes `after`: true means that the request takes effect first (Punchh really makes
the campaign) and only the answer suffers (facts: punchh §9 C13).
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Literal, Protocol

from connector.sandbox.exchange import Headers, Request, Response

Kind = Literal[
    "status",  # answer `code` with `body` and `headers`
    "reset",  # RST instead of an answer
    "close",  # an orderly close instead of an answer
    "delay",  # wait `seconds`, then answer as usual
    "silence",  # nothing, or only headers (`headers_sent`), for `seconds`, then close
    "truncate",  # the full Content-Length, half of the body, then close
    "drip",  # the usual answer, one byte every `seconds`
    "html",  # 200 with a page
    "garbage",  # 200 with JSON that breaks off
    "redirect",  # 302 to `location`
    "oversize",  # 200 with `size` bytes of JSON
    "informational",  # a 1xx (`code`), `seconds` of nothing, then the usual answer
]
NO_LINGER = struct.pack("ii", 1, 0)
_PAGE = b"<!doctype html><html><body><h1>Just a moment...</h1></body></html>"
_PROMISED = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """One piece of trouble; `path` is a glob, `skip` lets so many matching requests pass."""

    kind: Kind
    remote: str = "*"
    method: str = "*"
    path: str = "*"
    times: int = 1
    skip: int = 0
    after: bool = False
    code: int = 500
    body: str = ""
    headers: Headers = ()
    seconds: float = 1.0
    headers_sent: bool = False
    location: str = ""
    size: int = 20_000_000
    id: int = 0

    def meets(self, remote: str, request: Request) -> bool:
        return (
            self.remote in ("*", remote)
            and self.method in ("*", request.method)
            and fnmatchcase(request.path, self.path)
        )


class Faults:
    """The queue: the first fault that meets a request is used up by it, once."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []
        self._last = 0

    def add(self, fault: Fault) -> Fault:
        self._last += 1
        numbered = replace(fault, id=self._last)
        self._queue.append(numbered)
        return numbered

    def waiting(self) -> tuple[Fault, ...]:
        return tuple(self._queue)

    def clear(self) -> None:
        self._queue.clear()

    def take(self, remote: str, request: Request) -> Fault | None:
        for place, fault in enumerate(self._queue):
            if not fault.meets(remote, request):
                continue
            if fault.skip > 0:
                self._queue[place] = replace(fault, skip=fault.skip - 1)
                continue
            self._spend(place, fault)
            return fault
        return None

    def _spend(self, place: int, fault: Fault) -> None:
        if fault.times <= 1:
            del self._queue[place]
        else:
            self._queue[place] = replace(fault, times=fault.times - 1)


class Wire(Protocol):
    """The connection as a fault sees it."""

    def send(self, response: Response) -> None:
        """Send a whole answer."""

    def head(self, response: Response, length: int) -> None:
        """Send status line and headers that promise so many bytes."""

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""

    def reset(self) -> None:
        """Drop the connection with an RST."""

    def close(self) -> None:
        """Drop the connection in an orderly way."""

    def inform(self, status: int) -> None:
        """Send a 1xx status line, after which an answer is still to come."""

    def wait(self, seconds: float) -> bool:
        """Wait; true if the server was stopped meanwhile."""


Act = Callable[[], Response]


def trouble(fault: Fault, wire: Wire, act: Act) -> None:
    """Play one fault; `act` lets the request take effect and returns the usual answer."""
    if fault.kind in _PLAYED:
        _PLAYED[fault.kind](fault, wire, act)
        return
    if fault.after:
        act()
    _CANNED[fault.kind](fault, wire)


def _delay(fault: Fault, wire: Wire, act: Act) -> None:
    if fault.after:
        response = act()
        wire.wait(fault.seconds)
    else:
        wire.wait(fault.seconds)
        response = act()
    wire.send(response)


def _truncate(_fault: Fault, wire: Wire, act: Act) -> None:
    response = act()
    wire.head(response, len(response.body))
    wire.raw(response.body[: len(response.body) // 2])
    wire.close()


def _drip(fault: Fault, wire: Wire, act: Act) -> None:
    response = act()
    wire.head(response, len(response.body))
    for byte in response.body:
        wire.raw(bytes([byte]))
        if wire.wait(fault.seconds):
            wire.close()
            return


def _informational(fault: Fault, wire: Wire, act: Act) -> None:
    wire.inform(fault.code)
    wire.wait(fault.seconds)
    wire.send(act())


def _status(fault: Fault, wire: Wire) -> None:
    body = fault.body.encode("utf-8", "surrogatepass")  # half a pair: bytes that are no UTF-8
    wire.send(Response(fault.code, body, fault.headers))


def _reset(_fault: Fault, wire: Wire) -> None:
    wire.reset()


def _close(_fault: Fault, wire: Wire) -> None:
    wire.close()


def _silence(fault: Fault, wire: Wire) -> None:
    if fault.headers_sent:
        wire.head(Response(HTTPStatus.OK), _PROMISED)
    wire.wait(fault.seconds)
    wire.close()


def _html(_fault: Fault, wire: Wire) -> None:
    wire.send(Response(HTTPStatus.OK, _PAGE, content_type="text/html; charset=utf-8"))


def _garbage(_fault: Fault, wire: Wire) -> None:
    wire.send(Response(HTTPStatus.OK, b'{"campaign_id": 99511494, "start_time": "20'))


def _redirect(fault: Fault, wire: Wire) -> None:
    wire.send(Response(HTTPStatus.FOUND, headers=(("Location", fault.location),)))


def _oversize(fault: Fault, wire: Wire) -> None:
    frame = len(json.dumps({"padding": ""}))
    padding = "x" * max(0, fault.size - frame)
    wire.send(Response(HTTPStatus.OK, json.dumps({"padding": padding}).encode()))


_PLAYED: dict[Kind, Callable[[Fault, Wire, Act], None]] = {
    "delay": _delay,
    "truncate": _truncate,
    "drip": _drip,
    "informational": _informational,
}
_CANNED: dict[Kind, Callable[[Fault, Wire], None]] = {
    "status": _status,
    "reset": _reset,
    "close": _close,
    "silence": _silence,
    "html": _html,
    "garbage": _garbage,
    "redirect": _redirect,
    "oversize": _oversize,
}
