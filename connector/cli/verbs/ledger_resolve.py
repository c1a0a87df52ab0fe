"""`connector ledger resolve`."""

from pathlib import Path

from connector.app import words_of
from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock
from connector.domain.policy import NOTICE
from connector.domain.verdicts import may_still_arrive
from connector.errors import ConfigError


def run(
    config: Path,
    id: str,
    *,
    committed: int | None,
    not_committed: bool,
    abandon: bool,
    reason: str,
) -> int:
    """Record what a person found out about an unknown attempt."""
    if (committed is not None) + not_committed + abandon != 1:
        raise ConfigError(["say one of --committed CAMPAIGN_ID, --not-committed, --abandon"])
    now = SystemClock().now()
    with opened(config) as (settings, ledger):
        row = ledger.resolve(
            id,
            at=now,
            who=who(),
            reason=reason,
            committed=committed,
            abandon=abandon,
        )
    words = words_of(settings)
    say(f"{row.id} is now {row.state.value}: {words.whole(row.reason, row.id)}")
    if not_committed and row.start_time and now < row.start_time - NOTICE:
        say(words.sentence(may_still_arrive(row.start_time - NOTICE)))
    return 0
