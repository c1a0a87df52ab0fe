"""Everything the connector needs, tried once: this machine, the ledger, the remotes, the names."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.app import Work, outlets, remotes, workplace, world_of
from connector.clock import Clock, Random
from connector.domain.checkup import Check, fails, fine, warning
from connector.domain.dayone import campaign_clock_steps
from connector.errors import LedgerError
from connector.ledger.store import path_of
from connector.settings import Settings
from connector.worker.doctor import canaries, files, machine, outside, pages, rules
from connector.worker.observe import PUNCHH

OF_ALERTS, OF_DAY_ONE = "alerts", "day one"


@dataclass(frozen=True)
class Patient:
    """The installation to look at; `sender` names who sends test messages, None: none are sent."""

    config: Path
    settings: Settings
    clock: Clock
    random: Random
    host: str
    sender: str | None = None


def examine(patient: Patient) -> Iterator[Check]:
    """Try everything; nothing is committed, and only a refused key is written down."""
    settings = patient.settings
    yield machine.versions()
    yield from machine.disk(settings.ledger.url)
    yield from _files(patient)
    whole = yield from machine.whole(settings)
    with ExitStack() as stack:
        work: Work | None = None
        if whole:
            try:
                work = stack.enter_context(workplace(settings, patient.clock, patient.random))
            except LedgerError as error:
                yield fails(machine.OF_LEDGER, "open/said", text=str(error))
        if work is not None:
            yield from machine.standing(work, settings, world_of(settings))
            sources, punchh = work.sources, work.loyalty
        else:
            sources, punchh = stack.enter_context(remotes(settings, patient.clock, patient.random))
        answers = outside.remotes(sources, punchh, patient.clock, work)
        yield from answers.checks
        readable = PUNCHH not in answers.unreadable
        lists = outside.lists(punchh, work) if readable else None
        yield from rules.names(settings, lists)
        yield from canaries.tried(punchh, lists, patient.clock, work)
        known = work.ledger.ledger_id if work else None
        yield from pages.reached(settings, patient.clock, patient.random, known)
    yield from _alerts(patient)
    yield _campaign_clock(settings, patient.clock)


def _files(patient: Patient) -> Iterator[Check]:
    ledger = path_of(patient.settings.ledger.url)
    yield from files.access(ledger, patient.settings, patient.config)
    yield from files.ground(ledger)


def _alerts(patient: Patient) -> Iterator[Check]:
    """Say who is told; with a sender, try every channel."""
    settings = patient.settings
    if not settings.alerts.channels:
        yield warning(OF_ALERTS, "nobody")
    if patient.sender is None:
        for name in settings.alerts.channels:
            yield fine(OF_ALERTS, "untried/channel", channel=name)
        return
    with outlets(settings, patient.clock, patient.random) as found:
        yield from outside.channels(
            found.channels, patient.clock, who=patient.sender, host=patient.host
        )


def _campaign_clock(settings: Settings, clock: Clock) -> Check:
    """Say whether the one day-one check is decided that `connector live` insists on."""
    read_as = settings.punchh.campaign_clock
    if read_as is None:
        steps = campaign_clock_steps(ZoneInfo(settings.punchh.timezone), clock.now())
        return warning(OF_DAY_ONE, "campaign-clock/unset", steps=" ".join(steps).rstrip("."))
    return fine(OF_DAY_ONE, "campaign-clock", read_as=read_as)
