"""`connector mappings diff`."""

import errno
import os
from pathlib import Path

from connector import telemetry
from connector.app import read_mappings, words_of, workplace
from connector.cli.verbs.shared import (
    as_json,
    for_machines,
    say,
    settings_of,
    tables,
    told_unreadable,
    warn_of_refusals,
)
from connector.clock import SystemClock, randomness
from connector.domain.difference import subtract
from connector.errors import ConfigError
from connector.mapping import folder, load, revision
from connector.mapping.load import Reading
from connector.render import differences
from connector.render.table import markdown
from connector.settings import Settings
from connector.worker.cycle import previews

FORMS = ("table", "markdown", "json")
_NO_PATH = (errno.ENAMETOOLONG, errno.ELOOP)  # a revision may have such a name


def run(config: Path, against: str, *, form: str) -> int:
    """Plan by the files as they are and by others, and show what differs; nothing is written.

    1 if a remote could not be read.
    """
    if form not in FORMS:
        raise ConfigError([f"--format {form}: is one of {', '.join(FORMS)}"])
    telemetry.quiet()
    settings = settings_of(config)
    now, before = read_mappings(settings), _before(settings, against)
    if problems := [str(one) for one in (*before.findings, *now.findings)]:
        raise ConfigError(problems)
    with workplace(settings, SystemClock(), randomness()) as work:
        was, will = previews(work, before.book, now.book)
    words = words_of(settings)
    changes = subtract(was.plan, will.plan)
    table = differences.table(changes, against, will.plan, words)
    match form:
        case "json":
            as_json(differences.as_json(changes, against, will.plan, words))
        case "markdown":
            summary = differences.summary(changes, will.plan)
            for_machines([f"{markdown(table)}\n{summary}.\n"])
        case _:
            tables(table)
            say(f"{differences.summary(changes, will.plan)}.")
    warn_of_refusals(will.observation.failures)
    return int(told_unreadable(will.observation.failures, words))


def _before(settings: Settings, against: str) -> Reading:
    """Read the other files: at a path, or else at a revision of the repository.

    They may name sources that are no longer configured.
    """
    if _is_path(against):
        texts, unread = folder.collect(Path(against))
    else:
        texts, unread = revision.collect(Path(settings.mappings.path), against)
    return load.read_texts(texts, unread, schedule=settings.schedule)


def _is_path(text: str) -> bool:
    """Return whether anything is there; OSError where it may not be looked at."""
    try:
        os.stat(text)  # noqa: PTH116  a text, not yet a path
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        if error.errno in _NO_PATH:
            return False
        raise
    return True
