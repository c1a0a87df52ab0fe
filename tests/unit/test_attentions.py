from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.attention import Attention, Severity, Whom
from connector.domain.attentions import attentions
from connector.domain.breaker import Breaker
from connector.domain.distribution import Decision, State
from connector.domain.policy import Schedule
from connector.domain.standing import Acknowledgement, RemoteNote, Row, Standing
from tests.support.planning import NOW, hours, minutes, occurrence, row, send
from tests.support.words import in_words, saying

X = occurrence(send(at=hours(2), audiences=("VIP",)))
UNKNOWN = Row(X, row(X, State.UNKNOWN))
WELL = RemoteNote("braze_us", NOW, NOW)


def _of(*rows: Row, remotes: Sequence[RemoteNote] = (), **more: Any) -> list[Attention]:
    standing = Standing(rows, {note.name: note for note in remotes}, **more)
    return attentions(standing, Schedule(), NOW)


def _one(note: RemoteNote) -> Attention:
    (found,) = _of(remotes=[note])
    return found


def test_a_row_is_told_by_the_id_that_people_type_and_the_name_of_its_send() -> None:
    unclaimed = Row(replace(X, decision=Decision.UNMAPPED), None)
    unknown, unmapped, near = _of(unclaimed, UNKNOWN)
    assert (unknown.subject, unknown.about) == (UNKNOWN.id, X.send.name)
    assert (unmapped.subject, unmapped.whom) == (unclaimed.id, Whom.MARKETERS)
    assert (near.subject, near.about) == (UNKNOWN.id, X.send.name)
    assert UNKNOWN.id != unclaimed.id


def test_only_what_wants_a_rule_carries_its_send() -> None:
    send = replace(X.send, audiences=("VIP",))
    unclaimed = Row(replace(X, send=send, decision=Decision.UNMAPPED), None)
    assert [one.unclaimed for one in _of(unclaimed, UNKNOWN) if one.unclaimed] == [send]
    skipped = Row(replace(X, send=send, decision=Decision.IGNORED), None)
    assert _of(skipped) == []


def test_what_somebody_took_note_of_comes_last_until_it_changes() -> None:
    told, near = _of(UNKNOWN)
    assert near.reason.code == "deadline-6h"
    note = Acknowledgement(told.reason.code, told.digest, "ada")
    other = Row(replace(X, decision=Decision.UNMAPPED), None)
    *_, last = _of(UNKNOWN, other, acknowledgements={UNKNOWN.id: note})
    assert (last.subject, last.acknowledged_by) == (UNKNOWN.id, "ada")
    changed = replace(note, digest="of another sentence")
    first, *_ = _of(UNKNOWN, other, acknowledgements={UNKNOWN.id: changed})
    assert (first.subject, first.acknowledged_by) == (UNKNOWN.id, None)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (61, "the clock of braze_us is 1m1s ahead of this machine's"),
        (-3700, "the clock of braze_us is 1h1m behind this machine's"),
        (60, None),
        (-60, None),
    ],
)
def test_a_clock_that_is_more_than_a_minute_off_is_told(seconds: int, told: str | None) -> None:
    found = _of(remotes=[replace(WELL, skew_seconds=seconds)])
    assert [in_words(one.reason) for one in found] == ([told] if told else [])
    for one in found:
        assert (one.subject, one.reason.code) == ("remote:braze_us", "clock-off")
        assert (one.severity, one.whom) == (Severity.WARNING, Whom.OPERATORS)


def test_a_remote_in_trouble_may_have_a_wrong_clock_too() -> None:
    found = _of(remotes=[replace(WELL, shrunk_at=NOW, skew_seconds=600)])
    assert {one.reason.code for one in found} == {"clock-off", "shrunken"}


def test_remotes_that_answer_want_nobody() -> None:
    assert _of(remotes=[WELL, replace(WELL, name="punchh")]) == []
    assert _of(remotes=[replace(WELL, last_good_at=NOW - Schedule().max_snapshot_age)]) == []


def test_a_remote_that_was_not_read_for_too_long_is_told_to_operators() -> None:
    long_ago = NOW - Schedule().max_snapshot_age - timedelta(seconds=1)
    found = _one(
        replace(WELL, last_good_at=long_ago, trouble=saying("unreadable", "it answered 500"))
    )
    assert (found.severity, found.whom) == (Severity.WARNING, Whom.OPERATORS)
    assert (found.subject, found.reason.code) == ("remote:braze_us", "unread")
    assert "it answered 500" in in_words(found.reason)
    never = _one(replace(WELL, last_good_at=None, trouble=saying("unreadable", "it answered 500")))
    assert "could not be read yet: it answered 500" in in_words(never.reason)


def test_a_refused_key_is_critical_and_another_open_breaker_is_not() -> None:
    refused = Breaker(refused_key="k", since=NOW, why=saying("a", "401"))
    found = _one(replace(WELL, name="punchh", breaker=refused))
    assert (found.severity, found.reason.code) == (Severity.CRITICAL, "left-alone")
    waits = Breaker(commit_after=minutes(5), since=NOW, why=saying("a", "unknown"))
    assert _one(replace(WELL, name="punchh", breaker=waits)).severity is Severity.WARNING


def test_a_list_that_shrank_wants_a_person() -> None:
    assert _one(replace(WELL, shrunk_at=NOW)).reason.code == "shrunken"


def test_a_worker_that_asks_nobody_is_told_once_in_place_of_all_remotes() -> None:
    silent = replace(WELL, last_attempt_at=NOW - timedelta(minutes=11), last_good_at=None)
    (found,) = _of(remotes=[silent, replace(silent, name="punchh")])
    assert (found.subject, found.severity) == ("worker", Severity.CRITICAL)
    assert _of(remotes=[silent, WELL]) == []


def test_a_mapping_set_that_was_not_taken_is_told_with_its_first_problem() -> None:
    (found,) = attentions(Standing(), Schedule(), NOW, ["a.yaml:1:2: no", "b.yaml:3:4: no"])
    assert (found.subject, found.whom) == ("mappings", Whom.MARKETERS)
    assert "a.yaml:1:2: no (2 in all)" in in_words(found.reason)
