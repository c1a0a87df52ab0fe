"""Why no answer came: each cause has words of its own, and none of them holds an address."""

import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from cryptography import x509

from connector.errors import RemoteError
from connector.http.exchange import ExchangeError, Reach
from connector.http.wire import Line, open_session
from tests.support.certificates import DAY, certificate, serving
from tests.support.clocks import FixedClock
from tests.support.rawserver import Act, Connection, RawServer, answer, glimpse, read, refusing, say
from tests.support.wires import NOW, SECRET, SHORT, Build, clients, told_of
from tests.support.words import in_words, step_of

OTHER = x509.DNSName("other.example")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def client(clock: FixedClock) -> Iterator[Build]:
    with clients(clock) as build:
        yield build


def tls(pem: Path, **more: object) -> Act:
    """Speak TLS from here on."""
    context = serving(pem)
    for name, value in more.items():
        setattr(context, name, value)

    def act(connection: Connection) -> None:
        connection.sock = context.wrap_socket(connection.sock, server_side=True)

    return act


def hang_up(connection: Connection) -> None:
    connection.sock.close()


def lost(made: Build, url: str, **more: object) -> ExchangeError:
    with pytest.raises(ExchangeError) as error:
        made(url, **more).post_once("/x", b"{}")
    assert SECRET not in told_of(error.value)
    assert "127.0.0.1" not in in_words(error.value.why)
    return error.value


