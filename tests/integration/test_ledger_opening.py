"""Making and opening a ledger: every way in which it can be wrong, and what is said of it."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.plan import Mode
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.ledger.chain import Head
from tests.support.ledger import NOW, an_attempt, new_ledger, recorded, url_of


def refused_to_open(folder: Path, said: str) -> None:
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(LedgerError, match=re.escape(said)) as told:
        Ledger.open(url_of(folder))
    assert "\n" not in str(told.value)
    assert {path.name for path in folder.iterdir()} - before <= {"ledger.db-wal", "ledger.db-shm"}


def refused_to_create(folder: Path, said: str) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(LedgerError, match=re.escape(said)) as told:
        Ledger.create(url_of(folder), ledger_id="L2", at=NOW)
    assert "\n" not in str(told.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def begun(folder: Path) -> None:
    """Make a ledger that held one intent."""
    with new_ledger(folder) as ledger:
        waiting = recorded(ledger)
        ledger.begin(waiting, an_attempt(waiting))


def test_a_new_ledger_is_in_rehearsal_and_leaves_its_mark(tmp_path: Path) -> None:
    with new_ledger(tmp_path, live=False) as ledger:
        assert ledger.mode() == Mode(rehearsal=True)
        assert (ledger.ledger_id, ledger.generation) == ("L1", 0)
        assert json.loads((tmp_path / "ledger.db.mark").read_text()) == {
            "ledger_id": "L1",
            "generation": 0,
            "head": str(Head()),
        }
    assert {path.name for path in tmp_path.iterdir()} == {"ledger.db", "ledger.db.mark"}


def test_its_folder_is_made_too(tmp_path: Path) -> None:
    Ledger.create(f"sqlite:///{tmp_path}/a b/c%d#/l.db", ledger_id="L1", at=NOW).close()
    assert (tmp_path / "a b" / "c%d#" / "l.db").is_file()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be made"):
        Ledger.create(f"sqlite:///{tmp_path}/file/l.db", ledger_id="L1", at=NOW)


def test_create_refuses_a_ledger_already_there(tmp_path: Path) -> None:
    new_ledger(tmp_path).close()
    refused_to_create(tmp_path, "already exists")


def test_create_refuses_a_mark_without_its_ledger(tmp_path: Path) -> None:
    new_ledger(tmp_path).close()
    (tmp_path / "ledger.db").unlink()
    said = (
        f"the ledger {tmp_path / 'ledger.db'} is gone but its mark "
        f"{tmp_path / 'ledger.db.mark'} stands: restore a backup first "
        "(`connector ledger restore BACKUP`), or, if this is really a new start, move the mark away"
    )
    refused_to_create(tmp_path, said)
    refused_to_open(tmp_path, said)


def test_create_refuses_another_databases_leftovers(tmp_path: Path) -> None:
    (tmp_path / "ledger.db-wal").write_bytes(b"pages")
    refused_to_create(tmp_path, "is left over from another database")


def test_a_crash_while_creating_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "ledger.db.new").write_bytes(b"half a ledger")
    (tmp_path / "ledger.db.new-wal").write_bytes(b"half a log")
    new_ledger(tmp_path).close()
    (tmp_path / "ledger.db.mark").unlink()  # it crashed just before the mark
    Ledger.open(url_of(tmp_path)).close()
    assert (tmp_path / "ledger.db.mark").exists()


def test_two_that_create_at_once_do_not_overwrite_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_ledger(tmp_path).close()
    monkeypatch.setattr("connector.ledger.opening._refuse_to_create", lambda *_: None)
    with pytest.raises(LedgerError, match="already exists"):
        Ledger.create(url_of(tmp_path), ledger_id="L2", at=NOW)
    with Ledger.open(url_of(tmp_path)) as ledger:
        assert ledger.ledger_id == "L1"


def test_open_refuses_a_missing_ledger_and_makes_none(tmp_path: Path) -> None:
    refused_to_open(tmp_path, "there is none. `connector init` makes one")
    assert not list(tmp_path.iterdir())


def test_both_refuse_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    refused_to_open(tmp_path, "the file is empty. Put the latest backup there")
    refused_to_create(tmp_path, "the file is empty. Put the latest backup there")


def test_both_refuse_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("dear diary\n" * 50)
    refused_to_open(tmp_path, "not an SQLite database")
    refused_to_create(tmp_path, "not an SQLite database")


def test_both_refuse_a_foreign_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as foreign:
        foreign.execute("CREATE TABLE note (text)")
    refused_to_open(tmp_path, "belongs to another program")
    refused_to_create(tmp_path, "belongs to another program")


def test_open_refuses_a_folder(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    refused_to_open(tmp_path, "it is not a file. Look at ledger.url")


def test_opening_it_again_leaves_the_first_its_locks(tmp_path: Path) -> None:
    """Without them, whoever else closes it last takes away the log that the first still reads."""
    with new_ledger(tmp_path) as first, Ledger.open(url_of(tmp_path)):
        waiting = recorded(first)
        code = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('ANALYZE'); c.close()"
        )
        there = str(tmp_path / "ledger.db")
        subprocess.run([sys.executable, "-c", code, there], check=True)  # noqa: S603
        assert (tmp_path / "ledger.db-wal").exists()
        first.begin(waiting, an_attempt(waiting))


def test_open_refuses_another_ledgers_mark(tmp_path: Path) -> None:
    new_ledger(tmp_path).close()
    (tmp_path / "ledger.db.mark").write_text('{"ledger_id": "other", "generation": 0}')
    refused_to_open(tmp_path, "it is ledger L1, but its mark")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ledger_id": "L1"}', "\0"])
def test_open_refuses_a_mark_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    new_ledger(tmp_path).close()
    (tmp_path / "ledger.db.mark").write_text(text)
    refused_to_open(tmp_path, "cannot be read. Put the mark back")


def test_open_refuses_an_older_backup(tmp_path: Path) -> None:
    new_ledger(tmp_path).close()
    backup = tmp_path / "backup"
    shutil.copy(tmp_path / "ledger.db", backup)
    with Ledger.open(url_of(tmp_path)) as ledger:
        waiting = recorded(ledger)
        ledger.begin(waiting, an_attempt(waiting))
    shutil.copy(backup, tmp_path / "ledger.db")
    refused_to_open(
        tmp_path, "restored from an older backup or snapshot (generation 0, its mark says 1)"
    )


def test_open_refuses_a_used_ledger_without_its_mark(tmp_path: Path) -> None:
    begun(tmp_path)
    (tmp_path / "ledger.db.mark").unlink()
    refused_to_open(tmp_path, "is missing, so nobody can tell whether this is the latest copy")


def test_a_mark_that_lags_behind_is_brought_forward(tmp_path: Path) -> None:
    begun(tmp_path)
    mark = tmp_path / "ledger.db.mark"
    mark.write_text('{"ledger_id": "L1", "generation": 0}')  # a crash before the mark was written
    Ledger.open(url_of(tmp_path)).close()
    assert json.loads(mark.read_text())["generation"] == 1


def test_open_refuses_a_newer_schema(tmp_path: Path) -> None:
    new_ledger(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    refused_to_open(tmp_path, "its schema 9999 is newer than this program's ")


def test_open_refuses_a_hurt_database(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        recorded(ledger)
    content = bytearray((tmp_path / "ledger.db").read_bytes())
    content[4096 * 3 :] = b"\xa5" * (len(content) - 4096 * 3)
    (tmp_path / "ledger.db").write_bytes(content)
    refused_to_open(tmp_path, "Put the latest backup there: `connector ledger restore BACKUP`")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://db/x", "PostgreSQL is not supported yet; use sqlite:///…"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:///ledger.db?mode=memory", "must name a file"),
        ("mysql://db/x", "must name a file"),
        ("ledger.db", "not a database URL"),
    ],
)
def test_other_urls_are_refused(url: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said):
        Ledger.open(url)
    with pytest.raises(LedgerError, match=said):
        Ledger.create(url, ledger_id="L1", at=NOW)


def test_no_second_connection_goes_to_another_file(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, ledger._store.reading():
        (tmp_path / "ledger.db").rename(tmp_path / "away")
        shutil.copy(tmp_path / "away", tmp_path / "ledger.db")
        with pytest.raises(LedgerError, match="was replaced while it was open"):
            ledger.generation  # noqa: B018  it reads


def test_a_ledger_that_vanishes_while_open_is_noticed(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        waiting = recorded(ledger)
        ledger.check_alive()
        (tmp_path / "ledger.db").rename(tmp_path / "away")
        with pytest.raises(LedgerError, match="gone or out of reach"):
            ledger.check_alive()
        with pytest.raises(LedgerError, match="gone or out of reach"):
            ledger.begin(waiting, an_attempt(waiting))
        shutil.copy(tmp_path / "away", tmp_path / "ledger.db")
        with pytest.raises(LedgerError, match="was replaced while it was open"):
            ledger.check_alive()


def test_rehearsal_and_live(tmp_path: Path) -> None:
    later = NOW + timedelta(hours=1)
    with new_ledger(tmp_path, live=False) as ledger:
        ledger.rehearse(at=NOW, who="ann")
        assert ledger.events() == ()
        ledger.go_live(at=NOW, who="ann", nothing_given_yet=False)
        ledger.go_live(at=later, who="ann", nothing_given_yet=False)
        assert ledger.mode() == Mode(rehearsal=False, live_at=NOW)
        ledger.go_live(at=later, who="ann", nothing_given_yet=True)
        assert ledger.mode() == Mode(rehearsal=False, live_at=NOW, nothing_given_yet=True)
        ledger.rehearse(at=later, who="bob")
        assert ledger.mode() == Mode(rehearsal=True)
        ledger.go_live(at=later, who="bob", nothing_given_yet=False)
        assert ledger.mode() == Mode(rehearsal=False, live_at=later)
        told = [(each.who, each.verb) for each in ledger.events()]
    assert told == [("ann", "live"), ("ann", "live"), ("bob", "rehearsal"), ("bob", "live")]
