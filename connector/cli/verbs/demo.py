"""`connector demo`: the real worker against the sandbox, told step by step."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from connector import telemetry
from connector.app import Work, read_rules, read_settings, workplace
from connector.cli.examples import copy_mappings
from connector.cli.verbs.sandbox import configuration
from connector.cli.verbs.shared import business_zone, console
from connector.clock import ShiftedClock, randomness
from connector.domain.distribution import Decision, State
from connector.domain.offer import Verdict
from connector.domain.rules import RuleBook
from connector.domain.standing import Row
from connector.ledger import Committer, Ledger
from connector.render import views
from connector.render.table import Table, show
from connector.render.words import local
from connector.sandbox import Sandbox, World
from connector.sandbox.business import Campaign
from connector.sandbox.faults import Fault
from connector.sandbox.fields import Fields
from connector.sandbox.marketer import create
from connector.worker.cycle import Report, run_cycle

LATER = timedelta(hours=4)
STEP = timedelta(minutes=8)
SCHEDULE = """
[schedule]
poll_seconds = 480
"""
NEXT = """
What to try next
  connector sandbox             the same brand for you to play with, in a terminal of its own
  connector init                a ledger of your own, with a commented config and mapping
  connector plan                what would be given, when, and why not the rest
  connector explain "NAME"      which rule claims a send, and why the others do not
"""


def run(_config: Path) -> int:
    """Play the demo through; it takes a few seconds and leaves nothing behind."""
    telemetry.quiet()
    clock = ShiftedClock()
    with (
        tempfile.TemporaryDirectory(prefix="connector-demo-") as folder,
        Sandbox(0, world=World(clock)) as box,
        _stage(Path(folder), box, clock) as stage,
    ):
        stage.play()
        stage.out.print(NEXT, highlight=False)
    return 0


@contextmanager
def _stage(folder: Path, box: Sandbox, clock: ShiftedClock) -> Iterator["_Stage"]:
    copy_mappings(folder / "mappings")
    config = folder / "connector.toml"
    config.write_text(configuration(box, "mappings") + SCHEDULE, encoding="utf-8")
    settings = read_settings(config, {})
    Ledger.create(settings.ledger.url, ledger_id="demo", at=clock.now()).close()
    with (
        workplace(settings, clock, randomness()) as found,
        Committer.take(
            settings.ledger.url, clock=clock, pid=os.getpid(), host=socket.gethostname()
        ) as right,
    ):
        work = replace(found, right=right)
        yield _Stage(box, clock, work, read_rules(settings), business_zone(settings), console())


@dataclass(frozen=True)
class _Stage:
    """The demo's props; each act is a real cycle of the real worker."""

    box: Sandbox
    clock: ShiftedClock
    work: Work
    book: RuleBook
    zone: ZoneInfo
    out: Console

    def play(self) -> None:
        self._tell("A restaurant brand plans its messages in Braze and Salesforce; its offers and")
        self._tell("segments are in Punchh. All three are simulated here, over real HTTP.\n")
        self._rehearse()
        self._go_live()
        self._repeat()
        self._lose_a_reply()
        self._wait_for_the_messages()
        show(self._result(), self.out)

    def _tell(self, line: str) -> None:
        self.out.print(line, highlight=False)

    def _cycle(self, told: str) -> Report:
        with self.out.status(told):
            return run_cycle(self.work, self.book)

    def _rehearse(self) -> None:
        report = self._cycle("rehearsing")
        offers = sum(1 for _ in report.plan.planned())
        self._tell(
            f"1  Rehearsal: {len(report.plan.entries)} sends read, {offers} offers planned, "
            f"{self._held()} campaigns in Punchh."
        )

    def _go_live(self) -> None:
        self.work.ledger.go_live(at=self.clock.now(), who="demo", nothing_given_yet=True)
        report = self._cycle("committing")
        made = sum(one.verdict is Verdict.COMMITTED for one in report.settled)
        refused = sum(one.verdict is Verdict.REJECTED for one in report.settled)
        self._tell(
            f"2  Live: {made} offers committed, {refused} refused by Punchh; "
            f"{self._held()} campaigns in Punchh."
        )

    def _repeat(self) -> None:
        self._cycle("once more")
        self._cycle("and again")
        self._tell(f"3  Two more cycles: still {self._held()} campaigns. Nothing is given twice.")

    def _lose_a_reply(self) -> None:
        world = self.box.world
        at = (self.clock.now() + timedelta(minutes=100)).isoformat()
        send = {
            "source": "braze",
            "name": "Lunch Encore",
            "tags": ["punchh:segment=Taco Lovers"],
            "at": at,
        }
        with world.lock:
            create(world, Fields(send))
            world.faults.add(Fault("reset", remote="punchh", method="POST", after=True))
        self._cycle("losing a reply")
        self._cycle("looking again")
        unknown = len(self.work.ledger.rows(State.UNKNOWN.value))
        self._tell(
            f"4  A new send, and Punchh's answer is lost on the wire: {unknown} offer is unknown, "
            f"{self._held()} campaigns in Punchh.\n"
            "   It is never tried again by the machine; a person looks and says what became of it."
        )

    def _wait_for_the_messages(self) -> None:
        for _ in range(LATER // STEP):
            self.clock.advance(STEP)
            self._cycle("letting four hours pass")
        self._tell("5  Four hours later the messages are out, and the offers were there before:")

    def _campaigns(self) -> dict[str | None, Campaign]:
        world = self.box.world
        with world.lock:
            world.settle()
            return {one.external_campaign_id: one for one in world.punchh.campaigns.values()}

    def _held(self) -> int:
        return len(self._campaigns())

    def _result(self) -> Table:
        campaigns = self._campaigns()
        return Table(
            f"What became of each send, {local(self.clock.now(), self.zone)} "
            "(all times in that zone)",
            ("Send, and what it gives", "Message, offer", "State", "Why"),
            tuple(self._line(row, campaigns) for row in self.work.ledger.rows()),
        )

    def _line(self, row: Row, campaigns: dict[str | None, Campaign]) -> tuple[str, ...]:
        occurrence, offer = row.occurrence, row.distribution
        when = views.times(occurrence, None, self.zone, self.clock.now())
        name = occurrence.send.name
        if offer is None:
            state = occurrence.decision or Decision.UNMAPPED
            return (name, when, state.value, self.work.words.whole(occurrence.reason) or "-")
        campaign = campaigns.get(offer.external_campaign_id)
        if campaign is not None and campaign.gifted_at is not None:
            given = views.near(campaign.gifted_at, self.zone, self.clock.now())
            when += f"\noffer   {given}, to {campaign.gifts:,}"
        why = "" if offer.state is State.COMMITTED else self.work.words.sentence(offer.reason)
        return (f"{name}\n{views.offer(offer)}", when, offer.state.value, why)
