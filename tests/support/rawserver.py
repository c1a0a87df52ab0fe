"""A server that says exactly what a test tells it to, byte by byte, on 127.0.0.1."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

LONGEST = 5.0
NO_LINGER = struct.pack("ii", 1, 0)


class Connection:
    """One accepted connection, as a script sees it."""

    def __init__(self, sock: socket.socket, server: "RawServer") -> None:
        self.sock = sock
        self.server = server


Act = Callable[[Connection], None]
Script = Sequence[Act]


def read(connection: Connection) -> None:
    """Read one whole request and keep it; the end of the connection ends the script."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += _more(connection)
    connection.server.requests.append(head + b"\r\n\r\n" + body)


def glimpse(connection: Connection) -> None:
    """Read the first byte of a request and nothing more."""
    connection.sock.recv(1)


def _more(connection: Connection) -> bytes:
    data = connection.sock.recv(65536)
    if not data:
        raise ConnectionError
    return data


def say(data: bytes) -> Act:
    return lambda connection: connection.sock.sendall(data)


def answer(body: bytes = b"[]", status: str = "200 OK", *headers: str) -> Act:
    """Say a whole reply that leaves the connection open."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return say("\r\n".join([*lines, "", ""]).encode() + body)


def drip(data: bytes, gap: float) -> Act:
    def act(connection: Connection) -> None:
        for byte in data:
            connection.sock.sendall(bytes([byte]))
            if connection.server.stopping.wait(gap):
                return

    return act


def stall(connection: Connection) -> None:
    """Say nothing until the test ends."""
    connection.server.stopping.wait(LONGEST)


def reset(connection: Connection) -> None:
    """Drop the connection with an RST."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)


class RawServer:
    """Plays a script for each connection, the last one for all that follow; then closes it."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self.connections = 0
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in tuple(self._threads):
            thread.join(LONGEST)
        self._listener.close()

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(LONGEST)
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._open.append(sock)
            self._start(self._play, script, Connection(sock, self))

    def _play(self, script: Script, connection: Connection) -> None:
        with connection.sock, suppress(OSError):
            for act in script:
                act(connection)


@contextmanager
def refusing() -> Iterator[str]:
    """Give an address at which nobody listens, and which nobody else can take."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
