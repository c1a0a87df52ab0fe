"""The tables as they are, as the migration makes them, and as the domain's values want them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError

from connector.domain.distribution import Attempt, Distribution
from connector.ledger import Ledger, tables
from connector.ledger.instants import Instant, spelled
from tests.support.ledger import NOW, new_ledger, recorded


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


def made(database: Path) -> dict[str, str]:
    """Return what SQLite itself was told to make, table by table and index by index."""
    with closing(sqlite3.connect(database)) as raw:
        found = raw.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')"
            " AND sql IS NOT NULL AND name != 'alembic_version'"
        )
        return {name: " ".join(sql.split()) for name, sql in found}


def test_the_migration_makes_what_the_tables_say(ledger: Ledger, tmp_path: Path) -> None:
    with ledger._store.reading() as tx:
        context = MigrationContext.configure(
            tx, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, tables.metadata) == []
    direct = create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    tables.metadata.create_all(direct)
    direct.dispose()
    migrated = {name: sorted(sql.split(", ")) for name, sql in made(tmp_path / "ledger.db").items()}
    told = {name: sorted(sql.split(", ")) for name, sql in made(tmp_path / "direct.db").items()}
    assert _parts(migrated) == _parts(told)


def _parts(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Forget the order in which columns and constraints stand."""
    return {
        name: sorted(" ".join(parts).replace("(", " ").replace(")", " ").split())
        for name, parts in found.items()
    }


def test_a_column_for_every_field() -> None:
    apart = {"ever_sealed", "sealed_segment_id", "sealed_redeemable_uuid"}
    names = {field.name for field in fields(Distribution)}
    assert set(tables.distribution.c.keys()) - apart == names | {
        "reason_code",
        "reason_data",
        "next_step",
    }
    names = {field.name for field in fields(Attempt)}
    assert set(tables.attempt.c.keys()) == names | {"reason_data"}


def test_every_connection_is_durable(ledger: Ledger) -> None:
    with ledger._store.reading() as one, ledger._store.reading() as other:
        for tx in (one, other):
            asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            got = [tx.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]
            assert got == ["wal", 2, 1, 5000]


@pytest.mark.parametrize("change", ["UPDATE event SET who = 'nobody'", "DELETE FROM event"])
def test_events_cannot_be_changed(ledger: Ledger, tmp_path: Path, change: str) -> None:
    recorded(ledger)
    with (
        closing(sqlite3.connect(tmp_path / "ledger.db")) as raw,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        raw.execute(change)


def test_instants_are_readable_and_sort_as_text(ledger: Ledger, tmp_path: Path) -> None:
    recorded(ledger)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw:
        found = raw.execute("SELECT updated_at FROM distribution").fetchone()
    assert found == ("2026-11-22T06:00:00.000000Z",)
    moments = [NOW, NOW + timedelta(microseconds=1), NOW.replace(year=999), NOW.replace(year=9999)]
    assert sorted(map(spelled, moments)) == [spelled(moment) for moment in sorted(moments)]


def test_naive_instants_are_refused(ledger: Ledger) -> None:
    with ledger._store.reading() as tx, pytest.raises(StatementError, match="has no zone"):
        tx.execute(tables.attempt.select().where(tables.attempt.c.begun_at > datetime(2026, 1, 1)))  # noqa: DTZ001


def test_instants_come_back_in_utc_from_either_database() -> None:
    there = datetime(2026, 11, 22, 1, 0, tzinfo=timezone(timedelta(hours=-5)))
    kind, dialect = Instant(), postgresql.dialect()  # type: ignore[no-untyped-call]
    bound: Any = kind.bind_processor(dialect)(there)
    assert (bound, bound.tzinfo) == (NOW, UTC)
    read = kind.result_processor(dialect, None)(there)
    assert (read, read.tzinfo) == (NOW, UTC)
    assert kind.compile(dialect) == "TIMESTAMP WITH TIME ZONE"


def test_a_sealed_state_without_a_seal_is_impossible(ledger: Ledger) -> None:
    recorded(ledger)
    with ledger._store.reading() as tx, pytest.raises(Exception, match="state_sealed"):
        tx.execute(text("UPDATE distribution SET state = 'committed'"))
