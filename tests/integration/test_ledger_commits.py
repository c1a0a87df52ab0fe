"""The committer's side: the durable intent, what came of it, and what a crash leaves behind."""

import fcntl
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.distribution import Attempt, Distribution, State
from connector.domain.offer import Verdict
from connector.domain.pause import Pause, Scope
from connector.domain.verdicts import in_flight, orphaned
from connector.errors import LedgerBusyError, LedgerError, RefusedError
from connector.ledger import Committer, Ledger
from connector.ledger.committer import alone, holder
from connector.ledger.history import EventRow
from connector.ledger.tables import distribution as table
from tests.support.clocks import FixedClock
from tests.support.ledger import (
    NOW,
    a_distribution,
    a_plan,
    an_attempt,
    an_entry,
    an_occurrence,
    ended,
    new_ledger,
    recorded,
    replanned,
    settled,
    url_of,
)
from tests.support.words import in_words

ROOT = Path(__file__).parents[2]
LATER = NOW + timedelta(minutes=1)
UNKNOWN = (Verdict.UNKNOWN, State.UNKNOWN)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


def two_offers(ledger: Ledger, *segment_ids: int) -> list[Distribution]:
    occurrence = an_occurrence()
    offers = [
        a_distribution(occurrence, wanted=f"wanted {n}", segment_id=segment_id)
        for n, segment_id in enumerate(segment_ids)
    ]
    ledger.record(a_plan(an_entry(occurrence, *offers)), at=NOW)
    return [ledger.distribution(offer.id) for offer in offers]


def test_begin_is_durable_and_counted(ledger: Ledger, tmp_path: Path) -> None:
    waiting = recorded(ledger)
    attempt = replace(an_attempt(waiting, at=LATER), start_time=NOW + timedelta(hours=9))
    intent = ledger.begin(waiting, attempt)
    assert intent == replace(
        waiting,
        state=State.INTENT,
        reason=in_flight(),
        attempts=1,
        external_campaign_id=attempt.external_campaign_id,
        start_time=attempt.start_time,
        version=2,
        updated_at=LATER,
    )
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as other:
        seal = "SELECT state, ever_sealed, sealed_segment_id, sealed_redeemable_uuid"
        assert other.execute(f"{seal} FROM distribution").fetchone() == ("intent", 1, 7, "u-1")
    assert ledger.distribution(waiting.id) == intent
    assert ledger.attempts(waiting.id) == (attempt,)
    assert ledger.generation == 1
    mark = json.loads((tmp_path / "ledger.db.mark").read_text())
    assert mark == {"ledger_id": "L1", "generation": 1, "head": str(ledger.head)}
    last = ledger.events()[-1]
    assert (last.verb, last.before, last.after, last.who) == (
        "attempt.begun",
        "waiting",
        "intent",
        "attempt",
    )


def test_no_intent_in_rehearsal(tmp_path: Path) -> None:
    with new_ledger(tmp_path, live=False) as ledger:
        waiting = recorded(ledger)
        with pytest.raises(RefusedError, match="rehearsal"):
            ledger.begin(waiting, an_attempt(waiting))
        assert ledger.distribution(waiting.id) == waiting
        assert ledger.generation == 0


def test_begin_loses_to_whoever_was_faster(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    other_words = replace(waiting, reason=replace(waiting.reason, variant="other"))
    ledger.record(replanned(an_occurrence(), waiting, other_words), at=LATER)
    with pytest.raises(RefusedError, match="changed meanwhile"):
        ledger.begin(waiting, an_attempt(waiting))
    newer = ledger.distribution(waiting.id)
    ledger.begin(newer, an_attempt(newer))
    for stale in (newer, replace(newer, version=3)):
        with pytest.raises(RefusedError, match="changed meanwhile"):
            ledger.begin(stale, an_attempt(stale))
    assert ledger.generation == 1
    assert len(ledger.attempts(waiting.id)) == 1


@pytest.mark.parametrize("state", [State.HELD, State.BLOCKED, State.MISSED, State.REJECTED])
def test_only_what_waits_can_begin(ledger: Ledger, state: State) -> None:
    offer = recorded(ledger, state=state)
    with pytest.raises(RefusedError, match="changed meanwhile"):
        ledger.begin(offer, an_attempt(offer))


def test_an_attempt_number_is_used_once(ledger: Ledger) -> None:
    back = settled(ledger, recorded(ledger), Verdict.NOT_SENT, State.WAITING)
    with pytest.raises(RefusedError, match="attempt 1 cannot begin"):
        ledger.begin(back, replace(an_attempt(back), number=1))
    assert ledger.distribution(back.id) == back


def test_begin_wants_ids(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    with pytest.raises(RefusedError, match="is not known"):
        ledger.begin(replace(waiting, segment_id=None), an_attempt(waiting))


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.COMMITTED, State.COMMITTED),
        (Verdict.UNKNOWN, State.UNKNOWN),
        (Verdict.REJECTED, State.REJECTED),
        (Verdict.NOT_SENT, State.WAITING),
    ],
)
def test_a_triple_is_sealed_by_one_row_for_ever(
    ledger: Ledger, verdict: Verdict, state: State
) -> None:
    one, other = two_offers(ledger, 7, 7)
    after = settled(ledger, one, verdict, state)
    with pytest.raises(RefusedError, match=f"{one.id} was already committed or tried"):
        ledger.begin(other, an_attempt(other))
    assert ledger.distribution(other.id) == other
    if state is State.WAITING:
        assert ledger.begin(after, an_attempt(after)).attempts == 2


