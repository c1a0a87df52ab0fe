"""What may happen in a brand's month, drawn: sends and edits, trouble, people, and dramas."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.story import (
    BOOKS,
    DAY,
    REMOTES,
    SCOPES,
    SEGMENTS,
    STARTS,
    Item,
    Story,
    instant,
    item,
    sent,
    wall,
)

# How long stories last, by weight: half of them a whole month.
DAYS = (5, 12, 30, 30)
ZONES = (
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific Time (US & Canada)",
    "Asia/Kolkata",
)
# Whatever answers the promise calls definitive or lost; a 429 that made a campaign is left out.
LOST = ("refused", "reset", "silence", "truncate", "html", "garbage", "redirect", "oversize")
READ_TROUBLES = (*LOST, "status", "delay")
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
VERBS = (
    "approve",
    "approve",
    "resolve",
    "resolve",
    "retry",
    "abandon",
    "rehearse",
    "pause",
    "recommit",
    "ack",
)
CLAIMED = ("Fries", "Taco", "Meal")
OPENS = 151  # minutes before its first delivery at which an offer's window has just opened


def story(seed: int) -> Story:
    """Draw a story; the same seed always gives the same one."""
    roll = Random(seed)
    quiet = seed % 4 == 0
    days, start = roll.choice(DAYS), roll.choice(STARTS)
    items = [*_sends(roll, start, days)]
    count = len(items)
    if not quiet:
        items += _trouble(roll, start, days, count)
    items.sort(key=lambda one: one.at)
    return Story(
        seed,
        start,
        days,
        poll_seconds=roll.choice((60, 300, 600)),
        on_429=roll.choice(("wait", "unknown")),
        quiet=quiet,
        items=tuple(items),
        same_offer_gap="0h" if quiet else roll.choice(("0h", "24h")),
        per_cycle=20 if quiet else roll.choice((20, 20, 20, 2)),
        per_day=100 if quiet else roll.choice((100, 100, 100, 4)),
        heartbeat_hours=roll.choice((12, 24, 48)),
        dense=roll.random() < 0.5,
    )


def _sends(roll: Random, start: datetime, days: int) -> Iterator[Item]:
    for number in range(roll.randint(4, 12)):
        made = roll.choice((0, roll.uniform(0, days * DAY * 0.7)))
        fires = made + roll.choice((roll.uniform(35, 300), roll.uniform(300, days * DAY)))
        at = (start + timedelta(minutes=fires)).replace(second=0, microsecond=0)
        yield item(made, "create", number=number, **_send(roll, number, at, days))


def _trouble(roll: Random, start: datetime, days: int, sends: int) -> Iterator[Item]:
    """Draw all that makes a month hard."""
    yield from _edits(roll, days, sends)
    yield from _catalog(roll, days)
    yield from _troubles(roll, days)
    yield from _machine(roll, days)
    yield from _people(roll, days)
    yield from _dramas(roll, start, days, sends)


def _send(roll: Random, number: int, at: datetime, days: int) -> dict[str, Any]:
    audience = roll.choice(SEGMENTS)
    name = f"{roll.choice((*CLAIMED, 'Other'))} {number}"
    kind = roll.choice(("campaign", "campaign", "canvas", "list_email", "flow"))
    common = {"kind": kind, "name": name}
    if kind == "list_email":
        targets = ({"type": roll.choice(("ListView", "Campaign")), "name": audience},)
        return common | {"source": "salesforce", "at": instant(at), "audiences": targets}
    if kind == "flow":
        return common | {"source": "salesforce", "at": instant(at), "segment": audience}
    timing = roll.choice(("company", "company", "company", "local", "intelligent"))
    recurring = roll.choice((None, None, None, "daily" if days < 15 else "weekly", "weekly"))
    tags = ("offer", f"punchh:segment={audience}") if roll.random() < 0.9 else ("offer",)
    return common | {
        "source": "braze",
        "at": instant(at) if timing == "company" else wall(at),
        "schedule": timing,
        "zone": roll.choice(ZONES),
        "dialect": roll.choice(("offset", "z", "offset_compact", "plain")),
        "recurring": recurring,
        "tags": tags,
    }


def _edits(roll: Random, days: int, sends: int) -> Iterator[Item]:
    kinds = (
        "move", "move", "move", "move_about", "cancel", "resume", "rename", "retag", "hide", "show",
        "clone", "rules", "spoil_rules",
    )  # fmt: skip
    for _ in range(roll.randint(0, 14)):
        what = roll.choice(kinds)
        given: dict[str, Any] = {"number": roll.randrange(sends)}
        match what:
            case "move":
                given["by"] = roll.choice((-1440, -180, -60, -20, -3, 3, 20, 60, 180, 1440, 10080))
            case "move_about":  # close to its own time, where it is hardest to tell what happened
                what = "move"
                given["before"] = roll.choice((1, 2, 5, 15, 40, 70, 120, -1, -4))
                given["by"] = roll.choice((-2, 2, 10, 45, 90, 1500))
            case "rename":
                given["name"] = roll.choice(("Fries anew", "Taco anew", "No offer", "Meal anew"))
            case "retag":
                given["audience"] = roll.choice(SEGMENTS)
            case "rules":
                given = {"book": roll.randrange(BOOKS)}
            case "spoil_rules":
                given = {"how": roll.choice(("broken", "empty"))}
        yield item(roll.uniform(0, days * DAY), what, **given)


def _catalog(roll: Random, days: int) -> Iterator[Item]:
    for _ in range(roll.randint(0, 4)):
        what = roll.choice(("twin", "drop", "remake", "relabel", "draft"))
        noun = roll.choice(("segment", "redeemable"))
        yield item(roll.uniform(0, days * DAY), what, noun=noun, place=roll.randrange(4))


def _troubles(roll: Random, days: int) -> Iterator[Item]:
    for _ in range(roll.randint(0, 10)):
        given = post_trouble(roll) if roll.random() < 0.6 else _read_trouble(roll)
        yield item(roll.uniform(0, days * DAY), "trouble", **given)


def _read_trouble(roll: Random) -> dict[str, Any]:
    code = roll.choice((401, 403, 429, 500, 502, 503))
    return {
        "kind": roll.choice(READ_TROUBLES),
        "remote": roll.choice(REMOTES),
        "method": "GET",
        "times": roll.choice((1, 3, 9, 30)),
        "code": code,
        "retry_after": roll.choice((0, 5, 900)) if code in (429, 503) else 0,
    }


def post_trouble(roll: Random) -> dict[str, Any]:
    kind = roll.choice((*LOST, "status", "status", "status", "delay", "crash", "crash"))
    code = roll.choice((400, 401, 403, 408, 422, 429, 429, 500, 502, 503))
    after = roll.random() < 0.5 and kind != "refused"
    if kind == "status" and code < 500 and code != 408:
        after = False  # a definitive answer, and so a true one
    return {
        "kind": kind,
        "remote": "punchh",
        "method": "POST",
        "after": after,
        "times": roll.choice((1, 1, 2, 3)),
        "code": code,
        "retry_after": roll.choice((0, 120, 1800)) if code in (429, 503) else 0,
    }


def _machine(roll: Random, days: int) -> Iterator[Item]:
    """Draw what befalls the worker's machine, its clock, its settings and its ledger."""

    def some(most: int) -> Iterator[float]:
        for _ in range(roll.randint(0, most)):
            yield roll.uniform(0, days * DAY)

    yield from (item(at, "seam", name=roll.choice(SEAMS)) for at in some(4))
    yield from (item(at, "restart") for at in some(2))
    yield from (item(at, "rival") for at in some(1))
    yield from (item(at, "look") for at in some(3))
    yield from (item(at, "outage", minutes=roll.choice((5, 90, 900))) for at in some(2))
    yield from (item(at, "step", seconds=roll.choice((-600, -90, -7, 0, 7))) for at in some(2))
    if roll.random() < 0.3:
        at = roll.uniform(0, days * DAY)
        yield item(at, "skew", seconds=roll.choice((-90, 30, 200)))
    if roll.random() < 0.15:
        yield _key(roll, roll.uniform(0, days * DAY))
    if roll.random() < 0.1:
        adopted = item(roll.choice((3, 90)), "adopt")
        at = roll.uniform(0, days * DAY)
        yield item(at, "move_host", remote=roll.choice(("braze_us", "punchh")), then=(adopted,))
    if roll.random() < 0.15:
        at = roll.uniform(0, days * DAY)
        yield item(at, "backup")
        yield _restored(roll, roll.uniform(at, days * DAY))


