"""A hurt, lost, old or foreign ledger stops the worker with one sentence, and nobody gets two.

The tests run as root, whom permission bits do not stop: what cannot be written is made so with
the file's immutable bit, and with a read-only connection where the file system has no such bit.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.ledger.backup import restore
from connector.ledger.verify import verify
from tests.support.console import Done, Shop, opened
from tests.support.ledger import NOW, an_attempt, ended, new_ledger, recorded, settled, url_of

PAGE = 4096
TABLES = ("ledger", "occurrence", "distribution", "attempt", "event", "approval", "remote", "world")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path / "shop") as found:
        found.live()
        yield found


def one_sentence(done: Done) -> str:
    """Return what a refused verb said; a log event or a traceback is not among it."""
    assert done.code == 1, done
    (said,) = done.said
    assert said.startswith("connector: ")
    return said


# --- the whole program: hurt after it committed, mended as the sentence says, live again


def _log_lost(ledger: Path) -> None:
    """Stand as after a crash whose log somebody deleted: the file alone, from before it."""
    shutil.copy(ledger.with_name("before.db"), ledger)


def _truncated(share: float) -> Callable[[Path], None]:
    def cut(ledger: Path) -> None:
        content = ledger.read_bytes()
        ledger.write_bytes(content[: int(len(content) * share)])

    return cut


HURT: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "zero-length": lambda ledger: ledger.write_bytes(b""),
    "truncated": _truncated(0.5),
    "its pages overwritten": lambda ledger: ledger.write_bytes(
        ledger.read_bytes()[:PAGE] + b"\xa5" * PAGE * 30
    ),
    "an old copy": _log_lost,
}


@pytest.mark.parametrize("case", HURT)
def test_the_operators_mend_gives_nothing_twice(shop: Shop, case: str) -> None:
    backup = shop.folder / "backup.db"
    assert shop.inside("ledger", "backup", str(backup)).code == 0
    shutil.copy(shop.ledger, shop.ledger.with_name("before.db"))
    shop.inside("run", "--once")
    made = sorted(one.campaign_id for one in shop.campaigns())
    assert made
    HURT[case](shop.ledger)
    assert "ledger" in one_sentence(shop.inside("run", "--once"))
    assert shop.inside("ledger", "verify").code == 1

    restored = shop.inside("ledger", "restore", str(backup))
    assert (restored.code, restored.err) == (0, "")
    assert shop.inside("ledger", "verify").out.splitlines()[0] == f"{shop.ledger}: whole"
    assert shop.inside("run", "--once").code in (0, 1)
    assert shop.inside("live").code == 0
    for _ in range(2):
        assert shop.inside("run", "--once").code in (0, 1)
        assert sorted(one.campaign_id for one in shop.campaigns()) == made
    assert {"held"} == {
        state
        for (name, _), (state, _) in shop.states().items()
        if any(one.name.startswith(f"{name} - ") for one in shop.campaigns())
    }


def test_the_configuration_of_another_brand_is_refused_by_its_ledger(shop: Shop) -> None:
    shop.inside("run", "--once")
    posts = shop.posts()
    shop.configure('base_url = "http://127.0.0.1', 'base_url = "http://localhost')
    said = one_sentence(shop.inside("run", "--once"))
    assert "the ledger knows it as 127.0.0.1" in said
    assert "connector adopt" in said
    assert shop.posts() == posts


# --- the file itself, at every length and in every table


def filled(folder: Path) -> Path:
    """Make a ledger that has something in each table, closed, in one file."""
    with new_ledger(folder) as ledger:
        ledger.meet_world({"punchh": "p"}, at=NOW)
        settled(ledger, recorded(ledger), Verdict.COMMITTED, State.COMMITTED, campaign_id=5)
    return folder / "ledger.db"


def refused(folder: Path) -> str:
    with pytest.raises(LedgerError) as told:
        Ledger.open(url_of(folder)).close()
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize("length", [1, 15, 16, 99, 100, 512, PAGE - 1, PAGE, PAGE + 1, PAGE * 9])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    assert str(path) in refused(tmp_path)
    assert verify(path)


def spoil(path: Path, table: str, junk: bytes) -> None:
    """Write junk over the first page of a table."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode = DELETE")
        (page,) = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = junk * PAGE
    path.write_bytes(content)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("junk", [b"\xa5", b"\0"], ids=["junk", "zeros"])
def test_a_corrupt_page_of_any_table_is_found(tmp_path: Path, table: str, junk: bytes) -> None:
    path = filled(tmp_path)
    spoil(path, table, junk)
    assert "ledger restore" in refused(tmp_path)
    assert verify(path)


def test_whoever_commits_nothing_opens_at_once_and_is_told_of_a_hurt_page_on_reading_it(
    tmp_path: Path,
) -> None:
    spoil(filled(tmp_path), "event", b"\xa5")
    with Ledger.open(url_of(tmp_path), whole=False) as ledger:
        assert ledger.counts() == {"committed": 1}
        with pytest.raises(LedgerError, match=r"The file is hurt; .* `connector ledger restore"):
            ledger.events()
    assert "is hurt" in refused(tmp_path)


def test_the_worker_reads_every_page_and_a_look_does_not(shop: Shop) -> None:
    shop.inside("run", "--once")
    spoil(shop.ledger, "mapping_set", b"\xa5")
    assert shop.inside("ledger", "list").code == 0
    assert "hurt" in one_sentence(shop.inside("run", "--once"))
    assert "hurt" in shop.inside("doctor").out


