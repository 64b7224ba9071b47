"""The record of operations keeps who did what, and a response for each key for a day."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from data.models import OperationRecord
from data.store.core.store import Store
from data.store.shared_sql.journal import KEY_SECONDS
from data.store.sqlite.store import SqliteStore

BODY = b"\x01" * 32


def begun(store: Store, at: float, key: str | None = "k", by: str = "desk") -> OperationRecord:
    """The record of an operation that begins."""
    return store.begin_operation(OperationRecord(0, at, by, "hide", "r1", key, BODY))


def test_a_repeated_key_finds_the_first_response(store: Store) -> None:
    first = begun(store, 1000.0)
    store.end_operation(first, 200, b"{}")
    again = begun(store, 1000.0 + KEY_SECONDS)
    assert (again.number, again.at, again.response) == (first.number, 1000.0, b"{}")
    assert begun(store, 1001.0, by="other").number != first.number


def test_a_key_is_forgotten_after_a_day_and_its_operation_is_not(store: Store) -> None:
    first = begun(store, 1000.0)
    store.end_operation(first, 200, b"{}")
    later = begun(store, 1001.0 + KEY_SECONDS)
    assert later.number != first.number
    assert [(one.number, one.status, one.response) for one in store.operations(limit=9)] == [
        (later.number, 0, None),
        (first.number, 200, None),
    ]


def test_operations_without_a_key_are_recorded_without_their_response(store: Store) -> None:
    for at in (1000.0, 1000.0):
        store.end_operation(begun(store, at, None), 409, b"secret")
    found = store.operations(limit=9)
    assert [(one.status, one.response) for one in found] == [(409, None)] * 2


def test_old_keys_are_found_by_an_index(tmp_path: Path) -> None:
    """A scan of all keys of a day would make each request slower than the one before."""
    path = tmp_path / "communique.db"
    SqliteStore(path).close()
    statement = "UPDATE operations SET key = NULL WHERE key IS NOT NULL AND at < 1"
    (plan,) = sqlite3.connect(path).execute(f"EXPLAIN QUERY PLAN {statement}")
    assert "INDEX operations_by_time" in plan[3]
