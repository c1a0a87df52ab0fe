"""The door to the pages: who gets in, for how long, and what everybody else is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.ledger import new_ledger
from tests.support.pages import PASSWORD, USERS, Reader, Served, configured, served, words

PAGES = ("/", "/ledger", "/ledger/charts", "/ledger/export.csv", "/mappings", "/sends/x")
WORDS = (
    "/sends/x/approve", "/sends/x/resolve", "/sends/x/retry", "/sends/x/acknowledge",
    "/sends/x/recommit", "/held/approve", "/pauses", "/pauses/end",
)  # fmt: skip
BEHIND = """
[web]
hosts = ["connector.brand.com"]
proxy_user_header = "X-Forwarded-User"
proxies = ["127.0.0.0/8"]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    new_ledger(folder).close()
    (folder / "mappings").mkdir()
    return folder


@pytest.fixture(scope="module")
def pages(shop: Path) -> Iterator[Served]:
    with served(configured(shop)) as found:
        yield found


@pytest.fixture(scope="module")
def proxied(shop: Path) -> Iterator[Served]:
    with served(configured(shop, BEHIND + USERS)) as found:
        yield found


def test_nobody_sees_a_page_without_a_login(pages: Served) -> None:
    for path in PAGES:
        reply = pages.reader().get(path)
        assert reply.status_code == 303
        assert reply.headers["location"].startswith("/login?next=")
        assert reply.text == ""


def test_nobody_says_a_word_without_a_login(pages: Served) -> None:
    for path in WORDS:
        reply = pages.reader().post(path, {"reason": "so"})
        assert reply.status_code == 401
        assert "Log in, and say it again" in reply.text


