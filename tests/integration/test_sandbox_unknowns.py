"""What the fact sheets call unknown or odd, each by its switch."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.sandbox import CAMPAIGNS, REDEEMABLES, SEGMENTS, Outside, opened

NOW = "2026-03-02T18:00:00Z"
AT = "2026-03-03T15:00:00Z"


@pytest.fixture(scope="module")
def running() -> Iterator[Outside]:
    with opened() as outside:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.control("POST", "/reset")
    running.set_clock(NOW)
    return running


def campaign(outside: Outside, name: str = "Fries", **more: Any) -> Any:
    return outside.send(**{"source": "braze", "kind": "campaign", "name": name, "at": AT} | more)


def test_the_root_lists_every_switch_and_every_fault(outside: Outside) -> None:
    listing = outside.control("GET", "/")
    rows = outside.control("GET", "/switches")["switches"]
    assert listing["switches"].keys() == rows.keys()
    line = 'envelope of a 422 (punchh §11); default "text" of text, key_list, list, base_list, '
    assert listing["switches"]["punchh.refusal_shape"].startswith(line)
    assert {"status", "informational"} <= set(listing["faults"])


@pytest.mark.parametrize(
    "values",
    [
        {"braze.also_shows": ["everything"]},
        {"wire.informational": ["200"]},
        {"braze.details_null": ["name"]},
    ],
)
def test_a_list_holds_only_what_it_may(outside: Outside, values: Any) -> None:
    reply = outside.session.post(outside.box.control_url + "/switches", json=values, timeout=5)
    assert (reply.status_code, reply.json()["error"].split(" is ")[1][:7]) == (400, "a list ")


# Braze


def test_null_among_the_tags(outside: Outside) -> None:
    made = campaign(outside, tags=["offer"])
    outside.control("POST", "/braze/segments", {"id": "s", "name": "VIP", "tags": ["t"]})
    outside.switch("braze.null_tags", True)
    assert outside.broadcasts()[0]["tags"] == [None, "offer"]
    assert outside.braze("/campaigns/list").json()["campaigns"][0]["tags"] == [None, "offer"]
    details = outside.braze("/campaigns/details", campaign_id=made["id"]).json()
    assert details["tags"] == [None, "offer"]
    assert outside.braze("/segments/list").json()["segments"][0]["tags"] == [None, "t"]
    assert outside.braze("/segments/details", segment_id="s").json()["tags"] == [None, "t"]


def test_details_may_lack_what_is_optional(outside: Outside) -> None:
    made = campaign(outside)
    outside.switch("braze.details_null", ["enabled", "tags"])
    outside.switch("braze.details_absent", ["archived", "draft"])
    details = outside.braze("/campaigns/details", campaign_id=made["id"]).json()
    assert (details["enabled"], details["tags"]) == (None, None)
    assert not {"archived", "draft"} & details.keys()


def test_what_may_show_besides(outside: Outside) -> None:
    campaign(outside, "api", schedule="api", at="2026-03-03T10:00:00")
    campaign(outside, "draft", draft=True)
    campaign(outside, "stopped", stopped=True)
    campaign(outside, "archived", archived=True)
    campaign(outside, "action", schedule="action", at=None)
    assert outside.broadcasts() == []
    for kind in ("api", "draft", "stopped", "archived"):
        outside.switch("braze.also_shows", [kind])
        assert [row["name"] for row in outside.broadcasts()] == [kind]
    campaign(outside, "test", winner_after_hours=24, dialect="z")
    outside.switch("braze.also_shows", ["winner"])
    times = [row["next_send_time"] for row in outside.broadcasts()]
    assert times == ["2026-03-03T15:00:00Z", "2026-03-04T15:00:00Z"]


def test_nothing_may_be_told_in_three_ways(outside: Outside) -> None:
    for form, body in (("list", {"scheduled_broadcasts": []}), ("absent", {}),
                       ("null", {"scheduled_broadcasts": None})):  # fmt: skip
        outside.switch("braze.empty", form)
        reply = outside.braze("/messages/scheduled_broadcasts", end_time=AT)
        assert reply.json() == body


def test_how_far_ahead_it_looks(outside: Outside) -> None:
    campaign(outside, "near")
    campaign(outside, "far", at="2026-05-03T15:00:00Z")
    assert len(outside.broadcasts()) == 2
    outside.switch("braze.max_days_ahead", 30)
    assert [row["name"] for row in outside.broadcasts()] == ["near"]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("message", '{"message":"Invalid API key"}'),
        ("errors", '{"message":"Invalid API key","errors":["Invalid API key"]}'),
        ("empty", ""),
        ("html", "<!doctype html><h1>Invalid API key</h1>"),
    ],
)
def test_forms_of_an_error(outside: Outside, form: str, body: str) -> None:
    outside.switch("braze.error_body", form)
    reply = outside.braze("/campaigns/list", key="other")
    assert (reply.status_code, reply.text) == (401, body)


def test_forms_of_a_rate_limit(outside: Outside) -> None:
    outside.control(
        "POST",
        "/switches",
        {"braze.rate_limit": 0, "braze.retry_after": "soon", "braze.rate_retry_after": "7"},
    )
    resets = {}
    for form in ("epoch", "delta", "past", "junk"):
        outside.switch("braze.rate_reset", form)
        reply = outside.braze("/campaigns/list")
        assert (reply.status_code, reply.headers["Retry-After"]) == (429, "soon")
        assert reply.headers["X-RateLimit-Retry-After"] == "7"
        resets[form] = reply.headers["X-RateLimit-Reset"]
    now = outside.now().timestamp()
    assert int(resets["epoch"]) - now <= 3600
    assert 3500 < int(resets["delta"]) <= 3600
    assert int(resets["past"]) < now
    assert resets["junk"] == "soon"
    outside.switch("braze.rate_limit", 9)
    assert "Retry-After" not in outside.braze("/campaigns/list").headers


def test_the_size_of_a_segment_day_by_day(outside: Outside) -> None:
    made = outside.control("POST", "/braze/segments", {"name": "VIP", "size": 1200})
    outside.control("POST", "/braze/segments", {"id": made["id"], "size": 1234})
    assert outside.control("GET", "/braze/segments")["segments"] == [
        {"id": made["id"], "name": "VIP", "size": 1234, "tags": []}
    ]
    reply = outside.braze("/segments/data_series", segment_id=made["id"], length="3")
    assert reply.json() == {
        "message": "success",
        "data": [
            {"time": "2026-02-28", "size": 1234},
            {"time": "2026-03-01", "size": 1234},
            {"time": "2026-03-02", "size": 1234},
        ],
    }
    ended = outside.braze(
        "/segments/data_series", segment_id=made["id"], length="1", ending_at="2026-01-31T23:00:00"
    )
    assert ended.json()["data"] == [{"time": "2026-01-31", "size": 1234}]
    outside.switch("braze.missing_permissions", ["segments.data_series"])
    assert outside.braze("/segments/data_series", segment_id=made["id"]).status_code == 403


@pytest.mark.parametrize(
    "params",
    [
        {"segment_id": "other", "length": "3"},
        {"segment_id": "s"},
        {"segment_id": "s", "length": "0"},
        {"segment_id": "s", "length": "101"},
        {"segment_id": "s", "length": "3", "ending_at": "soon"},
    ],
)
def test_what_a_data_series_refuses(outside: Outside, params: dict[str, str]) -> None:
    outside.control("POST", "/braze/segments", {"id": "s", "name": "VIP"})
    assert outside.braze("/segments/data_series", **params).status_code == 400


@pytest.mark.parametrize("body", [b"\xff", b"{", b"[]"])
def test_a_body_that_is_no_object_is_passed_over_by_a_list(outside: Outside, body: bytes) -> None:
    outside.segment("VIP")
    (row,) = outside.punchh("GET", SEGMENTS, data=body).json()
    assert row["name"] == "VIP"


# Lists whose pages move


def walked(outside: Outside, pages: int) -> list[str]:
    found: list[str] = []
    for page in range(1, pages + 1):
        rows = outside.punchh("GET", SEGMENTS, params={"page": page, "per_page": 3}).json()
        found += [row["name"] for row in rows]
    return found


def test_pages_that_move_under_their_reader(outside: Outside) -> None:
    for number in range(9, 0, -1):
        outside.segment(f"s{number}")
    whole = [f"s{number}" for number in range(1, 10)]
    assert walked(outside, 3) == whole
    outside.control(
        "POST", "/switches", {"punchh.pages_move_percent": 100, "wire.pages_move_by": "taken"}
    )
    assert walked(outside, 3) == ["s1", "s2", "s3", "s5", "s6", "s7", "s9"]
    outside.switch("wire.pages_move_by", "added")
    assert walked(outside, 3) == ["s1", "s2", "s3", "s3", "s4", "s5", "s5", "s6", "s7"]
    outside.switch("punchh.pages_move_percent", 0)
    assert walked(outside, 3) == whole
    outside.switch("wire.pages_move_by", "either")
    outside.switch("punchh.pages_move_percent", 50)
    assert len({tuple(walked(outside, 3)) for _ in range(12)}) > 2


def test_brazes_pages_move_as_well(outside: Outside) -> None:
    for number in range(102):
        campaign(outside, f"c{number}")
    outside.control(
        "POST", "/switches", {"braze.pages_move_percent": 100, "wire.pages_move_by": "taken"}
    )
    assert len(outside.braze("/campaigns/list").json()["campaigns"]) == 100
    (left,) = outside.braze("/campaigns/list", page="1").json()["campaigns"]
    assert left["name"] == "c101"


# Punchh's refusals

SENTENCE = "Invalid segment id."


def refused(outside: Outside, **changes: Any) -> Any:
    body = {
        "redeemable_uuid": outside.redeemable("Fries")["redeemable_uuid"],
        "segment_id": 1,
        "category": "gift_redeemable",
        "campaign_type": "mass_gifting",
        "name": "Friday Fries",
        "start_time": "2026-03-02T19:00:00Z",
    }
    reply = outside.punchh("POST", CAMPAIGNS, json=body | changes)
    assert reply.status_code == 422
    return reply.json()


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("text", {"errors": {"invalid_segment": SENTENCE}}),
        ("key_list", {"errors": {"invalid_segment": [SENTENCE]}}),
        ("list", {"errors": [SENTENCE]}),
        ("base_list", {"errors": {"base": [SENTENCE]}}),
        ("bare_base", {"base": [SENTENCE]}),
        ("bare_key_list", {"invalid_segment": [SENTENCE]}),
        ("message", {"message": SENTENCE}),
    ],
)
def test_envelopes_of_a_refusal(outside: Outside, shape: str, body: Any) -> None:
    outside.switch("punchh.refusal_shape", shape)
    assert refused(outside) == body
    assert outside.control("GET", "/punchh/campaigns")["campaigns"] == []


def test_a_sentence_without_a_key_is_of_the_name_or_of_the_whole(outside: Outside) -> None:
    outside.switch("punchh.refusal_shape", "bare_key_list")
    segment = outside.segment("VIP")["segment_id"]
    assert refused(outside, segment_id=segment, name="") == {"name": ["Name can't be blank"]}
    off = outside.redeemable("Off", status="deactivated")["redeemable_uuid"]
    assert refused(outside, segment_id=segment, redeemable_uuid=off) == {
        "base": ["Redeemable is deactivated."]
    }


def test_the_feature_being_off_has_the_same_envelopes(outside: Outside) -> None:
    outside.switch("punchh.distribution", False)
    outside.switch("punchh.refusal_shape", "base_list")
    reply = outside.punchh("GET", REDEEMABLES)
    assert reply.status_code == 422
    assert reply.json()["errors"]["base"][0].startswith("Your current loyalty program")


@pytest.mark.parametrize(
    ("kind", "status", "key"),
    [("not_available", 403, "error"), ("invalid_subscription", 406, "invalid_subscription")],
)
def test_refusals_of_the_whole_account(outside: Outside, kind: str, status: int, key: str) -> None:
    outside.switch("punchh.account_refusal", kind)
    for method, path in (("GET", SEGMENTS), ("GET", REDEEMABLES), ("POST", CAMPAIGNS)):
        reply = outside.punchh(method, path)
        assert (reply.status_code, list(reply.json())) == (status, [key])


def test_json_that_cannot_be_read_may_be_told_with_its_status(outside: Outside) -> None:
    outside.switch("punchh.bad_json", "status")
    reply = outside.punchh("POST", CAMPAIGNS, data=b"{")
    assert (reply.status_code, reply.json()) == (
        400,
        {"status": 400, "error": "data was not valid JSON"},
    )


def test_a_start_may_be_too_far_ahead(outside: Outside) -> None:
    segment = outside.segment("VIP")["segment_id"]
    outside.switch("punchh.max_days_ahead", 30)
    body = refused(outside, segment_id=segment, start_time="2026-05-01T00:00:00Z")
    assert list(body["errors"]) == ["invalid_start_time"]


# Salesforce's flows


def flows(outside: Outside) -> list[tuple[str, str]]:
    query = "SELECT ProgressStatus, ScheduledStartDate FROM FlowRecord"
    found = outside.soql(query).json()["records"]
    return [(row["ProgressStatus"], row["ScheduledStartDate"][:16]) for row in found]


def test_a_recurring_flow_may_be_in_progress_between_its_runs(outside: Outside) -> None:
    outside.send(source="salesforce", kind="flow", name="Daily", at=AT, segment="S",
                 recurring="daily")  # fmt: skip
    outside.send(source="salesforce", kind="flow", name="Once", at=AT, segment="S")
    outside.switch("salesforce.between_runs", "InProgress")
    first = ("Scheduled", "2026-03-03T15:00")
    assert flows(outside) == [first, first]
    outside.set_clock("2026-03-03T20:00:00Z")
    assert flows(outside) == [
        ("InProgress", "2026-03-04T15:00"),
        ("Completed", "2026-03-03T15:00"),
    ]
    outside.switch("salesforce.start_moves", False)
    assert flows(outside)[0] == ("InProgress", "2026-03-03T15:00")
    assert outside.control("GET", "/sends")["sends"][0]["status"] == "InProgress"


def test_a_field_may_be_hidden_from_this_user(outside: Outside) -> None:
    outside.switch("salesforce.invalid_fields", ["FlowRecord.Segmentid", "ListEmail.Name"])
    for query in ("SELECT SegmentId FROM FlowRecord", "SELECT Segment.Name FROM FlowRecord",
                  "SELECT Id FROM ListEmail WHERE Name = 'x'",
                  "SELECT Id FROM ListEmail ORDER BY name"):  # fmt: skip
        reply = outside.soql(query)
        assert (reply.status_code, reply.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert outside.soql("SELECT Name FROM FlowRecord").status_code == 200
    fields = outside.soql("", resource="sobjects/FlowRecord/describe").json()["fields"]
    assert "SegmentId" not in [field["name"] for field in fields]


def test_a_flow_looks_as_in_real_orgs(outside: Outside) -> None:
    outside.send(source="salesforce", kind="flow", name="Win-back", at=AT, segment="S",
                 campaign="Spring")  # fmt: skip
    query = (
        "SELECT Id, ApiName, FlowDefinition, FlowType, CapacityCategory, Type, AssociatedRecordId, "
        "AssociatedRecord.Name FROM FlowRecord"
    )
    (row,) = outside.soql(query, version=62).json()["records"]
    assert (row["FlowType"], row["CapacityCategory"]) == (
        "SegmentTrigAutolnch",
        "MarketingCloudFlow",
    )
    assert (row["FlowDefinition"][:3], len(row["FlowDefinition"])) == ("300", 15)
    prefix, made_of, made_at = row["ApiName"].split("_")
    assert (prefix, made_of[:3], len(made_of)) == ("flow", "701", 18)
    assert abs(int(made_at) / 1000 - outside.now().timestamp()) < 60
    assert row["Id"].startswith("2aF")
    assert row["AssociatedRecord"]["Name"] == "Spring"
    assert row["AssociatedRecordId"].startswith("701")
    outside.switch("salesforce.flow_trigger", "SegmentTriggered")
    assert outside.soql("SELECT Id FROM FlowRecord WHERE Type = 'Segment'").json()["records"] == []


def test_a_flow_without_a_campaign_has_none_and_may_be_an_invalid_draft(outside: Outside) -> None:
    outside.send(source="salesforce", kind="flow", name="x", segment="S", progress="InvalidDraft")
    query = "SELECT ProgressStatus, AssociatedRecordId, AssociatedRecord.Name FROM FlowRecord"
    (row,) = outside.soql(query).json()["records"]
    assert row["ProgressStatus"] == "InvalidDraft"
    assert (row["AssociatedRecordId"], row["AssociatedRecord"]) == (None, None)
    (version,) = outside.soql("SELECT Status, VersionNumber FROM FlowRecordVersion").json()[
        "records"
    ]
    assert (version["Status"], version["VersionNumber"]) == ("InvalidDraft", 1)


def test_a_flows_mail_may_be_a_list_email_without_a_date(outside: Outside) -> None:
    outside.send(source="salesforce", kind="flow", name="Win-back", at=AT, segment="S")
    query = "SELECT Id, Name, Status, ScheduledDate FROM ListEmail"
    assert outside.soql(query).json()["records"] == []
    outside.switch("salesforce.flow_list_emails", True)
    (row,) = outside.soql(query).json()["records"]
    assert (row["Name"], row["Status"], row["ScheduledDate"]) == ("Win-back", "Draft", None)
    assert row["Id"].startswith("0XB")
