"""Kill the worker at a named point, start it again, and compare ledger and Punchh.

Each case has a folder and a world of its own: three offers that are due, one that is not, and two
sends without an offer. What must hold afterwards is in `violations`.
"""

import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from alembic import command
from sqlalchemy import create_engine

from connector.cli.verbs.sandbox import configuration
from connector.ledger import schema
from connector.ledger.instants import spelled
from connector.points import Point
from connector.sandbox import Sandbox
from connector.sandbox.business import Campaign, Redeemable, Segment
from connector.sandbox.commits import TOO_SOON
from connector.sandbox.faults import Fault
from connector.sandbox.fields import Fields
from connector.sandbox.marketer import create
from connector.sandbox.times import iso, to_minute
from connector.sandbox.world import World
from tests.support.console import TIMEOUT, Done, clean_environment, keys_in_files, script, until
from tests.support.warm import Warm

Setting = Literal["first", "retry", "recovery"]
ONCE = ("run", "--once")
LIVE = ("live", "--nothing-given-yet")

DUE = {"Fries": 100, "Coffee": 105, "Taco": 110}  # the offer's name: minutes ahead
LATER = "Shake"
WITHOUT = ("Newsletter", "Teaser")
OURS = 0x434E4354  # "CNCT": the application id of every ledger
RULES = """\
version: 1
rules:
""" + "".join(
    f"  - {{name: {name.lower()}, match: {{send: '{name} *'}}, redeemable: Free {name}}}\n"
    for name in (*DUE, LATER)
)
RULES += "  - {name: newsletter, match: {send: Newsletter}, ignore: it brings no offer}\n"

_ORDER = list(Point)
SEALED = frozenset(
    _ORDER[_ORDER.index(Point.BEGIN_COMMITTED) : _ORDER.index(Point.SETTLE_COMMITTED)]
)
MIGRATION = {one for one in Point if one.startswith("migration.")}
CREATING = {one for one in Point if one.startswith("create.")}
GOING_LIVE = {one for one in Point if one.startswith("live.")}
HTTP = tuple(one for one in Point if one.startswith("http."))
# Passed only where a gift was seen: `test_crash_evidence.py` kills there.
PROVING = {one for one in Point if one.startswith(("evidence.", "sightings."))}
RUN = tuple(one for one in Point if one not in MIGRATION | CREATING | GOING_LIVE | PROVING)


@dataclass(frozen=True)
class Kill:
    """Where a process is killed, and at which passing of that place."""

    point: Point
    passing: int = 1
    method: str = ""

    def __str__(self) -> str:
        method = f"@{self.method}" if self.method else ""
        return f"{self.point.value}{method}:{self.passing}"

    @property
    def seals(self) -> bool:
        """True where the intent that was just written may stay without an outcome."""
        return self.point in SEALED and self.method != "GET"


@dataclass(frozen=True)
class Case:
    """Processes that are killed one after another; the first of them must be."""

    setting: Setting
    kills: tuple[Kill, ...]
    breaking: str | None = None

    def __str__(self) -> str:
        return f"{self.setting}-" + "-then-".join(map(str, self.kills))


@dataclass(frozen=True)
class Result:
    """What came of a case: a line for each thing that does not hold.

    `unpassed` are later kills that found nothing left to interrupt.
    """

    case: Case
    broken: list[str]
    unpassed: list[Kill]


# The worker of a recovery case was killed before: with its request on the wire, or thereabouts.
FIRST_CRASHES = (
    Kill(Point.HTTP_SENT, method="POST"),
    Kill(Point.BEGIN_COMMITTED),
    Kill(Point.SETTLE_WRITTEN, 2),
)


def places() -> list[Kill]:
    """Return every point once, those of an exchange for GET and POST."""
    found: list[Kill] = []
    for one in (one for one in Point if one not in PROVING):
        methods = ("GET", "POST") if one in HTTP else ("",)
        found += [Kill(one, method=method) for method in methods]
    return [*found, Kill(Point.HTTP_SENDING, 2, "POST")]  # the head is out, the body is not


def run_places() -> list[Kill]:
    return [kill for kill in places() if kill.point in RUN]


def small(world: World) -> None:
    """Fill the world with six sends, four segments and their redeemables."""
    for name in (*DUE, LATER):
        segment = Segment(world.ids.segment(), f"{name} Fans", 100)
        world.punchh.segments[segment.id] = segment
        redeemable = Redeemable(world.ids.redeemable(), world.ids.hex40(), f"Free {name}")
        world.punchh.redeemables[redeemable.uuid] = redeemable
    ahead = {**DUE, LATER: 60 * 24 * 3}
    sends = {f"{name} Mail": (minutes, f"{name} Fans") for name, minutes in ahead.items()}
    sends |= dict.fromkeys(WITHOUT, (120, "Nobody"))
    for name, (minutes, audience) in sends.items():
        at = iso(to_minute(world.now()) + timedelta(minutes=minutes))
        fields = {"source": "braze", "name": name, "tags": [f"punchh:segment={audience}"], "at": at}
        create(world, Fields(fields))


