"""How Salesforce answers at all: logins, queries, pages and refusals (facts: salesforce §1.0)."""

from functools import partial
from typing import Any

from connector.sandbox.credentials import SALESFORCE_KEY, SALESFORCE_SECRET
from tests.contract.facts_salesforce_flows import FLOWS
from tests.contract.facts_salesforce_mails import MAILS
from tests.contract.rows import Ask, Fact, Failed, LeftOut, Polled
from tests.contract.salesforce_world import (
    AT_WRITTEN,
    FLOW,
    LAPSED,
    MAIL,
    MAIL_2,
    QUERY,
    VIP,
    ask,
    flow,
    mail,
    records,
    refusal,
    row,
)

TOKEN = "/services/oauth2/token"
MESSAGE = frozenset({"message"})
_fact = partial(Fact, section="salesforce §1.0", confidence="CONFIRMED")
_login = partial(Fact, section="salesforce §1.0b", confidence="CONFIRMED")
IDS = "SELECT Id FROM ListEmail"


def _client(**changes: str) -> Ask:
    good = {"client_id": SALESFORCE_KEY, "client_secret": SALESFORCE_SECRET}
    form = {"grant_type": "client_credentials"} | good | changes
    return Ask(method="POST", path=TOKEN, form=form)


LOGINS = (
    _login(
        id="salesforce-1.0b-client-credentials",
        told="A token comes with seven keys, none of them expires_in; issued_at is a text.",
        ask=_client(),
        body={
            "access_token": "00D…",
            "signature": "c2lnbmF0dXJl",
            "scope": "api",
            "instance_url": "https://brand.my.salesforce.com",
            "id": "https://login.salesforce.com/id/00D…/005…",
            "token_type": "Bearer",
            "issued_at": "1772452800000",
        },
        shaped=frozenset({"access_token", "signature", "scope", "id", "issued_at"}),
        ours=Polled(sends=()),
    ),
    _login(
        id="salesforce-1.0b-shared-login-host",
        told="Client credentials are taken on the My Domain host only.",
        ask=Ask(
            method="POST",
            path=TOKEN,
            form={"grant_type": "client_credentials"},
            host="login.salesforce.com",
        ),
        status=400,
        body={
            "error": "invalid_grant",
            "error_description": "request not supported on this domain",
        },
        ours=Failed(account=True, of="login"),
    ),
    _login(
        id="salesforce-1.0b-wrong-secret",
        confidence="INFERRED",
        told="A login error is an object, not an array.",
        ask=_client(client_secret="other"),
        status=400,
        body={"error": "invalid_client", "error_description": "invalid client credentials"},
        shaped=frozenset({"error_description"}),
        ours=Failed(account=True, of="login"),
    ),
    _login(
        id="salesforce-1.0b-no-description",
        told="Its description may be missing.",
        switches={"salesforce.error_description": False},
        ask=_client(client_secret="other"),
        status=400,
        body={"error": "invalid_client"},
        ours=Failed(account=True, of="login"),
    ),
    _login(
        id="salesforce-1.0b-busy-login",
        told="rate_limit_exceeded passes by itself.",
        ask=_client(),
        status=400,
        body={"error": "rate_limit_exceeded"},
        simulated=False,
        ours=Failed(of="login"),
    ),
)

MAIL_ROW = row(
    "ListEmail", MAIL, Id=MAIL, Name="Friday Fries", Status="Scheduled", ScheduledDate=AT_WRITTEN
)
WHOLE = "SELECT Id, Name, Status, ScheduledDate FROM ListEmail"
ANSWERS = (
    _fact(
        id="salesforce-1.0-envelope",
        told="A record has attributes with type and url; a time is UTC with a colon-less offset.",
        world=(VIP, mail()),
        ask=ask(f"{WHOLE} WHERE Status = 'Scheduled' AND ScheduledDate > 2026-03-02T12:00:00Z"),
        body=records(MAIL_ROW),
        ours=Polled(sends=(("list_email", MAIL, "Friday Fries", "2026-03-06T16:00:00Z"),)),
    ),
    _fact(
        id="salesforce-1.0-empty",
        told="Nothing found is an empty list of records.",
        ask=ask(WHOLE),
        body=records(),
        ours=Polled(sends=()),
    ),
    _fact(
        id="salesforce-1.0-count",
        confidence="INFERRED",
        told="COUNT() is told by totalSize alone.",
        world=(VIP, mail()),
        ask=ask("SELECT COUNT() FROM ListEmail"),
        body={"totalSize": 1, "done": True, "records": []},
        ours=None,
    ),
    _fact(
        id="salesforce-1.0-first-page",
        told="A page that is not the last names the next one; totalSize is that of all pages.",
        world=(VIP, mail(), mail(id=MAIL_2)),
        switches={"salesforce.page_size": 1},
        ask=ask(IDS),
        body={
            "totalSize": 2,
            "done": False,
            "nextRecordsUrl": "/services/data/v62.0/query/01g5f0000000001-1",
            "records": [row("ListEmail", MAIL, Id=MAIL)],
        },
        shaped=frozenset({"nextRecordsUrl"}),
        ours=None,
    ),
    _fact(
        id="salesforce-1.0-names-in-any-case",
        confidence="INFERRED",
        told="Names are read in any case, and written as the org writes them.",
        world=(VIP, mail()),
        ask=ask("select ID, name from LISTEMAIL where STATUS = 'scheduled'"),
        body=records(row("ListEmail", MAIL, Id=MAIL, Name="Friday Fries")),
        ours=None,
    ),
    _fact(
        id="salesforce-1.0-related-record",
        confidence="INFERRED",
        told="A relationship is an object with attributes of its own, or null.",
        world=(LAPSED, flow(), flow(id="2aF5f0000000002EAA", segment=None)),
        ask=ask("SELECT Segment.Name FROM FlowRecord ORDER BY Id"),
        body=records(
            row(
                "FlowRecord",
                FLOW,
                Segment=row("MarketSegment", "1sg5f0000000001AAA", Name="Lapsed Guests"),
            ),
            row("FlowRecord", "2aF5f0000000002EAA", Segment=None),
        ),
        ours=None,
    ),
    _fact(
        id="salesforce-8-checksum",
        section="salesforce §8",
        told="An id is found by its first 15 characters: the last three are their checksum.",
        world=(VIP, mail()),
        ask=ask(f"SELECT Id FROM ListEmail WHERE Id = '{MAIL[:15]}'"),  # noqa: S608  our own
        body=records(row("ListEmail", MAIL, Id=MAIL)),
        ours=None,
    ),
)


