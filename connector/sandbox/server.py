"""Sockets on 127.0.0.1: one server class for every remote, with faults and the request log."""

import re
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connector.sandbox.exchange import Request, Response, Skin
from connector.sandbox.faults import NO_LINGER, trouble
from connector.sandbox.world import World

HOST = "127.0.0.1"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_FAREWELL_SECONDS = 2.0
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?\r?\n")
_LONGEST_LINE = 8192


class BadRequestError(Exception):
    """A request whose framing cannot be read."""


class Remote:
    """One listening address and the skin that answers there.

    A `watched` remote is a vendor: its requests are logged and may meet a fault. The control
    API is not watched. Port 0 takes a free port; a taken one raises OSError naming it.
    """

    def __init__(
        self, name: str, skin: Skin, world: World, *, port: int, watched: bool = True
    ) -> None:
        self.name, self.skin, self.world, self.watched = name, skin, world, watched
        self.stopping = threading.Event()
        try:
            self._listener = _Listener((HOST, port), self)
        except OSError as error:
            raise OSError(error.errno, f"port {port} of the {name} simulator is taken") from error
        self.url = f"http://{HOST}:{self._listener.server_address[1]}"
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), name=f"sandbox-{name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, end every wait and close every connection."""
        self.stopping.set()
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        self._listener.hang_up()

    def handle(self, request: Request, wire: "Line") -> None:
        """Answer one request, or play the fault that waits for it."""
        if not self.watched:
            wire.send(self.skin(request))
            return
        world = self.world
        with world.lock:
            fault = world.faults.take(self.name, request)
            wire.number = world.requests.begin(
                self.name, request.method, request.path, world.now(), fault.kind if fault else ""
            )
            informational = world.switches["wire.informational"]
        for code in informational:
            wire.inform(int(code))
        if fault is None:
            wire.send(self._act(request, wire))
        else:
            trouble(fault, wire, lambda: self._act(request, wire))

    def _act(self, request: Request, wire: "Line") -> Response:
        with self.world.lock:
            response = self.skin(request)
            if response.refusal:
                self.world.requests.violation(wire.number, response.refusal)
        return response

    def note(self, number: int, status: int) -> None:
        if number:
            with self.world.lock:
                self.world.requests.finish(number, status)


class Line:
    """One connection, for the length of one exchange: what faults call a wire."""

    def __init__(self, handler: "_Handler", remote: Remote) -> None:
        self._handler, self._remote = handler, remote
        self.number = 0

    def send(self, response: Response) -> None:
        self.head(response, len(response.body))
        if self._handler.command != "HEAD":
            self.raw(response.body)

    def head(self, response: Response, length: int) -> None:
        self._remote.note(self.number, response.status)
        headers = [*response.headers, ("Content-Length", str(length))]
        names = {name.lower() for name, _ in headers}
        if "date" not in names:
            headers.append(("Date", format_datetime(self._remote.world.now(), usegmt=True)))
        if "content-type" not in names and length:
            headers.append(("Content-Type", response.content_type))
        self._add_head(response.status, headers)

    def inform(self, status: int) -> None:
        """Add a 1xx response, after which the real one is still to come (RFC 9110 §15.2)."""
        hints = [("Link", "</style.css>; rel=preload; as=style")]
        self._add_head(status, hints if status == HTTPStatus.EARLY_HINTS else [])

    def _add_head(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        reason = HTTPStatus(status).phrase if status in _KNOWN else "Unknown"
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
        self._pending += "\r\n".join([*lines, "", ""]).encode("latin-1")

    def raw(self, data: bytes) -> None:
        self._handler.wfile.write(self._take() + data)

    def reset(self) -> None:
        self._remote.note(self.number, 0)
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._handler.rfile.close()
        self._handler.connection.close()
        self._handler.close_connection = True

    def close(self) -> None:
        self._remote.note(self.number, 0)
        self._handler.close_connection = True

    def wait(self, seconds: float) -> bool:
        self.flush()
        return self._remote.stopping.wait(seconds)

    def flush(self) -> None:
        """Send a head that no body followed."""
        head = self._take()
        if head:
            self._handler.wfile.write(head)

    _pending = b""

    def _take(self) -> bytes:
        # Head and body leave in one packet: two writes cost the client a delayed ACK.
        head, self._pending = self._pending, b""
        return head


_KNOWN = frozenset(status.value for status in HTTPStatus)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Listener"

    def serve(self) -> None:
        remote = self.server.remote
        wire = Line(self, remote)
        try:
            remote.handle(self._read(), wire)
            wire.flush()
        except BadRequestError:
            self.close_connection = True
            wire.send(Response(HTTPStatus.BAD_REQUEST))
        except OSError:  # the caller hung up, or the server was stopped
            self.close_connection = True

    def _read(self) -> Request:
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(target.path),
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            client=self.client_address[0],
            target=self.path,
        )

    def _body(self) -> bytes:
        """Read the body, by its chunks or by its length (RFC 9112 §6)."""
        coding = self.headers.get("Transfer-Encoding")
        if coding is not None:
            if coding.strip().lower() != "chunked":
                raise BadRequestError(coding)
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length", "0").strip()
        if not length.isdecimal():
            raise BadRequestError(length)
        return self._exactly(int(length))

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = _CHUNK_SIZE.fullmatch(self.rfile.readline(_LONGEST_LINE))
            if size is None:
                raise BadRequestError
            if not int(size[1], 16):
                break
            yield self._exactly(int(size[1], 16))
            if self.rfile.readline(_LONGEST_LINE).strip():
                raise BadRequestError
        while self.rfile.readline(_LONGEST_LINE).strip():
            """Read on to the end of the trailers, which nobody here needs."""

    def _exactly(self, length: int) -> bytes:
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionError("the request broke off")
        return data

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr: the request log has it."""


for _method in _METHODS:
    setattr(_Handler, f"do_{_method}", _Handler.serve)


class _Listener(ThreadingMixIn, TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], remote: Remote) -> None:
        self.remote = remote
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def hang_up(self) -> None:
        with self._changed:
            for connection in self._open:
                _quietly(connection.shutdown, socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, _FAREWELL_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  stdlib's
        """Keep a handler's crash: `World.errors` fails the test that looks."""
        if not isinstance(sys.exception(), ConnectionError):  # that is the caller's end, not ours
            self.remote.world.note_error()


def _quietly(call: Callable[[int], object], how: int) -> None:
    try:
        call(how)
    except OSError:
        return
