"""`connector ledger verify`."""

from pathlib import Path

from connector.cli.verbs.shared import say, settings_of
from connector.ledger.store import path_of
from connector.ledger.verify import verify


def run(config: Path) -> int:
    """Print every problem of the ledger; 1 if there is one."""
    path = path_of(settings_of(config).ledger.url)
    problems = verify(path)
    for told in problems:
        say(told)
    if not problems:
        say(f"{path}: whole")
    return 1 if problems else 0
