"""`connector mappings check`."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from connector import telemetry
from connector.app import read_mappings, read_settings, words_of
from connector.cli.verbs.shared import business_zone, say, told_unreadable
from connector.clock import SystemClock, randomness
from connector.domain.findings import Finding, Severity
from connector.errors import ConfigError
from connector.mapping.check import check
from connector.mapping.load import Reading
from connector.mapping.lookup import Outside
from connector.render import findings as shown
from connector.render.words import local
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
    settings = read_settings(config)
    reading = read_mappings(settings)
    seen = look(settings, SystemClock(), randomness()) if live else None
    found = check(reading, settings.sources, _outside(seen, settings) if seen else None)
    wrong = any(one.severity is Severity.ERROR for one in found)
    if form == "github":
        for line in shown.annotations(found):
            say(line)
    else:
        known = seen is not None and seen.catalog is not None
        _print(found, reading, wrong=wrong, known=known)
    unreadable = told_unreadable(seen.unreadable if seen else {}, words_of(settings))
    return 2 if wrong else int(unreadable)


def _outside(seen: Look, settings: Settings) -> Outside:
    zone = business_zone(settings)
    refused = {}
    for uuid, row in seen.refused.items():
        if (offer := row.distribution) is not None:
            name, at = row.occurrence.send.name, local(offer.updated_at, zone)
            refused[uuid] = f"for “{name}” on {at}: {words_of(settings).sentence(offer.reason)}"
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