def test_who_logs_in_comes_back_to_the_page_that_was_asked_for(pages: Served) -> None:
    reader = pages.reader()
    asked = reader.get("/ledger?state=held")
    path = asked.headers["location"]
    assert 'name="next" value="/ledger?state=held"' in reader.get(path).text
    form = {"token": reader.token(path), "next": "/ledger?state=held"}
    done = reader.post("/login", {**form, "name": "ada", "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/ledger?state=held")
    assert "ada approver" in reader.words("/ledger?state=held")
    assert reader.get("/login").status_code == 303


@pytest.mark.parametrize(
    "asked", ["//evil.com", "https://evil.com", "/\\evil.com", "javascript:x", "/a\r\nX: y", ""]
)
def test_a_login_leads_nowhere_else(pages: Served, asked: str) -> None:
    reader = pages.reader()
    form = {"token": reader.token("/login"), "next": asked, "name": "ada", "password": PASSWORD}
    assert reader.post("/login", form).headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_name_are_told_alike(pages: Served) -> None:
    told = set()
    for name, password in (("ada", "wrong"), ("nobody", PASSWORD), ("proxied@brand.com", "")):
        reply = pages.reader().log_in(name, password)
        assert reply.status_code == 401
        told.add(words(reply.text))
    assert len(told) == 1
    assert "Wrong name or password" in told.pop()


def test_too_many_wrong_passwords_have_to_wait(pages: Served) -> None:
    reader = pages.reader()
    for _ in range(5):
        assert reader.log_in("zoe", "wrong").status_code == 401
    reply = reader.log_in("zoe", PASSWORD)
    assert reply.status_code == 429
    assert 0 < int(reply.headers["retry-after"]) <= 300
    assert "Try again in 5 minutes" in reply.text
    assert reader.log_in("vic").status_code == 303


@pytest.mark.parametrize("host", ["", "connector.brand.com"])
def test_the_cookie_is_for_us_alone(proxied: Served, host: str) -> None:
    headers = {"Host": host} if host else {}
    told = proxied.reader().get("/login", headers=headers).headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=strict" in told
    assert ("secure" in told) == bool(host)
    assert told.startswith("__host-connector-" if host else "connector-")


def test_a_login_ends_when_it_is_idle_or_too_old(pages: Served) -> None:
    reader = pages.known()
    pages.later(minutes=29)
    assert reader.get("/ledger").status_code == 200
    pages.later(minutes=29)
    assert reader.get("/ledger").status_code == 200
    pages.later(minutes=31)
    assert reader.get("/ledger").status_code == 303
    reader = pages.known()
    for _ in range(30):
        pages.later(minutes=25)
        last = reader.get("/ledger")
    assert last.status_code == 303


def test_logging_out_ends_it_for_a_copy_of_the_cookie_too(pages: Served) -> None:
    reader, copy = pages.known(), pages.reader()
    copy.session.cookies.update(reader.session.cookies)
    assert copy.get("/ledger").status_code == 200
    assert reader.say("/logout").headers["location"] == "/login"
    assert reader.get("/ledger").status_code == 303
    assert copy.get("/ledger").status_code == 303


def test_a_cookie_outlives_the_server_but_not_a_new_password(shop: Path) -> None:
    with served(configured(shop)) as first:
        cookies = first.known().session.cookies.copy()
    with served(configured(shop)) as second:
        kept = second.reader()
        kept.session.cookies.update(cookies)
        assert kept.get("/ledger").status_code == 200
    digits = "A" * 43
    other = USERS.replace(USERS.split('password_hash = "')[1].split('"')[0][-43:], digits)
    with served(configured(shop, "[web]\n" + other)) as third:
        kept = third.reader()
        kept.session.cookies.update(cookies)
        assert kept.get("/ledger").status_code == 303


def test_a_word_needs_the_token_of_its_own_session(pages: Served) -> None:
    ada, vic = pages.known(), pages.known("vic")
    for token in ("", "x", vic.token()):
        reply = ada.post("/pauses", {"token": token, "what": "all", "reason": "so"})
        assert reply.status_code == 403
        assert "stale" in reply.text
    assert ada.post("/logout", {"token": "x"}).status_code == 403
    fresh = pages.reader()
    assert fresh.post("/login", {"name": "ada", "password": PASSWORD}).status_code == 403
    assert pages.site.ledger().pauses(at=pages.clock.now()) == ()


def test_a_viewer_sees_all_and_says_nothing(pages: Served) -> None:
    vic = pages.known("vic")
    for path in ("/", "/ledger", "/mappings"):
        assert vic.get(path).status_code == 200
    assert "<textarea" not in vic.get("/").text
    for path in WORDS:
        reply = vic.say(path, what="all", reason="so")
        assert reply.status_code == 403
        assert "vic is a viewer" in reply.text
    assert pages.site.ledger().pauses(at=pages.clock.now()) == ()


def test_only_forms_of_a_bearable_size_are_read(pages: Served) -> None:
    ada = pages.known()
    token = ada.token()
    json = ada.session.post(f"{pages.address}/pauses", json={"token": token}, timeout=9)
    assert json.status_code == 415
    assert ada.post("/pauses", {"token": token, "reason": "x" * 70_000}).status_code == 413
    many = {f"f{number}": "x" for number in range(60)}
    assert ada.post("/pauses", {"token": token, **many}).status_code == 400
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    broken = ada.session.post(
        f"{pages.address}/pauses", data=b"token=%ff\xff", headers=headers, timeout=9
    )
    assert broken.status_code == 400


def test_every_answer_tells_a_browser_what_it_may_do(pages: Served) -> None:
    ada = pages.known()
    paths = ("/", "/login", "/nothing", "/ledger/export.json", "/static/app.css", "/sends/nothing")
    for path in paths:
        headers = ada.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert ("no-store" in headers["cache-control"]) != path.startswith("/static/")
        assert "server" not in headers
    assert "immutable" in ada.get("/static/app.css").headers["cache-control"]


@pytest.mark.parametrize("host", ["evil.com", "evil.com:8080", "127.0.0.1.evil.com", "[::2]", ""])
def test_a_name_that_is_not_ours_is_not_answered(pages: Served, host: str) -> None:
    reply = pages.reader().get("/login", headers={"Host": host})
    assert reply.status_code in {400, 421}
    assert "<form" not in reply.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8080"])
def test_this_machines_names_are_ours(pages: Served, host: str) -> None:
    assert pages.reader().get("/login", headers={"Host": host}).status_code == 200


def test_what_is_not_there_is_told(pages: Served) -> None:
    reader = pages.reader()
    assert reader.get("/nothing").status_code == 404
    assert reader.get("/static/../app.py").status_code == 404
    assert reader.get("/static/%2e%2e/app.py").status_code == 404
    assert reader.post("/ledger", {}).status_code == 405


def test_the_login_page_says_when_nobody_can_log_in(shop: Path) -> None:
    with served(configured(shop, "[web]\nport = 0\n")) as pages:
        assert "hash-password" in pages.reader().words("/login")


# --- behind a reverse proxy


def by_proxy(pages: Served, *names: str, peer: str = "") -> requests.Response:
    reader = pages.reader()
    headers = {"X-Forwarded-User": ",".join(names)} if names else {}
    return reader.get("/ledger", headers=headers)


def test_the_proxys_word_is_believed(proxied: Served) -> None:
    reply = by_proxy(proxied, "proxied@brand.com")
    assert reply.status_code == 200
    assert "proxied@brand.com approver" in words(reply.text)
    assert "Log out" not in reply.text


def test_somebody_whom_only_the_proxy_knows_is_told_so(proxied: Served) -> None:
    reply = by_proxy(proxied, "eve")
    assert reply.status_code == 403
    assert "[web.users] has no such name" in reply.text


def test_without_the_proxys_word_one_logs_in(proxied: Served) -> None:
    assert by_proxy(proxied).status_code == 303
    assert proxied.known("vic").get("/ledger").status_code == 200


def test_a_word_by_proxy_needs_a_token_too(proxied: Served) -> None:
    reader = Reader(proxied.address)
    reader.session.headers["X-Forwarded-User"] = "proxied@brand.com"
    assert reader.post("/pauses", {"what": "all", "reason": "so"}).status_code == 403
    assert reader.say("/pauses", what="all", reason="so").status_code == 303
    ledger = proxied.site.ledger()
    assert ledger.events()[-1].who == "proxied@brand.com"
    assert reader.say("/pauses/end", what="all", reason="so").status_code == 303


def test_a_header_from_elsewhere_is_not_believed(shop: Path) -> None:
    elsewhere = BEHIND.replace("127.0.0.0/8", "10.0.0.0/8")
    with served(configured(shop, elsewhere + USERS)) as pages:
        assert by_proxy(pages, "proxied@brand.com").status_code == 303