def test_the_index_refuses_a_second_seal_by_itself(ledger: Ledger) -> None:
    one, other = two_offers(ledger, 7, 7)
    ledger.begin(one, an_attempt(one))
    seal = {"ever_sealed": True, "sealed_segment_id": 7, "sealed_redeemable_uuid": "u-1"}
    with (
        pytest.raises(LedgerError, match="UNIQUE constraint failed"),
        ledger._store.writing() as tx,
    ):
        tx.execute(table.update().where(table.c.id == other.id).values(seal))


def test_other_segments_and_sends_are_free(ledger: Ledger) -> None:
    for offer in two_offers(ledger, 7, 8):
        ledger.begin(offer, an_attempt(offer))
    elsewhere = an_occurrence("s2")
    ledger.record(a_plan(an_entry(elsewhere, a_distribution(elsewhere))), at=NOW)
    offer = ledger.distribution(a_distribution(elsewhere).id)
    ledger.begin(offer, an_attempt(offer))
    assert ledger.generation == 3


def test_a_plan_neither_loosens_a_seal_nor_stumbles_over_it(ledger: Ledger) -> None:
    one, other = two_offers(ledger, 7, 8)
    settled(ledger, one, Verdict.COMMITTED, State.COMMITTED, 1)
    back = settled(ledger, other, Verdict.NOT_SENT, State.WAITING)
    renamed = replace(back, segment_id=7)  # its name now leads to the other one's segment
    assert ledger.record(replanned(an_occurrence(), back, renamed), at=LATER) == 1
    renamed = ledger.distribution(back.id)
    with pytest.raises(RefusedError, match="was already committed or tried"):
        ledger.begin(renamed, an_attempt(renamed))


@pytest.mark.parametrize(
    ("verdict", "state", "campaign_id"),
    [
        (Verdict.COMMITTED, State.COMMITTED, 4711),
        (Verdict.REJECTED, State.REJECTED, None),
        (Verdict.NOT_SENT, State.WAITING, None),
        (Verdict.UNKNOWN, State.UNKNOWN, None),
    ],
)
def test_settle_keeps_the_outcome_and_its_evidence(
    ledger: Ledger, verdict: Verdict, state: State, campaign_id: int | None
) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    intent = ledger.begin(waiting, attempt)
    becomes, finished = ended(intent, attempt, verdict, state, campaign_id)
    becomes = replace(becomes, not_before=LATER, too_soon=1, drift=("start_time",))
    stands = ledger.settle(becomes, finished)
    assert stands == replace(becomes, version=3, updated_at=finished.ended_at)
    assert ledger.distribution(waiting.id) == stands
    assert ledger.attempts(waiting.id) == (finished,)
    last = ledger.events()[-1]
    assert (last.verb, last.before, last.after) == ("attempt.settled", "intent", state.value)
    with pytest.raises(RefusedError, match="changed meanwhile"):
        ledger.settle(becomes, finished)


