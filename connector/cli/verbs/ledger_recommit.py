"""`connector ledger recommit`."""

from pathlib import Path

from connector.app import words_of
from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock
from connector.errors import ConfigError


def run(config: Path, id: str, *, cancelled_in_punchh: bool, reason: str) -> int:
    """Have an offer made again for a send that moved, after a person cancelled its campaign."""
    if not cancelled_in_punchh:
        told = "else guests get two: cancel its campaign in Punchh, then say --cancelled-in-punchh"
        raise ConfigError([told])
    with opened(config) as (settings, ledger):
        row = ledger.recommit(id, at=SystemClock().now(), who=who(), reason=reason)
    told = words_of(settings).whole(row.reason, row.id)
    say(f"{id} is followed by {row.id}, now {row.state.value}: {told}")
    return 0
