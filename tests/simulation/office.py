"""The connector's side: a worker that may die anywhere, its ledger, and the people with verbs."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine

from connector.app import Work, read_settings, workplace
from connector.clock import Clock
from connector.domain.distribution import State
from connector.errors import LedgerBusyError, RefusedError, RemoteError
from connector.http import client as http_client
from connector.ledger import Ledger, schema, store
from connector.ledger import ledger as ledger_module
from connector.ledger.committer import Committer
from connector.ledger.store import Store
from connector.sandbox import BRAZE_KEY, PUNCHH_KEY, SALESFORCE_DOMAIN, SALESFORCE_KEY
from connector.sandbox.credentials import SALESFORCE_SECRET
from connector.sources.salesforce import session as salesforce_session
from connector.worker import observe
from tests.simulation.line import Session
from tests.simulation.outside import Outside, WorkerClock
from tests.simulation.story import Story

WHO = "simulated person"
NOWHERE = "http://127.0.0.1:9"


def configuration(story: Story, gap: str) -> str:
    return f"""\
[ledger]
url = "sqlite:///ledger.db"
[schedule]
poll_seconds = {story.poll_seconds}
horizon = "7d"
[safety]
same_offer_gap = "{gap}"
[punchh]
base_url = "{NOWHERE}"
admin_key = "{PUNCHH_KEY}"
user_agent = "Sandbox/SystemIntegrator/1.0"
timezone = "America/New_York"
campaign_clock = "utc"
on_429 = "{story.on_429}"
[sources.braze_us]
kind = "braze"
base_url = "{NOWHERE}"
api_key = "{BRAZE_KEY}"
timezone = "America/New_York"
[sources.sf_core]
kind = "salesforce"
domain = "{SALESFORCE_DOMAIN}"
consumer_key = "{SALESFORCE_KEY}"
consumer_secret = "{SALESFORCE_SECRET}"
endpoint = "{NOWHERE}"
"""


def one_after_another(tasks: Mapping[str, Callable[[], Any]], _clock: Clock) -> dict[str, Any]:
    """Do what `side_by_side` does, in one thread. A fault of ours is not swallowed here."""
    answers: dict[str, Any] = {}
    for name, task in tasks.items():
        try:
            answers[name] = task()
        except RemoteError as error:
            answers[name] = error
    return answers


@contextmanager
def seams(outside: Outside, seam: Callable[[str], None]) -> Iterator[None]:
    """Put the simulated outside and the crash seams in their places."""
    whole = {name: getattr(Ledger, name) for name in ("record", "begin", "settle")}
    whole |= {name: getattr(Ledger, name) for name in ("note_remotes", "orphans")}
    names = {"note_remotes": "note"}

    def wrapped(name: str) -> Callable[..., Any]:
        called = names.get(name, name)

        def call(self: Ledger, *args: Any, **given: Any) -> Any:
            seam(f"{called}.before")
            result = whole[name](self, *args, **given)
            seam(f"{called}.after")
            return result

        return call

    write_mark = ledger_module.write_mark  # type: ignore[attr-defined]

    def marked(*args: Any) -> None:
        seam("begin.mark")
        write_mark(*args)

    connect = Store._connect

    def fast(self: Store) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute("PRAGMA synchronous = OFF").close()
        return connection

    with ExitStack() as stack:
        enter = stack.enter_context
        enter(patch.object(store, "create_engine", _engine))
        for room in (http_client, salesforce_session):
            enter(patch.object(room, "open_session", lambda line: Session(line, outside.answer)))
        enter(patch.object(observe, "side_by_side", one_after_another))
        enter(patch.object(Store, "_connect", fast))
        enter(patch.object(schema, "known_revisions", cache(schema.known_revisions)))
        enter(patch.object(schema, "newest_revision", cache(schema.newest_revision)))
        enter(patch.object(ledger_module, "write_mark", marked))
        for name in whole:
            enter(patch.object(Ledger, name, wrapped(name)))
        yield


@cache
def _compiled() -> Engine:
    """Return the engine whose compiled statements all ledgers of this process use."""
    return create_engine("sqlite://")


def _engine(*args: Any, **given: Any) -> Engine:
    """Make an engine that does not compile every statement anew for each ledger opened."""
    made = create_engine(*args, **given)
    made.dialect, made._compiled_cache = _compiled().dialect, _compiled()._compiled_cache
    return made


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
        self.story, self.outside, self.folder = story, outside, folder
        self.clock = WorkerClock(outside.clock)
        self.random = Random(story.seed)
        self.path = folder / "ledger.db"
        gap = "0h" if story.quiet else ("0h", "24h")[story.seed % 2]
        blank = _blank(folder.parent, story.start)
        folder.mkdir()
        for name in ("ledger.db", "ledger.db.mark"):
            shutil.copyfile(blank / name, folder / name)
        (folder / "connector.toml").write_text(configuration(story, gap), encoding="utf-8")
        self.settings = read_settings(folder / "connector.toml", {})
        self.work: Work | None = None
        self._stack = ExitStack()
        self.crashes = 0

    def start(self) -> Work:
        """Take the lock and open everything, as `connector run` does."""
        url = self.settings.ledger.url
        with ExitStack() as stack:
            stack.enter_context(Committer.take(url, at=self.clock.now(), pid=1, host="sim"))
            self.work = stack.enter_context(workplace(self.settings, self.clock, self.random))
            self._stack = stack.pop_all()
        return self.work

    def stop(self) -> None:
        self.work = None
        self.outside.told.clear()  # the wait that a remote named for reading lives in the process
        self._stack.close()

    def crashed(self) -> None:
        """What the system does when a process is gone: it closes files and drops locks."""
        self.crashes += 1
        self.stop()

    def rival(self) -> bool:
        """Say whether a second worker is refused while this one holds the lock."""
        try:
            url = self.settings.ledger.url
            Committer.take(url, at=self.clock.now(), pid=2, host="rival").close()
        except LedgerBusyError:
            return True
        return self.work is None

    def bytes(self) -> bytes:
        """Return all that the ledger holds, as it stands in its files."""
        log = self.path.with_name(self.path.name + "-wal")
        return self.path.read_bytes() + (log.read_bytes() if log.exists() else b"")

    # --- people

    def say(self, what: str, given: dict[str, Any], may_approve: Callable[[Any], bool]) -> None:
        """Let a person use a verb, telling the truth; a refusal is an answer like any other."""
        with Ledger.open(self.settings.ledger.url) as ledger:
            try:
                self._say(ledger, what, given, may_approve)
            except RefusedError:
                return

    def _say(  # noqa: C901  a row for each verb
        self, ledger: Ledger, what: str, given: dict[str, Any], may_approve: Callable[[Any], bool]
    ) -> None:
        at = self.clock.now()
        told: dict[str, Any] = {"at": at, "who": WHO, "reason": "I looked"}
        match what:
            case "live":
                ledger.go_live(at=at, who=WHO, nothing_given_yet=given.get("nothing", True))
            case "rehearse":
                ledger.rehearse(at=at, who=WHO)
            case "approve":
                held = [row for row in ledger.rows("held") if may_approve(row)]
                ids = [row.distribution.id for row in held if row.distribution]
                if ids:
                    ledger.approve(ids, **told)
            case "resolve" | "abandon":
                for row in ledger.rows(State.UNKNOWN.value):
                    if row.distribution:
                        self._resolve(ledger, row.distribution, what == "abandon", told)
            case "retry":
                for row in ledger.rows(State.REJECTED.value):
                    if row.distribution and self.campaign_of(row.distribution) is None:
                        ledger.retry(row.distribution.id, **told)

    def _resolve(self, ledger: Ledger, row: Any, abandon: bool, told: dict[str, Any]) -> None:
        made = self.campaign_of(row)
        if abandon:
            ledger.resolve(row.id, abandon=True, **told)
        elif made is not None:
            ledger.resolve(row.id, committed=made, **told)
        else:
            ledger.resolve(row.id, **told)

    def campaign_of(self, row: Any) -> int | None:
        """Look into the simulated Punchh for the campaign of a row's last attempt."""
        for one in self.outside.world.punchh.campaigns.values():
            if one.external_campaign_id == row.external_campaign_id:
                return one.campaign_id
        return None
