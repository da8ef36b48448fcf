"""The history of the schema. `warehouse.store.Warehouse.migrate()` runs it; `versions/` holds one file a step."""
