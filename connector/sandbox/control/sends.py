"""The marketer's hand: sends made, edited, acted on and cancelled, and who got what when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from connector.sandbox import marketer
from connector.sandbox.control.call import Call, Verbs
from connector.sandbox.guests import PANEL
from connector.sandbox.sendlog import Gift, Message, gifts, messages
from connector.sandbox.times import iso
from connector.sandbox.workspace import BrazeSegment
from connector.sandbox.world import World


def _sends(world: World, _call: Call) -> Any:
    return {"sends": marketer.every(world)}


def _create_send(world: World, call: Call) -> Any:
    return marketer.create(world, call.fields())


def _edit_send(world: World, call: Call) -> Any:
    return marketer.edit(world, call.id, call.fields())


def _cancel_send(world: World, call: Call) -> Any:
    return marketer.cancel(world, call.id, call.query.get("how", "cancel"))


def _acted(action: str) -> Callable[[World, Call], Any]:
    return lambda world, call: marketer.act(world, call.id, action, call.fields())


def _move_company(world: World, call: Call) -> Any:
    return marketer.move_company(world, call.fields())


def _segments(world: World, _call: Call) -> Any:
    return {"segments": [_segment_view(*item) for item in world.braze.segments.items()]}


def _segment_view(id_: str, segment: BrazeSegment) -> dict[str, Any]:
    return {"id": id_, **asdict(segment)}


def _save_segment(world: World, call: Call) -> Any:
    """Make a segment of Braze's, or change the one of that id."""
    fields = call.fields()
    id_ = fields.text("id", "") or world.ids.uuid()
    before = world.braze.segments.get(id_, BrazeSegment(""))
    segment = BrazeSegment(
        fields.text("name", before.name or None),
        fields.whole("size", before.size),
        fields.texts("tags", before.tags),
    )
    fields.done()
    world.braze.segments[id_] = segment
    return _segment_view(id_, segment)


def _send_log(world: World, call: Call) -> Any:
    wanted = {key: call.query[key] for key in ("guest", "send_id") if key in call.query}
    return {
        "messages": _rows(messages(world), wanted),
        "gifts": _rows(gifts(world), wanted),
    }


def _rows(log: Sequence[Message | Gift], wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    told = [asdict(one) for one in log]
    return [
        {key: iso(value) if isinstance(value, datetime) else value for key, value in row.items()}
        for row in told
        if all(row.get(key, text) == text for key, text in wanted.items())
    ]


def _guests(_world: World, _call: Call) -> Any:
    return {"guests": [{"name": guest.name, "zone": guest.zone} for guest in PANEL]}


VERBS: Verbs = {
    "GET /sends": ("all sends of all sources with their true instants", _sends),
    "POST /sends": ("make a send: source, kind, name, at and more", _create_send),
    "PATCH /sends/ID": (
        "edit a send: at, name, tags, audience(s), segment, zone, row (shown instead) …",
        _edit_send,
    ),
    "DELETE /sends/ID": ("cancel a send; ?how=cancel|delete", _cancel_send),
    **{
        f"POST /sends/ID/{name}": (told, _acted(name))
        for name, (told, _) in marketer.ACTIONS.items()
    },
    "GET /braze/segments": ("Braze's own segments, with their sizes", _segments),
    "POST /braze/segments": (
        '{"name": text, "size": number, "tags": [text], "id": …}',
        _save_segment,
    ),
    "PATCH /workspace": ('{"zone": name}: the company\'s own time zone in Braze', _move_company),
    "GET /guests": ("the guests of the send log, and their time zones", _guests),
    "GET /send-log": ("when each guest got each message and gift; ?guest=, ?send_id=", _send_log),
}
