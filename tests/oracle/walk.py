"""One history from beginning to end: the real cycle polls, and all is noted that it could know."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.app import Work
from connector.domain.attention import of_row
from connector.domain.distribution import State
from connector.domain.rules import Rule, RuleBook
from connector.domain.standing import Row
from connector.ledger import Ledger
from connector.sandbox import marketer
from connector.sandbox.braze import roll
from connector.sandbox.business import Campaign
from connector.sandbox.exchange import Request, Response, Skin
from connector.sandbox.org import Flow, ListEmail
from connector.sandbox.sendlog import Gift, gifts
from connector.worker.cycle import run_cycle
from tests.oracle import marketing
from tests.oracle.evidence import Beats, Carried, Evidence, Firing, Poll, answered, wall
from tests.oracle.history import Act, History
from tests.simulation.office import Office
from tests.simulation.outside import Outside
from tests.simulation.seams import seams
from tests.simulation.stage import a_place, quietly
from tests.simulation.story import Story

MINUTE, SECOND, DAY = timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
# The design's instants under the default settings: lead 30 min, commit 2 h ahead, notice 17 min.
OPENS, COMMIT_BY = timedelta(minutes=150), timedelta(minutes=22)
NOT_GIVEN = frozenset({State.MISSED, State.BLOCKED, State.HELD, State.UNKNOWN, State.REJECTED})
SOURCES = ("braze_us", "sf_core")
_RULE = {"name": "all", "match": {"send": "*"}, "redeemable": "Free Fries", "repeat": "allow"}
BOOK = RuleBook((Rule.model_validate(_RULE),), {}, "oracle", {"all": "rules.yaml:1"})


class Walk:
    """Plays a history against a sandbox without sockets."""

    def __init__(self, history: History, outside: Outside, work: Work) -> None:
        self.history, self.outside, self.work = history, outside, work
        self.world = outside.world
        self.beats = Beats(history.start, history.poll_seconds * SECOND)
        self.ids: list[str] = []
        self.polls: list[Poll] = []
        self.acts = list(history.acts)
        self._told: set[Firing] = set()
        self._changed = history.start
        self._known: frozenset[datetime] = frozenset()
        for name in SOURCES:
            outside.skins[name] = self._overheard(outside.skins[name])

    @property
    def now(self) -> datetime:
        return self.outside.clock.now()

    def _overheard(self, skin: Skin) -> Skin:
        def heard(request: Request) -> Response:
            response = skin(request)
            self._told |= set(answered(response))
            return response

        return heard

    def run(self) -> Evidence:
        """Poll and act in the order of time until the last day is over."""
        self._open()
        end = self.history.start + self.history.days * DAY
        due = self._due()
        while (goal := min(self._next_poll(due), due or end)) < end:
            self.outside.clock.set(goal)
            if goal == due:
                self._act(self.acts.pop(0))
                due = self._due()
            else:
                self._poll()
        self.outside.clock.set(end)
        self.world.settle()
        return self._evidence(end)

    def _open(self) -> None:
        self.world.switches.set(dict(self.history.switches))
        marketing.stage(self.world)
        for number, sent in enumerate(self.history.sends):
            self.ids.append(marketing.send(self.world, sent, number, self.history.start))
        down = []
        for gap in self.history.gaps:
            first = self._instants(gap.send).get("first", self.now)
            start = max(self.now, first - gap.before * MINUTE)
            down.append((start, start + gap.minutes * MINUTE))
        self.beats = replace(self.beats, down=tuple(down))

    # --- what happens when

    def _due(self) -> datetime | None:
        """Return when the next act happens: close to an instant of its send as it is now."""
        if not self.acts:
            return None
        act = self.acts[0]
        anchor = self._instants(act.send).get(act.anchor, self.now)
        return max(self.now + 7 * SECOND, anchor + act.offset * MINUTE)

    def _instants(self, number: int) -> dict[str, datetime]:
        """Name the instants of a send's next firing, as it truly is."""
        if number >= len(self.ids):
            return {}
        send = marketer.find(self.world, self.ids[number])
        first = nominal = send.at
        if isinstance(send, Flow):
            first = nominal = send.showing(self.now, self.world.salesforce.preparing)
        elif not isinstance(send, ListEmail):
            shown = send.showing(self.now, self.world.braze.zone, roll(self.world))
            first, nominal = (shown.first, shown.nominal) if shown else (None, None)
        if first is None or nominal is None:
            return {}
        window = {"opens": first - OPENS, "commit_by": first - COMMIT_BY}
        return window | {"first": first, "nominal": nominal}

    def _next_poll(self, due: datetime | None) -> datetime:
        """Return the next beat of the poll at which something can be new, or has just been.

        The beats between are left out: they would show, plan and do nothing else.
        """
        about = [self.now + DAY, *self._of_interest(due)]
        return min(at for one in about for at in self.beats.about(one) if at > self.now)

    def _of_interest(self, due: datetime | None) -> Iterator[datetime]:
        yield self._changed
        yield self._changed + self.world.switches["braze.lag_seconds"] * SECOND
        if due is not None:
            yield due
        for gap in self.beats.down:
            yield from gap
        for number in range(len(self.ids)):
            yield from self._instants(number).values()
        yield from self._known

    # --- the two sides

    def _act(self, act: Act) -> None:
        self.world.settle()
        self._changed = self.now
        if act.send < len(self.ids):
            clone = marketing.do(self.world, self.ids[act.send], act)
            self.ids += [clone] if clone else []

    def _poll(self) -> None:
        self._told.clear()
        run_cycle(self.work, BOOK)
        rows = self.work.ledger.rows()
        carried = frozenset(one for row in rows if (one := _carried(row)))
        flagged = frozenset(row.occurrence.key for row in rows if _flagged(row, self.now))
        self._known = frozenset(at for row in rows for at in _instants_known(row))
        self.polls.append(Poll(self.now, frozenset(self._told), carried, flagged))

    def _evidence(self, end: datetime) -> Evidence:
        of = {
            row.distribution.external_campaign_id: row.occurrence.key
            for row in self.work.ledger.rows()
            if row.distribution is not None
        }
        given: dict[str, tuple[Gift, ...]] = defaultdict(tuple)
        made: dict[str, tuple[Campaign, ...]] = defaultdict(tuple)
        for gift in gifts(self.world):
            given[of[gift.external_campaign_id]] += (gift,)
        for campaign in self.world.punchh.campaigns.values():
            made[of[campaign.external_campaign_id]] += (campaign,)
        sent = (*self.world.braze.deliveries, *self.world.salesforce.deliveries)
        return Evidence(sent, given, made, tuple(self.polls), self.beats, end)


