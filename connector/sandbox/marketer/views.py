"""The truth about a send, as the control API tells it."""

from datetime import datetime
from typing import Any

from connector.sandbox.braze import roll
from connector.sandbox.delivery import Delivery
from connector.sandbox.marketer.sends import Send
from connector.sandbox.org import Flow, ListEmail
from connector.sandbox.times import iso
from connector.sandbox.workspace import Broadcast, Occurrence
from connector.sandbox.world import World


def view(world: World, send: Send) -> dict[str, Any]:
    """Return a send with its true instants: no guest reads it before `first_delivery`."""
    if isinstance(send, Broadcast):
        return _broadcast(world, send)
    sent = world.salesforce.sent(send.id)
    own = _list_email(world, send) if isinstance(send, ListEmail) else _flow(world, send)
    common = {
        "id": send.id,
        "source": "salesforce",
        "name": send.name,
        "hidden": send.hidden,
        "row": send.row,
    }
    at = _at(world, send)
    times = _times(Occurrence(at, at, at, at) if at else None, sent)
    return common | own | {"live": send.live()} | times


def _at(world: World, send: ListEmail | Flow) -> datetime | None:
    if isinstance(send, ListEmail):
        return send.fires() or send.at
    return send.showing(world.now(), world.salesforce.preparing)


def _list_email(world: World, send: ListEmail) -> dict[str, Any]:
    targets = world.salesforce.targets
    named = [targets[source.target] for source in send.sources]
    return {
        "kind": "list_email",
        "audiences": [{"type": target.type, "name": target.name} for target in named],
        "individual_only": bool(send.individuals),
        "status": "deleted" if send.deleted else send.status_at(world.now()),
    }


def _flow(world: World, send: Flow) -> dict[str, Any]:
    targets = world.salesforce.targets
    between = world.switches["salesforce.between_runs"]
    status = send.status_at(world.now(), world.salesforce.preparing, between)
    return {
        "kind": "flow",
        "segment": targets[send.segment].name if send.segment else None,
        "campaign": targets[send.campaign].name if send.campaign else None,
        "paused": send.paused,
        "recurring": send.recurring,
        "status": "deleted" if send.deleted else status,
    }


def _broadcast(world: World, send: Broadcast) -> dict[str, Any]:
    workspace = world.braze
    shown = send.showing(world.now(), workspace.zone, roll(world)) if send.scheduled() else None
    return {
        "id": send.id,
        "source": "braze",
        "kind": send.kind,
        "name": send.name,
        "tags": list(send.tags),
        "audience": send.audience,
        "schedule": send.timing,
        "zone": send.zone,
        "dialect": send.dialect,
        "recurring": send.recurring,
        "ends": send.ends.isoformat() if send.ends else None,
        "winner_after_hours": int(send.winner_after.total_seconds()) // 3600,
        "status": send.status,
        "live": send.scheduled(),
        "has_post_launch_draft": send.draft is not None,
        "hidden": send.hidden,
        "next_send_time": send.raw,
        "row": send.row,
        **_times(shown, workspace.sent(send.id)),
    }


def _times(shown: Occurrence | None, began: list[Delivery]) -> dict[str, Any]:
    return {
        "scheduled_for": iso(shown.nominal) if shown else None,
        "first_delivery": iso(shown.first) if shown else None,
        "last_delivery": iso(shown.last) if shown else None,
        "delivered": [{"first": iso(one.first), "last": iso(one.last)} for one in began],
    }
