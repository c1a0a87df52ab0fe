"""`connector init`."""

from pathlib import Path

from connector.app import read_settings
from connector.cli.examples import copy, copy_mappings
from connector.cli.verbs.shared import say
from connector.clock import SystemClock, randomness
from connector.ledger import Ledger
from connector.settings import ledger_url


def run(config: Path) -> int:
    """Create what is missing: config, mapping, and the ledger, in rehearsal."""
    new = not config.exists()
    folder = config.resolve().parent.parent / "mappings"
    if new:
        copy("connector.toml", config)
        say(f"wrote {config}")
        if not folder.exists():
            copy_mappings(folder)
            say(f"wrote {folder}")
    url = ledger_url(config) if new else read_settings(config).ledger.url
    ledger_id = f"{randomness().getrandbits(64):016x}"
    Ledger.create(url, ledger_id=ledger_id, at=SystemClock().now()).close()
    say(f"made the ledger {url.removeprefix('sqlite:///')}, in rehearsal: nothing is posted yet")
    if new:
        say(f"next: write your hosts and keys into {config}, and your rules into {folder}")
    say("then: `connector plan` shows what it would do; `connector live` ends the rehearsal")
    return 0