def test_settle_refuses_what_an_attempt_may_not_do(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    intent = ledger.begin(waiting, attempt)
    with pytest.raises(RefusedError, match="intent cannot become held by attempt"):
        ledger.settle(*ended(intent, attempt, Verdict.UNKNOWN, State.HELD))
    with pytest.raises(RefusedError, match="has not ended"):
        ledger.settle(replace(intent, state=State.UNKNOWN), attempt)
    never = replace(attempt, number=5)
    with pytest.raises(RefusedError, match="attempt 5 never began"):
        ledger.settle(*ended(intent, never, Verdict.UNKNOWN, State.UNKNOWN))
    assert ledger.distribution(waiting.id) == intent


def test_what_a_killed_worker_left_becomes_unknown(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from connector.ledger import Ledger\n"
        "from tests.support.ledger import an_attempt\n"
        "ledger = Ledger.open(sys.argv[1])\n"
        "waiting = ledger.distribution(sys.argv[2])\n"
        "ledger.begin(waiting, an_attempt(waiting))\n"
        "os._exit(9)\n"
    )
    with new_ledger(tmp_path) as ledger:
        waiting = recorded(ledger)
    killed = subprocess.run(  # noqa: S603  our own script
        [sys.executable, "-c", script, url_of(tmp_path), waiting.id], check=False, cwd=ROOT
    )
    assert killed.returncode == 9
    with Ledger.open(url_of(tmp_path)) as ledger:
        [unknown] = ledger.orphans(at=LATER, reason=orphaned())
        assert (unknown.state, unknown.reason, unknown.updated_at) == (
            State.UNKNOWN,
            orphaned(),
            LATER,
        )
        assert ledger.distribution(waiting.id) == unknown
        [attempt] = ledger.attempts(waiting.id)
        assert (attempt.verdict, attempt.ended_at) == (Verdict.UNKNOWN, LATER)
        last = ledger.events()[-1]
        assert (last.verb, last.who, last.after) == ("attempt.orphaned", "recovery", "unknown")
        assert ledger.orphans(at=LATER, reason=orphaned()) == ()


def _abandoned(ledger: Ledger) -> tuple[Distribution, Attempt]:
    """Return an intent and its attempt that another worker has taken for abandoned since."""
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    intent = ledger.begin(waiting, attempt)
    ledger.orphans(at=LATER, reason=orphaned())
    return intent, attempt


def test_the_late_word_of_an_abandoned_attempt_settles_its_unknown(ledger: Ledger) -> None:
    intent, attempt = _abandoned(ledger)
    becomes, finished = ended(intent, attempt, Verdict.COMMITTED, State.COMMITTED)
    stands = ledger.settle(replace(becomes, campaign_id=77), finished)
    assert (stands.state, stands.campaign_id, stands.version) == (State.COMMITTED, 77, 4)
    assert ledger.distribution(intent.id) == stands
    assert ledger.attempts(intent.id) == (finished,)
    last = ledger.events()[-1]
    assert (last.verb, last.who, last.before, last.after) == (
        "attempt.settled", "evidence", "unknown", "committed",
    )  # fmt: skip
    with pytest.raises(RefusedError):
        ledger.settle(replace(becomes, campaign_id=78), finished)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Verdict.NOT_SENT, State.WAITING), (Verdict.REJECTED, State.REJECTED), UNKNOWN],
)
def test_no_other_late_word_moves_an_unknown(
    ledger: Ledger, verdict: Verdict, state: State
) -> None:
    intent, attempt = _abandoned(ledger)
    with pytest.raises(RefusedError):
        ledger.settle(*ended(intent, attempt, verdict, state))
    assert ledger.distribution(intent.id).state is State.UNKNOWN


def test_a_late_word_counts_for_its_own_attempt_and_before_a_person_s(ledger: Ledger) -> None:
    intent, attempt = _abandoned(ledger)
    becomes, finished = ended(intent, attempt, Verdict.COMMITTED, State.COMMITTED)
    for other in (replace(finished, number=2), replace(finished, external_campaign_id="other")):
        with pytest.raises(RefusedError):
            ledger.settle(becomes, other)
    ledger.resolve(intent.id, at=LATER, who="ann", reason="gone", abandon=True)
    with pytest.raises(RefusedError):
        ledger.settle(becomes, finished)


def another(tmp_path: Path) -> subprocess.Popen[str]:
    """Start another process that takes the right to commit and keeps it until its input ends."""
    script = (
        "import sys\n"
        "from connector.ledger import Committer\n"
        "from tests.support.clocks import FixedClock\n"
        "from tests.support.ledger import NOW\n"
        "with Committer.take(sys.argv[1], clock=FixedClock(NOW), pid=4711, host='box'):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    return subprocess.Popen(  # noqa: S603  our own script
        [sys.executable, "-c", script, url_of(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_one_committer_at_a_time(tmp_path: Path) -> None:
    with another(tmp_path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        said = r"process 4711 on box \(since 2026-11-22 06:00 UTC\) holds the right"
        with pytest.raises(LedgerBusyError, match=said) as busy:
            Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=1, host="here")
        assert busy.value.exit_code == 3
        other.kill()
    with Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=1, host="here") as mine:
        with pytest.raises(LedgerBusyError, match="process 1 on here"):
            Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=2, host="here")
        mine.close()
        Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=3, host="here").close()


