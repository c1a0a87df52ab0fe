"""Punchh's POST: every literal refusal, no replay, and what becomes of a campaign."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.sandbox import CAMPAIGNS, Outside, opened

TOO_SOON = {
    "invalid_start_time": "Campaign start time should be at least 15 ahead from now.",
}
BAD_FORMAT = {"invalid_format": "Invalid Start Time format. Please use ISO8601"}
AFTER_EXPIRY = "Start time should be less than or equal to redeemable effective expiry time."


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock("2026-03-02T18:00:00Z")
        yield running


def order(outside: Outside, **changes: Any) -> dict[str, Any]:
    """Return a good body, with changes; None takes a key away."""
    body: dict[str, Any] = {
        "redeemable_uuid": "",
        "segment_id": 0,
        "category": "gift_redeemable",
        "campaign_type": "mass_gifting",
        "name": "Friday Fries",
        "start_time": "2026-03-02T18:36:32Z",
    }
    if "redeemable_uuid" not in changes:
        body["redeemable_uuid"] = outside.redeemable("Fries")["redeemable_uuid"]
    if "segment_id" not in changes:
        body["segment_id"] = outside.segment("VIP Guests", members=120)["segment_id"]
    return {key: value for key, value in (body | changes).items() if value is not None}


def post(outside: Outside, body: Any, **more: Any) -> tuple[int, Any]:
    reply = outside.punchh("POST", CAMPAIGNS, json=body, **more)
    return reply.status_code, reply.json()


def campaigns(outside: Outside) -> list[Any]:
    held: list[Any] = outside.control("GET", "/punchh/campaigns")["campaigns"]
    return held


# Commits


def test_a_good_order(outside: Outside) -> None:
    status, reply = post(outside, order(outside, external_campaign_id="abc"))
    assert status == 200
    assert reply["start_time"] == "2026-03-02 06:36 PM"
    assert reply["timezone"] == "Etc/UTC"
    assert reply["external_source_id"] == "abc"
    assert set(reply) == {
        "redeemable_id", "redeemable_image_url", "redeemable_properties", "campaign_id",
        "external_source_id", "start_time", "timezone",
    }  # fmt: skip


@pytest.mark.parametrize(("changes", "echo"), [({}, None), ({"external_campaign_id": ""}, "")])
def test_the_external_id_is_echoed(outside: Outside, changes: Any, echo: str | None) -> None:
    assert post(outside, order(outside, **changes))[1]["external_source_id"] == echo


def test_a_repeat_is_another_campaign(outside: Outside) -> None:
    body = order(outside, external_campaign_id="same")
    ids = [post(outside, body)[1]["campaign_id"] for _ in range(3)]
    assert ids == sorted(set(ids))
    assert [held["campaign_id"] for held in campaigns(outside)] == ids


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize(
    "name", ["redeemable_uuid", "segment_id", "category", "campaign_type", "start_time"]
)
def test_a_missing_parameter_is_400(outside: Outside, name: str, value: str | None) -> None:
    body = {"error": f"Required parameter missing or the value is empty: {name}"}
    assert post(outside, order(outside, **{name: value})) == (400, body)
    assert campaigns(outside) == []


def test_the_first_missing_parameter_is_named(outside: Outside) -> None:
    assert post(outside, {})[1]["error"].endswith(": redeemable_uuid")
    assert post(outside, {"redeemable_uuid": "x"})[1]["error"].endswith(": segment_id")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": None}, "Name can't be blank"),
        ({"name": ""}, "Name can't be blank"),
        ({"redeemable_uuid": "f" * 40}, {"invalid_redeemable": "Invalid redeemable uuid."}),
        ({"segment_id": 1}, {"invalid_segment": "Invalid segment id."}),
        ({"category": "gift_currency"}, {"invalid_category": "Invalid category."}),
        ({"campaign_type": "abc"}, {"invalid_campaign_type": "Invalid campaign type."}),
        ({"start_time": "2026-03-02T18:14:00Z"}, TOO_SOON),
        ({"start_time": "2020-03-02T18:14:00Z"}, TOO_SOON),
        ({"start_time": "2026/03/02 06:36 PM"}, BAD_FORMAT),
        ({"start_time": "2026-03-02 06:36 PM"}, BAD_FORMAT),
        ({"start_time": "2026-03-02 18:36:32"}, BAD_FORMAT),
        ({"start_time": "2026-03-02"}, BAD_FORMAT),
        ({"start_time": "18:36:32"}, BAD_FORMAT),
        ({"start_time": "2026-13-02T18:36:32Z"}, BAD_FORMAT),
        ({"start_time": 1772476592}, BAD_FORMAT),
    ],
)
def test_a_refusal_is_422(outside: Outside, changes: Any, errors: Any) -> None:
    assert post(outside, order(outside, **changes)) == (422, {"errors": errors})
    assert campaigns(outside) == []


@pytest.mark.parametrize(
    ("status", "errors"),
    [
        ("deactivated", "Redeemable is deactivated."),
        ("scheduled", "Redeemable is scheduled."),
        ("expired", "Redeemable is expired."),
        ("draft", {"invalid_redeemable": "Invalid redeemable uuid."}),
        ("foreign", {"invalid_redeemable": "Invalid redeemable uuid."}),
    ],
)
def test_a_redeemable_that_cannot_be_given(outside: Outside, status: str, errors: Any) -> None:
    uuid = outside.redeemable("Wings", status=status)["redeemable_uuid"]
    assert post(outside, order(outside, redeemable_uuid=uuid)) == (422, {"errors": errors})


def test_a_foreign_segment_is_invalid(outside: Outside) -> None:
    segment = outside.segment("Theirs", foreign=True)["segment_id"]
    errors = {"invalid_segment": "Invalid segment id."}
    assert post(outside, order(outside, segment_id=segment)) == (422, {"errors": errors})


@pytest.mark.parametrize(
    ("shape", "errors"),
    [("object", {"invalid_start_time": AFTER_EXPIRY}), ("text", AFTER_EXPIRY)],
)
def test_a_start_after_the_expiry(outside: Outside, shape: str, errors: Any) -> None:
    outside.switch("punchh.expiry_shape", shape)
    made = outside.redeemable("Wings", expires_at="2026-03-02T19:00:00Z")
    body = order(outside, redeemable_uuid=made["redeemable_uuid"])
    assert post(outside, body | {"start_time": "2026-03-02T19:00:01Z"}) == (
        422,
        {"errors": errors},
    )
    assert post(outside, body | {"start_time": "2026-03-02T19:00:00Z"})[0] == 200


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T18:36:32Z",
        "2026-03-02T18:36:32z",
        "2026-03-02T18:36:32",
        "2026-03-03T00:06:32+05:30",
        "2026-03-02T13:36:32-05:00",
    ],
)
def test_start_times_that_are_read(outside: Outside, text: str) -> None:
    status, reply = post(outside, order(outside, start_time=text))
    assert (status, reply["start_time"]) == (200, "2026-03-02 06:36 PM")
    assert campaigns(outside)[0]["start_time"] == "2026-03-02T18:36:32Z"


def test_unconfirmed_time_formats_are_a_switch(outside: Outside) -> None:
    body = order(outside, start_time="2026-03-02T18:36:32.5+0000")
    assert post(outside, body) == (422, {"errors": BAD_FORMAT})
    outside.switch("punchh.lenient_time", True)
    assert post(outside, body)[0] == 200


def test_the_lead_is_measured_by_punchhs_clock(outside: Outside) -> None:
    body = order(outside, start_time="2026-03-02T18:15:30Z")
    assert post(outside, body)[0] == 200
    outside.switch("punchh.skew_seconds", 60)
    assert post(outside, body) == (422, {"errors": TOO_SOON})


def test_the_order_of_the_checks(outside: Outside) -> None:
    wrong = {"campaign_type": "x", "category": "x", "redeemable_uuid": "x", "segment_id": 1}
    status, reply = post(outside, order(outside, name=None, start_time="x", **wrong))
    assert (status, list(reply["errors"])) == (422, ["invalid_campaign_type"])
    rows = outside.control("GET", "/switches")["switches"]["punchh.check_order"]
    outside.switch("punchh.check_order", rows["default"][::-1])
    assert post(outside, order(outside, name=None, **wrong))[1]["errors"] == "Name can't be blank"


@pytest.mark.parametrize("form", ["error", "empty", "html"])
def test_unreadable_json_is_400(outside: Outside, form: str) -> None:
    outside.switch("punchh.bad_json", form)
    assert outside.punchh("POST", CAMPAIGNS, data=b"{").status_code == 400


def test_quoted_segment_ids_and_long_names_are_switches(outside: Outside) -> None:
    body = order(outside)
    quoted = body | {"segment_id": str(body["segment_id"])}
    assert post(outside, quoted)[0] == 200
    outside.control(
        "POST", "/switches", {"punchh.quoted_segment_id": False, "punchh.name_limit": 5}
    )
    assert post(outside, quoted)[0] == 422
    assert "too long" in post(outside, body)[1]["errors"]


# Gifts


def test_a_campaign_gifts_the_segment_as_it_is_then(outside: Outside) -> None:
    body = order(outside)
    post(outside, body)
    outside.control("PATCH", f"/segments/{body['segment_id']}", {"members": 300})
    assert outside.control("GET", "/punchh/gifts") == {"total": 0, "gifts": []}
    outside.advance(timedelta(minutes=40))
    assert [(c["status"], c["gifts"]) for c in campaigns(outside)] == [("finished", 300)]
    assert outside.control("GET", "/punchh/gifts")["total"] == 300


def test_unknowns_of_gifting_are_switches(outside: Outside) -> None:
    outside.control(
        "POST",
        "/switches",
        {
            "punchh.members_at": "creation",
            "punchh.campaign_clock": "business",
            "punchh.processing_seconds": 600,
        },
    )
    body = order(outside)
    post(outside, body)
    outside.control("PATCH", f"/segments/{body['segment_id']}", {"members": 300})
    assert campaigns(outside)[0]["fires_at"] == "2026-03-02T23:36:32Z"
    outside.set_clock("2026-03-02T23:40:00Z")
    assert campaigns(outside)[0]["status"] == "processing"
    outside.set_clock("2026-03-02T23:50:00Z")
    assert (campaigns(outside)[0]["status"], campaigns(outside)[0]["gifts"]) == ("finished", 120)


def test_a_redeemable_deactivated_since_may_give_nothing(outside: Outside) -> None:
    outside.switch("punchh.gift_inactive", False)
    body = order(outside)
    post(outside, body)
    outside.control("PATCH", f"/redeemables/{body['redeemable_uuid']}", {"status": "deactivated"})
    outside.advance(timedelta(minutes=40))
    assert campaigns(outside)[0]["gifts"] == 0


def test_what_punchh_holds_of_a_campaign(outside: Outside) -> None:
    body = order(outside, external_campaign_id="x-1")
    _, reply = post(outside, body)
    held = campaigns(outside)[0]
    assert held | {"created_at": None} == {
        "campaign_id": reply["campaign_id"],
        "segment_id": body["segment_id"],
        "segment": "VIP Guests",
        "redeemable_uuid": body["redeemable_uuid"],
        "redeemable": "Fries",
        "name": "Friday Fries",
        "external_campaign_id": "x-1",
        "start_time": "2026-03-02T18:36:32Z",
        "fires_at": "2026-03-02T18:36:32Z",
        "created_at": None,
        "status": "scheduled",
        "gifts": 0,
    }
    created = datetime.fromisoformat(held["created_at"])
    assert abs(created - datetime(2026, 3, 2, 18, tzinfo=UTC)) < timedelta(seconds=30)