def _key(roll: Random, at: float, **aim: Any) -> Item:
    """Draw a key that is refused, until it is replaced or has its rights back."""
    remote = roll.choice((*REMOTES, "punchh"))
    after = roll.choice((4, 20, 400))
    mended = [item(after, "replace_key", remote=remote)]
    if remote == "sf_core" or roll.random() < 0.5:
        scope, name = ("punchh", "") if remote == "punchh" else ("source", remote)
        resumed = item(after + 1, "unpause", scope=scope, name=name)
        mended = [item(after, "restore_key", remote=remote), resumed]
    return item(at, "refuse_key", remote=remote, then=tuple(mended), **aim)


def _restored(roll: Random, at: float) -> Item:
    live = item(roll.choice((2, 300)), "live", nothing=roll.random() < 0.3)
    yes = item(roll.choice((10, 310)), "approve")
    return item(at, "restore", then=(live, yes))


def _people(roll: Random, days: int) -> Iterator[Item]:
    for _ in range(roll.randint(2, 14)):
        what, at = roll.choice(VERBS), roll.uniform(0, days * DAY)
        if what == "pause":
            yield _pause(roll, at)
            continue
        yield item(at, what)
        if what == "rehearse":
            yield item(roll.uniform(0, days * DAY), "live", nothing=roll.random() < 0.5)


