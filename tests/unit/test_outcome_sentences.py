"""What a person reads of each outcome, word for word: these sentences end up in the ledger."""

from datetime import UTC, datetime

import pytest

from connector.domain.offer import Order
from connector.http.exchange import ExchangeError, Reach
from connector.http.reply import Reply
from connector.punchh.outcome import classify
from tests.support.words import IN_UTC, saying

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
ORDER = Order("Fries c1-x", 7, "u-1", START, "c1-x")
LOOK = (
    "Look in Punchh's dashboard for the campaign, then "
    "`connector ledger resolve ID --committed CAMPAIGN_ID | --not-committed --reason …`."
)
RETRY = "Mend it in Punchh, then `connector ledger retry ID --reason …`."
KEY = "Correct punchh.admin_key, or have the dashboard-API permission given to its admin."
SWITCH = "Have it switched on in Punchh: Cockpit > Dashboard > Miscellaneous Config."
ECHO = (
    b'{"campaign_id":99,"external_source_id":"c1-x",'
    b'"start_time":"2026-11-22 03:00 PM","timezone":"Etc/UTC"}'
)

TOLD: list[tuple[int, bytes, str]] = [
    (200, ECHO, "Punchh campaign 99 starts Sun 22 Nov 15:00 UTC."),
    (
        200,
        b"{}",
        "Punchh answered 200 without a campaign_id: the campaign may or may not exist. " + LOOK,
    ),
    (500, b"", "Punchh answered 500: the campaign may or may not exist. " + LOOK),
    (
        401,
        b'{"error":"no"}',
        "Punchh refused the admin key or its rights (401): “no”; nothing was made. " + KEY,
    ),
    (
        403,
        b'{"no_permission_error":"no"}',
        "Punchh refused the admin key or its rights (403): “no”; nothing was made. " + KEY,
    ),
    (
        422,
        b'{"errors":{"disabled _feature":"x"}}',
        "the business has no external distribution of offers: “x”; nothing was made. " + SWITCH,
    ),
    (429, b"{}", "Punchh takes no more requests for now (429); nothing was made."),
    (
        422,
        b'{"errors":{"invalid_start_time":"at least 15 ahead"}}',
        "Punchh found the start too soon; it is computed anew.",
    ),
    (
        422,
        b'{"errors":"Redeemable is deactivated."}',
        "the redeemable is deactivated in Punchh: “Redeemable is deactivated”. " + RETRY,
    ),
    (
        422,
        b'{"errors":{"invalid_redeemable":"Invalid redeemable uuid."}}',
        "Punchh does not take the redeemable (unknown, or a draft): “Invalid redeemable uuid”. "
        + RETRY,
    ),
    (
        422,
        b'{"errors":{"invalid_segment":"Invalid segment id."}}',
        "Punchh does not know the segment: “Invalid segment id”. " + RETRY,
    ),
    (
        400,
        b'{"error":"Something else"}',
        "Punchh refused it: “Something else”. `connector ledger retry ID --reason …`.",
    ),
]


@pytest.mark.parametrize(("status", "body", "told"), TOLD)
def test_what_a_reply_is_told_as(status: int, body: bytes, told: str) -> None:
    outcome = classify(Reply(status, {}, body), ORDER, START, on_429="wait", now=START)
    assert IN_UTC.whole(outcome.reason) == told


@pytest.mark.parametrize(
    ("reach", "told"),
    [
        (Reach.NOT_CONNECTED, "Punchh was not reached (no route); nothing was sent."),
        (Reach.SENT, "no route: the campaign may or may not exist. " + LOOK),
    ],
)
def test_what_no_reply_is_told_as(reach: Reach, told: str) -> None:
    error = ExchangeError(reach, saying("exchange", "no route"))
    outcome = classify(error, ORDER, START, on_429="wait", now=START)
    assert IN_UTC.whole(outcome.reason) == told


@pytest.mark.parametrize(
    ("echo", "drift"),
    [
        (ECHO, None),
        (ECHO.replace(b"external_source_id", b"external_campaign_id"), None),
        (ECHO.replace(b'"timezone"', b'"time_zone"'), None),
        (ECHO.replace(b"Etc/UTC", b"UTC"), None),
        (ECHO.replace(b"c1-x", b"c1-y"), ("external_id",)),
        (ECHO.replace(b"03:00", b"04:00"), ("start_time",)),
        (ECHO.replace(b"2026-11-22 03:00 PM", b""), ("start_time",)),
        (ECHO.replace(b"Etc/UTC", b"EST"), ("start_time",)),
        (
            b'{"campaign_id":99}',
            ("external_id", "start_time"),
        ),
    ],
)
def test_where_the_echo_differs(echo: bytes, drift: tuple[str, ...] | None) -> None:
    outcome = classify(Reply(200, {}, echo), ORDER, START, on_429="wait", now=START)
    assert outcome.drift == drift