def _carried(row: Row) -> Carried | None:
    one = row.occurrence
    if one.when is None:
        return None
    at = wall(one.when.wall, one.when.spread)
    return Carried(one.key, (one.send.send_id, at), one.when.scheduled_for)


def _flagged(row: Row, now: datetime) -> bool:
    """Say whether a person is told that this offer is not there in time, or may not be.

    That a draft of changes waits says nothing of the kind.
    """
    offer, told = row.distribution, of_row(row, now)
    if offer is not None and offer.state in NOT_GIVEN:
        return True
    return told is not None and told.reason.code != "draft-pending"


def _instants_known(row: Row) -> Iterator[datetime]:
    when = row.occurrence.when
    if when is not None:
        first = when.first_delivery
        yield from (first, first - OPENS, first - COMMIT_BY, when.scheduled_for)


def walk(
    history: History, sabotage: Callable[[], AbstractContextManager[Any]] = nullcontext
) -> Evidence:
    """Walk one history from a fresh ledger; `sabotage` may break the product on purpose."""
    gap = "24h" if history.guarded else "0h"
    story = Story(
        1, history.start, history.days, history.poll_seconds, "wait", quiet=True, items=(),
        same_offer_gap=gap,
    )  # fmt: skip
    with a_place(f"oracle-{id(history)}") as folder, quietly(), sabotage():
        outside = Outside(history.start, 7)
        with seams(outside, lambda _name: None):
            office = Office(story, outside, folder)
            try:
                return Walk(history, outside, _opened(office)).run()
            finally:
                office.stop()


def _opened(office: Office) -> Work:
    """End the rehearsal, and start the worker."""
    with Ledger.open(office.url) as ledger:
        ledger.go_live(at=office.clock.now(), who="oracle", nothing_given_yet=True)
    office.start()
    assert office.work is not None
    return office.work
