"""Attacks on the real `connector web` over sockets: few, short, from this machine's addresses."""

import re
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from connector.clock import randomness
from connector.web.passwords import hashed
from tests.support.console import Running, Shop, opened, until
from tests.support.pages import PASSWORD, Reader
from tests.support.serving import started

WEBHOOK = """
[punchh.webhook]
token = "a-webhook-token"
"""
HEAD = "{} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SLOW = {
    "says nothing": b"",
    "a head that never ends": HEAD.format("GET /login").encode(),
    "a body that never comes": (HEAD.format("POST /login") + "Content-Length: 9\r\n\r\n").encode(),
    "a webhook's body that never comes": (
        HEAD.format("POST /webhooks/punchh") + "Content-Length: 9\r\n\r\n"
    ).encode(),
}
MANY = 205


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened(tmp_path_factory.mktemp("office") / "shop") as shop:
        shop.live()
        kept = hashed(PASSWORD, randomness())
        user = f'[web.users.ada]\nrole = "approver"\npassword_hash = "{kept}"\n'
        shop.configure("[sources.sf_core]", f"{WEBHOOK}{user}[sources.sf_core]")
        yield shop


@pytest.fixture(scope="module")
def web(office: Shop) -> tuple[Running, str]:
    return started(office, "web")


@pytest.fixture(scope="module")
def address(web: tuple[Running, str]) -> str:
    return web[1].rstrip("/")


@contextmanager
def held(address: str, count: int, data: bytes) -> Iterator[list[socket.socket]]:
    """Open so many connections from three addresses, and say the same on each, once."""
    place = _place(address)
    with ExitStack() as stack:
        found = []
        for number in range(count):
            source = (f"127.0.0.{2 + number % 3}", 0)
            line = socket.create_connection(place, 5, source_address=source)
            found.append(stack.enter_context(line))
            line.sendall(data)
        yield found


def _place(address: str) -> tuple[str, int]:
    host, port = address.removeprefix("http://").partition("/")[0].split(":")
    return host, int(port)


def status(address: str, path: str, source: str = "127.0.0.1", method: str = "GET") -> int:
    """Ask once, from one of this machine's addresses; 0 where no answer comes."""
    line = HTTPConnection(*_place(address), timeout=5, source_address=(source, 0))
    try:
        line.request(method, path)
        return line.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        line.close()


@pytest.mark.parametrize("what", SLOW)
def test_who_keeps_the_server_waiting_keeps_nobody_out(address: str, what: str) -> None:
    with held(address, MANY, SLOW[what]):
        for source in ("127.0.0.1", "127.0.0.2"):  # a stranger's neighbor, and his own browser
            assert status(address, "/login", source) == 200
            assert status(address, "/webhooks/punchh", source, "POST") == 401


def test_many_guesses_at_once_are_few_hashes(web: tuple[Running, str], address: str) -> None:
    pid = web[0].process.pid
    reader = Reader(address)
    token, cookies = reader.token("/login"), reader.session.cookies.get_dict()
    before = _peak(pid)

    def guess(number: int) -> int:
        browser = Reader(address)
        browser.session.cookies.update(cookies)
        form = {"token": token, "name": "ada", "password": f"wrong {number}"}
        return browser.post("/login", form).status_code

    with ThreadPoolExecutor(60) as pool:
        statuses = list(pool.map(guess, range(150)))
    assert set(statuses) <= {401, 429, 503}
    assert statuses.count(401) == 5
    assert _peak(pid) - before < 150_000  # kB


def _peak(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    assert found
    return int(found[1])


def test_the_webhook_has_a_process_of_its_own(office: Shop) -> None:
    running, address = started(office, "webhook")
    assert status(address, "/webhooks/punchh") == 200
    assert status(address, "/webhooks/punchh", method="POST") == 401
    assert status(address, "/login") == 404
    assert running.stop()[0] == 0
    text = office.config.read_text(encoding="utf-8")
    office.configure(WEBHOOK, "")
    assert office.inside("webhook", "--port", "0").code == 2
    office.config.write_text(text, encoding="utf-8")


def test_what_the_configuration_says_of_people_counts_at_once_and_over_a_restart(
    office: Shop,
) -> None:
    running, address = started(office, "web")
    ada, copy = Reader(address.rstrip("/")), Reader(address.rstrip("/"))
    assert ada.log_in().status_code == 303
    assert "ada approver" in ada.words("/mappings")
    office.configure('role = "approver"', 'role = "viewer"')
    running.send(signal.SIGHUP)  # it no longer ends the pages, and nobody need ask for one
    running.wait_for("web.settings_read")
    assert "ada viewer" in ada.words("/mappings")
    office.configure('role = "viewer"', 'role = "approver"')
    until(lambda: "ada approver" in ada.words("/mappings"))
    office.configure("password_hash", "nonsense")
    until(lambda: ada.get("/mappings") and running.named("web.settings_invalid"))
    assert ada.get("/mappings").status_code == 200  # what cannot be read changes nothing
    office.configure("nonsense", "password_hash")
    copy.session.cookies.update(ada.session.cookies)
    assert ada.say("/logout").status_code == 303
    assert running.stop()[0] == 0
    copy.address = started(office, "web")[1].rstrip("/")
    assert copy.get("/mappings").status_code == 303  # ended stays ended
    assert copy.log_in().status_code == 303
    office.configure("[web.users.ada]", "[web.users.eve]")
    until(lambda: copy.get("/mappings").status_code == 303)