def test_a_log_deleted_after_a_crash_is_noticed(tmp_path: Path) -> None:
    crash = tmp_path / "crash"
    crash.mkdir()
    with new_ledger(tmp_path) as ledger:
        waiting = recorded(ledger)
        shutil.copy(tmp_path / "ledger.db", crash / "ledger.db")
        ledger.begin(waiting, an_attempt(waiting))
        shutil.copy(tmp_path / "ledger.db.mark", crash / "ledger.db.mark")
    refused(crash)


# --- what cannot be written


@contextmanager
def immutable(path: Path) -> Iterator[None]:
    changed = subprocess.run(["chattr", "+i", str(path)], check=False, capture_output=True)  # noqa: S603, S607
    if changed.returncode != 0:
        pytest.skip("this file system has no immutable bit")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=True)  # noqa: S603, S607


def begin_something(folder: Path) -> None:
    with Ledger.open(url_of(folder)) as ledger:
        waiting = ledger.rows()[0].distribution
        assert waiting is not None
        ledger.begin(waiting, an_attempt(waiting))


@pytest.mark.parametrize("what", ["ledger.db", "."], ids=["file", "folder"])
def test_what_is_read_only_is_told_and_never_begun(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    with new_ledger(folder) as ledger:
        recorded(ledger)
    with immutable(folder / what):
        with pytest.raises(LedgerError) as told:
            begin_something(folder)
        assert "\n" not in str(told.value)
    with Ledger.open(url_of(folder)) as ledger:
        assert set(ledger.counts()) <= {"waiting", "intent"}
    assert not [told for told in verify(folder / "ledger.db") if "begun" not in told]


def test_a_connection_that_may_only_read_says_so(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        waiting = recorded(ledger)
        with ledger._store.reading() as tx:
            tx.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(LedgerError, match=r"readonly database\. .* look at their rights"):
            ledger.begin(waiting, an_attempt(waiting))


FULL = """
import resource, signal, sys
from pathlib import Path
from connector.errors import LedgerError
from connector.ledger import Ledger
from tests.support.ledger import *

folder = Path(sys.argv[1])
ledger = Ledger.open(url_of(folder))
waiting = ledger.rows()[0].distribution
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = (folder / "ledger.db-wal").stat().st_size if (folder / "ledger.db-wal").exists() else 0
resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    ledger.begin(waiting, an_attempt(waiting))
except LedgerError as error:
    print(error)
else:
    print("begun")
"""


@pytest.mark.parametrize("room", [0, 10, 4000, 9000])
def test_a_full_disk_begins_nothing_or_everything(tmp_path: Path, room: int) -> None:
    """Writes fail where the file may grow no further, as they do on a full disk."""
    with new_ledger(tmp_path) as ledger:
        recorded(ledger)
    done = subprocess.run(  # noqa: S603  our own code
        [sys.executable, "-c", FULL, str(tmp_path), str(room)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Look at the disk" in done.stdout
    with Ledger.open(url_of(tmp_path)) as ledger:
        assert len(ledger.counts()) == 1
    assert not [told for told in verify(tmp_path / "ledger.db") if "begun" not in told]


def test_a_backup_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        recorded(ledger)
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from connector.errors import LedgerError; from connector.ledger import Ledger\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "ledger = Ledger.open(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, resource.RLIM_INFINITY))\n"
        "try: ledger.back_up(Path(sys.argv[2]))\n"
        "except LedgerError as error: print(error)\n"
    )
    done = subprocess.run(  # noqa: S603  our own code
        [sys.executable, "-c", code, url_of(tmp_path), str(tmp_path / "b.db")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "cannot be written" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert not list(tmp_path.glob("b.db*"))


# --- other processes

HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_held_too_long_is_told_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.ledger.store._BUSY_SECONDS", 0.2)
    with new_ledger(tmp_path) as ledger:
        waiting = recorded(ledger)
        attempt = an_attempt(waiting)
        intent = ledger.begin(waiting, attempt)
        with subprocess.Popen(  # noqa: S603  our own code
            [sys.executable, "-c", HOLD, str(tmp_path / "ledger.db")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdin
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            outcome = ended(intent, attempt, Verdict.COMMITTED, State.COMMITTED, 5)
            with pytest.raises(LedgerError, match=r"locked\. Another process has been writing"):
                ledger.settle(*outcome)
            assert ledger.distribution(waiting.id).state is State.INTENT  # readers go on
            holder.stdin.close()
        assert ledger.settle(*outcome).state is State.COMMITTED


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_ledger_taken_away_while_open_begins_nothing_more(tmp_path: Path, how: str) -> None:
    with new_ledger(tmp_path) as ledger:
        waiting = recorded(ledger)
        copy = tmp_path / "copy"
        ledger.back_up(copy)
        (tmp_path / "ledger.db").unlink()
        if how == "replaced":
            shutil.copy(copy, tmp_path / "ledger.db")
        with pytest.raises(LedgerError) as told:
            ledger.begin(waiting, an_attempt(waiting))
        assert "Stop the worker" in str(told.value)


def test_a_restored_backup_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    assert "its schema 9999 is newer" in refused(tmp_path)
    with pytest.raises(LedgerError, match="Run the newer program"):
        restore(path, path, at=NOW, who="ann")
