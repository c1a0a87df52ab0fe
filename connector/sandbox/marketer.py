"""What a marketer does: make, edit and cancel sends in Braze and Salesforce."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.braze import roll
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
from connector.sandbox.times import iso, wall
from connector.sandbox.workspace import (
    COMPANY_ZONE,
    Broadcast,
    Delivery,
    Occurrence,
    Status,
    Timing,
)
from connector.sandbox.world import World

_DIALECTS = ("offset", "z", "offset_compact", "abbreviation", "plain")
_TIMINGS = ("company", "local", "intelligent", "action", "api")
_AUDIENCES: tuple[TargetType, ...] = ("ListView", "Campaign", "Topic")
Send = Broadcast | ListEmail | Flow


def every(world: World) -> list[dict[str, Any]]:
    """Return all sends of all sources, as they truly are."""
    return [view(world, send) for send in _all(world).values()]


def create(world: World, fields: Fields) -> dict[str, Any]:
    """Make a send; facts: braze §10.8, salesforce §6.5."""
    source = fields.choice("source", ("braze", "salesforce"))
    kinds = ("campaign", "canvas") if source == "braze" else ("list_email", "flow")
    kind = fields.choice("kind", kinds, kinds[0])
    send: Send = _MAKERS[kind](world, fields, kind)
    fields.done()
    if isinstance(send, Broadcast):
        world.braze.put(send)
    else:
        world.salesforce.put(send)
    return view(world, send)


def edit(world: World, send_id: str, fields: Fields) -> dict[str, Any]:
    send = _found(world, send_id)
    if isinstance(send, Broadcast):
        changed = _edited_broadcast(send, fields)
        fields.done()
        world.braze.edit(changed, world.now())
    else:
        saved = _edited_email(world, send, fields) if isinstance(send, ListEmail) else None
        saved_flow = _edited_flow(world, send, fields) if isinstance(send, Flow) else None
        fields.done()
        world.salesforce.edit(saved or saved_flow or send, world.now())
    return view(world, _found(world, send_id))


def cancel(world: World, send_id: str, how: str) -> dict[str, Any]:
    """Cancel a send: Braze stops or archives, Salesforce cancels or deletes (salesforce §1.1)."""
    if how not in ("cancel", "delete"):
        raise ControlError("how must be cancel or delete")
    send, now = _found(world, send_id), world.now()
    if isinstance(send, Broadcast):
        world.braze.edit(replace(send, status="archived" if how == "delete" else "stopped"), now)
    elif how == "delete":
        world.salesforce.edit(replace(send, deleted=True), now)
    else:
        world.salesforce.edit(replace(send, status="Canceled"), now)
    return view(world, _found(world, send_id))


def _all(world: World) -> dict[str, Send]:
    org = world.salesforce
    return {**world.braze.broadcasts, **org.list_emails, **org.flows}


def _found(world: World, send_id: str) -> Send:
    send = _all(world).get(send_id)
    if send is None:
        raise ControlError(f"there is no send {send_id}", 404)
    return send


# Braze


def _broadcast(world: World, fields: Fields, kind: str) -> Broadcast:
    timing: Timing = fields.choice("schedule", _TIMINGS, "company")
    now = world.now()
    return Broadcast(
        id=world.ids.uuid(),
        kind="canvas" if kind == "canvas" else "campaign",
        name=fields.text("name"),
        tags=fields.texts("tags"),
        timing=timing,
        at=_at(fields, timing),
        created=now,
        edited=now,
        zone=fields.text("zone", COMPANY_ZONE),
        dialect=fields.choice("dialect", _DIALECTS, "offset"),
        recurring=_recurring(fields),
        status=_status(fields, "live"),
    )


def _status(fields: Fields, before: Status) -> Status:
    """Take what says whether a broadcast runs; `paused` is another word for stopped."""
    archived = fields.flag("archived", default=before == "archived")
    paused = fields.flag("paused", default=before == "stopped")
    stopped = fields.flag("stopped", default=paused)
    draft = fields.flag("draft", default=before == "draft")
    if archived:
        return "archived"
    if stopped:
        return "stopped"
    return "draft" if draft else "live"


def _recurring(fields: Fields) -> Any:
    value = fields.take("recurring")
    if value not in (None, "daily", "weekly"):
        raise ControlError("recurring must be daily, weekly or null")
    return value


def _at(fields: Fields, timing: Timing) -> datetime | None:
    """Take `at`: an instant for the company's schedule, a wall clock for the others."""
    if timing == "company":
        return fields.instant("at")
    value = fields.take("at")
    if value is None:
        return None
    try:
        return wall(value)
    except (TypeError, ValueError):
        raise ControlError("at must be an ISO-8601 wall clock time without a zone") from None


