"""How Alembic reaches the schema: always through `bot.storage.schema`, which hands it a connection."""

from alembic import context

from bot.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=True,
)
context.run_migrations()
