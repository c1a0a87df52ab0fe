"""What readers of the ledger go by: whether it changed, and one moment for several readings."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.distribution import State
from connector.domain.standing import RemoteNote
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.ledger.store import Store
from tests.support.ledger import NOW, new_ledger, recorded, url_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_ledger(tmp_path).close()
    return tmp_path


def test_the_version_changes_with_every_change_and_with_nothing_else(folder: Path) -> None:
    with Ledger.open(url_of(folder)) as ledger, Ledger.open(url_of(folder)) as beside:
        versions = [ledger.version()]
        assert ledger.version() == versions[0]
        changes: tuple[Callable[[], object], ...] = (
            lambda: recorded(ledger),
            lambda: beside.note_remotes([RemoteNote("punchh", NOW)]),
            lambda: ledger.note_backup(at=NOW),
            lambda: beside.end_login("id", at=NOW),
        )
        for change in changes:
            change()
            versions.append(ledger.version())
            ledger.tally()
            beside.counts()
            assert ledger.version() == versions[-1]
        assert len(set(versions)) == len(versions)


def test_another_file_or_schema_has_no_version(folder: Path) -> None:
    with Ledger.open(url_of(folder)) as ledger:
        store = Store(folder / "ledger.db")
        with store.writing() as tx:
            tx.exec_driver_sql("CREATE TABLE later (id INTEGER)")
        store.close()
        assert ledger.version() is None
        (folder / "ledger.db").rename(folder / "away.db")
        assert ledger.version() is None
        with pytest.raises(LedgerError):
            ledger.check_alive()


def test_a_ledger_that_can_only_be_read_is_never_known_to_be_unchanged(folder: Path) -> None:
    store = Store(folder / "ledger.db", "ro")
    assert len({store.version()[0] for _ in range(3)}) == 3
    store.close()


def test_what_is_read_at_one_moment_is_of_that_moment(folder: Path) -> None:
    with Ledger.open(url_of(folder)) as ledger, Ledger.open(url_of(folder)) as beside:
        with ledger.one_moment():
            assert ledger.tally()[State.WAITING] == 0
            offer = recorded(beside)
            assert ledger.tally()[State.WAITING] == 0
        assert ledger.tally()[State.WAITING] == 1
        with pytest.raises(ZeroDivisionError), ledger.one_moment():
            raise ZeroDivisionError
        beside.note_backup(at=NOW + timedelta(hours=1))
        assert ledger.backed_up_at == NOW + timedelta(hours=1)
        assert ledger.distribution(offer.id) == offer


def test_a_file_that_cannot_be_read_is_told_as_everywhere(folder: Path) -> None:
    store = Store(folder / "ledger.db")
    (folder / "ledger.db").write_bytes(b"no database at all, and long enough to have a header" * 20)
    with pytest.raises(LedgerError, match=r"ledger restore"):
        store.version()
    store.close()
