"""A restaurant brand on a busy day: what the worked mapping example was written for.

Times are relative to the moment of seeding, cut to the minute. Sends that the worker should
commit at once lie between 95 and 125 minutes ahead, so that a demo can run for some time.
"""

from datetime import timedelta
from random import Random
from typing import Any

from connector.sandbox import marketer
from connector.sandbox.accounts import Account
from connector.sandbox.business import Redeemable, RedeemableStatus, Segment
from connector.sandbox.credentials import CANARY_EMAIL, CANARY_TOKEN
from connector.sandbox.fields import Fields
from connector.sandbox.times import iso, to_minute
from connector.sandbox.workspace import FIRST_ZONE, BrazeSegment
from connector.sandbox.world import World

TAG = "punchh:segment="
CANARY_SEGMENT = "VIP Guests"
SEGMENTS = (
    "VIP Guests", "Lunch Regulars", "Birthday Month", "Coffee Club", "All Rewards Members",
    "Taco Lovers", "Families", "Families", "Wing Fans", "Catering Leads", "Downtown Diners",
    "Uptown Diners", "Lapsed Guests", "Weekend Diners", "Sweet Tooth",
)  # fmt: skip
REDEEMABLES = (
    "Free Medium Fries", "Lunch Combo Upgrade", "Birthday Brownie", "Free Coffee",
    "Family Platter", "Holiday Shake", "Spring Salad", "Free Taco", "Kids Meal", "Summer Wings",
    "Flash Fries", "Ice Cream Cone", "Catering Discount", "City Sampler", "Harvest Bowl",
    "Thank-You Cookie", "Come Back Burger",
)  # fmt: skip
_FILLERS = 30
_FILLER_STATES: tuple[RedeemableStatus, ...] = (
    "active",
    "active",
    "active",
    "deactivated",
    "scheduled",
)
_SMALLEST, _LARGEST = 40, 20_000
BRAZE_SEGMENTS = ("VIP - Email", "Lunch Crowd (Braze)", "Coffee Club", "All Rewards Members")


def restaurant(world: World) -> None:
    """Fill the world with one brand: its sends, segments and redeemables."""
    _catalog(world)
    for name in BRAZE_SEGMENTS:
        size = Random(name).randint(_SMALLEST, _LARGEST)
        world.braze.segments[world.ids.uuid()] = BrazeSegment(name, size)
    for send in [*_today(world), *_later(world), *_trouble(world), *_invisible(world)]:
        marketer.create(world, Fields({"source": "braze", **send}))
    for send in _salesforce(world):
        marketer.create(world, Fields({"source": "salesforce", **send}))


def _catalog(world: World) -> None:
    roll, now = world.ids.random, world.now()
    fillers = [f"Store {number:03d} Regulars" for number in range(101, 101 + _FILLERS)]
    for name in _shuffled(world, [*SEGMENTS, *fillers]):
        segment = Segment(world.ids.segment(), name, roll.randint(_SMALLEST, _LARGEST))
        world.punchh.segments[segment.id] = segment
        if name == CANARY_SEGMENT:
            since = {segment.id: now - timedelta(days=1)}
            canary = Account(CANARY_EMAIL, CANARY_TOKEN, segments=since)
            world.punchh.accounts[canary.email] = canary
    states: dict[str, RedeemableStatus] = dict.fromkeys(REDEEMABLES, "active")
    for number in range(_FILLERS):
        states[f"Seasonal Treat {number + 1:02d}"] = _FILLER_STATES[number % len(_FILLER_STATES)]
    for name in _shuffled(world, list(states)):
        ended = now - timedelta(days=3) if name == "Summer Wings" else None
        redeemable = Redeemable(
            world.ids.redeemable(), world.ids.hex40(), name, f"{name}, one per guest",
            states[name], expires_at=ended,
        )  # fmt: skip
        world.punchh.redeemables[redeemable.uuid] = redeemable


def _shuffled(world: World, names: list[str]) -> list[str]:
    return world.ids.random.sample(names, len(names))


def _in(world: World, **ahead: float) -> str | None:
    return iso(to_minute(world.now()) + timedelta(**ahead))


def _wall(world: World, *, hour: int | None = None, **ahead: float) -> str:
    """Return a wall clock time, read from an instant's digits in UTC."""
    moment = to_minute(world.now()) + timedelta(**ahead)
    if hour is not None:
        moment = moment.replace(hour=hour, minute=0)
    return moment.replace(tzinfo=None).isoformat()


