"""The org as SOQL sees it: objects, their fields by API version, and rows made on the spot."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.sandbox.org import INDIVIDUAL, OCCURRENCE, PREFIXES, Flow, ListEmail, Target
from connector.sandbox.soql import Query, Record, SoqlError
from connector.sandbox.world import World

_STANDARD = {"Id": 0, "Name": 0, "CreatedDate": 0, "SystemModstamp": 0, "IsDeleted": 0}

# Object -> (first API version, field -> first API version); facts: salesforce §1.1-§1.5, §6.3.
OBJECTS: dict[str, tuple[int, dict[str, int]]] = {
    "ListEmail": (41, _STANDARD | {
        "OwnerId": 0, "LastModifiedDate": 0, "Status": 0, "ScheduledDate": 0, "CampaignId": 42,
        "Subject": 0, "FromName": 0, "FromAddress": 0, "HasAttachment": 0, "IsTracked": 0,
        "TotalSent": 0, "SentVia": 0}),
    "ListEmailRecipientSource": (41, _STANDARD | {
        "ListEmailId": 0, "SourceListId": 0, "SourceType": 0}),
    "ListEmailIndividualRecipient": (44, _STANDARD | {"ListEmailId": 0, "RecipientId": 0}),
    "ListView": (32, _STANDARD | {"DeveloperName": 0, "SobjectType": 0, "IsSoqlCompatible": 0}),
    "Campaign": (0, _STANDARD | {
        "Status": 0, "Type": 0, "IsActive": 0, "StartDate": 0, "EndDate": 0, "ParentId": 0}),
    "Topic": (0, _STANDARD),
    "MarketSegment": (55, _STANDARD),
    "FlowRecord": (58, _STANDARD | {
        "FlowDefinition": 0, "SegmentId": 0, "ScheduledStartDate": 0, "ProgressStatus": 0,
        "AssociatedRecordId": 0, "Type": 0, "ErrorCode": 59, "FlowType": 60, "IsPaused": 60,
        "ActiveVersionId": 61, "CapacityCategory": 62, "LastModifiedDate": 0}),
    "FlowRecordVersionOccurrence": (60, _STANDARD | {
        "FlowRecordId": 0, "FlowRecordVersionId": 0, "ScheduledDate": 0, "ProgressStatus": 0}),
}  # fmt: skip
RELATIONS = {
    "ListEmail": {"Campaign": "Campaign"},
    "ListEmailRecipientSource": {"ListEmail": "ListEmail", "SourceList": "Name"},
    "ListEmailIndividualRecipient": {"ListEmail": "ListEmail"},
    "FlowRecord": {"Segment": "MarketSegment", "AssociatedRecord": "Campaign"},
}
_ANY_NAME = {"Id": 0, "Name": 0, "Type": 0}
INSTANTS = frozenset(
    {"ScheduledDate", "ScheduledStartDate", "CreatedDate", "LastModifiedDate", "SystemModstamp"}
)


def check(world: World, query: Query, version: int) -> None:
    """Refuse what this org, user or API version does not know (facts: salesforce §1.0)."""
    since, fields = OBJECTS.get(query.table, (None, {}))
    denied = world.switches["salesforce.invalid_types"]
    if since is None or version < since or query.table in denied:
        raise SoqlError("INVALID_TYPE", f"sObject type '{query.table}' is not supported.")
    for name in sorted(query.names):
        head, _, rest = name.partition(".")
        if rest:
            _check_related(world, query.table, head, rest)
        elif not _known(world, query.table, fields, head, version):
            raise _no_column(head, query.table)
    for condition in query.conditions:
        if condition.field.split(".")[-1] in INSTANTS and isinstance(condition.value, str):
            message = (
                f"value of filter criterion for field '{condition.field}' must be of type "
                "dateTime and should not be enclosed in quotes"
            )
            raise SoqlError("INVALID_FIELD", message)


def _known(world: World, table: str, fields: dict[str, int], name: str, version: int) -> bool:
    if (table, name) == ("ListEmail", "SentVia"):
        return bool(world.switches["salesforce.account_engagement"])
    return name in fields and version >= fields[name]


def _check_related(world: World, table: str, head: str, rest: str) -> None:
    target = RELATIONS.get(table, {}).get(head)
    polymorphic = target == "Name"
    if target is None or (polymorphic and not world.switches["salesforce.source_list_name"]):
        message = f"Didn't understand relationship '{head}' in field path."
        raise SoqlError("INVALID_FIELD", message)
    fields = _ANY_NAME if polymorphic else OBJECTS[target][1]
    if rest not in fields:
        raise _no_column(rest, target)


def _no_column(name: str, table: str) -> SoqlError:
    message = f"No such column '{name}' on entity '{table}'."
    return SoqlError("INVALID_FIELD", message)


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


def _mails(world: World) -> Iterator[ListEmail]:
    """Walk the mails that this query may see, which may be a little old."""
    org, old = world.salesforce, world.switches["salesforce.lag_seconds"]
    mails = org.saved_emails.as_of(world.seen_at("salesforce")) if old else org.list_emails
    return (mail for mail in mails.values() if not mail.hidden)


def _list_emails(world: World) -> Iterator[Record]:
    for mail in _mails(world):
        if not world.leaves_out("salesforce", mail.id):
            yield _list_email(mail, world.now())


def _list_email(mail: ListEmail, now: datetime) -> Record:
    status = mail.status_at(now)
    fields = _standard(mail.id, mail.name, mail.created, mail.edited) | {
        "LastModifiedDate": mail.edited,
        "OwnerId": "0055f000001AAAAAA2",
        "Status": status,
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
    return Record("ListEmail", fields)


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
                "ListEmail": _list_email(mail, world.now()),
                "SourceListId": target.id,
                "SourceList": Record("Name", named),
                "SourceType": "Include",
                "IsDeleted": mail.deleted,
            }
            yield Record("ListEmailRecipientSource", fields)


def _individuals(world: World) -> Iterator[Record]:
    for mail in _mails(world):
        for number, recipient in enumerate(mail.individuals, start=1):
            id_ = f"{INDIVIDUAL}{mail.id[3:12]}{number:06d}"
            fields = _standard(id_, f"IR-{number:06d}", mail.created, mail.edited) | {
                "ListEmailId": mail.id,
                "ListEmail": _list_email(mail, world.now()),
                "RecipientId": recipient,
                "IsDeleted": mail.deleted,
            }
            yield Record("ListEmailIndividualRecipient", fields)


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
    "MarketSegment": lambda _target: {},
}


def _target(target: Target) -> Record:
    fields = _standard(target.id, target.name, target.created, target.created)
    return Record(target.type, fields | _EXTRA[target.type](target))


def _targets(kind: str) -> Callable[[World], Iterator[Record]]:
    def rows(world: World) -> Iterator[Record]:
        for target in world.salesforce.targets.values():
            if target.type == kind and not target.hidden:
                yield _target(target)

    return rows


def _flows_read(world: World) -> Iterator[Flow]:
    org, old = world.salesforce, world.switches["salesforce.lag_seconds"]
    flows = org.saved_flows.as_of(world.seen_at("salesforce")) if old else org.flows
    return (flow for flow in flows.values() if not flow.hidden)


def _flows(world: World) -> Iterator[Record]:
    for flow in _flows_read(world):
        if not world.leaves_out("salesforce", flow.id):
            yield _flow(world, flow)


def _flow(world: World, flow: Flow) -> Record:
    preparing = world.salesforce.preparing
    moves = world.switches["salesforce.start_moves"]
    target = world.salesforce.targets.get(flow.segment or "")
    shown = target is not None and not target.hidden
    fields = _standard(flow.id, flow.name, flow.created, flow.edited) | {
        "LastModifiedDate": flow.edited,
        "FlowDefinition": flow.name.replace(" ", "_"),
        "SegmentId": flow.segment,
        "Segment": _target(target) if target is not None and shown else None,
        "ScheduledStartDate": flow.showing(world.now(), preparing) if moves else flow.at,
        "ProgressStatus": flow.status_at(world.now(), preparing),
        "AssociatedRecordId": None,
        "AssociatedRecord": None,
        "Type": "Segment",
        "FlowType": "Segment-Triggered Flow",
        "IsPaused": flow.paused,
        "ActiveVersionId": flow.version_id,
        "CapacityCategory": "Marketing Cloud Flow",
        "ErrorCode": None,
        "IsDeleted": flow.deleted,
    }
    return Record("FlowRecord", fields)


def _occurrences(world: World) -> Iterator[Record]:
    """Walk the runs of recurring flows; none is there before it has begun (salesforce §1.5)."""
    preparing = world.salesforce.preparing
    for flow in _flows_read(world):
        runs = world.salesforce.sent(flow.id) if flow.recurring else []
        for number, run in enumerate(runs, start=1):
            alone = replace(flow, at=run.nominal, recurring=None)
            id_ = f"{OCCURRENCE}{flow.id[3:12]}{number:06d}"
            fields = _standard(id_, f"FO-{number:06d}", run.nominal, run.nominal) | {
                "FlowRecordId": flow.id,
                "FlowRecordVersionId": flow.version_id,
                "ScheduledDate": run.nominal,
                "ProgressStatus": alone.status_at(world.now(), preparing),
            }
            yield Record("FlowRecordVersionOccurrence", fields)


_ROWS: dict[str, Callable[[World], Iterator[Record]]] = {
    "ListEmail": _list_emails,
    "ListEmailRecipientSource": _sources,
    "ListEmailIndividualRecipient": _individuals,
    **{kind: _targets(kind) for kind in PREFIXES},
    "FlowRecord": _flows,
    "FlowRecordVersionOccurrence": _occurrences,
}
