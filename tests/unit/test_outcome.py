"""The table of outcomes, cell by cell (design: outcome of an attempt)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from connector.domain.distribution import State, after
from connector.domain.offer import Order, Outcome, Verdict
from connector.http.exchange import ExchangeError, Reach
from connector.http.reply import Reply
from connector.punchh.outcome import Envelope, classify, envelope
from tests.support.words import in_words, saying, step_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
START = datetime(2026, 3, 2, 18, 36, tzinfo=UTC)
ORDER = Order("Friday Fries", 7, "u-1", START, "v1-fries-1")
HTML = "<!doctype html><h1>Just a moment...</h1>"
GOOD = {
    "campaign_id": 99511494,
    "external_source_id": "v1-fries-1",
    "start_time": "2026-03-02 06:36 PM",
    "timezone": "Etc/UTC",
}
FEATURE = "Your current loyalty program configuration does not support this feature. Please …"


@dataclass(frozen=True, slots=True)
class Row:
    """A reply kind, and what it must come to."""

    name: str
    result: Reply | ExchangeError
    verdict: Verdict
    state: State
    code: str
    retry_after: float | None = None
    on_429: str = "wait"


def reply(status: int, body: Any = "", **headers: str) -> Reply:
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = text if isinstance(text, bytes) else text.encode()
    return Reply(status, CaseInsensitiveDict(named), raw)


def outcome(
    result: Reply | ExchangeError, *, on_429: str = "wait", sent_start: datetime = START
) -> Outcome:
    return classify(result, ORDER, sent_start, on_429=on_429, now=NOW)


def unknown(name: str, result: Reply | ExchangeError, on_429: str = "wait") -> Row:
    return Row(name, result, Verdict.UNKNOWN, State.UNKNOWN, "unknown", on_429=on_429)


def rejected(name: str, status: int, body: Any, code: str = "rejected") -> Row:
    return Row(name, reply(status, body), Verdict.REJECTED, State.REJECTED, code)


def account(name: str, status: int, body: Any, code: str = "account") -> Row:
    return Row(name, reply(status, body), Verdict.ACCOUNT, State.WAITING, code)


def throttled(name: str, wait: float | None, **headers: str) -> Row:
    result = reply(429, {"error": "Slow down"}, **headers)
    return Row(name, result, Verdict.THROTTLED, State.WAITING, "throttled", wait)


def not_sent(name: str, reach: Reach) -> Row:
    return Row(
        name,
        ExchangeError(reach, saying("exchange", name)),
        Verdict.NOT_SENT,
        State.WAITING,
        "not-sent",
    )


def committed(name: str, body: Any) -> Row:
    return Row(name, reply(200, body), Verdict.COMMITTED, State.COMMITTED, "committed")


def with_id(value: Any) -> str:
    return json.dumps(GOOD | {"campaign_id": value})


REACHES = (
    not_sent("not connected: DNS, refused, connect timeout, TLS", Reach.NOT_CONNECTED),
    not_sent("connected, nothing written yet", Reach.CONNECTED),
    unknown("broke while sending", ExchangeError(Reach.SENDING, saying("exchange", "broke"))),
    unknown(
        "read timeout, reset or close without a reply",
        ExchangeError(Reach.SENT, saying("exchange", "broke")),
    ),
    unknown(
        "truncated after the headers", ExchangeError(Reach.HEADERS, saying("exchange", "broke"))
    ),
    unknown("oversize", ExchangeError(Reach.HEADERS, saying("exchange", "too large"), status=200)),
    *(
        unknown(
            f"redirect {status}",
            ExchangeError(Reach.HEADERS, saying("exchange", "redirects"), status=status),
        )
        for status in (300, 301, 302, 303, 307, 308)
    ),
)

OK = (
    committed("200 with a campaign_id", GOOD),
    committed("200 pretty-printed", json.dumps(GOOD, indent=2)),
    committed("200 with the largest id", with_id(2**63 - 1)),
    committed("200 with nothing but the id", {"campaign_id": 1}),
    unknown("200 without campaign_id", reply(200, {"start_time": "x"})),
    unknown("200 with an error in it", reply(200, {"error": "no"})),
    unknown("200 true for an id", reply(200, with_id(value=True))),
    unknown("200 false for an id", reply(200, with_id(value=False))),
    unknown("200 text for an id", reply(200, with_id("99511494"))),
    unknown("200 null for an id", reply(200, with_id(None))),
    unknown("200 fraction for an id", reply(200, with_id(1.0))),
    unknown("200 zero for an id", reply(200, with_id(0))),
    unknown("200 negative id", reply(200, with_id(-5))),
    unknown("200 id beyond int64", reply(200, with_id(2**63))),
    unknown("200 id of 5000 digits", reply(200, '{"campaign_id": ' + "9" * 5000 + "}")),
    unknown("200 list", reply(200, [GOOD])),
    unknown("200 HTML", reply(200, HTML)),
    unknown("200 broken JSON", reply(200, '{"campaign_id": 99511494, "start')),
    unknown("200 duplicate keys", reply(200, '{"campaign_id": 1, "campaign_id": 2}')),
    unknown("200 NaN", reply(200, '{"campaign_id": 1, "points": NaN}')),
    unknown("200 empty", reply(200)),
    unknown("200 not UTF-8", reply(200, b'{"campaign_id": 1, "name": "\xff"}')),
    unknown("200 nested too deep", reply(200, "[" * 100_000)),
    *(unknown(f"{status} with a campaign_id", reply(status, GOOD)) for status in (201, 202)),
    unknown("204", reply(204)),
    unknown("206", reply(206, GOOD)),
    unknown("304", reply(304)),
)

REFUSED = tuple(
    row
    for status in (400, 422)
    for row in (
        rejected(f"{status} error text", status, {"error": "Required parameter missing"}),
        rejected(f"{status} errors text", status, {"errors": "Name can't be blank"}),
        rejected(f"{status} errors object", status, {"errors": {"invalid_category": "No."}}),
        rejected(f"{status} no_permission_error", status, {"no_permission_error": "No."}),
        account(f"{status} feature key", status,
                {"errors": {"disabled_feature": ""}}, "feature-off"),
        account(f"{status} feature key with a blank", status,
                {"errors": {"disabled _feature": FEATURE}}, "feature-off"),
        account(f"{status} feature sentence", status, {"errors": FEATURE}, "feature-off"),
        unknown(f"{status} HTML", reply(status, HTML)),
        unknown(f"{status} empty", reply(status)),
        unknown(f"{status} broken JSON", reply(status, '{"errors": "Na')),
        rejected(f"{status} list", status, ["Invalid Signature"]),
        rejected(f"{status} list of errors", status, {"errors": ["one"]}),
        rejected(f"{status} several errors", status, {"errors": {"a": "1", "b": "2"}}),
        rejected(f"{status} errors by key in lists", status, {"errors": {"a": ["1"], "b": ["2"]}}),
        rejected(f"{status} base", status, {"errors": {"base": ["one", "two"]}}),
        rejected(f"{status} lists by key", status, {"base": ["no"], "name": ["has been taken"]}),
        rejected(f"{status} message", status, {"message": "x"}),
        rejected(f"{status} error with its status", status, {"status": status, "error": "x"}),
        rejected(f"{status} message with its code", status, {"message": "x", "code": 9}),
        rejected(f"{status} error object", status, {"error": {"message": "x", "code": "gone"}}),
        account(f"{status} feature in a list", status,
                {"errors": {"base": [FEATURE]}}, "feature-off"),
        unknown(f"{status} no errors", reply(status, {"errors": {}})),
        unknown(f"{status} empty list of errors", reply(status, {"errors": []})),
        unknown(f"{status} empty object", reply(status, {})),
        unknown(f"{status} empty list", reply(status, [])),
        unknown(f"{status} nothing but numbers", reply(status, {"status": status, "code": "x"})),
        unknown(f"{status} error that is no text", reply(status, {"errors": {"a": 1}})),
        unknown(f"{status} a text and null", reply(status, {"errors": ["a", None]})),
        unknown(f"{status} list of objects", reply(status, [{"campaign_id": "1"}])),
        unknown(f"{status} error and more", reply(status, {"error": "x", "campaign_id": 1})),
        unknown(f"{status} errors and more", reply(status, {"errors": "x", "campaign_id": 1})),
        unknown(f"{status} error and an id", reply(status, {"error": "x", "campaign_id": "1"})),
        unknown(f"{status} list and an id", reply(status, {"base": ["x"], "campaign_id": 1})),
        unknown(f"{status} another text", reply(status, {"result": "accepted"})),
        unknown(f"{status} nested deeper", reply(status, {"errors": {"a": {"b": {"c": "x"}}}})),
        unknown(f"{status} text", reply(status, '"no"')),
    )
)  # fmt: skip

TOLD = (
    rejected("redeemable unknown", 422, {"errors": {"invalid_redeemable": "x"}}, "no-redeemable"),
    rejected("deactivated", 422, {"errors": "It is deactivated."}, "redeemable-deactivated"),
    rejected("scheduled", 422, {"errors": "Redeemable is scheduled."}, "redeemable-scheduled"),
    rejected("expired", 422, {"errors": "Redeemable is expired."}, "redeemable-expired"),
    rejected("segment unknown", 422, {"errors": {"invalid_segment": "x"}}, "no-segment"),
    rejected("start after expiry", 422,
             {"errors": {"invalid_start_time": "… redeemable effective expiry time."}},
             "redeemable-expired"),
    rejected("bad format", 422, {"errors": {"invalid_format": "Please use ISO8601"}}),
    rejected("start too soon, but 400", 400, {"errors": {"invalid_start_time": "too soon"}}),
    *(
        Row(f"start too soon, {shape}", reply(422, body),
            Verdict.TOO_SOON, State.WAITING, "start-too-soon")
        for shape, body in (
            ("by key", {"errors": {"invalid_start_time": "at least 15 ahead"}}),
            ("by key, in a list", {"errors": {"invalid_start_time": ["at least 15 ahead"]}}),
            ("text", {"errors": "Campaign start time should be at least 15 ahead from now."}),
            ("base", {"errors": {"base": ["Campaign start time should be at least 15 ahead"]}}),
        )
    ),
    rejected("start after expiry, in a list", 422, {"errors": {"base": [
        "Start time should be less than or equal to redeemable effective expiry time"]}},
        "redeemable-expired"),
    rejected("segment unknown, in a list", 422, {"errors": {"invalid_segment": ["x"]}},
             "no-segment"),
    rejected("deactivated, in a list", 422, {"errors": ["It is deactivated."]},
             "redeemable-deactivated"),
    rejected("406 by an error's key", 406, {"invalid_subscription": "Invalid User Subscription."}),
    unknown("406 empty", reply(406)),
    unknown("406 HTML", reply(406, HTML)),
    account("403 functionality", 403, {"error": "Sorry, this functionality is not available."},
            "feature-off"),
    account("404 feature", 404, {"errors": ["The feature is not enabled."]}, "feature-off"),
    unknown("404 not found", reply(404, {"errors": {"not_found": "Not found."}})),
)  # fmt: skip

ACCOUNT = tuple(
    row
    for status in (401, 403)
    for row in (
        account(f"{status} error text", status, {"error": "You need to sign in"}),
        account(f"{status} no permission", status, {"no_permission_error": "Insufficient"}),
        account(f"{status} errors text", status, {"errors": "no"}),
        unknown(f"{status} HTML", reply(status, HTML)),
        unknown(f"{status} empty", reply(status)),
        account(f"{status} message", status, {"message": "no"}),
        account(f"{status} list by key", status, {"unauthorized": ["no"]}),
        unknown(f"{status} JSON of another shape", reply(status, {"result": "no"})),
    )
)

THROTTLED = (
    throttled("429 without Retry-After", None),
    throttled("429 Retry-After seconds", 7, Retry_After="7"),
    throttled("429 Retry-After 0", 0, Retry_After="0"),
    throttled("429 Retry-After date", 90, Retry_After="Mon, 02 Mar 2026 12:01:30 GMT"),
    throttled("429 Retry-After past date", 0, Retry_After="Mon, 02 Mar 2026 11:00:00 GMT"),
    throttled("429 Retry-After nonsense", None, Retry_After="soon"),
    throttled("429 Retry-After negative", None, Retry_After="-5"),
    throttled("429 Retry-After of years", None, Retry_After="999999999999"),
    throttled("429 Retry-After that overflows", None,
              Retry_After="Mon, 02 Mar 2026 12:00:00 +99999999999999"),
    unknown("429 HTML", reply(429, HTML)),
    unknown("429 empty", reply(429)),
    unknown("429 JSON, on_429 unknown", reply(429, {"error": "x"}, Retry_After="7"), "unknown"),
    unknown("429 HTML, on_429 unknown", reply(429, HTML), "unknown"),
)  # fmt: skip

OTHERS = tuple(
    row
    for status in (402, 404, 405, 408, 409, 410, 412, 413, 415, 418, 500, 501, 502, 503, 504, 520)
    for row in (
        unknown(f"{status} JSON", reply(status, {"error": "x"}, Retry_After="7")),
        unknown(f"{status} HTML", reply(status, HTML)),
    )
)  # fmt: skip

TABLE = (*REACHES, *OK, *REFUSED, *TOLD, *ACCOUNT, *THROTTLED, *OTHERS)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in TABLE])
def test_cell(row: Row) -> None:
    found = outcome(row.result, on_429=row.on_429)
    assert found.verdict is row.verdict
    assert after(found.verdict) is row.state
    assert found.reason.code == row.code
    assert found.retry_after == (
        None if row.retry_after is None else timedelta(seconds=row.retry_after)
    )
    assert (found.campaign_id is not None) == (row.verdict is Verdict.COMMITTED)
    if isinstance(row.result, ExchangeError):
        assert (found.reach, found.status) == (row.result.reach.value, row.result.status)
    else:
        assert (found.reach, found.status) == ("body", row.result.status)
    if row.state is not State.WAITING and row.verdict is not Verdict.COMMITTED:
        assert step_of(found.reason)


ENVELOPES = [
    ({"error": "no"}, Envelope("", "no")),
    ({"no_permission_error": "no"}, Envelope("no_permission_error", "no")),
    ({"errors": "no"}, Envelope("", "no")),
    ({"errors": {"invalid_segment": "no"}}, Envelope("invalid_segment", "no")),
    ({"errors": {"base": ["no", "nor that"]}}, Envelope("", "no; nor that")),
    ({"errors": {"rating": ["no"], "base": ["no"]}}, Envelope("rating", "no")),
    ({"errors": ["no", "nor that"]}, Envelope("", "no; nor that")),
    ({"errors": [{"min_value": "no"}]}, Envelope("min_value", "no")),
    ({"base": ["no"]}, Envelope("", "no")),
    ({"name": ["no"]}, Envelope("name", "no")),
    ({"message": "no"}, Envelope("", "no")),
    ({"status": 400, "error": "no"}, Envelope("", "no")),
    ({"invalid_subscription": "no"}, Envelope("invalid_subscription", "no")),
    (["no"], Envelope("", "no")),
]


@pytest.mark.parametrize(("body", "found"), ENVELOPES)
def test_the_shapes_of_an_error(body: Any, found: Envelope) -> None:
    assert envelope(reply(422, body)) == found


def test_every_cell_has_a_name_of_its_own() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)


@given(status=st.integers(100, 599), body=st.binary(max_size=60) | st.text().map(str.encode))
def test_no_reply_is_beyond_the_table(status: int, body: bytes) -> None:
    found = outcome(Reply(status, {}, body))
    assert found.verdict is not Verdict.COMMITTED
    assert found.verdict is not Verdict.NOT_SENT


def test_only_a_200_commits() -> None:
    for status in range(100, 600):
        committed_ = outcome(reply(status, GOOD)).verdict is Verdict.COMMITTED
        assert committed_ == (status == 200)


def test_the_request_id_is_kept() -> None:
    assert outcome(reply(200, GOOD, X_Request_Id="r-1")).request_id == "r-1"
    assert outcome(reply(500, "", x_request_id="r-2")).request_id == "r-2"
    assert outcome(reply(422, {"errors": "no"})).request_id is None


DRIFT = [
    ("nothing", {}, None),
    ("lower-case pm", {"start_time": "2026-03-02 06:36 pm"}, None),
    ("plain UTC", {"timezone": "UTC"}, None),
    ("other external id", {"external_source_id": "v1-other"}, ("external_id",)),
    ("external id null", {"external_source_id": None}, ("external_id",)),
    ("external id a number", {"external_source_id": 1}, ("external_id",)),
    ("a minute later", {"start_time": "2026-03-02 06:37 PM"}, ("start_time",)),
    ("morning", {"start_time": "2026-03-02 06:36 AM"}, ("start_time",)),
    ("another zone", {"timezone": "America/New_York"}, ("start_time",)),
    ("no zone", {"timezone": None}, ("start_time",)),
    ("ISO echo", {"start_time": "2026-03-02T18:36:00Z"}, ("start_time",)),
    ("no start", {"start_time": None}, ("start_time",)),
    ("both", {"start_time": "", "external_source_id": ""}, ("external_id", "start_time")),
]


@pytest.mark.parametrize(("changes", "told"), [pytest.param(*d[1:], id=d[0]) for d in DRIFT])
def test_an_echo_that_differs_is_told(
    changes: dict[str, Any], told: tuple[str, ...] | None
) -> None:
    found = outcome(reply(200, GOOD | changes))
    assert found.verdict is Verdict.COMMITTED
    assert found.drift == told


def test_the_echo_is_compared_with_what_was_sent() -> None:
    """With a business clock the wall time is sent (facts: punchh §4.4)."""
    wall = START - timedelta(hours=5)
    echo = GOOD | {"start_time": "2026-03-02 01:36 PM"}
    assert outcome(reply(200, echo), sent_start=wall).drift is None
    assert outcome(reply(200, GOOD), sent_start=wall).drift is not None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no \x00\x1b[31mred\n\tline", "no \ufffd\ufffd[31mred line"),
        ("half \ud83d a pair", "half \ufffd a pair"),
        ("x" * 500, "x" * 160),
        ("", ""),
    ],
)
def test_what_punchh_said_is_fit_for_a_ledger_and_a_terminal(said: str, shown: str) -> None:
    sentence = in_words(outcome(reply(422, {"errors": said})).reason)
    assert sentence == (f"Punchh refused it: “{shown}”" if shown else "Punchh refused it")
    sentence.encode()


WORDS = [
    (reply(500, HTML), "Just a moment"),
    (reply(502, "<script>x</script><p>Bad\x1b[31m gateway</p>"), "Bad\ufffd[31m gateway"),
    (reply(404, {"errors": {"not_found": "Not here."}}), "Not here"),
    (reply(422, {"result": ["half \ud83d"], "id": 7}), '{"result": ["half \ufffd"], "id": 7}'),
    (reply(200, {"error": "no"}), "no"),
    (reply(503, b"\xff\xfe down"), "\ufffd\ufffd down"),
    (reply(504, "x" * 9999), "x" * 100),
]


@pytest.mark.parametrize(("result", "shown"), WORDS)
def test_an_unknown_shows_what_punchh_said(result: Reply, shown: str) -> None:
    found = outcome(result)
    assert found.verdict is Verdict.UNKNOWN
    assert f"“{shown}”" in in_words(found.reason)
    in_words(found.reason).encode()


@pytest.mark.parametrize("result", [reply(500), reply(500, "{}"), reply(200, "<br>"), reply(204)])
def test_what_says_nothing_is_not_quoted(result: Reply) -> None:
    assert "“" not in in_words(outcome(result).reason)


QUOTED = [
    (401, {"error": "no, no"}), (403, {"error": "no, no"}), (406, {"error": "no, no"}),
    (422, {"errors": {"disabled_feature": "no, no"}}), (422, {"errors": ["no, no"]}),
    (422, {"errors": {"invalid_segment": "no, no"}}), (500, "no, no"), (200, "no, no"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body"), QUOTED)
def test_every_refusal_shows_punchhs_words(status: int, body: Any) -> None:
    assert "“no, no”" in in_words(outcome(reply(status, body)).reason)


SECRET = "very-secret-key"


@pytest.mark.parametrize("status", [200, 401, 403, 422, 500])
@pytest.mark.parametrize(
    "body", [SECRET, {"error": f"{SECRET} is no good"}, "x" * 155 + SECRET, "<i>" * 1361 + SECRET,
             '{"result": "' + "".join(f"\\u{ord(char):04x}" for char in SECRET) + '"}'],
)  # fmt: skip
def test_a_secret_that_is_echoed_is_not_shown(status: int, body: Any) -> None:
    found = classify(reply(status, body), ORDER, START, on_429="wait", now=NOW, secret=SECRET)
    assert SECRET[:5] not in in_words(found.reason)


def test_a_page_of_brackets_is_read_in_time() -> None:
    assert outcome(reply(500, "<" * 1_000_000)).verdict is Verdict.UNKNOWN
