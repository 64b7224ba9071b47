"""Statements that nobody waits for any more, and transactions that SQLite ends itself."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from data.errors import Interrupted, SlowSearch, StoreError
from data.models import Facet
from data.store.shared_sql.connection import Interruption, interruptible
from data.store.sqlite.store import SqliteStore
from tests.drafts import draft

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


def test_nothing_is_written_after_a_full_disk_ended_a_transaction(
    sqlite_store: SqliteStore, noon: dt.datetime
) -> None:
    database = sqlite_store._connection.db  # noqa: SLF001 - to fill it
    long = draft("http://harbour.example/news/2", title="Long", body_text="harbour " * 20_000)
    other = draft("http://harbour.example/news/3", title="Other")

    def record_around_an_error(*, writes_again: bool) -> None:
        with sqlite_store.transaction():
            sqlite_store.record(draft(), seen=noon, since=noon)
            ((pages,),) = database.execute("PRAGMA page_count").fetchall()
            database.execute(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(StoreError, match="disk is full"):
                sqlite_store.record(long, seen=noon, since=noon)
            database.execute(f"PRAGMA max_page_count = {pages * 100}")
            if writes_again:
                sqlite_store.record(other, seen=noon, since=noon)

    for writes_again in (True, False):
        with pytest.raises(StoreError, match="undid all writes of the transaction"):
            record_around_an_error(writes_again=writes_again)
        assert [*sqlite_store.releases(Facet())] == []
    sqlite_store.record(other, seen=noon, since=noon)
    assert len([*sqlite_store.releases(Facet())]) == 1
