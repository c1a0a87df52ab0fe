"""The JSON that scripts read: its keys are the design's, its times end in Z."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from connector.domain.campaign_clock import CampaignClock
from connector.domain.distribution import Decision, Occurrence, State
from connector.domain.plan import Action, Entry, Plan, Planned
from connector.domain.reasons import unmapped
from connector.domain.timing import timing
from connector.render import contract
from tests.support.ledger import NOW, a_distribution, an_occurrence, distributions, occurrences
from tests.support.planning import policy, rule
from tests.support.words import IN_UTC

KEYS = [
    "id",
    "source",
    "send_id",
    "send_name",
    "scheduled_for",
    "first_delivery",
    "audience",
    "rule",
    "segment",
    "segment_id",
    "redeemable",
    "redeemable_uuid",
    "start_time",
    "commit_by",
    "state",
    "reason",
    "attention",
    "attempts",
    "campaign_id",
    "external_campaign_id",
    "updated_at",
    "last_delivery",
]


def _unclaimed(**changes: Any) -> Occurrence:
    reason = unmapped(["VIP"])
    return replace(an_occurrence(), decision=Decision.UNMAPPED, rule=None, reason=reason, **changes)


def test_a_row_has_the_design_s_keys_and_forms() -> None:
    occurrence = an_occurrence()
    row = contract.row(occurrence, a_distribution(occurrence), NOW, IN_UTC)
    assert [*row, "landed_at"] == [*KEYS, "landed_at"] == list(contract.KEYS)
    assert row["scheduled_for"] == "2026-11-24T06:00:00Z"
    assert row["start_time"] == "2026-11-24T05:30:00Z"
    assert row["state"] == "waiting"
    assert row["reason"] == "its commit window is open."
    assert (row["campaign_id"], row["attention"], row["attempts"]) == (None, None, 0)


def test_a_send_that_no_rule_claims_has_the_same_keys() -> None:
    row = contract.row(_unclaimed(), None, NOW, IN_UTC)
    assert list(row) == [key for key in KEYS if key in row]
    assert set(row) == set(KEYS)
    assert (row["state"], row["segment"], row["attempts"]) == ("unmapped", None, 0)
    assert row["reason"].startswith("no rule claims it, though it names the audience “VIP”. ")


def test_a_plan_adds_the_action_and_lists_every_open_send() -> None:
    claimed = an_occurrence("one")
    offer = a_distribution(claimed)
    entries = (
        Entry(claimed, None, (Planned(offer, None, Action.COMMIT),)),
        Entry(_unclaimed(), None, ()),
        Entry(_unclaimed(closed_at=NOW), None, ()),
    )
    shown = contract.plan(Plan(NOW, entries), IN_UTC)
    assert list(shown) == ["generated_at", "distributions", "sends", "campaign_clock"]
    assert shown["generated_at"] == "2026-11-22T06:00:00Z"
    (row,) = shown["distributions"]
    assert list(row) == [*KEYS[:-1], "action", "last_delivery", "opens_at", "sent_start_time"]
    assert (row["action"], row["opens_at"]) == ("commit", None)
    assert row["sent_start_time"] == row["start_time"] == "2026-11-24T05:30:00Z"
    assert [send["decision"] for send in shown["sends"]] == ["claimed", "unmapped"]
    assert {tuple(send) for send in shown["sends"]} == {
        ("source", "send_id", "send_name", "decision", "reason")
    }


def test_a_plan_tells_the_window_and_what_punchh_is_sent() -> None:
    claimed = an_occurrence("one")
    offer = a_distribution(claimed)
    by = policy()
    timed = timing(NOW + timedelta(days=2), rule(), by, NOW)
    entry = Entry(claimed, None, (Planned(offer, None, Action.WAIT, timing=timed),))
    shown = contract.plan(Plan(NOW, (entry,)), IN_UTC, CampaignClock(ZoneInfo("America/New_York")))
    assert shown["campaign_clock"] == "business"
    (row,) = shown["distributions"]
    assert row["opens_at"] == "2026-11-24T03:30:00Z"
    assert (row["start_time"], row["sent_start_time"]) == (
        "2026-11-24T05:30:00Z",
        "2026-11-24T00:30:00Z",
    )


def test_actions_are_the_design_s() -> None:
    assert {action.value for action in Action} == {"commit", "wait", "hold", "block", "skip"}


def test_states_are_the_design_s() -> None:
    told = "blocked held waiting missed withdrawn rejected intent unknown committed"
    assert [state.value for state in State] == told.split()


@pytest.mark.parametrize("hours", [-5, 0, 14])
def test_an_instant_is_spelled_in_utc(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    assert contract.stamp(NOW.astimezone(zone)) == "2026-11-22T06:00:00Z"
    assert contract.stamp(None) is None


@given(occurrences, distributions)
def test_whatever_the_ledger_holds_becomes_json(occurrence: Occurrence, distribution: Any) -> None:
    for row in (
        contract.row(occurrence, distribution, NOW, IN_UTC),
        contract.row(occurrence, None, NOW, IN_UTC),
    ):
        assert set(row) == set(KEYS)
        for key in ("scheduled_for", "first_delivery", "start_time", "commit_by"):
            text = json.loads(json.dumps(row))[key]
            assert text is None or datetime.fromisoformat(text).tzinfo is not None
