"""The forms of Salesforce: what a marketer fills in for a list email or a flow."""

from dataclasses import replace
from typing import Any

from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.ids import Ids
from connector.sandbox.org import (
    FLOW,
    FLOW_VERSION,
    LIST_EMAIL,
    SOURCE,
    Flow,
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
        fields.done()
        world.salesforce.targets[target.id] = replace(target, hidden=hidden)
        sources.append(Source(world.ids.salesforce(SOURCE), target.id))
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
        segment=_segment(world, fields.take("segment")),
        status="Draft" if fields.flag("draft") else "Scheduled",
        recurring=_recurring(fields),
    )


def _recurring(fields: Fields) -> Any:
    value = fields.take("recurring")
    if value not in (None, "daily", "weekly"):
        raise ControlError("recurring must be daily, weekly or null")
    return value


def _segment(world: World, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ControlError("segment must be a text or null")
    return world.salesforce.target("MarketSegment", value, world.ids, world.now()).id


def _edited_flow(world: World, send: Flow, fields: Fields) -> Flow:
    if "at" in fields:
        send = replace(send, at=fields.instant("at"))
    if "segment" in fields:
        send = replace(send, segment=_segment(world, fields.take("segment")))
    stopped = fields.flag("stopped", default=send.status == "Canceled")
    draft = fields.flag("draft", default=send.status == "Draft")
    return replace(
        send,
        status="Canceled" if stopped else "Draft" if draft else "Scheduled",
        name=fields.text("name", send.name),
        paused=fields.flag("paused", default=send.paused),
        deleted=fields.flag("archived", default=send.deleted),
        hidden=fields.flag("hidden", default=send.hidden),
    )
