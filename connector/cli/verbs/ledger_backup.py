"""`connector ledger backup`."""

from pathlib import Path

from connector.cli.verbs.shared import opened, say


def run(config: Path, path: Path) -> int:
    """Write a checked copy of the ledger under a new name."""
    with opened(config) as (_, ledger):
        ledger.back_up(path)
    say(f"wrote {path}; `connector ledger restore {path}` puts it back")
    return 0
