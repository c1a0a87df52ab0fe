"""Punchh's guest calls as facts: punchh §5, §6 and §9 E tell them: signed, and as one guest."""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha1
from http import HTTPStatus
from typing import Any

from connector.sandbox.accounts import Account, Reward
from connector.sandbox.business import Redeemable
from connector.sandbox.credentials import PUNCHH_CLIENT, PUNCHH_SECRET
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.gifts import rewards_of
from connector.sandbox.times import iso
from connector.sandbox.world import World

PREFIX = "/api/auth/"
BAD_SIGNATURE = ["Invalid Signature"]
NOT_APPLICABLE = "Given reward is not accessible for this guest"
_OFFERS = "/api/auth/redemptions/applicable_offers"
_REWARDS = "/api/auth/rewards"
_REQUIRED = ("client", "channel", "receipt_amount", "subtotal_amount", "receipt_datetime")


def guest_api(world: World, request: Request, sign_in: Response) -> Response:
    """Answer a guest's call; the signature is looked at first, then who signs in (punchh §6)."""
    asked = _parameters(request)
    if not _well_signed(request, asked):
        return answer(BAD_SIGNATURE, HTTPStatus.PRECONDITION_FAILED)
    token = request.bearer() or str(asked.get("authentication_token") or "")
    account = next((one for one in world.punchh.accounts.values() if one.token == token), None)
    if not token or account is None:
        return sign_in
    match request.method, request.path.rstrip("/"):
        case "GET", path if path == _OFFERS:
            return _offers(world, account, asked)
        case "GET", path if path == _REWARDS:
            return answer(
                [{"reward": _reward_view(world, one)} for one in rewards_of(world, account)]
            )
    return answer({"error": "Not Found"}, HTTPStatus.NOT_FOUND)


def _parameters(request: Request) -> dict[str, Any]:
    """Take parameters from the query and from the JSON body of the GET, which wins."""
    try:
        body = json.loads(request.body) if request.body else {}
    except ValueError:
        body = {}
    return {**request.query, **(body if isinstance(body, dict) else {})}


def _well_signed(request: Request, asked: Mapping[str, Any]) -> bool:
    """Check HMAC-SHA1 in lower-case hex over the target and the body as they stood on the wire."""
    signed = request.target.encode("latin-1") + request.body
    expected = hmac.new(PUNCHH_SECRET.encode(), signed, sha1).hexdigest()
    given = request.header("x-pch-digest").encode("latin-1")
    return asked.get("client") == PUNCHH_CLIENT and hmac.compare_digest(expected.encode(), given)


def _offers(world: World, account: Account, asked: Mapping[str, Any]) -> Response:
    strict = world.switches["punchh.strict_receipt"]
    missing = [name for name in _REQUIRED if asked.get(name) in (None, "")] if strict else []
    amount = asked.get("receipt_amount")
    if missing or isinstance(amount, bool) or not isinstance(amount, int | float):
        told = f"Required parameter missing: {missing[0]}" if missing else NOT_APPLICABLE
        return answer([told], HTTPStatus.UNPROCESSABLE_ENTITY)
    items = asked.get("menu_items")
    lines = [_echoed(item) for item in items] if isinstance(items, list) else []
    found = []
    for reward in rewards_of(world, account):
        redeemable = world.punchh.redeemables.get(reward.redeemable_uuid)
        if redeemable is not None and _applies(redeemable, asked, amount):
            view = _offer_view(reward, redeemable)
            found.append(
                {"menu_items": lines, "discount_amount": redeemable.discount, "reward": view}
            )
    return answer(found)


def _applies(redeemable: Redeemable, asked: Mapping[str, Any], amount: float) -> bool:
    return (
        redeemable.channel in ("", asked.get("channel"))
        and redeemable.store in ("", str(asked.get("store_number") or ""))
        and amount >= redeemable.at_least
    )


def _echoed(item: Any) -> Any:
    """Echo a line, its amount to two decimals (facts: punchh §6)."""
    if isinstance(item, dict) and isinstance(item.get("item_amount"), float):
        return item | {"item_amount": round(item["item_amount"], 2)}
    return item


def _offer_view(reward: Reward, redeemable: Redeemable) -> dict[str, Any]:
    at = iso(reward.given_at.replace(microsecond=0))
    return {
        "created_at": at,
        "end_date_tz": None,
        "start_date_tz": at,
        "updated_at": at,
        "id": reward.id,
        "image": f"https://images.example.com/{redeemable.id}.png",
        "status": "unredeemed",
        "points": 0,
        "discount_amount": redeemable.discount,
        "description": redeemable.description,
        "name": redeemable.name,
        "redeemable_properties": None,
    }


def _reward_view(world: World, reward: Reward) -> dict[str, Any]:
    """Show a reward with where it came from; what the id names is inferred (facts: punchh §5)."""
    redeemable = world.punchh.redeemables.get(reward.redeemable_uuid)
    at = iso(reward.given_at.replace(microsecond=0))
    return {
        "id": reward.id,
        "name": redeemable.name if redeemable else "",
        "status": "unredeemed",
        "created_at": at,
        "updated_at": at,
        "redeemable_id": redeemable.id if redeemable else None,
        "gifted_for_type": "MassGifting",
        "gifted_for_id": gifted_for_id(world, reward),
        "gift_reason": f"through {reward.campaign_name}",
    }


def gifted_for_id(world: World, reward: Reward) -> int | None:
    match world.switches["punchh.gifted_for"]:
        case "campaign":
            return reward.campaign_id
        case "other":
            return reward.campaign_id % 1_000_000
    return None
