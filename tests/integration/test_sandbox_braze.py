"""Braze's skin: what is shown, how times are spelled, and when rows move on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.sandbox import Outside, opened

NOW = "2026-03-02T18:00:00Z"
AT = "2026-03-03T15:00:00Z"


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock(NOW)
        yield running


def campaign(outside: Outside, name: str = "Fries", **more: Any) -> Any:
    return outside.send(**{"source": "braze", "kind": "campaign", "name": name, "at": AT} | more)


# Access


def test_keys_and_permissions(outside: Outside) -> None:
    path = "/messages/scheduled_broadcasts"
    assert outside.braze(path, key="other", end_time=AT).status_code == 401
    outside.switch("braze.missing_permissions", ["messages.schedule_broadcasts"])
    reply = outside.braze(path, end_time=AT)
    assert (reply.status_code, reply.json()) == (403, {"message": "Access Denied"})
    assert outside.braze("/campaigns/list").status_code == 200
    assert outside.braze("/campaigns/nothing").status_code == 404


def test_rate_headers_are_lower_case_and_shared(outside: Outside) -> None:
    outside.switch("braze.rate_limit", 2)
    first = outside.braze("/campaigns/list")
    assert [name for name in first.headers if name.startswith("x-ratelimit")] == [
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ]
    assert first.headers["x-ratelimit-reset"] == "1772478000"
    assert outside.braze("/canvas/list").headers["x-ratelimit-remaining"] == "0"
    assert outside.braze("/campaigns/list").status_code == 429
    outside.advance(timedelta(hours=1))
    outside.switch("braze.rate_headers", False)
    reply = outside.braze("/campaigns/list")
    assert reply.status_code == 200
    assert "x-ratelimit-limit" not in reply.headers


def test_only_gets(outside: Outside) -> None:
    reply = outside.session.post(outside.box.braze_url + "/messages/send", timeout=5)
    assert reply.status_code == 401
    assert outside.control("GET", "/requests")["requests"][-1]["violation"] == "not a GET"


# scheduled_broadcasts


@pytest.mark.parametrize("end", ["", "soon"])
def test_end_time_is_required(outside: Outside, end: str) -> None:
    assert outside.braze("/messages/scheduled_broadcasts", end_time=end).status_code == 400


def test_end_time_is_cut_to_midnight_utc(outside: Outside) -> None:
    campaign(outside)
    assert outside.broadcasts("2026-03-03T23:59:59Z") == []
    assert len(outside.broadcasts("2026-03-04T00:00:00Z")) == 1
    assert outside.broadcasts("2026-03-04T05:00:00+14:00") == []
    outside.switch("braze.end_time_date", "literal")
    assert len(outside.broadcasts("2026-03-04T05:00:00+14:00")) == 1


def test_a_row_has_exactly_six_keys(outside: Outside) -> None:
    made = campaign(outside, tags=["offer", "punchh:segment=VIP Guests"])
    reply = outside.braze("/messages/scheduled_broadcasts", end_time="2026-03-09T00:00:00Z").json()
    assert reply == {
        "scheduled_broadcasts": [
            {
                "name": "Fries",
                "id": made["id"],
                "type": "Campaign",
                "tags": ["offer", "punchh:segment=VIP Guests"],
                "next_send_time": "2026-03-03T10:00:00-05:00",
                "schedule_type": "America/New_York",
            }
        ]
    }


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("z", "2026-03-03T15:00:00Z"),
        ("offset", "2026-03-03T10:00:00-05:00"),
        ("offset_compact", "2026-03-03T10:00:00-0500"),
        ("abbreviation", "2026-03-03 10:00:00 EST"),
        ("plain", "2026-03-03 10:00:00"),
    ],
)
def test_dialects_of_next_send_time(outside: Outside, dialect: str, text: str) -> None:
    campaign(outside, dialect=dialect, zone="Eastern Time (US & Canada)")
    row = outside.broadcasts()[0]
    assert (row["next_send_time"], row["schedule_type"]) == (text, "Eastern Time (US & Canada)")


def test_local_and_intelligent_sends_carry_no_zone(outside: Outside) -> None:
    local = campaign(outside, schedule="local", at="2026-06-10T11:00:00")
    smart = campaign(outside, schedule="intelligent", at="2026-06-10T00:00:00", dialect="plain")
    rows = {row["id"]: row for row in outside.broadcasts()}
    assert rows[local["id"]]["next_send_time"] == "2026-06-10T11:00:00"
    assert rows[local["id"]]["schedule_type"] == "local_time_zones"
    assert rows[smart["id"]]["next_send_time"] == "2026-06-10 00:00:00"
    assert rows[smart["id"]]["schedule_type"] == "intelligent_delivery"
    assert (local["first_delivery"], local["last_delivery"]) == (
        "2026-06-09T21:00:00Z",
        "2026-06-10T23:00:00Z",
    )
    assert (smart["first_delivery"], smart["last_delivery"]) == (
        "2026-06-09T10:00:00Z",
        "2026-06-11T12:00:00Z",
    )


def test_what_must_not_show(outside: Outside) -> None:
    campaign(outside, "draft", draft=True)
    campaign(outside, "stopped", stopped=True)
    campaign(outside, "action", schedule="action", at=None)
    campaign(outside, "api", schedule="api", at="2026-03-03T15:00:00")
    archived = campaign(outside, "archived")
    outside.control("DELETE", f"/sends/{archived['id']}?how=delete")
    assert outside.broadcasts() == []


def test_problem_rows(outside: Outside) -> None:
    made = campaign(outside)
    path = f"/sends/{made['id']}"
    outside.control("PATCH", path, {"next_send_time": "tomorrow-ish"})
    assert outside.broadcasts()[0]["next_send_time"] == "tomorrow-ish"
    outside.control("PATCH", path, {"next_send_time": None})
    assert outside.broadcasts()[0]["next_send_time"] is None
    outside.control("PATCH", path, {"at": AT})
    assert outside.broadcasts()[0]["next_send_time"] == "2026-03-03T10:00:00-05:00"
    outside.control("PATCH", path, {"hidden": True})
    assert outside.broadcasts() == []


def test_order_cap_and_message_are_switches(outside: Outside) -> None:
    campaign(outside, "a")
    campaign(outside, "b")
    outside.control(
        "POST",
        "/switches",
        {"braze.order": "reversed", "braze.row_cap": 1, "braze.message_key": True},
    )
    reply = outside.braze("/messages/scheduled_broadcasts", end_time="2099-01-01T00:00:00Z").json()
    assert reply["message"] == "success"
    assert [row["name"] for row in reply["scheduled_broadcasts"]] == ["b"]


# Time


def shown(outside: Outside) -> list[str]:
    return [row["next_send_time"] for row in outside.broadcasts()]


def test_a_one_off_row_leaves_at_its_time(outside: Outside) -> None:
    made = campaign(outside)
    outside.set_clock("2026-03-03T15:00:01Z")
    assert shown(outside) == []
    sends = outside.control("GET", "/sends")["sends"]
    assert sends[0]["id"] == made["id"]
    assert sends[0]["delivered"] == [{"first": AT, "last": AT}]


def test_a_daily_row_keeps_its_wall_clock_over_dst(outside: Outside) -> None:
    campaign(outside, recurring="daily", at="2026-03-07T15:00:00Z")
    outside.set_clock("2026-03-07T15:00:01Z")
    assert shown(outside) == ["2026-03-08T10:00:00-04:00"]
    outside.set_clock("2026-03-08T14:00:01Z")
    assert shown(outside) == ["2026-03-09T10:00:00-04:00"]
    delivered = outside.control("GET", "/sends")["sends"][0]["delivered"]
    assert [one["first"] for one in delivered] == ["2026-03-07T15:00:00Z", "2026-03-08T14:00:00Z"]


def test_roll_policies(outside: Outside) -> None:
    campaign(outside, schedule="local", recurring="weekly", at="2026-03-03T10:00:00")
    outside.switch("braze.roll", "last_zone")
    outside.set_clock("2026-03-03T21:00:00Z")
    assert shown(outside) == ["2026-03-03T10:00:00"]
    outside.switch("braze.roll", "nominal")
    assert shown(outside) == ["2026-03-10T10:00:00"]
    outside.control("POST", "/switches", {"braze.roll": "delayed", "braze.roll_delay_minutes": 600})
    assert shown(outside) == ["2026-03-03T10:00:00"]


def test_an_edit_shortly_before_leaves_queued_messages_alone(outside: Outside) -> None:
    made = campaign(outside, schedule="local", at="2026-03-03T10:00:00")
    outside.control("PATCH", f"/sends/{made['id']}", {"at": "2026-03-20T10:00:00"})
    assert shown(outside) == ["2026-03-20T10:00:00"]
    outside.set_clock("2026-03-04T00:00:00Z")
    delivered = outside.control("GET", "/sends")["sends"][0]["delivered"]
    assert [one["first"] for one in delivered] == ["2026-03-02T20:00:00Z"]


def test_stopping_in_time_sends_nothing(outside: Outside) -> None:
    made = campaign(outside)
    outside.control("DELETE", f"/sends/{made['id']}")
    outside.advance(timedelta(days=3))
    assert outside.control("GET", "/sends")["sends"][0]["delivered"] == []


# Exports


def test_lists_are_paged_by_100_from_zero(outside: Outside) -> None:
    for number in range(101):
        campaign(outside, f"c{number:03d}")
    first = outside.braze("/campaigns/list").json()
    assert first["message"] == "success"
    assert [row["name"] for row in first["campaigns"]][:2] == ["c000", "c001"]
    assert len(first["campaigns"]) == 100
    assert len(outside.braze("/campaigns/list", page="1").json()["campaigns"]) == 1
    assert outside.braze("/campaigns/list", page="2").json()["campaigns"] == []
    newest = outside.braze("/campaigns/list", sort_direction="desc").json()["campaigns"]
    assert newest[0]["name"] == "c100"
    assert newest[0]["last_edited"].endswith("+00:00")


def test_lists_hide_archived_and_filter_by_edit(outside: Outside) -> None:
    old = campaign(outside, "old")
    outside.control("PATCH", f"/sends/{old['id']}", {"archived": True})
    assert outside.braze("/campaigns/list").json()["campaigns"] == []
    assert len(outside.braze("/campaigns/list", include_archived="true").json()["campaigns"]) == 1
    outside.advance(timedelta(hours=1))
    campaign(outside, "new")
    since = {"last_edit.time[gt]": "2026-03-02T18:30:00", "include_archived": "true"}
    rows = outside.braze("/campaigns/list", **since).json()["campaigns"]
    assert [row["name"] for row in rows] == ["new"]


def test_details_of_a_campaign(outside: Outside) -> None:
    made = campaign(outside, tags=["offer"])
    detail = outside.braze("/campaigns/details", campaign_id=made["id"]).json()
    assert detail["message"] == "success"
    assert (detail["enabled"], detail["draft"], detail["archived"]) == (True, False, False)
    assert (detail["name"], detail["tags"], detail["first_sent"]) == ("Fries", ["offer"], None)
    assert "id" not in detail
    outside.set_clock("2026-03-03T15:00:01Z")
    detail = outside.braze("/campaigns/details", campaign_id=made["id"]).json()
    assert detail["last_sent"] == "2026-03-03T15:00:00+00:00"
    assert outside.braze("/campaigns/details", campaign_id="nope").status_code == 400
    outside.switch("braze.unknown_id_status", 404)
    assert outside.braze("/campaigns/details", campaign_id="nope").status_code == 404


def test_details_of_a_canvas(outside: Outside) -> None:
    made = campaign(outside, kind="canvas")
    outside.control("PATCH", f"/sends/{made['id']}", {"paused": True})
    detail = outside.braze("/canvas/details", canvas_id=made["id"]).json()
    assert (detail["enabled"], detail["first_entry"], detail["steps"]) == (False, None, [])
    assert [row["id"] for row in outside.braze("/canvas/list").json()["canvases"]] == [made["id"]]
    assert outside.braze("/campaigns/details", campaign_id=made["id"]).status_code == 400


def test_segments() -> None:
    with opened(scenario=True) as outside:
        rows = outside.braze("/segments/list").json()["segments"]
        assert "VIP - Email" in [row["name"] for row in rows]
        detail = outside.braze("/segments/details", segment_id=rows[0]["id"]).json()
        assert detail["name"] == rows[0]["name"]
        assert outside.braze("/segments/details", segment_id="nope").status_code == 400
