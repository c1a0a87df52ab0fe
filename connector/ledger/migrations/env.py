"""Alembic's entry: it works on the connection that `schema` hands over, in its transaction."""

from alembic import context

from connector.ledger import tables
from connector.points import Point, point

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    transactional_ddl=True,
    on_version_apply=lambda **_: point(Point.MIGRATION_STEP),
)
with context.begin_transaction():
    context.run_migrations()
