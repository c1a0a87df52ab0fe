"""One story from its first day to its last: a single thread, and not one real wait."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any

from connector.domain.distribution import State
from connector.domain.lifecycle import SHORTLY_POLLS
from connector.errors import ConfigError, LedgerError, RefusedError
from connector.sandbox.exchange import Request
from connector.worker.cycle import Report, preview, run_cycle
from tests.simulation.brand import Brand, Showing
from tests.simulation.guards import Guards
from tests.simulation.happenings import Happenings
from tests.simulation.invariants import BrokenError, Watch, require
from tests.simulation.office import Office
from tests.simulation.outside import CAMPAIGNS, Crash, Outside
from tests.simulation.owed import Owed
from tests.simulation.people import People
from tests.simulation.seams import seams
from tests.simulation.stage import a_place, quietly
from tests.simulation.story import DAY, Item, Story

MINUTE = timedelta(minutes=1)
LONGEST = 4000  # cycles of one story: a bound, never reached


@dataclass
class Result:
    """What became of one story: `broken` names the invariant that did not hold."""

    seed: int
    days: int
    broken: str = ""
    digest: str = ""
    cycles: int = 0
    campaigns: int = 0
    posts: int = 0
    crashes: int = 0
    restored: int = 0
    states: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)


class Simulation:
    """Walks a story by its interesting instants, and looks at everything after each step."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.outside = Outside(story.start, story.seed)
        self.brand = Brand(self.outside.world)
        self.brand.shortly = SHORTLY_POLLS * timedelta(seconds=story.poll_seconds)
        self.office = Office(story, self.outside, folder)
        self.watch = Watch(self.office.path, self.brand)
        self.guards = Guards(self.watch, story.start - timedelta(days=1))
        self.people = People(self.office, self.brand, self.watch)
        self.happenings = Happenings(
            self.outside, self.brand, self.office, self.watch, self.guards, self.people
        )
        self.outside.watch = self._at_post
        self.outside.trace = self._trace
        self.cycles = 0
        self.happened: dict[str, int] = {}
        self._owed = Owed(self.outside.world)
        self._trail = hashlib.sha256()
        self._soon: list[datetime] = []
        self._turned = story.start - DAY * MINUTE
        self._numbers = count()
        self._ahead: list[tuple[datetime, int, Item]] = []

    @property
    def now(self) -> datetime:
        return self.outside.clock.now()

    def _trace(self, *facts: object) -> None:
        self._trail.update(repr((self.now, *facts)).encode())

    def _at_post(self, request: Request) -> None:
        require(request.path == CAMPAIGNS, "only campaigns are posted", request.path)
        self.guards.post(request.body, self.now, self.office.clock.off)

    # --- the walk

    def run(self) -> Result:
        result = Result(self.story.seed, self.story.days)
        try:
            self.brand.open()
            self.people.say("live", {"nothing": True})
            self._month()
            self.afterwards()
        except BrokenError as error:
            result.broken = str(error)
        finally:
            self._count(result)
            self.close()
        return result

    def close(self) -> None:
        self.office.stop()
        self.watch.close()

    def go_on(self) -> None:
        """Go to the next instant at which something follows, or a poll could tell or do more."""
        goal = self._next()
        if self._ahead and self._ahead[0][0] <= goal:
            self._one_ahead()
        else:
            self.outside.clock.set(goal)
            self.turn()

    def pass_time(self, minutes: int) -> None:
        """Let nobody poll for a while."""
        self.outside.clock.advance(minutes * MINUTE)
        self.brand.note_firings()

    def _count(self, result: Result) -> None:
        for row in self.watch.rows("SELECT state, count(*) AS n FROM distribution GROUP BY state"):
            result.states[row["state"]] = row["n"]
        result.campaigns, result.posts = len(self.watch.campaigns), self.outside.posts
        result.cycles, result.crashes = self.cycles, self.office.crashes
        result.restored, result.items = self.office.restored, self.happened
        self._trace(sorted(result.states.items()), result.broken)
        result.digest = self._trail.hexdigest()

    def _month(self) -> None:
        end = self.story.start + timedelta(days=self.story.days)
        for item in self.story.items:
            self._plan(item, self.story.start)
        heapify(self._ahead)
        while self.now < end and self.cycles < LONGEST:
            goal = min(self._next(), end)
            if self._ahead and self._ahead[0][0] <= goal:
                self._one_ahead()
            else:
                self.outside.clock.set(goal)
                self.turn()

    def _plan(self, item: Item, since: datetime) -> None:
        if item.at < self.story.days * DAY:
            heappush(self._ahead, (since + item.at * MINUTE, next(self._numbers), item))

    def _one_ahead(self) -> None:
        """Let the next item happen, unless it wants to wait for its send's own time."""
        at, _, item = heappop(self._ahead)
        aim = self._aim(item)
        if aim is not None and aim > max(at, self.now):
            heappush(self._ahead, (aim, next(self._numbers), item))
            return
        self.outside.clock.set(at)
        self.happen(item)

    def _aim(self, item: Item) -> datetime | None:
        given = item.given
        if "before" not in given or given["number"] not in self.brand.ids:
            return None
        showing = self.brand.showing(self.brand.send(self.brand.ids[given["number"]]))
        before = timedelta(minutes=given["before"])
        return None if showing is None else showing.first - before

    def _next(self) -> datetime:
        """Return the next instant at which a poll could tell or do something new."""
        now = self.now
        found = [now + timedelta(hours=self.story.heartbeat_hours)]
        for showing in self._showings():
            opens, first, nominal = showing.opens_at, showing.first, showing.nominal
            found += [opens + MINUTE, first - MINUTE, nominal - MINUTE, nominal + MINUTE]
            if self.story.dense:
                found += [opens + 12 * MINUTE, first - 24 * MINUTE]
        self._soon = [at for at in self._soon if at > now]
        soonest = max(now, self._turned + timedelta(seconds=20))
        return min(at for at in (*found, *self._soon) if at > soonest)

    def _showings(self) -> Iterator[Showing]:
        for send in self.brand.sends():
            if (showing := self.brand.showing(send)) is not None:
                yield showing

    # --- what happens

    def happen(self, item: Item) -> None:
        """Let an item happen now, and what follows it in its time; then look at everything."""
        self._trace(item.what, item.args)
        self.happened[item.what] = self.happened.get(item.what, 0) + 1
        given = {key: one for key, one in item.given.items() if key not in ("before", "then")}
        if item.what == "look":
            self._look()
        else:
            self.happenings.befall(item.what, given)
        for one in item.given.get("then", ()):
            self._plan(one, self.now)
        if not (item.what == "trouble" and given["method"] == "POST"):
            self._soon.append(self.now + 2 * MINUTE)
        self.watch.step()

    def turn(self) -> None:
        """Let the worker do a cycle, start one where there is none, and look at what it left."""
        self.brand.note_firings()
        self._turned = self.now
        if self.now < self.happenings.down_until:
            return
        self.cycles += 1
        self.outside.asked.clear()
        try:
            report = self._cycle()
        except Crash:
            self._crashed()
        except (LedgerError, RefusedError) as error:
            raise BrokenError(f"the ledger refuses: {error}") from error
        else:
            if report is not None:
                self._after(report)
        require(not self.outside.early, "I8 nobody is asked too early", self.outside.early)
        self.brand.note_firings()
        self.watch.step()

    def _cycle(self) -> Report | None:
        """Do one cycle; None where no worker starts: a stranger, or rules that were never read."""
        if self.office.work is None and not self._started():
            return None
        work, keeper = self.office.work, self.office.keeper
        assert work is not None
        assert keeper is not None
        self.guards.before_cycle(self.office.clock.now())
        report = run_cycle(work, keeper.refresh())
        self.guards.after_cycle(self.outside.asked, work.keys)
        self.watch.cycle(report, self.story.per_cycle)
        return report

    def _started(self) -> bool:
        known = {row["name"]: row["account"] for row in self.watch.rows("SELECT * FROM world")}
        here = self.office.world
        stranger = any(known.get(name, one) != one for name, one in here.items())
        try:
            self.office.start()
        except LedgerError:
            if not stranger:
                raise
            return False
        except ConfigError:
            accepted = self.watch.rows("SELECT * FROM mapping_set")
            require(not accepted, "a worker starts with the mapping files it had last", accepted)
            return False
        require(not stranger, "a remote that is somewhere else is refused", known, here)
        return True

    def _crashed(self) -> None:
        self.office.crashed()
        self.outside.refused.clear()  # nobody wrote down what this cycle was told
        self.guards.forgiven = self.office.clock.now()
        self._soon.append(self.now + MINUTE)

    def _after(self, report: Report) -> None:
        self.outside.rest()
        self.brand.polled |= {one.snapshot.source: self.now for one in report.observation.polls}
        if self.story.quiet:
            self._owed.note(self._showings())
        planned = [planned for _, planned in report.plan.planned()]
        rows = [one.distribution for one in planned if one.distribution.state is State.WAITING]
        rows += [one.distribution for one in report.settled]
        off = self.office.clock.off
        waits = [row.not_before for row in rows if row.not_before is not None]
        self._soon += [at - off + timedelta(seconds=5) for at in waits]
        changed = any(entry.changed for entry in report.plan.entries)
        failed = report.observation.failures.keys() & self.outside.asked
        if changed or failed or any(one.changed for one in planned):
            self._soon.append(self.now + 10 * MINUTE)
        self._trace([one.verdict for one in report.settled], len(report.plan.entries))

    def _look(self) -> None:
        """People look: neither the ledger's bytes nor Punchh change (I12)."""
        work, keeper = self.office.work, self.office.keeper
        if work is None or keeper is None:
            return
        before, posts = self.office.bytes(), self.outside.posts
        try:
            preview(work, keeper.book)
            work.ledger.rows()
            work.ledger.counts()
        except Crash:
            self._crashed()
            return
        self.outside.refused.clear()  # nor is written down what a look was told
        require(self.office.bytes() == before, "I12 looking changes nothing in the ledger")
        require(self.outside.posts == posts, "I12 looking posts nothing")

    # --- the end

    def afterwards(self) -> None:
        """All trouble ends; after a few cycles nothing that could go is left (I11)."""
        self.happenings.all_over()
        self._ahead.clear()
        self.people.all_clear()
        for _ in range(4):
            self.outside.clock.advance(31 * MINUTE)
            self.turn()
        self.watch.end(self.now)
        if self.story.quiet:
            self.watch.owed(self._owed.until(self.now))


def simulate(
    story: Story, sabotage: Callable[[], AbstractContextManager[Any]] = nullcontext
) -> Result:
    """Walk one story, from a fresh ledger; `sabotage` may break the protocol on purpose."""
    with a_place(f"seed-{story.seed}") as folder:
        simulation = Simulation(story, folder)
        with quietly(), seams(simulation.outside, simulation.happenings.seam), sabotage():
            return simulation.run()
