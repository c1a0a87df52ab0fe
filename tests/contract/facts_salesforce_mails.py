"""List emails and whom they go to (facts: salesforce §1.1-§1.4)."""

from functools import partial
from typing import Any

from tests.contract.rows import Fact, Polled
from tests.contract.salesforce_world import (
    AT_WRITTEN,
    CAMPAIGN,
    MADE_WRITTEN,
    MAIL,
    QUERY_ALL,
    SOURCE,
    SOURCE_2,
    TOPIC,
    VIEW,
    VIP,
    ask,
    mail,
    records,
    refusal,
    row,
    target,
)

_mail = partial(Fact, section="salesforce §1.1", confidence="CONFIRMED")
_source = partial(Fact, section="salesforce §1.2", confidence="CONFIRMED")
FIELDS = "SELECT Id, Name, Status, ScheduledDate FROM ListEmail"
SOURCES = "SELECT Id, ListEmailId, SourceListId, SourceType FROM ListEmailRecipientSource"
AT = "2026-03-06T16:00:00Z"


def shown(**changes: Any) -> dict[str, Any]:
    """Return the record by which the list email shows."""
    fields = {
        "Id": MAIL,
        "Name": "Friday Fries",
        "Status": "Scheduled",
        "ScheduledDate": AT_WRITTEN,
    }
    return row("ListEmail", MAIL, **(fields | changes))


def source(id: str = SOURCE, target: str = VIEW, kind: str = "Include") -> dict[str, Any]:
    fields = {"Id": id, "ListEmailId": MAIL, "SourceListId": target, "SourceType": kind}
    return row("ListEmailRecipientSource", id, **fields)


def named(of: str, id: str, name: str) -> dict[str, Any]:
    return row(of, id, Id=id, Name=name)


def _polled(first: str | None, *audiences: str) -> Polled:
    return Polled(sends=(("list_email", MAIL, "Friday Fries", first),), audiences=audiences)


VIP_NAME = [named("ListView", VIEW, "VIP Guests")]
TO_VIP = {"ListEmailRecipientSource": [source()], "ListView": VIP_NAME}
LIST_EMAILS = (
    _mail(
        id="salesforce-1.1-scheduled",
        told="A scheduled list email has a time, and its audience stands elsewhere.",
        world=(VIP, mail()),
        ask=ask(FIELDS),
        body=records(shown()),
        also=TO_VIP,
        ours=_polled(AT, "VIP Guests"),
    ),
    _mail(
        id="salesforce-1.1-no-date",
        told="One that is scheduled without a date is dated when it was made.",
        world=(VIP, mail(at=None)),
        ask=ask(FIELDS),
        body=records(shown(ScheduledDate=MADE_WRITTEN)),
        also=TO_VIP,
        simulated=False,  # the simulator's marketer dates it, not its record
        ours=_polled("2026-02-01T08:00:00Z", "VIP Guests"),
    ),
    _mail(
        id="salesforce-1.1-draft-without-date",
        told="A draft's date may be null.",
        world=(VIP, mail(at=None, status="Draft")),
        ask=ask(FIELDS),
        body=records(shown(ScheduledDate=None, Status="Draft")),
        ours=None,
    ),
    _mail(
        id="salesforce-1.1-canceled",
        told="Canceled has one l.",
        world=(VIP, mail(status="Canceled")),
        ask=ask(FIELDS),
        body=records(shown(Status="Canceled")),
        ours=None,
    ),
    _mail(
        id="salesforce-1.1-limit-error",
        told="Limit Error has a space.",
        world=(VIP, mail(status="Limit Error")),
        ask=ask(f"{FIELDS} WHERE Status = 'limit error'"),
        body=records(shown(Status="Limit Error")),
        ours=None,
    ),
    _mail(
        id="salesforce-1.1-deleted",
        told="A deleted mail is not in query.",
        world=(VIP, mail(deleted=True)),
        ask=ask(FIELDS),
        body=records(),
        ours=Polled(sends=()),
    ),
    _mail(
        id="salesforce-1.1-deleted-in-query-all",
        told="A deleted mail is in queryAll, and says so.",
        world=(VIP, mail(deleted=True)),
        ask=ask("SELECT Id, IsDeleted FROM ListEmail", QUERY_ALL),
        body=records(row("ListEmail", MAIL, Id=MAIL, IsDeleted=True)),
        ours=None,
    ),
    _mail(
        id="salesforce-1.1-sent-via",
        told="SentVia exists with Account Engagement only.",
        world=(VIP, mail()),
        ask=ask("SELECT SentVia FROM ListEmail"),
        status=400,
        body=refusal("INVALID_FIELD"),
        shaped=frozenset({"message"}),
        ours=None,
    ),
    _mail(
        id="salesforce-1.1-odd-date",
        confidence="INFERRED",
        told="A date that cannot be read is the send's own problem.",
        world=(VIP, mail(row={"ScheduledDate": "soon"})),
        ask=ask(FIELDS),
        body=records(shown(ScheduledDate="soon")),
        also=TO_VIP,
        ours=_polled(None, "VIP Guests"),
    ),
)

