"""`connector init`."""

import os
from collections.abc import Callable
from pathlib import Path

from connector.cli.examples import copy, copy_mappings
from connector.cli.verbs.shared import say, settings_of
from connector.clock import SystemClock, randomness
from connector.errors import ConfigError
from connector.ledger import Ledger
from connector.ledger.store import path_of
from connector.settings import ledger_url, mapping_path, toml


def run(config: Path, *, example_mappings: bool) -> int:
    """Create what is missing: a config with example mappings, and the ledger, in rehearsal.

    A config that was already there gets no example rules, which would then run, unless asked.
    """
    new = not os.path.lexists(config)
    if new:
        _write(config, lambda: _copy_config(config))
        url, mappings = ledger_url(config, os.environ), mapping_path(config, os.environ)
        mark = None
    else:
        settings = settings_of(config)
        url, mappings = settings.ledger.url, Path(settings.mappings.path)
        mark = settings.ledger.mark_path
    _refuse_a_second(config, url)
    missing = not os.path.lexists(mappings)
    if not (missing and example_mappings and path_of(url).exists()):  # else only they are wanted
        ledger_id = f"{randomness().getrandbits(64):016x}"
        Ledger.create(url, ledger_id=ledger_id, at=SystemClock().now(), mark=mark).close()
        say(f"made the ledger {path_of(url)}, in rehearsal: nothing is posted yet")
    if missing and (new or example_mappings):
        _write(mappings, lambda: _copy_mappings(mappings))
    if new:
        say(f"next: write your hosts and keys into {config}, and your rules into {mappings}")
    if new and mappings.suffix != ".yaml":
        say(f"{mappings}/README.md tells how to write rules")
    if missing and not (new or example_mappings):
        say(f"next: put your mapping files at {mappings}, where the configuration looks for them")
    say("then: `connector doctor` tries each key, `connector plan` shows what would be done")
    say("`connector live` ends the rehearsal")
    return 0


def _copy_config(config: Path) -> None:
    copy("connector.toml", config)
    config.chmod(0o600)  # keys are to be written into it


def _copy_mappings(mappings: Path) -> None:
    if mappings.suffix == ".yaml":
        copy("restaurant.yaml", mappings)
    else:
        copy_mappings(mappings)


def _refuse_a_second(config: Path, url: str) -> None:
    """Create no ledger if there is one beside the file that a link to the config leads to."""
    here, there = path_of(url), path_of(ledger_url(Path(os.path.realpath(config)), os.environ))
    if there.exists() and not here.exists():
        problem = (
            f"{config}: is reached through a link, and beside the link's target there is already "
            f"a ledger, {there}; nothing was created. If it is yours, set its full path: "
            f"ledger.url = {toml.text(f'sqlite:///{there}')}"
        )
        raise ConfigError([problem])


def _write(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written ({error.strerror})"]) from None
    say(f"wrote {path}")
