"""The connector's machine: a worker that may die anywhere, its settings, its ledger and backups."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from connector.app import Work, read_settings, workplace, world_of
from connector.errors import LedgerBusyError, LedgerError
from connector.ledger import Ledger
from connector.ledger.backup import restore
from connector.ledger.committer import Committer
from connector.sandbox import BRAZE_KEY, PUNCHH_KEY, SALESFORCE_DOMAIN, SALESFORCE_KEY
from connector.sandbox.credentials import SALESFORCE_SECRET
from connector.settings import Settings
from connector.worker.rulekeeper import RuleKeeper
from tests.simulation.folder import Folder, Sets
from tests.simulation.outside import REMOTES, Outside, WorkerClock
from tests.simulation.story import Story
from tests.support.clocks import FixedClock

WHO = "simulated person"


@dataclass
class Typed:
    """What a person changes in the configuration: the number of each remote's key and host."""

    keys: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REMOTES, 0))
    hosts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REMOTES, 0))

    def host(self, remote: str) -> str:
        return f"http://127.0.0.1:{9 + self.hosts[remote]}"

    def text(self, story: Story) -> str:
        return f"""\
[ledger]
url = "sqlite:///ledger.db"
[schedule]
poll_seconds = {story.poll_seconds}
horizon = "7d"
[safety]
same_offer_gap = "{story.same_offer_gap}"
max_commits_per_cycle = {story.per_cycle}
max_commits_per_day = {story.per_day}
[punchh]
base_url = "{self.host("punchh")}"
admin_key = "{PUNCHH_KEY}-{self.keys["punchh"]}"
user_agent = "Sandbox/SystemIntegrator/1.0"
timezone = "America/New_York"
campaign_clock = "utc"
on_429 = "{story.on_429}"
[sources.braze_us]
kind = "braze"
base_url = "{self.host("braze_us")}"
api_key = "{BRAZE_KEY}-{self.keys["braze_us"]}"
timezone = "America/New_York"
[sources.sf_core]
kind = "salesforce"
domain = "{SALESFORCE_DOMAIN}"
consumer_key = "{SALESFORCE_KEY}"
consumer_secret = "{SALESFORCE_SECRET}"
endpoint = "{self.host("sf_core")}"
"""


@cache
def _blank(base: Path, at: Any) -> Path:
    """Make one empty ledger for all seeds of this process: the schema takes long to build."""
    folder = base / "blank"
    shutil.rmtree(folder, ignore_errors=True)
    Ledger.create(f"sqlite:///{folder / 'ledger.db'}", ledger_id="simulated", at=at).close()
    return folder


class Office:
    """One machine's worker over the ledger in `folder`; dead after a crash until `start`."""

    def __init__(self, story: Story, outside: Outside, folder: Path) -> None:
        self._story, self._outside, self._folder = story, outside, folder
        self._random = Random(story.seed)
        self._stack = ExitStack()
        self._backups: list[Path] = []
        self.clock = WorkerClock(outside.clock)
        self.typed = Typed()
        self.rules = Folder()
        self.path = folder / "ledger.db"
        self.work: Work | None = None
        self.keeper: RuleKeeper | None = None
        self.crashes = self.restored = 0
        blank = _blank(folder.parent, story.start)
        folder.mkdir()
        for name in ("ledger.db", "ledger.db.mark"):
            shutil.copyfile(blank / name, folder / name)
        self.settings = self.configure()

    @property
    def url(self) -> str:
        return self.settings.ledger.url

    @property
    def world(self) -> dict[str, str]:
        """Which account each remote is by the configuration."""
        return dict(world_of(self.settings))

    def configure(self) -> Settings:
        """Write the configuration down; a running worker goes on with what it had."""
        path = self._folder / "connector.toml"
        path.write_text(self.typed.text(self._story), encoding="utf-8")
        self.settings = read_settings(path, {})
        return self.settings

    # --- the worker

    def start(self) -> None:
        """Take the lock and open everything, as `connector run` does; LedgerError as there."""
        with ExitStack() as stack:
            work = stack.enter_context(workplace(self.settings, self.clock, self._random))
            taken = Committer.take(self.url, clock=self.clock, pid=1, host="sim")
            work = replace(work, right=stack.enter_context(taken))
            work.ledger.meet_world(self.world, at=self.clock.now())
            sets = Sets(self.rules, work.ledger)
            self.keeper = RuleKeeper(sets, self.clock, at_once=False)
            self.work = work
            self._stack = stack.pop_all()

    def stop(self) -> None:
        self.work = self.keeper = None
        self._outside.told.clear()  # the wait that a remote named for reading lives in the process
        self._stack.close()

    def crashed(self) -> None:
        """What the system does when a process is gone: it closes files and drops locks."""
        self.crashes += 1
        self.stop()

    def rival(self) -> bool:
        """Say whether a second worker is refused while this one holds the lock."""
        try:
            Committer.take(
                self.url, clock=FixedClock(self.clock.now()), pid=2, host="rival"
            ).close()
        except LedgerBusyError:
            return True
        return self.work is None

    # --- the ledger's files

    def bytes(self) -> bytes:
        """Return all that the ledger holds, as it stands in its files."""
        log = self.path.with_name(self.path.name + "-wal")
        return self.path.read_bytes() + (log.read_bytes() if log.exists() else b"")

    def back_up(self) -> None:
        """Write a backup beside a running worker, or without one."""
        target = self._folder / f"backup-{len(self._backups)}.db"
        with Ledger.open(self.url) as ledger:
            ledger.back_up(target)
        self._backups.append(target)

    def restore(self) -> bool:
        """Put the latest backup back, as somebody does who lost the ledger; False without one."""
        if not self._backups:
            return False
        if self.work is not None:
            self._refused_beside_a_worker()
        self.stop()
        restore(self.path, self._backups[-1], at=self.clock.now(), who=WHO)
        self.restored += 1
        return True

    def _refused_beside_a_worker(self) -> None:
        try:
            restore(self.path, self._backups[-1], at=self.clock.now(), who=WHO)
        except LedgerBusyError:
            return
        raise LedgerError("a ledger was restored under a running worker")
