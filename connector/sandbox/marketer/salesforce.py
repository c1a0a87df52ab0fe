"""The forms of Salesforce: what a marketer fills in for a list email or a flow."""

from dataclasses import replace
from typing import Any, get_args

from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.ids import Ids
from connector.sandbox.org import (
    FLOW,
    FLOW_DEFINITION,
    FLOW_VERSION,
    LIST_EMAIL,
    SOURCE,
    Flow,
    FlowStatus,
    ListEmail,
    Source,
    TargetType,
)
from connector.sandbox.world import World

_AUDIENCES: tuple[TargetType, ...] = ("ListView", "Campaign", "Topic")


def made_email(world: World, fields: Fields, _kind: str) -> ListEmail:
    now, ids = world.now(), world.ids
    alone = fields.flag("individual_only")
    mail = ListEmail(
        id=ids.salesforce(LIST_EMAIL),
        name=fields.text("name"),
        at=fields.instant("at"),
        created=now,
        edited=now,
        sources=_sources(world, fields.take("audiences", [])),
        individuals=_people(ids) if alone else (),
        status="Draft" if fields.flag("draft") else "Scheduled",
        row=fields.anything("row"),
    )
    return dated(mail)


def dated(mail: ListEmail) -> ListEmail:
    """Give a scheduled mail without a date that of its making (facts: salesforce §1.1)."""
    return replace(mail, at=mail.created) if mail.at is None and mail.live() else mail


def edited(world: World, send: ListEmail | Flow, fields: Fields) -> ListEmail | Flow:
    if isinstance(send, ListEmail):
        return _edited_email(world, send, fields)
    return _edited_flow(world, send, fields)


def _people(ids: Ids) -> tuple[str, ...]:
    return tuple(ids.salesforce("003") for _ in range(3))


def _sources(world: World, value: Any) -> tuple[Source, ...]:
    if not isinstance(value, list):
        raise ControlError("audiences must be a list of objects with type and name")
    sources = []
    for item in value:
        fields = Fields(item if isinstance(item, dict) else {})
        kind = fields.choice("type", _AUDIENCES)
        target = world.salesforce.target(kind, fields.text("name"), world.ids, world.now())
        hidden = fields.flag("hidden", default=target.hidden)
        row = fields.anything("row", target.row)
        world.salesforce.targets[target.id] = replace(target, hidden=hidden, row=row)
        source_type = fields.text("source_type", "Include")
        fields.done()
        sources.append(Source(world.ids.salesforce(SOURCE), target.id, source_type))
    return tuple(sources)


def _edited_email(world: World, send: ListEmail, fields: Fields) -> ListEmail:
    if "at" in fields:
        send = replace(send, at=fields.instant("at"))
    if "audiences" in fields:
        send = replace(send, sources=_sources(world, fields.take("audiences")))
    if "individual_only" in fields:
        alone = fields.flag("individual_only")
        send = replace(send, individuals=_people(world.ids) if alone else ())
    stopped = fields.flag("stopped", default=send.status == "Canceled")
    draft = fields.flag("draft", default=send.status == "Draft")
    return replace(
        send,
        status="Canceled" if stopped else "Draft" if draft else "Scheduled",
        name=fields.text("name", send.name),
        deleted=fields.flag("archived", default=send.deleted),
        hidden=fields.flag("hidden", default=send.hidden),
        row=fields.anything("row", send.row),
    )


def made_flow(world: World, fields: Fields, _kind: str) -> Flow:
    now, ids = world.now(), world.ids
    return Flow(
        id=ids.salesforce(FLOW),
        name=fields.text("name"),
        at=fields.instant("at"),
        created=now,
        edited=now,
        version_id=ids.salesforce(FLOW_VERSION),
        segment=_named(world, fields, "segment", "MarketSegment"),
        status=_flow_status(fields, "Scheduled"),
        recurring=_recurring(fields),
        definition=ids.salesforce(FLOW_DEFINITION)[:15],
        api_name=api_name(world),
        campaign=_named(world, fields, "campaign", "Campaign"),
        row=fields.anything("row"),
    )


def api_name(world: World) -> str:
    """Return the name by which the platform makes a flow of a campaign (salesforce §8)."""
    return f"flow_{world.ids.salesforce('701')}_{int(world.now().timestamp() * 1000)}"


def _recurring(fields: Fields) -> Any:
    value = fields.take("recurring")
    if value not in (None, "daily", "weekly"):
        raise ControlError("recurring must be daily, weekly or null")
    return value


def _named(world: World, fields: Fields, name: str, kind: TargetType) -> str | None:
    """Take the name of a segment or campaign, or null; return its id."""
    value = fields.take(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ControlError(f"{name} must be a text or null")
    return world.salesforce.target(kind, value, world.ids, world.now()).id


def _flow_status(fields: Fields, before: FlowStatus) -> FlowStatus:
    """Take what says in which state a flow is; `progress` names it, as the platform would."""
    stopped = fields.flag("stopped", default=before == "Canceled")
    draft = fields.flag("draft", default=before == "Draft")
    otherwise = before if before in ("InvalidDraft", "Completed", "Error") else "Scheduled"
    status = "Canceled" if stopped else "Draft" if draft else otherwise
    found: FlowStatus = fields.choice("progress", get_args(FlowStatus), status)
    return found


def _edited_flow(world: World, send: Flow, fields: Fields) -> Flow:
    if "at" in fields:
        send = replace(send, at=fields.instant("at"))
    if "segment" in fields:
        send = replace(send, segment=_named(world, fields, "segment", "MarketSegment"))
    if "campaign" in fields:
        send = replace(send, campaign=_named(world, fields, "campaign", "Campaign"))
    return replace(
        send,
        status=_flow_status(fields, send.status),
        name=fields.text("name", send.name),
        paused=fields.flag("paused", default=send.paused),
        deleted=fields.flag("archived", default=send.deleted),
        hidden=fields.flag("hidden", default=send.hidden),
        row=fields.anything("row", send.row),
    )
