"""Runs one cell of the matrix: a real cycle with one call spoiled, then a clean one."""

import io
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import structlog

from connector import telemetry
from connector.app import Work, read_rules, read_settings, workplace
from connector.clock import ShiftedClock
from connector.domain.rules import RuleBook
from connector.http.client import Client
from connector.http.wire import Limits, Line
from connector.ledger import Committer, Ledger
from connector.punchh import catalog
from connector.punchh.client import Punchh
from connector.sandbox import (
    BRAZE_KEY,
    PUNCHH_KEY,
    SALESFORCE_DOMAIN,
    SALESFORCE_KEY,
    SALESFORCE_SECRET,
    Sandbox,
    World,
)
from connector.sandbox.business import Redeemable, Segment
from connector.sandbox.fields import Fields
from connector.sandbox.marketer import cancel, create, every
from connector.settings import BrazeSettings, SalesforceSettings, Settings
from connector.sources.braze.reader import BrazeSource
from connector.sources.salesforce.session import Org
from connector.sources.salesforce.source import SalesforceSource
from connector.worker.cycle import Report, run_cycle
from tests.faults.calls import BRAZE, GONE, NOW, PUNCHH, SALESFORCE, canned
from tests.faults.matrix import Cell
from tests.support.faultserver import Proxy, Spoil, Trap

SECRETS = (BRAZE_KEY, PUNCHH_KEY, SALESFORCE_SECRET, "sandbox-session-")
EASY = Limits(connect=5.0, read=5.0, total=10.0, body_bytes=100_000, attempts=2)
SHORT = Limits(connect=2.0, read=0.4, total=0.7, body_bytes=100_000, attempts=2)
NAMES = ("Braze One", "Braze Two", "Mail One", "Mail Two", "Flow One")
AHEAD = {name: timedelta(minutes=130 + 2 * n) for n, name in enumerate(NAMES)}
MANY = 12  # pages after which a list is said not to end
RULES = "version: 1\nrules:\n" + "".join(
    f'  - {{name: rule-{n}, match: {{send: "{name}"}}, redeemable: "Offer {name}"}}\n'
    for n, name in enumerate((*NAMES, *GONE.values()))
)


class StillClock(ShiftedClock):
    """Stands still, for the worker and the world alike; a wait moves it and returns at once."""

    def __init__(self) -> None:
        super().__init__()
        self._at = NOW

    def now(self) -> datetime:
        return self._at

    def set(self, instant: datetime) -> None:
        self._at = instant

    def advance(self, by: timedelta) -> None:
        self._at += by

    def wait(self, seconds: float) -> bool:
        self.advance(timedelta(seconds=max(0.0, seconds)))
        return False


@dataclass(frozen=True)
class Seen:
    """What one cycle left: rows by send, posts and true campaigns by segment, what was told."""

    report: Report
    rows: dict[str, tuple[str, str, int | None]]
    posts: Counter[str]
    campaigns: dict[str, list[int]]
    told: dict[str, str]
    steps: dict[str, str | None]
    sentences: dict[str, str]


@dataclass(frozen=True)
class Ran:
    """Both cycles of a cell, and everything that was written anywhere."""

    spoiled: Seen
    clean: Seen
    hits: int
    trapped: int
    written: str


