"""`connector ledger retry`."""

from pathlib import Path

from connector.app import words_of
from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock


def run(config: Path, id: str, *, reason: str, although_it_may_exist: bool) -> int:
    """Put a rejected row back in line."""
    with opened(config) as (settings, ledger):
        row = ledger.retry(
            id,
            at=SystemClock().now(),
            who=who(),
            reason=reason,
            although_it_may_exist=although_it_may_exist,
        )
    say(f"{row.id} is now {row.state.value}: {words_of(settings).whole(row.reason, row.id)}")
    return 0
