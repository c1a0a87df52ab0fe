"""What remotes show in part, or say in another shape: seen by a person, and never guessed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.sandbox import punchh as skin
from connector.sandbox.business import Segment
from connector.sandbox.org import Flow
from tests.support.console import Shop

FLOW, FRIES = "Win-back Flow", "Friday Fries - Email"
MISSING = {"Taco Loverz"}  # a slip of the marketers' in the scenario
Rows = list[dict[str, Any]]


def codes(shop: Shop, send: str) -> set[tuple[str, str]]:
    return {found for (name, _), found in shop.states().items() if name == send}


def test_a_flow_between_its_runs_is_seen_and_blocked(
    live_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = live_shop
    begun = datetime.now(UTC) - timedelta(hours=5)
    shop.edit_send(FLOW, at=f"{begun:%Y-%m-%dT%H:%M:%SZ}")
    monkeypatch.setattr(Flow, "status_at", lambda *_: "InProgress")
    planned = shop.inside("plan", "--json").json()["distributions"]
    (row,) = [row for row in planned if row["send_name"] == FLOW]
    assert (row["action"], row["state"], row["scheduled_for"]) == ("block", "blocked", None)
    shop.once()
    assert codes(shop, FLOW) == {("blocked", "next-run-unknown")}
    assert shop.campaigns_of(FLOW) == []
    wanting = shop.inside("status", "--json").json()["attentions"]
    assert "next-run-unknown" in {one["code"] for one in wanting if one["about"] == FLOW}


def test_a_kind_that_the_org_does_not_show_whole_is_said(live_shop: Shop) -> None:
    shop = live_shop
    shop.switch("salesforce.invalid_fields", ("FlowRecord.IsPaused",))
    done = shop.inside("plan")
    assert done.code == 0
    (told,) = [line for line in done.out.splitlines() if line.startswith("not read: ")]
    assert "sf_core" in told
    assert "No such column 'IsPaused'" in told
    assert shop.inside("plan", "--json").json()["notes"] == [told.removeprefix("not read: ")]
    assert "IsPaused" in shop.inside("mappings", "check", "--live").err
    checks = [one for one in shop.inside("doctor", "--json").json() if one["of"] == "sf_core"]
    (found,) = [one for one in checks if one["code"] == "kind-left-out"]
    assert (found["level"], "IsPaused" in found["told"]) == ("warning", True)
    shop.once()
    status = shop.inside("status", "--json").json()
    assert list(status["remotes"]["sf_core"]["left_out"]) == ["flow"]
    assert status["remotes"]["braze_us"]["left_out"] == {}
    assert "does not show: flow" in shop.inside("status").out


def test_somebody_is_told_where_a_rule_asks_for_a_kind_that_is_not_shown(live_shop: Shop) -> None:
    shop = live_shop
    shop.switch("salesforce.invalid_types", ("FlowRecord",))
    shop.once()

    def told() -> list[str]:
        wanting = shop.inside("status", "--json").json()["attentions"]
        return [one["about"] for one in wanting if one["code"] == "kind-left-out"]

    assert told() == ["sf_core"]
    text = shop.mapping.read_text()
    shop.mapping.write_text(text.replace("kind: flow, ", ""))
    assert text != shop.mapping.read_text()
    assert told() == []


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Rows], Any]], None]:
    """Let Punchh show its segments with a change."""
    genuine = skin._listed

    def with_change(how: Callable[[Rows], Any]) -> None:
        def listed(world: Any, request: Any, rows: list[tuple[Any, Any]], searched: Any) -> Any:
            shown = [row | overlay for row, overlay in rows]
            if "segment_id" in shown[0]:
                how(shown)
            return genuine(world, request, [(row, {}) for row in shown], searched)

        monkeypatch.setattr(skin, "_listed", listed)

    return with_change


Change = Callable[[Callable[[Rows], Any]], None]


def test_a_segment_is_not_given_in_the_place_of_one_that_cannot_be_read(
    live_shop: Shop, change: Change
) -> None:
    shop = live_shop
    change(lambda rows: rows.insert(0, {"segment_id": None, "name": "VIP  guests"}))
    done = shop.once()
    assert codes(shop, FRIES) == {("blocked", "unread-segment")}
    assert shop.campaigns_of(FRIES) == []
    assert len(shop.campaigns()) > 3  # the others go on
    assert done.code == 1
    rows = shop.query("SELECT reason FROM distribution WHERE reason_code = 'unread-segment'")
    assert all('"segment_id": null' in reason for (reason,) in rows)
    found = shop.inside("doctor", "--json").json()
    warned = [one["code"] for one in found if (one["of"], one["level"]) == ("punchh", "warning")]
    assert warned == ["segments"]
    checked = shop.inside("mappings", "check", "--live")
    assert (checked.code, "[unread]" in checked.err) == (2, True)


def test_ids_that_are_texts_are_read(live_shop: Shop, change: Change) -> None:
    shop = live_shop

    def as_texts(rows: Rows) -> None:
        for row in rows:
            row["segment_id"] = str(row["segment_id"])

    change(as_texts)
    shop.once()
    assert len(shop.campaigns()) == 8


def test_a_segment_that_slides_to_the_page_before_is_not_said_to_be_missing(
    live_shop: Shop, change: Change
) -> None:
    shop = live_shop
    shop.switch("punchh.clamp", 5)
    segments = shop.box.world.punchh.segments
    newest = max(segments) + 1
    with shop.box.world.lock:
        segments[newest] = Segment(newest, "Newest", 1)
    asked = []

    def archived(rows: Rows) -> None:
        asked.append(len(rows))
        if len(asked) == 2:  # between the first page and the second
            del segments[newest]
            del rows[0]

    change(archived)
    shop.once()
    missing = {segment for (_, segment), (_, code) in shop.states().items() if code == "no-segment"}
    assert missing <= MISSING
    assert len(shop.campaigns()) == 8
    assert asked[0] == asked[-1] + 1


WORDS = "Please specify single entity for gifting."
REJECTED: list[tuple[int, Any]] = [
    (422, {"errors": {"base": [WORDS]}}), (422, {"errors": [WORDS]}), (422, {"base": [WORDS]}),
    (400, {"status": 400, "error": WORDS}), (406, {"invalid_gift": WORDS}), (422, [WORDS]),
]  # fmt: skip


def test_refusals_of_every_shape_show_what_punchh_said(live_shop: Shop) -> None:
    shop = live_shop
    for status, body in (*REJECTED, (404, {"message": WORDS})):
        shop.fault("status", method="POST", code=status, body=json.dumps(body))
    shop.once()
    assert shop.posts() == len(REJECTED) + 1  # none of them ended the cycle but the last
    rows = shop.query("SELECT state, reason FROM distribution WHERE attempts > 0")
    assert sorted(state for state, _ in rows) == ["rejected"] * len(REJECTED) + ["unknown"]
    assert all("“Please specify single entity for gifting”" in reason for _, reason in rows)


def test_a_switched_off_feature_in_a_list_opens_the_breaker(live_shop: Shop) -> None:
    shop = live_shop
    sentence = "Your current loyalty program configuration does not support this feature."
    body = json.dumps({"errors": {"base": [sentence]}})
    shop.fault("status", method="POST", code=422, body=body)
    shop.once()
    assert shop.campaigns() == []
    breaker = shop.inside("status", "--json").json()["remotes"]["punchh"]["breaker"]
    assert breaker["refused"] is True
    assert "does not support this feature" in breaker["why"]
