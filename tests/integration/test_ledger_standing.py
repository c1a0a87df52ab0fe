from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.domain.distribution import Occurrence, State
from connector.domain.offer import Verdict
from connector.domain.standing import RemoteNote, Row
from connector.ledger import Ledger
from tests.support.ledger import (
    NOW,
    a_distribution,
    a_plan,
    an_entry,
    an_occurrence,
    new_ledger,
    recorded,
    settled,
)

SECOND = timedelta(seconds=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as found:
        yield found


def _ended(ledger: Ledger, occurrence: Occurrence, at: datetime, state: State) -> str:
    """Record an occurrence that ended at an instant, with one offer; return the offer's id."""
    offer = a_distribution(occurrence, state=state)
    ledger.record(a_plan(an_entry(replace(occurrence, closed_at=at), offer)), at=NOW)
    return offer.id


def _shown(ledger: Ledger, since: datetime) -> set[str]:
    return {row.id for row in ledger.standing(since=since).rows}


def test_what_is_open_stands_and_what_ended_does_for_a_while(ledger: Ledger) -> None:
    coming = recorded(ledger).id
    over = _ended(ledger, an_occurrence("s2"), NOW, State.MISSED)
    assert _shown(ledger, NOW - SECOND) == {coming, over}
    assert _shown(ledger, NOW) == {coming}


def test_an_unknown_stands_however_long_ago_its_send_ended(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    unknown = settled(ledger, waiting, Verdict.UNKNOWN, State.UNKNOWN)
    send = an_occurrence()
    closed = an_entry(replace(send, closed_at=NOW))
    ledger.record(a_plan(replace(closed, was=send)), at=NOW)
    assert _shown(ledger, NOW + timedelta(days=900)) == {unknown.id}


def test_a_send_without_an_offer_stands_under_its_own_id(ledger: Ledger) -> None:
    bare = an_occurrence("s3")
    ledger.record(a_plan(an_entry(bare)), at=NOW)
    assert _shown(ledger, NOW) == {Row(bare, None).id}


def test_remotes_and_notes_that_people_took_stand_beside_the_rows(ledger: Ledger) -> None:
    ledger.note_remotes([RemoteNote("punchh", NOW, NOW)])
    waiting = recorded(ledger)
    unknown = settled(ledger, waiting, Verdict.UNKNOWN, State.UNKNOWN)
    ledger.acknowledge(unknown.id, at=NOW, who="ada", reason="looking")
    standing = ledger.standing(since=NOW)
    assert standing.remotes["punchh"].last_good_at == NOW
    assert standing.acknowledgements[unknown.id].who == "ada"


def test_rows_come_one_after_another_in_the_order_of_the_list(ledger: Ledger) -> None:
    for number in range(7):
        send = an_occurrence(f"s{number}", at=NOW + timedelta(days=7 - number))
        offers = [a_distribution(send, wanted=name) for name in ("vip", "gold")[: number % 3]]
        ledger.record(a_plan(an_entry(send, *offers)), at=NOW)
    with ledger.export() as (head, found):
        rows = list(found)
    assert head == ledger.head
    assert rows == list(ledger.rows())
    firsts = [row.occurrence.when and row.occurrence.when.first_delivery for row in rows]
    assert firsts == sorted(firsts, key=str)
    assert len(rows) == 3 + 2 * 1 + 2 * 2


def test_a_reader_that_stops_early_leaves_the_ledger_usable(ledger: Ledger) -> None:
    recorded(ledger)
    with ledger.export() as (_, rows):
        next(rows)
    recorded(ledger, wanted="gold", segment_id=8)
    assert len(ledger.rows()) == 2
