"""A proxy that stands before a simulator and spoils one call of many, byte by byte.

Every request comes over a connection of its own (each reply says `Connection: close`), goes on
untouched and comes back untouched, but for those that the armed `Spoil` points at.
"""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.rawserver import LONGEST, NO_LINGER

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> Self:
        head = raw.partition(b"\r\n\r\n")[0].decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        parts = urlsplit(target)
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, unquote(parts.path), query, headers, raw)

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


@dataclass(frozen=True, slots=True)
class Told:
    """One reply that can be said."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    version: str = "HTTP/1.1"

    @classmethod
    def of(cls, raw: bytes) -> Self:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        dropped = ("content-length", "connection")
        headers = tuple((n, value) for n, _, value in pairs if n.lower() not in dropped)
        return cls(int(first.split(" ")[1]), headers, body)

    def having(self, *more: tuple[str, str]) -> "Told":
        """Return the reply with these headers in the place of those of the same name."""
        names = {name.lower() for name, _ in more}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in names)
        return replace(self, headers=(*kept, *more))

    def head(self, *lengths: str) -> bytes:
        """Return the head with these lines about the body's length."""
        known = self.status in {each.value for each in HTTPStatus}
        reason = HTTPStatus(self.status).phrase if known else "Unknown"
        pairs = (*self.headers, ("Connection", "close"))
        lines = [f"{self.version} {self.status} {reason}", *lengths]
        return "\r\n".join([*lines, *(f"{n}: {v}" for n, v in pairs), "", ""]).encode("latin-1")

    def whole(self) -> bytes:
        bodiless = self.status in (204, 304)
        body = b"" if bodiless else self.body
        return self.head(*(() if bodiless else (f"Content-Length: {len(body)}",))) + body


@dataclass
class Spot:
    """One exchange that is being spoiled: what was asked, and the way to the true answer."""

    sock: socket.socket
    asked: Asked
    stopping: threading.Event
    upstream: Callable[[], Told]
    forward: Callable[[Asked], Told]
    trap: str
    _genuine: Told | None = None

    def genuine(self) -> Told:
        """Return the true answer, asking for it once."""
        if self._genuine is None:
            self._genuine = self.upstream()
        return self._genuine

    def page(self, number: int) -> Told:
        """Return another page of the list that is asked for."""
        wanted = f"page={number}&".encode()
        return self.forward(
            replace(self.asked, raw=re.sub(rb"\bpage=\d+&", wanted, self.asked.raw, count=1))
        )

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)

    def wait(self, seconds: float) -> bool:
        return self.stopping.wait(seconds)


Points = Callable[[Asked], bool]


@dataclass(frozen=True)
class Spoil:
    """What goes wrong with which call.

    `door` spoils the connection itself ("refuse" or "reset"), from the moment that the request
    `opener` points at was served (None: at once). `canned` stands in for the true answer and
    keeps the request from the simulator. With `once` only the first such call is spoiled, with
    `after` the simulator has acted on it before anything goes wrong.
    """

    points: Points
    act: Callable[[Spot], None] | None = None
    door: str = ""
    opener: Points | None = None
    canned: Callable[[Asked], Told] | None = None
    once: bool = False
    after: bool = False


@dataclass
class Proxy:
    """One simulator's proxy on 127.0.0.1; `asked` holds every request that came."""

    upstream: tuple[str, int]
    trap: str = ""
    asked: list[Asked] = field(default_factory=list)
    spoiled: int = 0

    def __post_init__(self) -> None:
        self.stopping = threading.Event()
        self._open = threading.Event()
        self._lock = threading.Lock()
        self._spoil: Spoil | None = None
        self._door = ""
        self._socket = _bound()
        self._socket.listen(64)
        self._open.set()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._open.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(LONGEST)
        self._socket.close()

    def clear(self) -> None:
        """Forget what came, and spoil nothing more; the door is open again."""
        self.disarm()
        self.asked.clear()
        self.spoiled = 0

    def arm(self, spoil: Spoil) -> None:
        with self._lock:
            self._spoil = spoil
        if spoil.door and spoil.opener is None:
            self._shut(spoil.door)

    def disarm(self) -> None:
        with self._lock:
            self._spoil = None
        if self._door == "refuse":
            self._socket.listen(64)
            self._open.set()
        self._door = ""

    def _shut(self, how: str) -> None:
        self._door = how
        if how == "refuse":
            self.spoiled += 1
            self._open.clear()
            self._socket.shutdown(socket.SHUT_RDWR)  # refuses from here on; the port stays ours

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                self._open.wait()
                continue
            sock.settimeout(LONGEST)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            if self._door == "reset":
                self.spoiled += 1
                self.stopping.wait(0.02)  # the other side has connected, and may be writing
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                return
            asked = Asked.of(_request(sock))
            with self._lock:
                self.asked.append(asked)
                spoil = self._spoil
                hit = spoil is not None and not spoil.door and spoil.points(asked)
                hit = hit and not (spoil is not None and spoil.once and self.spoiled)
                self.spoiled += hit
            if hit and spoil is not None and spoil.act is not None:
                spot = self._spot(sock, asked, spoil)
                if spoil.after:
                    spot.genuine()
                spoil.act(spot)
                return
            told = self._forward(asked)
            if spoil and spoil.door and spoil.opener and spoil.opener(asked):
                self._shut(spoil.door)
            sock.sendall(told.whole())

    def _spot(self, sock: socket.socket, asked: Asked, spoil: Spoil) -> Spot:
        canned = spoil.canned
        true = (lambda: canned(asked)) if canned else (lambda: self._forward(asked))
        return Spot(sock, asked, self.stopping, true, self._forward, self.trap)

    def _forward(self, asked: Asked) -> Told:
        head, _, body = asked.raw.partition(b"\r\n\r\n")
        lines = [x for x in head.split(b"\r\n") if not x.lower().startswith(b"connection:")]
        with socket.create_connection(self.upstream, LONGEST) as sock:
            sock.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
            data = b""
            while chunk := sock.recv(65536):
                data += chunk
        return Told.of(data)


class Trap:
    """A host nobody may ever call: counts who did."""

    def __init__(self) -> None:
        self.callers = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.callers += 1
            sock.close()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(LONGEST)
        self._socket.close()


def _bound() -> socket.socket:
    """Return a socket that keeps its port while it refuses: one that asked for it by number."""
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        found = socket.socket()
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.bind(first.getsockname())
    return found


def _request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += _more(sock)
    return head + b"\r\n\r\n" + body


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionError
    return data
