"""What a marketer does: make, edit and cancel sends in Braze and Salesforce, and act on them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.marketer import braze, salesforce
from connector.sandbox.marketer.actions import ACTIONS, act_on
from connector.sandbox.marketer.sends import Send, find, put, save, sends
from connector.sandbox.marketer.views import view
from connector.sandbox.workspace import Broadcast
from connector.sandbox.world import World

__all__ = [
    "ACTIONS",
    "act",
    "cancel",
    "create",
    "edit",
    "every",
    "find",
    "move_company",
    "sends",
    "view",
]

_MAKERS: dict[str, Callable[[World, Fields, str], Send]] = {
    "campaign": braze.made,
    "canvas": braze.made,
    "list_email": salesforce.made_email,
    "flow": salesforce.made_flow,
}


def every(world: World) -> list[dict[str, Any]]:
    """Return all sends of all sources, as they truly are."""
    return [view(world, send) for send in sends(world).values()]


def create(world: World, fields: Fields) -> dict[str, Any]:
    """Make a send; facts: braze §10.8, salesforce §6.5."""
    source = fields.choice("source", ("braze", "salesforce"))
    kinds = ("campaign", "canvas") if source == "braze" else ("list_email", "flow")
    kind = fields.choice("kind", kinds, kinds[0])
    send = _MAKERS[kind](world, fields, kind)
    fields.done()
    return view(world, put(world, send))


def edit(world: World, send_id: str, fields: Fields) -> dict[str, Any]:
    """Change what a send says: its time, name, tags, audience and more, or its state."""
    send = find(world, send_id)
    changed = _edited(world, send, fields)
    fields.done()
    save(world, changed)
    return view(world, find(world, send_id))


def cancel(world: World, send_id: str, how: str) -> dict[str, Any]:
    """Cancel a send: Braze stops or archives, Salesforce cancels or deletes (salesforce §1.1)."""
    if how not in ("cancel", "delete"):
        raise ControlError("how must be cancel or delete")
    send = find(world, send_id)
    if isinstance(send, Broadcast):
        save(world, replace(send, status="archived" if how == "delete" else "stopped"))
    elif how == "delete":
        save(world, replace(send, deleted=True))
    else:
        save(world, replace(send, status="Canceled"))
    return view(world, find(world, send_id))


def act(world: World, send_id: str, action: str, fields: Fields) -> dict[str, Any]:
    """Let a marketer press one of the buttons of ACTIONS; return the send it left.

    ControlError where the send does not have that button, or not in its present state.
    """
    send = find(world, send_id)
    return view(world, act_on(world, send, action, fields))


def move_company(world: World, fields: Fields) -> dict[str, Any]:
    """Change the workspace's own zone (facts: braze §6.1)."""
    zone = fields.text("zone")
    fields.done()
    braze.move_company(world, zone)
    return {"zone": world.braze.zone.key}


def _edited(world: World, send: Send, fields: Fields) -> Send:
    if isinstance(send, Broadcast):
        return braze.edited(send, fields)
    return salesforce.edited(world, send, fields)
