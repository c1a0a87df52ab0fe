"""What goes over the sandbox's sockets: chunked requests, 1xx answers, texts that break readers."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from connector.sandbox import PUNCHH_KEY
from tests.support.sandbox import CAMPAIGNS, REDEEMABLES, SEGMENTS, Outside, opened

AT = "2026-03-03T15:00:00Z"


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock("2026-03-02T18:00:00Z")
        yield running


def exchanged(url: str, data: bytes) -> bytes:
    """Send bytes as they are; return all that comes until the server hangs up."""
    place = urlsplit(url)
    with closing(socket.create_connection((place.hostname or "", place.port or 0), 5)) as line:
        line.settimeout(5)
        line.sendall(data)
        found = b""
        while piece := line.recv(65_536):
            found += piece
        return found


# Requests by chunks


def order(outside: Outside) -> bytes:
    return json.dumps(
        {
            "redeemable_uuid": outside.redeemable("Fries")["redeemable_uuid"],
            "segment_id": outside.segment("VIP Guests")["segment_id"],
            "category": "gift_redeemable",
            "campaign_type": "mass_gifting",
            "name": "Friday Fries",
            "start_time": "2026-03-02T19:00:00Z",
        }
    ).encode()


def test_a_body_may_come_in_chunks(outside: Outside) -> None:
    body = order(outside)
    pieces = iter([body[:10], body[10:11], body[11:]])
    reply = outside.punchh("POST", CAMPAIGNS, data=pieces)
    assert reply.request.headers["Transfer-Encoding"] == "chunked"
    assert (reply.status_code, reply.json()["timezone"]) == (200, "Etc/UTC")
    (held,) = outside.control("GET", "/punchh/campaigns")["campaigns"]
    assert held["name"] == "Friday Fries"
    form = (part for part in (b"grant_type=client_creden", b"tials"))
    login = outside.session.post(
        outside.box.salesforce_url + "/services/oauth2/token",
        data=form,
        auth=("sandbox-salesforce-key", "sandbox-salesforce-secret"),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=5,
    )
    assert login.status_code == 200


HEAD = (
    b"POST " + CAMPAIGNS.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    b"Authorization: Bearer " + PUNCHH_KEY.encode() + b"\r\n"
)


def test_chunks_may_have_extensions_and_trailers_and_the_next_request_follows(
    outside: Outside,
) -> None:
    body = order(outside)
    size = f"{len(body):X};name=value\r\n".encode()
    chunked = b"Transfer-Encoding: Chunked\r\n\r\n" + size + body + b"\r\n0\r\nX-Sum: 1\r\n\r\n"
    kept = HEAD.replace(b"Connection: close\r\n", b"")
    received = exchanged(outside.box.punchh_url, kept + chunked + HEAD + chunked)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert len(outside.control("GET", "/punchh/campaigns")["campaigns"]) == 2


@pytest.mark.parametrize(
    "rest",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}junk\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip\r\n\r\n{}",
        b"Content-Length: two\r\n\r\n{}",
        b"Content-Length: -2\r\n\r\n{}",
    ],
)
def test_a_body_whose_length_cannot_be_told_is_refused(outside: Outside, rest: bytes) -> None:
    assert exchanged(outside.box.punchh_url, HEAD + rest).startswith(b"HTTP/1.1 400 Bad Request")
    assert outside.control("GET", "/punchh/campaigns")["campaigns"] == []


# Informational answers


def test_every_answer_may_come_after_informational_ones(outside: Outside) -> None:
    outside.switch("wire.informational", ["102", "103"])
    body = order(outside)
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    received = exchanged(outside.box.punchh_url, HEAD + length + body)
    first, second, third = (part.split(b"\r\n")[0] for part in received.split(b"\r\n\r\n")[:3])
    assert first == b"HTTP/1.1 102 Processing"
    assert second == b"HTTP/1.1 103 Early Hints"
    assert third == b"HTTP/1.1 200 OK"
    assert outside.control("GET", "/requests")["requests"][-1]["status"] == 200
    for url in (outside.box.braze_url, outside.box.salesforce_url):
        get = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert exchanged(url, get).startswith(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 ")


def test_one_answer_may_come_after_an_informational_one(outside: Outside) -> None:
    outside.fault("informational", method="POST", code=102, seconds=0.01)
    body = order(outside)
    request = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    assert exchanged(outside.box.punchh_url, request).startswith(b"HTTP/1.1 102 Processing\r\n\r\n")
    assert exchanged(outside.box.punchh_url, request).startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(outside.control("GET", "/punchh/campaigns")["campaigns"]) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "informational", "code": 200},
        {"kind": "status", "code": 103},
        {"kind": "status", "headers": {"X-Name": "Ж"}},
        {"kind": "status", "headers": {"X-Name": "a\r\nb: c"}},
    ],
)
def test_a_fault_that_would_break_the_simulator_itself_is_refused(
    outside: Outside, fault: Any
) -> None:
    reply = outside.session.post(outside.box.control_url + "/faults", json=fault, timeout=5)
    assert reply.status_code == 400


# Texts that break readers

ODD = ("Friday \ud83c", "a\x00b", "a\x1b[2Jb\x7f", "a\u202eb\u2066c", "Crème 🍔")
TEXTS = pytest.mark.parametrize("text", ODD, ids=ascii)


@TEXTS
def test_any_text_reaches_brazes_reader(outside: Outside, text: str) -> None:
    row = {"id": text, "type": text, "schedule_type": text}
    made = outside.send(source="braze", name=text, at=AT, tags=[text], row=row)
    outside.control("PATCH", f"/sends/{made['id']}", {"next_send_time": text})
    (shown,) = outside.broadcasts()
    assert shown == {
        "name": text,
        "id": text,
        "type": text,
        "tags": [text],
        "next_send_time": text,
        "schedule_type": text,
    }
    (listed,) = outside.braze("/campaigns/list").json()["campaigns"]
    assert (listed["id"], listed["name"], listed["tags"]) == (text, text, [text])
    outside.control("POST", "/braze/segments", {"name": text, "tags": [text]})
    (segment,) = outside.braze("/segments/list").json()["segments"]
    assert (segment["name"], segment["tags"]) == (text, [text])


@TEXTS
def test_any_text_reaches_salesforces_reader(outside: Outside, text: str) -> None:
    view = {"type": "ListView", "name": text}
    outside.send(source="salesforce", name=text, at=AT, audiences=[view], row={"Id": text})
    outside.send(source="salesforce", kind="flow", name=text, at=AT, segment=text)
    (mail,) = outside.soql("SELECT Id, Name FROM ListEmail").json()["records"]
    assert (mail["Id"], mail["Name"]) == (text, text)
    (flow,) = outside.soql("SELECT Name, Segment.Name FROM FlowRecord").json()["records"]
    assert (flow["Name"], flow["Segment"]["Name"]) == (text, text)
    (source,) = outside.soql("SELECT SourceList.Name FROM ListEmailRecipientSource").json()[
        "records"
    ]
    assert source["SourceList"]["Name"] == text


@TEXTS
def test_any_text_reaches_punchhs_reader(outside: Outside, text: str) -> None:
    outside.segment(text, description=text)
    outside.redeemable(text)
    (segment,) = outside.punchh("GET", SEGMENTS).json()
    assert (segment["name"], segment["description"]) == (text, text)
    assert outside.punchh("GET", REDEEMABLES).json()[0]["name"] == text


def test_half_of_a_pair_is_an_escape_and_whole_characters_are_utf_8(outside: Outside) -> None:
    outside.send(source="braze", name="Friday \ud83c🍔", at=AT)
    body = outside.braze("/campaigns/list").content
    assert b'"name":"Friday \\ud83c\xf0\x9f\x8d\x94"' in body


def test_a_fault_can_answer_with_bytes_that_are_no_utf_8(outside: Outside) -> None:
    outside.fault("status", code=200, body='{"message": "\ud83c"}')
    assert outside.braze("/campaigns/list").content == b'{"message": "\xed\xa0\xbc"}'


# Rows that show something else than what is there


def test_a_row_shows_what_it_is_told_to_show(outside: Outside) -> None:
    made = outside.send(source="braze", name="Fries", at=AT, row={"tags": ["a", None], "new": 1})
    (row,) = outside.broadcasts()
    assert (row["tags"], row["new"]) == (["a", None], 1)
    details = outside.braze("/campaigns/details", campaign_id=made["id"]).json()
    assert details["tags"] == ["a", None]
    assert "new" not in details
    outside.control("PATCH", f"/sends/{made['id']}", {"row": {"id": 5}})
    assert outside.broadcasts()[0]["id"] == 5
    assert outside.control("GET", "/sends")["sends"][0]["row"] == {"id": 5}


def test_a_punchh_row_shows_what_it_is_told_to_show_and_is_found_by_what_it_is(
    outside: Outside,
) -> None:
    segment = outside.segment("VIP Guests", row={"segment_id": "7", "name": None})
    treat = outside.redeemable("Fries", row={"redeemable_uuid": None})
    (row,) = outside.punchh("GET", SEGMENTS, params={"query": "vip"}).json()
    assert (row["segment_id"], row["name"]) == ("7", None)
    assert outside.punchh("GET", REDEEMABLES).json()[0]["redeemable_uuid"] is None
    outside.control("PATCH", f"/segments/{segment['segment_id']}", {"row": {}})
    outside.control("PATCH", f"/redeemables/{treat['redeemable_id']}", {"row": {}})
    (row,) = outside.punchh("GET", SEGMENTS).json()
    assert (row["segment_id"], row["name"]) == (segment["segment_id"], "VIP Guests")


def test_a_salesforce_record_shows_what_it_is_told_to_show(outside: Outside) -> None:
    outside.send(source="salesforce", name="Fries", at=AT, row={"ScheduledDate": "soon"},
                 audiences=[{"type": "Topic", "name": "T", "source_type": "Exclude"}])  # fmt: skip
    query = f"SELECT ScheduledDate FROM ListEmail WHERE ScheduledDate = {AT}"  # noqa: S608  our own
    assert outside.soql(query).json()["records"][0]["ScheduledDate"] == "soon"
    (source,) = outside.soql("SELECT SourceType FROM ListEmailRecipientSource").json()["records"]
    assert source["SourceType"] == "Exclude"
