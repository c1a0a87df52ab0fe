"""`connector ledger approve`."""

from collections.abc import Sequence
from pathlib import Path

from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock
from connector.errors import ConfigError


def run(config: Path, ids: Sequence[str], *, held_by: str | None, reason: str) -> int:
    """Approve the rows named, or all that one guard holds."""
    if bool(ids) == bool(held_by):
        raise ConfigError(["give the ids to approve, or --held-by"])
    with opened(config) as (_, ledger):
        at = SystemClock().now()
        if held_by:
            rows = ledger.approve_held_by(held_by, at=at, who=who(), reason=reason)
        else:
            rows = ledger.approve(ids, at=at, who=who(), reason=reason)
    if not rows:
        say(f"nothing is held for “{held_by}”")
    for row in rows:
        say(f"approved {row.id}: {row.redeemable} to {row.segment}; the next cycle takes it up")
    return 0
