"""`connector ledger ack`."""

from pathlib import Path

from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock


def run(config: Path, id: str, *, reason: str) -> int:
    """Take note of what a row wants a person for, until that changes."""
    with opened(config) as (_, ledger):
        told = ledger.acknowledge(id, at=SystemClock().now(), who=who(), reason=reason)
    say(f"acknowledged {id}: {told.reason.sentence}")
    return 0
