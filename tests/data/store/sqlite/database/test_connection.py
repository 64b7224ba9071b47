"""Statements that nobody waits for any more."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from data.errors import Interrupted, SlowSearch
from data.store.shared_sql.database.interruption import Interruption, interruptible
from data.store.sqlite.store import SqliteStore

ENDLESS = """
    WITH RECURSIVE c(n) AS (SELECT begun() UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c
"""


@pytest.mark.parametrize("is_bounded", [False, True])
def test_an_abandoned_statement_is_interrupted(
    sqlite_store: SqliteStore, *, is_bounded: bool
) -> None:
    connection = sqlite_store._connection  # noqa: SLF001 - to try it
    interruption, begun = Interruption(), threading.Event()

    def note() -> int:
        begun.set()
        return 0

    def work() -> None:
        with interruptible(interruption):
            connection.db.create_function("begun", 0, note)
            limit = connection.bounded(60) if is_bounded else nullcontext()
            with pytest.raises(Interrupted), limit:
                connection.ask(ENDLESS)
            with pytest.raises(Interrupted):
                connection.ask("SELECT 1")
        connection.close()

    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(work)
        assert begun.wait(60)
        interruption.stop()
        working.result(timeout=60)
        assert threads.submit(connection.ask, "SELECT 1").result() == [(1,)]
        threads.submit(connection.close).result()


def test_a_slow_search_is_still_stopped(sqlite_store: SqliteStore) -> None:
    connection = sqlite_store._connection  # noqa: SLF001 - to try it
    endless = ENDLESS.replace("begun()", "1")
    with interruptible(Interruption()), pytest.raises(SlowSearch), connection.bounded(-1):
        connection.ask(endless)
    assert connection.ask("SELECT 1") == [(1,)]
