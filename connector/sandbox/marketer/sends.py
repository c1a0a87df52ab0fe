"""All sends of both clouds, in one place to find and to save them."""

from connector.sandbox.fields import ControlError
from connector.sandbox.org import Flow, ListEmail
from connector.sandbox.workspace import Broadcast
from connector.sandbox.world import World

Send = Broadcast | ListEmail | Flow


def sends(world: World) -> dict[str, Send]:
    org = world.salesforce
    return {**world.braze.broadcasts, **org.list_emails, **org.flows}


def find(world: World, send_id: str) -> Send:
    """Return the send of that id; ControlError where there is none."""
    send = sends(world).get(send_id)
    if send is None:
        raise ControlError(f"there is no send {send_id}", 404)
    return send


def put(world: World, made: Send) -> Send:
    if isinstance(made, Broadcast):
        world.braze.put(made)
    else:
        world.salesforce.put(made)
    return made


def save(world: World, changed: Send) -> Send:
    if isinstance(changed, Broadcast):
        return world.braze.edit(changed, world.now())
    return world.salesforce.edit(changed, world.now())
