"""The page on plain SQL says nothing but the truth: its views, their columns, its queries."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.ledger import Ledger
from connector.ledger.tables import VIEWS
from tests.support.ledger import (
    a_distribution,
    a_plan,
    an_entry,
    an_occurrence,
    settled,
    url_of,
)

PAGE = Path(__file__).parents[2] / "connector" / "ledger" / "README.md"
TEXT = PAGE.read_text(encoding="utf-8")
QUERIES = dict(
    re.findall(r"^([A-Z][^\n]+):\n\n```sql\n(.*?)```", TEXT, flags=re.MULTILINE | re.DOTALL)
)
SHELL = re.search(r'sqlite3 "file:ledger.db\?mode=ro" -box "(.*)"', TEXT)
TABLE = re.findall(r"^\| `(\w+)` \| [^|]+ \| `([^`]+)` \|$", TEXT, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Return a connection, for reading only, to a ledger in which something of each happened."""
    folder, now = tmp_path_factory.mktemp("sql"), datetime.now(UTC)
    with Ledger.create(url_of(folder), ledger_id="L1", at=now) as ledger:
        ledger.go_live(at=now, who="test", nothing_given_yet=True)
        for number, state in enumerate((State.WAITING, State.WAITING, State.HELD)):
            send = an_occurrence(f"taco-{number}", at=now + timedelta(hours=number + 1))
            start = now + timedelta(hours=number + 1, minutes=-10)
            offer = replace(a_distribution(send, state=state), start_time=start)
            ledger.record(a_plan(an_entry(send, offer)), at=now)
            if number < 2:
                waiting = ledger.distribution(offer.id)
                settled(ledger, waiting, Verdict.COMMITTED, State.COMMITTED, 7 + number)
            else:
                ledger.approve([offer.id], at=now, who="ada", reason="meant")
        bare = an_occurrence("bare", at=now - timedelta(days=1))
        ledger.record(a_plan(an_entry(bare)), at=now)
    with closing(sqlite3.connect(f"file:{folder / 'ledger.db'}?mode=ro", uri=True)) as found:
        yield found


def test_the_page_tells_every_view_and_column(raw: sqlite3.Connection) -> None:
    told = {view: columns.split(", ") for view, columns in TABLE}
    made = {}
    for view in VIEWS:
        columns = raw.execute(f"SELECT * FROM {view}").description  # noqa: S608
        made[view] = [column[0] for column in columns]
    assert told == made


def test_there_are_queries() -> None:
    assert len(QUERIES) == TEXT.count("```sql")
    assert len(QUERIES) >= 10


@pytest.mark.parametrize("name", QUERIES)
def test_each_query_answers(raw: sqlite3.Connection, name: str) -> None:
    found = raw.execute(QUERIES[name])
    assert len({column[0] for column in found.description}) >= 3
    assert found.fetchall(), name


def test_the_first_example_counts_by_state(raw: sqlite3.Connection) -> None:
    assert SHELL
    assert dict(raw.execute(SHELL[1])) == {"committed": 2, "held": 1}


def test_a_given_offer_tells_its_campaign(raw: sqlite3.Connection) -> None:
    found = raw.execute("SELECT campaign_id, committed_at > '2026' FROM given ORDER BY 1")
    assert found.fetchall() == [(7, 1), (8, 1)]