def _pause(roll: Random, at: float, **aim: Any) -> Item:
    scope, name = roll.choice(SCOPES)
    until = roll.choice((None, 45, 600))
    end = item(roll.choice((13, 100, 2000)), "unpause", scope=scope, name=name)
    return item(at, "pause", scope=scope, name=name, minutes=until, then=(end,), **aim)


# --- dramas: several things that only hurt together, close to a send's own time


def _dramas(roll: Random, start: datetime, days: int, count: int) -> Iterator[Item]:
    """Draw dramas of sends that are there already, or of plain ones made for the purpose."""
    for extra in range(roll.randint(0, 3)):
        at, drama = roll.uniform(0, days * DAY * 0.8), roll.choice(_DRAMAS)
        if roll.random() < 0.4:
            yield drama(roll, at, number=roll.randrange(count))
            continue
        number, due = count + extra, roll.uniform(200, 2000)
        made = sent(number, start + timedelta(minutes=at), due, name=roll.choice(CLAIMED))
        follows = drama(roll, 1, number=number)
        yield item(at, "create", number=number, then=(follows,), **made)


def _unseen_move(roll: Random, at: float, **aim: Any) -> Item:
    """It moves away while nobody looks: from outside it looks as if it had fired."""
    before, inside = roll.choice((8, 15, 40)), roll.choice((1, 5))
    moved = item(inside, "move", by=roll.choice((90, 240, 1440, 2160)), **aim)
    length = before + roll.choice((5, 20, 45))
    return item(at, "outage", minutes=length, before=before, then=(moved,), **aim)


def _unwritten_move(roll: Random, at: float, **aim: Any) -> Item:
    """It moves away, and the one poll that saw it dies before that is written down."""
    before = roll.choice((4, 6, 12))
    crash = item(0.5, "seam", name=roll.choice(("record.before", "record.after", "note.before")))
    down = item(2.2, "outage", minutes=roll.choice((before + 4, before + 25)))
    by = roll.choice((90, 1440, 1440, 2880))
    return item(at, "move", by=by, before=before, then=(crash, down), **aim)


def _lost_commit(roll: Random, at: float, **aim: Any) -> Item:
    """Its very own commit is lost; people or the marketers act on that."""
    given = post_trouble(roll)
    after = roll.choice((
        (),
        (item(20, "resolve"),),
        (item(20, "retry"), item(40, "approve")),
        (item(15, "move", by=roll.choice((-30, 45, 1440)), **aim), item(30, "resolve")),
        (item(3, "restart"), item(13, "abandon"), item(20, "rules", book=roll.randrange(BOOKS))),
    ))  # fmt: skip
    return item(at, "trouble", **given, before=OPENS + roll.choice((1, 31)), then=after, **aim)


def _moved_after_commit(roll: Random, at: float, **aim: Any) -> Item:
    """It moves when its offer is committed; the campaign is cancelled and made again, or not."""
    again = item(14, "recommit")
    by = roll.choice((-40, 60, 200, 1440, 4320))
    more = (item(30, "move", by=roll.choice((-30, 1440)), **aim), item(60, "approve"))
    then = (again, *(more if roll.random() < 0.5 else ()))
    return item(at, "move", by=by, before=roll.choice((20, 60, 110)), then=then, **aim)


def _flicker(roll: Random, at: float, **aim: Any) -> Item:
    """Its source stops showing it and shows it again, about its own time."""
    gone, back = roll.choice((("hide", "show"), ("cancel", "resume")))
    before = roll.choice((3, 30, 100, 160))
    then = item(roll.choice((2, 25, 110)), back, **aim)
    return item(at, gone, before=before, then=(then,), **aim)


def _paused_window(roll: Random, at: float, **aim: Any) -> Item:
    return _pause(roll, at, before=roll.choice((OPENS + 1, 100)), **aim)


def _refused_window(roll: Random, at: float, **aim: Any) -> Item:
    return _key(roll, at, before=roll.choice((OPENS + 1, 100)), **aim)


def _restored_window(roll: Random, at: float, **aim: Any) -> Item:
    """The ledger is restored from a backup that does not know the offer."""
    then: list[Item] = []
    if roll.random() < 0.5:
        then.append(item(25, "move", by=roll.choice((-20, 90, 1440)), **aim))
    live = item(roll.choice((35, 200)), "live", nothing=roll.random() < 0.3)
    then += [item(roll.choice((15, 30, 170)), "restore"), live, item(210, "approve")]
    return item(at, "backup", before=OPENS + 5, then=tuple(then), **aim)


def _edited_window(roll: Random, at: float, **aim: Any) -> Item:
    """The rules change when the first offer of a send is out."""
    then = (item(12, "approve"), item(30, "rules", book=0))
    book = roll.randrange(BOOKS)
    return item(at, "rules", book=book, before=roll.choice((OPENS - 10, 60)), then=then, **aim)


_DRAMAS: tuple[Callable[..., Item], ...] = (
    _unseen_move,
    _unseen_move,
    _unwritten_move,
    _unwritten_move,
    _lost_commit,
    _lost_commit,
    _moved_after_commit,
    _flicker,
    _paused_window,
    _refused_window,
    _restored_window,
    _edited_window,
)
