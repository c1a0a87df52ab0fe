from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.attention import (
    STILL_TOLD,
    Attention,
    Severity,
    deadline,
    of_distribution,
    of_occurrence,
    worst_first,
)
from connector.domain.deadlines import missed
from connector.domain.distribution import Decision, State
from connector.domain.reasons import rehearsal
from tests.support.planning import NOW, hours, minutes, occurrence, row, send
from tests.support.words import in_words, saying, step_of

X = occurrence(send(at=hours(2), audiences=("VIP",)))
DONE = row(X, State.COMMITTED)
SOON = row(X).commit_by


def _of(of: Any = X, offer: Any = DONE, now: datetime = NOW) -> Attention | None:
    return of_distribution(of, offer, now)


def test_an_unknown_says_where_to_look_and_the_command_for_each_thing_found() -> None:
    unknown = row(X, State.UNKNOWN)
    found = _of(offer=unknown)
    assert found is not None
    assert (found.severity, found.reason.code) == (Severity.CRITICAL, "unknown")
    assert in_words(found.reason) == (
        "it was unknown (segment 7, starts Sun 22 Nov 07:30 UTC, its name ends in c1-mark)"
    )
    for word in ("--committed CAMPAIGN_ID --reason …`", "--not-committed --reason …`"):
        assert f"`connector ledger resolve {unknown.id} {word}" in step_of(found.reason)
    timeless = _of(offer=replace(unknown, start_time=None))
    assert timeless is not None
    assert "starts unknown" in in_words(timeless.reason)


@pytest.mark.parametrize("state", [State.BLOCKED, State.HELD])
@pytest.mark.parametrize(
    ("left", "step", "severity"),
    [
        (timedelta(0), None, None),
        (timedelta(seconds=1), "deadline-1h", Severity.CRITICAL),
        (timedelta(hours=1), "deadline-1h", Severity.CRITICAL),
        (timedelta(hours=1, seconds=1), "deadline-6h", Severity.WARNING),
        (timedelta(hours=6), "deadline-6h", Severity.WARNING),
        (timedelta(hours=6, seconds=1), "deadline-24h", Severity.WARNING),
        (timedelta(hours=24), "deadline-24h", Severity.WARNING),
        (timedelta(hours=24, seconds=1), None, None),
    ],
)
def test_what_waits_for_a_person_is_told_anew_as_its_time_comes_near(
    state: State, left: timedelta, step: str | None, severity: Severity | None
) -> None:
    assert minutes(98) == SOON
    found = _of(offer=row(X, state), now=SOON - left)
    assert (found.reason.code if found else None) == step
    if found:
        assert found.severity is severity
        assert in_words(found.reason) == f"it was {state}; commit by Sun 22 Nov 07:38 UTC"


def test_what_only_the_rehearsal_holds_is_no_deadline_and_was_not_missed() -> None:
    held = row(X, State.HELD, reason=rehearsal())
    assert _of(offer=held, now=minutes(97)) is None
    ended = row(X, State.MISSED, reason=missed(minutes(98), held.reason))
    assert _of(offer=ended) is None
    assert _of(offer=row(X, State.MISSED, reason=missed(minutes(98), saying("a", "b")))) is not None


def test_an_unknown_has_a_deadline_beside_its_own_attention() -> None:
    unknown = row(X, State.UNKNOWN)
    near = deadline(unknown, minutes(97))
    assert near is not None
    assert (near.severity, near.reason.code) == (Severity.CRITICAL, "deadline-1h")
    assert "connector ledger resolve" in step_of(near.reason)
    assert deadline(unknown, minutes(99)) is None
    for since, told in [(minutes(37), True), (minutes(38), False), (minutes(50), False)]:
        arose = replace(unknown, updated_at=since)  # an hour is left from minute 38 on
        assert (deadline(arose, minutes(97)) is not None) is told
    assert deadline(row(X), minutes(97)) is None


def test_what_is_blocked_without_a_time_is_told_at_once() -> None:
    timeless = row(X, State.BLOCKED, commit_by=None)
    assert _of(offer=timeless) == Attention(Severity.WARNING, timeless.reason)


@pytest.mark.parametrize("state", [State.WAITING, State.HELD, State.COMMITTED])
def test_a_draft_that_waits_to_be_launched_is_told_until_the_first_message(state: State) -> None:
    drafted, offer = replace(X, draft=True), row(X, state, commit_by=None)
    found = _of(drafted, offer)
    assert found is not None
    assert (found.severity, found.reason.code) == (Severity.WARNING, "draft-pending")
    assert _of(drafted, offer, now=hours(2)) is None
    assert _of(replace(drafted, closed_at=NOW), offer) is None
    assert _of(replace(X, draft=False), offer) is None


@pytest.mark.parametrize("state", [State.WAITING, State.WITHDRAWN, State.INTENT])
def test_what_goes_its_way_wants_nobody(state: State) -> None:
    assert _of(offer=row(X, state), now=minutes(97)) is None
    assert _of(offer=row(X, State.HELD, commit_by=None)) is None


@pytest.mark.parametrize("state", [State.REJECTED, State.MISSED])
def test_what_was_not_given_is_told_until_two_days_after_its_message(state: State) -> None:
    offer = row(X, state)
    assert _of(offer=offer) == Attention(Severity.WARNING, offer.reason)
    assert _of(replace(X, closed_at=NOW), offer) is not None
    last = hours(2) + STILL_TOLD
    assert _of(offer=offer, now=last) is not None
    assert _of(offer=offer, now=last + timedelta(seconds=1)) is None
    assert _of(occurrence(send(at=None)), offer) is not None


def test_a_send_with_an_audience_that_no_rule_claims_is_told() -> None:
    unclaimed = replace(X, decision=Decision.UNMAPPED)
    found = of_occurrence(unclaimed)
    assert found is not None
    assert "“VIP”" in in_words(found.reason)
    assert of_occurrence(X) is None
    assert of_occurrence(replace(unclaimed, closed_at=NOW)) is None
    assert of_occurrence(replace(unclaimed, send=send())) is None


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    a, b, c, d = (
        Attention(severity, saying(name, name))
        for name, severity in zip(
            "abcd",
            [Severity.WARNING, Severity.CRITICAL, Severity.WARNING, Severity.CRITICAL],
            strict=True,
        )
    )
    assert worst_first([a, b, c, d]) == [b, d, a, c]
