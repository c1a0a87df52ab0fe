"""What Punchh is and holds: segments, redeemables, campaigns, gifts."""

from dataclasses import asdict, replace
from typing import Any, get_args

from connector.sandbox.business import Campaign, Redeemable, RedeemableStatus, Segment
from connector.sandbox.control.call import Call, Verbs
from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.times import iso
from connector.sandbox.world import World

# The catalog


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
        row=dict(fields.anything("row", segment.row)),
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
        row=dict(fields.anything("row", redeemable.row)),
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


VERBS: Verbs = {
    "GET /segments": ("Punchh's segments, with their members", _segments),
    "POST /segments": ('{"name": text, "members": number}', _create_segment),
    "PATCH /segments/ID": (
        'edit a segment; {"row": {"name": null}} is what its row shows instead, key by key',
        _edit_segment,
    ),
    "DELETE /segments/ID": ("delete a segment", _delete_segment),
    "GET /redeemables": ("Punchh's redeemables, with their hidden state", _redeemables),
    "POST /redeemables": ('{"name": text, "status": "active"}', _create_redeemable),
    "PATCH /redeemables/ID": ("edit a redeemable, by id or uuid; row as above", _edit_redeemable),
    "DELETE /redeemables/ID": ("delete a redeemable, by id or uuid", _delete_redeemable),
    "GET /punchh/campaigns": ("every campaign that Punchh holds", _campaigns),
    "GET /punchh/gifts": ("what was gifted, by campaign", _gifts),
}
