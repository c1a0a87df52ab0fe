"""The brand: what marketers and admins do in the simulated clouds, and what is true there."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.rules import Rule, RuleBook
from connector.sandbox import marketer
from connector.sandbox.business import Campaign, Redeemable, Segment
from connector.sandbox.fields import Fields
from connector.sandbox.org import Flow, ListEmail
from connector.sandbox.workspace import Broadcast, Roll
from connector.sandbox.world import World
from tests.simulation.story import DAY, REDEEMABLES, SEGMENTS

Send = Broadcast | ListEmail | Flow
TAG = "punchh:segment="
QUEUED_AHEAD = timedelta(hours=24)  # the facts: an edit later than that moves no queued message
TURNS = 10  # of a daily send, from a few before now on
# Which redeemables a name's first word brings in the first book, and how early.
OFFERS = {"Fries": ("Free Fries",), "Taco": ("Free Taco",), "Meal": ("Kids Meal", "Free Coffee")}
LEADS = {"Taco": timedelta(hours=1)}


@cache
def book(number: int) -> RuleBook:
    """Return one of the mapping sets between which marketers go back and forth."""
    fries: dict[str, Any] = {"match": {"send": "Fries*"}, "redeemable": "Free Fries"}
    taco: dict[str, Any] = {"match": {"send": "Taco*"}, "redeemable": "free  TACO"}
    meal: dict[str, Any] = {"match": {"send": "Meal*"}, "redeemable": ("Kids Meal", "Free Coffee")}
    taco["lead_time"] = "1h"
    match number:
        case 1:
            fries["redeemable"] = "Free Coffee"
        case 2:
            taco |= {"segment": ("VIP Guests", "Families"), "several": "each"}
        case 3:
            meal["match"] = {"send": "Meal*", "tags": ("offer", "extra")}
        case 4:
            fries["repeat"] = taco["repeat"] = meal["repeat"] = "allow"
        case 5:
            fries["approval"] = "required"
        case 6:
            meal["max_guests"] = 100  # of unknown size is every segment here
    no: dict[str, Any] = {"match": {"send": "No *"}, "ignore": "no offer"}
    parts = {"no": no, "fries": fries, "taco": taco, "meal": meal}
    rules = tuple(Rule.model_validate({"name": name} | part) for name, part in parts.items())
    places = {rule.name: f"rules.yaml:{n}" for n, rule in enumerate(rules, 1)}
    return RuleBook(rules, {}, f"book-{number}", places)


@dataclass(frozen=True, slots=True)
class Showing:
    """What is true of a send now: its next firing, and since when its source shows that one."""

    send: Send
    nominal: datetime
    first: datetime
    since: datetime

    @property
    def opens_at(self) -> datetime:
        """When its commit window opens, under the simulation's settings."""
        lead = LEADS.get(self.send.name.split()[0], timedelta(minutes=30))
        return (self.first - lead).replace(second=0, microsecond=0) - timedelta(hours=2)


