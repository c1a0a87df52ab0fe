"""`connector init`."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from connector.app import read_settings
from connector.cli.verbs.shared import say
from connector.clock import SystemClock, randomness
from connector.ledger import Ledger
from connector.settings import ledger_url

EXAMPLES = files("connector.cli") / "examples"


def run(config: Path) -> int:
    """Create what is missing: config, mapping, and the ledger, in rehearsal."""
    new = not config.exists()
    if new:
        _copy("connector.toml", config)
        folder = config.resolve().parent.parent / "mappings"
        if not folder.exists():
            for name in ("restaurant.yaml", "mapping.schema.json"):
                _copy(name, folder / name)
    url = ledger_url(config) if new else read_settings(config).ledger.url
    ledger_id = f"{randomness().getrandbits(64):016x}"
    Ledger.create(url, ledger_id=ledger_id, at=SystemClock().now()).close()
    say(f"made the ledger {url.removeprefix('sqlite:///')}, in rehearsal: nothing is posted yet")
    if new:
        say(f"next: write your hosts and keys into {config}, and your rules into {folder}")
    say("then: `connector plan` shows what it would do; `connector live` ends the rehearsal")
    return 0


def _copy(name: str, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    with as_file(EXAMPLES / name) as example:
        shutil.copyfile(example, to)
    say(f"wrote {to}")
