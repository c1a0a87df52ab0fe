"""`connector ledger export`."""

import sys
from pathlib import Path

from connector.app import words_of
from connector.cli import streams
from connector.cli.verbs.ledger_list import refuse_unknown
from connector.cli.verbs.shared import for_machines, opened, warn
from connector.clock import SystemClock
from connector.errors import ConfigError
from connector.render import contract
from connector.render.export import FORMS, written


def run(config: Path, *, form: str, state: str | None, bom: bool) -> int:
    """Write every row as it is read: many years take no more memory than a day.

    The head of the history of that moment is told beside it.
    """
    if form not in FORMS:
        raise ConfigError([f"--format {form}: is one of {', '.join(FORMS)}"])
    refuse_unknown(state)
    now = SystemClock().now()
    with opened(config) as (settings, ledger), ledger.export(state) as (head, found):
        words = words_of(settings)
        rows = (contract.line(row, now, words) for row in found)
        for_machines(written(form, rows, words.zone, bom=bom))
    sys.stdout.flush()
    if not streams.unread():  # it is the head of what somebody has
        warn(f"history: head {head}")
    return 0
