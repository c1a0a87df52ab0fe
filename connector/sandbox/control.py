"""The sandbox's own API: the clock, the marketer's hand, the truth, and trouble to order.

No vendor has it. JSON in and out; 400 with one sentence for what cannot be done.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, get_args

from connector.sandbox import marketer
from connector.sandbox.business import Campaign, Redeemable, RedeemableStatus, Segment
from connector.sandbox.exchange import Request, Response, Skin, answer
from connector.sandbox.faults import Fault, Kind
from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.times import iso
from connector.sandbox.world import World

_REMOTES = ("braze", "salesforce", "punchh", "*")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the control API; `id` is the last part of a path that has one."""

    id: str
    query: Mapping[str, str]
    body: Any

    def fields(self) -> Fields:
        if not isinstance(self.body, dict):
            raise ControlError("the body must be a JSON object")
        return Fields(self.body)


def control(world: World) -> Skin:
    """Return the skin of the control API."""

    def skin(request: Request) -> Response:
        try:
            with world.lock:
                world.settle()
                return answer(_reply(world, request))
        except ControlError as error:
            return answer({"error": str(error)}, error.status)

    return skin


def _reply(world: World, request: Request) -> Any:
    path = request.path.rstrip("/") or "/"
    head, _, last = path.rpartition("/")
    key, id_ = f"{request.method} {path}", ""
    if key not in VERBS:
        key, id_ = f"{request.method} {head}/ID", last
    if key not in VERBS:
        raise ControlError(f"there is no {request.method} {path}: see GET /", 404)
    return VERBS[key][1](world, Call(id_, request.query, _body(request)))


def _body(request: Request) -> Any:
    if not request.body:
        return {}
    try:
        return request.json()
    except ValueError:
        raise ControlError("the body is not JSON") from None


def _verbs(_world: World, _call: Call) -> Any:
    return {key: told for key, (told, _) in VERBS.items()}


# Clock


def _clock(world: World, _call: Call) -> Any:
    return {"now": iso(world.now())}


def _set_clock(world: World, call: Call) -> Any:
    fields = call.fields()
    moment = fields.instant("set")
    by = fields.seconds("advance", 0.0)
    fields.done()
    if moment is not None:
        world.clock.set(moment)
    try:
        world.clock.advance(timedelta(seconds=by))
    except OverflowError:
        raise ControlError("advance is too large") from None
    world.settle()
    return {"now": iso(world.now())}


# Sends


def _sends(world: World, _call: Call) -> Any:
    return {"sends": marketer.every(world)}


def _create_send(world: World, call: Call) -> Any:
    return marketer.create(world, call.fields())


def _edit_send(world: World, call: Call) -> Any:
    return marketer.edit(world, call.id, call.fields())


def _cancel_send(world: World, call: Call) -> Any:
    return marketer.cancel(world, call.id, call.query.get("how", "cancel"))


# Punchh's catalog


def _segments(world: World, _call: Call) -> Any:
    return {"segments": [_segment_view(segment) for segment in world.punchh.segments.values()]}


def _segment_view(segment: Segment) -> dict[str, Any]:
    return asdict(segment) | {"segment_id": segment.id}


def _create_segment(world: World, call: Call) -> Any:
    new = Segment(world.ids.segment(), "", 100)
    return _save_segment(world, new, call.fields())


def _edit_segment(world: World, call: Call) -> Any:
    return _save_segment(world, _segment(world, call.id), call.fields())


def _save_segment(world: World, segment: Segment, fields: Fields) -> Any:
    changed = replace(
        segment,
        name=fields.text("name", segment.name or None),
        members=fields.whole("members", segment.members),
        description=fields.text("description", segment.description),
        segment_type=fields.text("segment_type", segment.segment_type),
        foreign=fields.flag("foreign", default=segment.foreign),
    )
    fields.done()
    world.punchh.segments[changed.id] = changed
    return _segment_view(changed)


def _delete_segment(world: World, call: Call) -> Any:
    return _segment_view(world.punchh.segments.pop(_segment(world, call.id).id))


