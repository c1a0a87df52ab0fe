"""Who was told what rests in the ledger, whole, and nothing of it stays that is not wanted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.attention import Severity
from connector.domain.reasons import reason
from connector.domain.standing import ChannelNote
from connector.domain.telling import Memory, Told
from connector.ledger import Ledger
from tests.support.ledger import NOW, new_ledger, url_of
from tests.support.words import saying

WHY = saying("unknown", "nobody knows")
ROW = Told("slack", "d1", "unknown", Severity.CRITICAL, "Fries", WHY, NOW, NOW)
NOTE = ChannelNote("slack", NOW, 2, NOW, reason("late/answer"), NOW + timedelta(minutes=2))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as found:
        yield found


def test_nobody_was_told_anything_yet(ledger: Ledger) -> None:
    assert ledger.told() == Memory()


def test_memory_comes_back_as_it_was_kept_also_by_another_process(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = {
        ROW,
        replace(ROW, severity=Severity.WARNING, acknowledged=True),
        replace(ROW, channel="mail", absent=1),
    }
    kept = Memory(frozenset(rows), {"slack": NOTE, "mail": ChannelNote("mail")})
    ledger.keep_told(kept)
    with Ledger.open(url_of(tmp_path)) as other:
        assert other.told() == kept


def test_what_changed_is_changed_and_what_is_gone_is_gone(ledger: Ledger) -> None:
    other = replace(ROW, subject="d2")
    ledger.keep_told(Memory(frozenset({ROW, other}), {"slack": NOTE}))
    later = Memory(
        frozenset({replace(ROW, last_at=NOW + timedelta(days=1), told=saying("unknown", "still"))})
    )
    ledger.keep_told(later)
    assert ledger.told() == later
    ledger.keep_told(Memory())
    assert ledger.told() == Memory()


def test_how_channels_were_met_stands_in_the_view_of_all_that_wants_a_person(
    ledger: Ledger,
) -> None:
    ledger.keep_told(Memory(channels={"slack": NOTE}))
    assert ledger.standing(since=NOW).channels == {"slack": NOTE}
