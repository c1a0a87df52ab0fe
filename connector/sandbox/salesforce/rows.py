"""The org's rows as SOQL sees them, made on the spot."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.sandbox.credentials import SALESFORCE_USERNAME
from connector.sandbox.ids import eighteen
from connector.sandbox.org import (
    INDIVIDUAL,
    LIST_EMAIL,
    OCCURRENCE,
    ORG_ID,
    ORG_ZONE,
    PREFIXES,
    USER_ID,
    Flow,
    ListEmail,
    Target,
)
from connector.sandbox.salesforce.match import Record
from connector.sandbox.world import World

_MEMBERS = 1000
_FIRST_VERSION = 1


def records(world: World, table: str, *, deleted: bool) -> list[Record]:
    """Return the rows of an object as they are now; the deleted ones only for queryAll."""
    rows = _ROWS[table](world)
    return [row for row in rows if deleted or not row.fields["IsDeleted"]]


def _standard(id_: str, name: str | None, created: datetime, edited: datetime) -> dict[str, Any]:
    return {
        "Id": id_,
        "Name": name,
        "CreatedDate": created,
        "SystemModstamp": edited,
        "IsDeleted": False,
    }


def _numbered(prefix: str, of: str, number: int) -> str:
    """Return the id of the part of that number of another record."""
    return eighteen(f"{prefix}{of[3:12]}{number:03d}")


# List emails


def _mails(world: World) -> Iterator[ListEmail]:
    """Walk the mails that this query may see, which may be a little old."""
    org, old = world.salesforce, world.switches["salesforce.lag_seconds"]
    mails = org.saved_emails.as_of(world.seen_at("salesforce")) if old else org.list_emails
    return (mail for mail in mails.values() if not mail.hidden)


def _list_emails(world: World) -> Iterator[Record]:
    for mail in _mails(world):
        if not world.leaves_out("salesforce", mail.id):
            yield _list_email(world, mail)
    if world.switches["salesforce.flow_list_emails"]:
        for flow in _flows_read(world):
            yield _list_email(world, _content(flow))


def _content(flow: Flow) -> ListEmail:
    """Return the mail that a flow sends: what it says, and no schedule (salesforce §1.5)."""
    id_ = eighteen(f"{LIST_EMAIL}{flow.id[3:15]}")
    return ListEmail(id_, flow.name, None, flow.created, flow.edited, status="Draft")


def _list_email(world: World, mail: ListEmail) -> Record:
    fields = _standard(mail.id, mail.name, mail.created, mail.edited) | {
        "LastModifiedDate": mail.edited,
        "OwnerId": USER_ID,
        "Owner": _user(world),
        "Status": mail.status_at(world.now()),
        "ScheduledDate": mail.at,
        "CampaignId": None,
        "Campaign": None,
        "Subject": mail.name,
        "FromName": "Brand",
        "FromAddress": "hello@example.com",
        "HasAttachment": False,
        "IsTracked": True,
        "TotalSent": 0,
        "SentVia": "Salesforce",
        "IsDeleted": mail.deleted,
    }
    return Record("ListEmail", fields, mail.row)


def _sources(world: World) -> Iterator[Record]:
    for mail in _mails(world):
        for number, source in enumerate(mail.sources, start=1):
            target = world.salesforce.targets[source.target]
            named = {
                "Id": target.id,
                "Name": None if target.hidden else target.name,
                "Type": target.type,
            }
            fields = _standard(source.id, f"RS-{number:06d}", mail.created, mail.edited) | {
                "ListEmailId": mail.id,
                "ListEmail": _list_email(world, mail),
                "SourceListId": target.id,
                "SourceList": Record("Name", named),
                "SourceType": source.kind,
                "IsDeleted": mail.deleted,
            }
            yield Record("ListEmailRecipientSource", fields)


def _individuals(world: World) -> Iterator[Record]:
    for mail in _mails(world):
        for number, recipient in enumerate(mail.individuals, start=1):
            id_ = _numbered(INDIVIDUAL, mail.id, number)
            fields = _standard(id_, f"IR-{number:06d}", mail.created, mail.edited) | {
                "ListEmailId": mail.id,
                "ListEmail": _list_email(world, mail),
                "RecipientId": recipient,
                "IsDeleted": mail.deleted,
            }
            yield Record("ListEmailIndividualRecipient", fields)


# What names an audience

_EXTRA: dict[str, Callable[[Target], dict[str, Any]]] = {
    "ListView": lambda target: {
        "DeveloperName": target.name.replace(" ", "_"),
        "SobjectType": "Contact",
        "IsSoqlCompatible": True,
    },
    "Campaign": lambda target: {
        "Status": "In Progress",
        "Type": "Email",
        "IsActive": True,
        "StartDate": target.created.date(),
        "EndDate": None,
        "ParentId": None,
    },
    "Topic": lambda _target: {},
    "MarketSegment": lambda target: {
        "LastSegmentMemberCount": _MEMBERS,
        "LastPublishStatusDateTime": target.created,
        "NextRefreshDate": None,
        "DataspaceId": "default",
    },
}


def _target(target: Target) -> Record:
    fields = _standard(target.id, target.name, target.created, target.created)
    return Record(target.type, fields | _EXTRA[target.type](target), target.row)


def _shown_target(world: World, id_: str | None) -> Record | None:
    target = world.salesforce.targets.get(id_ or "")
    return None if target is None or target.hidden else _target(target)


def _targets(kind: str) -> Callable[[World], Iterator[Record]]:
    def rows(world: World) -> Iterator[Record]:
        for target in world.salesforce.targets.values():
            if target.type == kind and not target.hidden:
                yield _target(target)

    return rows


# Flows


def _flows_read(world: World) -> Iterator[Flow]:
    org, old = world.salesforce, world.switches["salesforce.lag_seconds"]
    flows = org.saved_flows.as_of(world.seen_at("salesforce")) if old else org.flows
    return (flow for flow in flows.values() if not flow.hidden)


def _flows(world: World) -> Iterator[Record]:
    for flow in _flows_read(world):
        if not world.leaves_out("salesforce", flow.id):
            yield _flow(world, flow)


def _flow(world: World, flow: Flow) -> Record:
    fields = _standard(flow.id, flow.name, flow.created, flow.edited) | _progress(world, flow)
    return Record(
        "FlowRecord",
        fields
        | {
            "LastModifiedDate": flow.edited,
            "ApiName": flow.api_name,
            "FlowDefinition": flow.definition,
            "SegmentId": flow.segment,
            "Segment": _shown_target(world, flow.segment),
            "AssociatedRecordId": flow.campaign,
            "AssociatedRecord": _shown_target(world, flow.campaign),
            "Type": world.switches["salesforce.flow_trigger"],
            "FlowType": "SegmentTrigAutolnch",
            "ActiveVersionId": flow.version_id,
            "CapacityCategory": "MarketingCloudFlow",
            "ErrorCode": None,
            "ActivationId": None,
            "DataSpaceId": None,
            "IsDeleted": flow.deleted,
        },
        flow.row,
    )


def _progress(world: World, flow: Flow) -> dict[str, Any]:
    now, preparing = world.now(), world.salesforce.preparing
    moves = world.switches["salesforce.start_moves"]
    between = world.switches["salesforce.between_runs"]
    return {
        "ScheduledStartDate": flow.showing(now, preparing) if moves else flow.at,
        "ProgressStatus": flow.status_at(now, preparing, between),
        "IsPaused": flow.paused,
    }


def _versions(world: World) -> Iterator[Record]:
    for flow in _flows_read(world):
        draft = flow.status in ("Draft", "InvalidDraft")
        fields = _standard(flow.version_id, flow.name, flow.created, flow.edited) | {
            "FlowRecordId": flow.id,
            "FlowRecord": _flow(world, flow),
            "VersionNumber": _FIRST_VERSION,
            "Status": flow.status if draft else "Active",
            "ActivatedDate": None if draft else flow.since,
            "IsDeleted": flow.deleted,
        }
        yield Record("FlowRecordVersion", fields | _progress(world, flow))


def _occurrences(world: World) -> Iterator[Record]:
    """Walk the runs of recurring flows; none is there before it has begun (salesforce §1.5)."""
    preparing = world.salesforce.preparing
    for flow in _flows_read(world):
        runs = world.salesforce.sent(flow.id) if flow.recurring else []
        for number, run in enumerate(runs, start=1):
            alone = replace(flow, at=run.nominal, recurring=None)
            id_ = _numbered(OCCURRENCE, flow.id, number)
            fields = _standard(id_, f"FO-{number:06d}", run.nominal, run.nominal) | {
                "FlowRecordId": flow.id,
                "FlowRecord": _flow(world, flow),
                "FlowRecordVersionId": flow.version_id,
                "ScheduledDate": run.nominal,
                "ProgressStatus": alone.status_at(world.now(), preparing),
            }
            yield Record("FlowRecordVersionOccurrence", fields)


# The org itself


def _organizations(world: World) -> Iterator[Record]:
    fields = _standard(ORG_ID, "Brand", world.started, world.started)
    more = {"IsSandbox": False, "OrganizationType": "Enterprise Edition", "InstanceName": "NA1"}
    yield Record("Organization", fields | more | {"TimeZoneSidKey": ORG_ZONE.key})


def _user(world: World) -> Record:
    fields = _standard(USER_ID, "Robot", world.started, world.started)
    return Record(
        "User",
        fields
        | {
            "Username": SALESFORCE_USERNAME,
            "Email": SALESFORCE_USERNAME,
            "IsActive": True,
            "TimeZoneSidKey": ORG_ZONE.key,
            "Type": "User",
        },
    )


_ROWS: dict[str, Callable[[World], Iterator[Record]]] = {
    "ListEmail": _list_emails,
    "ListEmailRecipientSource": _sources,
    "ListEmailIndividualRecipient": _individuals,
    **{kind: _targets(kind) for kind in PREFIXES},
    "FlowRecord": _flows,
    "FlowRecordVersion": _versions,
    "FlowRecordVersionOccurrence": _occurrences,
    "Organization": _organizations,
    "User": lambda world: iter([_user(world)]),
}