def _segment(world: World, text: str) -> Segment:
    segment = world.punchh.segments.get(int(text)) if text.isdecimal() else None
    if segment is None:
        raise ControlError(f"there is no segment {text}", 404)
    return segment


def _redeemables(world: World, _call: Call) -> Any:
    return {"redeemables": [_redeemable_view(one) for one in world.punchh.redeemables.values()]}


def _redeemable_view(redeemable: Redeemable) -> dict[str, Any]:
    return asdict(redeemable) | {
        "redeemable_id": redeemable.id,
        "redeemable_uuid": redeemable.uuid,
        "starts_at": iso(redeemable.starts_at),
        "expires_at": iso(redeemable.expires_at),
    }


def _create_redeemable(world: World, call: Call) -> Any:
    new = Redeemable(world.ids.redeemable(), world.ids.hex40(), "")
    return _save_redeemable(world, new, call.fields())


def _edit_redeemable(world: World, call: Call) -> Any:
    return _save_redeemable(world, _redeemable(world, call.id), call.fields())


def _save_redeemable(world: World, redeemable: Redeemable, fields: Fields) -> Any:
    if "starts_at" in fields:
        redeemable = replace(redeemable, starts_at=fields.instant("starts_at"))
    if "expires_at" in fields:
        redeemable = replace(redeemable, expires_at=fields.instant("expires_at"))
    changed = replace(
        redeemable,
        name=fields.text("name", redeemable.name or None),
        description=fields.text("description", redeemable.description),
        status=fields.choice("status", get_args(RedeemableStatus), redeemable.status),
    )
    fields.done()
    world.punchh.redeemables[changed.uuid] = changed
    return _redeemable_view(changed)


def _delete_redeemable(world: World, call: Call) -> Any:
    return _redeemable_view(world.punchh.redeemables.pop(_redeemable(world, call.id).uuid))


def _redeemable(world: World, text: str) -> Redeemable:
    for redeemable in world.punchh.redeemables.values():
        if text in (redeemable.uuid, str(redeemable.id)):
            return redeemable
    raise ControlError(f"there is no redeemable {text}", 404)


# What Punchh holds


def _campaigns(world: World, _call: Call) -> Any:
    return {"campaigns": [_campaign_view(world, one) for one in world.punchh.campaigns.values()]}


def _names(world: World, campaign: Campaign) -> dict[str, Any]:
    segment = world.punchh.segments.get(campaign.segment_id)
    redeemable = world.punchh.redeemables.get(campaign.redeemable_uuid)
    return {
        "campaign_id": campaign.campaign_id,
        "segment_id": campaign.segment_id,
        "segment": segment.name if segment else None,
        "redeemable_uuid": campaign.redeemable_uuid,
        "redeemable": redeemable.name if redeemable else None,
    }


def _campaign_view(world: World, campaign: Campaign) -> dict[str, Any]:
    return _names(world, campaign) | {
        "name": campaign.name,
        "external_campaign_id": campaign.external_campaign_id,
        "start_time": iso(campaign.start_time),
        "fires_at": iso(campaign.fires_at),
        "created_at": iso(campaign.created_at),
        "status": campaign.status,
        "gifts": campaign.gifts,
    }


def _gifts(world: World, _call: Call) -> Any:
    gifts = [
        _names(world, campaign) | {"guests": campaign.gifts, "given_at": iso(campaign.gifted_at)}
        for campaign in world.punchh.campaigns.values()
        if campaign.status == "finished"
    ]
    return {"total": sum(gift["guests"] for gift in gifts), "gifts": gifts}


# Trouble


def _faults(world: World, _call: Call) -> Any:
    return {"faults": [_fault_view(fault) for fault in world.faults.waiting()]}


def _fault_view(fault: Fault) -> dict[str, Any]:
    return asdict(fault) | {"headers": dict(fault.headers)}


