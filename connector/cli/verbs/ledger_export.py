"""`connector ledger export`."""

from pathlib import Path

from connector.cli.verbs.ledger_list import refuse_unknown
from connector.cli.verbs.shared import business_zone, for_machines, opened
from connector.clock import SystemClock
from connector.errors import ConfigError
from connector.render import contract
from connector.render.export import FORMS, written


def run(config: Path, *, form: str, state: str | None, bom: bool) -> int:
    """Write every row as it is read: many years take no more memory than a day."""
    if form not in FORMS:
        raise ConfigError([f"--format {form}: is one of {', '.join(FORMS)}"])
    refuse_unknown(state)
    now = SystemClock().now()
    with opened(config) as (settings, ledger):
        rows = (contract.line(row, now) for row in ledger.each_row(state))
        lines = written(form, rows, business_zone(settings), bom=bom)
        for_machines(lines)
    return 0