EAST, CITY = target(CAMPAIGN, "Campaign", "East"), target(TOPIC, "Topic", "City")
AUDIENCES = (
    _source(
        id="salesforce-1.2-sources",
        told="A mail has several sources; a source's own name is a number, not the audience.",
        world=(VIP, EAST, mail(sources=((SOURCE, VIEW), (SOURCE_2, CAMPAIGN)))),
        ask=ask(SOURCES),
        body=records(source(), source(SOURCE_2, CAMPAIGN)),
        ours=None,
    ),
    _source(
        id="salesforce-1.2-several-audiences",
        told="All of them are the audience.",
        world=(VIP, EAST, mail(sources=((SOURCE, VIEW), (SOURCE_2, CAMPAIGN)))),
        ask=ask(FIELDS),
        body=records(shown()),
        also={
            "ListEmailRecipientSource": [source(), source(SOURCE_2, CAMPAIGN)],
            "ListView": VIP_NAME,
            "Campaign": [named("Campaign", CAMPAIGN, "East")],
        },
        ours=_polled(AT, "VIP Guests", "East"),
    ),
    _source(
        id="salesforce-1.2-name-of-a-source",
        confidence="INFERRED",
        told="SourceList.Name and SourceList.Type name a polymorphic source.",
        world=(CITY, mail(sources=((SOURCE, TOPIC),))),
        ask=ask("SELECT SourceList.Name, SourceList.Type FROM ListEmailRecipientSource"),
        body=records(
            row(
                "ListEmailRecipientSource",
                SOURCE,
                SourceList={
                    "attributes": {
                        "type": "Name",
                        "url": f"/services/data/v62.0/sobjects/Name/{TOPIC}",
                    },
                    "Name": "City",
                    "Type": "Topic",
                },
            )
        ),
        shaped=frozenset({"url"}),
        ours=None,
    ),
    _source(
        id="salesforce-1.2-list-view",
        told="A list view has Name, DeveloperName and SobjectType.",
        world=(VIP,),
        ask=ask("SELECT Id, Name, DeveloperName, SobjectType FROM ListView"),
        body=records(
            row(
                "ListView",
                VIEW,
                Id=VIEW,
                Name="VIP Guests",
                DeveloperName="VIP_Guests",
                SobjectType="Contact",
            )
        ),
        shaped=frozenset({"SobjectType"}),
        ours=None,
    ),
    _source(
        id="salesforce-1.2-private-list-view",
        confidence="INFERRED",
        told="A private list view of another user is not there.",
        world=(target(VIEW, "ListView", "VIP Guests", hidden=True), mail()),
        ask=ask(f"SELECT Id, Name FROM ListView WHERE Id IN ('{VIEW}')"),  # noqa: S608  our own
        body=records(),
        ours=None,
    ),
    _source(
        id="salesforce-1.2-unnamed-audience",
        confidence="INFERRED",
        told="An audience without a name is the send's problem.",
        world=(target(VIEW, "ListView", "VIP Guests", hidden=True), mail()),
        ask=ask(FIELDS),
        body=records(shown()),
        also={"ListEmailRecipientSource": [source()]},
        ours=_polled(None),
    ),
    _source(
        id="salesforce-1.2-other-source-type",
        confidence="INFERRED",
        told="Only Include is documented; what else stands there is the send's problem.",
        world=(VIP, mail(sources=((SOURCE, VIEW, "Exclude"),))),
        ask=ask(SOURCES),
        body=records(source(kind="Exclude")),
        ours=None,
    ),
    Fact(
        id="salesforce-1.3-individuals",
        section="salesforce §1.3",
        confidence="CONFIRMED",
        told="A mail can have individual recipients only, and then names no audience.",
        world=(mail(sources=(), individuals=("0035f0000000001AAA",)),),
        ask=ask("SELECT ListEmailId, RecipientId FROM ListEmailIndividualRecipient"),
        body=records(
            {
                "attributes": {
                    "type": "ListEmailIndividualRecipient",
                    "url": "/services/data/v62.0/sobjects/ListEmailIndividualRecipient/0XD…",
                },
                "ListEmailId": MAIL,
                "RecipientId": "0035f0000000001AAA",
            }
        ),
        shaped=frozenset({"url"}),
        ours=None,
    ),
    Fact(
        id="salesforce-1.3-no-audience",
        section="salesforce §1.3",
        confidence="CONFIRMED",
        told="It has no audience, and no problem.",
        world=(mail(sources=(), individuals=("0035f0000000001AAA",)),),
        ask=ask(FIELDS),
        body=records(shown()),
        ours=_polled(AT),
    ),
    Fact(
        id="salesforce-1.4-campaign-dates",
        section="salesforce §1.4",
        confidence="CONFIRMED",
        told="A campaign's dates have no time: it is never a schedule.",
        world=(EAST,),
        ask=ask("SELECT Name, StartDate, EndDate FROM Campaign"),
        body=records(row("Campaign", CAMPAIGN, Name="East", StartDate="2026-02-01", EndDate=None)),
        ours=None,
    ),
)
MAILS = (*LIST_EMAILS, *AUDIENCES)
