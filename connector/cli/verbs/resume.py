"""`connector resume`."""

from pathlib import Path

from connector.cli.verbs.pause import scope_of
from connector.cli.verbs.shared import opened, say, who
from connector.clock import SystemClock
from connector.domain.standing import RemoteNote


def run(
    config: Path, punchh: str | None, *, source: str | None, rule: str | None, reason: str
) -> int:
    """End the pauses of what was named, close its breaker, and say what is left."""
    now = SystemClock().now()
    scope, name = scope_of(punchh, source, rule)
    with opened(config) as (_, ledger):
        ended, remote = ledger.resume(scope, name, at=now, who=who(), reason=reason)
        left = ledger.pauses(at=now)
    for one in ended:
        say(f"resumed {one.of}, which {one.who} had paused: {one.why}")
    told = list(_told(remote)) if remote else []
    for line in told:
        say(line)
    if not ended and not told:
        say("there was nothing to resume")
    for one in left:
        say(f"still paused: {one.of} (`connector resume{one.arguments} --reason …`)")
    return 0


def _told(before: RemoteNote) -> list[str]:
    told = []
    if before.breaker.since is not None:
        told.append(f"{before.name} is asked again by the next cycle")
    if before.shrunk_at is not None:
        told.append(f"what vanished from {before.name} is taken to be gone from the next cycle on")
    return told
