"""`connector run`."""

import os
import socket
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from connector.app import MappingSets, Work, workplace, world_of
from connector.cli.signals import Signals
from connector.cli.verbs.shared import log_as, say, settings_of
from connector.clock import SystemClock, randomness
from connector.domain.offer import Verdict
from connector.ledger import Committer
from connector.render.words import Words
from connector.settings import Settings
from connector.worker.cycle import Report, run_cycle, trouble_of
from connector.worker.daemon import Daemon
from connector.worker.endpoints import pages
from connector.worker.health import serving
from connector.worker.metrics import Metrics
from connector.worker.notify import notifier
from connector.worker.observe import PUNCHH, Interrupted
from connector.worker.pulse import Pulse
from connector.worker.rulekeeper import RuleKeeper
from connector.worker.watch import Watch


def run(config: Path, clock: SystemClock, signals: Signals, *, once: bool) -> int:
    """Take the right to commit, then work once or until told to stop."""
    metrics = None if once else Metrics(clock)
    settings = settings_of(config)
    log_as(settings, metrics.listen if metrics else None)
    with (
        workplace(settings, clock, randomness(), whole=True, runtime=_runtime()) as found,
        Committer.take(
            settings.ledger.url, clock=clock, pid=os.getpid(), host=socket.gethostname()
        ) as right,
    ):
        work = replace(found, right=right)
        work.ledger.meet_world(world_of(settings), at=clock.now())
        rules = RuleKeeper(MappingSets(settings, work.ledger), clock, at_once=once)
        watch = Watch(work)
        if metrics is None:
            return _once(work, rules, watch, settings)
        pulse = Pulse(clock, notifier(os.environ))
        daemon = Daemon(work, rules, clock, watch, pulse)
        signals.reload_by(daemon.reload)
        shown = pages(watch, pulse, metrics, settings.schedule, clock, work.words)
        with serving(settings.health, shown, clock):
            daemon.run()
    return 0


def _runtime() -> Path | None:
    """Return the folder that systemd gives the service until the machine's next start, if any."""
    first = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(first) if first else None


def _once(work: Work, rules: RuleKeeper, watch: Watch, settings: Settings) -> int:
    try:
        report = _cycle(work, rules, watch)
    except Interrupted:
        return 0
    for problem in rules.problems:
        say(f"mapping files not taken, the set accepted last was in force: {problem}")
    _tell(report, work.words, rehearsal=work.ledger.mode().rehearsal, settings=settings)
    return 1 if report.trouble or rules.problems else 0


def _cycle(work: Work, rules: RuleKeeper, watch: Watch) -> Report:
    """Do a cycle and tell what it left, as the daemon does."""
    look = partial(
        watch.look, book=rules.book, problems=rules.problems, stale_since=rules.stale_since
    )
    try:
        report = run_cycle(work, rules.book)
    except Interrupted:
        raise
    except Exception as error:
        look(good=False, why=trouble_of(error))
        raise
    with suppress(Interrupted):
        look(good=True)
    return report


def _tell(report: Report, words: Words, *, rehearsal: bool, settings: Settings) -> None:
    for remote, error in report.observation.failures.items():
        say(f"{remote} could not be read: {words.whole(error.reason)}")
    if report.lapse is not None:
        say(words.whole(report.lapse))
    if report.left_alone and PUNCHH not in report.observation.failures:
        say(f"nothing was committed: {words.whole(report.left_alone)}")
    for one in report.settled:
        row = one.distribution
        name = f"{one.occurrence.send.name}: {row.redeemable} to {row.segment}"
        say(f"{row.state.value:9} {name} ({row.id}): {words.whole(row.reason, row.id)}")
    committed = sum(one.verdict is Verdict.COMMITTED for one in report.settled)
    sends = len(report.plan.entries)
    mode = "rehearsal, nothing is posted" if rehearsal else "live"
    say(f"{len(settings.sources)} sources, {sends} sends, {committed} committed ({mode})")
    if report.orphans:
        say(f"{report.orphans} unfinished attempts found: see `connector status`")
