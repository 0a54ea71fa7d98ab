"""What Alembic runs. The connection comes from `setia.plumbing.db.migrate`; there is no alembic.ini."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
