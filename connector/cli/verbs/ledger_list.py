"""`connector ledger list`."""

from pathlib import Path

from connector.app import words_of
from connector.cli.verbs.shared import as_json as print_json
from connector.cli.verbs.shared import opened, tables
from connector.clock import SystemClock
from connector.domain.distribution import Decision, State
from connector.errors import ConfigError
from connector.render import contract, views

KNOWN = [*(state.value for state in State), Decision.UNMAPPED.value, Decision.IGNORED.value]


def run(config: Path, *, state: str | None, as_json: bool) -> int:
    """List every row, or those in one state."""
    refuse_unknown(state)
    with opened(config) as (settings, ledger):
        rows = ledger.rows(state)
    now, words = SystemClock().now(), words_of(settings)
    if as_json:
        print_json([contract.line(row, now, words) for row in rows])
        return 0
    pairs = [(row.occurrence, row.distribution) for row in rows]
    tables(views.ledger(pairs, words, now))
    return 0


def refuse_unknown(state: str | None) -> None:
    """ConfigError for a word that is no state, and no decision of sends without an offer."""
    if state is not None and state not in KNOWN:
        raise ConfigError([f"--state {state}: is one of {', '.join(KNOWN)}"])
