"""Alembic's entry: runs on the connection it is handed (`Warehouse.migrate`), in that connection's one transaction."""

from alembic import context

from warehouse.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through warehouse.store.Warehouse.migrate(), which hands over its connection")

context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=False,
)
context.run_migrations()
