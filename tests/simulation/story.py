"""A story: what a brand's month holds, as a flat list of independent items drawn from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

DAY = 1440
# Months with a change of summer time in them, and one without.
STARTS = (
    datetime(2026, 10, 18, 9, 3, 17, tzinfo=UTC),
    datetime(2027, 2, 27, 15, 40, 5, tzinfo=UTC),
    datetime(2027, 3, 20, 0, 30, 0, tzinfo=UTC),
    datetime(2028, 2, 10, 22, 11, 40, tzinfo=UTC),
)
ZONES = (
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific Time (US & Canada)",
    "Asia/Kolkata",
)
SEGMENTS = ("VIP Guests", "Taco Lovers", "Families", "Coffee Club", "Wing Fans")
REDEEMABLES = ("Free Fries", "Free Taco", "Kids Meal", "Free Coffee")
# Whatever answers the promise calls definitive or lost; a 429 that made a campaign is left out.
READ_TROUBLES = (
    "refused",
    "reset",
    "silence",
    "truncate",
    "html",
    "garbage",
    "redirect",
    "oversize",
    "status",
    "delay",
)
SEAMS = (
    "record.before",
    "record.after",
    "note.before",
    "note.after",
    "begin.before",
    "begin.mark",
    "begin.after",
    "settle.before",
    "settle.after",
    "orphans.after",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happens, so many minutes after the start. Each may be left out."""

    at: float
    what: str
    args: tuple[tuple[str, Any], ...] = ()

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.args)


@dataclass(frozen=True, slots=True)
class Story:
    """A month of one brand. `quiet` ones hold no trouble: every offer must arrive in time."""

    seed: int
    start: datetime
    days: int
    poll_seconds: int
    on_429: str
    quiet: bool
    items: tuple[Item, ...]

    def without(self, items: frozenset[int], days: int | None = None) -> "Story":
        kept = tuple(one for n, one in enumerate(self.items) if n not in items)
        return replace(self, items=kept, days=self.days if days is None else days)


def story(seed: int) -> Story:
    """Draw a story; the same seed always gives the same one."""
    roll = Random(seed)
    quiet = seed % 4 == 0
    days = roll.choice((6, 12, 30)) if not quiet else roll.choice((4, 8, 30))
    start = roll.choice(STARTS)
    items = [*_sends(roll, start, days)]
    sends = len(items)
    if not quiet:
        items += [*_edits(roll, days, sends), *_troubles(roll, days), *_people(roll, days)]
        items += _catalog(roll, days)
    items.sort(key=lambda one: one.at)
    poll = roll.choice((60, 300, 600))
    on_429 = roll.choice(("wait", "unknown"))
    return Story(seed, start, days, poll, on_429, quiet, tuple(items))


def _item(minute: float, what: str, /, **given: Any) -> Item:
    return Item(round(minute, 3), what, tuple(sorted(given.items())))


def _sends(roll: Random, start: datetime, days: int) -> Iterator[Item]:
    for number in range(roll.randint(4, 12)):
        made = roll.choice((0, roll.uniform(0, days * DAY * 0.7)))
        fires = made + roll.choice((roll.uniform(35, 300), roll.uniform(300, days * DAY)))
        at = (start + timedelta(minutes=fires)).replace(second=0, microsecond=0)
        yield _item(made, "create", number=number, **_send(roll, number, at, days))


def _send(roll: Random, number: int, at: datetime, days: int) -> dict[str, Any]:
    audience = roll.choice(SEGMENTS)
    name = f"{roll.choice(('Fries', 'Taco', 'Meal', 'Other'))} {number}"
    kind = roll.choice(("campaign", "campaign", "canvas", "list_email", "flow"))
    if kind == "list_email":
        source = ({"type": roll.choice(("ListView", "Campaign")), "name": audience},)
        return {"source": "salesforce", "kind": kind, "name": name, "at": _z(at)} | {
            "audiences": source
        }
    if kind == "flow":
        return {
            "source": "salesforce",
            "kind": kind,
            "name": name,
            "at": _z(at),
            "segment": audience,
        }
    timing = roll.choice(("company", "company", "company", "local", "intelligent"))
    recurring = roll.choice((None, None, None, "daily" if days < 15 else "weekly", "weekly"))
    tags = ("offer", f"punchh:segment={audience}") if roll.random() < 0.9 else ("offer",)
    wall = timing != "company"
    return {
        "source": "braze",
        "kind": kind,
        "name": name,
        "at": f"{at:%Y-%m-%dT%H:%M:%S}" if wall else _z(at),
        "schedule": timing,
        "zone": roll.choice(ZONES),
        "dialect": roll.choice(("offset", "z", "offset_compact", "plain")),
        "recurring": recurring,
        "tags": tags,
    }


