"""The pages behind the real nginx: who asks, under which name, how much, and how slowly."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from connector.punchh.webhook import LARGEST
from tests.support import nginx
from tests.support.certificates import certificate
from tests.support.console import Shop, opened
from tests.support.pages import PASSWORD, USERS
from tests.support.serving import started

HOST = "connector.brand.com"
WEBHOOK = '[punchh.webhook]\ntoken = "a-webhook-token"\n'


@dataclass
class Front:
    """The address of nginx, the certificate to trust, and the shop behind it."""

    shop: Shop
    tls: int
    plain: int
    pem: Path

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.tls}"

    def line(self, source: str = "127.0.0.5") -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.pem))
        raw = socket.create_connection(("127.0.0.1", self.tls), 10, source_address=(source, 0))
        return context.wrap_socket(raw, server_hostname="127.0.0.1")

    def said(self, request: str, source: str = "127.0.0.5") -> bytes:
        """Say bytes as they are, and return the answer's head."""
        with self.line(source) as line:
            line.sendall(request.encode())
            answer = b""
            with suppress(OSError):
                while b"\r\n\r\n" not in answer and (chunk := line.recv(65536)):
                    answer += chunk
        return answer.partition(b"\r\n\r\n")[0]

    def status(self, request: str, source: str = "127.0.0.5") -> int:
        return int(self.said(request, source).split(b" ")[1])


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    nginx.needed()
    folder = tmp_path_factory.mktemp("front")
    pem, tls, plain = certificate(folder), nginx.free_port(), nginx.free_port()
    web = (
        f'[web]\npublic_url = "https://127.0.0.1:{tls}"\nhosts = ["{HOST}"]\n'
        f'proxies = ["{nginx.ADDRESS}"]\n{USERS}'
    )
    with opened(folder / "shop") as shop:
        shop.live()
        shop.configure("[sources.sf_core]", f"{WEBHOOK}{web}[sources.sf_core]")
        port = int(started(shop, "web")[1].rstrip("/").rpartition(":")[2])
        with nginx.proxied(folder, port, tls=tls, plain=plain, certificate=pem):
            yield Front(shop, tls, plain, pem)


def _asks(path: str, host: str = HOST, more: str = "", method: str = "GET") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"


@dataclass
class Browser:
    """Somebody at an address of his own, who says that it is another one."""

    front: Front
    source: str

    def log_in(self, password: str) -> tuple[int, bytes]:
        forged = f"X-Forwarded-For: 8.8.8.{len(password)}, {nginx.ADDRESS}\r\n"
        with self.front.line(self.source) as line:
            line.sendall(_asks("/login", more=forged).encode())
            page = b""
            while chunk := line.recv(65536):
                page += chunk
        cookie = page.lower().partition(b"set-cookie: ")[2].partition(b";")[0]
        cookie = page[page.lower().index(cookie) :][: len(cookie)]
        token = page.partition(b'name="token" value="')[2].partition(b'"')[0].decode()
        body = urlencode({"token": token, "name": "ada", "password": password})
        head = (
            f"POST /login HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{forged}"
            f"Content-Type: application/x-www-form-urlencoded\r\nCookie: {cookie.decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        answer = self.front.said(head, self.source)
        return int(answer.split(b" ")[1]), answer.lower()


def test_one_stranger_locks_nobody_else_out(front: Front) -> None:
    stranger = Browser(front, "127.0.0.5")
    statuses = [stranger.log_in("x" * number)[0] for number in range(20, 26)]
    assert statuses == [401] * 5 + [429]  # whatever address he makes up
    code, answer = Browser(front, "127.0.0.6").log_in(PASSWORD)
    assert code == 303
    assert b"location: /\r\n" in answer + b"\r\n"
    assert answer.count(b"set-cookie: __host-connector-") == 2
    assert answer.count(b"; secure") == 2
    assert b"strict-transport-security: max-age=31536000" in answer


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (_asks("/login"), 200),
        (_asks("/login", HOST.upper()), 200),
        (_asks("/login", f"{HOST}:443"), 200),
        (_asks("/login", f"{HOST}."), 200),
        (_asks("/login", "127.0.0.1"), 200),
        ("GET /login HTTP/1.0\r\n\r\n", 200),  # nginx takes its own name
        (_asks("/login", "evil.com"), 421),
        (_asks("/login", f"{HOST}.evil.com"), 421),
        (_asks("/login", f"evil.com\r\nHost: {HOST}"), 400),
        (f"GET https://evil.com/login HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n", 421),
        (_asks("/ledger/"), 404),  # and no way to http
    ],
)
def test_names_are_told_apart(front: Front, request_: str, code: int) -> None:
    assert front.status(request_) == code


def test_plain_http_leads_to_https_alone(front: Front) -> None:
    reply = requests.get(
        f"http://127.0.0.1:{front.plain}/ledger?state=held", timeout=10, allow_redirects=False
    )
    assert reply.headers["location"] == f"https://{HOST}/ledger?state=held"


@pytest.mark.parametrize(
    ("path", "size", "code"),
    [
        ("/login", 70_000, 413),
        ("/login", 310_000, 413),
        ("/webhooks/punchh", LARGEST, 401),
        ("/webhooks/punchh", LARGEST + 1, 413),
        ("/webhooks/punchh", 310_000, 413),
    ],
)
def test_bodies_have_their_size(front: Front, path: str, size: int, code: int) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{form}\r\n"
    assert front.status(f"{head}Content-Length: {size}\r\n\r\n" + "x" * size) == code


def test_slow_clients_keep_nobody_out(front: Front) -> None:
    slow = (
        f"POST /webhooks/punchh HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 99\r\n\r\nabc",
        f"GET /login HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ",
        "",
    )
    with ExitStack() as stack:
        for number in range(45):
            line = stack.enter_context(front.line(f"127.0.0.{20 + number % 3}"))
            line.sendall(slow[number % 3].encode())
        assert front.status(_asks("/login")) == 200
        event = _asks("/webhooks/punchh", more="Content-Length: 0\r\n", method="POST")
        assert front.status(event) == 401


def test_the_doctor_finds_the_pages_and_believes_the_proxy(front: Front) -> None:
    trusting = {"CONNECTOR_HTTP__CA_BUNDLE": str(front.pem)}
    checks = front.shop.inside("doctor", "--json", more=trusting).json()
    found = {one["code"]: one["level"] for one in checks if one["of"] == "pages"}
    assert found == {"reached": "ok", "address": "ok"}
