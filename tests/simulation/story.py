"""A story: what a brand's month holds, as a flat list of independent items drawn from a seed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = 1440
# Months with a change of summer time in them, and one without.
STARTS = (
    datetime(2026, 10, 18, 9, 3, 17, tzinfo=UTC),
    datetime(2027, 2, 27, 15, 40, 5, tzinfo=UTC),
    datetime(2027, 3, 20, 0, 30, 0, tzinfo=UTC),
    datetime(2028, 2, 10, 22, 11, 40, tzinfo=UTC),
)
SEGMENTS = ("VIP Guests", "Taco Lovers", "Families", "Coffee Club", "Wing Fans")
REDEEMABLES = ("Free Fries", "Free Taco", "Kids Meal", "Free Coffee")
SOURCES = ("braze_us", "sf_core")
REMOTES = (*SOURCES, "punchh")
RULES = ("fries", "taco", "meal")
BOOKS = 7
SCOPES = (
    ("all", ""),
    ("punchh", ""),
    *(("source", name) for name in SOURCES),
    *(("rule", name) for name in RULES),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happens, so many minutes after the start. Each may be left out.

    `before` among the args puts it so many minutes before the next delivery of the send with
    that `number`, where that comes later; `then` holds what follows it, in minutes after it.
    """

    at: float
    what: str
    args: tuple[tuple[str, Any], ...] = ()

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.args)


@dataclass(frozen=True, slots=True)
class Story:
    """A month of one brand. `quiet` ones hold no trouble: every offer must arrive in time.

    Nobody polls where nothing could be new; `dense` ones are polled more often about each window
    and each delivery, and everybody at least each `heartbeat_hours`.
    """

    seed: int
    start: datetime
    days: int
    poll_seconds: int
    on_429: str
    quiet: bool
    items: tuple[Item, ...]
    same_offer_gap: str = "0h"
    per_cycle: int = 20
    per_day: int = 100
    heartbeat_hours: int = 12
    dense: bool = True

    def without(self, items: frozenset[int], days: int | None = None) -> "Story":
        kept = tuple(one for n, one in enumerate(self.items) if n not in items)
        return replace(self, items=kept, days=self.days if days is None else days)


def item(minute: float, what: str, /, **given: Any) -> Item:
    return Item(round(minute, 3), what, tuple(sorted(given.items())))


def sent(
    number: int, now: datetime, minutes: float, timing: str = "company", name: str = "Taco"
) -> dict[str, Any]:
    """Return what a marketer types for a plain Braze send so many minutes from now."""
    at = (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    return {
        "source": "braze",
        "kind": "campaign",
        "name": f"{name} {number}",
        "at": instant(at) if timing == "company" else wall(at),
        "schedule": timing,
        "tags": ("offer", f"punchh:segment={SEGMENTS[number % len(SEGMENTS)]}"),
    }


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def wall(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"
