"""`connector pause`."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.app import read_rules, words_of
from connector.cli.verbs.shared import INSTANT, business_zone, moment, opened, say, who
from connector.clock import SystemClock
from connector.domain.durations import LONGEST, parse_duration
from connector.domain.pause import Pause, Scope
from connector.errors import ConfigError
from connector.settings import Settings


def run(
    config: Path,
    punchh: str | None,
    *,
    source: str | None,
    rule: str | None,
    reason: str,
    until: str | None,
) -> int:
    """Write the pause down; the worker heeds it before its next commit."""
    now = SystemClock().now()
    scope, name = scope_of(punchh, source, rule)
    with opened(config) as (settings, ledger):
        end = _end(until, now, business_zone(settings))
        _refuse_unknown(settings, scope, name)
        wanted = Pause(scope, name, now, who(), reason, end)
        ledger.pause(wanted)
    told = (
        f"until {words_of(settings).local(end)}"
        if end
        else f"until `connector resume{wanted.arguments}`"
    )
    say(f"paused {wanted.of} {told}: what is due there is held")
    return 0


def scope_of(punchh: str | None, source: str | None, rule: str | None) -> tuple[Scope, str]:
    """Return what a person named, at most one thing; ConfigError otherwise."""
    if sum(one is not None for one in (punchh, source, rule)) > 1:
        raise ConfigError(["give one of punchh, --source and --rule, or none for everything"])
    if punchh is not None and punchh != Scope.PUNCHH:
        raise ConfigError([f"{punchh}: only punchh stands here; use --source or --rule"])
    if source is not None:
        return Scope.SOURCE, source
    if rule is not None:
        return Scope.RULE, rule
    return (Scope.PUNCHH if punchh else Scope.ALL), ""


def _refuse_unknown(settings: Settings, scope: Scope, name: str) -> None:
    """Catch a slip of the pen: such a pause would stop nothing."""
    if scope is Scope.SOURCE and name not in settings.sources:
        known = ", ".join(sorted(settings.sources))
        raise ConfigError([f"--source {name}: no such source. There are {known}"])
    if scope is not Scope.RULE:
        return
    try:
        rules = {rule.name for rule in read_rules(settings).rules}
    except ConfigError:  # files with a mistake must not keep anybody from stopping a rule
        return
    if name not in rules:
        raise ConfigError([f"--rule {name}: no such rule. There are {', '.join(sorted(rules))}"])


def _end(text: str | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        end: datetime | None = now + parse_duration(text)
    except ValueError:
        end = moment(text, zone)
    if end is None:
        told = f"--until {text}: is no duration like 2h and no instant like {INSTANT}"
        raise ConfigError([told])
    if not now < end <= now + LONGEST:
        raise ConfigError([f"--until {text}: must lie ahead, by ten years at most"])
    return end
