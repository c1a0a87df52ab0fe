"""`connector ledger backup`."""

from contextlib import suppress
from pathlib import Path

from connector.cli.verbs.shared import opened, say
from connector.clock import SystemClock
from connector.errors import LedgerError


def run(config: Path, path: Path) -> int:
    """Write a checked copy of the ledger under a new name."""
    with opened(config) as (_, ledger):
        ledger.back_up(path)
        with suppress(LedgerError):  # the copy is as good without the note
            ledger.note_backup(at=SystemClock().now())
    say(f"wrote {path}; `connector ledger restore {path}` puts it back")
    return 0
