"""Salesforce's skin: SOQL, versions, rows that follow the clock, and paging."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.support.sandbox import Outside, opened

NOW = "2026-03-02T18:00:00Z"
AT = "2026-03-03T15:00:00Z"
WEST = {"type": "ListView", "name": "West"}
EAST = {"type": "Campaign", "name": "East"}


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock(NOW)
        yield running


def email(outside: Outside, name: str = "Harvest", **more: Any) -> Any:
    fields = {"source": "salesforce", "kind": "list_email", "name": name, "at": AT}
    return outside.send(**(fields | more))


def flow(outside: Outside, name: str = "Win-back", **more: Any) -> Any:
    fields = {"source": "salesforce", "kind": "flow", "name": name, "at": AT, "segment": "Lapsed"}
    return outside.send(**(fields | more))


def rows(outside: Outside, query: str, **more: Any) -> list[Any]:
    reply = outside.soql(query, **more)
    assert reply.status_code == 200, reply.text
    found: list[Any] = reply.json()["records"]
    return found


def code(outside: Outside, query: str, **more: Any) -> tuple[int, str]:
    reply = outside.soql(query, **more)
    return reply.status_code, reply.json()[0]["errorCode"]


# Versions and permissions


@pytest.mark.parametrize(
    ("version", "query", "expected"),
    [
        (57, "SELECT Id FROM FlowRecord", (400, "INVALID_TYPE")),
        (59, "SELECT Id FROM FlowRecordVersionOccurrence", (400, "INVALID_TYPE")),
        (59, "SELECT IsPaused FROM FlowRecord", (400, "INVALID_FIELD")),
        (60, "SELECT ActiveVersionId FROM FlowRecord", (400, "INVALID_FIELD")),
        (61, "SELECT SentVia FROM ListEmail", (400, "INVALID_FIELD")),
        (61, "SELECT Id FROM Nothing", (400, "INVALID_TYPE")),
        (61, "SELECT Nothing FROM ListEmail", (400, "INVALID_FIELD")),
        (61, "SELECT Sender.Name FROM ListEmail", (400, "INVALID_FIELD")),
        (61, "SELECT Segment.Nothing FROM FlowRecord", (400, "INVALID_FIELD")),
        (61, "SELECT Id FROM ListEmail WHERE ScheduledDate > '2026'", (400, "INVALID_FIELD")),
        (61, "SELECT Id FROM ListEmail WHERE Name > 5", (400, "INVALID_FIELD")),
        (61, "SELECT Id FROM ListEmail WHERE ScheduledDate LIKE '2026%'", (400, "INVALID_FIELD")),
        (61, "SELECT Id FROM ListEmail WHERE Name LIKE 5", (400, "MALFORMED_QUERY")),
        (61, "SELECT Id FROM ListEmail WHERE Id = 'a' AND Id = 'b' OR Id = 'c'",
         (400, "MALFORMED_QUERY")),
        (61, "SELECT Id FROM ListEmail WHERE (Id = 'a'", (400, "MALFORMED_QUERY")),
        (61, "SELECT Id FROM ListEmail WHERE NOT Id = 'a' AND Id = 'b'", (400, "MALFORMED_QUERY")),
        (61, "SELECT Id FROM ListEmail WHERE ScheduledDate > 2026-02-30", (400, "MALFORMED_QUERY")),
        (61, "SELECT Id FROM ListEmail LIMIT -1", (400, "MALFORMED_QUERY")),
        (61, "SELECT Id FROM ListEmail WHERE ScheduledDate > 2026-03-01T00:00:00 00:00",
         (400, "MALFORMED_QUERY")),
        (61, "SELECT Id FROM", (400, "MALFORMED_QUERY")),
        (61, "", (400, "MALFORMED_QUERY")),
        (30, "SELECT Id FROM ListEmail", (410, "UNSUPPORTED_API_VERSION")),
        (99, "SELECT Id FROM ListEmail", (404, "NOT_FOUND")),
    ],
)  # fmt: skip
def test_refused_queries(
    outside: Outside, version: int, query: str, expected: tuple[int, str]
) -> None:
    email(outside)
    assert code(outside, query, version=version) == expected


def test_objects_may_be_invisible(outside: Outside) -> None:
    outside.control(
        "POST",
        "/switches",
        {"salesforce.invalid_types": ["ListEmail"], "salesforce.source_list_name": False},
    )
    assert code(outside, "SELECT Id FROM ListEmail") == (400, "INVALID_TYPE")
    query = "SELECT SourceList.Name FROM ListEmailRecipientSource"
    assert code(outside, query) == (400, "INVALID_FIELD")


def test_account_engagement_adds_sent_via(outside: Outside) -> None:
    email(outside)
    outside.switch("salesforce.account_engagement", True)
    assert rows(outside, "SELECT SentVia FROM ListEmail")[0]["SentVia"] == "Salesforce"


# Rows


def test_a_list_email_and_its_audiences(outside: Outside) -> None:
    made = email(outside, audiences=[WEST, EAST])
    query = (
        "SELECT Id, Name, Status, ScheduledDate, CampaignId, Campaign.Name FROM ListEmail "  # noqa: S608  our own
        f"WHERE Status='Scheduled' AND ScheduledDate > {NOW} AND ScheduledDate < {AT[:-1]}+00:00"
    )
    assert rows(outside, query) == []
    row = rows(outside, query.replace("ScheduledDate <", "ScheduledDate <="))[0]
    assert row == {
        "attributes": {
            "type": "ListEmail",
            "url": f"/services/data/v61.0/sobjects/ListEmail/{made['id']}",
        },
        "Id": made["id"],
        "Name": "Harvest",
        "Status": "Scheduled",
        "ScheduledDate": "2026-03-03T15:00:00.000+0000",
        "CampaignId": None,
        "Campaign": None,
    }
    assert (made["id"][:3], len(made["id"])) == ("0XB", 18)
    sources = rows(
        outside,
        "SELECT SourceListId, SourceType, SourceList.Name, SourceList.Type "  # noqa: S608  our own
        f"FROM ListEmailRecipientSource WHERE ListEmailId IN ('{made['id']}', 'x')",
    )
    assert [(s["SourceList"]["Name"], s["SourceList"]["Type"]) for s in sources] == [
        ("West", "ListView"),
        ("East", "Campaign"),
    ]
    assert [s["SourceListId"][:3] for s in sources] == ["00B", "701"]
    views = rows(outside, "SELECT Id, Name, DeveloperName FROM ListView WHERE Name = 'west'")
    assert views[0]["Id"] == sources[0]["SourceListId"]
    assert rows(outside, "SELECT StartDate FROM Campaign")[0]["StartDate"] == "2026-03-02"


def test_individuals_and_private_list_views(outside: Outside) -> None:
    made = email(outside, individual_only=True)
    query = "SELECT RecipientId, ListEmail.Name FROM ListEmailIndividualRecipient"
    people = rows(outside, query)
    assert len(people) == 3
    assert people[0]["ListEmail"]["Name"] == "Harvest"
    assert rows(outside, "SELECT Id FROM ListEmailRecipientSource") == []
    private = WEST | {"hidden": True}
    outside.control("PATCH", f"/sends/{made['id']}", {"audiences": [private]})
    source = rows(outside, "SELECT SourceList.Name FROM ListEmailRecipientSource")[0]
    assert source["SourceList"]["Name"] is None
    assert rows(outside, "SELECT Id FROM ListView") == []


def test_a_flow_and_its_segment(outside: Outside) -> None:
    made = flow(outside)
    query = (
        "SELECT Name, ProgressStatus, ScheduledStartDate, Segment.Name, IsPaused "
        "FROM FlowRecord WHERE Type='Segment' AND ProgressStatus IN ('Scheduled','PreparingData')"
    )
    assert rows(outside, query)[0]["Segment"]["Name"] == "Lapsed"
    path = f"/sends/{made['id']}"
    outside.control("PATCH", path, {"segment": "Loyal", "paused": True})
    row = rows(outside, query)[0]
    assert (row["Segment"]["Name"], row["IsPaused"]) == ("Loyal", True)
    outside.control("PATCH", path, {"segment": None, "at": None, "paused": False})
    row = rows(outside, query)[0]
    assert (row["Segment"], row["ScheduledStartDate"]) == (None, None)


def test_states_follow_the_clock(outside: Outside) -> None:
    email(outside)
    flow(outside)
    seen = []
    for minutes in (-1, 1, 11, 21):
        outside.control("POST", "/clock", {"set": AT})
        outside.advance(timedelta(minutes=minutes))
        mail = rows(outside, "SELECT Status FROM ListEmail")[0]["Status"]
        seen.append((mail, rows(outside, "SELECT ProgressStatus FROM FlowRecord")[0]))
    assert [(mail, flow_row["ProgressStatus"]) for mail, flow_row in seen] == [
        ("Scheduled", "Scheduled"),
        ("Running", "PreparingData"),
        ("Sent", "InProgress"),
        ("Sent", "Completed"),
    ]


def test_reschedule_cancel_and_delete(outside: Outside) -> None:
    made = email(outside)
    query = "SELECT Id, Status, ScheduledDate, SystemModstamp, IsDeleted FROM ListEmail"
    before = rows(outside, query)[0]
    outside.advance(timedelta(minutes=5))
    outside.control("PATCH", f"/sends/{made['id']}", {"at": "2026-03-04T15:00:00Z"})
    after = rows(outside, query)[0]
    assert after["Id"] == before["Id"]
    assert after["SystemModstamp"] > before["SystemModstamp"]
    outside.control("DELETE", f"/sends/{made['id']}?how=cancel")
    assert rows(outside, query)[0]["Status"] == "Canceled"
    outside.control("DELETE", f"/sends/{made['id']}?how=delete")
    assert rows(outside, query) == []
    assert rows(outside, query, resource="queryAll")[0]["IsDeleted"] is True


def test_order_limit_and_count(outside: Outside) -> None:
    for name in ("b", "a", "c"):
        email(outside, name, at=None if name == "c" else AT, draft=name == "c")
    found = rows(outside, "SELECT Name FROM ListEmail ORDER BY ScheduledDate, Name DESC LIMIT 2")
    assert [row["Name"] for row in found] == ["c", "b"]
    last = "SELECT Name FROM ListEmail ORDER BY ScheduledDate ASC NULLS LAST, Name"
    assert [row["Name"] for row in rows(outside, last)] == ["a", "b", "c"]
    count = "SELECT COUNT() FROM ListEmail WHERE ScheduledDate != null AND Name NOT IN ('a')"
    assert outside.soql(count).json() == {"totalSize": 1, "done": True, "records": []}


# Paging


def more(outside: Outside, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {outside.token()}"}
    return outside.session.get(outside.box.salesforce_url + path, headers=headers, timeout=5)


def test_pages_are_a_stable_snapshot(outside: Outside) -> None:
    outside.switch("salesforce.page_size", 2)
    for number in range(5):
        email(outside, f"m{number}")
    first = outside.soql("SELECT Name FROM ListEmail").json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (5, False, 2)
    email(outside, "late")
    second = more(outside, first["nextRecordsUrl"]).json()
    third = more(outside, second["nextRecordsUrl"]).json()
    names = [row["Name"] for page in (first, second, third) for row in page["records"]]
    assert names == ["m0", "m1", "m2", "m3", "m4"]
    assert third["done"]
    assert "nextRecordsUrl" not in third
    outside.advance(timedelta(days=3))
    gone = more(outside, first["nextRecordsUrl"])
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