def test_a_certificate_that_is_trusted(client: Build, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with RawServer([tls(pem), read, answer(b"{}"), hang_up]) as server:
        made = client(server.url.replace("http:", "https:"), ca_bundle=str(pem))
        assert made.post_once("/x", b"{}").status == 200


CERTIFICATES = {
    "expired": ({"begins": -2 * DAY, "ends": -DAY}, True, "its certificate has expired"),
    "early": ({"begins": DAY, "ends": 2 * DAY}, True, "its certificate is not valid yet"),
    "another's": ({"of": OTHER}, True, "its certificate is for another address"),
    "self-signed": ({}, False, "its certificate is self-signed"),
    "nobody's": (
        {"issued": True},
        False,
        "its certificate comes from an authority that is not trusted here",
    ),
}


@pytest.mark.parametrize(("of", "trusted", "told"), CERTIFICATES.values(), ids=CERTIFICATES)
def test_a_certificate_that_is_refused(
    client: Build, tmp_path: Path, of: dict[str, timedelta], trusted: bool, told: str
) -> None:
    pem = certificate(tmp_path, **of)  # type: ignore[arg-type]
    bundle = {"ca_bundle": str(pem)} if trusted else {}
    with RawServer([tls(pem)]) as server:
        error = lost(client, server.url.replace("http:", "https:"), **bundle)
        assert server.requests == []
    assert in_words(error.why) == f"the TLS connection failed: {told}"
    assert error.reach is Reach.NOT_CONNECTED
    assert "http.ca_bundle" in step_of(error.why)


def test_a_certificate_of_another_host(client: Build, tmp_path: Path) -> None:
    pem = certificate(tmp_path, of=OTHER)
    with RawServer([tls(pem)]) as server:
        error = lost(client, f"https://localhost:{server.port}", ca_bundle=str(pem))
    assert in_words(error.why) == "the TLS connection failed: its certificate is for another host"


def test_a_port_without_tls(client: Build) -> None:
    with RawServer([say(b"HTTP/1.1 400 Bad Request\r\n\r\n")]) as server:
        error = lost(client, server.url.replace("http:", "https:"))
    assert in_words(error.why).endswith("the other side does not speak TLS on that port")


def test_a_handshake_that_is_cut(client: Build) -> None:
    with RawServer([glimpse]) as server:
        error = lost(client, server.url.replace("http:", "https:"))
    assert error.reach is Reach.NOT_CONNECTED
    assert in_words(error.why) in (
        "the TLS connection failed: the other side closed the connection",
        "no connection: connection reset by peer",
    )


def test_a_server_that_wants_a_certificate_of_ours(client: Build, tmp_path: Path) -> None:
    """With TLS 1.3 it says so only after the request was sent: then it may have acted."""
    pem = certificate(tmp_path)
    strict = tls(pem, verify_mode=ssl.CERT_REQUIRED)
    with RawServer([strict]) as server:
        url = server.url.replace("http:", "https:")
        error = lost(client, url, ca_bundle=str(pem))
        assert server.requests == []
    assert error.reach in (Reach.SENDING, Reach.SENT)
    assert in_words(error.why) in (
        "the TLS connection failed: it wants a certificate of ours",
        "the TLS connection failed: the other side closed the connection",
        "the connection broke before the reply was whole",
    )


@pytest.mark.parametrize("text", [None, "", "not a certificate"])
def test_a_bundle_that_is_gone_or_none(client: Build, tmp_path: Path, text: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if text is not None:
        bundle.write_text(text)
    with RawServer([]) as server:
        error = lost(client, server.url.replace("http:", "https:"), ca_bundle=str(bundle))
        assert server.connections <= 1
    assert error.reach is Reach.NOT_CONNECTED
    assert "`http.ca_bundle`" in in_words(error.why)
    assert str(tmp_path) not in in_words(error.why)


# --- no connection


def test_who_is_not_there(client: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as url:
        assert in_words(lost(client, url).why) == "no connection: connection refused"

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    assert in_words(lost(client, "https://punchh.invalid").why) == "no connection: no such host"


def test_a_proxy_says_why(client: Build) -> None:
    with RawServer([read, answer(b"", "407 Proxy Authentication Required")]) as proxy:
        error = lost(client, "https://punchh.invalid", proxy=proxy.url)
    assert in_words(error.why) == "the proxy refused or broke the connection (407)"


# --- redirects


REDIRECTS = {
    "": "without saying where to",
    "/login": "to another path of the same host",
    "{here}/x/": "to another path of the same host",
    "//other.example/x": "to http://other.example",
    "https://sso.example/login?token=t0ken": "to https://sso.example",
    "https://SSO.example:8443": "to https://sso.example:8443",
    "https://[": "elsewhere",
    "https://me:pass@sso.example/": "elsewhere",
    "https://evil\u00e9.example": "elsewhere",
    "https://" + "x" * 500: "elsewhere",
    "javascript:alert(1)": "elsewhere",
}


@pytest.mark.parametrize(("location", "where"), REDIRECTS.items())
def test_where_a_redirect_leads(client: Build, location: str, where: str) -> None:
    def redirected(connection: Connection) -> None:
        there = location.format(here=connection.server.url)
        lines = ["HTTP/1.1 302 Found", "Content-Length: 0"]
        lines += [f"Location: {there}"] if location else []
        connection.sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))

    with RawServer([read, redirected]) as server:
        error = lost(client, server.url)
        assert (server.connections, len(server.requests)) == (1, 1)
    assert in_words(error.why) == f"it redirects {where} (302)"
    assert error.status == 302
    assert "redirect" in step_of(error.why)


def test_a_redirect_that_leaves_tls_is_named_and_never_followed(
    client: Build, tmp_path: Path
) -> None:
    pem = certificate(tmp_path)
    with RawServer([read, answer()]) as other:
        away = other.url.replace("127.0.0.1", "localhost")
        found = answer(b"", "301 Moved", f"Location: {away}/x")
        with RawServer([tls(pem), read, found, hang_up]) as server:
            url = server.url.replace("http:", "https:")
            error = lost(client, url, ca_bundle=str(pem))
        assert other.connections == 0
    assert in_words(error.why) == f"it redirects to {away}, without TLS (301)"


def test_a_secret_address_is_not_told_by_its_redirect(clock: FixedClock) -> None:
    with RawServer([read, answer(b"", "308 Moved", "Location: https://secret.example/x")]) as one:
        line = Line("channel:x", clock, Random(1), limits=SHORT, secret_path=True)
        with open_session(line) as session, pytest.raises(ExchangeError) as error:
            session.post(one.url, data=b"{}")
    assert in_words(error.value.why) == "it redirects elsewhere (308)"


def test_a_get_says_what_to_check(client: Build) -> None:
    with RawServer([read, answer(b"", "302 Found", "Location: https://sso.example/")]) as server:
        with pytest.raises(RemoteError) as error:
            client(server.url).get("/segments")
        assert len(server.requests) == 1
    assert step_of(error.value.reason) == "Check the address: a redirect is never followed"
