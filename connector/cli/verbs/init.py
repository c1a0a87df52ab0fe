"""`connector init`."""

import os
from collections.abc import Callable
from pathlib import Path

from connector.app import read_settings
from connector.cli.examples import copy, copy_mappings
from connector.cli.verbs.shared import say
from connector.clock import SystemClock, randomness
from connector.errors import ConfigError
from connector.ledger import Ledger
from connector.settings import ledger_url


def run(config: Path) -> int:
    """Create what is missing: config, mapping, and the ledger, in rehearsal."""
    new = not config.exists()
    if new:
        _write(config, lambda: copy("connector.toml", config))
        url, folder = ledger_url(config, os.environ), config.resolve().parent.parent / "mappings"
        mark = None
    else:
        settings = read_settings(config)
        url, folder = settings.ledger.url, Path(settings.mappings.path)
        mark = settings.ledger.mark_path
    ledger_id = f"{randomness().getrandbits(64):016x}"
    Ledger.create(url, ledger_id=ledger_id, at=SystemClock().now(), mark=mark).close()
    say(f"made the ledger {url.removeprefix('sqlite:///')}, in rehearsal: nothing is posted yet")
    if not folder.exists() and folder.suffix != ".yaml":
        _write(folder, lambda: copy_mappings(folder))
    if new:
        say(f"next: write your hosts and keys into {config}, and your rules into {folder}")
        say(f"{folder}/README.md tells how to write rules")
    say("then: `connector doctor` tries each key, `connector plan` shows what would be done")
    say("`connector live` ends the rehearsal")
    return 0


def _write(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written ({error.strerror})"]) from None
    say(f"wrote {path}")
