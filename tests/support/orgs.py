"""A Salesforce org in a test's own words: canned records, refusals and sessions."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses
from requests import PreparedRequest

HOST = "https://brand.my.salesforce.com"
TOKEN_URL = f"{HOST}/services/oauth2/token"
DATA = re.compile(re.escape(HOST) + r"/services/data/.*")
Answer = tuple[int, dict[str, str], str]


def answer(body: Any, status: int = 200) -> Answer:
    return status, {}, body if isinstance(body, str) else json.dumps(body)


def refused(code: str, status: int = 400, message: str = "no") -> Answer:
    return answer([{"errorCode": code, "message": message}], status)


@dataclass
class FakeOrg:
    """Answers logins and queries; `tables` holds records, or an answer, by object."""

    net: responses.RequestsMock
    tables: dict[str, Any] = field(default_factory=dict)
    page_size: int = 2000
    login: Answer | None = None
    instance: str = HOST
    refuse_sessions: int = 0
    session_answer: Answer = field(default_factory=lambda: refused("INVALID_SESSION_ID", 401))
    logins: list[PreparedRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    requests: list[PreparedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.net.assert_all_requests_are_fired = False
        self.net.add_callback("POST", TOKEN_URL, self._logged_in)
        self.net.add_callback("GET", DATA, self._queried)

    def _logged_in(self, request: PreparedRequest) -> Answer:
        self.logins.append(request)
        if self.login is not None:
            return self.login
        token = f"token-{len(self.logins)}"
        return answer(
            {"access_token": token, "instance_url": self.instance, "token_type": "Bearer"}
        )

    def _queried(self, request: PreparedRequest) -> Answer:
        self.requests.append(request)
        if self.refuse_sessions:
            self.refuse_sessions -= 1
            return self.session_answer
        parts = urlsplit(request.url or "")
        soql = parse_qs(str(parts.query)).get("q", [""])[0]
        if not soql:
            _, object_, start = str(parts.path).rsplit("/", 1)[1].split("-")
            return self._page(object_, int(start))
        self.asked.append(soql)
        found = re.search(r"FROM (\w+)", soql)
        assert found
        return self._page(found[1], 0)

    def _page(self, object_: str, start: int) -> Answer:
        rows = self.tables.get(object_, [])
        if not isinstance(rows, list):
            return self._told(rows)
        end = start + self.page_size
        body: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
        if end < len(rows):
            body["nextRecordsUrl"] = f"/services/data/v62.0/query/01g-{object_}-{end}"
        return answer(body | {"records": rows[start:end]})

    @staticmethod
    def _told(answer_: Any) -> Answer:
        if isinstance(answer_, Exception):
            raise answer_
        status, headers, body = answer_
        return status, headers, body


def mail(**changes: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "ListEmail", "url": "/x"},
        "Id": "0XB5f0000000001AAA",
        "Name": "Catering Invitation",
        "Status": "Scheduled",
        "ScheduledDate": "2026-03-05T15:00:00.000+0000",
    } | changes


def target(**changes: Any) -> dict[str, Any]:
    return {
        "Id": "0XC5f0000000001AAA",
        "ListEmailId": "0XB5f0000000001AAA",
        "SourceListId": "00B5f0000000001AAA",
        "SourceType": "Include",
    } | changes


def named(id_: str, name: str | None) -> dict[str, Any]:
    return {"Id": id_, "Name": name}


def flow(**changes: Any) -> dict[str, Any]:
    return {
        "Id": "2aF5f0000000001AAA",
        "Name": "Win-back Flow",
        "ProgressStatus": "Scheduled",
        "ScheduledStartDate": "2026-03-06T15:00:00.000+0000",
        "SegmentId": "1sg5f0000000001AAA",
        "Segment": {"attributes": {"type": "MarketSegment"}, "Name": "Lapsed Guests"},
        "IsPaused": False,
    } | changes
