"""`connector plan`."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connector import telemetry
from connector.app import read_rules, words_of, workplace, world_of
from connector.cli.verbs.shared import (
    INSTANT,
    as_json,
    for_machines,
    moment,
    not_read,
    say,
    settings_of,
    tables,
    warn,
    warn_of_refusals,
)
from connector.clock import SystemClock, randomness
from connector.errors import ConfigError
from connector.render import contract, plans
from connector.render.table import markdown
from connector.worker.cycle import preview

YEARS = range(2000, 3000)  # dates are added to and taken from it
FORMS = ("table", "markdown", "json")


def run(config: Path, *, form: str, at: str | None) -> int:
    """Observe and plan, and show it; 1 if a remote could not be read."""
    if form not in FORMS:
        raise ConfigError([f"--format {form}: is one of {', '.join(FORMS)}"])
    telemetry.quiet()
    settings = settings_of(config)
    book = read_rules(settings)
    words = words_of(settings)
    as_of = _instant(at, words.zone)
    with workplace(settings, SystemClock(), randomness()) as work:
        report = preview(work, book, as_of)
        rehearsal = work.ledger.mode().rehearsal
        clock = work.loyalty.terms.clock
        for stranger in work.ledger.strangers(world_of(settings)):
            warn(f"{stranger} (`run` refuses it)")
    found = (plans.offers(report.plan, words, clock), plans.without_offer(report.plan, words))
    notes = tuple(plans.notes(report.plan, clock))
    failures = [
        f"{name}: {words.whole(error.reason)}"
        for name, error in report.observation.failures.items()
    ]
    rows = list(not_read((poll.snapshot for poll in report.observation.polls), book, words))
    match form:
        case "json":
            planned = contract.plan(report.plan, words, clock)
            as_json({**planned, "unreadable": failures, "notes": rows})
        case "markdown":
            parts = [*map(markdown, found), *(f"{note}\n" for note in notes)]
            for_machines(f"{part}\n" for part in parts)
        case _:
            tables(*found)
            for note in notes:
                say(note)
    if form != "json":
        for line in rows:
            say(f"not read: {line}")
        for line in failures:
            say(f"could not be read: {line}")
        if rehearsal:
            say("rehearsal: nothing is posted; `connector live` ends it")
    warn_of_refusals(report.observation.failures)
    return 1 if failures else 0


def _instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    at = moment(text, zone)
    if at is None or at.year not in YEARS:
        raise ConfigError([f"--at {text}: is no instant like {INSTANT}"])
    return at
