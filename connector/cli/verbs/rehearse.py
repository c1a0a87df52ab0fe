"""`connector rehearse`."""

from pathlib import Path

from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock


def run(config: Path) -> int:
    """Go back to rehearsal."""
    with opened(config) as (_, ledger):
        ledger.rehearse(at=SystemClock().now(), who=who())
    say("rehearsal: `connector run` plans and records, and posts nothing")
    return 0
