"""Many readers at once: each page is read once for all of them, at one moment, and stays true."""

import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from connector.domain.distribution import State
from connector.domain.reasons import approval_required
from connector.errors import LedgerError
from connector.ledger import Committer, Ledger, glances
from connector.mapping.folder import fingerprint
from connector.web import shared
from tests.support.clocks import FixedClock
from tests.support.console import until
from tests.support.ledger import a_distribution, a_plan, an_entry, an_occurrence, url_of
from tests.support.pages import USERS, Reader, Served, configured, served

MAPPING = "version: 1\nrules:\n  - name: fries\n    match: {send: Send*}\n    redeemable: Fries\n"
HOUR = timedelta(hours=1)
STATEMENTS = {"/": 32, "/ledger": 9, "/ledger/charts": 40, "/mappings": 3, "/sends/{}": 10}
BEHIND = """
[web]
proxy_user_header = "X-Forwarded-User"
proxies = ["127.0.0.0/8"]
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop's folder with forty offers held and forty that wait."""
    folder, now = tmp_path_factory.mktemp("model"), datetime.now(UTC).replace(microsecond=0)
    (folder / "mappings").mkdir()
    (folder / "mappings" / "all.yaml").write_text(MAPPING, encoding="utf-8")
    with Ledger.create(url_of(folder), ledger_id="L1", at=now) as ledger:
        ledger.go_live(at=now, who="test", nothing_given_yet=True)
        ledger.accept_mappings(fingerprint(folder / "mappings"), {"all.yaml": MAPPING}, at=now)
        for state in (State.HELD, State.WAITING):
            _record(ledger, *(f"{state}{number}" for number in range(40)), state=state)
    return folder


def _record(ledger: Ledger, *names: str, state: State = State.WAITING) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    sends = [an_occurrence(name, at=now + 3 * HOUR) for name in names]
    offers = [a_distribution(send, state=state) for send in sends]
    if state is State.HELD:
        offers = [replace(offer, reason=approval_required("fries")) for offer in offers]
    ledger.record(a_plan(*map(an_entry, sends, offers)), at=now)


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model, tmp_path / "shop")


@pytest.fixture
def pages(folder: Path) -> Iterator[Served]:
    with served(configured(folder)) as found:
        yield found


@pytest.fixture
def beside(folder: Path, pages: Served) -> Iterator[Ledger]:
    """Return the ledger as another process has it open."""
    with Ledger.open(url_of(folder)) as ledger:
        yield ledger


