"""The marketer's buttons over the control API, and what the vendors' APIs then show."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.sandbox import Outside, opened

NOW = "2026-03-02T18:00:00Z"
AT = "2026-03-03T15:00:00Z"
LIVE = "WHERE ProgressStatus IN ('Scheduled', 'PreparingData')"


@pytest.fixture(scope="module")
def running() -> Iterator[Outside]:
    with opened() as outside:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.control("POST", "/reset")
    running.set_clock(NOW)
    return running


def campaign(outside: Outside, name: str = "Fries", **more: Any) -> str:
    made: str = outside.send(**{"source": "braze", "name": name, "at": AT} | more)["id"]
    return made


def press(outside: Outside, send_id: str, button: str, **fields: Any) -> Any:
    return outside.control("POST", f"/sends/{send_id}/{button}", fields)


def shown(outside: Outside) -> dict[str, str]:
    return {row["name"]: row["next_send_time"] for row in outside.broadcasts()}


def details(outside: Outside, send_id: str, **params: str) -> Any:
    return outside.braze("/campaigns/details", campaign_id=send_id, **params).json()


# Buttons


def test_every_button_is_in_the_help(outside: Outside) -> None:
    verbs = outside.control("GET", "/")
    buttons = {
        "launch", "stop", "resume", "relaunch", "archive", "reschedule", "draft", "duplicate",
        "drop-out",
    }  # fmt: skip
    assert {f"POST /sends/ID/{button}" for button in buttons} <= set(verbs)
    assert {"PATCH /workspace", "GET /send-log", "GET /guests"} <= set(verbs)


def test_a_draft_is_launched_stopped_resumed_archived_and_relaunched(outside: Outside) -> None:
    made = campaign(outside, draft=True)
    assert shown(outside) == {}
    assert press(outside, made, "launch")["status"] == "live"
    assert list(shown(outside)) == ["Fries"]
    for button, status, rows in (
        ("stop", "stopped", 0),
        ("resume", "live", 1),
        ("archive", "archived", 0),
        ("relaunch", "live", 1),
    ):
        assert press(outside, made, button)["status"] == status
        assert len(shown(outside)) == rows


def test_a_move_by_minutes(outside: Outside) -> None:
    made = campaign(outside, schedule="local", at="2026-03-20T11:00:00")
    press(outside, made, "reschedule", by=-90)
    assert shown(outside) == {"Fries": "2026-03-20T09:30:00"}
    press(outside, made, "reschedule", by=24 * 60)
    assert shown(outside) == {"Fries": "2026-03-21T09:30:00"}


def test_a_duplicate_is_a_draft_with_a_new_id(outside: Outside) -> None:
    made = campaign(outside, tags=["offer"])
    copy = press(outside, made, "duplicate")
    assert copy["id"] != made
    assert (copy["name"], copy["status"], copy["tags"]) == ("Copy of Fries", "draft", ["offer"])
    assert list(shown(outside)) == ["Fries"]
    press(outside, copy["id"], "launch")
    assert shown(outside) == {"Fries": "2026-03-03T10:00:00-05:00"} | {
        "Copy of Fries": "2026-03-03T10:00:00-05:00"
    }


def test_that_a_duplicate_copies_the_tags_is_a_switch(outside: Outside) -> None:
    made = campaign(outside, tags=["offer"])
    outside.switch("braze.copies_tags", False)
    assert press(outside, made, "duplicate")["tags"] == []


def test_a_post_launch_draft_shows_only_when_asked_for(outside: Outside) -> None:
    made = campaign(outside, tags=["offer"])
    assert details(outside, made)["has_post_launch_draft"] is False
    changes = {"name": "Fries anew", "tags": ["vip"], "at": "2026-03-03T18:00:00Z"}
    assert press(outside, made, "draft", **changes)["has_post_launch_draft"] is True
    live, draft = details(outside, made), details(outside, made, post_launch_draft_version="true")
    assert live["has_post_launch_draft"] is draft["has_post_launch_draft"] is True
    assert (live["name"], live["tags"]) == ("Fries", ["offer"])
    assert (draft["name"], draft["tags"]) == ("Fries anew", ["vip"])
    assert shown(outside) == {"Fries": "2026-03-03T10:00:00-05:00"}
    press(outside, made, "draft", tags=["vip", "more"])
    press(outside, made, "launch")
    assert details(outside, made)["tags"] == ["vip", "more"]
    assert details(outside, made)["has_post_launch_draft"] is False
    assert shown(outside) == {"Fries anew": "2026-03-03T13:00:00-05:00"}


def test_an_audience_is_invisible(outside: Outside) -> None:
    made = campaign(outside)
    before = outside.broadcasts(), details(outside, made)
    told = outside.control("PATCH", f"/sends/{made}", {"audience": "Somebody else"})
    assert told["audience"] == "Somebody else"
    after = outside.broadcasts(), details(outside, made)
    assert before[0] == after[0]
    assert {key for key, value in before[1].items() if after[1][key] != value} <= {"updated_at"}


def test_the_workspace_moves_to_another_zone(outside: Outside) -> None:
    campaign(outside)
    campaign(outside, "Elsewhere", zone="Europe/London")
    told = outside.control("PATCH", "/workspace", {"zone": "Pacific Time (US & Canada)"})
    assert told == {"zone": "America/Los_Angeles"}
    assert shown(outside) == {
        "Fries": "2026-03-03T10:00:00-08:00",
        "Elsewhere": "2026-03-03T15:00:00+00:00",
    }
    assert outside.broadcasts()[0]["schedule_type"] == "Pacific Time (US & Canada)"


@pytest.mark.parametrize(
    ("button", "fields", "sentence"),
    [
        ("launch", {}, "Fries is no draft and has none"),
        ("resume", {}, "Fries is not stopped"),
        ("relaunch", {}, "Fries is not stopped, archived or cancelled"),
        ("reschedule", {}, "by must be a number of minutes"),
        ("reschedule", {"by": 1e12}, "by is too large"),
        ("draft", {"colour": "red"}, "unknown: colour"),
        ("drop-out", {"polls": -1}, "polls must be a whole number, 0 or more"),
        ("fly", {}, "there is no POST /sends/"),
    ],
)
def test_a_button_that_does_nothing_says_why(
    outside: Outside, button: str, fields: dict[str, Any], sentence: str
) -> None:
    made = campaign(outside)
    url = f"{outside.box.control_url}/sends/{made}/{button}"
    reply = outside.session.post(url, json=fields, timeout=5)
    assert reply.status_code == (404 if button == "fly" else 400)
    assert reply.json()["error"].startswith(sentence)
    assert list(shown(outside)) == ["Fries"]


def test_an_unknown_zone_is_refused(outside: Outside) -> None:
    url = f"{outside.box.control_url}/workspace"
    reply = outside.session.patch(url, json={"zone": "Mars/Base"}, timeout=5)
    assert reply.json() == {"error": "zone must be the name of a time zone"}


# Salesforce


def flow(outside: Outside, **more: Any) -> str:
    fields = {"source": "salesforce", "kind": "flow", "name": "Win-back", "at": AT}
    made: str = outside.send(**(fields | {"segment": "Lapsed"} | more))["id"]
    return made


def records(outside: Outside, query: str) -> list[Any]:
    reply = outside.soql(query)
    assert reply.status_code == 200, reply.text
    rows: list[Any] = reply.json()["records"]
    return rows


def test_a_flow_is_paused_and_goes_on(outside: Outside) -> None:
    made = flow(outside)
    query = f"SELECT IsPaused, ProgressStatus FROM FlowRecord {LIVE}"  # noqa: S608  our own
    assert press(outside, made, "stop")["paused"] is True
    assert records(outside, query)[0]["IsPaused"] is True
    assert press(outside, made, "resume")["live"] is True
    outside.set_clock(AT)
    assert records(outside, query)[0]["ProgressStatus"] == "PreparingData"


def test_what_is_cancelled_is_launched_again_and_copied(outside: Outside) -> None:
    mail = outside.send(
        source="salesforce",
        kind="list_email",
        name="Harvest",
        at=AT,
        audiences=[{"type": "ListView", "name": "West"}],
    )["id"]
    outside.control("DELETE", f"/sends/{mail}")
    query = "SELECT Id, Name, Status FROM ListEmail ORDER BY Name"
    assert [row["Status"] for row in records(outside, query)] == ["Canceled"]
    press(outside, mail, "relaunch")
    copy = press(outside, mail, "duplicate")
    assert (copy["status"], copy["audiences"]) == ("Draft", [{"type": "ListView", "name": "West"}])
    rows = records(outside, query)
    assert [(row["Name"], row["Status"]) for row in rows] == [
        ("Copy of Harvest", "Draft"),
        ("Harvest", "Scheduled"),
    ]


@pytest.mark.parametrize("moves", [True, False])
def test_a_recurring_flow_and_its_runs(outside: Outside, moves: bool) -> None:
    flow(outside, recurring="daily")
    outside.switch("salesforce.start_moves", moves)
    query = "SELECT ProgressStatus, ScheduledStartDate FROM FlowRecord"
    runs = "SELECT ScheduledDate, ProgressStatus FROM FlowRecordVersionOccurrence"
    assert records(outside, runs) == []
    seen = []
    for minutes in (1, 11, 21):
        outside.set_clock(AT)
        outside.advance(timedelta(minutes=minutes))
        row = records(outside, query)[0]
        seen.append((row["ProgressStatus"], row["ScheduledStartDate"][:10]))
    later = "2026-03-04" if moves else "2026-03-03"
    assert seen == [
        ("PreparingData", "2026-03-03"),
        ("InProgress", "2026-03-03"),
        ("Scheduled", later),
    ]
    run = records(outside, runs)[0]
    assert (run["ScheduledDate"], run["ProgressStatus"]) == (
        "2026-03-03T15:00:00.000+0000",
        "Completed",
    )


# Lag and dropouts


def test_reads_lag_behind_by_up_to_so_many_seconds(outside: Outside) -> None:
    made = campaign(outside)
    mail = outside.send(source="salesforce", kind="list_email", name="Harvest", at=AT)["id"]
    outside.advance(timedelta(minutes=10))
    outside.control("POST", "/switches", {"braze.lag_seconds": 60, "salesforce.lag_seconds": 60})
    campaign(outside, "New")
    press(outside, made, "reschedule", by=60)
    press(outside, mail, "reschedule", by=60)
    query = "SELECT ScheduledDate FROM ListEmail"
    outside.advance(timedelta(seconds=30))
    many = [shown(outside) for _ in range(40)]
    assert {frozenset(one) for one in many} == {frozenset({"Fries"}), frozenset({"Fries", "New"})}
    times = {"2026-03-03T10:00:00-05:00", "2026-03-03T11:00:00-05:00"}
    assert {one["Fries"] for one in many} == times
    dates = {records(outside, query)[0]["ScheduledDate"][11:16] for _ in range(40)}
    assert dates == {"15:00", "16:00"}
    outside.advance(timedelta(seconds=31))
    assert {shown(outside)["Fries"] for _ in range(20)} == {"2026-03-03T11:00:00-05:00"}


def test_a_row_is_left_out_once_and_comes_back(outside: Outside) -> None:
    made, other = campaign(outside), campaign(outside, "Tacos")
    mail = outside.send(source="salesforce", kind="list_email", name="Harvest", at=AT)["id"]
    press(outside, made, "drop-out")
    press(outside, mail, "drop-out", polls=2)
    assert details(outside, made)["enabled"] is True
    assert [list(shown(outside)) for _ in range(2)] == [["Tacos"], ["Fries", "Tacos"]]
    query = "SELECT Id FROM ListEmail"
    assert [len(records(outside, query)) for _ in range(3)] == [0, 0, 1]
    assert other


def test_rows_drop_out_by_chance(outside: Outside) -> None:
    for number in range(10):
        campaign(outside, f"c{number}")
        flow(outside, name=f"f{number}")
    outside.control(
        "POST", "/switches", {"braze.dropout_percent": 30, "salesforce.dropout_percent": 30}
    )
    rows = [len(shown(outside)) for _ in range(30)]
    flows = [len(records(outside, "SELECT Id FROM FlowRecord")) for _ in range(30)]
    assert len(set(rows)) > 1
    assert 100 < sum(rows) < 300
    assert 100 < sum(flows) < 300


# The send log


def test_the_send_log_tells_when_each_guest_got_what(outside: Outside) -> None:
    made = campaign(outside)
    campaign(outside, "Tacos", schedule="local", at="2026-03-03T11:00:00")
    segment = outside.segment("VIP Guests")
    treat = outside.redeemable("Free Fries")
    body = {
        "redeemable_uuid": treat["redeemable_uuid"],
        "segment_id": segment["segment_id"],
        "category": "gift_redeemable",
        "campaign_type": "mass_gifting",
        "name": "Fries",
        "external_campaign_id": "c1",
        "start_time": "2026-03-03T14:00:00Z",
    }
    assert outside.punchh("POST", "/api2/dashboard/campaigns", json=body).status_code == 200
    guests = outside.control("GET", "/guests")["guests"]
    assert {"name": "Priya", "zone": "Asia/Kolkata"} in guests
    outside.set_clock("2026-03-03T15:00:01Z")
    log = outside.control("GET", f"/send-log?send_id={made}")
    assert len(log["messages"]) == len(log["gifts"]) == len(guests)
    log = outside.control("GET", "/send-log?guest=Priya")
    assert [(one["name"], one["at"]) for one in log["messages"]] == [
        ("Tacos", "2026-03-03T05:30:00Z"),
        ("Fries", AT),
    ]
    gift = log["gifts"][0]
    assert (gift["external_campaign_id"], gift["at"]) == ("c1", "2026-03-03T14:00:00Z")
