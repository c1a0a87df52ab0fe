"""The history is a chain: whatever is done to it in the file, `verify` or a noted head finds it."""
# ruff: noqa: S608

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from connector.domain.pause import Pause, Scope
from connector.ledger import Ledger
from connector.ledger.chain import CONTENT, MOST_BREAKS, START, Head, link
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.mark import mark_path, read_mark
from connector.ledger.verify import head_of, verify
from tests.support.ledger import NOW, new_ledger, url_of

README = Path(__file__).parents[2] / "connector" / "ledger" / "README.md"
COUNT = 9
GUARDS = ("event_no_update", "event_no_delete")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a ledger with some history, as one file."""
    folder = tmp_path_factory.mktemp("kept")
    with new_ledger(folder) as ledger:
        for number in range(COUNT - 1):
            why = f"fries № {number}, “wrong”\n😀"
            ledger.pause(Pause(Scope.RULE, f"rule-{number}", NOW, "ann", why, None))
        ledger.back_up(folder / "copy.db")
    return (folder / "copy.db").read_bytes()


@pytest.fixture
def path(tmp_path: Path, kept: bytes) -> Path:
    (tmp_path / "ledger.db").write_bytes(kept)
    mark_path(tmp_path / "ledger.db").write_text('{"ledger_id": "L1", "generation": 0}')
    return tmp_path / "ledger.db"


def spoil(path: Path, *statements: str) -> None:
    """Write as somebody does who has the file and knows SQL: the guards go, and come back."""
    with closing(sqlite3.connect(path)) as raw:
        made = [
            raw.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
            for name in GUARDS
        ]
        for name in GUARDS:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        for sql in made:
            raw.execute(sql)
        raw.commit()


def forge(path: Path, first: int) -> None:
    """Compute every digest anew from an event on, as somebody does who knows the formula."""
    with closing(sqlite3.connect(path)) as raw:
        columns = ", ".join(f'"{name}"' for name in CONTENT)
        rows = raw.execute(f"SELECT {columns} FROM event ORDER BY id").fetchall()
    before, updates = START, []
    for row in rows:
        before = link(before, row)
        if row[0] >= first:
            updates.append(f"UPDATE event SET digest = '{before}' WHERE id = {row[0]}")
    spoil(path, *updates)


def test_the_formula_is_public_and_stays(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        first = raw.execute("SELECT * FROM event WHERE id = 1").fetchone()
        names = [column[0] for column in raw.execute("SELECT * FROM event").description]
    event = dict(zip(names, first, strict=True))
    told = ["id", "at", "who", "os_user", "verb", "occurrence", "distribution", "before", "after"]
    told += ["reason", "reason_data", "details"]
    text = "0" * 64 + json.dumps([event[name] for name in told], separators=(",", ":"))
    assert event["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert link("0" * 64, [1, "2026-11-22T06:00:00.000000Z", "zoë", None]) == (
        "a735fa7b1b601d9123c8b0f2d2eaf2f7ac79d175299b7bee72b2fea90b8e766d"
    )


def test_the_readers_own_program_finds_the_same(path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)

    def run() -> str:
        done = subprocess.run(  # noqa: S603  our own text
            [sys.executable, "-c", program],
            cwd=path.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        return done.stdout.strip() or done.stderr.splitlines()[-1]

    assert run() == str(head_of(path))
    spoil(path, "UPDATE event SET who = 'eve' WHERE id = 5")
    assert run() == "AssertionError: event 5 does not follow"


def test_what_nobody_touched_is_whole(path: Path) -> None:
    assert verify(path) == ()
    found = head_of(path)
    assert found is not None
    assert found.number == COUNT
    assert verify(path, noted=found) == ()
    assert Head.parse(str(found)) == found


def _changed(name: str) -> str:
    value = {"id": "100", "reason_data": '\'{"code":"live"}\''}.get(name, "'x'")
    return f'UPDATE event SET "{name}" = {value} WHERE id = 5'


def _swapped(one: int, other: int) -> list[str]:
    moves = ((one, 1000), (other, one), (1000, other))
    return [f"UPDATE event SET id = {after} WHERE id = {before}" for before, after in moves]


COPY = (
    "INSERT INTO event SELECT {}, at, 'eve', verb, occurrence, distribution, before, after, reason,"
    " reason_data, details, os_user, digest FROM event WHERE id = {}"
)
SPOILED: dict[str, list[str]] = {
    **{f"{name} rewritten": [_changed(name)] for name in (*CONTENT, "digest")},
    "the first rewritten": ["UPDATE event SET who = 'eve' WHERE id = 1"],
    "the last rewritten": [f"UPDATE event SET who = 'eve' WHERE id = {COUNT}"],
    "bytes instead of text": ["UPDATE event SET details = X'00ff' WHERE id = 5"],
    "the first removed": ["DELETE FROM event WHERE id = 1"],
    "one removed": ["DELETE FROM event WHERE id = 5"],
    "one removed, and the rest moved up": [
        "DELETE FROM event WHERE id = 5",
        *(f"UPDATE event SET id = {id_ - 1} WHERE id = {id_}" for id_ in range(6, COUNT + 1)),
    ],
    "two swapped": _swapped(4, 5),
    "the last two swapped": _swapped(COUNT - 1, COUNT),
    "one inserted at the end": [COPY.format(COUNT + 1, COUNT)],
    "one inserted far behind": [COPY.format(1000, COUNT)],
    "one inserted between": [
        *(f"UPDATE event SET id = {id_ + 1} WHERE id = {id_}" for id_ in range(COUNT, 4, -1)),
        COPY.format(5, 4),
    ],
}


@pytest.mark.parametrize("case", SPOILED)
def test_what_breaks_the_chain_is_found(path: Path, case: str) -> None:
    spoil(path, *SPOILED[case])
    found = verify(path)
    assert found
    assert all(line.startswith("history: ") and "\n" not in line for line in found)


def test_the_place_is_named(path: Path) -> None:
    spoil(path, "UPDATE event SET reason = 'meant' WHERE id = 5")
    (line,) = verify(path)
    assert "event 5 does not follow" in line
    spoil(path, "DELETE FROM event WHERE id IN (6, 7)")
    assert "events 6 to 7 are missing" in verify(path)[-1]


def test_a_digest_that_was_computed_anew_breaks_the_next(path: Path) -> None:
    spoil(path, "UPDATE event SET who = 'eve' WHERE id = 5")
    with closing(sqlite3.connect(path)) as raw:
        columns = ", ".join(f'"{name}"' for name in CONTENT)
        row = raw.execute(f"SELECT {columns} FROM event WHERE id = 5").fetchone()
        (before,) = raw.execute("SELECT digest FROM event WHERE id = 4").fetchone()
    spoil(path, f"UPDATE event SET digest = '{link(before, row)}' WHERE id = 5")
    (line,) = verify(path)
    assert "event 6 does not follow" in line


def test_a_history_that_is_broken_everywhere_is_told_in_few_lines(path: Path) -> None:
    with Ledger.open(url_of(path.parent)) as ledger:
        for number in range(MOST_BREAKS + 5):
            ledger.pause(Pause(Scope.RULE, f"more-{number}", NOW, "ann", "so", None))
    spoil(path, "UPDATE event SET who = 'eve'")
    assert len(verify(path)) == MOST_BREAKS + 1


@pytest.mark.parametrize("kept_rows", [0, 1, COUNT - 1])
def test_only_a_noted_head_tells_of_a_lost_end(path: Path, kept_rows: int) -> None:
    noted = head_of(path)
    spoil(path, f"DELETE FROM event WHERE id > {kept_rows}")
    assert verify(path) == ()
    (line,) = verify(path, noted=noted)
    assert f"it went on to event {COUNT}, and now ends at {kept_rows}" in line


def test_a_history_written_anew_has_another_head(path: Path) -> None:
    noted = head_of(path)
    spoil(path, "UPDATE event SET who = 'eve' WHERE id = 3")
    forge(path, 3)
    assert verify(path) == ()
    (line,) = verify(path, noted=noted)
    assert f"event {COUNT} has another digest" in line


def test_a_head_noted_earlier_stays_true(path: Path) -> None:
    noted = head_of(path)
    with Ledger.open(url_of(path.parent)) as ledger:
        ledger.rehearse(at=NOW, who="ann")
    assert head_of(path) != noted
    assert verify(path, noted=noted) == ()
    assert verify(path, noted=Head()) == ()


def test_the_mark_knows_the_head(path: Path) -> None:
    with new_ledger(path.parent / "other") as ledger:
        mark = read_mark(path.parent / "other" / "ledger.db")
        assert mark is not None
        assert mark.head == Head()
        ledger.rehearse(at=NOW, who="ann")
    noted = head_of(path)
    mark_path(path).write_text(json.dumps({"ledger_id": "L1", "generation": 0, "head": str(noted)}))
    assert verify(path) == ()
    spoil(path, f"DELETE FROM event WHERE id = {COUNT}")
    (line,) = verify(path)
    assert "not the one that its mark knows" in line


THINGS: dict[str, tuple[list[str], str]] = {
    "a foreign trigger": (
        ["CREATE TRIGGER quiet AFTER INSERT ON event BEGIN UPDATE pause SET who = 'x'; END"],
        "the trigger quiet is not the connector's",
    ),
    "a foreign trigger elsewhere": (
        ["CREATE TRIGGER q AFTER UPDATE ON distribution BEGIN DELETE FROM approval; END"],
        "the trigger q is not the connector's",
    ),
    "a trigger that does nothing": (
        [
            "DROP TRIGGER event_no_update",
            "CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT 1; END",
        ],
        "the trigger event_no_update was changed",
    ),
    "a trigger of the same name elsewhere": (
        [
            "DROP TRIGGER event_no_delete",
            (
                "CREATE TRIGGER event_no_delete BEFORE DELETE ON pause"
                " BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
            ),
        ],
        "the trigger event_no_delete was changed",
    ),
    "an index that is not unique any more": (
        [
            "DROP INDEX distribution_sealed_once",
            "CREATE INDEX distribution_sealed_once ON distribution (occurrence)",
        ],
        "the index distribution_sealed_once was changed",
    ),
    "a view that leaves something out": (
        ["DROP VIEW history", "CREATE VIEW history AS SELECT * FROM event WHERE who != 'eve'"],
        "the view history was changed",
    ),
}


@pytest.mark.parametrize("case", THINGS)
def test_what_was_put_into_the_schema_is_found(path: Path, case: str) -> None:
    statements, told = THINGS[case]
    with closing(sqlite3.connect(path)) as raw:
        for statement in statements:
            raw.execute(statement)
        raw.commit()
    (line,) = verify(path)
    assert told in line


def test_people_may_add_tables_views_and_indexes_of_their_own(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE _replica (id INTEGER)")
        raw.execute("CREATE VIEW mine AS SELECT * FROM offers")
        raw.execute("CREATE INDEX by_who ON event (who)")
        raw.commit()
    assert verify(path) == ()


def test_writers_side_by_side_make_one_chain(path: Path) -> None:
    def write(writer: int) -> None:
        with Ledger.open(url_of(path.parent), whole=False) as ledger:
            for number in range(8):
                name = f"{writer}-{number}"
                ledger.pause(Pause(Scope.RULE, name, NOW, f"w{writer}", "so", None))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    found = head_of(path)
    assert found is not None
    assert found.number == COUNT + 32
    assert verify(path) == ()


def test_a_refused_transaction_leaves_no_link(path: Path) -> None:
    before = head_of(path)

    def fail(ledger: Ledger) -> None:
        with ledger._store.writing() as tx:
            add_events(tx, [EventRow(NOW, "ann", Verb.PAUSED, "so")])
            raise ZeroDivisionError

    with Ledger.open(url_of(path.parent)) as ledger, pytest.raises(ZeroDivisionError):
        fail(ledger)
    assert head_of(path) == before
    assert verify(path) == ()
