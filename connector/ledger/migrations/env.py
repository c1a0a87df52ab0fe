"""Alembic's entry: it works on the connection that `schema` hands over, in its transaction."""

from alembic import context

from connector.ledger import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