@contextmanager
def counted() -> Iterator[list[str]]:
    """Give the statements that the ledger is asked meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _send(pages: Served) -> str:
    return pages.site.ledger().find("Send held0").rows[0].id


@contextmanager
def halted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[int], threading.Event]]:
    """Halt whoever reads the tally, until the event is set; give how many had read what by then."""
    seen: list[int] = []
    go_on, real = threading.Event(), glances.tally

    def tally(tx: Any) -> dict[State, int]:
        found = real(tx)
        seen.append(sum(found.values()))
        assert go_on.wait(20)
        return found

    monkeypatch.setattr(glances, "tally", tally)
    try:
        yield seen, go_on
    finally:
        go_on.set()


# --- how much is read ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", STATEMENTS)
def test_a_page_is_few_statements_at_one_moment_however_much_it_shows(
    pages: Served, path: str
) -> None:
    ada, address = pages.known(), path.format(_send(pages))
    ada.get(address)
    pages.later(seconds=2)
    with counted() as statements:
        assert ada.get(address).status_code == 200
    assert len(statements) <= STATEMENTS[path], statements
    assert statements.count("BEGIN") == 1
    with counted() as statements:
        assert ada.get(address).status_code == 200
    assert statements == []


def test_what_the_cookie_says_is_not_looked_up_again_until_something_changes(
    pages: Served, beside: Ledger
) -> None:
    ada, elsewhere = pages.known(), pages.known()
    elsewhere.get("/mappings")
    for name, value in ada.session.cookies.items():  # the same login in another tab
        elsewhere.session.cookies.set(name, value)
    ada.get("/ledger")  # last: what was made a second ago is made anew
    with counted() as statements:
        assert elsewhere.get("/ledger").status_code == 200
    assert statements == []
    login = pages.site.visitors.sessions
    (cookie,) = (value for name, value in ada.session.cookies.items() if "device" not in name)
    session = login.read(cookie, lambda _name: pages.site.visitors._proof("ada"), pages.clock.now())
    assert session
    beside.end_login(session.id, at=pages.clock.now())
    assert ada.get("/ledger").status_code == 303


def test_readers_who_ask_at_the_same_time_are_given_one_reading(
    pages: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [pages.known(name) for name in ("vic", "zoe") * 6]
    with halted(monkeypatch) as (seen, go_on), ThreadPoolExecutor(len(readers)) as pool:
        asked = [pool.submit(reader.get, "/ledger") for reader in readers]
        until(lambda: _waiting(pages) == len(readers) - 1)
        go_on.set()
        replies = [reply.result() for reply in asked]
    assert [reply.status_code for reply in replies] == [200] * len(readers)
    assert len(seen) == 1  # nothing changed, so it holds for those too who asked meanwhile


def _waiting(pages: Served) -> int:
    """Return how many readers wait for a page that is in the making."""
    return sum(len(place.lock._waiters or ()) for place in pages.site.shared._places.values())


# --- what is shown is true ----------------------------------------------------------------------


def test_whoever_asks_after_a_change_is_shown_it_though_the_page_was_in_the_making(
    pages: Served, beside: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    vic, others = pages.known("vic"), [pages.known("zoe") for _ in range(4)]
    with halted(monkeypatch) as (seen, go_on), ThreadPoolExecutor(8) as pool:
        early = pool.submit(vic.get, "/ledger")
        until(lambda: seen)
        _record(beside, "late")
        late: list[Future[Any]] = [pool.submit(reader.get, "/ledger") for reader in others]
        until(lambda: _waiting(pages) == len(others))
        go_on.set()
        assert ">40</span>" in early.result().text
        assert all(">41</span>" in reply.result().text for reply in late)
    assert seen == [80, 81]  # one more reading, for all four


@pytest.mark.parametrize("path", ["/", "/ledger"])
def test_what_another_process_writes_shows_at_once(
    pages: Served, beside: Ledger, path: str
) -> None:
    vic = pages.known("vic")
    before = vic.words(path)
    assert vic.words(path) == before
    _record(beside, "written meanwhile")
    assert "Send written meanwhile" in vic.words("/ledger?text=meanwhile")
    assert vic.words(path) != before


def test_a_decision_shows_at_once_to_everybody(pages: Served) -> None:
    ada, vic, send = pages.known(), pages.known("vic"), _send(pages)
    path = f"/sends/{send}"
    for reader in (ada, vic):
        assert "Approved by" not in reader.words(path)
    assert ada.say(f"{path}/approve", reason="they asked for it").status_code == 303
    for reader in (ada, vic):
        assert "Approved by ada" in reader.words(path)
    assert ada.say("/pauses", what="all", reason="look first").status_code == 303
    assert "look first" in vic.words("/")


def test_files_settings_and_the_worker_show_at_once(folder: Path) -> None:
    config = folder / "connector.toml"
    with served(configured(folder), config=config) as pages:
        vic = pages.known("vic")
        assert "never" not in vic.words("/mappings")
        assert _worker(vic) == "asks"  # none is at work
        more = "  - name: never\n    match: {send: Nothing}\n    ignore: never\n"
        (folder / "mappings" / "all.yaml").write_text(MAPPING + more, encoding="utf-8")
        assert "never" in vic.words("/mappings")
        now = FixedClock(datetime.now(UTC))
        with Committer.take(url_of(folder), clock=now, pid=1, host="h"):
            assert _worker(vic) == "quiet"  # one has just begun
        assert _worker(vic) == "asks"
        configured(folder, USERS.replace('"proxied@brand.com"', "newcomer"))
        pages.site.refresh(now=True)
        assert "newcomer" in vic.words("/")


def _worker(reader: Reader) -> str:
    """Return how the worker's cell looks."""
    found = re.search(r'<ul class="vitals".*?<li class="(\w+)"', reader.get("/").text, re.DOTALL)
    assert found
    return found[1]


def test_the_time_shown_goes_on(pages: Served) -> None:
    vic = pages.known("vic")
    before = _now(vic)
    pages.later(minutes=1)
    after = _now(vic)
    pages.later(minutes=-1)  # a clock that is set back
    assert before <= _now(vic) < after


def _now(reader: Reader) -> str:
    found = re.search(r'<p class="sub"><time datetime="([^"]+)"', reader.get("/").text)
    assert found
    return found[1]


