"""The schema's revisions, how a ledger gets to the newest, and what it then consists of."""

from collections.abc import Mapping
from functools import lru_cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

_MADE = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "connector.ledger:migrations")
    return config


def newest_revision() -> str:
    """Return the revision that this program works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def known_revisions() -> frozenset[str]:
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


def revision_of(tx: Connection) -> str | None:
    """Return the revision that a database stands at, None where it never had one."""
    return MigrationContext.configure(tx).get_current_revision()


def migrate(tx: Connection, revision: str = "head") -> None:
    """Bring a database to the newest revision, or another, within the given transaction."""
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, revision)


def made(tx: Connection) -> Mapping[tuple[str, str], str]:
    """Return what a database consists of: each thing's text, in one line, by its kind and name."""
    found = tx.exec_driver_sql(_MADE)
    return {(kind, name): " ".join(sql.split()) for kind, name, sql in found}


@lru_cache(maxsize=2)
def as_made(revision: str = "head") -> Mapping[tuple[str, str], str]:
    """Return what a ledger of a known revision consists of."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as tx:
            migrate(tx, revision)
            return made(tx)
    finally:
        engine.dispose()