class Bench:
    """A sandbox, a warm Python, and ledgers to start from; used for one case after another."""

    def __init__(self, folder: Path, box: Sandbox, warm: Warm) -> None:
        self._folder, self._box, self._warm = folder, box, warm
        self._cases = 0
        box.world.stage(small)
        new = folder / "new"
        (new / "config").mkdir(parents=True)
        text = configuration(box).partition("[sources.sf_core]")[0]
        (new / "config" / "connector.toml").write_text(text, "utf-8")
        (new / "mappings").mkdir()
        (new / "mappings" / "rules.yaml").write_text(RULES, "utf-8")
        _draw_up_first(shutil.copytree(new, folder / "old") / "config" / "ledger.db")
        rehearsing = shutil.copytree(new, folder / "rehearsing")
        assert console(rehearsing, "init").code == 0
        live = shutil.copytree(rehearsing, folder / "live")
        assert console(live, *LIVE).code == 0

    def play(self, case: Case, *, by_script: bool = False) -> Result:
        """Play a case and say what does not hold."""
        self._cases += 1
        folder = self._folder / str(self._cases)
        shutil.copytree(self._folder / _start(case.kills[0].point), folder)
        self._box.world.reset()
        run = _Run(folder, self._box.world, case, self._warm, by_script=by_script)
        try:
            broken = [*run.broken(), *violations(folder, self._box.world, case)]
        finally:
            shutil.rmtree(folder)
        return Result(case, broken, run.unpassed)

    def start(self) -> tuple[Path, World]:
        """Return a live folder, and the world anew, for a test that starts its own processes."""
        self._box.world.reset()
        self._cases += 1
        return shutil.copytree(
            self._folder / "live", self._folder / str(self._cases)
        ), self._box.world


def _start(point: Point) -> str:
    if point in CREATING:
        return "new"
    if point in GOING_LIVE:
        return "rehearsing"
    return "old" if point in MIGRATION else "live"


class _Run:
    """The processes of one case."""

    def __init__(
        self, folder: Path, world: World, case: Case, warm: Warm, *, by_script: bool
    ) -> None:
        self._folder, self._world, self._case, self._warm = folder, world, case, warm
        self._by_script = by_script
        self.unpassed: list[Kill] = []

    def broken(self) -> Iterator[str]:
        """Kill, then start twice undisturbed; tell what did not end as it should."""
        case = self._case
        verb = _verb(case.kills[0].point)
        if case.setting == "retry":
            body = f'{{"errors": {{"invalid_start_time": "{TOO_SOON}"}}}}'
            fault = Fault("status", "punchh", method="POST", code=422, body=body, times=len(DUE))
            with self._world.lock:
                self._world.faults.add(fault)
            yield from self._ends(self._do(*ONCE), {0})
        for number, kill in enumerate(case.kills):
            done = self._do(*(ONCE if number else verb), kill=kill)
            if done.code != -signal.SIGKILL:
                self.unpassed.append(kill)
                yield from self._ends(done, {0, 1} if number else {-signal.SIGKILL})
            until(self._answered)
        if verb == ("init",):
            yield from self._ends(self._do(*verb), {0, 1})  # 1: it is already there
        if verb != ONCE:
            yield from self._ends(self._do(*LIVE), {0})
        yield from self._ends(self._do(*ONCE), {0, 1})  # 1: it found what the other left
        self._by_script = False  # the last one finds nothing to do: it may be the quicker one
        yield from self._ends(self._do(*ONCE), {0})

    def _do(self, *words: str, kill: Kill | None = None) -> Done:
        armed = {"POINTS_KILL": str(kill)} if kill else {}
        if self._by_script:
            done = console(self._folder, *words, more=armed)
        else:
            variables = {**clean_environment(), **armed}
            done = self._warm.run(
                self._folder, *words, variables=variables, breaking=self._case.breaking
            )
        with (self._folder / "said").open("a", encoding="utf-8") as said:
            said.write(done.out + done.err)
        return done

    def _answered(self) -> bool:
        """Punchh ends what it was asked, though nobody listens any more."""
        with self._world.lock:
            return all(row.status is not None for row in self._world.requests.rows())

    def _ends(self, done: Done, codes: set[int]) -> Iterator[str]:
        if done.code not in codes or "Traceback" in done.err or done.named("item.failed"):
            yield f"a process ended with {done.code}: {done.out} {done.err}"


def _verb(point: Point) -> tuple[str, ...]:
    if point in CREATING:
        return ("init",)
    return LIVE if point in GOING_LIVE else ONCE


def console(folder: Path, *words: str, more: Mapping[str, str] | None = None) -> Done:
    """Run the installed command to its end, or to its being killed."""
    ended = subprocess.run(  # noqa: S603  our own script
        [script(), *words],
        cwd=folder,
        env={**clean_environment(), **(more or {})},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)


