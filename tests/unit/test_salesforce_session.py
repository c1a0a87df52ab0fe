import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
)

from connector.errors import RemoteError
from connector.http.exchange import ExchangeError, Reach
from connector.http.wire import Line
from connector.settings import SalesforceSettings
from connector.sources.salesforce import troubles
from connector.sources.salesforce.session import Org
from tests.support.clocks import FixedClock
from tests.support.orgs import HOST, FakeOrg, answer, refused
from tests.support.words import failing, saying, words_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRETS = ("the-consumer-key", "the-consumer-secret", "token-1", "a-private-key")
SOQL = "SELECT Id FROM ListEmail"


@pytest.fixture
def fake() -> Iterator[FakeOrg]:
    with responses.RequestsMock() as net:
        yield FakeOrg(net)


def settings(**more: Any) -> SalesforceSettings:
    given = {"kind": "salesforce", "domain": "brand.my", "consumer_key": SECRETS[0]}
    return SalesforceSettings(**(given | (more or {"consumer_secret": SECRETS[1]})))


def opened(clock: FixedClock | None = None, **more: Any) -> Org:
    line = Line("sf_core", clock or FixedClock(NOW), Random(1))
    return Org(line, settings(**more))


@pytest.fixture
def org(fake: FakeOrg) -> Iterator[Org]:
    one = opened()
    yield one
    one.close()


def fails(org: Org, match: str) -> RemoteError:
    with failing(match) as caught:
        org.rows(SOQL)
    assert caught.value.remote == "sf_core"
    assert not any(secret in words_of(caught.value) for secret in SECRETS)
    assert caught.value.__cause__ is None
    return caught.value


def test_it_logs_in_once_and_only_when_asked(fake: FakeOrg, org: Org) -> None:
    fake.tables = {"ListEmail": [{"Id": "1"}]}
    assert fake.logins == []
    assert org.rows(SOQL) == org.rows(SOQL) == [{"Id": "1"}]
    (login,) = fake.logins
    assert login.url == f"{HOST}/services/oauth2/token"
    assert "grant_type=client_credentials" in str(login.body)
    assert login.headers["Authorization"].startswith("Basic ")
    assert fake.requests[0].headers["Authorization"] == "Bearer token-1"
    assert "/services/data/v62.0/query/" in (fake.requests[0].url or "")


def test_pages_are_read_to_the_last(fake: FakeOrg, org: Org) -> None:
    fake.page_size = 2
    fake.tables = {"ListEmail": [{"Id": str(n)} for n in range(5)]}
    assert [row["Id"] for row in org.rows(SOQL)] == ["0", "1", "2", "3", "4"]
    assert len(fake.requests) == 3


def test_an_expired_session_is_renewed_on_the_way(fake: FakeOrg, org: Org) -> None:
    fake.tables = {"ListEmail": [{"Id": "1"}]}
    org.rows(SOQL)
    fake.refuse_sessions = 2
    assert org.rows(SOQL) == [{"Id": "1"}]
    assert len(fake.logins) == 3


def test_a_session_that_is_always_refused_gives_up(fake: FakeOrg, org: Org) -> None:
    fake.refuse_sessions = 100
    error = fails(org, "every fresh session was refused")
    assert not error.account
    assert len(fake.logins) < 8


@pytest.mark.parametrize(
    "odd",
    [
        answer("<html>expired</html>", 401),
        answer({"errorCode": "INVALID_SESSION_ID"}, 401),
        answer([], 401),
        answer("null", 401),
        answer([{"message": "no code"}], 401),
    ],
)
def test_an_odd_401_is_an_error_and_the_next_question_logs_in(
    fake: FakeOrg, org: Org, odd: Any
) -> None:
    fake.tables = {"ListEmail": []}
    fake.session_answer, fake.refuse_sessions = odd, 1
    assert not fails(org, "JSON it should be").account
    assert org.rows(SOQL) == []
    assert len(fake.logins) == 2


