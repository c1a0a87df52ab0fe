"""What hears of a worker: a webhook's server, systemd's socket, and a scrape of its endpoints."""

import json
import socket
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Ear:
    """A web server on 127.0.0.1 that keeps every request; answers with `status` and `body`."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, Any], str]] = []
        self.gets: list[str] = []
        self.status = 200
        self.body = b""
        ear = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = (self.path, json.loads(body), self.headers.get("Authorization", ""))
                ear.posts.append(told)
                self._answer()

            def do_GET(self) -> None:
                ear.gets.append(self.path)
                self._answer()

            def _answer(self) -> None:
                self.send_response(ear.status)
                self.send_header("Content-Length", str(len(ear.body)))
                self.end_headers()
                self.wfile.write(ear.body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def texts(self) -> str:
        return "\n".join(json.dumps(body) for _, body, _ in self.posts)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class Systemd:
    """The datagram socket on which a service tells systemd of itself."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.place)
        self._socket.setblocking(False)
        self._heard: list[str] = []

    def heard(self) -> list[str]:
        """Return all that was told so far."""
        while True:
            try:
                self._heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self._heard

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()


def ask(port: int, path: str) -> tuple[int, str]:
    """Ask a worker's endpoint; return status and text, whatever the status."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
