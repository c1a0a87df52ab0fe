"""What a stranger, another site, or somebody whose role was just taken away tries on the pages."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog

from connector.ledger import Ledger
from tests.support.ledger import NOW, new_ledger
from tests.support.pages import PASSWORD, USERS, Served, configured, served

FORM = "application/x-www-form-urlencoded"
ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.brand.com"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
]
HERE: list[dict[str, str]] = [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    new_ledger(folder).close()
    (folder / "mappings").mkdir()
    return folder


@pytest.fixture(scope="module")
def pages(folder: Path) -> Iterator[Served]:
    with served(configured(folder), config=folder / "connector.toml") as found:
        yield found


def paused(pages: Served) -> bool:
    return bool(pages.site.ledger().pauses(at=pages.clock.now()))


def test_a_decision_counts_by_the_role_at_its_end(pages: Served, folder: Path) -> None:
    ada, config = pages.known("ada"), folder / "connector.toml"
    text = config.read_text(encoding="utf-8")
    fields = {"token": ada.token(), "what": "source:braze_us", "reason": "on its way"}
    body = urlencode(fields).encode()
    cookies = "; ".join(f"{name}={value}" for name, value in ada.session.cookies.items())
    head = (
        "POST /pauses HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Cookie: {cookies}\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    host, port = pages.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 5) as line:
        line.sendall(head.encode() + body[:-1])
        assert ada.get("/mappings").status_code == 200  # the head has been read by now
        config.write_text(text.replace('"approver"', '"viewer"'), encoding="utf-8")
        try:
            pages.site.refresh(now=True)
            line.sendall(body[-1:])
            assert line.recv(65536).startswith(b"HTTP/1.1 403 ")
        finally:
            config.write_text(text, encoding="utf-8")
            pages.site.refresh(now=True)
    assert not paused(pages)


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_no_form_of_another_site_counts_even_with_its_token(
    pages: Served, headers: dict[str, str]
) -> None:
    ada, stranger = pages.known("ada"), pages.reader()
    form = {"token": ada.token(), "what": "source:braze_us", "reason": "not mine"}
    assert ada.post("/pauses", form, headers=headers).status_code == 403
    assert ada.post("/logout", {"token": ada.token()}, headers=headers).status_code == 403
    assert not paused(pages)
    form = {"token": stranger.token("/login"), "name": "ada", "password": PASSWORD}
    assert stranger.post("/login", form, headers=headers).status_code == 403


def test_a_form_that_is_refused_is_logged_and_fills_no_log(pages: Served) -> None:
    vic, stranger = pages.known("vic"), pages.reader()
    form = {"token": vic.token(), "what": "source:braze_us", "reason": "x"}
    pages.later(minutes=2)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            assert vic.post("/pauses", form).status_code == 403
            assert vic.post("/pauses", {**form, "token": "x"}).status_code == 403
            assert stranger.post("/login", {"token": "x"}).status_code == 403
    told = [(one["event"], one["path"], one["why"], one["address"]) for one in logs]
    assert told == [
        ("web.form_refused", "/pauses", "Only to look", "127.0.0.1"),
        ("web.form_refused", "/pauses", "The form is stale", "127.0.0.1"),
        ("web.form_refused", "/login", "The form is stale", "127.0.0.1"),
    ]


@pytest.mark.parametrize("headers", HERE)
def test_our_own_forms_count(pages: Served, headers: dict[str, str]) -> None:
    ada = pages.known("ada")
    for path in ("/pauses", "/pauses/end"):
        form = {"token": ada.token(), "what": "source:braze_us", "reason": "mine"}
        assert ada.post(path, form, headers=headers).status_code == 303


def test_a_page_that_shows_itself_again_keeps_no_login_alive(pages: Served) -> None:
    left, used = pages.known("vic"), pages.known("vic")
    assert 'location.replace("/?again")' in left.get("/static/app.js").text
    for _ in range(2):
        pages.later(minutes=20)
        seen = [reader.get(path) for reader, path in ((left, "/?again"), (used, "/"))]
    assert [reply.status_code for reply in seen] == [303, 200]


def test_a_login_is_of_one_browser_one_kind_and_one_ledger(pages: Served, tmp_path: Path) -> None:
    planted, vic = pages.reader(), pages.reader()
    planted.token("/login")
    vic.session.cookies.update(planted.session.cookies)
    assert vic.log_in("vic").status_code == 303
    assert planted.get("/mappings").status_code == 303  # who planted a cookie is not logged in
    name = f"connector-{pages.site.visitors.pages}"
    cookies = vic.session.cookies.get_dict()
    kept = {"session": cookies[name], "device": cookies[f"{name}-device"]}
    for kind, status in (("session", 200), ("device", 303)):
        copy = pages.reader()
        copy.session.cookies.set(name, kept[kind])
        assert copy.get("/mappings").status_code == status
    with two_ledgers(tmp_path) as (one, other):
        known, stranger = one.known("vic"), other.reader()
        (mine,) = (value for key, value in known.session.cookies.items() if "device" not in key)
        stranger.session.cookies.set(f"connector-{other.site.visitors.pages}", mine)
        assert stranger.get("/mappings").status_code == 303


@contextmanager
def two_ledgers(folder: Path) -> Iterator[tuple[Served, Served]]:
    """Serve two ledgers whose `web.secret` and users are the same, as copied configurations do."""
    with ExitStack() as stack:
        found = []
        for name in ("one", "other"):
            place = folder / name
            (place / "mappings").mkdir(parents=True)
            Ledger.create(f"sqlite:///{place}/ledger.db", ledger_id=name, at=NOW).close()
            more = f'\n[web]\nsecret = "{"s" * 32}"\n' + USERS
            found.append(stack.enter_context(served(configured(place, more))))
        yield found[0], found[1]


HEAD = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UNSURE = {  # where a request ends must not be a matter of opinion
    "two lengths": f"{HEAD}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "a length below none": f"{HEAD}Content-Length: -1\r\n\r\n",
    "a blank before the colon": f"{HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "another coding": f"{HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two hosts": f"{HEAD}Host: evil.example\r\n\r\n",
    "no host": "GET /login HTTP/1.1\r\n\r\n",
    "a header with NUL": f"{HEAD}X: a\0b\r\n\r\n",
}


@pytest.mark.parametrize("what", UNSURE)
def test_a_request_whose_end_is_unsure_is_none(pages: Served, what: str) -> None:
    assert said(pages, UNSURE[what]).startswith(b"HTTP/1.1 400 ")


def test_chunks_end_a_body_whatever_length_is_given(pages: Served) -> None:
    body = "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    host, port = pages.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 5) as line:
        for asked, status in (
            (f"{HEAD}{body}", b"415"),
            ("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", b"200"),
        ):
            line.sendall(asked.encode())
            assert line.recv(65536).startswith(b"HTTP/1.1 " + status)


def said(pages: Served, text: str) -> bytes:
    """Say this, and return all that comes back until the other side has enough."""
    host, port = pages.address.removeprefix("http://").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), 5) as line:
        line.sendall(text.encode())
        while chunk := line.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PUT", "DELETE", "CONNECT", "PROPFIND"])
def test_no_other_method_is_answered(pages: Served, method: str) -> None:
    for path in ("/", "/login", "/ledger/export.csv", "/static/app.css", "/pauses"):
        asked = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        assert said(pages, asked).startswith(b"HTTP/1.1 405 ")


TRAVERSALS = (
    "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/..%5capp.py",
    "/static//etc/passwd", "/static/app.css%00", "/static/", "//etc/passwd",
    "/ledger/export.%2e%2e%2fcsv", "/ledger/export.csv%0d%0aX:y",
)  # fmt: skip


def test_no_path_leads_out_of_the_pages(pages: Served) -> None:
    cookies = pages.known("vic").session.cookies.items()
    cookie = "; ".join(f"{name}={value}" for name, value in cookies)
    for path in TRAVERSALS:
        asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        answer = said(pages, f"{asked}Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b"\r\nX:" not in answer


def test_caches_keep_nothing_but_what_was_found(pages: Served) -> None:
    reader = pages.reader()
    kept = {
        path: reader.get(path, headers=headers).headers["cache-control"]
        for path, headers in {
            "/static/app.css": {},
            "/static/none.css": {},
            "/static/app.js": {"Host": "evil.example"},
            "/login": {},
        }.items()
    }
    assert kept.pop("/static/app.css") == "public, max-age=31536000, immutable"
    assert set(kept.values()) == {"no-store"}


@pytest.mark.parametrize("place", ["2026-01-01T00:00:00~x", "x~y", "0001-01-01T00:00:00+23:00~x"])
def test_a_place_in_the_ledger_that_was_changed_is_a_bad_request(pages: Served, place: str) -> None:
    assert pages.known("vic").get("/ledger", params={"after": place}).status_code == 400


def test_logging_out_clears_what_the_browser_kept(pages: Served) -> None:
    reply = pages.known("vic").say("/logout")
    assert reply.headers["clear-site-data"] == '"cache", "storage"'


def test_an_unknown_name_costs_what_a_known_one_does(
    pages: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured, they differ by less than the noise; here the work is compared, not the time."""
    costs: list[tuple[object, ...]] = []
    scrypt = hashlib.scrypt

    def counted(text: bytes, **more: Any) -> bytes:
        costs.append((more["n"], more["r"], more["p"]))
        return scrypt(text, **more)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    reader = pages.reader()
    form = {"token": reader.token("/login"), "password": PASSWORD + "!"}
    for name in ("ada", "nobody of that name", "proxied@brand.com"):
        assert reader.post("/login", {**form, "name": name}).status_code == 401
    assert len(costs) == 3
    assert len(set(costs)) == 1