def _edited_broadcast(send: Broadcast, fields: Fields) -> Broadcast:
    if "at" in fields:
        send = replace(send, at=_at(fields, send.timing), raw=None)
    if "next_send_time" in fields:
        send = _with_raw(send, fields.take("next_send_time"))
    return replace(
        send,
        status=_status(fields, send.status),
        name=fields.text("name", send.name),
        tags=fields.texts("tags", send.tags),
        zone=fields.text("zone", send.zone),
        dialect=fields.choice("dialect", _DIALECTS, send.dialect),
        audience=fields.text("audience", send.audience),
        hidden=fields.flag("hidden", default=send.hidden),
    )


def _with_raw(send: Broadcast, value: Any) -> Broadcast:
    """Make a problem row: any text as `next_send_time`, or null, until `at` is set again."""
    if value is None:
        return replace(send, at=None, raw=None)
    if not isinstance(value, str):
        raise ControlError("next_send_time must be a text or null")
    return replace(send, raw=value)


# Salesforce


def _list_email(world: World, fields: Fields, _kind: str) -> ListEmail:
    now, ids = world.now(), world.ids
    alone = fields.flag("individual_only")
    return ListEmail(
        id=ids.salesforce(LIST_EMAIL),
        name=fields.text("name"),
        at=fields.instant("at"),
        created=now,
        edited=now,
        sources=_sources(world, fields.take("audiences", [])),
        individuals=_people(ids) if alone else (),
        status="Draft" if fields.flag("draft") else "Scheduled",
    )


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


def _flow(world: World, fields: Fields, _kind: str) -> Flow:
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
    )


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


_MAKERS: dict[str, Callable[[World, Fields, str], Send]] = {
    "campaign": _broadcast,
    "canvas": _broadcast,
    "list_email": _list_email,
    "flow": _flow,
}


# The oracle


def view(world: World, send: Send) -> dict[str, Any]:
    """Return a send with its true instants: no guest reads it before `first_delivery`."""
    if isinstance(send, Broadcast):
        return _broadcast_view(world, send)
    source = {"id": send.id, "source": "salesforce", "name": send.name, "hidden": send.hidden}
    sent = send.at is not None and send.live() and send.at <= world.now()
    began = [Delivery(send.id, send.name, send.at, send.at)] if sent and send.at else []
    shown = Occurrence(send.at, send.at, send.at, send.at) if send.at else None
    times = _times(shown, began)
    return {**source, **_salesforce_view(world, send), **times}


def _salesforce_view(world: World, send: ListEmail | Flow) -> dict[str, Any]:
    targets = world.salesforce.targets
    now, preparing = world.now(), timedelta(minutes=world.switches["salesforce.preparing_minutes"])
    told = send.status_at(now) if isinstance(send, ListEmail) else send.status_at(now, preparing)
    status = "deleted" if send.deleted else told
    if isinstance(send, ListEmail):
        named = [targets[source.target] for source in send.sources]
        audiences = [{"type": target.type, "name": target.name} for target in named]
        individual = bool(send.individuals)
        own = {"kind": "list_email", "audiences": audiences, "individual_only": individual}
        return own | {"status": status, "live": send.live()}
    segment = targets[send.segment].name if send.segment else None
    own = {"kind": "flow", "segment": segment, "paused": send.paused}
    return own | {"status": status, "live": send.live()}


def _broadcast_view(world: World, send: Broadcast) -> dict[str, Any]:
    workspace = world.braze
    shown = send.showing(world.now(), workspace.zone, roll(world)) if send.scheduled() else None
    return {
        "id": send.id,
        "source": "braze",
        "kind": send.kind,
        "name": send.name,
        "tags": list(send.tags),
        "schedule": send.timing,
        "zone": send.zone,
        "dialect": send.dialect,
        "recurring": send.recurring,
        "status": send.status,
        "live": send.scheduled(),
        "hidden": send.hidden,
        "next_send_time": send.raw,
        **_times(shown, workspace.sent(send.id)),
    }


def _times(shown: Occurrence | None, began: list[Delivery]) -> dict[str, Any]:
    return {
        "scheduled_for": iso(shown.nominal) if shown else None,
        "first_delivery": iso(shown.first) if shown else None,
        "last_delivery": iso(shown.last) if shown else None,
        "delivered": [{"first": iso(one.first), "last": iso(one.last)} for one in began],
    }
