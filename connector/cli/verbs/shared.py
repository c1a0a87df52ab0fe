"""What several verbs need: objects from settings, who speaks, and all that they print.

Scripts and files get UTF-8, whatever the terminal speaks.
"""

import getpass
import io
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from connector import telemetry
from connector.app import open_ledger, read_settings
from connector.cli import streams
from connector.domain.left_out import wanted_by
from connector.domain.rules import RuleBook
from connector.domain.send import Snapshot
from connector.domain.text import clean, printable, printable_json
from connector.errors import ConnectorError, RemoteError
from connector.ledger import Ledger
from connector.render.table import Table, brief, show
from connector.render.words import Words
from connector.settings import Settings

LONGEST_NAME = 80
INSTANT = "2026-12-24T09:00 (by the business's clock) or 2026-12-24T09:00:00Z"

_zone: ContextVar[ZoneInfo] = ContextVar("zone", default=ZoneInfo("UTC"))  # noqa: B039  a value


def settings_of(config: Path) -> Settings:
    """Read the settings; from here on `words_here` are in the business's zone."""
    settings = read_settings(config)
    _zone.set(business_zone(settings))
    return settings


@contextmanager
def opened(config: Path) -> Iterator[tuple[Settings, Ledger]]:
    """Read the settings and open the ledger, beside a running worker if there is one."""
    settings = settings_of(config)
    with open_ledger(settings) as ledger:
        yield settings, ledger


def words_here() -> Words:
    """Return how people are told reasons, also before the settings could be read: then in UTC."""
    return Words(_zone.get())


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
        claimed = clean(os.environ.get("SUDO_USER") or getpass.getuser())
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
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for_machines([printable_json(text), "\n"])


def as_json_array(values: Iterable[Any]) -> None:
    """Write one value after another, as `as_json` would write a list of them."""
    for_machines(_array(values))


def _array(values: Iterable[Any]) -> Iterator[str]:
    before = "["
    for value in values:
        text = json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n  ")
        yield printable_json(f"{before}\n  {text}")
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def for_machines(pieces: Iterable[str]) -> None:
    """Write what a script or a file takes, piece by piece, for as long as anybody reads it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for piece in pieces:
        if streams.unread():
            return
        print(piece, end="")  # noqa: T201  the verb's output


def not_read(snapshots: Iterable[Snapshot], book: RuleBook, words: Words) -> Iterator[str]:
    """Say what sources showed that nobody can follow, and what rules may miss in them."""
    for snapshot in snapshots:
        for note in snapshot.notes:
            yield f"{snapshot.source}: {words.whole(note)}"
        for kind, why in snapshot.left_out.items():
            if rules := wanted_by(book, snapshot.source, kind).rules:
                waiting = f"Rules that may wait for one: {', '.join(rules)}."
                yield f"{snapshot.source}: {words.whole(why)} {waiting}"


def warn(line: str) -> None:
    """Tell what must not stand among a verb's output, which may be JSON."""
    for one in line.splitlines():
        print(f"connector: {_for_people(one)}", file=sys.stderr)  # noqa: T201


def warn_of(error: ConnectorError) -> None:
    """Tell why a verb failed."""
    if error.reason is None:
        warn(str(error))
        return
    about = f"{error.remote}: " if isinstance(error, RemoteError) else ""
    warn(about + words_here().whole(error.reason))


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


def say(line: str = "") -> None:
    verbatim(_for_people(line))


def say_more(number: int) -> None:
    """Say how many occurrences a text names beside those shown."""
    if number:
        what = "occurrence is" if number == 1 else "occurrences are"
        say(f"{number:,} earlier {what} not shown; use an id from `connector ledger list`")


def verbatim(text: str) -> None:
    """Show a person what is to be taken as it is, such as a rule to paste."""
    print(printable(text))  # noqa: T201  the verb's output


def _for_people(text: str) -> str:
    return "\n".join(map(brief, printable(text).split("\n")))
