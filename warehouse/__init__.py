"""Where figures that hold are kept: documents, versions, facts, findings, review items, decisions and runs.

SQLAlchemy over SQLite (default) or PostgreSQL (by URL). `warehouse.store.Warehouse` is the door; `tables` is the schema,
`migrations` its history, `figures` what it means that two readings of a document contradict each other. This room reads no
file and judges no figure: it takes a `Disclosure` with the state its judge gave it and keeps it whole or not at all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "RunLock": "run_lock",
    "RunLockLostError": "run_lock",
    "RunLockedError": "run_lock",
    "StoreRefusedError": "loading",
    "StoreResult": "loading",
    "UnusableWarehouseError": "connection",
    "Warehouse": "store",
}


def __getattr__(name: str) -> Any:
    """SQLAlchemy is imported when a name of it is asked for: half a second that `--help` does not need."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"warehouse.{_HOMES[name]}"), name)
