"""Punchh's skin: the edge and the lists."""

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.support.sandbox import CAMPAIGNS, REDEEMABLES, SEGMENTS, Outside, opened

SIGN_IN = {"error": "You need to sign in or sign up before continuing."}
NO_PERMISSION = {"no_permission_error": "Insufficient Privileges to access this resource"}
FEATURE_OFF = (
    "Your current loyalty program configuration does not support this feature. Please connect "
    "with your Customer Success representative for resolution of this issue"
)


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock("2026-03-02T18:00:00Z")
        yield running


# The edge


@pytest.mark.parametrize(
    ("method", "path"), [("GET", SEGMENTS), ("GET", REDEEMABLES), ("POST", CAMPAIGNS)]
)
def test_a_wrong_key_is_401(outside: Outside, method: str, path: str) -> None:
    reply = outside.punchh(method, path, key="other")
    assert (reply.status_code, reply.json()) == (401, SIGN_IN)


def test_an_admin_without_access_is_403(outside: Outside) -> None:
    outside.switch("punchh.dashboard_access", False)
    reply = outside.punchh("GET", REDEEMABLES)
    assert (reply.status_code, reply.json()) == (403, NO_PERMISSION)


@pytest.mark.parametrize(
    ("stray", "key"), [(False, "disabled_feature"), (True, "disabled _feature")]
)
def test_distribution_switched_off(outside: Outside, stray: bool, key: str) -> None:
    outside.control(
        "POST", "/switches", {"punchh.distribution": False, "punchh.stray_space_key": stray}
    )
    reply = outside.punchh("GET", REDEEMABLES)
    assert (reply.status_code, reply.json()) == (422, {"errors": {key: FEATURE_OFF}})
    assert outside.punchh("POST", CAMPAIGNS, json={}).status_code == 422
    assert outside.punchh("GET", SEGMENTS).status_code == 200


def test_ten_failed_logins_block_for_an_hour(outside: Outside) -> None:
    outside.switch("punchh.block_failed_logins", True)
    codes = [outside.punchh("GET", SEGMENTS, key="other").status_code for _ in range(10)]
    assert codes == [401] * 10
    assert outside.punchh("GET", SEGMENTS).status_code == 403
    outside.advance(timedelta(minutes=61))
    assert outside.punchh("GET", SEGMENTS).status_code == 200


def test_a_missing_user_agent_only_matters_when_switched_on(outside: Outside) -> None:
    outside.session.headers["User-Agent"] = ""
    assert outside.punchh("GET", SEGMENTS).status_code == 200
    outside.switch("punchh.strict", True)
    reply = outside.punchh("GET", SEGMENTS)
    assert (reply.status_code, reply.content) == (403, b"")


def test_headers_and_punchhs_own_clock(outside: Outside) -> None:
    outside.switch("punchh.skew_seconds", 90)
    headers = outside.punchh("GET", SEGMENTS).headers
    assert headers["x-pch-env"] == "integration"
    assert {"X-Request-Id", "X-Runtime"} <= set(headers)
    ahead = parsedate_to_datetime(headers["Date"]) - outside.now()
    assert timedelta(seconds=85) < ahead <= timedelta(seconds=90)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", CAMPAIGNS),
        ("DELETE", CAMPAIGNS + "/1"),
        ("PATCH", CAMPAIGNS + "/1"),
        ("GET", "/api2/dashboard/coupon_campaigns"),
        ("POST", SEGMENTS),
    ],
)
def test_nothing_else_is_routed(outside: Outside, method: str, path: str) -> None:
    assert outside.punchh(method, path).status_code == 404


# Lists


def names(outside: Outside, path: str = SEGMENTS, **params: Any) -> list[str]:
    return [row["name"] for row in outside.punchh("GET", path, params=params).json()]


def many(outside: Outside, count: int) -> None:
    for number in range(count):
        outside.segment(f"Segment {number:02d}")


def test_ten_a_page_newest_first(outside: Outside) -> None:
    many(outside, 12)
    assert names(outside) == [f"Segment {n:02d}" for n in range(11, 1, -1)]
    assert names(outside, page=2) == ["Segment 01", "Segment 00"]
    assert names(outside, page=3) == []
    assert names(outside, page="", per_page="") == names(outside)


def test_parameters_may_stand_in_the_body_which_wins(outside: Outside) -> None:
    many(outside, 5)
    reply = outside.punchh("GET", SEGMENTS, params={"per_page": 1}, json={"per_page": "2"})
    assert len(reply.json()) == 2
    outside.switch("punchh.wins", "query")
    reply = outside.punchh("GET", SEGMENTS, params={"per_page": 1}, json={"per_page": "2"})
    assert len(reply.json()) == 1


def test_unknown_paging_behaviour_is_switchable(outside: Outside) -> None:
    many(outside, 5)
    outside.switch("punchh.clamp", 2)
    assert len(names(outside, per_page=20_000)) == 2
    outside.switch("punchh.past_end", "repeat_last")
    assert names(outside, per_page=2, page=9) == ["Segment 00"]
    outside.switch("punchh.past_end", "endless")
    assert names(outside, per_page=2, page=9) == ["Segment 04", "Segment 03"]
    assert len(names(outside, page="x", per_page=-1)) == 2
    outside.switch("punchh.bad_numbers", "refuse")
    assert outside.punchh("GET", SEGMENTS, params={"page": "x"}).status_code == 400


def test_the_filter_sees_names_and_for_redeemables_descriptions(outside: Outside) -> None:
    outside.segment("Taco Lovers", description="guests of the north")
    outside.redeemable("Free Taco", description="with salsa")
    assert names(outside, query="taco") == ["Taco Lovers"]
    assert names(outside, query="north") == []
    assert names(outside, REDEEMABLES, query="SALSA") == ["Free Taco"]
    outside.switch("punchh.case_sensitive", True)
    assert names(outside, query="taco") == []


def test_lists_tell_no_state_and_no_size(outside: Outside) -> None:
    outside.redeemable("Old", status="expired")
    outside.redeemable("Theirs", status="foreign")
    outside.segment("Mine")
    rows = outside.punchh("GET", REDEEMABLES).json()
    assert [row["name"] for row in rows] == ["Old"]
    assert set(rows[0]) == {
        "redeemable_id", "redeemable_uuid", "name", "description", "redeemable_image_url",
    }  # fmt: skip
    assert len(rows[0]["redeemable_uuid"]) == 40
    assert set(outside.punchh("GET", SEGMENTS).json()[0]) == {
        "segment_id", "name", "description", "segment_type", "user_type", "membership_level",
    }  # fmt: skip
