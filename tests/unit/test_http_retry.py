"""When a GET is asked again, row by row; waits, strict JSON and the remote's clock."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from connector.http.exchange import ExchangeError, Reach
from connector.http.remote_clock import Skew, server_skew
from connector.http.reply import Reply, strict_json
from connector.http.retry import BASE_SECONDS, PASSING, Again, again, asked_wait
from tests.support.texts import ORDINARY
from tests.support.words import saying

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def reply(status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, CaseInsensitiveDict(named), b"")


def broken(reach: Reach = Reach.SENT, status: int | None = None) -> ExchangeError:
    return ExchangeError(reach, saying("exchange", "broke"), status=status)


def asked(result: Reply | ExchangeError, attempt: int = 1, attempts: int = 3) -> Again | None:
    return again(attempt, attempts, result, NOW, Random(1))


@pytest.mark.parametrize("status", range(100, 600))
def test_only_passing_statuses_are_asked_again(status: int) -> None:
    assert (asked(reply(status)) is not None) == (status in {408, 429, 500, 502, 503, 504})


@pytest.mark.parametrize("reach", Reach)
def test_a_broken_exchange_is_asked_again(reach: Reach) -> None:
    found = asked(broken(reach))
    assert found
    assert not found.told


@pytest.mark.parametrize("status", [200, 302])
def test_a_redirect_or_an_oversized_body_is_not(status: int) -> None:
    assert asked(broken(Reach.HEADERS, status)) is None


@pytest.mark.parametrize("result", [reply(503), broken()])
def test_the_last_attempt_is_the_last(result: Reply | ExchangeError) -> None:
    assert asked(result, attempt=2) is not None
    assert asked(result, attempt=3) is None
    assert asked(result, attempt=1, attempts=1) is None


@pytest.mark.parametrize("status", sorted(PASSING))
def test_a_named_wait_is_told_even_after_the_last(status: int) -> None:
    assert asked(reply(status, Retry_After="7"), attempt=3) == Again(7, told=True)


@pytest.mark.parametrize(("attempt", "most"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (9, 8.0)])
def test_the_jitter_is_full_and_capped(attempt: int, most: float) -> None:
    waits = [again(attempt, 10, reply(503), NOW, Random(seed)) for seed in range(200)]
    seconds = [wait.seconds for wait in waits if wait]
    assert len(seconds) == 200
    assert BASE_SECONDS <= min(seconds) < BASE_SECONDS + most * 0.1
    assert most * 0.9 < max(seconds) <= most


@pytest.mark.parametrize("status", sorted(PASSING))
def test_three_calls_never_come_within_a_second(status: int) -> None:
    for headers in ({}, {"Retry_After": "0"}, {"Retry_After": "0.001"}, {"Retry_After": "-3"}):
        for seed in range(50):
            random = Random(seed)
            waits = [again(n, 3, reply(status, **headers), NOW, random) for n in (1, 2)]
            assert sum(wait.seconds for wait in waits if wait) >= 1


WAITS: list[tuple[dict[str, str], int, float | None]] = [
    ({}, 429, None),
    ({"Retry_After": "7"}, 429, 7),
    ({"Retry_After": " 7 "}, 503, 7),
    ({"Retry_After": "0"}, 503, 0),
    ({"Retry_After": "86400"}, 503, 86400),
    ({"Retry_After": "86401"}, 503, None),
    ({"Retry_After": "9" * 400}, 503, None),
    ({"Retry_After": "-1"}, 503, None),
    ({"Retry_After": "1.5"}, 503, 1.5),
    ({"Retry_After": "1.5.5"}, 503, None),
    ({"Retry_After": "1e3"}, 503, None),
    ({"Retry_After": "inf"}, 503, None),
    ({"Retry_After": "120, 120"}, 503, None),
    ({"Retry_After": "٣"}, 503, None),
    ({"Retry_After": "soon"}, 503, None),
    ({"Retry_After": "Mon, 02 Mar 2026 12:00:30 GMT"}, 503, 30),
    ({"Retry_After": "Mon, 02 Mar 2026 07:00:30 -0500"}, 503, 30),
    ({"Retry_After": "Mon, 02 Mar 2026 12:00:30 -0000"}, 503, 30),
    ({"Retry_After": "Mon, 02 Mar 2026 11:59:00 GMT"}, 503, 0),
    ({"Retry_After": "Mon, 02 Mar 2099 11:59:00 GMT"}, 503, None),
    ({"Retry_After": "Mon, 02 Mar 2026 12:00:30 +99999999999999"}, 503, None),
    ({"X_RateLimit_Reset": str(EPOCH + 90)}, 429, 90),
    ({"X_RateLimit_Reset": f"{EPOCH + 90}.5"}, 429, 90.5),
    ({"x_ratelimit_reset": str(EPOCH - 90)}, 429, 0),
    ({"X_RateLimit_Reset": "90"}, 429, 90),  # from now, as others count
    ({"X_RateLimit_Reset": "0"}, 429, 0),
    ({"X_RateLimit_Reset": "-90"}, 429, None),
    ({"X_RateLimit_Reset": "86401"}, 429, 0),
    ({"X_RateLimit_Reset": "9" * 400}, 429, None),
    ({"X_RateLimit_Reset": str(EPOCH + 200_000)}, 429, None),
    ({"X_RateLimit_Reset": str((EPOCH + 90) * 1000)}, 429, 90),
    ({"X_RateLimit_Reset": str((EPOCH - 90) * 1000)}, 429, 0),
    ({"X_RateLimit_Retry_After": "11"}, 429, 11),
    ({"X_RateLimit_Retry_After": "11"}, 503, 11),
    ({"X_RateLimit_Retry_After": "soon"}, 429, None),
    ({"X_RateLimit_Reset": str(EPOCH + 90)}, 503, None),
    ({"X_RateLimit_Reset": "soon"}, 429, None),
    ({"X_RateLimit_Reset": str(EPOCH * 1000)}, 429, 0),
    ({"Retry_After": "7", "X_RateLimit_Reset": str(EPOCH + 90)}, 429, 7),
    ({"Retry_After": "soon", "X_RateLimit_Reset": str(EPOCH + 90)}, 429, 90),
    ({"Retry_After": "0", "X_RateLimit_Reset": str(EPOCH + 90)}, 429, 90),
    ({"Retry_After": "9" * 400, "X_RateLimit_Reset": str(EPOCH + 90)}, 429, 90),
    ({"Retry_After": "Mon, 02 Mar 2026 11:59:00 GMT", "X_RateLimit_Reset": "90"}, 429, 90),
    ({"Retry_After": "soon", "X_RateLimit_Retry_After": "11", "X_RateLimit_Reset": "90"}, 429, 11),
    # instants are the remote's own: by a clock of an hour ahead, or two days (which is none)
    ({"X_RateLimit_Reset": str(EPOCH + 3690), "Date": "Mon, 02 Mar 2026 13:00:00 GMT"}, 429, 90),
    ({"Retry_After": "Mon, 02 Mar 2026 13:00:30 GMT", "Date": "Mon, 02 Mar 2026 13:00:00 GMT"},
     503, 30),
    ({"Retry_After": "30", "Date": "Mon, 02 Mar 2026 13:00:00 GMT"}, 503, 30),
    ({"X_RateLimit_Reset": str(EPOCH + 90), "Date": "Wed, 04 Mar 2026 13:00:00 GMT"}, 429, 90),
    ({"X_RateLimit_Reset": str(EPOCH + 90), "Date": "Mon, 02 Mar 2026 11:00:00 GMT", "Age": "9"},
     429, 90),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "status", "seconds"), WAITS)
def test_the_wait_that_a_reply_asks_for(
    headers: dict[str, str], status: int, seconds: float | None
) -> None:
    assert asked_wait(reply(status, **headers), NOW) == seconds


DATES = st.from_regex(
    r"(Mon, )?\d{1,3} (Jan|Feb|Foo) \d{1,6} \d{1,3}:\d\d(:\d{1,25})? ([+-]\d{2,20}|GMT|)",
    fullmatch=True,
)


@given(st.text() | DATES | st.integers().map(str))
@example("Mon, 01 Jan 2020 00:00:00 +99999999999999")
@example("1 Jan 1 99999999999999999999:00")
def test_no_wait_breaks_the_reader(text: str) -> None:
    for headers in ({"Retry-After": text}, {"X-RateLimit-Reset": text}):
        found = asked_wait(Reply(429, headers, b""), NOW)
        assert found is None or 0 <= found <= 86400
    skew = server_skew({"Date": text}, NOW, NOW)
    assert skew is None or skew.microseconds == 0


# Strict JSON


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"[1,]", b"nul", b"'a'", b"{}{}", b"\xef\xbb\xbf{}", b'"\xff"',
        b"NaN", b"[Infinity]", b"-Infinity", b'{"a":1,"a":1}', b'{"b":{"a":1,"a":2}}',
        b"[" * 200_000, b"9" * 5000, "{}".encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  any of them
        strict_json(body)


TEXTS = st.text(ORDINARY)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(VALUES)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert strict_json(json.dumps(value).encode()) == value
    assert Reply(200, {}, json.dumps(value, indent=2).encode()).json() == value


@given(st.binary(max_size=80))
def test_bytes_are_json_or_a_value_error(body: bytes) -> None:
    try:
        strict_json(body)
    except ValueError:
        return
    json.loads(body)


# The remote's clock


@pytest.mark.parametrize(
    ("date", "skew"),
    [(-3600, -3599), (-2, -1), (-1, 0), (0, 0), (2, 0), (3, 1), (4.9, 2), (90, 88), (3602, 3600)],
)
def test_how_far_a_clock_is_surely_ahead_or_behind(date: float, skew: int) -> None:
    """Of a reply that came two seconds after its request was sent."""
    text = format_datetime(NOW + timedelta(seconds=date), usegmt=True)
    found = server_skew({"Date": text}, NOW, NOW + timedelta(seconds=2))
    assert found == timedelta(seconds=skew)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": ""},
        {"Date": "now"},
        {"Date": "Mon, 01 Jan 2020 00:00:00 +99999999999999"},
        {"Date": "Mon, 02 Mar 2026 12:00:00 GMT, Mon, 02 Mar 2026 15:00:00 GMT"},
        {"Date": "Mon, 02 Mar 2026 11:00:00 GMT", "Age": "3600"},
        {"Date": "Mon, 02 Mar 2026 12:00:00 GMT", "Age": "0"},
    ],
)
def test_without_a_readable_date_nothing_is_said_of_the_clock(headers: dict[str, str]) -> None:
    assert server_skew(headers, NOW, NOW) is None


@pytest.mark.parametrize(("year", "days"), [(2099, 365), (9999, 365), (1970, -365), (1900, -365)])
def test_a_year_off_is_as_far_as_anybody_looks(year: int, days: int) -> None:
    headers = {"Date": f"01 Jan {year} 00:00:00 GMT"}
    assert server_skew(headers, NOW, NOW) == timedelta(days=days)


HOUR, FAR = timedelta(hours=1), timedelta(days=365)
READINGS: list[tuple[list[timedelta], timedelta]] = [
    ([], timedelta()),
    ([FAR], FAR),
    ([FAR, FAR, HOUR], HOUR),
    ([FAR, timedelta(), FAR, -FAR], timedelta()),
    ([timedelta(days=1)], timedelta(days=1)),
    ([timedelta(days=1, seconds=1)], timedelta(days=1, seconds=1)),
    ([HOUR, *[FAR] * 9], FAR),  # the hour was forgotten
]


@pytest.mark.parametrize(("readings", "ahead"), READINGS)
def test_a_clock_that_is_none_counts_only_where_there_is_no_other(
    readings: list[timedelta], ahead: timedelta
) -> None:
    skew = Skew()
    for reading in readings:
        date = format_datetime(NOW + reading, usegmt=True)
        skew.note({"Date": date}, NOW, NOW)
    assert skew.ahead == ahead


def test_a_date_without_zone_is_utc() -> None:
    headers = {"Date": "Mon, 02 Mar 2026 12:01:00 -0000"}
    assert server_skew(headers, NOW, NOW) == timedelta(minutes=1)
