from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.attention import (
    NEAR,
    Attention,
    Severity,
    of_distribution,
    of_occurrence,
    worst_first,
)
from connector.domain.distribution import Decision, State
from connector.domain.reasons import Reason
from tests.support.planning import NOW, hours, minutes, occurrence, row, send, when

X = occurrence(send(at=hours(2), audiences=("VIP",)))
DONE = row(X, State.COMMITTED, campaign_id=900, external_campaign_id="c1-mark")
SOON = row(X).commit_by


def _of(of: Any = X, offer: Any = DONE, now: datetime = NOW) -> Attention | None:
    return of_distribution(of, offer, now)


def _moved(at: datetime) -> Any:
    return replace(X, send=replace(X.send, when=when(at)))


def test_an_unknown_says_where_to_look_and_the_command_for_each_thing_found() -> None:
    unknown = row(X, State.UNKNOWN)
    found = _of(offer=unknown)
    assert found is not None
    assert (found.severity, found.reason.code) == (Severity.CRITICAL, "unknown")
    assert found.reason.sentence == (
        "it was unknown (segment 7, starts 2026-11-22 07:30 UTC, its name ends in c1-mark)"
    )
    for word in ("--committed CAMPAIGN_ID --reason …`", "--not-committed --reason …`"):
        assert f"`connector ledger resolve {unknown.id} {word}" in found.reason.next_step
    timeless = _of(offer=replace(unknown, start_time=None))
    assert timeless is not None
    assert "starts unknown" in timeless.reason.sentence


DRIFTS: list[tuple[Any, str | None, Severity | None, str]] = [
    (X, None, None, ""),
    (_moved(minutes(89)), None, Severity.CRITICAL, "before the offer"),
    (_moved(minutes(89)), "echo", Severity.CRITICAL, "before the offer"),
    (_moved(minutes(90)), None, Severity.WARNING, "moved to 2026-11-22 07:30"),
    (_moved(hours(3)), None, Severity.WARNING, "moved to 2026-11-22 09:00"),
    (_moved(hours(3)), "echo", Severity.WARNING, "echo"),
    (X, "echo", Severity.WARNING, "echo"),
    (replace(X, absent_polls=1), None, None, ""),
    (replace(X, absent_polls=2), None, Severity.WARNING, "gone"),
    (replace(X, absent_polls=2, closed_at=NOW), None, None, ""),
]


@pytest.mark.parametrize(("of", "drift", "severity", "told"), DRIFTS)
def test_what_drifted_after_its_commit(
    of: Any, drift: str | None, severity: Severity | None, told: str
) -> None:
    found = _of(of, replace(DONE, drift=drift))
    assert (found.severity if found else None) is severity
    if found:
        assert found.reason.code == "drift"
        assert told in found.reason.sentence
        assert "campaign 900" in found.reason.next_step
        assert "c1-mark" in found.reason.next_step


NEARS = [
    (minutes(97), True),
    (minutes(98), False),
    (minutes(98) - NEAR, False),
    (minutes(98) - NEAR + timedelta(seconds=1), True),
]


@pytest.mark.parametrize("state", [State.BLOCKED, State.HELD])
@pytest.mark.parametrize(("now", "near"), NEARS)
def test_what_waits_for_a_person_is_told_when_its_time_comes_near(
    state: State, now: datetime, near: bool
) -> None:
    assert minutes(98) == SOON
    found = _of(offer=row(X, state), now=now)
    assert (found is not None) is near
    if found:
        assert found.severity is Severity.WARNING
        assert found.reason.sentence == f"it was {state}; commit by 2026-11-22 07:38 UTC"


@pytest.mark.parametrize("state", [State.WAITING, State.WITHDRAWN, State.INTENT])
def test_what_goes_its_way_wants_nobody(state: State) -> None:
    assert _of(offer=row(X, state), now=minutes(97)) is None
    assert _of(offer=row(X, State.HELD, commit_by=None)) is None


@pytest.mark.parametrize("state", [State.REJECTED, State.MISSED])
def test_what_will_not_be_given_is_told_until_the_send_has_gone_out(state: State) -> None:
    offer = row(X, state)
    assert _of(offer=offer) == Attention(Severity.WARNING, offer.reason)
    assert _of(offer=offer, now=hours(2)) is not None
    assert _of(offer=offer, now=hours(2) + timedelta(seconds=1)) is None
    assert _of(replace(X, closed_at=NOW), offer) is None
    assert _of(occurrence(send(at=None)), offer) is not None


def test_a_send_with_an_audience_that_no_rule_claims_is_told() -> None:
    unclaimed = replace(X, decision=Decision.UNMAPPED)
    found = of_occurrence(unclaimed)
    assert found is not None
    assert "“VIP”" in found.reason.sentence
    assert of_occurrence(X) is None
    assert of_occurrence(replace(unclaimed, closed_at=NOW)) is None
    assert of_occurrence(replace(unclaimed, send=send())) is None


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    a, b, c, d = (
        Attention(severity, Reason(name, name))
        for name, severity in zip(
            "abcd",
            [Severity.WARNING, Severity.CRITICAL, Severity.WARNING, Severity.CRITICAL],
            strict=True,
        )
    )
    assert worst_first([a, b, c, d]) == [b, d, a, c]


def test_a_committed_row_whose_times_are_not_known_drifts_nowhere() -> None:
    assert _of(offer=replace(DONE, first_delivery=None, start_time=None)) is None
    assert _of(occurrence(send(at=None))) is None
