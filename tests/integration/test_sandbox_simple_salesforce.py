"""simple-salesforce's own calls at work against the sandbox: every login mode, every read."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

from connector.sandbox.credentials import (
    SALESFORCE_DOMAIN,
    SALESFORCE_KEY,
    SALESFORCE_PASSWORD,
    SALESFORCE_SECRET,
    SALESFORCE_TOKEN,
    SALESFORCE_USERNAME,
)
from connector.sandbox.org import ORG_ID
from tests.support.library import client
from tests.support.sandbox import Outside, opened

APP: dict[str, Any] = {
    "consumer_key": SALESFORCE_KEY,
    "consumer_secret": SALESFORCE_SECRET,
    "domain": SALESFORCE_DOMAIN,
}
USER: dict[str, Any] = {
    "username": SALESFORCE_USERNAME,
    "password": SALESFORCE_PASSWORD,
    "domain": SALESFORCE_DOMAIN,
}
SENDS = "SELECT Id, Name FROM ListEmail WHERE Status = 'Scheduled' ORDER BY Name"


@pytest.fixture(scope="module")
def running() -> Iterator[Outside]:
    with opened(scenario=True) as outside:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.control("POST", "/reset")
    return running


@pytest.fixture
def sf(outside: Outside) -> Any:
    return client(outside, **APP)


def code_of(error: Any) -> str:
    code: str = error.content[0]["errorCode"]
    return code


# Logins


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(USER | {"security_token": SALESFORCE_TOKEN}, id="soap-token"),
        pytest.param(USER | {"organizationId": ORG_ID}, id="soap-organization"),
        pytest.param(USER | APP, id="oauth-password"),
        pytest.param(APP, id="client-credentials"),
        pytest.param({"jwt": True}, id="jwt"),
        pytest.param({"session": True}, id="direct"),
    ],
)
def test_every_login_mode(outside: Outside, how: dict[str, Any]) -> None:
    outside.switch("salesforce.password_logins", True)
    if how.get("jwt"):
        how = {
            "username": SALESFORCE_USERNAME,
            "consumer_key": SALESFORCE_KEY,
            "privatekey": private_key(),
            "domain": SALESFORCE_DOMAIN,
        }
    if how.get("session"):
        url = f"https://{SALESFORCE_DOMAIN}.salesforce.com"
        how = {"session_id": outside.token(), "instance_url": url}
    sf = client(outside, **how)
    assert sf.sf_instance == f"{SALESFORCE_DOMAIN}.salesforce.com"
    assert sf.query(SENDS)["totalSize"] == 4
    log = outside.control("GET", "/requests")["requests"]
    assert [row["violation"] for row in log] == [""] * len(log)


@pytest.mark.parametrize(
    ("how", "switches", "code"),
    [
        (USER | {"security_token": "x"}, {}, "INVALID_OPERATION"),
        (USER | {"security_token": "x"}, {"salesforce.password_logins": True}, "INVALID_LOGIN"),
        (USER | {"security_token": SALESFORCE_TOKEN, "version": "65.0"},
         {"salesforce.password_logins": True}, "INVALID_OPERATION"),
        (USER | APP, {}, "unsupported_grant_type"),
        (USER | APP | {"password": "x"}, {"salesforce.password_logins": True}, "invalid_grant"),
        (USER | APP | {"consumer_key": "x"}, {"salesforce.password_logins": True},
         "invalid_client_id"),
        (APP | {"consumer_secret": "x"}, {}, "invalid_client"),
    ],
)  # fmt: skip
def test_a_refused_login(
    outside: Outside, how: dict[str, Any], switches: dict[str, Any], code: str
) -> None:
    outside.control("POST", "/switches", switches)
    with pytest.raises(SalesforceAuthenticationFailed) as error:
        client(outside, **how)
    assert error.value.code == code


def test_a_session_that_ends_is_renewed(outside: Outside, sf: Any) -> None:
    outside.control("DELETE", "/sessions")
    assert sf.query(SENDS)["totalSize"] == 4
    assert len([row for row in outside.control("GET", "/requests")["requests"]
                if row["status"] == 401]) == 1  # fmt: skip


def test_the_limit_of_calls_is_a_refusal(outside: Outside, sf: Any) -> None:
    outside.switch("salesforce.api_limit", 0)
    with pytest.raises(SalesforceRefusedRequest) as error:
        sf.limits()
    assert code_of(error.value) == "REQUEST_LIMIT_EXCEEDED"


def test_a_token_that_is_never_taken_ends_in_expired_session(outside: Outside) -> None:
    sf = client(outside, session_id="other", instance_url="https://brand.my.salesforce.com")
    with pytest.raises(SalesforceExpiredSession):
        sf.query(SENDS)


# Queries


def test_query_all_walks_the_pages(outside: Outside, sf: Any) -> None:
    outside.switch("salesforce.page_size", 2)
    whole = sf.query_all(SENDS)
    assert (whole["totalSize"], whole["done"]) == (4, True)
    names = ["Catering Invitation", "Harvest Dinner", "Personal Thank-You", "Two Cities"]
    assert [row["Name"] for row in whole["records"]] == names
    assert [row["Name"] for row in sf.query_all_iter(SENDS)] == names


def test_query_more_by_url_and_by_locator(outside: Outside, sf: Any) -> None:
    outside.switch("salesforce.page_size", 3)
    first = sf.query(SENDS)
    url = first["nextRecordsUrl"]
    by_url = sf.query_more(url, identifier_is_url=True)
    by_locator = sf.query_more(url.rsplit("/", 1)[1])
    assert [row["Name"] for row in by_url["records"]] == ["Two Cities"]
    assert by_locator == by_url
    with pytest.raises(SalesforceMalformedRequest) as error:
        sf.query_more("01gNothing-3")
    assert code_of(error.value) == "INVALID_QUERY_LOCATOR"


def test_deleted_records_are_in_query_all_only(outside: Outside, sf: Any) -> None:
    send = sf.query(SENDS)["records"][0]
    outside.control("DELETE", f"/sends/{send['Id']}?how=delete")
    where = format_soql("SELECT IsDeleted FROM ListEmail WHERE Id = {}", send["Id"])
    assert sf.query(where)["records"] == []
    assert sf.query(where, include_deleted=True)["records"][0]["IsDeleted"] is True
    assert len(sf.query_all(where, include_deleted=True)["records"]) == 1


def test_the_librarys_own_quoting_is_read(outside: Outside, sf: Any) -> None:
    outside.send(source="salesforce", name="50% off! It's_on \\o/", at="2099-01-01T00:00:00Z")
    outside.send(source="salesforce", name="500 off", at="2099-01-01T00:00:00Z")
    for soql in (
        format_soql("SELECT Name FROM ListEmail WHERE Name = {}", "50% off! It's_on \\o/"),
        format_soql("SELECT Name FROM ListEmail WHERE Name LIKE '{:like}%'", "50% off"),
        format_soql("SELECT Name FROM ListEmail WHERE Name LIKE '%{:like}'", "It's_on \\o/"),
        format_soql("SELECT Name FROM ListEmail WHERE Name IN {}", ["50% off! It's_on \\o/", "x"]),
    ):
        assert [row["Name"] for row in sf.query(soql)["records"]] == ["50% off! It's_on \\o/"]


def test_is_sandbox_and_the_usage_of_the_api(sf: Any) -> None:
    assert sf.is_sandbox() is False
    assert sf.api_usage["api-usage"].total == 15_000
    assert sf.limits()["DailyApiRequests"]["Max"] == 15_000


# Descriptions and records


def test_describe_lists_what_the_user_sees(outside: Outside, sf: Any) -> None:
    outside.switch("salesforce.invalid_types", ["MarketSegment"])
    reply = sf.describe()
    assert (reply["encoding"], reply["maxBatchSize"]) == ("UTF-8", 200)
    names = [row["name"] for row in reply["sobjects"]]
    assert {"ListEmail", "FlowRecord", "FlowRecordVersionOccurrence"} <= set(names)
    assert "MarketSegment" not in names
    (mail,) = (row for row in reply["sobjects"] if row["name"] == "ListEmail")
    assert (mail["keyPrefix"], mail["queryable"], mail["createable"]) == ("0XB", True, False)
    assert mail["urls"]["describe"] == "/services/data/v61.0/sobjects/ListEmail/describe"


def test_describe_of_an_object_tells_what_a_query_may_ask(outside: Outside, sf: Any) -> None:
    for name in ("ListEmail", "FlowRecord"):
        reply = getattr(sf, name).describe()
        fields = [field["name"] for field in reply["fields"]]
        soql = f"SELECT {', '.join(fields)} FROM {name} LIMIT 1"  # noqa: S608  our own
        assert sf.query(soql)["totalSize"] == 1
    by_name = {field["name"]: field for field in reply["fields"]}
    segment = by_name["SegmentId"]
    assert (segment["type"], segment["referenceTo"]) == ("reference", ["MarketSegment"])
    assert segment["relationshipName"] == "Segment"
    assert by_name["ScheduledStartDate"]["soapType"] == "xsd:dateTime"
    states = [entry["value"] for entry in by_name["ProgressStatus"]["picklistValues"]]
    assert {"Scheduled", "InProgress", "InvalidDraft"} <= set(states)
    assert sf.restful("sobjects/listemail/describe") == sf.ListEmail.describe()
    assert sf.ListEmail.metadata()["objectDescribe"]["name"] == "ListEmail"
    assert "CapacityCategory" not in by_name  # since 62
    outside.switch("salesforce.account_engagement", True)
    assert "SentVia" in [field["name"] for field in sf.ListEmail.describe()["fields"]]


def test_a_record_by_its_id(outside: Outside, sf: Any) -> None:
    send = sf.query(SENDS)["records"][0]
    whole = sf.ListEmail.get(send["Id"])
    assert whole == sf.restful(f"sobjects/ListEmail/{send['Id'][:15]}")
    assert (whole["Name"], whole["Status"]) == (send["Name"], "Scheduled")
    some = sf.restful(f"sobjects/ListEmail/{send['Id']}", params={"fields": "name,scheduleddate"})
    assert list(some) == ["attributes", "Name", "ScheduledDate"]
    outside.control("DELETE", f"/sends/{send['Id']}?how=delete")
    for path, code in (
        (f"sobjects/ListEmail/{send['Id']}", "ENTITY_IS_DELETED"),
        ("sobjects/ListEmail/0XB5f00000000AA", "NOT_FOUND"),
        ("sobjects/Nothing/describe", "NOT_FOUND"),
        ("nothing", "NOT_FOUND"),
    ):
        with pytest.raises(SalesforceResourceNotFound) as error:
            sf.restful(path)
        assert code_of(error.value) == code
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.restful(f"sobjects/ListEmail/{send['Id']}", params={"fields": "Nothing"})
    assert code_of(refused.value) == "INVALID_FIELD"


def test_many_records_and_several_reads_at_once(outside: Outside, sf: Any) -> None:
    ids = [row["Id"] for row in sf.query(SENDS)["records"]]
    body = {"ids": [ids[0], "0XB5f00000000AA", ids[1]], "fields": ["Name"]}
    found = sf.restful("composite/sobjects/ListEmail", method="POST", json=body)
    assert [row and row["Name"] for row in found] == ["Catering Invitation", None, "Harvest Dinner"]
    parts = [
        {"method": "GET", "url": "/services/data/v61.0/sobjects/ListEmail/describe"},
        {"method": "GET", "url": "v61.0/query/?q=SELECT+Id+FROM+Nothing"},
    ]
    reply = sf.restful("composite/batch", method="POST", json={"batchRequests": parts})
    assert reply["hasErrors"] is True
    assert [row["statusCode"] for row in reply["results"]] == [200, 400]
    assert reply["results"][0]["result"]["name"] == "ListEmail"
    assert {row["violation"] for row in outside.control("GET", "/requests")["requests"]} == {""}
    parts = [{"method": "PATCH", "url": "v61.0/sobjects/ListEmail/x"}]
    with pytest.raises(Exception, match="METHOD_NOT_ALLOWED"):
        sf.restful("composite/batch", method="POST", json={"batchRequests": parts})
    last = outside.control("GET", "/requests")["requests"][-1]
    assert last["violation"] == "a write to Salesforce"


def test_the_user_by_openid(sf: Any) -> None:
    reply = sf.oauth2("userinfo")
    assert (reply["preferred_username"], reply["organization_id"]) == (SALESFORCE_USERNAME, ORG_ID)
