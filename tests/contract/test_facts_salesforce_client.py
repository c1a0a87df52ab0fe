"""Each fact of facts: salesforce, its literal reply put before our source."""

import re
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses
from pydantic import SecretStr

from connector.domain.send import Send
from connector.errors import RemoteError
from connector.settings import SalesforceSettings
from connector.sources import salesforce
from connector.sources.salesforce import SalesforceSource
from tests.contract.facts_salesforce import FACTS, TOKEN
from tests.contract.rows import NOW, Fact, Failed, LeftOut, Polled
from tests.support.clocks import FixedClock
from tests.support.orgs import FakeOrg, answer

KEY, SECRET = "a-consumer-key-nobody-may-see", "a-consumer-secret-nobody-may-see"
NONE: frozenset[str] = frozenset()


@pytest.fixture
def org() -> Iterator[FakeOrg]:
    with responses.RequestsMock() as net:
        yield FakeOrg(net)


@pytest.fixture
def source() -> Iterator[SalesforceSource]:
    settings = SalesforceSettings(
        kind="salesforce",
        domain="brand.my",
        consumer_key=SecretStr(KEY),
        consumer_secret=SecretStr(SECRET),
    )
    opened = salesforce.connect(
        "sf_core", settings, clock=FixedClock(NOW), random=Random(1), proxy=None, ca_bundle=None
    )
    yield opened
    opened.close()


def facts(kind: type[Any]) -> pytest.MarkDecorator:
    chosen = [pytest.param(fact, id=fact.id) for fact in FACTS if isinstance(fact.ours, kind)]
    return pytest.mark.parametrize("fact", chosen)


def put(org: FakeOrg, fact: Fact) -> None:
    """Let the org answer the fact's question as the fact says, and nothing to all others."""
    if fact.ask.path == TOKEN:
        org.login = answer(fact.body, fact.status)
        return
    found = re.search(r"FROM (\w+)", str(fact.ask.params["q"]))
    assert found
    org.tables = {**fact.also, found[1]: answer(fact.body, fact.status)}


def check_requests(org: FakeOrg) -> None:
    """Check that nothing but a login and reads was asked, with the token of the login."""
    assert len(org.logins) >= 1
    for request in org.requests:
        assert request.method == "GET"
        assert request.body is None
        path = re.fullmatch(
            r"/services/data/v(\d+)\.0/query/", str(urlsplit(request.url or "").path)
        )
        assert path
        assert int(path[1]) >= 61
        assert str(request.headers["Authorization"]).startswith("Bearer ")


def shown(send: Send) -> tuple[str, str, str, datetime | None]:
    first = send.when.first_delivery if send.when and not send.problem else None
    return (send.kind, send.send_id, send.name, first)


@facts(Polled)
def test_what_a_poll_reads(fact: Fact, source: SalesforceSource, org: FakeOrg) -> None:
    ours = fact.ours
    assert isinstance(ours, Polled)
    put(org, fact)
    snapshot = source.poll(NOW, NONE)
    assert tuple(map(shown, snapshot.sends)) == tuple(
        (kind, id_, name, datetime.fromisoformat(first) if first else None)
        for kind, id_, name, first in ours.sends
    )
    assert {send.audiences for send in snapshot.sends} <= {ours.audiences}
    assert {send.account for send in snapshot.sends} <= {"brand.my"}
    assert snapshot.notes == ()
    assert snapshot.kinds == {"list_email", "flow"}
    check_requests(org)


@facts(LeftOut)
def test_what_is_left_out(fact: Fact, source: SalesforceSource, org: FakeOrg) -> None:
    ours = fact.ours
    assert isinstance(ours, LeftOut)
    put(org, fact)
    snapshot = source.poll(NOW, NONE)
    assert snapshot.kinds == {"list_email", "flow"} - {ours.kind}
    assert [note.code for note in snapshot.notes] == ["kind-left-out"]
    with pytest.raises(RemoteError):  # what once worked is not switched off by an error
        source.poll(NOW, frozenset({ours.kind}))
    check_requests(org)


@facts(Failed)
def test_what_a_refusal_is(fact: Fact, source: SalesforceSource, org: FakeOrg) -> None:
    ours = fact.ours
    assert isinstance(ours, Failed)
    put(org, fact)
    with pytest.raises(RemoteError) as error:
        source.poll(NOW, NONE)
    assert error.value.account is ours.account
    assert KEY not in str(error.value)
    assert SECRET not in str(error.value)
    check_requests(org)


def test_the_login_is_the_one_that_the_sheet_describes(
    source: SalesforceSource, org: FakeOrg
) -> None:
    source.poll(NOW, NONE)
    (login,) = org.logins
    assert login.body == "grant_type=client_credentials"
    assert str(login.headers["Authorization"]).startswith("Basic ")
    assert login.url == "https://brand.my.salesforce.com/services/oauth2/token"