def _draw_up_first(path: Path) -> None:
    """Make a live ledger of the first schema, as a program of that day left it."""
    engine, now = create_engine(f"sqlite:///{path}"), spelled(datetime.now(UTC))
    with engine.begin() as tx:
        tx.exec_driver_sql(f"PRAGMA application_id = {OURS}")
        config = schema._config()
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
        tx.exec_driver_sql(
            "INSERT INTO ledger (ledger_id, generation, created_at, rehearsal, live_at, "
            "nothing_given_yet) VALUES ('old', 0, ?, 0, ?, 1)",
            (now, now),
        )
    engine.dispose()


# --- what must hold


@dataclass(frozen=True)
class _Row:
    """A distribution as it stands in the file, read beside the program."""

    id: str
    state: str
    send: str
    redeemable_uuid: str | None
    segment_id: int | None
    campaign_id: int | None
    mark: str | None


def violations(folder: Path, world: World, case: Case) -> list[str]:
    """Return what does not hold between the ledger and what Punchh truly holds."""
    with closing(sqlite3.connect(f"file:{folder}/config/ledger.db?mode=ro", uri=True)) as found:
        rows = [
            _Row(*row)
            for row in found.execute(
                "SELECT d.id, d.state, o.send_name, d.redeemable_uuid, d.segment_id, d.campaign_id,"
                " d.external_campaign_id FROM distribution d JOIN occurrence o"
                " ON o.key = d.occurrence"
            )
        ]
        shown = {name for (name,) in found.execute("SELECT send_name FROM occurrence")}
        begun = dict(found.execute("SELECT external_campaign_id, begun_at FROM attempt"))
    return [
        *_given_once(world, rows),
        *_told_true(world, rows),
        *_intended(world, begun),
        *_all_seen(rows, shown, case),
        *(f"I9: a key is in {name}" for name in keys_in_files(folder)),
    ]


def _given_once(world: World, rows: list[_Row]) -> Iterator[str]:
    """I1: no distribution has two campaigns."""
    with world.lock:
        given = Counter((one.segment_id, one.redeemable_uuid) for one in _campaigns(world))
    for wanted, count in given.items():
        if count > 1:
            yield f"I1: {count} campaigns for {wanted}"
    kept = Counter((row.segment_id, row.redeemable_uuid) for row in rows)
    yield from (f"I1: {count} rows for {wanted}" for wanted, count in kept.items() if count > 1)


def _told_true(world: World, rows: list[_Row]) -> Iterator[str]:
    """I2, I5: what is committed is there; what is there is committed, or known to be unknown."""
    with world.lock:
        there = {one.campaign_id: one for one in _campaigns(world)}
    for row in rows:
        if row.state != "committed":
            continue
        campaign = there.pop(row.campaign_id or 0, None)
        wanted = (row.segment_id, row.redeemable_uuid, row.mark)
        if campaign is None:
            yield f"I2: {row.id} is committed, and Punchh has no campaign {row.campaign_id}"
        elif wanted != (
            campaign.segment_id,
            campaign.redeemable_uuid,
            campaign.external_campaign_id,
        ):
            yield f"I2: {row.id} is committed as {wanted}, and Punchh has {campaign}"
    unknown = {row.mark for row in rows if row.state == "unknown"}
    for campaign in there.values():
        if campaign.external_campaign_id not in unknown:
            yield f"I5: nobody knows of {campaign.name}"


def _intended(world: World, begun: Mapping[str, str]) -> Iterator[str]:
    """I6: what was posted had been written down before."""
    with world.lock:
        asked = world.requests.rows()
        campaigns = list(_campaigns(world))
    posts = sum(row.remote == "punchh" and row.method == "POST" for row in asked)
    if posts > len(begun):
        yield f"I6: {posts} posts and {len(begun)} attempts"
    for one in campaigns:
        at = begun.get(one.external_campaign_id or "")
        if at is None or at > spelled(one.created_at):
            yield f"I6: {one.name} was made at {one.created_at}, its intent at {at}"


def _all_seen(rows: list[_Row], shown: set[str], case: Case) -> Iterator[str]:
    """I3, I11: no send is lost, and a crash costs at most the offer that it interrupted."""
    sends = {f"{name} Mail" for name in (*DUE, LATER)} | set(WITHOUT)
    if shown != sends:
        yield f"I3: shown {sends}, in the ledger {shown}"
    due = [row for row in rows if row.send in {f"{name} Mail" for name in DUE}]
    states = Counter(row.state for row in due)
    may_be_unknown = sum(kill.seals for kill in case.kills)
    if states["committed"] + states["unknown"] != len(DUE) or states["unknown"] > may_be_unknown:
        yield f"I11: the {len(DUE)} that were due are {dict(states)}"
    later = [row.state for row in rows if row.send == f"{LATER} Mail"]
    if later != ["waiting"]:
        yield f"I11: the one that was not due is {later}"


def _campaigns(world: World) -> Iterator[Campaign]:
    return iter(tuple(world.punchh.campaigns.values()))


@contextmanager
def benched(folder: Path) -> Iterator[Bench]:
    """Open a bench; in the end the simulators were sound."""
    with Sandbox(0, scenario=False) as box, Warm() as warm:
        yield Bench(folder, box, warm)
        assert box.world.errors == []
