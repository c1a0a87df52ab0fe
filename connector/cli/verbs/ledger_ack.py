"""`connector ledger ack`."""

from pathlib import Path

from connector.app import words_of
from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock


def run(config: Path, id: str, *, reason: str) -> int:
    """Take note of what a row wants a person for, until that changes."""
    with opened(config) as (settings, ledger):
        told = ledger.acknowledge(id, at=SystemClock().now(), who=who(), reason=reason)
    say(f"acknowledged {id}: {words_of(settings).sentence(told.reason)}")
    return 0