def test_requests_that_are_none_fill_no_log(pages: Served) -> None:
    said(pages, "nonsense\r\n\r\n")
    pages.later(minutes=2)
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            assert said(pages, "nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert len(logs) == 1
    assert logs[0]["event"] == "web.server"


def test_refused_logins_fill_no_log_and_show_no_password_typed_as_a_name(pages: Served) -> None:
    reader = pages.reader()
    token = reader.token("/login")
    with structlog.testing.capture_logs() as logs:
        for _ in range(4):
            reader.post("/login", {"token": token, "name": "zoe", "password": "wrong"})
        for _ in range(30):
            reader.post("/login", {"token": token, "name": "my secret", "password": "x"})
    told = [(one["why"], one["name"], one["count"]) for one in logs]
    assert told[:4] == [("wrong", "zoe", 1)] * 4
    assert set(told[4:-1]) == {("wrong", None, 1)}
    assert told[-1] == ("too many", None, 1)  # and not one for each
    pages.later(minutes=6)
    with structlog.testing.capture_logs() as logs:
        for _ in range(6):
            reader.post("/login", {"token": token, "name": "zoe", "password": "wrong"})
    assert [(one["why"], one["name"], one["count"]) for one in logs] == [
        ("wrong", "zoe", 1),
        ("too many", "zoe", 25),
    ]
