"""`connector ledger verify`."""

from pathlib import Path

from connector.cli.verbs.shared import say, settings_of
from connector.errors import ConfigError
from connector.ledger.chain import Head
from connector.ledger.store import path_of
from connector.ledger.verify import head_of, verify


def run(config: Path, *, head: str | None) -> int:
    """Print every problem of the ledger, and its history's head; 1 if there is a problem."""
    noted = _read(head) if head is not None else None
    settings = settings_of(config).ledger
    path = path_of(settings.url)
    problems = verify(path, mark=settings.mark_path, noted=noted)
    for told in problems:
        say(told)
    if not problems:
        say(f"{path}: whole")
    if (found := head_of(path)) is not None:
        say(f"history: head {found}")
    return 1 if problems else 0


def _read(text: str) -> Head:
    found = Head.parse(text)
    if found is None:
        raise ConfigError(["--head: is NUMBER:DIGEST, as `connector ledger verify` printed it"])
    return found