@dataclass
class Brand:
    """The sends by the number under which the story knows them, and every firing there was."""

    world: World
    ids: dict[int, str] = field(default_factory=dict)
    fired: dict[str, list[datetime]] = field(default_factory=dict)
    edited: dict[str, datetime] = field(default_factory=dict)
    gone_names: list[tuple[str, str]] = field(default_factory=list)
    cancelled: dict[int, Campaign] = field(default_factory=dict)
    shortly: timedelta = timedelta()
    polled: dict[str, datetime] = field(default_factory=dict)
    leaps: list[tuple[str, datetime]] = field(default_factory=list)
    _looked: datetime | None = None

    def open(self) -> None:
        ids = self.world.ids
        for n, name in enumerate(SEGMENTS):
            made = Segment(ids.segment(), name, 100 + n)
            self.world.punchh.segments[made.id] = made
        for name in REDEEMABLES:
            offer = Redeemable(ids.redeemable(), ids.hex40(), name)
            self.world.punchh.redeemables[offer.uuid] = offer

    # --- truth

    def send(self, send_id: str) -> Send:
        return marketer.find(self.world, send_id)

    def sends(self) -> list[Send]:
        return list(marketer.sends(self.world).values())

    def showing(self, send: Send) -> Showing | None:
        """Return what the source shows of a send now, or would if it were not hidden."""
        now = self.world.now()
        if isinstance(send, Broadcast):
            if not send.scheduled():
                return None
            zone = self.world.braze.zone
            shown = send.showing(now, zone, Roll())
            if shown is None:
                return None
            past = _before(send, zone, shown.nominal)
            return Showing(send, shown.nominal, shown.first, max([send.edited, *past]))
        if not send.live() or send.at is None or now >= send.at:
            return None
        return Showing(send, send.at, send.at, send.edited)

    def note_firings(self) -> None:
        """Write down what has been delivered by now; to be called before any edit."""
        self.world.settle()
        now = self.world.now()
        for one in self.world.braze.deliveries:
            known = self.fired.setdefault(one.send_id, [])
            if one.first not in known:
                known.append(one.first)
        org = self.world.salesforce
        mails: list[ListEmail | Flow] = [*org.list_emails.values(), *org.flows.values()]
        for send in mails:
            since = self._looked or self.world.started
            if send.live() and send.at is not None and since < send.at <= now:
                self.fired.setdefault(send.id, []).append(send.at)
        self._looked = now

    # --- what people do in Punchh's dashboard

    def live_campaigns(self) -> list[Campaign]:
        return list(self.world.punchh.campaigns.values())

    def stop(self, campaign_id: int) -> bool:
        """Cancel a campaign; False where it is too late, since its guests have the offer."""
        self.world.settle()
        made = self.world.punchh.campaigns
        if campaign_id not in made or made[campaign_id].status != "scheduled":
            return campaign_id in self.cancelled
        self.cancelled[campaign_id] = made.pop(campaign_id)
        return True

    # --- what people do in the clouds

    def act(self, what: str, given: dict[str, Any]) -> None:
        """Do what an item of the story says; one that has lost its object does nothing."""
        self.note_firings()
        match what:
            case "create":
                number = given.pop("number")
                made = {k: list(map(dict, v)) if k == "audiences" else v for k, v in given.items()}
                self.ids[number] = marketer.create(self.world, Fields(made))["id"]
            case "twin" | "drop" | "remake" | "relabel" | "draft":
                self._catalog(what, given["noun"], given["place"])
            case _ if given["number"] in self.ids:
                self._edit(what, self.send(self.ids[given["number"]]), given)

    def _edit(self, what: str, send: Send, given: dict[str, Any]) -> None:
        changed: dict[str, Any] = {}
        match what:
            case "move":
                self._note_leap(send, given["by"])
                changed = self._moved(send, given["by"])
            case "cancel":
                marketer.cancel(self.world, send.id, "cancel")
            case "resume":
                changed = {"stopped": False}
            case "rename":
                changed = {"name": given["name"]}
            case "hide" | "show":
                changed = {"hidden": what == "hide"}
            case "retag":
                changed = self._retagged(send, given["audience"])
            case "clone":
                self._clone(send)
        if changed:
            marketer.edit(self.world, send.id, Fields(changed))
            self._note_queued(send)
        self.edited[send.id] = self.world.now()

    def _moved(self, send: Send, by: int) -> dict[str, Any]:
        if send.at is None:
            return {}
        at = send.at + timedelta(minutes=by)
        if isinstance(send, Broadcast) and send.timing != "company":
            return {"at": f"{at:%Y-%m-%dT%H:%M:%S}"}
        return {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}

    def _note_leap(self, send: Send, by: int) -> None:
        """Note a move by whole days, give or take an hour, that nobody can tell from a firing.

        The last poll that was written down showed the send shortly before its time.
        """
        showing = self.showing(send)
        source = "braze_us" if isinstance(send, Broadcast) else "sf_core"
        polled = self.polled.get(source)
        if showing is None or polled is None or (by + 60) % DAY > 120:
            return
        if showing.nominal - polled <= self.shortly + timedelta(minutes=1):
            self.leaps.append((send.id, self.world.now()))

    def _note_queued(self, before: Send) -> None:
        """Note the new times of turns whose messages go at the old one: they look like firings."""
        after = self.send(before.id)
        if not (isinstance(before, Broadcast) and isinstance(after, Broadcast)):
            return
        if before.timing == "company" or before.schedule() == after.schedule():
            return
        now, zone = self.world.now(), self.world.braze.zone
        queued = {
            turn.at.date()
            for turn in islice(before.turns(zone, now), TURNS)
            if turn.first - QUEUED_AHEAD <= now < turn.last
        }
        for turn in islice(after.turns(zone, now), TURNS):
            if turn.at.date() in queued:
                self.leaps.append((before.id, turn.first))

    def _retagged(self, send: Send, audience: str) -> dict[str, Any]:
        match send:
            case Broadcast():
                return {"tags": ["offer", TAG + audience]}
            case ListEmail():
                return {"audiences": [{"type": "ListView", "name": audience}]}
            case Flow():
                return {"segment": audience}

    def _clone(self, send: Send) -> None:
        now, ids = self.world.now(), self.world.ids
        if isinstance(send, Broadcast):
            self.world.braze.put(replace(send, id=ids.uuid(), created=now, edited=now))
        elif isinstance(send, ListEmail):
            self.world.salesforce.put(replace(send, id=ids.salesforce("0XB"), edited=now))

    def _catalog(self, what: str, noun: str, place: int) -> None:
        business = self.world.punchh
        found: dict[Any, Any] = business.segments if noun == "segment" else business.redeemables
        if what == "remake":
            if not self.gone_names:
                return
            noun, name = self.gone_names.pop()
            self._make(noun, name)
            return
        if place >= len(found):
            return
        key = list(found)[place]
        match what:
            case "twin":
                self._make(noun, found[key].name.upper())
            case "drop":
                self.gone_names.append((noun, found.pop(key).name))
            case "relabel":
                found[key] = replace(found[key], name=f"{found[key].name} 2")
                self.gone_names.append((noun, found[key].name.removesuffix(" 2")))
            case "draft" if noun == "redeemable":
                found[key] = replace(found[key], status="draft")

    def _make(self, noun: str, name: str) -> None:
        business, ids = self.world.punchh, self.world.ids
        if noun == "segment":
            made = Segment(ids.segment(), name, 50)
            business.segments[made.id] = made
        else:
            offer = Redeemable(ids.redeemable(), ids.hex40(), name)
            business.redeemables[offer.uuid] = offer


@lru_cache(maxsize=4096)
def _before(send: Broadcast, zone: ZoneInfo, nominal: datetime) -> tuple[datetime, ...]:
    """Return the last firing before a nominal time, if there is one."""
    if not send.recurring or send.at is None:
        return ()
    found = [
        one.nominal
        for one, _ in zip(send.turns(zone, nominal - timedelta(days=8)), range(14), strict=False)
        if one.nominal < nominal
    ]
    return tuple(found[-1:])
