"""A ledger of an older schema comes forward with its rows, or stays whole as it was.

Its rows are frozen: they stand as a program of that schema wrote them.
"""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, event

from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.errors import LedgerBusyError, LedgerError
from connector.ledger import Committer, Ledger, schema
from connector.ledger.mark import Mark, write_mark
from connector.ledger.store import Store
from connector.ledger.verify import verify
from tests.support.clocks import FixedClock
from tests.support.ledger import GAP, NOW, settled, url_of
from tests.support.words import in_words

OLD, NEWEST = "0001", schema.newest_revision()
AT = "2026-11-22T06:00:00.000000Z"
CLAIMED = '{"code":"claimed","params":{"rule":"fries"}}'
SAID = '{"code":"r","variant":"said","params":{"step":null,"text":"so it is: 100%"}}'
FIRST = "2026-11-24T06:00:00.000000Z"
ROWS = f"""
INSERT INTO ledger VALUES ('L1', 1, '{AT}', 0, '{AT}', 1);
INSERT INTO occurrence (key, id, source, kind, account, send_id, send_name, tags, audiences,
  scheduled_for, first_delivery, wall, zone, spread, opened_for, first_seen_at, absent_polls,
  decision, rule, reason_code, reason, reason_data, next_step, updated_at)
VALUES ('k1', 'o1', 'braze_us', 'campaign', '', 's1', 'Send s1', '[]', '[]', '{FIRST}', '{FIRST}',
  '2026-11-24T06:00', 'UTC', 'instant', '{FIRST}', '{AT}', 0, 'claimed', 'fries', 'claimed',
  'claimed by rule fries', '{CLAIMED}', '', '{AT}');
INSERT INTO distribution (id, occurrence, wanted_segment, wanted_redeemable, rule, segment,
  segment_id, redeemable, redeemable_uuid, scheduled_for, first_delivery, start_time, commit_by,
  state, reason_code, reason, reason_data, next_step, attempts, too_soon, latecomer, campaign_id,
  ever_sealed, sealed_segment_id, sealed_redeemable_uuid, version, updated_at)
VALUES ('d1', 'k1', 'vip', 'fries', 'fries', 'VIP', 7, 'Fries', 'u-1', '{FIRST}', '{FIRST}',
  '{FIRST}', '{FIRST}', 'committed', 'r', 'so it is: 100%', '{SAID}', '', 1, 0, 0, 5, 1, 7, 'u-1',
  2, '{AT}'),
  ('d2', 'k1', 'gold', 'fries', 'fries', 'Gold', 8, 'Fries', 'u-1', '{FIRST}', '{FIRST}',
  '{FIRST}', '{FIRST}', 'waiting', 'r', 'so it is: 100%', '{SAID}', '', 0, 0, 0, NULL, 0, NULL,
  NULL, 1, '{AT}');
INSERT INTO attempt (distribution, number, begun_at, external_campaign_id, request_hash,
  start_time, ended_at, verdict)
VALUES ('d1', 1, '{AT}', 'c1-x', 'h', '{FIRST}', '{AT}', 'committed');
INSERT INTO event (at, who, verb, occurrence, before, after, reason, reason_data, details)
VALUES ('{AT}', 'ann', 'live', NULL, NULL, 'live', '', NULL, '{{}}'),
  ('{AT}', 'plan', 'occurrence.opened', 'k1', NULL, 'claimed', 'claimed by rule fries.',
  '{CLAIMED}', '{{}}'),
  ('{AT}', 'zoë', 'paused', NULL, NULL, NULL, 'the “fries” are out', NULL, '{{"scope": "all"}}');
INSERT INTO approval (distribution, segment_id, at, who, reason)
VALUES ('d2', 8, '{AT}', 'ann', 'ok');
INSERT INTO remote (name, last_attempt_at, last_good_at, kinds)
VALUES ('punchh', '{AT}', '{AT}', '[]');
"""  # noqa: S608


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a ledger as the schema before the newest left it."""
    path = tmp_path / "ledger.db"
    store = Store(path, "rwc")
    with store.writing() as tx:
        config = schema._config()
        config.attributes["connection"] = tx
        tx.exec_driver_sql(f"PRAGMA application_id = {0x434E4354}")
        command.upgrade(config, OLD)
    store.close()
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(ROWS)
    write_mark(path, Mark("L1", 1))
    return path


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as raw:
        made = raw.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = {name: raw.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}  # noqa: S608
        return {**rows, "made": made}


def test_its_rows_come_forward_and_a_copy_stays(old: Path) -> None:
    before = content(old)
    with Ledger.open(url_of(old.parent)) as ledger:
        assert ledger.counts() == {"committed": 1, "waiting": 1}
        done = ledger.distribution("d1")
        assert (done.campaign_id, in_words(done.reason)) == (5, "so it is: 100%")
        assert len(ledger.attempts("d1")) == 1
        assert ledger.events()[0].who == "ann"
        assert ledger.remotes()["punchh"].last_good_at == NOW
        assert ledger.strangers({"punchh": "anywhere"}) == ()
        assert ledger.known([], now=NOW, gap=GAP).given_today == 1
        settled(ledger, ledger.distribution("d2"), Verdict.COMMITTED, State.COMMITTED, 6)
    assert content(old.with_name(f"ledger.db.before-{NEWEST}")) == before
    assert verify(old) == ()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            (
                "UPDATE distribution SET ever_sealed = 1, sealed_segment_id = 7, "
                "sealed_redeemable_uuid = 'u-1' WHERE id = 'd2'"
            ),
            "UNIQUE",
        ),
        ("UPDATE distribution SET ever_sealed = 1 WHERE id = 'd2'", "CHECK"),
        ("DELETE FROM event", "append-only"),
    ],
)
def test_its_guards_still_stand(old: Path, statement: str, said: str) -> None:
    Ledger.open(url_of(old.parent)).close()
    with (
        closing(sqlite3.connect(old)) as raw,
        pytest.raises(sqlite3.IntegrityError, match=said),
    ):
        raw.execute(statement)


def test_a_ledger_of_the_newest_schema_is_not_copied(old: Path) -> None:
    Ledger.open(url_of(old.parent)).close()
    copy = old.with_name(f"ledger.db.before-{NEWEST}")
    copy.unlink()
    Ledger.open(url_of(old.parent)).close()
    assert not copy.exists()


def test_a_hurt_one_is_never_brought_forward_not_even_in_haste(old: Path) -> None:
    with closing(sqlite3.connect(old)) as raw:
        raw.execute("PRAGMA journal_mode = DELETE")
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()
    hurt = bytearray(old.read_bytes())
    hurt[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    old.write_bytes(hurt)
    with pytest.raises(LedgerError, match="is hurt"):
        Ledger.open(url_of(old.parent), whole=False)
    assert old.read_bytes()[4096:] == hurt[4096:]
    assert not old.with_name(f"ledger.db.before-{NEWEST}").exists()


KILLS = ["migration.begins", "migration.step:1", "migration.written"]
OPEN = "import sys; from connector.ledger import Ledger; Ledger.open(sys.argv[1]).close()"


@pytest.mark.parametrize("where", KILLS)
def test_a_kill_in_the_middle_leaves_the_old_schema_whole(old: Path, where: str) -> None:
    before = content(old)
    ended = subprocess.run(  # noqa: S603  our own code
        [sys.executable, "-c", OPEN, url_of(old.parent)],
        env={"POINTS_KILL": where},
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert content(old) == before
    Ledger.open(url_of(old.parent)).close()
    assert verify(old) == ()
    assert content(old.with_name(f"ledger.db.before-{NEWEST}")) == before


def test_a_fault_at_any_statement_leaves_the_old_schema_whole(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(old)
    migrate = schema.migrate

    def failing(tx: Connection, at: int) -> None:
        passed = iter(range(1, at))

        def count(*_: object) -> None:
            if next(passed, None) is None:
                raise sqlite3.OperationalError("disk I/O error")

        event.listen(tx, "after_cursor_execute", count)
        migrate(tx)

    for at in range(1, 200):
        monkeypatch.setattr(schema, "migrate", partial(failing, at=at))
        try:
            Ledger.open(url_of(old.parent)).close()
        except LedgerError:
            assert content(old) == before, at
        else:
            break
    assert at > 9
    assert verify(old) == ()


def test_a_worker_of_the_older_program_is_not_disturbed(old: Path) -> None:
    before = content(old)
    with (
        Committer.take(url_of(old.parent), clock=FixedClock(NOW), pid=7, host="h"),
        pytest.raises(LedgerBusyError, match="process 7 on h"),
    ):
        Ledger.open(url_of(old.parent))
    assert content(old) == before


def test_a_copy_that_cannot_be_written_stops_the_migration(old: Path) -> None:
    before = content(old)
    old.with_name(f"ledger.db.before-{NEWEST}-journal").mkdir()
    with pytest.raises(LedgerError, match="no copy of it can be kept beside it"):
        Ledger.open(url_of(old.parent))
    assert content(old) == before
