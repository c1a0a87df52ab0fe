"""`connector mappings suggest`."""

from pathlib import Path

from connector import telemetry
from connector.app import read_rules, words_of
from connector.cli.verbs.shared import (
    for_machines,
    settings_of,
    told_unreadable,
    warn,
)
from connector.clock import SystemClock, randomness
from connector.mapping.suggest import Suggester
from connector.worker.look import look


def run(config: Path) -> int:
    """Print a mapping file for the sends that no rule claims; 1 if a remote could not be read."""
    telemetry.quiet()
    settings = settings_of(config)
    book, clock, words = read_rules(settings), SystemClock(), words_of(settings)
    seen = look(settings, clock, randomness())
    sends = [*seen.sends, *seen.remembered]
    if seen.remembered:
        warn("what could not be read is told as the ledger knows it")
    suggester = Suggester(book, seen.catalog, words.local, words.whole)
    groups = suggester.unclaimed(sends)
    at = words.local(clock.now())
    if groups:
        count = sum(map(len, groups))
        lines = [
            f"# As of {at}, no rule claims {count} of the {len(sends)} scheduled sends.",
            "# Choose each redeemable; then paste the rules below `rules:` in a file of yours.",
            *suggester.file(groups),
        ]
    else:
        lines = [
            f"# As of {at}, a rule claims each of the {len(sends)} scheduled sends, or skips it."
        ]
    for_machines(f"{line}\n" for line in lines)
    return int(told_unreadable(seen.unreadable, words))
