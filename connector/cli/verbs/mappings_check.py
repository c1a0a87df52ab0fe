"""`connector mappings check`."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from connector import telemetry
from connector.app import read_mappings, words_of
from connector.cli.verbs.shared import for_machines, not_read, settings_of, told_unreadable, warn
from connector.clock import SystemClock, randomness
from connector.domain.findings import Finding, Severity
from connector.errors import ConfigError
from connector.mapping.check import check
from connector.mapping.load import Reading
from connector.mapping.lookup import Outside
from connector.render import findings as shown
from connector.settings import Settings
from connector.worker.look import Look, look

FORMS = ("text", "github")
GUIDE = "what each word in [ ] means is told in the guide, README.md beside the example mappings"


def run(config: Path, *, live: bool, form: str) -> int:
    """Tell all that is wrong with the files; 2 if the worker or Punchh could not go by them.

    With `live`, names and sends are looked up too; 1 if nothing is wrong as far as could be read.
    """
    if form not in FORMS:
        raise ConfigError([f"--format {form}: is one of {', '.join(FORMS)}"])
    telemetry.quiet()
    settings = settings_of(config)
    reading = read_mappings(settings)
    seen = look(settings, SystemClock(), randomness()) if live else None
    found = check(reading, settings.sources, _outside(seen, settings) if seen else None)
    wrong = any(one.severity is Severity.ERROR for one in found)
    if form == "github":
        for_machines(f"{line}\n" for line in shown.annotations(found))
    else:
        known = seen is not None and seen.catalog is not None
        _print(found, reading, wrong=wrong, known=known)
    words = words_of(settings)
    if seen and reading.accepted:
        for line in not_read(seen.snapshots, reading.accepted, words):
            warn(f"not read: {line}")
    unreadable = told_unreadable(seen.unreadable if seen else {}, words)
    return 2 if wrong else int(unreadable)


def _outside(seen: Look, settings: Settings) -> Outside:
    words = words_of(settings)
    refused = {}
    for uuid, row in seen.refused.items():
        if (offer := row.distribution) is not None:
            name, at = row.occurrence.send.name, words.local(offer.updated_at)
            refused[uuid] = f"for “{name}” on {at}: {words.sentence(offer.reason)}"
    whole = not (seen.unreadable.keys() & settings.sources.keys())
    return Outside(seen.catalog, seen.sends, whole, refused)


def _print(found: Sequence[Finding], reading: Reading, *, wrong: bool, known: bool) -> None:
    """Print for a person: where the files cannot be used, to where errors go."""
    out = Console(stderr=wrong, highlight=False, markup=False, soft_wrap=True)
    if found:
        out.print(shown.report(found), end="")
        out.print(f"{shown.counted(found)}; {GUIDE}")
    if reading.accepted is not None and not wrong:
        count = len(reading.accepted.rules)
        rules = "1 rule" if count == 1 else f"{count} rules"
        them = "it" if count == 1 else "them"
        told = "can be used" if found else "is fine" if count == 1 else "are fine"
        out.print(f"{rules} {told}{', and Punchh knows the names in ' + them if known else ''}")