def test_who_only_looks_who_is_at_work_turns_no_worker_away(tmp_path: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(alone(tmp_path / "ledger.db"))

        class Looking(FixedClock):
            def wait(self, seconds: float) -> bool:
                stack.close()
                return super().wait(seconds)

        clock = Looking(NOW)
        with Committer.take(url_of(tmp_path), clock=clock, pid=1, host="here"):
            assert clock.waits == [0.1]
            said = in_words(holder(tmp_path / "ledger.db"))
            assert said == "process 1 on here (since Sun 22 Nov 06:00 UTC)"


def test_a_worker_waits_half_a_second_at_most_and_not_when_it_is_to_stop(tmp_path: Path) -> None:
    patient, told = FixedClock(NOW), FixedClock(NOW)
    told.interrupt()
    with alone(tmp_path / "ledger.db"):
        for clock in (patient, told):
            with pytest.raises(LedgerBusyError, match="another worker holds the right"):
                Committer.take(url_of(tmp_path), clock=clock, pid=1, host="here")
    assert patient.waits == [0.1] * 4
    assert told.waits == [0.1]


def test_a_lock_file_that_was_swapped_is_locked_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "ledger.db.lock"
    real = fcntl.flock
    calls: list[int] = []

    def swapping(descriptor: int, operation: int) -> None:
        if not calls:
            lock.unlink()
        calls.append(operation)
        real(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", swapping)
    with Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=1, host="here"):
        assert len(calls) == 2
        with pytest.raises(LedgerBusyError, match="process 1 on here"):
            Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=2, host="here")


def test_a_lock_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="lock file cannot be opened"):
        Committer.take(url_of(tmp_path / "nowhere"), clock=FixedClock(NOW), pid=1, host="here")


def _taken(tmp_path: Path, pid: int = 1) -> Committer:
    return Committer.take(url_of(tmp_path), clock=FixedClock(NOW), pid=pid, host="here")


def test_a_lock_that_was_kept_is_proven_and_not_taken_anew(tmp_path: Path) -> None:
    with _taken(tmp_path) as mine:
        mine.prove()
        assert mine.renew() is False
    with pytest.raises(LedgerError, match="given back"):
        mine.prove()


@pytest.mark.parametrize("how", ["removed", "renamed", "replaced", "a folder"])
def test_a_lock_file_that_is_another_is_no_proof_until_it_is_taken(
    tmp_path: Path, how: str
) -> None:
    lock = tmp_path / "ledger.db.lock"
    with _taken(tmp_path) as mine:
        lock.rename(tmp_path / "old.lock")
        if how == "removed":
            (tmp_path / "old.lock").unlink()
        elif how == "replaced":
            lock.write_text("{}")
        elif how == "a folder":
            lock.mkdir()
            with pytest.raises(LedgerError, match="cannot be opened"):
                mine.prove()
            lock.rmdir()
        with pytest.raises(LedgerError, match="removed or replaced"):
            mine.prove()
        mine.prove()
        with pytest.raises(LedgerBusyError, match="process 1 on here"):
            _taken(tmp_path, 2)
        lock.unlink()
        with _taken(tmp_path, 2) as other:
            for _ in range(2):
                with pytest.raises(LedgerBusyError, match="process 2 on here"):
                    mine.renew()
            other.prove()
        assert mine.renew() is True


def test_links_to_one_ledger_lead_to_one_lock(tmp_path: Path) -> None:
    new_ledger(tmp_path).close()
    for name, target in (("file", "../ledger.db"), ("folder", None)):
        (tmp_path / name).mkdir()
        link = tmp_path / name / ("ledger.db" if target else "here")
        link.symlink_to(target or tmp_path)
    with _taken(tmp_path):
        for place in (tmp_path / "file", tmp_path / "folder" / "here"):
            with pytest.raises(LedgerBusyError):
                _taken(place)
            assert holder(place / "ledger.db") is not None


def test_a_lock_that_cannot_be_signed_is_held_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    monkeypatch.setattr("os.ftruncate", full)
    with _taken(tmp_path), pytest.raises(LedgerBusyError, match="another worker holds"):
        _taken(tmp_path, 2)


