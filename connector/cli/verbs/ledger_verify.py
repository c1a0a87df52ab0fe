"""`connector ledger verify`."""

from pathlib import Path

from connector.app import read_settings
from connector.cli.verbs.shared import say
from connector.ledger.store import path_of
from connector.ledger.verify import verify


def run(config: Path) -> int:
    """Print every problem of the ledger; 1 if there is one."""
    path = path_of(read_settings(config).ledger.url)
    problems = verify(path)
    for told in problems:
        say(told)
    if not problems:
        say(f"{path}: whole")
    return 1 if problems else 0
