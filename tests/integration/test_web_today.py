"""Today's first lines: how the connector fares; and what is asked of whom after a decision."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.domain.reasons import approval_required
from connector.domain.standing import RemoteNote
from connector.ledger import Committer, Ledger
from connector.mapping.folder import fingerprint
from tests.support.clocks import FixedClock
from tests.support.ledger import (
    a_distribution,
    a_plan,
    an_attempt,
    an_entry,
    an_occurrence,
    ended,
    replanned,
    url_of,
)
from tests.support.pages import Reader, Served, configured, served
from tests.support.words import saying

HOUR = timedelta(hours=1)
MAPPING = "version: 1\nrules:\n  - name: fries\n    match: {send: Send*}\n    redeemable: Fries\n"
CHANNEL = '[alerts.channels.slack]\nkind = "webhook"\nurl = "https://hooks.example.com/x"\n'


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "mappings").mkdir()
    (folder / "mappings" / "all.yaml").write_text(MAPPING, encoding="utf-8")
    with Ledger.create(url_of(folder), ledger_id="L1", at=now) as ledger:
        ledger.go_live(at=now, who="test", nothing_given_yet=True)
        _held(ledger, "near", now + HOUR)  # it also needs attention: its deadline is near
        _held(ledger, "far", now + 72 * HOUR)
        send = an_occurrence("lost", at=now + 3 * HOUR)
        ledger.record(a_plan(an_entry(send, a_distribution(send))), at=now)
        waiting = ledger.distribution(ledger.find("Send lost").rows[0].id)
        attempt = an_attempt(waiting, at=now - HOUR)
        intent = ledger.begin(waiting, attempt)
        ledger.settle(*ended(intent, attempt, Verdict.UNKNOWN, State.UNKNOWN))
    return folder


def _held(ledger: Ledger, name: str, at: datetime) -> None:
    send = an_occurrence(name, at=at)
    offer = replace(a_distribution(send, state=State.HELD), reason=approval_required("fries"))
    ledger.record(a_plan(an_entry(send, offer)), at=at)


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model, tmp_path / "shop")


@pytest.fixture
def pages(folder: Path) -> Iterator[Served]:
    with served(configured(folder)) as found:
        yield found


@pytest.fixture
def ada(pages: Served) -> Reader:
    return pages.known()


def id_of(pages: Served, name: str) -> str:
    return pages.site.ledger().find(f"Send {name}").rows[0].id


def vitals(reader: Reader) -> dict[str, str]:
    """Return the level of each cell on top, by its name."""
    top = reader.get("/").text.split('<ul class="vitals"')[1].partition("</ul>")[0]
    cells = re.findall(r'<li class="(\w+)">.*?<span class="dim">([\w ]+)</span>', top, re.DOTALL)
    return {name: level for level, name in cells}


def test_trouble_stands_above_all_else(pages: Served, ada: Reader, folder: Path) -> None:
    ledger, now = pages.site.ledger(), pages.clock.now()
    long_ago = now - 3 * HOUR
    ledger.accept_mappings(fingerprint(folder / "mappings"), {"all.yaml": MAPPING}, at=now)
    ledger.note_remotes(
        [RemoteNote("braze_us", long_ago, long_ago, saying("unreadable", "no answer"))]
    )
    (folder / "mappings" / "all.yaml").write_text("version: 7\n", encoding="utf-8")
    assert vitals(ada) == {
        "Worker": "failed",
        "Remotes": "asks",
        "Mappings": "failed",
        "Alerts": "asks",
        "Last backup": "asks",
    }
    text = ada.get("/").text
    assert text.index('class="vitals"') < text.index('id="needs"')
    assert "pill live" not in text
    assert "empty good" not in text


def test_all_is_well_only_where_it_is(folder: Path) -> None:
    with served(configured(folder, CHANNEL)) as pages:
        ada, ledger, now = pages.known(), pages.site.ledger(), pages.clock.now()
        ledger.accept_mappings(fingerprint(folder / "mappings"), {"all.yaml": MAPPING}, at=now)
        ledger.note_remotes([RemoteNote(name, now, now) for name in ("braze_us", "punchh")])
        ledger.note_backup(at=now)
        well = dict.fromkeys(("Remotes", "Mappings", "Alerts", "Last backup"), "given")
        assert vitals(ada) == {"Worker": "asks", **well}  # asked just now, and none is at work
        assert "pill live" not in ada.get("/").text
        with Committer.take(url_of(folder), clock=FixedClock(now), pid=1, host="h"):
            assert vitals(ada) == {"Worker": "given", **well}
            assert "pill live" in ada.get("/").text


def test_an_empty_ledger_does_not_say_that_all_is_well(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPING, encoding="utf-8")
    Ledger.create(url_of(tmp_path), ledger_id="L1", at=now).close()
    with served(configured(tmp_path)) as pages:
        ada = pages.known()
        text = ada.get("/").text
        assert "empty good" not in text
        assert "pill rehearsal" in text
        assert vitals(ada) == {
            "Worker": "asks",
            "Remotes": "quiet",
            "Mappings": "quiet",
            "Alerts": "asks",
            "Last backup": "quiet",
        }


def test_a_configuration_with_mistakes_is_said_and_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.web.site.REREAD_SECONDS", 0.0)
    config = folder / "connector.toml"
    with served(configured(folder), config=config) as pages:
        ada = pages.known()
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace('role = "approver"', 'role = "owner"', 1), encoding="utf-8")
        assert "web.users.ada.role" in ada.words("/")
        assert "ada approver" in ada.words("/")
        config.write_text(text, encoding="utf-8")
        assert "web.users.ada.role" not in ada.words("/")


# --- after a decision


@pytest.mark.parametrize("name", ["near", "far"])
def test_what_was_approved_is_not_asked_again(pages: Served, ada: Reader, name: str) -> None:
    offer = id_of(pages, name)
    path = f"/sends/{offer}"
    assert f'action="{path}/approve"' in ada.get(path).text
    assert (f'{path}">Decide' in ada.get("/").text) == (name == "near")
    ada.say(f"{path}/approve", reason="it is meant")
    for page in (ada.get(path).text, ada.get("/").text):
        assert f'action="{path}/approve"' not in page
        assert f'{path}">Decide' not in page
        assert "Approved by ada" in page
    assert "What to do" not in ada.get(path).text
    _changed(pages, offer)  # and what was approved is another offer now
    assert f'action="{path}/approve"' in ada.get(path).text
    assert "Approved by ada" not in ada.get(path).text


def _changed(pages: Served, offer: str) -> None:
    """Let a plan find another segment of that name."""
    ledger = pages.site.ledger()
    (row,) = ledger.find(offer).rows
    was = ledger.distribution(offer)
    becomes = replace(was, segment_id=99, version=was.version + 1)
    ledger.record(replanned(row.occurrence, was, becomes), at=pages.clock.now())


def test_a_viewer_is_told_who_decides_and_not_to_do_it(pages: Served, ada: Reader) -> None:
    vic = pages.known("vic")
    for name in ("near", "far", "lost"):
        path = f"/sends/{id_of(pages, name)}"
        mine, theirs = vic.get(path).text, ada.get(path).text
        assert "below" not in mine
        assert "connector ledger" not in mine.partition('id="events"')[0]
        assert "<textarea" not in mine
        assert "Only an approver can decide about this: ada, proxied@brand.com" in mine
        assert "Only an approver" not in theirs
        assert "<textarea" in theirs
    today = vic.words("/")
    assert "Decide" not in today
    assert "connector ledger backup" not in today
    assert "connector ledger backup" in ada.words("/")
    assert "View" in today
    assert "Only an approver can decide" in today
