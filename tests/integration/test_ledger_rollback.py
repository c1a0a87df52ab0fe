"""What shows a ledger that it forgot something, and what the ledger makes of it."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.attentions import attentions
from connector.domain.distribution import State
from connector.domain.evidence import GiftEvent
from connector.domain.keys import external_campaign_id
from connector.domain.offer import Verdict
from connector.domain.policy import Schedule
from connector.domain.reasons import reason
from connector.errors import LedgerError, RefusedError
from connector.ledger import Ledger
from connector.ledger.mark import Mark, read_mark
from connector.ledger.rollback import runtime_mark
from connector.ledger.verify import verify
from tests.support.ledger import NOW, an_attempt, new_ledger, recorded, settled, url_of

LATER = NOW + timedelta(minutes=5)
DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    new_ledger(tmp_path).close()
    return tmp_path / "ledger.db"


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def opened(path: Path, runtime: Path | None = None) -> Ledger:
    return Ledger.open(url_of(path.parent), runtime=runtime)


def put_back(path: Path, kept: Path) -> None:
    """Put ledger and mark back to what was kept, as a snapshot of their folder does."""
    for end in ("", "-wal", "-shm", ".mark"):
        there = path.with_name(path.name + end)
        there.unlink(missing_ok=True)
        if (kept / there.name).exists():
            shutil.copy(kept / there.name, there)


@pytest.fixture
def kept(path: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    for there in (path, path.with_name("ledger.db.mark")):
        shutil.copy(there, folder / there.name)
    return folder


def committed(path: Path, runtime: Path | None) -> Mark:
    """Let a worker commit an offer; return what it knows of the ledger then."""
    with opened(path, runtime) as ledger:
        assert ledger.recall(at=NOW) is None
        settled(ledger, recorded(ledger), Verdict.COMMITTED, State.COMMITTED, 5)
        ledger.remember()
        return Mark(ledger.ledger_id, ledger.generation, ledger.head)


def test_the_mark_of_the_runtime_folder_outlives_a_folder_put_back(
    path: Path, runtime: Path, kept: Path
) -> None:
    known = committed(path, runtime)
    written = Mark.parse(runtime_mark(runtime, "L1").read_text())
    assert (written, written.head) == (known, known.head)
    put_back(path, kept)
    with opened(path, runtime) as ledger:
        found = ledger.recall(at=LATER)
        assert known.head is not None
        assert found == reason("rolled-back", wrote=known.head.number, last=1)
        mode = ledger.mode()
        assert (mode.rehearsal, mode.doubt) == (True, found)
        assert ledger.generation == known.generation + 1
        last = ledger.events()[-1]
        assert (last.verb, last.who, last.before, last.after) == (
            "rolled_back",
            "ledger",
            "live",
            "rehearsal",
        )
        assert last.details == {"from": 0, "latest": 1, "to": 2}
        assert ledger.recall(at=LATER) is None
    assert read_mark(path) == Mark("L1", 2)
    assert verify(path) == ()
    with opened(path, runtime) as ledger:
        assert ledger.recall(at=LATER) is None
        with pytest.raises(RefusedError, match="put back from generation 0, and 1 was the latest"):
            ledger.go_live(at=LATER, who="ann", nothing_given_yet=True)
        ledger.go_live(at=LATER, who="ann", nothing_given_yet=False)
        assert ledger.mode().doubt is None
        assert ledger.recall(at=LATER) is None


def test_another_history_of_the_same_length_is_noticed(
    path: Path, runtime: Path, kept: Path
) -> None:
    known = committed(path, runtime)
    assert known.head is not None
    put_back(path, kept)
    with opened(path) as ledger:
        for _ in range(known.head.number):
            ledger.rehearse(at=NOW, who="ann")
            ledger.go_live(at=NOW, who="ann", nothing_given_yet=True)
    with opened(path, runtime) as ledger:
        assert ledger.recall(at=LATER) == reason("rolled-back/other", wrote=known.head.number)


FOREIGN = [
    "",
    "{",
    "[]",
    '{"ledger_id": "L1"}',
    '{"ledger_id": "L2", "generation": 9}',
    '{"ledger_id": "L1", "generation": 0, "head": "none"}',
]


@pytest.mark.parametrize("text", FOREIGN)
def test_what_is_no_mark_of_this_ledger_says_nothing(path: Path, runtime: Path, text: str) -> None:
    runtime_mark(runtime, "L1").write_text(text)
    with opened(path, runtime) as ledger:
        assert ledger.recall(at=NOW) is None
        assert not ledger.mode().rehearsal
        ledger.remember()
    assert json.loads(runtime_mark(runtime, "L1").read_text())["ledger_id"] == "L1"


@pytest.mark.parametrize("broken", ["missing", "a file"])
def test_a_runtime_folder_that_cannot_be_used_stops_nothing(
    path: Path, tmp_path: Path, broken: str
) -> None:
    runtime = tmp_path / "none"
    if broken == "a file":
        runtime.write_text("x")
    committed(path, runtime)
    with opened(path, runtime) as ledger:
        assert ledger.recall(at=LATER) is None


def test_the_attempt_itself_is_remembered(path: Path, runtime: Path, kept: Path) -> None:
    """The worker died with its request on the wire, and then the folder was put back."""
    with opened(path, runtime) as ledger:
        ledger.recall(at=NOW)
        waiting = recorded(ledger)
        ledger.begin(waiting, an_attempt(waiting))
    put_back(path, kept)
    with opened(path, runtime) as ledger:
        assert ledger.recall(at=LATER) is not None


def test_a_worker_begins_nothing_in_a_ledger_that_changed_beneath_it(
    path: Path, kept: Path
) -> None:
    with opened(path) as ledger:
        waiting = recorded(ledger)
        assert ledger.recall(at=NOW) is None
        with closing(sqlite3.connect(kept / "ledger.db")) as old:
            there = sqlite3.connect(path)
            old.backup(there)
            there.close()
        with pytest.raises(LedgerError, match="older copy than the one that this worker wrote"):
            ledger.begin(waiting, an_attempt(waiting))
        assert ledger.recall(at=LATER) is not None
        assert ledger.mode().rehearsal


# --- told by Punchh


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with opened(path) as found:
        yield found


def heard(ledger: Ledger, mark: str, campaign: int = 77, id: str = "g1") -> None:
    ledger.hear(GiftEvent(id, NOW, mark, campaign), at=NOW)


@pytest.mark.parametrize("ahead", [1, 3])
def test_a_campaign_by_a_mark_still_to_come_is_an_attempt_forgotten(
    ledger: Ledger, ahead: int
) -> None:
    waiting = recorded(ledger)
    mark = _mark_of(waiting, ahead)
    heard(ledger, mark)
    found = ledger.recall(at=LATER)
    assert found == reason("rolled-back/heard", offer=waiting.id, campaign=77, mark=mark)
    assert ledger.events()[-1].details["latest"] is None
    assert ledger.recall(at=LATER) is None
    known = ledger.known([], now=LATER, gap=DAY)
    assert known.given_after_all == {waiting.id: (77,)}
    since = NOW - DAY
    for standing in (ledger.standing(since=since), ledger.wanting(since=since, now=LATER)):
        codes = {one.reason.code for one in attentions(standing, Schedule(), LATER)}
        assert {"rolled-back", "given-after-all"} <= codes
        assert "stray-campaign" not in codes
    with pytest.raises(RefusedError, match="nobody knows the latest"):
        ledger.go_live(at=LATER, who="ann", nothing_given_yet=True)


def _mark_of(row: Any, number: int) -> str:
    return external_campaign_id(row.occurrence, 7, "u-1", number)


def test_it_is_not_begun_before_anybody_noticed(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    heard(ledger, attempt.external_campaign_id)
    with pytest.raises(RefusedError, match="the ledger has forgotten that it was made"):
        ledger.begin(waiting, attempt)
    assert ledger.distribution(waiting.id).state is State.WAITING


def test_a_campaign_of_somebody_else_stays_a_stray(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    heard(ledger, "c1-aaaaaaaaaaaaaaaa")
    heard(ledger, _mark_of(waiting, 4), campaign=78, id="g2")
    assert ledger.recall(at=LATER) is None
    standing = ledger.standing(since=NOW - DAY)
    codes = [one.reason.code for one in attentions(standing, Schedule(), LATER)]
    assert codes.count("stray-campaign") == 2
    assert not ledger.mode().rehearsal


def test_an_attempt_that_is_known_shows_nothing(ledger: Ledger) -> None:
    unknown = settled(ledger, recorded(ledger), Verdict.UNKNOWN, State.UNKNOWN)
    heard(ledger, unknown.external_campaign_id or "")
    assert ledger.recall(at=LATER) is None