def test_a_ledger_that_was_replaced_is_shown_at_once(pages: Served, folder: Path) -> None:
    vic = pages.known("vic")
    assert ">40</span>" in vic.get("/ledger").text
    with closing(sqlite3.connect(folder / "ledger.db")) as raw:
        raw.execute("VACUUM INTO ?", (str(folder / "copy.db"),)).close()
    with closing(sqlite3.connect(folder / "copy.db")) as raw, raw:
        raw.execute("UPDATE distribution SET state = 'missed' WHERE state = 'held'")
        raw.execute("PRAGMA journal_mode = WAL").close()
    (folder / "copy.db").replace(folder / "ledger.db")
    for side in ("-wal", "-shm"):
        folder.joinpath(f"ledger.db{side}").unlink(missing_ok=True)
    assert "missed <span>40" in vic.get("/ledger").text


def test_what_went_wrong_is_told_to_those_who_waited_and_tried_anew_for_the_next(
    pages: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers, tried = [pages.known("vic") for _ in range(4)], []

    def fails(_tx: Any) -> dict[State, int]:
        tried.append(1)
        until(lambda: _waiting(pages) == len(readers) - 1 or len(tried) > 1)
        raise LedgerError("hurt")

    with monkeypatch.context() as broken, ThreadPoolExecutor(4) as pool:
        broken.setattr(glances, "tally", fails)
        asked = [pool.submit(reader.get, "/ledger") for reader in readers]
        assert [reply.result().status_code for reply in asked] == [503] * 4
    assert len(tried) <= 2  # once for who asked first, once for all who asked meanwhile
    assert readers[0].get("/ledger").status_code == 200


# --- whose page it is ---------------------------------------------------------------------------


def _made_for(reader: Reader, name: str, path: str) -> str:
    """Return a reader's page, which bears their own name and the token of their login."""
    text = reader.get(path, headers=reader.session.headers).text
    assert f'<span class="who">{name}<small>' in text
    return text


@pytest.mark.parametrize("path", ["/", "/ledger", "/mappings", "/sends/{}"])
def test_each_reader_has_a_name_and_a_token_of_their_own(pages: Served, path: str) -> None:
    path = path.format(_send(pages))
    readers = {name: pages.known(name) for name in ("vic", "zoe", "ada")}
    texts = {name: _made_for(reader, name, path) for name, reader in readers.items()}
    tokens = {name: set(_tokens(text)) for name, text in texts.items()}
    assert all(len(found) == 1 for found in tokens.values())
    assert len(set.union(*tokens.values())) == len(readers)
    site = pages.site.shared
    assert not any(mark in text for text in texts.values() for mark in (site.name, site.token))
    (token,) = tokens["ada"]
    reply = readers["ada"].post("/pauses", {"token": token, "what": "all", "reason": "so"})
    assert reply.status_code == 303
    stolen = readers["vic"].post("/logout", {"token": token})
    assert stolen.status_code == 403


def _tokens(text: str) -> list[str]:
    return [part.split('"')[0] for part in text.split('name="token" value="')[1:]]


def test_what_may_be_done_is_not_shared(pages: Served) -> None:
    vic, ada, path = pages.known("vic"), pages.known(), f"/sends/{_send(pages)}"
    for first, second in ((vic, ada), (ada, vic)):
        first.get(path)
        second.get(path)
        assert "/approve" in ada.get(path).text
        assert "/approve" not in vic.get(path).text
        pages.later(seconds=2)


def test_whom_a_proxy_names_has_nothing_to_log_out_of(folder: Path) -> None:
    with served(configured(folder, BEHIND + USERS)) as pages:
        by_proxy, zoe = pages.reader(), pages.known("zoe")
        by_proxy.session.headers["X-Forwarded-User"] = "vic"
        for _ in range(2):
            assert "/logout" not in _made_for(by_proxy, "vic", "/ledger")
            assert "/logout" in _made_for(zoe, "zoe", "/ledger")


def test_a_name_from_outside_cannot_pass_for_a_mark(pages: Served, beside: Ledger) -> None:
    site = pages.site.shared
    vic = pages.known("vic")
    _record(beside, "x<b>")
    text = _made_for(vic, "vic", "/ledger?text=x")
    assert "x&lt;b&gt;" in text
    assert site.filled(site.name.encode(), "<b>&\x1b", "t") == "&lt;b&gt;&amp;\ufffd".encode()


def test_no_more_is_kept_than_fits(pages: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "MOST_PAGES", 3)
    vic = pages.known("vic")
    for number in range(6):
        assert vic.get(f"/ledger?text={number}").status_code == 200
    assert len(pages.site.shared._places) == 3
    monkeypatch.setattr(shared, "MOST_BYTES", 1)
    assert vic.get("/mappings").status_code == 200
    assert len(pages.site.shared._places) == 1
