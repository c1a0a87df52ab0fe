"""One story from its first day to its last: a single thread, and not one real wait."""

import atexit
import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import structlog

from connector import telemetry
from connector.domain.distribution import State
from connector.errors import LedgerError, RefusedError
from connector.sandbox.exchange import Request
from connector.worker.cycle import Report, preview, run_cycle
from tests.simulation.brand import OFFERS, TAG, Brand, Showing, book
from tests.simulation.invariants import BrokenError, Watch, require
from tests.simulation.office import Office, seams
from tests.simulation.outside import CAMPAIGNS, Crash, Outside, Trouble
from tests.simulation.story import DAY, Item, Story

MINUTE = timedelta(minutes=1)
HEARTBEAT = timedelta(hours=12)
LONGEST = 4000  # cycles of one story: a bound, never reached
IN_THE_CLOUDS = frozenset(
    """create move move_about cancel resume rename retag hide show clone
    twin drop remake relabel draft""".split()  # noqa: SIM905  easier to read
)


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
    states: dict[str, int] = field(default_factory=dict)


class Simulation:
    """Walks a story by its interesting instants, and looks at everything after each step."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.outside = Outside(story.start, story.seed)
        self.brand = Brand(self.outside.world)
        self.office = Office(story, self.outside, folder)
        self.watch = Watch(self.office.path, self.brand)
        self.outside.watch = self._at_post
        self.outside.trace = self._trace
        self.book = book(0)
        self.cycles = 0
        self._trail = hashlib.sha256()
        self._seams: list[str] = []
        self._soon: list[datetime] = []
        self._down_until = story.start
        self._owed: dict[tuple[str, datetime], tuple[Any, ...]] = {}

    @property
    def now(self) -> datetime:
        return self.outside.clock.now()

    def _trace(self, *facts: object) -> None:
        self._trail.update(repr((self.now, *facts)).encode())

    def _at_post(self, request: Request) -> None:
        require(request.path == CAMPAIGNS, "only campaigns are posted", request.path)
        self.watch.post(request.body, self.now, self.office.clock.off)

    def seam(self, name: str) -> None:
        """Crash where the story says so."""
        if name in self._seams:
            self._seams.remove(name)
            self._trace("crash", name)
            raise Crash(name)

    # --- the walk

    def run(self) -> Result:
        result = Result(self.story.seed, self.story.days)
        try:
            self.brand.open()
            self._say("live", {"nothing": True})
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
        """Poll at the next instant at which that could tell or do something new."""
        self.outside.clock.set(self._next())
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
        self._trace(sorted(result.states.items()), result.broken)
        result.digest = self._trail.hexdigest()

    def _month(self) -> None:
        items = [
            (self.story.start + timedelta(minutes=item.at), item)
            for item in self.story.items
            if item.at < self.story.days * DAY
        ]
        end = self.story.start + timedelta(days=self.story.days)
        while self.now < end and self.cycles < LONGEST:
            goal = min(self._next(), end)
            if items and items[0][0] <= goal:
                at, item = items.pop(0)
                self.outside.clock.set(self._in_reach(at, item))
                self.happen(item)
                self._soon += [self.now + 2 * MINUTE, self.now + 12 * MINUTE]
            else:
                self.outside.clock.set(goal)
                self.turn()

    def _in_reach(self, at: datetime, item: Item) -> datetime:
        """Bring a move close to its send's own time, where the story wants it there."""
        if item.what != "move_about" or item.given["number"] not in self.brand.ids:
            return at
        showing = self.brand.showing(self.brand.send(self.brand.ids[item.given["number"]]))
        if showing is None:
            return at
        near: datetime = showing.first - item.given["before"] * MINUTE
        return min(max(at, near), at + timedelta(days=1))

    def _next(self) -> datetime:
        """Return the next instant at which a poll could tell or do something new."""
        now = self.now
        found = [now + HEARTBEAT]
        for showing in self._showings():
            near = (showing.opens_at + MINUTE, showing.opens_at + 12 * MINUTE)
            about = (showing.first - 24 * MINUTE, showing.first - MINUTE)
            found += [*near, *about, showing.nominal - MINUTE, showing.nominal + MINUTE]
        self._soon = [at for at in self._soon if at > now]
        return min(at for at in (*found, *self._soon) if at > now + timedelta(seconds=20))

    def _showings(self) -> Iterator[Showing]:
        for send in self.brand.sends():
            if (showing := self.brand.showing(send)) is not None:
                yield showing

    # --- what happens

    def happen(self, item: Item) -> None:  # noqa: C901  a row for each kind
        self._trace(item.what, item.args)
        given = item.given
        match item.what:
            case what if what in IN_THE_CLOUDS:
                self.brand.act(what, given)
            case "rules":
                self.book = book(given["book"])
            case "trouble":
                self.outside.troubles.append(Trouble(**given))
            case "seam":
                self._seams.append(given["name"])
            case "restart":
                self.office.stop()
            case "outage":
                self.office.stop()
                self._down_until = self.now + given["minutes"] * MINUTE
            case "rival":
                require(self.office.rival(), "a second worker is refused")
            case "look":
                self._look()
            case "step":
                self.office.clock.off = timedelta(seconds=given["seconds"])
            case "skew":
                self.outside.world.switches.set({"punchh.skew_seconds": given["seconds"]})
            case verb:
                self._say(verb, given)
        self.watch.step()

    def _say(self, verb: str, given: dict[str, Any]) -> None:
        try:
            self.office.say(verb, given, self._truly_new)
        except Crash:
            self.office.crashed()

    def _truly_new(self, row: Any) -> bool:
        """Say what an honest person finds: a doubtful send is another firing, or is not."""
        if row.occurrence.doubt is None:
            return True
        send_id = row.occurrence.send.send_id
        marks = {
            one["external_campaign_id"]
            for one in self.watch.rows(
                "SELECT a.external_campaign_id FROM attempt a JOIN distribution d "
                "ON d.id = a.distribution JOIN occurrence o ON o.key = d.occurrence "
                "WHERE o.send_id = ?",
                send_id,
            )
        }
        made = [one.created_at for one in self.watch.campaigns if one.external_campaign_id in marks]
        self.brand.note_firings()
        return all(any(at >= one for at in self.brand.fired.get(send_id, [])) for one in made)

    def turn(self) -> None:
        """Let the worker do a cycle, start one where there is none, and look at what it left."""
        self.brand.note_firings()
        if self.now < self._down_until:
            return
        self.cycles += 1
        try:
            work = self.office.work or self.office.start()
            report = run_cycle(work, self.book)
        except Crash:
            self.office.crashed()
            self._soon.append(self.now + MINUTE)
        except (LedgerError, RefusedError) as error:
            raise BrokenError(f"the ledger refuses: {error}") from error
        else:
            self.watch.cycle(report)
            self._after(report)
        require(not self.outside.early, "I8 nobody is asked too early", self.outside.early)
        self.brand.note_firings()
        self.watch.step()

    def _after(self, report: Report) -> None:
        if self.story.quiet:
            self._note_owed()
        waits = [
            planned.distribution.not_before
            for _, planned in report.plan.planned()
            if planned.distribution.state is State.WAITING and planned.distribution.not_before
        ]
        settled = [one.distribution.not_before for one in report.settled]
        waits += [at for at in settled if at is not None]
        off = self.office.clock.off
        self._soon += [at - off + timedelta(seconds=5) for at in waits]
        self._trace([one.verdict for one in report.settled], len(report.plan.entries))

    def _look(self) -> None:
        """People look: neither the ledger's bytes nor Punchh change (I12)."""
        if self.office.work is None:
            return
        before, posts = self.office.bytes(), self.outside.posts
        try:
            preview(self.office.work, self.book)
            self.office.work.ledger.rows()
            self.office.work.ledger.counts()
        except Crash:
            self.office.crashed()
            return
        require(self.office.bytes() == before, "I12 looking changes nothing in the ledger")
        require(self.outside.posts == posts, "I12 looking posts nothing")

    # --- the end

    def _note_owed(self) -> None:
        """Write down what each send that can be seen in good time is owed."""
        for showing in self._showings():
            send = showing.send
            redeemables = OFFERS.get(send.name.split()[0])
            seen = max(showing.since, showing.first - timedelta(days=7))
            audience = self._audience(send)
            if redeemables is None or audience is None or showing.first - seen < 40 * MINUTE:
                continue
            business = self.outside.world.punchh
            segment = next(s.id for s in business.segments.values() if s.name == audience)
            uuids = tuple(r.uuid for r in business.redeemables.values() if r.name in redeemables)
            self._owed[send.id, showing.first] = (segment, uuids)

    def _audience(self, send: Any) -> str | None:
        for tag in getattr(send, "tags", ()):
            if tag.startswith(TAG):
                return str(tag.removeprefix(TAG))
        targets = self.outside.world.salesforce.targets
        for source in getattr(send, "sources", ()):
            return targets[source.target].name
        segment = getattr(send, "segment", None)
        return targets[segment].name if segment else None

    def afterwards(self) -> None:
        """All trouble ends; after a few cycles nothing that could go is left (I11)."""
        self.outside.troubles.clear()
        self._seams.clear()
        self.office.clock.off = timedelta()
        self._down_until = self.now
        self._say("live", {"nothing": True})
        self._say("resolve", {})
        for _ in range(4):
            self.outside.clock.advance(31 * MINUTE)
            self.turn()
        self.watch.end(self.now)
        if self.story.quiet:
            past = {key: one for key, one in self._owed.items() if key[1] < self.now}
            self.watch.owed(past)


@cache
def _place() -> Path:
    """Return a folder in memory where there is one: durability is proven elsewhere."""
    shared = Path("/dev/shm")  # noqa: S108  nothing of it outlives the process
    place = Path(mkdtemp(prefix="connector-sim-", dir=shared if shared.is_dir() else None))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


@contextmanager
def quietly() -> Iterator[None]:
    """Let no event of the worker's log out."""
    before = structlog.get_config()
    telemetry.configure(StringIO(), least=logging.CRITICAL)
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def a_place(name: str) -> Iterator[Path]:
    """Give a folder for one ledger, and take it away again."""
    folder = _place() / name
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def simulate(
    story: Story, sabotage: Callable[[], AbstractContextManager[Any]] = nullcontext
) -> Result:
    """Walk one story, from a fresh ledger; `sabotage` may break the protocol on purpose."""
    with a_place(f"seed-{story.seed}") as folder:
        simulation = Simulation(story, folder)
        with quietly(), seams(simulation.outside, simulation.seam), sabotage():
            return simulation.run()