def _create_fault(world: World, call: Call) -> Any:
    fields = call.fields()
    kind: Kind = fields.choice("kind", get_args(Kind))
    body, headers = fields.take("body", ""), fields.take("headers", {})
    if not isinstance(headers, dict):
        raise ControlError("headers must be an object of texts")
    fault = Fault(
        kind=kind,
        remote=fields.choice("remote", _REMOTES, "*"),
        method=fields.text("method", "*").upper(),
        path=fields.text("path", "*"),
        times=fields.whole("times", 1),
        skip=fields.whole("skip", 0),
        after=fields.flag("after"),
        code=fields.whole("code", 500),
        body=body if isinstance(body, str) else json.dumps(body),
        headers=tuple((str(name), str(value)) for name, value in headers.items()),
        seconds=fields.seconds("seconds", 0.01 if kind == "drip" else 1.0),
        headers_sent=fields.flag("headers_sent"),
        location=fields.text("location", ""),
        size=fields.whole("size", 20_000_000),
    )
    fields.done()
    return _fault_view(world.faults.add(fault))


def _clear_faults(world: World, _call: Call) -> Any:
    world.faults.clear()
    return {"faults": []}


def _switches(world: World, _call: Call) -> Any:
    return {"switches": world.switches.rows()}


def _set_switches(world: World, call: Call) -> Any:
    try:
        world.switches.set(call.body if isinstance(call.body, dict) else {})
    except ValueError as error:
        raise ControlError(str(error)) from None
    return {"switches": world.switches.rows()}


def _requests(world: World, _call: Call) -> Any:
    rows = [asdict(row) | {"at": iso(row.at)} for row in world.requests.rows()]
    return {"requests": rows, "errors": list(world.errors)}


def _clear_requests(world: World, _call: Call) -> Any:
    world.requests.clear()
    return {"requests": []}


def _end_sessions(world: World, _call: Call) -> Any:
    ended = len(world.salesforce.sessions)
    world.salesforce.sessions.clear()
    return {"ended": ended}


def _reset(world: World, _call: Call) -> Any:
    world.reset()
    return {"now": iso(world.now())}


VERBS: dict[str, tuple[str, Callable[[World, Call], Any]]] = {
    "GET /": ("these lines", _verbs),
    "GET /clock": ("the world's time", _clock),
    "POST /clock": ('{"set": "2026-03-01T12:00:00Z"} or {"advance": seconds}', _set_clock),
    "GET /sends": ("all sends of all sources with their true instants", _sends),
    "POST /sends": ("make a send: source, kind, name, at and more", _create_send),
    "PATCH /sends/ID": ("edit a send: at, name, tags, audiences, stopped …", _edit_send),
    "DELETE /sends/ID": ("cancel a send; ?how=cancel|delete", _cancel_send),
    "GET /segments": ("Punchh's segments, with their members", _segments),
    "POST /segments": ('{"name": text, "members": number}', _create_segment),
    "PATCH /segments/ID": ("edit a segment", _edit_segment),
    "DELETE /segments/ID": ("delete a segment", _delete_segment),
    "GET /redeemables": ("Punchh's redeemables, with their hidden state", _redeemables),
    "POST /redeemables": ('{"name": text, "status": "active"}', _create_redeemable),
    "PATCH /redeemables/ID": ("edit a redeemable, by id or uuid", _edit_redeemable),
    "DELETE /redeemables/ID": ("delete a redeemable, by id or uuid", _delete_redeemable),
    "GET /punchh/campaigns": ("every campaign that Punchh holds", _campaigns),
    "GET /punchh/gifts": ("what was gifted, by campaign", _gifts),
    "GET /faults": ("the faults that wait for a request", _faults),
    "POST /faults": ("order a fault: kind, remote, method, path, times, after …", _create_fault),
    "DELETE /faults": ("forget all faults", _clear_faults),
    "GET /switches": ("everything unknown about the vendors, with its value", _switches),
    "POST /switches": ('{"punchh.clamp": 100}', _set_switches),
    "GET /requests": ("every request to the three vendors", _requests),
    "DELETE /requests": ("empty the request log", _clear_requests),
    "DELETE /sessions": ("end every Salesforce session", _end_sessions),
    "POST /reset": ("back to the seeded scenario; the clock goes on", _reset),
}