@pytest.mark.parametrize(
    ("scope", "name", "of"),
    [(Scope.ALL, "", "everything"), (Scope.SOURCE, "braze_us", "source braze_us"),
     (Scope.RULE, "fries", "rule fries"), (Scope.PUNCHH, "", "punchh")],
)  # fmt: skip
def test_what_was_paused_after_the_plan_does_not_begin(
    ledger: Ledger, scope: Scope, name: str, of: str
) -> None:
    waiting = recorded(ledger)
    ledger.pause(Pause(scope, name, NOW, "ann", "wrong fries"))
    with pytest.raises(RefusedError) as told:
        ledger.begin(waiting, an_attempt(waiting))
    assert str(told.value) == f"{waiting.id}: ann paused {of}: wrong fries"
    assert ledger.distribution(waiting.id) == waiting


def test_a_pause_with_an_end_holds_until_then(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    ledger.pause(Pause(Scope.ALL, "", NOW, "ann", "until then", until=LATER))
    with pytest.raises(RefusedError, match="ann paused everything: until then"):
        ledger.begin(waiting, an_attempt(waiting, at=LATER - timedelta(seconds=1)))
    assert ledger.begin(waiting, an_attempt(waiting, at=LATER)).state is State.INTENT


def test_what_another_pause_covers_begins(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    ledger.pause(Pause(Scope.SOURCE, "braze_eu", NOW, "ann", "no"))
    ledger.pause(Pause(Scope.RULE, "coffee", NOW, "ann", "no"))
    ledger.pause(Pause(Scope.ALL, "", NOW, "ann", "until now", until=LATER))
    assert ledger.begin(waiting, an_attempt(waiting, at=LATER)).state is State.INTENT


def test_refusals_are_told_in_words(tmp_path: Path) -> None:
    with new_ledger(tmp_path, live=False) as ledger:
        one, other = two_offers(ledger, 7, 7)
        with pytest.raises(RefusedError) as told:
            ledger.begin(one, an_attempt(one))
        assert str(told.value) == (
            "the ledger is in rehearsal: nothing is committed. `connector live`"
        )
        ledger.go_live(at=NOW, who="test", nothing_given_yet=True)
        ledger.begin(one, an_attempt(one))
        with pytest.raises(RefusedError) as told:
            ledger.begin(other, an_attempt(other))
        assert str(told.value) == (
            f"{other.id}: {one.id} was already committed or tried for the same segment and "
            "redeemable of this send"
        )


@pytest.mark.parametrize("missing", ["ended_at", "verdict"])
def test_half_an_outcome_is_none(ledger: Ledger, missing: str) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    becomes, finished = ended(ledger.begin(waiting, attempt), attempt, *UNKNOWN)
    half: dict[str, Any] = {missing: None}
    with pytest.raises(RefusedError, match="attempt 1 has not ended"):
        ledger.settle(becomes, replace(finished, **half))


def test_the_history_of_an_attempt_is_whole(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    intent = ledger.begin(waiting, attempt)
    stands = ledger.settle(*ended(intent, attempt, Verdict.COMMITTED, State.COMMITTED, 4711))
    begun, finished = ledger.events()[-2:]
    common: dict[str, Any] = {"occurrence": waiting.occurrence, "distribution": waiting.id}
    assert replace(begun, id=0) == EventRow(
        NOW, "attempt", "attempt.begun", in_flight(), **common,
        before="waiting", after="intent", details={"code": "in-flight", "attempt": 1},
    )  # fmt: skip
    assert replace(finished, id=0) == EventRow(
        NOW + timedelta(seconds=1), "attempt", "attempt.settled", stands.reason, **common,
        before="intent", after="committed",
        details={"code": "committed", "attempt": 1, "campaign_id": 4711},
    )  # fmt: skip


def test_an_orphan_takes_its_last_attempt_along_and_no_other(ledger: Ledger) -> None:
    one, other, calm = two_offers(ledger, 7, 8, 9)
    again = settled(ledger, one, Verdict.NOT_SENT, State.WAITING)
    settled(ledger, calm, Verdict.COMMITTED, State.COMMITTED, 1)
    before = {each.id: ledger.attempts(each.id) for each in (one, calm)}
    for offer in sorted((again, other), key=lambda offer: offer.id, reverse=True):
        ledger.begin(offer, an_attempt(offer))
    left = ledger.orphans(at=LATER, reason=orphaned())
    assert [each.id for each in left] == sorted([one.id, other.id])
    first, second = ledger.attempts(one.id)
    assert (first,) == before[one.id]
    for attempt in (second, *ledger.attempts(other.id)):
        assert (attempt.verdict, attempt.ended_at) == (Verdict.UNKNOWN, LATER)
        assert attempt.reason == orphaned()
    assert ledger.attempts(calm.id) == before[calm.id]
