"""The schema's revisions, and how a ledger gets to the newest."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


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


def migrate(tx: Connection) -> None:
    """Bring a database to the newest revision, within the given transaction."""
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, "head")
