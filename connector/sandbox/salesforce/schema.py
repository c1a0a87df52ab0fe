"""The objects of the org, their fields and types, and since which API version each is there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connector.sandbox.org import (
    FLOW,
    FLOW_VERSION,
    INDIVIDUAL,
    LIST_EMAIL,
    OCCURRENCE,
    ORG_ID,
    PREFIXES,
    SOURCE,
    USER_ID,
)
from connector.sandbox.salesforce.soql import Query, SoqlError
from connector.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `to` are the objects that it refers to, `by` is how SOQL walks there."""

    name: str
    type: str = "string"
    since: int = 0
    to: tuple[str, ...] = ()
    by: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """An object of the org."""

    name: str
    prefix: str
    since: int
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        return _named(self.fields, name)

    def relation(self, name: str) -> Field | None:
        lower = name.lower()
        return next(
            (field for field in self.fields if field.by and field.by.lower() == lower), None
        )


def _named(fields: tuple[Field, ...], name: str) -> Field | None:
    lower = name.lower()
    return next((field for field in fields if field.name.lower() == lower), None)


_STANDARD = (
    Field("Id", "id"),
    Field("Name"),
    Field("CreatedDate", "datetime"),
    Field("SystemModstamp", "datetime"),
    Field("IsDeleted", "boolean"),
)
_MODIFIED = Field("LastModifiedDate", "datetime")
_MAIL_STATES = ("Draft", "Scheduled", "Sent", "Limit Error", "Canceled", "Running")
_RUN_STATES = ("PreparingData", "InProgress", "Finishing", "Completed", "Canceled", "Error")
_FLOW_STATES = ("Draft", "InvalidDraft", "Scheduled", *_RUN_STATES)


def _progress(states: tuple[str, ...]) -> Field:
    return Field("ProgressStatus", "picklist", values=states)


def _kind(name: str, prefix: str, since: int, *fields: Field) -> Kind:
    return Kind(name, prefix, since, (*_STANDARD, *fields))


# Facts: salesforce §1.1-§1.5, §6.3, §8.
_KINDS = (
    _kind(
        "ListEmail", LIST_EMAIL, 41, _MODIFIED,
        Field("OwnerId", "reference", to=("Group", "User"), by="Owner"),
        Field("Status", "picklist", values=_MAIL_STATES),
        Field("ScheduledDate", "datetime"),
        Field("CampaignId", "reference", 42, ("Campaign",), "Campaign"),
        Field("Subject", "textarea"), Field("FromName"), Field("FromAddress", "email"),
        Field("HasAttachment", "boolean"), Field("IsTracked", "boolean"),
        Field("TotalSent", "int"), Field("SentVia", "picklist", values=("Salesforce", "Pardot")),
    ),
    _kind(
        "ListEmailRecipientSource", SOURCE, 41,
        Field("ListEmailId", "reference", to=("ListEmail",), by="ListEmail"),
        Field("SourceListId", "reference", to=("Campaign", "ListView", "Topic"), by="SourceList"),
        Field("SourceType", "picklist", values=("Include",)),
    ),
    _kind(
        "ListEmailIndividualRecipient", INDIVIDUAL, 44,
        Field("ListEmailId", "reference", to=("ListEmail",), by="ListEmail"),
        Field("RecipientId", "reference", to=("CampaignMember", "Contact", "Lead")),
    ),
    _kind(
        "ListView", PREFIXES["ListView"], 32,
        Field("DeveloperName"), Field("SobjectType"), Field("IsSoqlCompatible", "boolean"),
    ),
    _kind(
        "Campaign", PREFIXES["Campaign"], 0,
        Field("Status", "picklist", values=("Planned", "In Progress")), Field("Type", "picklist"),
        Field("IsActive", "boolean"), Field("StartDate", "date"), Field("EndDate", "date"),
        Field("ParentId", "reference", to=("Campaign",)),
    ),
    _kind("Topic", PREFIXES["Topic"], 0),
    _kind(
        "MarketSegment", PREFIXES["MarketSegment"], 55,
        Field("LastSegmentMemberCount", "int"), Field("LastPublishStatusDateTime", "datetime"),
        Field("NextRefreshDate", "datetime"), Field("DataspaceId"),
    ),
    _kind(
        "FlowRecord", FLOW, 58, _MODIFIED,
        Field("ApiName"), Field("FlowDefinition"),
        Field("SegmentId", "reference", to=("MarketSegment",), by="Segment"),
        Field("ScheduledStartDate", "datetime"), _progress(_FLOW_STATES),
        Field("AssociatedRecordId", "reference", to=("Campaign",), by="AssociatedRecord"),
        Field("Type", "picklist", values=("Segment",)), Field("ErrorCode", since=59),
        Field("FlowType", "picklist", 60, values=("SegmentTrigAutolnch",)),
        Field("IsPaused", "boolean", 60), Field("ActiveVersionId", "reference", 61,
                                                ("FlowRecordVersion",)),
        Field("CapacityCategory", "picklist", 62, values=("MarketingCloudFlow",)),
        Field("ActivationId", since=64), Field("DataSpaceId", since=67),
    ),
    _kind(
        "FlowRecordVersion", FLOW_VERSION, 58,
        Field("FlowRecordId", "reference", to=("FlowRecord",), by="FlowRecord"),
        Field("VersionNumber", "int"),
        Field("Status", "picklist", 61, values=("Active", "Draft", "InvalidDraft", "Obsolete")),
        _progress(_FLOW_STATES), Field("ScheduledStartDate", "datetime"),
        Field("IsPaused", "boolean"), Field("ActivatedDate", "datetime", 60),
    ),
    _kind(
        "FlowRecordVersionOccurrence", OCCURRENCE, 60,
        Field("FlowRecordId", "reference", to=("FlowRecord",), by="FlowRecord"),
        Field("FlowRecordVersionId", "reference", to=("FlowRecordVersion",)),
        Field("ScheduledDate", "datetime"), _progress(_RUN_STATES),
    ),
    _kind(
        "Organization", ORG_ID[:3], 0,
        Field("IsSandbox", "boolean"), Field("OrganizationType", "picklist"),
        Field("TimeZoneSidKey", "picklist"), Field("InstanceName"),
    ),
    _kind(
        "User", USER_ID[:3], 0,
        Field("Username"), Field("Email", "email"), Field("IsActive", "boolean"),
        Field("TimeZoneSidKey", "picklist"),
    ),
)  # fmt: skip
_BY_NAME = {kind.name.lower(): kind for kind in _KINDS}
# What a polymorphic relationship can be asked for.
_ANY = Kind("Name", "", 0, (Field("Id", "id"), Field("Name"), Field("Type")))


