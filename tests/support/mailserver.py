"""A mail server on 127.0.0.1 that keeps its letters, and misbehaves where a test says so."""

import socketserver
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.certificates import serving

LONGEST = 5.0


@dataclass
class Letter:
    """What came: the envelope, and the letter in it."""

    to: list[str]
    letter: EmailMessage


@dataclass
class Manners:
    """How the server answers. `refused` are addresses it takes no letters for."""

    password: str | None = None
    refused: frozenset[str] = frozenset()
    silent: bool = False
    drips: bool = False
    data_code: int = 250
    quit_code: int = 221
    says: list[str] = field(default_factory=list)


class MailServer(socketserver.ThreadingTCPServer):
    """Serves until the block ends. With a certificate it offers STARTTLS, or speaks TLS at once."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self,
        manners: Manners | None = None,
        certificate: Path | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.manners = manners or Manners()
        self.letters: list[Letter] = []
        self.talks = 0
        self.tls: ssl.SSLContext | None = None
        self.at_once = at_once
        self.stopping = threading.Event()
        if certificate:
            self.tls = serving(certificate)

    @property
    def port(self) -> int:
        port: int = self.server_address[1]
        return port

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A caller that hangs up is part of the play."""


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer
    timeout = LONGEST

    def setup(self) -> None:
        if self.server.tls and self.server.at_once:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        self.server.talks += 1
        if self.server.manners.silent:
            self.server.stopping.wait(LONGEST)
            return
        self._to: list[str] = []
        while self.server.manners.drips and not self.server.stopping.wait(0.1):
            self._say("220-one moment")
        self._say("220 ready")
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            self.server.manners.says.append(line)
            if not self._obeyed(line):
                return

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _obeyed(self, line: str) -> bool:
        manners = self.server.manners
        match line.split(maxsplit=1)[0].upper():
            case "EHLO":
                offers = ["AUTH PLAIN"] if manners.password is not None else []
                if self.server.tls and not isinstance(self.connection, ssl.SSLSocket):
                    offers.append("STARTTLS")
                self._say("250-test")
                for offer in offers:
                    self._say(f"250-{offer}")
                self._say("250 8BITMIME")
            case "STARTTLS" if self.server.tls:
                self._say("220 go on")
                self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb", self.rbufsize)
                self.wfile = socketserver._SocketWriter(self.connection)  # type: ignore[attr-defined]
            case "AUTH":
                right = line.endswith(manners.password or " ")
                self._say("235 welcome" if right else f"535 not {line}")
            case "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if address in manners.refused:
                    self._say(f"550 nobody of that name {line}")
                else:
                    self._to.append(address)
                    self._say("250 fine")
            case "DATA":
                self._take()
            case "QUIT":
                self._say(f"{manners.quit_code} bye")
                return False
            case _:
                self._say("250 fine")
        return True

    def _take(self) -> None:
        self._say("354 go on")
        data = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            data += line.removeprefix(b".") if line.startswith(b"..") else line
        if self.server.manners.data_code == 250:
            letter = message_from_bytes(data, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.server.letters.append(Letter(self._to, letter))
        self._say(f"{self.server.manners.data_code} so be it")