def _today(world: World) -> list[dict[str, Any]]:
    vip = ["offer", TAG + "VIP Guests"]
    coffee = to_minute(world.now()) + timedelta(minutes=105) + FIRST_ZONE
    return [
        {"name": "Friday Fries - Email", "tags": vip, "at": _in(world, minutes=95)},
        {"name": "Friday Fries - Push", "tags": vip, "at": _in(world, hours=2), "dialect": "z"},
        {"name": "Lunch Push", "tags": [TAG + "Lunch Crowd (Braze)"],
         "at": _in(world, minutes=100), "dialect": "plain"},
        {"name": "Birthday Dessert", "kind": "canvas", "tags": [TAG + "Birthday Month"],
         "at": _in(world, minutes=110), "recurring": "daily",
         "zone": "Eastern Time (US & Canada)"},
        {"name": "Sunrise Coffee", "tags": [TAG + "Coffee Club"], "schedule": "local",
         "at": coffee.replace(tzinfo=None).isoformat()},
    ]  # fmt: skip


def _later(world: World) -> list[dict[str, Any]]:
    everybody = [TAG + "All Rewards Members"]
    return [
        {"name": "Weekend Feast", "tags": [TAG + "Weekend Diners"], "schedule": "local",
         "at": _wall(world, days=4, hour=11)},
        {"name": "Holiday Shake", "tags": everybody, "at": _in(world, days=2)},
        {"name": "Smart Treat", "tags": [TAG + "Sweet Tooth"], "schedule": "intelligent",
         "at": _wall(world, days=5, hour=0)},
    ]  # fmt: skip


def _trouble(world: World) -> list[dict[str, Any]]:
    """Return sends that a person must look at, each for another reason."""
    return [
        {"name": "Spring Teaser", "tags": ["spring"], "at": _in(world, minutes=100)},
        {"name": "Double Points Tuesday", "tags": [TAG + "VIP Guests"], "at": _in(world, hours=3)},
        {"name": "Weekly Newsletter", "tags": ["newsletter"], "at": _in(world, hours=2)},
        {"name": "Taco Tuesday", "tags": [TAG + "Taco Loverz"], "at": _in(world, hours=2)},
        {"name": "Family Night", "tags": [TAG + "Families"], "at": _in(world, hours=2)},
        {"name": "Last Call Wings", "tags": [TAG + "Wing Fans"], "at": _in(world, minutes=100)},
        {"name": "Flash Sale", "tags": [TAG + "VIP Guests"], "at": _in(world, minutes=14)},
    ]


def _invisible(world: World) -> list[dict[str, Any]]:
    """Return what scheduled_broadcasts must never show (facts: braze §1)."""
    tags, soon = [TAG + "VIP Guests"], _in(world, minutes=100)
    return [
        {"name": "Copy of Friday Fries - Email", "tags": tags, "at": soon, "draft": True},
        {"name": "Friday Fries - Retired", "tags": tags, "at": soon, "stopped": True},
        {"name": "Friday Fries - Welcome", "tags": tags, "schedule": "action"},
        {"name": "Friday Fries - Receipt", "tags": tags, "schedule": "api",
         "at": _wall(world, minutes=100)},
    ]  # fmt: skip


def _salesforce(world: World) -> list[dict[str, Any]]:
    leads = [{"type": "ListView", "name": "Catering Leads"}]
    cities = [
        {"type": "ListView", "name": "Downtown Diners"},
        {"type": "Campaign", "name": "Uptown Diners"},
    ]
    lapsed = "Lapsed Guests"
    return [
        {"name": "Catering Invitation", "audiences": leads, "at": _in(world, minutes=95)},
        {"name": "Two Cities", "audiences": cities, "at": _in(world, minutes=105)},
        {"name": "Harvest Dinner", "audiences": cities, "at": _in(world, minutes=110)},
        {"name": "Personal Thank-You", "individual_only": True, "at": _in(world, minutes=100)},
        {"name": "Catering Follow-up", "audiences": leads, "draft": True},
        {"kind": "flow", "name": "Win-back Flow", "segment": lapsed,
         "at": _in(world, minutes=115)},
        {"kind": "flow", "name": "Win-back Flow 2025", "segment": lapsed,
         "at": _in(world, days=-30)},
    ]  # fmt: skip
