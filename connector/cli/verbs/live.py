"""`connector live`."""

from datetime import datetime
from pathlib import Path

from connector.cli.verbs.shared import business_zone, opened, say, who
from connector.clock import SystemClock
from connector.domain.dayone import campaign_clock_steps
from connector.errors import ConfigError
from connector.settings import Settings

NO_CLOCK = (
    'punchh.campaign_clock is not set: "utc" if Punchh starts a campaign at the instant it was '
    'given, "business" if at that wall clock in the business\'s zone; '
    "the README's day-one checks tell how to find out"
)


def _tell_steps(settings: Settings, now: datetime) -> None:
    say("How to find out which clock Punchh starts campaigns by:")
    for step in campaign_clock_steps(business_zone(settings), now):
        say(f"  {step}")


def run(config: Path, *, nothing_given_yet: bool) -> int:
    """End the rehearsal, once it is known how Punchh reads start times."""
    now = SystemClock().now()
    with opened(config) as (settings, ledger):
        if settings.punchh.campaign_clock is None:
            _tell_steps(settings, now)
            raise ConfigError([f"{config}: {NO_CLOCK}"])
        ledger.go_live(at=now, who=who(), nothing_given_yet=nothing_given_yet)
        say("live: `connector run` now commits in Punchh")
        if not nothing_given_yet:
            say("offers whose commit window is already open are held: they may have been given")
    return 0