def _refused(id: str, told: str, code: str, status: int = 400, **more: Any) -> Fact:
    fields: dict[str, Any] = {"ask": ask(WHOLE), "ours": Failed(), **more}
    return _fact(
        id=f"salesforce-1.0-{id}",
        told=told,
        status=status,
        body=refusal(code),
        shaped=MESSAGE,
        **fields,
    )


REFUSALS = (
    _refused(
        "invalid-type",
        "An object that the user may not see is 400, not 403: a type that does not exist.",
        "INVALID_TYPE",
        switches={"salesforce.invalid_types": ("ListEmail",)},
        ours=LeftOut(kind="list_email"),
    ),
    _refused(
        "invalid-type-of-a-flow",
        "So is a flow.",
        "INVALID_TYPE",
        switches={"salesforce.invalid_types": ("FlowRecord",)},
        ask=ask("SELECT Id FROM FlowRecord"),
        ours=LeftOut(kind="flow"),
    ),
    _refused(
        "invalid-field",
        "A field that the user may not see is a column that does not exist.",
        "INVALID_FIELD",
        switches={"salesforce.invalid_fields": ("ListEmail.ScheduledDate",)},
        ours=LeftOut(kind="list_email"),
    ),
    _refused(
        "malformed-query",
        "What is no SOQL is MALFORMED_QUERY.",
        "MALFORMED_QUERY",
        ask=ask("SELECT Id FROM ListEmail WHERE"),
    ),
    _refused(
        "and-beside-or",
        "AND and OR need parentheses.",
        "MALFORMED_QUERY",
        confidence="INFERRED",
        ask=ask(f"{IDS} WHERE Id = 'a' AND Id = 'b' OR Id = 'c'"),
    ),
    _refused(
        "quoted-time",
        "A time stands unquoted.",
        "INVALID_FIELD",
        ask=ask(f"{IDS} WHERE ScheduledDate > '2026-03-02T12:00:00Z'"),
        ours=None,
    ),
    _refused(
        "session-expired",
        "A session that has ended is 401.",
        "INVALID_SESSION_ID",
        status=401,
        ask=ask(IDS, key=False),
    ),
    _refused(
        "limit-exceeded",
        "A day's calls used up are 403.",
        "REQUEST_LIMIT_EXCEEDED",
        status=403,
        switches={"salesforce.api_limit": 0},
    ),
    _refused(
        "lost-locator",
        "A locator that is dead is 400.",
        "INVALID_QUERY_LOCATOR",
        ask=Ask(path=QUERY + "01g5f0000000001AAA-2000"),
        ours=None,
    ),
    _refused(
        "old-version",
        "A version that is retired is 410.",
        "UNSUPPORTED_API_VERSION",
        status=410,
        confidence="INFERRED",
        ask=ask(IDS, "/services/data/v30.0/query/"),
    ),
    _fact(
        id="salesforce-4.3-401-as-an-object",
        section="salesforce §4.3",
        told="A 401 whose body is an object is no array, and the library stumbles over it.",
        switches={"salesforce.session_error": "object"},
        ask=ask(IDS, key=False),
        status=401,
        body=refusal("INVALID_SESSION_ID")[0],
        shaped=MESSAGE,
        ours=Failed(),
    ),
)

FACTS = (*LOGINS, *ANSWERS, *REFUSALS, *MAILS, *FLOWS)
