"""`connector ledger list`."""

from pathlib import Path

from connector.app import words_of
from connector.cli.verbs.shared import as_json_array, opened, say, tables
from connector.clock import SystemClock
from connector.domain.distribution import Decision, State
from connector.errors import ConfigError
from connector.render import contract, views

MOST = 1_000
KNOWN = [*(state.value for state in State), Decision.UNMAPPED.value, Decision.IGNORED.value]


def run(config: Path, *, state: str | None, as_json: bool) -> int:
    """List every row, or those in one state; of very many, a table shows the latest."""
    refuse_unknown(state)
    now = SystemClock().now()
    with opened(config) as (settings, ledger):
        words = words_of(settings)
        if as_json:
            with ledger.export(state) as (_, rows):
                as_json_array(contract.line(row, now, words) for row in rows)
            return 0
        found = ledger.latest_rows(state, most=MOST)
    pairs = [(row.occurrence, row.distribution) for row in found.rows]
    tables(views.ledger(pairs, words, now))
    if found.more:
        say(f"{found.more:,} earlier rows are not shown: `connector ledger export` has them all")
    return 0


def refuse_unknown(state: str | None) -> None:
    """ConfigError for a word that is no state, and no decision of sends without an offer."""
    if state is not None and state not in KNOWN:
        raise ConfigError([f"--state {state}: is one of {', '.join(KNOWN)}"])
