"""What several verbs need: objects from settings, who speaks, and how tables are printed."""

import getpass
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from connector import telemetry
from connector.app import open_ledger, read_settings, words_of
from connector.errors import ConnectorError, RemoteError
from connector.ledger import Ledger
from connector.render.table import Table, show
from connector.render.words import Words
from connector.settings import Settings

LONGEST_NAME = 80
INSTANT = "2026-12-24T09:00 (by the business's clock) or 2026-12-24T09:00:00Z"


@contextmanager
def opened(config: Path) -> Iterator[tuple[Settings, Ledger]]:
    """Read the settings and open the ledger, beside a running worker if there is one."""
    settings = read_settings(config)
    with open_ledger(settings) as ledger:
        yield settings, ledger


def log_as(settings: Settings, listener: telemetry.Listener | None = None) -> None:
    """Log as `[log]` says."""
    least = logging.getLevelNamesMapping()[settings.log.level.upper()]
    telemetry.configure(least=least, form=settings.log.format, listener=listener)


def business_zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.punchh.timezone)


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read an instant that a person typed (ISO-8601), in UTC; None if it is none.

    Without an offset it is the business's wall clock, as all times are shown by it. One that the
    clocks repeat is the first of the two; one that they skip lies so much after the gap.
    """
    try:
        typed = datetime.fromisoformat(text)
        return (typed if typed.tzinfo else typed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def who() -> str:
    """Name the person at the keyboard, for the event: as the variables claim, `sudo`'s first.

    Whose process it really is, the ledger finds out by itself.
    """
    try:
        claimed = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
    return claimed[:LONGEST_NAME]


def console() -> Console:
    """Return the terminal; without one, lines are wide enough not to be folded oddly."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=False)


def tables(*found: Table) -> None:
    out = console()
    for table in found:
        show(table, out)


def as_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201  the verb's output


def warn(line: str) -> None:
    """Tell what must not stand among a verb's output, which may be JSON."""
    print(f"connector: {line}", file=sys.stderr)  # noqa: T201


def told_unreadable(failures: Mapping[str, RemoteError], words: Words) -> bool:
    """Tell which remotes could not be read, and return whether there are any."""
    for name, error in failures.items():
        warn(f"could not be read: {name}: {words.whole(error.reason)}")
    return bool(failures)


def warn_of_refusals(failures: Mapping[str, RemoteError]) -> None:
    """Tell that a refused key is asked with again at every call of a verb that writes nothing."""
    for name, error in failures.items():
        if error.account:
            warn(
                f"{name} refused the key, and this verb writes nothing down: it asks again each "
                "time, and Punchh blocks an address after ten refusals within ten minutes. "
                "`connector doctor` tries a key once and keeps the refusal"
            )


def told(error: ConnectorError, config: Path) -> str:
    """Put an error that carries a reason into words, in the business's zone where that is known."""
    try:
        words = words_of(read_settings(config))
    except ConnectorError:
        words = Words(ZoneInfo("UTC"))
    about = f"{error.remote}: " if isinstance(error, RemoteError) else ""
    return about + words.whole(error.reason)


def say(line: str = "") -> None:
    print(line)  # noqa: T201  the verb's output
