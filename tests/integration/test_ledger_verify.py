"""`verify` finds what is wrong with a ledger, all of it, and changes nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from connector.domain.distribution import Distribution, State
from connector.domain.offer import Verdict
from connector.ledger import Committer, Ledger
from connector.ledger.verify import verify
from tests.support.clocks import FixedClock
from tests.support.ledger import (
    NOW,
    a_distribution,
    a_plan,
    an_attempt,
    an_entry,
    an_occurrence,
    new_ledger,
    settled,
    url_of,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def offers(ledger: Ledger) -> tuple[Distribution, Distribution]:
    """Record a send with two offers, to two segments."""
    occurrence = an_occurrence()
    both = (a_distribution(occurrence), a_distribution(occurrence, wanted="gold", segment_id=8))
    ledger.record(a_plan(an_entry(occurrence, *both)), at=NOW)
    return ledger.distribution(both[0].id), ledger.distribution(both[1].id)


def spoil(path: Path, *statements: str) -> None:
    """Write past every guard, as a bug or a person with a tool would."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            raw.execute(statement)
        raw.commit()


def test_a_ledger_in_use_is_whole(ledger: Ledger, path: Path) -> None:
    first, second = offers(ledger)
    settled(ledger, first, Verdict.COMMITTED, State.COMMITTED, campaign_id=5)
    settled(ledger, second, Verdict.UNKNOWN, State.UNKNOWN)
    before = path.read_bytes()
    assert verify(path) == ()
    assert path.read_bytes() == before


SEALED = "UPDATE distribution SET state='committed', campaign_id=9, ever_sealed=1, attempts=1, "
SPOILED = {
    "a campaign lost": (
        ["UPDATE distribution SET campaign_id = NULL WHERE id = '{0}'"],
        ["{0}: committed without a campaign (committed)"],
    ),
    "an attempt lost": (
        ["DELETE FROM attempt"],
        ["{0}: sealed without an attempt (committed)"],
    ),
    "a gap in the attempts": (
        ["UPDATE attempt SET number = 2"],
        ["{0}: an attempt is missing among its attempts"],
    ),
    "no seal": (
        ["UPDATE distribution SET ever_sealed = 0 WHERE id = '{0}'"],
        ["{0}: in a sealed state without a seal (committed)"],
    ),
    "no such state": (
        ["UPDATE distribution SET state = 'Committed' WHERE id = '{1}'"],
        ["{1}: no state of that name (Committed)"],
    ),
    "no send": (
        ["DELETE FROM occurrence"],
        [
            "row 1 of table distribution: its occurrence is missing",
            "row 2 of table distribution: its occurrence is missing",
        ],
    ),
    "no trigger": (
        ["DROP TRIGGER event_no_delete"],
        ["the trigger event_no_delete is missing"],
    ),
    "no index": (
        ["DROP INDEX distribution_sealed_once"],
        ["the index distribution_sealed_once is missing"],
    ),
    "another identity": (
        ["INSERT INTO ledger SELECT 'L2', 9, created_at, 0, NULL, 0, NULL, NULL, NULL FROM ledger"],
        ["the ledger has 2 identities, not one"],
    ),
    "an older schema": (
        ["UPDATE alembic_version SET version_num = '0001'"],
        ["the schema is 0001, this program's is "],
    ),
    "two sealed for one": (
        [
            "DROP INDEX distribution_sealed_once",
            (
                "INSERT INTO attempt SELECT '{1}', number, begun_at, external_campaign_id,"
                " request_hash, start_time, ended_at, verdict, reach, status, request_id, reason,"
                " reason_data"
                " FROM attempt"
            ),
            f"{SEALED} sealed_segment_id=7, sealed_redeemable_uuid='u-1' WHERE id = '{{1}}'",
        ],
        ["the index distribution_sealed_once is missing", "sealed twice for one segment"],
    ),
}


@pytest.mark.parametrize("case", SPOILED)
def test_every_problem_is_told(ledger: Ledger, path: Path, case: str) -> None:
    first, second = offers(ledger)
    settled(ledger, first, Verdict.COMMITTED, State.COMMITTED, campaign_id=5)
    ids = (first.id, second.id)
    statements, told = SPOILED[case]
    spoil(path, *(each.format(*ids) for each in statements))
    found = verify(path)
    for expected, line in zip(told, found[: len(told)], strict=True):
        assert expected.format(*ids) in line
    assert all("\n" not in line for line in found)


def test_several_problems_are_told_at_once(ledger: Ledger, path: Path) -> None:
    first, _ = offers(ledger)
    settled(ledger, first, Verdict.COMMITTED, State.COMMITTED, campaign_id=5)
    spoil(
        path,
        "DROP TRIGGER event_no_update",
        "UPDATE distribution SET campaign_id = NULL, state = 'committed', ever_sealed = 0",
    )
    path.with_name("ledger.db.mark").unlink()
    assert len(verify(path)) == 1 + 2 + 2 + 1 + 1  # one for the offer without an attempt, the mark


def test_an_intent_needs_a_worker(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    waiting, _ = offers(ledger)
    ledger.begin(waiting, an_attempt(waiting))
    (told,) = verify(path)
    assert (
        told
        == f"{waiting.id}: an attempt was begun and no worker runs; `connector run` takes it up"
    )
    with Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=1, host="h"):
        assert verify(path) == ()


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ('{"ledger_id": "L2", "generation": 0}', "its mark is of ledger L2"),
        ('{"ledger_id": "L1", "generation": 7}', "generation 0, its mark says 7"),
        ("{", "cannot be read"),
        (None, "is missing"),
    ],
)
def test_the_mark_must_agree(ledger: Ledger, path: Path, mark: str | None, told: str) -> None:
    beside = path.with_name("ledger.db.mark")
    beside.unlink()
    if mark is not None:
        beside.write_text(mark)
    (found,) = verify(path)
    assert told in found


def test_a_mark_that_lags_is_no_problem(ledger: Ledger, path: Path) -> None:
    waiting, _ = offers(ledger)
    settled(ledger, waiting, Verdict.COMMITTED, State.COMMITTED, campaign_id=5)
    path.with_name("ledger.db.mark").write_text('{"ledger_id": "L1", "generation": 0}')
    assert verify(path) == ()


def test_a_row_opened_anew_counts_its_attempts_on(ledger: Ledger, path: Path) -> None:
    first, _ = offers(ledger)
    done = settled(ledger, first, Verdict.COMMITTED, State.COMMITTED, campaign_id=5)
    moved = replace(an_occurrence(), send=an_occurrence("s1", at=NOW.replace(day=28)).send)
    assert moved.key == first.occurrence
    spoil(
        path,
        "UPDATE occurrence SET first_delivery = '2026-11-28T06:00:00.000000Z'",
        "UPDATE distribution SET start_time = '2026-11-28T06:00:00.000000Z'",
    )
    again = ledger.recommit(done.id, at=NOW, who="ann", reason="cancelled in Punchh")
    settled(ledger, again, Verdict.COMMITTED, State.COMMITTED, campaign_id=6)
    assert verify(path) == ()


def test_a_missing_ledger_is_one_sentence(tmp_path: Path) -> None:
    (told,) = verify(tmp_path / "none.db")
    assert "there is none" in told
    assert not list(tmp_path.iterdir())
