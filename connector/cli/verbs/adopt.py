"""`connector adopt`."""

from pathlib import Path

from connector.app import world_of
from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock


def run(config: Path, *, reason: str) -> int:
    """Take the configured remotes as the world of this ledger."""
    with opened(config) as (settings, ledger):
        new = ledger.adopt_world(
            world_of(settings), at=SystemClock().now(), who=who(), reason=reason
        )
    if not new:
        say("the ledger knows all of the configured hosts and accounts already")
    for each in new:
        say(f"adopted {each.details['remote']}: {each.after} (before: {each.before or 'none'})")
    return 0
