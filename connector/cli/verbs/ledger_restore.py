"""`connector ledger restore`."""

from pathlib import Path

from connector.cli.verbs.shared import say, settings_of, who
from connector.clock import SystemClock
from connector.ledger.backup import restore
from connector.ledger.store import path_of


def run(config: Path, path: Path) -> int:
    """Put a backup in the ledger's place."""
    settings = settings_of(config).ledger
    ledger = path_of(settings.url)
    done = restore(ledger, path, at=SystemClock().now(), who=who(), mark=settings.mark_path)
    if done.replaced:
        say(f"what stood at {ledger} is now {done.replaced}")
    known = "nobody knows the latest" if done.latest is None else f"the latest was {done.latest}"
    say(f"restored generation {done.before} ({known}); it goes on as {done.after}, in rehearsal")
    say("look at `connector plan`; `connector live` then holds what may have been given before")
    return 0
