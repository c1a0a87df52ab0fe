"""Salesforce's logins, sessions and limits, and that nothing but a login may write."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.sandbox import SALESFORCE_KEY, SALESFORCE_SECRET
from tests.support.sandbox import Outside, opened

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock("2026-03-02T18:00:00Z")
        yield running


def login(outside: Outside, **more: Any) -> requests.Response:
    url = outside.box.salesforce_url + "/services/oauth2/token"
    return outside.session.post(url, timeout=5, **more)


FORM = {
    "grant_type": "client_credentials",
    "client_id": SALESFORCE_KEY,
    "client_secret": SALESFORCE_SECRET,
}


# Logins


def test_client_credentials_by_form(outside: Outside) -> None:
    reply = login(outside, data=FORM).json()
    assert reply["instance_url"] == "https://brand.my.salesforce.com"
    assert "expires_in" not in reply
    query = "SELECT Id FROM ListEmail"
    assert outside.soql(query, token=reply["access_token"]).status_code == 200


@pytest.mark.parametrize("host", ["login.salesforce.com", "test.salesforce.com"])
def test_the_shared_login_hosts_refuse(outside: Outside, host: str) -> None:
    reply = login(outside, data=FORM, headers={"Host": host})
    assert (reply.status_code, reply.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "request not supported on this domain"},
    )


def test_a_wrong_secret(outside: Outside) -> None:
    reply = login(outside, data=FORM | {"client_secret": "other"})
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_client")
    outside.control(
        "POST",
        "/switches",
        {"salesforce.wrong_secret_status": 401, "salesforce.error_description": False},
    )
    reply = login(outside, data={"grant_type": "client_credentials"}, auth=("a", "b"))
    assert (reply.status_code, reply.json()) == (401, {"error": "invalid_client"})


def test_other_grants_are_refused(outside: Outside) -> None:
    reply = login(outside, data={"grant_type": "password"})
    assert (reply.status_code, reply.json()["error"]) == (400, "unsupported_grant_type")


def claims(exp: int = 4_000_000_000) -> dict[str, Any]:
    aud = "https://brand.my.salesforce.com"
    return {"iss": SALESFORCE_KEY, "sub": "robot@example.com", "aud": aud, "exp": exp}


def assertion(header: Any, body: Any) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in (header, body)]
    return ".".join([*(part.decode().rstrip("=") for part in parts), "c2ln"])


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (assertion({"alg": "RS256"}, claims()), 200),
        (assertion({"alg": "RS256"}, claims() | {"iss": "other"}), 400),
        (assertion({"alg": "none"}, claims()), 400),
        (assertion({"alg": "RS256"}, {"iss": SALESFORCE_KEY}), 400),
        (assertion({"alg": "RS256"}, claims() | {"aud": "https://example.com"}), 400),
        (assertion([], []), 400),
        ("a.b", 400),
        ("", 400),
    ],
)
def test_jwt_bearer_is_checked_for_shape(outside: Outside, text: str, status: int) -> None:
    reply = login(outside, data={"grant_type": JWT_GRANT, "assertion": text})
    assert reply.status_code == status


def test_jwt_signature_and_expiry_when_a_key_is_given(outside: Outside) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    outside.switch("salesforce.jwt_public_key", public.decode())
    fine = {"grant_type": JWT_GRANT, "assertion": jwt.encode(claims(), key, algorithm="RS256")}
    assert login(outside, data=fine).status_code == 200
    stale = jwt.encode(claims(1_000_000_000), key, algorithm="RS256")
    assert login(outside, data=fine | {"assertion": stale}).status_code == 400
    forged = assertion({"alg": "RS256"}, claims())
    assert login(outside, data=fine | {"assertion": forged}).status_code == 400


# Sessions and limits


def test_sessions_end(outside: Outside) -> None:
    token = outside.token()
    query = "SELECT Id FROM ListEmail"
    assert outside.soql(query, token=token).status_code == 200
    outside.control("DELETE", "/sessions")
    reply = outside.soql(query, token=token)
    assert (reply.status_code, reply.json()) == (
        401,
        [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
    )


def test_sessions_may_live_for_some_calls_or_one_at_a_time(outside: Outside) -> None:
    outside.switch("salesforce.session_calls", 1)
    first = outside.token()
    codes = [outside.soql("SELECT Id FROM Topic", token=first).status_code for _ in range(2)]
    assert codes == [200, 401]
    outside.switch("salesforce.single_session", True)
    first, _ = outside.token(), outside.token()
    assert outside.soql("SELECT Id FROM Topic", token=first).status_code == 401


@pytest.mark.parametrize(("form", "start"), [("html", "<html>"), ("object", "{")])
def test_odd_bodies_of_a_401(outside: Outside, form: str, start: str) -> None:
    outside.switch("salesforce.session_error", form)
    reply = outside.soql("SELECT Id FROM Topic", token="other")
    assert reply.status_code == 401
    assert reply.text.startswith(start)


def test_the_api_limit_counts_up_and_ends(outside: Outside) -> None:
    outside.switch("salesforce.api_limit", 2)
    used = [outside.soql("SELECT Id FROM Topic").headers["Sforce-Limit-Info"] for _ in range(2)]
    assert used == ["api-usage=1/2", "api-usage=2/2"]
    reply = outside.soql("SELECT Id FROM Topic")
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


def test_the_limits_resource(outside: Outside) -> None:
    url = outside.box.salesforce_url + "/services/data/v61.0/limits/"
    headers = {"Authorization": f"Bearer {outside.token()}"}
    reply = outside.session.get(url, headers=headers, timeout=5).json()
    assert reply["DailyApiRequests"] == {"Max": 15_000, "Remaining": 14_999}


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_a_write_is_refused_and_recorded(outside: Outside, method: str) -> None:
    url = outside.box.salesforce_url + "/services/data/v61.0/sobjects/ListEmail/0XB"
    assert outside.session.request(method, url, timeout=5).status_code == 405
    last = outside.control("GET", "/requests")["requests"][-1]
    assert (last["status"], last["violation"]) == (405, "a write to Salesforce")