def kinds(world: World, version: int) -> Iterator[Kind]:
    """Walk the objects that this user sees at an API version, with the fields that are visible."""
    for kind in _KINDS:
        if (found := kind_of(world, kind.name, version)) is not None:
            yield found


def kind_of(world: World, name: str, version: int) -> Kind | None:
    """Find an object by its name in any case; None where the org, user or version lacks it."""
    kind = _BY_NAME.get(name.lower())
    denied = {text.lower() for text in world.switches["salesforce.invalid_types"]}
    if kind is None or version < kind.since or kind.name.lower() in denied:
        return None
    hidden = {text.lower() for text in world.switches["salesforce.invalid_fields"]}
    if not world.switches["salesforce.account_engagement"]:
        hidden.add("listemail.sentvia")
    seen = (
        field
        for field in kind.fields
        if version >= field.since and f"{kind.name}.{field.name}".lower() not in hidden
    )
    return replace(kind, fields=tuple(seen))


def resolved(world: World, query: Query, version: int) -> Query:
    """Return a query by the org's own names; SoqlError for what it does not know (§1.0)."""
    kind = kind_of(world, query.table, version)
    if kind is None:
        raise SoqlError("INVALID_TYPE", f"sObject type '{query.table}' is not supported.")
    for condition in query.conditions():
        _check_literal(world, kind, condition.field, condition.value, version)
    return query.renamed(kind.name, lambda name: path(world, kind, name, version)[0])


def path(world: World, kind: Kind, name: str, version: int) -> tuple[str, Field]:
    """Return a field's own name, one relationship deep, and the field."""
    head, _, rest = name.partition(".")
    if not rest:
        found = kind.field(head)
        if found is None:
            raise _no_column(head, kind.name)
        return found.name, found
    relation = kind.relation(head)
    target = None if relation is None else _target(world, relation, version)
    if relation is None or target is None:
        message = f"Didn't understand relationship '{head}' in field path."
        raise SoqlError("INVALID_FIELD", message)
    found = target.field(rest)
    if found is None:
        raise _no_column(rest, target.name)
    return f"{relation.by}.{found.name}", found


def _target(world: World, relation: Field, version: int) -> Kind | None:
    if len(relation.to) == 1:
        return kind_of(world, relation.to[0], version)
    if relation.by == "SourceList" and not world.switches["salesforce.source_list_name"]:
        return None
    return _ANY


def _check_literal(world: World, kind: Kind, name: str, value: object, version: int) -> None:
    found = path(world, kind, name, version)[1]
    values = value if isinstance(value, tuple) else (value,)
    if found.type in ("date", "datetime") and any(isinstance(literal, str) for literal in values):
        message = (
            f"value of filter criterion for field '{name}' must be of type "
            f"{'dateTime' if found.type == 'datetime' else 'date'} and should not be enclosed "
            "in quotes"
        )
        raise SoqlError("INVALID_FIELD", message)


def _no_column(name: str, table: str) -> SoqlError:
    return SoqlError("INVALID_FIELD", f"No such column '{name}' on entity '{table}'.")
