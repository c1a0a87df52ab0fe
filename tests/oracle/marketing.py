"""What marketers do in a history: sends as they type them, and the buttons they press."""

from datetime import datetime, timedelta
from typing import Any

from connector.sandbox import marketer
from connector.sandbox.business import Redeemable, Segment
from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.marketer.sends import Send
from connector.sandbox.org import ListEmail
from connector.sandbox.workspace import FIRST_ZONE, Broadcast
from connector.sandbox.world import World
from tests.oracle.history import SEGMENTS, Act, Sent

TAG = "punchh:segment="
MINUTE = timedelta(minutes=1)
# What an act is where the send has no such button.
_OF_EMAILS = {"stop": "cancel", "archive": "delete"}
_OF_FLOWS = {"archive": "delete"}


def stage(world: World) -> None:
    """Put the segments and the one offer into Punchh."""
    for number, name in enumerate(SEGMENTS):
        made = Segment(world.ids.segment(), name, 100 + number)
        world.punchh.segments[made.id] = made
    offer = Redeemable(world.ids.redeemable(), world.ids.hex40(), "Free Fries")
    world.punchh.redeemables[offer.uuid] = offer


def send(world: World, sent: Sent, number: int, start: datetime) -> str:
    """Make a send whose first zone's time is as the history has it; return its id."""
    at = (start + sent.fires * MINUTE).replace(second=0, microsecond=0)
    fields: dict[str, Any] = {"name": f"Send {number}", "draft": sent.draft}
    if sent.schedule in ("list_email", "flow"):
        fields |= {"source": "salesforce", "kind": sent.schedule, "at": _z(at)}
        if sent.schedule == "flow":
            fields |= {"segment": SEGMENTS[0], "recurring": sent.recurring}
        else:
            fields |= {"audiences": [{"type": "ListView", "name": SEGMENTS[0]}]}
    else:
        if sent.schedule != "company":
            at += FIRST_ZONE
        if sent.schedule == "intelligent":
            at = at.replace(hour=0, minute=0) + timedelta(days=1)
        fields |= {
            "source": "braze",
            "schedule": sent.schedule,
            "at": _z(at) if sent.schedule == "company" else f"{at:%Y-%m-%dT%H:%M:%S}",
            "tags": [TAG + SEGMENTS[0]],
            "recurring": sent.recurring,
            "winner_after_hours": sent.winner_after_hours,
        }
    made: str = marketer.create(world, Fields(fields))["id"]
    return made


def _z(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def do(world: World, send_id: str, act: Act) -> str | None:
    """Do what an act says; one that cannot be done now does nothing. Return a clone's id."""
    found, given = marketer.find(world, send_id), dict(act.given)
    try:
        match act.what:
            case "company":
                marketer.move_company(world, Fields({"zone": "America/Chicago"}))
            case "retag":
                marketer.edit(world, send_id, Fields(_addressed(found, SEGMENTS[1])))
            case "rename":
                marketer.edit(world, send_id, Fields({"name": "Renamed"}))
            case "clone":
                copy: str = _press(world, send_id, "duplicate")
                return _press(world, copy, "launch")
            case "change" if isinstance(found, Broadcast) and found.at is not None:
                at = found.at + given["by"] * MINUTE
                written = _z(at) if found.timing == "company" else f"{at:%Y-%m-%dT%H:%M:%S}"
                _press(world, send_id, "draft", at=written)
            case what if how := _ends(found).get(what):
                marketer.cancel(world, send_id, how)
            case what if what in marketer.ACTIONS:
                _press(world, send_id, what, **given)
    except ControlError:
        return None
    return None


def _press(world: World, send_id: str, button: str, **fields: Any) -> str:
    left: str = marketer.act(world, send_id, button, Fields(fields))["id"]
    return left


def _ends(found: Send) -> dict[str, str]:
    if isinstance(found, Broadcast):
        return {}
    return _OF_EMAILS if isinstance(found, ListEmail) else _OF_FLOWS


def _addressed(found: Send, audience: str) -> dict[str, Any]:
    if isinstance(found, Broadcast):
        return {"tags": [TAG + audience]}
    if isinstance(found, ListEmail):
        return {"audiences": [{"type": "ListView", "name": audience}]}
    return {"segment": audience}
