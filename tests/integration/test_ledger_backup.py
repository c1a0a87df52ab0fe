"""Backups: made beside a worker, checked, never overwriting; and put back without a second gift."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.domain.plan import Mode
from connector.errors import LedgerBusyError, LedgerError, RefusedError
from connector.ledger import Committer, Ledger
from connector.ledger.backup import Restored, restore
from connector.ledger.mark import Mark, read_mark
from connector.ledger.verify import verify
from tests.support.clocks import FixedClock
from tests.support.ledger import NOW, an_attempt, new_ledger, recorded, settled, url_of

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def back(path: Path, backup: Path) -> Restored:
    return restore(path, backup, at=LATER, who="ann")


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def used(ledger: Ledger, backup: Path) -> None:
    """Back a ledger up, then let it commit."""
    waiting = recorded(ledger)
    ledger.back_up(backup)
    settled(ledger, waiting, Verdict.COMMITTED, State.COMMITTED, campaign_id=5)


def test_a_backup_is_one_whole_file_with_what_is_still_in_the_log(
    ledger: Ledger, tmp_path: Path
) -> None:
    target = tmp_path / "kept" / "b.db"
    target.parent.mkdir()
    with Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=1, host="h"):
        waiting = recorded(ledger)
        ledger.begin(waiting, an_attempt(waiting))
        ledger.back_up(target)
    assert names(target.parent) == {"b.db"}
    with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as copy:
        assert copy.execute("SELECT state FROM distribution").fetchall() == [("intent",)]
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert names(target.parent) == {"b.db"}


def test_a_backup_beside_a_writer_waits_for_nobody(ledger: Ledger, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE ledger SET generation = 99")
        ledger.back_up(tmp_path / "b.db")
        writer.execute("ROLLBACK")
    with closing(sqlite3.connect(tmp_path / "b.db")) as copy:
        assert copy.execute("SELECT generation FROM ledger").fetchone() == (0,)


@pytest.mark.parametrize("taken", ["file", "folder", "the ledger"])
def test_a_backup_never_overwrites(ledger: Ledger, tmp_path: Path, taken: str) -> None:
    target = tmp_path / ("ledger.db" if taken == "the ledger" else "b.db")
    if taken == "file":
        target.write_bytes(b"mine")
    elif taken == "folder":
        target.mkdir()
    before = names(tmp_path)
    with pytest.raises(RefusedError, match="already exists; nothing was changed"):
        ledger.back_up(target)
    assert names(tmp_path) == before
    assert taken != "file" or target.read_bytes() == b"mine"


def test_a_backup_into_no_folder_is_told(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="there is no folder"):
        ledger.back_up(tmp_path / "none" / "b.db")


def test_a_backup_that_does_not_verify_is_not_kept(ledger: Ledger, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw:
        raw.execute("DROP TRIGGER event_no_delete")
    with pytest.raises(LedgerError, match="not written, the trigger event_no_delete is missing"):
        ledger.back_up(tmp_path / "b.db")
    assert not {name for name in names(tmp_path) if name.startswith("b.db")}


def test_an_older_backup_goes_on_in_rehearsal_above_every_generation(
    ledger: Ledger, path: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "b.db"
    used(ledger, backup)
    ledger.close()
    newest = path.read_bytes()
    done = back(path, backup)
    assert done == Restored(before=0, latest=1, after=2, replaced=tmp_path / "ledger.db.replaced-1")
    assert done.replaced
    assert done.replaced.read_bytes() == newest
    assert read_mark(path) == Mark("L1", 2)
    assert verify(path) == ()
    with Ledger.open(url_of(tmp_path)) as restored:
        assert restored.mode() == Mode(rehearsal=True)
        event = restored.events()[-1]
        assert (event.verb, event.who, event.before, event.after) == (
            "restored",
            "ann",
            "live",
            "rehearsal",
        )
        assert event.details == {"from": 0, "latest": 1, "to": 2}
        waiting = restored.rows()[0].distribution
        assert waiting is not None
        with pytest.raises(RefusedError, match="rehearsal"):
            restored.begin(waiting, an_attempt(waiting))
        with pytest.raises(RefusedError, match="generation 0, and 1 was the latest"):
            restored.go_live(at=LATER, who="ann", nothing_given_yet=True)
        restored.go_live(at=LATER, who="ann", nothing_given_yet=False)
        assert restored.mode() == Mode(rehearsal=False, live_at=LATER)
    for old in (done.replaced, backup):
        shutil.copy(old, path)
        with pytest.raises(LedgerError, match="restored from an older backup or snapshot"):
            Ledger.open(url_of(tmp_path))


def test_after_the_latest_backup_a_person_may_say_that_nothing_was_given(
    ledger: Ledger, path: Path, tmp_path: Path
) -> None:
    ledger.back_up(tmp_path / "b.db")
    ledger.close()
    back(path, tmp_path / "b.db")
    with Ledger.open(url_of(tmp_path)) as restored:
        restored.go_live(at=LATER, who="ann", nothing_given_yet=True)
        assert restored.mode().nothing_given_yet


def test_after_a_backup_of_unknown_age_nobody_may(
    ledger: Ledger, path: Path, tmp_path: Path
) -> None:
    ledger.back_up(tmp_path / "b.db")
    ledger.close()
    for one in tmp_path.glob("ledger.db*"):
        one.unlink()
    back(path, tmp_path / "b.db")
    with (
        Ledger.open(url_of(tmp_path)) as restored,
        pytest.raises(RefusedError, match="nobody knows the latest"),
    ):
        restored.go_live(at=LATER, who="ann", nothing_given_yet=True)


def test_what_stood_there_is_kept_each_time(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    used(ledger, tmp_path / "b.db")
    ledger.close()
    kept = [back(path, tmp_path / "b.db").replaced for _ in range(3)]
    assert [each and each.name for each in kept] == [f"ledger.db.replaced-{n}" for n in (1, 2, 3)]
    assert read_mark(path) == Mark("L1", 4)


def test_a_log_left_behind_is_never_read_into_the_restored_file(
    ledger: Ledger, path: Path, tmp_path: Path
) -> None:
    used(ledger, tmp_path / "b.db")
    log = path.with_name("ledger.db-wal").read_bytes()
    assert log
    ledger.close()
    path.unlink()
    path.with_name("ledger.db-wal").write_bytes(log)
    done = back(path, tmp_path / "b.db")
    assert (tmp_path / "ledger.db.replaced-1-wal").read_bytes() == log
    assert done.latest == 1
    assert verify(path) == ()
    with Ledger.open(url_of(tmp_path)) as restored:
        assert restored.counts() == {"waiting": 1}


def test_a_hurt_ledger_is_replaced_and_kept(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    used(ledger, tmp_path / "b.db")
    ledger.close()
    path.write_bytes(b"\xa5" * 5000)
    assert back(path, tmp_path / "b.db").after == 2
    assert (tmp_path / "ledger.db.replaced-1").read_bytes() == b"\xa5" * 5000
    assert verify(path) == ()


def test_on_a_new_machine_nothing_tells_the_latest(ledger: Ledger, tmp_path: Path) -> None:
    used(ledger, tmp_path / "b.db")
    there = tmp_path / "new" / "ledger.db"
    assert back(there, tmp_path / "b.db") == Restored(0, None, 1, None)
    with Ledger.open(url_of(there.parent)) as restored:
        assert restored.mode().rehearsal


def test_a_ledger_without_its_mark_goes_on_from_itself(
    ledger: Ledger, path: Path, tmp_path: Path
) -> None:
    used(ledger, tmp_path / "b.db")
    ledger.close()
    path.with_name("ledger.db.mark").unlink()
    with pytest.raises(LedgerError, match=f"`connector ledger restore {path}` goes on with it"):
        Ledger.open(url_of(tmp_path))
    assert back(path, path).after == 2
    with Ledger.open(url_of(tmp_path)) as restored:
        assert restored.counts() == {"committed": 1}


def test_restore_is_refused_beside_a_worker(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    ledger.back_up(tmp_path / "b.db")
    before = path.read_bytes()
    with (
        Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=7, host="h"),
        pytest.raises(LedgerBusyError, match="process 7 on h"),
    ):
        back(path, tmp_path / "b.db")
    assert path.read_bytes() == before


def _hurt(backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    backup.write_bytes(content)


def _newer(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()


def _foreign(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as raw:
        raw.execute("UPDATE ledger SET ledger_id = 'L9'")
        raw.commit()


def _program(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as raw:
        raw.execute("PRAGMA application_id = 1")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "hurt": (_hurt, "Take another backup"),
    "newer": (_newer, "its schema 9999 is newer than this program's"),
    "of another ledger": (_foreign, "the backup is of ledger L9, but ledger L1 stands here"),
    "of another program": (_program, "belongs to another program"),
    "empty": (lambda backup: backup.write_bytes(b""), "the file is empty"),
    "text": (lambda backup: backup.write_bytes(b"hello" * 99), "not an SQLite database"),
    "none": (Path.unlink, "there is no such backup"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_backup_of_this_ledger_changes_nothing(
    ledger: Ledger, path: Path, tmp_path: Path, case: str
) -> None:
    hurt, said = REFUSED[case]
    recorded(ledger)
    folder = tmp_path / "backups"
    folder.mkdir()
    ledger.back_up(folder / "b.db")
    ledger.close()
    hurt(folder / "b.db")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()}
    with pytest.raises((LedgerError, RefusedError), match=said) as told:
        back(path, folder / "b.db")
    assert "\n" not in str(told.value)
    after = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.is_file()}
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() <= {"ledger.db.lock", "ledger.db-shm", "ledger.db-wal"}


def test_a_crash_while_restoring_leaves_a_ledger_or_a_clear_word(
    ledger: Ledger, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used(ledger, tmp_path / "b.db")
    ledger.close()
    with monkeypatch.context() as broken:
        broken.setattr("connector.ledger.backup.write_mark", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            back(path, tmp_path / "b.db")
    with Ledger.open(url_of(tmp_path)) as restored:  # in place before the mark was written
        assert (restored.generation, restored.mode().rehearsal) == (2, True)
    assert read_mark(path) == Mark("L1", 2)