@dataclass
class Stand:
    """The simulators, a proxy before each, and a ledger to copy: made once, used by many cells."""

    box: Sandbox
    clock: StillClock
    proxies: dict[str, Proxy]
    trap: Trap
    settings: Settings
    book: RuleBook
    ledger: Path

    def run(self, cell: Cell, folder: Path) -> Ran:
        """Play a cell through in a folder of its own."""
        self._reset(paged=cell.call.paged)
        settings = self._settings(cell, folder)
        proxy = self.proxies[cell.call.remote]
        hurried = cell.call.remote if cell.fault.slow else ""
        log = io.StringIO()
        telemetry.configure(log)
        try:
            with patch.object(catalog, "MOST_PAGES", MANY):
                with self._opened(settings, hurried) as work:
                    self._stage(work, gone=cell.call.gone)
                    proxy.arm(_spoil(cell))
                    spoiled = self._cycle(work, log)
                    proxy.disarm()
                    hits = proxy.spoiled
                    if not cell.fault.slow:
                        clean = self._later(work, log)
                if cell.fault.slow:  # with limits that a busy machine keeps
                    with self._opened(settings) as work:
                        clean = self._later(work, log)
        finally:
            structlog.reset_defaults()
            proxy.disarm()
        assert self.box.world.errors == []
        written = log.getvalue() + dump(folder / "ledger.db")
        return Ran(spoiled, clean, hits, self.trap.callers, written)

    def _reset(self, *, paged: bool) -> None:
        world = self.box.world
        self.clock.set(NOW)
        for proxy in self.proxies.values():
            proxy.clear()
        self.trap.callers = 0
        with world.lock:
            world.reset()
            world.switches.set({"punchh.clamp": 5, "salesforce.page_size": 1 if paged else 2000})
            for n, name in enumerate((*NAMES, *GONE.values())):
                world.punchh.segments[n + 1] = Segment(n + 1, f"Group {name}", 10)
                uuid = f"{n + 1:040x}"
                world.punchh.redeemables[uuid] = Redeemable(n + 1, uuid, f"Offer {name}")

    def _settings(self, cell: Cell, folder: Path) -> Settings:
        for path in self.ledger.parent.glob("ledger.db*"):
            shutil.copy(path, folder / path.name)
        ledger = self.settings.ledger.model_copy(
            update={"url": f"sqlite:///{folder / 'ledger.db'}"}
        )
        punchh = self.settings.punchh.model_copy(update={"on_429": cell.on_429})
        return self.settings.model_copy(update={"ledger": ledger, "punchh": punchh})

    @contextmanager
    def _opened(self, settings: Settings, hurried: str = "") -> Iterator[Work]:
        """Open the workplace, with clients of other limits in the place of its own.

        Only the remote that is spoiled is hurried: a busy machine can be too slow for the others.
        """

        def line(remote: str, endpoint: str | None = None) -> Line:
            limits = SHORT if remote == hurried else EASY
            return Line(remote, self.clock, random, limits, endpoint=endpoint)

        clock, random = self.clock, Random(1)
        braze, org = settings.sources[BRAZE], settings.sources[SALESFORCE]
        assert isinstance(braze, BrazeSettings)
        assert isinstance(org, SalesforceSettings)
        headers = {"Authorization": f"Bearer {BRAZE_KEY}"}
        client = Client(line(BRAZE), braze.base_url, headers)
        sources: dict[str, BrazeSource | SalesforceSource] = {
            BRAZE: BrazeSource(BRAZE, braze, client),
            SALESFORCE: SalesforceSource(SALESFORCE, org, Org(line(SALESFORCE, org.endpoint), org)),
        }
        punchh = Punchh(settings.punchh, line(PUNCHH))
        with (
            workplace(settings, clock, random) as work,
            Committer.take(settings.ledger.url, clock=clock, pid=1, host="cells") as right,
        ):
            try:
                yield replace(work, sources=sources, loyalty=punchh, right=right)
            finally:
                for each in (*sources.values(), punchh):
                    each.close()

    def _stage(self, work: Work, *, gone: bool) -> None:
        """Let the marketers make their sends; one of each source first, that vanishes again."""
        if gone:
            for source, name in GONE.items():
                self._send(source, name, timedelta(hours=9))
            run_cycle(work, self.book)
            with self.box.world.lock:
                for send in every(self.box.world):
                    cancel(self.box.world, send["id"], "cancel")
            self.clock.advance(timedelta(minutes=1))
            run_cycle(work, self.book)
            self.clock.advance(timedelta(minutes=1))
        for name in NAMES:
            self._send(BRAZE if name.startswith("Braze") else SALESFORCE, name, AHEAD[name])

    def _send(self, source: str, name: str, ahead: timedelta) -> None:
        fields: dict[str, Any] = {"name": name, "at": (NOW + ahead).isoformat()}
        if source == BRAZE:
            fields |= {"source": "braze", "tags": [f"punchh:segment=Group {name}"]}
        elif name.startswith("Flow"):
            fields |= {"source": "salesforce", "kind": "flow", "segment": f"Group {name}"}
        else:
            audiences = [{"type": "ListView", "name": f"Group {name}"}]
            fields |= {"source": "salesforce", "audiences": audiences}
        with self.box.world.lock:
            create(self.box.world, Fields(fields))

    def _later(self, work: Work, log: io.StringIO) -> Seen:
        self.clock.set(max(self.clock.now(), NOW + timedelta(hours=1, minutes=3)))
        return self._cycle(work, log)

    def _cycle(self, work: Work, log: io.StringIO) -> Seen:
        began = log.tell()
        report = run_cycle(work, self.book)
        log.seek(began)
        events = [json.loads(line) for line in log.read().splitlines()]
        told = {name: error.reason.sentence for name, error in report.observation.failures.items()}
        steps: dict[str, str | None] = {
            name: error.reason.next_step for name, error in report.observation.failures.items()
        }
        for event in events:
            if event["event"] == "source.failed" and "source" in event:
                told.setdefault(event["source"], event["reason"])
        offers = [
            (row.occurrence.send.name, row.distribution)
            for row in work.ledger.rows()
            if row.distribution is not None
        ]
        # An offer without a segment gives way to the one whose audience could be read later.
        offers.sort(key=lambda offer: offer[1].segment is not None)
        rows = {
            name: (offer.state.value, offer.reason.code, offer.campaign_id)
            for name, offer in offers
        }
        sentences = {name: str(offer.reason) for name, offer in offers}
        return Seen(report, rows, self._posts(), self._campaigns(), told, steps, sentences)

    def _posts(self) -> Counter[str]:
        """Count the commits that came to Punchh's door, by the send that they are for."""
        with self.box.world.lock:
            asked = [one for one in self.proxies[PUNCHH].asked if one.method == "POST"]
        return Counter(json.loads(one.body)["name"].partition(" - ")[0] for one in asked)

    def _campaigns(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        with self.box.world.lock:
            for one in self.box.world.punchh.campaigns.values():
                found.setdefault(one.name.partition(" - ")[0], []).append(one.campaign_id)
        return found


def _spoil(cell: Cell) -> Spoil:
    call, fault = cell.call, cell.fault
    if fault.door:
        return Spoil(call.points, door=fault.door, opener=call.opener)
    stand_in = canned if call.effect is False else None
    return Spoil(
        call.points,
        fault.on(call),
        canned=stand_in,
        once=call.is_post,
        after=bool(call.effect),
    )


def dump(path: Path) -> str:
    """Return everything that a ledger holds, as text."""
    with closing(sqlite3.connect(path)) as found:
        return "\n".join(found.iterdump())


@contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """Start the simulators and their proxies; make a live ledger for the cells to copy."""
    clock, trap = StillClock(), Trap()
    with Sandbox(0, world=World(clock), scenario=False) as box:
        urls = {BRAZE: box.braze_url, SALESFORCE: box.salesforce_url, PUNCHH: box.punchh_url}
        places = {name: urlsplit(url) for name, url in urls.items()}
        with (
            _proxy(places[BRAZE].port, trap) as braze,
            _proxy(places[SALESFORCE].port, trap) as salesforce,
            _proxy(places[PUNCHH].port, trap) as punchh,
        ):
            proxies = {BRAZE: braze, SALESFORCE: salesforce, PUNCHH: punchh}
            config = folder / "connector.toml"
            config.write_text(_configuration(proxies), encoding="utf-8")
            (folder / "mappings").mkdir()
            (folder / "mappings" / "rules.yaml").write_text(RULES, encoding="utf-8")
            settings = read_settings(config, {})
            with Ledger.create(settings.ledger.url, ledger_id="matrix", at=NOW) as ledger:
                ledger.go_live(at=NOW, who="test", nothing_given_yet=True)
            yield Stand(
                box, clock, proxies, trap, settings, read_rules(settings), folder / "ledger.db"
            )
    trap.close()


def _proxy(port: int | None, trap: Trap) -> Proxy:
    assert port is not None
    return Proxy(("127.0.0.1", port), trap.url)


def _configuration(proxies: dict[str, Proxy]) -> str:
    return f"""
[mappings]
path = "mappings"
[punchh]
base_url = "{proxies[PUNCHH].url}"
admin_key = "{PUNCHH_KEY}"
user_agent = "Sandbox/SystemIntegrator/1.0"
timezone = "America/New_York"
campaign_clock = "utc"
[sources.{BRAZE}]
kind = "braze"
base_url = "{proxies[BRAZE].url}"
api_key = "{BRAZE_KEY}"
timezone = "America/New_York"
[sources.{SALESFORCE}]
kind = "salesforce"
domain = "{SALESFORCE_DOMAIN}"
consumer_key = "{SALESFORCE_KEY}"
consumer_secret = "{SALESFORCE_SECRET}"
endpoint = "{proxies[SALESFORCE].url}"
"""
