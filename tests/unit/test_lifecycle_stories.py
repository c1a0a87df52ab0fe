"""One row per story: what the source shows over hours, and what becomes of the offers.

The pure ring is walked every ten minutes, and what is due is committed at once. Hours count from
NOW; an offer starts half an hour before its first message and is committed two hours before that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.attention import Severity, of_row
from connector.domain.distribution import State
from connector.domain.plan import Action, Given, Known, Plan
from connector.domain.planner import drafts_wanted, with_drafts
from connector.domain.rules import RuleBook
from connector.domain.send import PAUSED, Send, Spread, When
from connector.domain.standing import Row
from tests.support.planning import (
    LIVE,
    NOW,
    book,
    catalog,
    hours,
    known,
    plan,
    policy,
    poll,
    recorded,
    rule,
    send,
)
from tests.support.words import saying

POLL = timedelta(minutes=10)
POLICY = policy(poll_seconds=600)
MODE = replace(LIVE, nothing_given_yet=True)
LISTS = catalog([(7, "VIP Guests"), (8, "Lunch Crowd")])
DOWN, FAILS = "no worker runs", "the source cannot be read"


def at(hour: float, send_id: str = "s1", **other: Any) -> Send:
    """Return a send that fires for all guests at once."""
    return send(send_id, hours(hour), **other)


def local(hour: float, **other: Any) -> Send:
    """Return a send that travels the zones: from 14 hours before to 12 hours after."""
    first, last = hours(hour - 14), hours(hour + 12)
    when = When(hours(hour), first, f"w{hour}", "UTC", Spread.LOCAL, last)
    return send("s1", when=when, **other)


def smart(day: float) -> Send:
    """Return a send of a day that begins at an hour by company time."""
    first, last = hours(day - 14), hours(day + 36)
    return send("s1", when=When(hours(day), first, f"d{day}", "UTC", Spread.INTELLIGENT, last))


Shown = Sequence[Send] | str
RULES = book(
    rule(match={"send": "Send*"}),
    rule("copies", match={"send": "Copy of*"}),
    rule("x", ignore="no", redeemable=None, segment=None, match={"send": "No offer*"}),
)
BY_AUDIENCE = book(rule(match={"send": "*"}, segment=None))
LATE = book(rule(match={"send": "*"}, late="earliest"))


@dataclass
class Office:
    """A worker that takes what the source shows, hour by hour, and commits what is due."""

    rules: RuleBook = RULES
    gone: bool = True
    draft: bool = False
    skew: float = 0
    told: Known = field(default_factory=lambda: known(mode=MODE))
    previous: datetime | None = None
    given: list[tuple[float, float]] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    critical: set[str] = field(default_factory=set)

    def cycle(self, shown: Shown, now: datetime) -> None:
        if shown == DOWN:
            return
        sends = () if isinstance(shown, str) else shown
        polls = [poll(*sends, previous=self.previous, now=now)] if shown != FAILS else []
        polls = [replace(one, skew=timedelta(minutes=self.skew)) for one in polls]
        lost = {one.send.series for one in self.told.occurrences} - {one.series for one in sends}
        good = {"braze_us": self.previous} if self.previous and shown == FAILS else None
        made = plan(
            self.told,
            *polls,
            now=now,
            rules=self.rules,
            by=POLICY,
            lists=LISTS,
            gone=[
                one.send.series
                for one in self.told.occurrences
                if self.gone and one.send.series in lost and one.absent_polls >= 1 and polls
            ],
            last_good=good,
        )
        asked = drafts_wanted(made)
        made = with_drafts(made, {one.send.series: self.draft for one in asked})
        made = self._committed(made)
        self.told = recorded(self.told, made)
        self.previous = now if polls else self.previous
        self._look(now)

    def _committed(self, made: Plan) -> Plan:
        def settled(planned: Any) -> Any:
            if planned.action is not Action.COMMIT:
                return planned
            row = planned.distribution
            self.given.append((_hour(row.first_delivery), _hour(row.start_time)))
            done = replace(row, state=State.COMMITTED, attempts=1, campaign_id=len(self.given))
            return replace(planned, distribution=done)

        entries = tuple(
            replace(entry, planned=tuple(map(settled, entry.planned))) for entry in made.entries
        )
        sealed = [
            Given(row.id, "x", row.segment_id or 0, row.redeemable_uuid or "", row.first_delivery,
                  entry.occurrence.send.series, "UTC")
            for entry in entries
            for row in (planned.distribution for planned in entry.planned)
            if row.state.sealed and row.first_delivery
        ]  # fmt: skip
        ids = {one.distribution for one in sealed}
        kept = tuple(one for one in self.told.given if one.distribution not in ids)
        self.told = replace(self.told, given=(*kept, *sealed))
        return replace(made, entries=entries)

    def _look(self, now: datetime) -> None:
        for occurrence in self.told.occurrences:
            for row in self.told.distributions.get(occurrence.key, ()):
                if found := of_row(Row(occurrence, row), now):
                    self.codes.add(found.reason.code)
                    if found.severity is Severity.CRITICAL:
                        self.critical.add(found.reason.code)

    @property
    def states(self) -> list[str]:
        rows = [row for each in self.told.distributions.values() for row in each]
        return sorted(row.state.value for row in rows)


def _hour(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - NOW) / timedelta(hours=1)


def walked(changes: Sequence[tuple[float, Shown]], until: float, **office: Any) -> Office:
    worker = Office(**office)
    for now, shown in _timeline(changes, until):
        worker.cycle(shown, now)
    return worker


def _timeline(
    changes: Sequence[tuple[float, Shown]], until: float
) -> Iterator[tuple[datetime, Shown]]:
    now = hours(changes[0][0])
    while now < hours(until):
        yield now, [shown for hour, shown in changes if hours(hour) <= now][-1]
        now += POLL


X, Y = [at(12)], [at(36)]
COPY = at(12.5, "s2", name="Copy of Send s1")
UNTOLD = [send("s1", None, problem=saying("next-run-unknown", "nobody says when it runs again"))]
HALTED = saying(PAUSED, "it is paused")
TWICE = book(rule(match={"send": "*"}, late="earliest", repeat="allow"))
STEPS = {"deadline-24h", "deadline-6h", "deadline-1h"}
SOON = {"deadline-6h", "deadline-1h"}

# what the source shows from which hour on, until when, then: the first delivery and start of each
# offer given, the states of all rows in the end, and the codes of all that wanted a person.
Offers = list[tuple[float, float]]
Story = tuple[str, list[tuple[float, Shown]], float, Offers, list[str], set[str], dict[str, Any]]
STORIES: list[Story] = [
    ("fires once", [(0, X), (12, [])], 14, [(12, 11.5)], ["committed"], set(), {}),
    ("moved earlier before its commit", [(0, X), (3, [at(10)]), (10, [])], 14,
     [(10, 9.5)], ["committed"], set(), {}),
    ("moved later before its commit", [(0, X), (3, [at(15)]), (15, [])], 16,
     [(15, 14.5)], ["committed"], set(), {}),
    ("moved about, and back", [(0, X), (1, [at(30)]), (2, [at(5)]), (2.5, X), (12, [])], 14,
     [(12, 11.5)], ["committed"], set(), {}),
    ("moved later after its commit", [(0, X), (10, [at(15)]), (15, [])], 16,
     [(12, 11.5)], ["committed"], {"drift"}, {}),
    ("moved earlier after its commit, the offer still first", [(0, X), (10, [at(11.75)])], 11,
     [(12, 11.5)], ["committed"], {"drift"}, {}),
    ("moved before its offer", [(0, X), (10, [at(11)]), (11, [])], 13,
     [(12, 11.5)], ["committed"], {"drift!"}, {}),
    ("rolls at its nominal time", [(0, X), (12, Y), (36, [])], 38,
     [(12, 11.5), (36, 35.5)], ["committed"] * 2, set(), {}),
    ("rolls half an hour late", [(0, X), (12.5, Y), (36, [])], 38,
     [(12, 11.5), (36, 35.5)], ["committed"] * 2, set(), {}),
    ("rolls a day late", [(0, X), (35, [at(60)]), (60, [])], 62,
     [(12, 11.5), (60, 59.5)], ["committed"] * 2, set(), {}),
    ("disappears between two firings", [(0, X), (12, []), (20, Y), (36, [])], 38,
     [(12, 11.5), (36, 35.5)], ["committed"] * 2, set(), {}),
    ("an old reading comes late", [(0, X), (12, Y), (12.4, X), (12.6, Y), (36, [])], 38,
     [(12, 11.5), (36, 35.5)], ["committed"] * 2, set(), {}),
    ("an old reading comes after the next commit", [(0, X), (12, Y), (35, X), (35.3, Y)], 36,
     [(12, 11.5), (36, 35.5)], ["committed"] * 2, set(), {}),
    ("a local send rolls at its nominal time", [(0, [local(40)]), (40, [local(64)])], 60,
     [(26, 25.5), (50, 49.5)], ["committed"] * 2, set(), {}),
    ("a local send rolls after its last zone: the next has begun",
     [(0, [local(40)]), (52, [local(64)])], 54,
     [(26, 25.5)], ["committed", "missed"], {"too-late"}, {}),
    ("a local send rolls at its first zone: nobody can tell",
     [(0, [local(40)]), (26, [local(64)])], 52,
     [(26, 25.5)], ["committed", "missed"], STEPS | {"missed"}, {}),
    ("a local send is shown until its last zone", [(0, [local(40)]), (52, [])], 54,
     [(26, 25.5)], ["committed"], set(), {}),
    ("a local send disappears at its first zone", [(0, [local(40)]), (26, [])], 54,
     [(26, 25.5)], ["committed"], set(), {}),
    ("cancelled before its commit", [(0, X), (3, [])], 14, [], ["withdrawn"], set(), {}),
    ("cancelled after its commit", [(0, X), (10, [])], 14,
     [(12, 11.5)], ["committed"], {"drift"}, {}),
    ("vanished, though its details call it live", [(0, X), (3, [])], 14,
     [], ["missed"], {"missed"}, {"gone": False}),
    ("missing in one reading when it is due", [(0, X), (9.5, []), (9.65, X), (12, [])], 14,
     [(12, 11.5)], ["committed"], set(), {}),
    ("stopped and resumed", [(0, X), (3, []), (5, X), (12, [])], 14,
     [(12, 11.5)], ["committed"], set(), {}),
    ("stopped after its commit and resumed", [(0, X), (10, []), (10.6, X), (12, [])], 14,
     [(12, 11.5)], ["committed"], {"drift"}, {}),
    ("postponed beyond what is planned, and back",
     [(0, X), (3, [at(220)]), (5, [at(14)]), (14, [])], 16,
     [(14, 13.5)], ["committed"], set(), {}),
    ("postponed beyond what is shown, and back", [(0, X), (3, []), (20, [at(40)]), (40, [])], 42,
     [(40, 39.5)], ["committed", "missed"], {"missed"}, {"gone": False}),
    ("no worker over the firing of a given one", [(0, X), (11, DOWN), (13, Y)], 37,
     [(12, 11.5)], ["committed", "missed"], STEPS | {"missed"}, {}),
    ("no worker over the firing of one not given", [(0, X), (5, DOWN), (13, Y), (36, [])], 38,
     [(36, 35.5)], ["committed", "missed"], {"missed"}, {}),
    ("its source fails over the firing", [(0, X), (11, FAILS), (13, Y)], 37,
     [(12, 11.5)], ["committed", "missed"], STEPS | {"missed"}, {}),
    ("its source fails until too late", [(0, X), (8, FAILS), (11.9, X)], 12,
     [], ["missed"], {"missed"}, {}),
    ("relaunched as a copy before its commit", [(0, X), (3, [COPY]), (12.5, [])], 14,
     [(12.5, 12)], ["committed", "withdrawn"], {"deadline-24h"}, {}),
    ("relaunched as a copy after its commit", [(0, X), (10, [COPY]), (12.5, [])], 14,
     [(12, 11.5)], ["committed", "missed"], {"drift", "missed"} | SOON, {}),
    ("cloned beside itself", [(0, X), (3, [*X, COPY]), (12, [COPY]), (12.5, [])], 14,
     [(12, 11.5)], ["committed", "missed"], {"missed"} | STEPS, {}),
    ("renamed", [(0, X), (3, [at(12, name="Send anew")]), (12, [])], 14,
     [(12, 11.5)], ["committed"], set(), {}),
    ("renamed so that no rule wants it", [(0, X), (3, [at(12, name="Other")]), (12, [])], 14,
     [], ["withdrawn"], set(), {}),
    ("renamed so after its commit", [(0, X), (10, [at(12, name="No offer")]), (12, [])], 14,
     [(12, 11.5)], ["committed"], {"drift"}, {}),
    ("another audience before its commit",
     [(0, [at(12, audiences=("VIP Guests",))]), (3, [at(12, audiences=("Lunch Crowd",))])], 14,
     [(12, 11.5)], ["committed", "withdrawn"], set(), {"rules": BY_AUDIENCE}),
    ("another audience after its commit",
     [(0, [at(12, audiences=("VIP Guests",))]), (10, [at(12, audiences=("Lunch Crowd",))])], 11.9,
     [(12, 11.5)], ["committed", "missed"], {"drift", "missed"} | SOON, {"rules": BY_AUDIENCE}),
    ("a draft of changes waits", [(0, X), (12, [])], 14,
     [(12, 11.5)], ["committed"], {"draft-pending"}, {"draft": True}),
    ("a local send is moved later while it queues", [(0, [local(40)]), (10, [local(45)])], 46,
     [(26, 25.5)], ["committed"], set(), {}),
    ("a local send is moved later in time", [(0, [local(60)]), (10, [local(64)])], 66,
     [(50, 49.5)], ["committed"], set(), {}),
    ("a local send is moved earlier while it queues", [(0, [local(40)]), (10, [local(35)])], 46,
     [(21, 20.5)], ["committed"], set(), {}),
    ("a local send that queues becomes one for all at once",
     [(0, [local(40)]), (10, [at(40)])], 42, [(26, 25.5)], ["committed"], set(), {}),
    ("one for all at once becomes a local send", [(0, [at(40)]), (10, [local(40)])], 42,
     [(26, 25.5)], ["committed"], set(), {}),
    ("an intelligent send is moved later while it queues",
     [(0, [smart(60)]), (10, [smart(84)])], 62,
     [(46, 45.5)], ["committed"], set(), {}),
    ("an intelligent send is moved later in time", [(0, [smart(90)]), (10, [smart(96)])], 98,
     [(82, 81.5)], ["committed"], set(), {}),
    ("moved into the past after its commit, and back",
     [(0, X), (10, [at(9)]), (10.5, X)], 11.9,
     [(12, 11.5)], ["committed", "missed"], {"drift!", "missed"} | SOON, {}),
    ("seen too late", [(11.8, X), (12, [])], 14, [], ["missed"], {"too-late"}, {}),
    ("seen when it has gone out", [(0, [at(-0.1)]), (1, [])], 2, [], ["missed"], {"too-late"}, {}),
    ("seen too late, and it may come late", [(11.8, X), (12, [])], 14,
     [(12, 12 + 1 / 12)], ["committed"], {"late"}, {"rules": LATE}),
    ("a local send whose first zones are over may come late", [(30, [local(40)]), (40, [])], 42,
     [(26, 30 + 17 / 60)], ["committed"], {"late"}, {"rules": LATE}),
    ("missed, and moved to a later time", [(11.8, X), (11.9, [at(15)]), (15, [])], 16,
     [(15, 14.5)], ["committed"], {"too-late"}, {}),
    ("without a time, then with one", [(0, [send("s1", None)]), (3, X), (12, [])], 14,
     [(12, 11.5)], ["committed"], {"no-time"}, {}),
    ("its time cannot be read for a while", [(0, X), (3, [send("s1", None)]), (5, X)], 12,
     [(12, 11.5)], ["committed"], set(), {}),
    ("a recurring one whose next time nobody tells", [(0, X), (12.2, [send("s1", None)])], 14,
     [(12, 11.5)], ["blocked", "committed"], {"no-time"}, {}),
    ("a flow goes on after its run, and nobody tells its next", [(0, X), (14, UNTOLD)], 20,
     [(12, 11.5)], ["blocked", "committed"], {"next-run-unknown"}, {}),
    ("a flow goes on after its run, and ends", [(0, X), (14, UNTOLD), (16, [])], 18,
     [(12, 11.5)], ["committed", "withdrawn"], {"next-run-unknown"}, {}),
    ("a flow goes on after its run until its next is told",
     [(0, X), (14, UNTOLD), (20, Y), (38, UNTOLD)], 40,
     [(12, 11.5), (36, 35.5)], ["blocked", "committed", "committed"], {"next-run-unknown"}, {}),
    ("a flow that runs on is seen first", [(0, UNTOLD), (5, Y), (38, UNTOLD)], 40,
     [(36, 35.5)], ["blocked", "committed"], {"next-run-unknown"}, {}),
    ("an old reading shows the run that was given for again",
     [(0, X), (14, UNTOLD), (14.5, X), (15, UNTOLD)], 17,
     [(12, 11.5)], ["blocked", "committed"], {"next-run-unknown"}, {"rules": TWICE}),
    ("a flow's run that nobody saw is not taken for the next",
     [(0, X), (11, DOWN), (15, UNTOLD), (20, Y)], 37,
     [(12, 11.5)], ["committed", "missed"], STEPS | {"missed", "next-run-unknown"}, {}),
    ("paused over its time after its commit, and resumed for another",
     [(0, X), (11, [at(12, problem=HALTED)]), (12.5, Y)], 37,
     [(12, 11.5)], ["committed", "missed"], STEPS | {"missed"}, {}),
    ("paused over its time after its commit, and resumed much later",
     [(0, X), (11, [at(12, problem=HALTED)]), (14, [send("s1", None, problem=HALTED)]), (20, Y)],
     37, [(12, 11.5)], ["committed", "missed"], STEPS | {"missed", "paused"}, {}),
    ("our clock is slow: the row rolls before its time by it",
     [(0, X), (11.8, Y), (36, [])], 38,
     [(12, 11.5), (36, 35.5)], ["committed"] * 2, set(), {"skew": 15}),
    ("our clock is fast: it is moved when its time has passed by it",
     [(0, X), (12.1, [at(15)]), (15, [])], 16,
     [(12, 11.5)], ["committed"], {"drift"}, {"skew": -20}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "until", "given", "states", "codes", "office"),
    [one[1:] for one in STORIES],
    ids=[one[0] for one in STORIES],
)
def test_a_story(
    changes: list[tuple[float, Shown]],
    until: float,
    given: list[tuple[float, float]],
    states: list[str],
    codes: set[str],
    office: dict[str, Any],
) -> None:
    end = walked(changes, until, **office)
    assert len(end.given) == len(given)
    for found, wanted in zip(end.given, given, strict=True):
        assert found == pytest.approx(wanted)
    assert end.states == states
    assert {
        f"{code}!" if code in end.critical and code == "drift" else code for code in end.codes
    } == codes


@pytest.mark.parametrize("kind", ["canvas", "list_email", "flow"])
def test_every_kind_of_send_is_followed_alike(kind: str) -> None:
    of: dict[str, Any] = {"kind": kind, "account": "" if kind == "canvas" else "brand.my"}
    known_kinds = ("canvas", "list_email", "flow")
    worker = Office()
    for now, shown in _timeline(
        [(0, [at(12, **of)]), (3, [at(14, **of)]), (14, [at(38, **of)])], 37
    ):
        sends = [one for one in shown if isinstance(one, Send)]
        made = plan(
            worker.told,
            poll(*sends, previous=worker.previous, kinds=known_kinds, now=now),
            now=now,
            rules=RULES,
            by=POLICY,
        )
        made = worker._committed(made)
        worker.told = recorded(worker.told, made)
        worker.previous = now
    assert worker.given == [(14, 13.5), (38, 37.5)]
    keys = sorted(one.key for one in worker.told.occurrences)
    assert keys == [
        f"v1:{kind}:{of['account']}:s1:20261122T180000Z",
        f"v1:{kind}:{of['account']}:s1:20261123T200000Z",
    ]


def test_an_occurrence_keeps_its_key_over_moves_renames_and_other_rules() -> None:
    worker = Office()
    shown: list[tuple[float, Shown]] = [
        (0, X),
        (1, [at(20)]),
        (2, [at(13, name="Send anew", tags=("new",))]),
        (3, [at(15, name="Copy of it", audiences=("Lunch Crowd",))]),
    ]
    for now, row in _timeline(shown, 5):
        worker.rules = RULES if now < hours(4) else BY_AUDIENCE
        worker.cycle(row, now)
    (one,) = worker.told.occurrences
    assert one.key == "v1:campaign::s1:20261122T180000Z"
    assert one.opened_for == hours(12)
    rows = worker.told.distributions[one.key]
    assert {row.occurrence for row in rows} == {one.key}
