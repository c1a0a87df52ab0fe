"""Salesforce's logins, sessions and limits, and that nothing but a login may write."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.sandbox import SALESFORCE_KEY, SALESFORCE_SECRET
from connector.sandbox.credentials import SALESFORCE_REFRESH_TOKEN
from connector.sandbox.org import ORG_ID, USER_ID
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


# Refresh tokens, as tap-salesforce and jsforce use them

REFRESH = {
    "grant_type": "refresh_token",
    "client_id": SALESFORCE_KEY,
    "client_secret": SALESFORCE_SECRET,
    "refresh_token": SALESFORCE_REFRESH_TOKEN,
}


@pytest.mark.parametrize("host", ["login.salesforce.com", "brand.my.salesforce.com"])
def test_a_refresh_token_brings_a_session(outside: Outside, host: str) -> None:
    reply = login(outside, data=REFRESH, headers={"Host": host}).json()
    assert "refresh_token" not in reply
    assert outside.soql("SELECT Id FROM Topic", token=reply["access_token"]).status_code == 200
    without_secret = {key: value for key, value in REFRESH.items() if key != "client_secret"}
    assert login(outside, data=without_secret).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"refresh_token": "other"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_client_id"),
        ({"client_secret": "other"}, "invalid_client"),
    ],
)
def test_a_refresh_that_is_refused(outside: Outside, changes: dict[str, str], code: str) -> None:
    reply = login(outside, data=REFRESH | changes)
    assert (reply.status_code, reply.json()["error"]) == (400, code)


def test_refresh_tokens_may_be_rotated(outside: Outside) -> None:
    outside.switch("salesforce.rotate_refresh_token", True)
    fresh = login(outside, data=REFRESH).json()["refresh_token"]
    assert fresh != SALESFORCE_REFRESH_TOKEN
    assert login(outside, data=REFRESH).status_code == 400
    assert login(outside, data=REFRESH | {"refresh_token": fresh}).status_code == 200


def test_a_token_is_revoked(outside: Outside) -> None:
    url = outside.box.salesforce_url + "/services/oauth2/revoke"
    token = outside.token()
    assert outside.session.post(url, data={"token": token}, timeout=5).status_code == 200
    assert outside.soql("SELECT Id FROM Topic", token=token).status_code == 401
    assert outside.session.post(url, data={"token": token}, timeout=5).status_code == 400


# Identity and resources


def get(outside: Outside, path: str, token: str = "", **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return outside.session.get(
        outside.box.salesforce_url + path, headers=headers, timeout=5, **more
    )


def test_the_identity_of_the_user(outside: Outside) -> None:
    reply = login(outside, data=FORM).json()
    assert reply["id"] == f"https://login.salesforce.com/id/{ORG_ID}/{USER_ID}"
    token = reply["access_token"]
    who = get(outside, f"/id/{ORG_ID}/{USER_ID}", token).json()
    assert (who["user_id"], who["organization_id"], who["id"]) == (USER_ID, ORG_ID, reply["id"])
    assert who["urls"]["rest"] == "https://brand.my.salesforce.com/services/data/v{version}/"
    by_query = {"format": "json", "oauth_token": token}
    assert get(outside, f"/id/{ORG_ID}/{USER_ID}", params=by_query).json() == who
    for path, token_, why in (
        (f"/id/{ORG_ID}/{USER_ID}", "other", "Bad_OAuth_Token"),
        (f"/id/{ORG_ID}/{USER_ID}", "", "Missing_OAuth_Token"),
        (f"/id/00D000000000000EAA/{USER_ID}", token, "Wrong_Org"),
    ):
        reply = get(outside, path, token_)
        assert (reply.status_code, reply.text) == (403, why)


def test_addresses_may_be_the_simulators_own(outside: Outside) -> None:
    outside.switch("salesforce.addresses", "own")
    own = outside.box.salesforce_url
    reply = login(outside, data=FORM).json()
    assert (reply["instance_url"], reply["id"]) == (own, f"{own}/id/{ORG_ID}/{USER_ID}")
    resources = get(outside, "/services/data/v61.0/", reply["access_token"]).json()
    assert resources["identity"] == reply["id"]
    assert resources["sobjects"] == "/services/data/v61.0/sobjects"


def test_versions_are_listed_for_anybody(outside: Outside) -> None:
    versions = get(outside, "/services/data/").json()
    assert versions[0]["version"] == "31.0"
    assert versions[-1] == {"label": "v68", "url": "/services/data/v68.0", "version": "68.0"}


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


# One run of Singer's tap-salesforce, request by request: its addresses cannot be set

TAP_TYPES = {"id", "string", "picklist", "textarea", "email", "reference", "datetime", "date",
             "boolean", "int"}  # fmt: skip


def test_what_tap_salesforce_asks(outside: Outside) -> None:
    outside.send(source="salesforce", name="Harvest", at="2026-03-03T15:00:00Z")
    made = outside.send(source="salesforce", name="Gone", at="2026-03-03T15:00:00Z")
    outside.control("DELETE", f"/sends/{made['id']}?how=delete")
    outside.switch("salesforce.page_size", 1)
    token = login(outside, data=REFRESH, headers={"Host": "login.salesforce.com"}).json()[
        "access_token"
    ]
    names = [row["name"] for row in get(outside, "/services/data/v61.0/sobjects", token).json()[
        "sobjects"
    ]]  # fmt: skip
    assert {"FlowRecord", "FlowRecordVersion", "ListEmail", "ListEmailRecipientSource"} <= set(
        names
    )
    parts = [
        {"method": "GET", "url": f"/services/data/v61.0/sobjects/{name}/describe"} for name in names
    ]
    reply = outside.session.post(
        outside.box.salesforce_url + "/services/data/v61.0/composite/batch",
        json={"haltOnError": True, "batchRequests": parts},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    ).json()
    assert reply["hasErrors"] is False
    described = {name: part["result"] for name, part in zip(names, reply["results"], strict=True)}
    types = {field["type"] for kind in described.values() for field in kind["fields"]}
    assert types <= TAP_TYPES
    assert not any(kind["customSetting"] for kind in described.values())
    fields = ",".join(field["name"] for field in described["ListEmail"]["fields"])
    query = (
        f"SELECT {fields} FROM ListEmail WHERE SystemModstamp >= 2026-01-01T00:00:00.000000Z "  # noqa: S608  our own
        " AND SystemModstamp < 2026-04-01T00:00:00.000000Z ORDER BY SystemModstamp ASC"
    )
    page = get(outside, "/services/data/v61.0/queryAll", token, params={"q": query})
    found = page.json()["records"]
    used = re.fullmatch(r"api-usage=(\d+)/(\d+)", page.headers["Sforce-Limit-Info"])
    assert used is not None
    found += get(outside, page.json()["nextRecordsUrl"], token).json()["records"]
    assert [(row["Name"], row["IsDeleted"]) for row in found] == [
        ("Harvest", False),
        ("Gone", True),
    ]
    rows = outside.control("GET", "/requests")["requests"]
    assert {row["violation"] for row in rows} == {""}
