"""A ledger of the schema before people's part, with rows in it, brought forward."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command

from connector.domain.distribution import Distribution, State
from connector.domain.offer import Verdict
from connector.domain.plan import approved
from connector.ledger import Ledger, schema
from connector.ledger.store import Store
from tests.support.ledger import (
    NOW,
    a_distribution,
    a_plan,
    an_entry,
    an_occurrence,
    new_ledger,
    recorded,
    settled,
    url_of,
)

DAY = timedelta(days=1)


def as_before(new: Path, old: Path) -> None:
    """Copy a ledger into the schema of before, leaving out what that did not know."""
    with closing(sqlite3.connect(new)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        stamp = raw.execute("PRAGMA application_id").fetchone()[0]
    store = Store(old, "rwc")
    with store.writing() as tx:
        config = schema._config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0003")
        tx.exec_driver_sql(f"PRAGMA application_id = {stamp}")
    store.close()
    with closing(sqlite3.connect(old)) as raw, raw:
        raw.execute("ATTACH ? AS new", (str(new),))
        names = "SELECT name FROM main.sqlite_master WHERE type = 'table'"
        for (table,) in raw.execute(names).fetchall():
            if table == "alembic_version":
                continue
            known = raw.execute("SELECT name FROM pragma_table_info(?, 'main')", (table,))
            columns = ", ".join(f'"{name}"' for (name,) in known)
            raw.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}"  # noqa: S608
            )


@pytest.fixture
def rows(tmp_path: Path) -> tuple[Distribution, Distribution]:
    """Leave an old ledger with a committed offer and an approved one that is held."""
    folder = tmp_path / "new"
    folder.mkdir()
    with new_ledger(folder) as ledger:
        done = settled(ledger, recorded(ledger), Verdict.COMMITTED, State.COMMITTED, 4711)
        other = an_occurrence("s2")
        ledger.record(a_plan(an_entry(other, a_distribution(other, state=State.HELD))), at=NOW)
        held = ledger.distribution(a_distribution(other).id)
        ledger.approve([held.id], at=NOW, who="ann", reason="fine")
    as_before(folder / "ledger.db", tmp_path / "ledger.db")
    (folder / "ledger.db.mark").rename(tmp_path / "ledger.db.mark")
    return done, held


def test_rows_seals_and_history_come_along(
    tmp_path: Path, rows: tuple[Distribution, Distribution]
) -> None:
    done, held = rows
    with Ledger.open(url_of(tmp_path)) as ledger:
        assert ledger.distribution(done.id) == done
        assert len(ledger.attempts(done.id)) == 1
        assert [each.verb for each in ledger.events()][-1] == "approved"
        # An approval that does not say for what lifts nothing: it is asked for again.
        approvals = ledger.known([], now=NOW, gap=DAY).approvals
        assert [each.code for each in approvals[held.id]] == [""]
        assert not approved(approvals, held, "is-held")


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE distribution SET ever_sealed = 0",
        "UPDATE distribution SET sealed_segment_id = NULL",
        "UPDATE attempt SET distribution = 'nix'",
    ],
)
@pytest.mark.usefixtures("rows")
def test_checks_and_references_still_hold(tmp_path: Path, wrong: str) -> None:
    Ledger.open(url_of(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw:
        raw.execute("PRAGMA foreign_keys = ON")
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute(wrong)