@pytest.mark.parametrize(
    ("login", "account", "told"),
    [
        (
            answer({"error": "invalid_client", "error_description": "x"}, 400),
            True,
            "invalid_client",
        ),
        (answer({"error": "invalid_client"}, 401), True, "consumer_secret"),
        (answer({"error": "invalid_grant"}, 400), True, "run-as user"),
        (answer({"error": "inactive_user"}, 400), True, "inactive_user"),
        (answer({"error": "rate_limit_exceeded"}, 400), False, "rate_limit_exceeded"),
        (answer({"error": "the-consumer-secret is bad"}, 400), False, "refused"),
        (answer("<html>", 403), True, "403"),
        (answer("<html>", 400), False, "400"),
        (answer("<html>busy</html>", 503), False, "503"),
        (answer("", 500), False, "500"),
        (answer("[]", 401), True, "401"),
        (answer("<html>hello</html>"), False, "JSON"),
        (answer({"access_token": "token-1"}), False, "no session"),
        (answer({"instance_url": HOST}), False, "no session"),
        (answer({"access_token": None, "instance_url": HOST}), False, "no session"),
        (answer({"access_token": "token-1", "instance_url": "https://evil.example"}), False, "no"),
        (answer([]), False, "no session"),
    ],
)
def test_a_login_that_fails_is_told_apart(
    fake: FakeOrg, org: Org, login: Any, account: bool, told: str
) -> None:
    fake.login = login
    assert fails(org, told).account is account
    assert fake.requests == []


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (refused("REQUEST_LIMIT_EXCEEDED", 403), "used up its API requests"),
        (refused("API_DISABLED_FOR_ORG", 403), "switched off"),
        (refused("INVALID_QUERY_LOCATOR"), "lost between two pages"),
        (refused("MALFORMED_QUERY", message="x" * 900), "MALFORMED_QUERY"),
        (refused("NOT_FOUND", 404), "NOT_FOUND"),
        (refused("UNSUPPORTED_API_VERSION", 410), "UNSUPPORTED_API_VERSION"),
        (answer("<html>", 404), "status 404"),
        (answer("<html>", 500), "status 500"),
        (answer({"message": "odd"}, 400), "status 400"),
        (answer([{"message": "odd"}, 5], 400), "status 400"),
        (answer("<html>Sign in</html>"), "JSON it should be"),
        (answer(""), "JSON it should be"),
        (answer("[]"), "JSON it should be"),
        (answer("null"), "JSON it should be"),
        (answer({"records": []}), "JSON it should be"),
        (answer({"done": True, "totalSize": 0, "records": None}), "JSON it should be"),
        (answer({"done": True, "totalSize": 1, "records": [7]}), "JSON it should be"),
        (answer({"done": True, "totalSize": 2, "records": [{}]}), "1 records of 2"),
        (answer('{"done": true, "totalSize": 0, "records": [], "done": false}'), "JSON"),
        (answer({"done": False, "totalSize": 2, "records": [{}]}), "next page"),
        (requests.ConnectionError("the-consumer-key"), "no connection"),
    ],
)
def test_a_query_that_fails_is_told_in_words(
    fake: FakeOrg, org: Org, reply: Any, told: str
) -> None:
    fake.tables = {"ListEmail": reply}
    error = fails(org, told)
    assert not error.account
    assert len(str(error)) < 300


@pytest.mark.parametrize(
    "path", ["@evil.example/", "https://evil.example/", "/services/apexrest/x"]
)
def test_the_token_follows_no_next_page_to_another_place(
    fake: FakeOrg, org: Org, path: str
) -> None:
    body = {"done": False, "totalSize": 2, "records": [{}], "nextRecordsUrl": path}
    fake.tables = {"ListEmail": answer(body)}
    fails(org, "next page")
    assert len(fake.requests) == 1


def test_a_redirect_is_not_followed(fake: FakeOrg, org: Org) -> None:
    fake.tables = {"ListEmail": (302, {"Location": "https://evil.example/"}, "")}
    fails(org, "redirects to https://evil.example")


def test_a_refused_query_keeps_the_session(fake: FakeOrg, org: Org) -> None:
    fake.tables = {"ListEmail": refused("INVALID_TYPE")}
    with pytest.raises(troubles.QueryError) as caught:
        org.rows(SOQL)
    assert caught.value.code == "INVALID_TYPE"
    fake.tables = {}
    assert org.rows(SOQL) == []
    assert len(fake.logins) == 1


@pytest.mark.parametrize(
    "error",
    [
        SalesforceAuthenticationFailed("INVALID AUTH", "token-1"),
        SalesforceExpiredSession("https://x", 401, "query", b"token-1"),
        SalesforceGeneralError("https://x", 503, "query", b"token-1"),
        ExchangeError(Reach.SENT, saying("exchange", "no answer in time")),
        KeyError(0),
        AttributeError("token-1"),
        TypeError("token-1"),
        ValueError("token-1"),
        RecursionError(),
        UserWarning("token-1"),
        OSError("token-1"),
    ],
)
def test_whatever_is_raised_becomes_one_kind_of_error(error: Exception) -> None:
    found = troubles.told("sf_core", error)
    assert isinstance(found, RemoteError)
    assert "token-1" not in str(found)


def test_a_private_key_that_cannot_sign_is_told(fake: FakeOrg) -> None:
    org = opened(username="api@brand.example", private_key="a-private-key")
    assert fails(org, "private key").account
    assert fake.logins == []
    org.close()


def test_a_signed_login_sends_no_secret(fake: FakeOrg) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    org = opened(username="api@brand.example", private_key=pem)
    assert org.rows(SOQL) == []
    form = parse_qs(str(fake.logins[0].body))
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = form["assertion"][0].split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert (said["iss"], said["sub"]) == (SECRETS[0], "api@brand.example")
    assert said["aud"] == HOST
    fake.login = answer(
        {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}, 400
    )
    fake.session_answer, fake.refuse_sessions = refused("INVALID_SESSION_ID", 401), 1
    assert fails(org, "invalid_grant").account
    org.close()


def test_an_endpoint_stands_in_for_the_real_host() -> None:
    line = Line("sf_core", FixedClock(NOW), Random(1), endpoint="http://127.0.0.1:8802")
    org = Org(line, settings())
    with responses.RequestsMock() as net:
        login = net.post(
            "http://127.0.0.1:8802/services/oauth2/token",
            json={"access_token": "token-1", "instance_url": HOST},
        )
        query = net.get(
            "http://127.0.0.1:8802/services/data/v62.0/query/",
            json={"done": True, "totalSize": 0, "records": []},
        )
        assert org.rows(SOQL) == []
        for stub in (login, query):
            assert stub.calls[0].request.headers["Host"] == "brand.my.salesforce.com"
    org.close()
