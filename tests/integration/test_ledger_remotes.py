"""Remotes and pauses as the ledger keeps them, beside a person and over a migration."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.breaker import Breaker
from connector.domain.pause import Pause, Scope
from connector.domain.standing import RemoteNote
from connector.errors import RefusedError
from connector.ledger import Ledger, tables
from tests.support.ledger import NOW, an_attempt, instants, new_ledger, reasons, recorded, texts
from tests.support.words import saying

LATER = NOW + timedelta(hours=1)
counts = st.none() | st.integers(0, 2**31)
maybe = st.none() | instants
breakers = st.builds(
    Breaker,
    failed_reads=st.integers(0, 2**31),
    unknown_commits=st.integers(0, 2**31),
    refused_key=st.none() | texts,
    read_after=maybe,
    commit_after=maybe,
    not_before=maybe,
    since=maybe,
    why=st.none() | reasons,
)
notes = st.builds(
    RemoteNote,
    name=texts,
    last_attempt_at=instants,
    last_good_at=maybe,
    trouble=st.none() | reasons,
    kinds=st.frozensets(texts, max_size=3),
    breaker=breakers,
    segments=counts,
    redeemables=counts,
    shrunk_at=maybe,
)
REFUSED = saying("unreadable", "401")
OPEN = Breaker(failed_reads=7, refused_key="k", since=NOW, why=REFUSED, read_after=LATER)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


NUMBERS = count()  # a remote that was noted before keeps what it had: each example is a new one


@given(note=notes)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_remote_comes_back_as_it_was_noted(ledger: Ledger, note: RemoteNote) -> None:
    fresh = replace(note, name=f"{note.name}-{next(NUMBERS)}")
    ledger.note_remotes([fresh])
    assert ledger.remotes()[fresh.name] == fresh


def test_a_column_for_every_field() -> None:
    names = {field.name for kind in (RemoteNote, Breaker) for field in fields(kind)}
    assert set(tables.remote.c.keys()) == names - {"breaker"} | {"trouble_data", "why_data"}
    ended = {"id", "resumed_at", "resumed_by", "resumed_why"}
    assert set(tables.pause.c.keys()) - ended == {field.name for field in fields(Pause)}


def test_a_breaker_is_changed_in_place(ledger: Ledger) -> None:
    ledger.note_remotes([RemoteNote("punchh", NOW, breaker=Breaker(failed_reads=1))])
    changed = ledger.change_breaker("punchh", lambda one: replace(one, failed_reads=9))
    assert changed == Breaker(failed_reads=9) == ledger.remotes()["punchh"].breaker


def test_a_person_s_resume_is_not_overwritten_by_the_cycle_that_was_under_way(
    ledger: Ledger,
) -> None:
    seen = RemoteNote(
        "punchh",
        NOW,
        breaker=OPEN,
        segments=9,
        redeemables=9,
        shrunk_at=NOW,
        skew_seconds=-90,
    )
    ledger.note_remotes([seen])
    ended, before = ledger.resume(Scope.PUNCHH, "", at=LATER, who="ann", reason="new key")
    assert (ended, before) == ((), seen)
    ledger.note_remotes([replace(seen, last_attempt_at=LATER, trouble=REFUSED)])
    stands = ledger.remotes()["punchh"]
    assert (stands.breaker, stands.segments, stands.trouble) == (Breaker(), None, REFUSED)
    assert stands.loss_confirmed
    ledger.note_remotes([replace(stands, breaker=OPEN)])
    assert ledger.remotes()["punchh"].breaker == OPEN
    assert ledger.events()[-1].details == {
        "scope": "punchh",
        "name": "",
        "pauses": 0,
        "breaker": "unreadable/said",
    }


def test_a_resume_without_a_loss_leaves_the_counts(ledger: Ledger) -> None:
    ledger.note_remotes([RemoteNote("punchh", NOW, breaker=OPEN, segments=9, redeemables=8)])
    ledger.resume(Scope.PUNCHH, "", at=LATER, who="ann", reason="new key")
    stands = ledger.remotes()["punchh"]
    assert (stands.segments, stands.redeemables, stands.loss_confirmed) == (9, 8, False)


def test_a_loss_is_known_to_the_planner_until_it_is_over(ledger: Ledger) -> None:
    def losses() -> object:
        return dict(ledger.known([], now=NOW, gap=timedelta(0)).losses)

    note = RemoteNote("braze_us", NOW)
    ledger.note_remotes([note])
    assert losses() == {}
    ledger.note_remotes([replace(note, shrunk_at=NOW)])
    assert losses() == {"braze_us": False}
    ledger.resume(Scope.SOURCE, "braze_us", at=LATER, who="ann", reason="they are gone")
    assert losses() == {"braze_us": True}
    ledger.note_remotes([replace(note, resumed_at=LATER)])
    assert losses() == {}


# --- pauses

EVERYTHING = Pause(Scope.ALL, "", NOW, "ann", "wrong fries")
SHORT = Pause(Scope.SOURCE, "braze_us", NOW, "bob", "clones", LATER)


def test_pauses_are_in_force_until_their_end_or_a_person_s_word(ledger: Ledger) -> None:
    for one in (EVERYTHING, SHORT):
        ledger.pause(one)
    assert ledger.pauses(at=NOW) == (EVERYTHING, SHORT)
    assert ledger.known([], now=LATER, gap=timedelta(0)).pauses == (EVERYTHING,)
    ended, remote = ledger.resume(Scope.ALL, "", at=NOW, who="eve", reason="mended")
    assert (ended, remote) == ((EVERYTHING,), None)
    assert ledger.pauses(at=NOW) == (SHORT,)
    told = [(one.verb, one.who, one.reason, one.details["scope"]) for one in ledger.events()[-3:]]
    assert told == [
        ("paused", "ann", "wrong fries", "all"),
        ("paused", "bob", "clones", "source"),
        ("resumed", "eve", "mended", "all"),
    ]


@pytest.mark.parametrize(
    ("pause", "refused"),
    [
        (EVERYTHING, True),
        (SHORT, True),
        (replace(SHORT, name="sf"), False),
        (replace(SHORT, until=NOW), False),
        (Pause(Scope.RULE, "fries", NOW, "ann", "why"), True),
    ],
)
def test_nothing_begins_that_was_paused_after_the_plan(
    ledger: Ledger, pause: Pause, refused: bool
) -> None:
    waiting, generation = recorded(ledger), ledger.generation
    ledger.pause(pause)
    if not refused:
        ledger.begin(waiting, an_attempt(waiting))
        return
    with pytest.raises(RefusedError, match=f"{pause.who} paused {pause.of}: {pause.why}"):
        ledger.begin(waiting, an_attempt(waiting))
    assert ledger.distribution(waiting.id) == waiting
    assert ledger.generation == generation
