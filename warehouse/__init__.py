"""Where figures that hold are kept: documents, versions, facts, findings, review items, decisions and runs.

SQLAlchemy over SQLite (default) or PostgreSQL (by URL). `warehouse.store.Warehouse` is the door; `tables` is the schema,
`migrations` its history, `figures` what it means that two readings of a document contradict each other. This room reads no
file and judges no figure: it takes a `Disclosure` with the state its judge gave it and keeps it whole or not at all.
"""

from warehouse.connection import UnusableWarehouseError
from warehouse.loading import StoreRefusedError, StoreResult
from warehouse.run_lock import RunLock, RunLockedError, RunLockLostError
from warehouse.store import Warehouse

__all__ = [
    "RunLock",
    "RunLockLostError",
    "RunLockedError",
    "StoreRefusedError",
    "StoreResult",
    "UnusableWarehouseError",
    "Warehouse",
]
