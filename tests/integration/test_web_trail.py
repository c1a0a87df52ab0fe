"""What people do at the pages' door is in the history, and no flood of it fills the ledger."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.errors import LedgerError
from connector.ledger import EventRow
from connector.ledger.verify import head_of, verify
from connector.web.trail import MOST, OTHERS, UNKNOWN, WINDOW, Trail
from tests.support.ledger import NOW, new_ledger
from tests.support.pages import PASSWORD, Served, configured, served

DOOR = ("login.began", "login.failed", "login.ended", "refused")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    new_ledger(tmp_path).close()
    (tmp_path / "mappings").mkdir()
    return tmp_path


@pytest.fixture
def pages(shop: Path) -> Iterator[Served]:
    with served(configured(shop)) as found:
        yield found


def door(shop: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Return verb, who and details of what happened at the door."""
    with closing(sqlite3.connect(f"file:{shop}/ledger.db?mode=ro", uri=True)) as raw:
        rows = raw.execute("SELECT verb, who, details FROM event ORDER BY id").fetchall()
    return [(verb, who, json.loads(details)) for verb, who, details in rows if verb in DOOR]


def test_logins_that_begin_fail_and_end_are_events(shop: Path, pages: Served) -> None:
    reader = pages.reader()
    assert reader.log_in("ada", "wrong").status_code == 401
    assert reader.log_in("ada").status_code == 303
    assert reader.say("/logout").status_code == 303
    here = {"address": "127.0.0.1"}
    assert door(shop) == [
        ("login.failed", "ada", here),
        ("login.began", "ada", here),
        ("login.ended", "ada", here),
    ]
    assert verify(shop / "ledger.db") == ()


def test_a_name_that_nobody_has_is_not_kept(shop: Path, pages: Served) -> None:
    assert pages.reader().log_in(PASSWORD, "ada").status_code == 401
    assert door(shop) == [("login.failed", UNKNOWN, {"address": "127.0.0.1"})]
    assert PASSWORD.encode() not in (shop / "ledger.db-wal").read_bytes()


def test_a_viewer_who_wants_to_act_is_an_event(shop: Path, pages: Served) -> None:
    reader = pages.known("vic")
    assert reader.say("/pauses", what="all", reason="mine").status_code == 403
    assert reader.say("/pauses", what="all", reason="mine").status_code == 403
    assert door(shop)[1:] == [("refused", "vic", {"address": "127.0.0.1", "path": "/pauses"})]


def test_a_word_refused_by_the_ledger_is_one_under_the_login_name(
    shop: Path, pages: Served
) -> None:
    reader = pages.known("ada")
    assert reader.say("/sends/nothere/approve", reason="mine").status_code in (404, 409)
    verb, who, details = door(shop)[-1]
    assert (verb, who) == ("refused", "ada")
    assert details == {"verb": "approve", "of": ["nothere"], "why": "mine"}


def test_an_export_carries_the_head_of_the_history(shop: Path, pages: Served) -> None:
    reader = pages.known("vic")
    told = reader.get("/ledger/export.csv").headers["x-history-head"]
    assert told == str(head_of(shop / "ledger.db"))


def test_a_flood_of_failed_logins_is_two_events(shop: Path) -> None:
    with served(configured(shop)) as pages:
        reader = pages.reader()
        token = reader.token("/login")
        codes = [
            reader.post("/login", {"token": token, "name": "zoe", "password": "x"}).status_code
            for _ in range(60)
        ]
        assert codes.count(429) > 50
        assert len(door(shop)) == 1
    counted = door(shop)[1:]
    assert [(verb, who, details["count"]) for verb, who, details in counted] == [
        ("login.failed", "zoe", 59)
    ]


# --- the bounds, without a server


class Kept:
    """Keeps events, or fails as a full disk does."""

    def __init__(self) -> None:
        self.rows: list[EventRow] = []
        self.full = False

    def __call__(self, events: Any) -> None:
        if self.full:
            raise LedgerError("the disk is full")
        self.rows += events


def test_a_flood_from_everywhere_is_bounded() -> None:
    kept = Kept()
    trail = Trail(kept)
    for number in range(20_000):
        trail.failed("ada", f"192.0.2.{number % 5000}", NOW)
    assert len(kept.rows) == MOST + 1
    trail.close(NOW)
    assert len(kept.rows) <= 2 * (MOST + 1)
    told = [row.details.get("count", 1) for row in kept.rows]
    assert sum(told) == 20_000
    others = [row for row in kept.rows if row.details["address"] == OTHERS]
    assert {row.who for row in others} == {UNKNOWN}


def test_what_was_counted_is_told_when_its_window_is_over() -> None:
    kept = Kept()
    trail = Trail(kept)
    for seconds in (0, 10, 20):
        trail.failed("ada", "192.0.2.1", NOW + timedelta(seconds=seconds))
    later = NOW + WINDOW
    trail.failed("ada", "192.0.2.1", later)
    first, counted, again = kept.rows
    assert (first.at, counted.at, again.at) == (NOW, later, later)
    assert counted.details == {
        "address": "192.0.2.1",
        "count": 2,
        "since": "2026-11-22T06:00:00.000000Z",
    }
    trail.close(later)
    assert len(kept.rows) == 3


def test_a_clock_that_is_set_back_does_not_stop_it() -> None:
    kept = Kept()
    trail = Trail(kept)
    trail.failed("ada", "192.0.2.1", datetime(2030, 1, 1, tzinfo=UTC))
    trail.failed("ada", "192.0.2.1", NOW)
    assert len(kept.rows) == 2


def test_a_ledger_that_cannot_be_written_turns_nobody_away(
    shop: Path, pages: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept()
    kept.full = True
    monkeypatch.setattr(pages.site.trail, "_keep", kept)
    assert pages.reader().log_in("ada", "wrong").status_code == 401
    assert pages.reader().log_in("ada").status_code == 303
    assert door(shop) == []