def sent(
    number: int, now: datetime, minutes: float, timing: str = "company", name: str = "Taco"
) -> dict[str, Any]:
    """Return what a marketer types for a plain Braze send so many minutes from now."""
    at = (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    return {
        "source": "braze",
        "kind": "campaign",
        "name": f"{name} {number}",
        "at": _z(at) if timing == "company" else f"{at:%Y-%m-%dT%H:%M:%S}",
        "schedule": timing,
        "tags": ("offer", f"punchh:segment={SEGMENTS[number % len(SEGMENTS)]}"),
    }


def _z(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _edits(roll: Random, days: int, sends: int) -> Iterator[Item]:
    kinds = (
        "move", "move", "move", "move_about", "cancel", "resume", "rename", "retag", "hide", "show",
        "clone", "rules",
    )  # fmt: skip
    for _ in range(roll.randint(0, 14)):
        what = roll.choice(kinds)
        given: dict[str, Any] = {"number": roll.randrange(sends)}
        match what:
            case "move":
                given["by"] = roll.choice((-1440, -180, -60, -20, -3, 3, 20, 60, 180, 1440, 10080))
            case "move_about":  # close to its own time, where it is hardest to tell what happened
                given["before"] = roll.choice((1, 2, 5, 15, 40, 70, 120, -1, -4))
                given["by"] = roll.choice((-2, 2, 10, 45, 90, 1500))
            case "rename":
                given["name"] = roll.choice(("Fries anew", "Taco anew", "No offer", "Meal anew"))
            case "retag":
                given["audience"] = roll.choice(SEGMENTS)
            case "rules":
                given["book"] = roll.randrange(6)
        yield _item(roll.uniform(0, days * DAY), what, **given)


def _catalog(roll: Random, days: int) -> Iterator[Item]:
    for _ in range(roll.randint(0, 4)):
        what = roll.choice(("twin", "drop", "remake", "relabel", "draft"))
        yield _item(
            roll.uniform(0, days * DAY),
            what,
            noun=roll.choice(("segment", "redeemable")),
            place=roll.randrange(4),
        )


def _troubles(roll: Random, days: int) -> Iterator[Item]:
    for _ in range(roll.randint(0, 10)):
        at = roll.uniform(0, days * DAY)
        if roll.random() < 0.6:
            yield _item(at, "trouble", **_post_trouble(roll))
        else:
            kind = roll.choice(READ_TROUBLES)
            code = roll.choice((401, 403, 429, 500, 502, 503))
            yield _item(
                at,
                "trouble",
                kind=kind,
                remote=roll.choice(("braze_us", "sf_core", "punchh")),
                method="GET",
                times=roll.choice((1, 3, 9)),
                code=code,
                retry_after=roll.choice((0, 5, 900)) if code in (429, 503) else 0,
            )
    for _ in range(roll.randint(0, 4)):
        yield _item(roll.uniform(0, days * DAY), "seam", name=roll.choice(SEAMS))
    for what in ("restart", "rival", "look", "look", "outage"):
        for _ in range(roll.randint(0, 2)):
            yield _item(roll.uniform(0, days * DAY), what, minutes=roll.choice((5, 90, 900)))
    for _ in range(roll.randint(0, 2)):
        yield _item(roll.uniform(0, days * DAY), "step", seconds=roll.choice((-600, -90, -7, 0, 7)))
    if roll.random() < 0.3:
        yield _item(roll.uniform(0, days * DAY), "skew", seconds=roll.choice((-90, 30, 200)))


def _post_trouble(roll: Random) -> dict[str, Any]:
    lost = ("refused", "reset", "silence", "truncate", "html", "garbage", "redirect", "oversize")
    kind = roll.choice((*lost, "status", "status", "status", "delay", "crash", "crash"))
    code = roll.choice((400, 401, 403, 408, 422, 429, 429, 500, 502, 503))
    after = roll.random() < 0.5 and kind != "refused"
    if kind == "status" and code < 500 and code != 408:
        after = False  # a definitive answer, and so a true one
    return {
        "kind": kind,
        "remote": "punchh",
        "method": "POST",
        "after": after,
        "times": roll.choice((1, 1, 2)),
        "code": code,
        "retry_after": roll.choice((0, 120, 1800)) if code in (429, 503) else 0,
    }


def _people(roll: Random, days: int) -> Iterator[Item]:
    for _ in range(roll.randint(2, 14)):
        what = roll.choice(("approve", "resolve", "resolve", "retry", "abandon", "rehearse"))
        yield _item(roll.uniform(0, days * DAY), what)
        if what == "rehearse":
            at = roll.uniform(0, days * DAY)
            yield _item(at, "live", nothing=roll.random() < 0.5)
