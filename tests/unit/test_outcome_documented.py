"""What every refusal in Punchh's public documents comes to, were it the answer to a commit.

The documents hold 148 examples of 4xx under `/api2/dashboard`, and more on its siblings; all are
of one of these statuses and shapes. An `…` stands for the words, which make no difference here.
The first table is of the dashboard, whose call the commit is; the second of shapes that only the
guest's, the till's and other surfaces are documented with.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from connector.domain.offer import Order
from connector.http.reply import Reply
from connector.punchh.outcome import classify
from tests.unit.test_outcome import reply

START = datetime(2026, 3, 2, 18, 36, tzinfo=UTC)
ORDER = Order("Friday Fries", 7, "u-1", START, "v1-fries-1")
NEVER_HERE = (
    "no 404 is documented for this call, and one may come from a step after the campaign was made"
)
ELSEWHERE = "documented for other surfaces only, and a conflict may mean that it is there already"
OF_A_LOGIN = "the answer of an OAuth server, which no call with the admin key is made to"
SAYS_NOTHING = "it does not say that anything was refused"
NOT_ENABLED = "Sorry, this functionality is not available. Please contact support@punchh.com …"
NO_SUPPORT = "Your current loyalty program configuration does not support this feature. …"

# status, body, verdict, code of the reason, why it stays unknown
DASHBOARD: list[tuple[int, Any, str, str, str]] = [
    (400, {"error": "…"}, "rejected", "rejected", ""),
    (400, {"errors": {"client": "…"}}, "rejected", "rejected", ""),
    (400, {"status": 400, "error": "…"}, "rejected", "rejected", ""),
    (401, {"error": "…"}, "account", "account", ""),
    (403, {"error": NOT_ENABLED}, "account", "feature-off", ""),
    (403, {"no_permission_error": "…"}, "account", "account", ""),
    (404, {"errors": ["Swag feature not enabled."]}, "account", "feature-off", ""),
    (404, {"errors": {"not_found": "…"}}, "unknown", "unknown", NEVER_HERE),
    (406, {"invalid_subscription": "…"}, "rejected", "rejected", ""),
    (422, {"base": ["…"]}, "rejected", "rejected", ""),
    (422, {"name": ["…"]}, "rejected", "rejected", ""),
    (422, {"error": "…"}, "rejected", "rejected", ""),
    (422, {"errors": "…"}, "rejected", "rejected", ""),
    (422, {"errors": {"base": ["…"]}}, "rejected", "rejected", ""),
    (422, {"errors": {"base": [NO_SUPPORT]}}, "account", "feature-off", ""),
    (422, {"errors": {"rating": ["…"]}}, "rejected", "rejected", ""),
    (422, {"errors": {"date_range": "…"}}, "rejected", "rejected", ""),
    (422, {"errors": {"disabled _feature": NO_SUPPORT}}, "account", "feature-off", ""),
    (422, {"message": "…"}, "rejected", "rejected", ""),
]
SIBLINGS: list[tuple[int, Any, str, str, str]] = [
    (400, {"errors": {"invalid_language": ["…"]}}, "rejected", "rejected", ""),
    (400, {"errors": ["…"]}, "rejected", "rejected", ""),
    (400, {"errors": {"message": "…", "code": 401}}, "rejected", "rejected", ""),
    (401, {"error": "…", "message": "…"}, "account", "account", ""),
    (401, {"error": "…", "error_description": "…"}, "unknown", "unknown", OF_A_LOGIN),
    (401, {"error": {"message": "…", "code": "invalid_token"}}, "account", "account", ""),
    (401, {"errors": {"message": "…", "code": 401}}, "account", "account", ""),
    (401, {"errors": {"unauthorized": "…"}}, "account", "account", ""),
    (401, {"errors": {"unauthorized": ["…"]}}, "account", "account", ""),
    (401, {"unauthorized": ["…"]}, "account", "account", ""),
    (401, ["…"], "account", "account", ""),
    (403, {"errors": {"unauthorized": "…"}}, "account", "account", ""),
    (403, {"errors": {"invalid_access_token": ["…"]}}, "account", "account", ""),
    (404, {"error": "…"}, "unknown", "unknown", NEVER_HERE),
    (404, {"error": "…", "status": 404}, "unknown", "unknown", NEVER_HERE),
    (404, {"errors": "…"}, "unknown", "unknown", NEVER_HERE),
    (404, {"message": "…"}, "unknown", "unknown", NEVER_HERE),
    (404, ["…"], "unknown", "unknown", NEVER_HERE),
    (409, {"message": "…"}, "unknown", "unknown", ELSEWHERE),
    (410, {"error": {"message": "…", "code": "…"}}, "unknown", "unknown", ELSEWHERE),
    (412, "", "unknown", "unknown", ELSEWHERE),
    (412, ["…"], "unknown", "unknown", ELSEWHERE),
    (412, {"message": "…", "code": 412}, "unknown", "unknown", ELSEWHERE),
    (412, {"errors": {"invalid_signature": ["…"]}}, "unknown", "unknown", ELSEWHERE),
    (417, {"error": {"message": "…", "code": "…"}}, "unknown", "unknown", ELSEWHERE),
    (417, {"errors": ["…"]}, "unknown", "unknown", ELSEWHERE),
    (422, {"errors": ["…"]}, "rejected", "rejected", ""),
    (422, {"errors": [{"min_source_value": "…"}]}, "rejected", "rejected", ""),
    (422, {"error": {"message": ["…"], "code": "…"}}, "rejected", "rejected", ""),
    (422, {"message": "…", "code": 422}, "rejected", "rejected", ""),
    (422, ["…"], "rejected", "rejected", ""),
    (422, {}, "unknown", "unknown", SAYS_NOTHING),
]


@pytest.mark.parametrize(("status", "body", "verdict", "code", "why"), [*DASHBOARD, *SIBLINGS])
def test_a_documented_refusal(status: int, body: Any, verdict: str, code: str, why: str) -> None:
    result: Reply = reply(status, body)
    found = classify(result, ORDER, START, on_429="wait", now=START)
    assert (found.verdict.value, found.reason.code) == (verdict, code)
    assert (verdict == "unknown") == bool(why)


def test_every_example_stands_there_once() -> None:
    shown = [(status, repr(body)) for status, body, *_ in [*DASHBOARD, *SIBLINGS]]
    assert len(set(shown)) == len(shown)
