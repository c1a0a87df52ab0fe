"""Punchh's literal bodies, and the small world in which the facts are asked for."""

from functools import partial
from typing import Any

from tests.contract.rows import Ask, Fact, Made, Shape

SEGMENTS = "/api2/dashboard/segments"
REDEEMABLES = "/api2/dashboard/redeemables"
CAMPAIGNS = "/api2/dashboard/campaigns"
SIGN_IN = {"error": "You need to sign in or sign up before continuing."}
NO_PERMISSION = {"no_permission_error": "Insufficient Privileges to access this resource"}
FEATURE_OFF = (
    "Your current loyalty program configuration does not support this feature. Please connect "
    "with your Customer Success representative for resolution of this issue"
)
GOOD = {
    "redeemable_uuid": "c0ffee" * 6,
    "segment_id": 1306904,
    "category": "gift_redeemable",
    "campaign_type": "mass_gifting",
    "name": "Friday Fries",
    "start_time": "2026-03-02T18:36:00Z",
    "external_campaign_id": "v1-fries-1",
}
SUCCESS = {
    "redeemable_id": 20416,
    "redeemable_image_url": "https://images.example.com/20416.png",
    "redeemable_properties": "attribute",
    "campaign_id": 99511494,
    "external_source_id": "v1-fries-1",
    "start_time": "2026-03-02 06:36 PM",
    "timezone": "Etc/UTC",
}
SHAPED = frozenset({"redeemable_image_url", "redeemable_properties", "campaign_id"})
COMMITTED = Made(verdict="committed", code="committed", campaign_id=99511494)


def segment(**fields: Any) -> Shape:
    return {"members": 3} | fields


def redeemable(**fields: Any) -> Shape:
    return fields


def segment_row(of: Shape) -> dict[str, Any]:
    """Return the row by which the list shows a segment."""
    return {
        "segment_id": of["id"],
        "name": of["name"],
        "description": of.get("description", ""),
        "segment_type": of.get("segment_type", "GuestProfileSegmentDefinition"),
        "user_type": "loyalty_user",
        "membership_level": None,
    }


def redeemable_row(of: Shape) -> dict[str, Any]:
    """Return the row by which the list shows a redeemable."""
    return {
        "redeemable_id": of["id"],
        "redeemable_uuid": of["uuid"],
        "name": of["name"],
        "description": of.get("description", ""),
        "redeemable_image_url": f"https://images.example.com/{of['id']}.png",
    }


VIP = segment(id=1306904, name="VIP Guests")
FRIES = redeemable(id=20416, uuid="c0ffee" * 6, name="Free Fries")


def order(**changes: Any) -> Ask:
    """Return a POST with a good body, changed; None takes a key away."""
    body = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return Ask(method="POST", path=CAMPAIGNS, json=body)


commit = partial(Fact, confidence="CONFIRMED", world=(VIP, FRIES), shaped=SHAPED)


def accepted(id: str, told: str, ask: Ask, echo: Shape, **more: Any) -> Fact:
    """Return the fact that an order is taken, with what the echo says other than usual."""
    return commit(
        id=id, told=told, ask=ask, body=SUCCESS | dict(echo), **({"ours": COMMITTED} | more)
    )


def refused(id: str, told: str, ask: Ask, status: int, body: Any, code: str, **more: Any) -> Fact:
    """Return the fact that an order is refused for good, and the code by which we tell it."""
    ours = Made(verdict="rejected", code=code)
    return commit(id=id, told=told, ask=ask, status=status, body=body, **({"ours": ours} | more))
