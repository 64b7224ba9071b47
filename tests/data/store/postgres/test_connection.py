"""Transactions on PostgreSQL: one writer at a time, a lease as their fence, and what goes wrong."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import errors

from data.archive.journal.orders import Orders
from data.errors import Interrupted, LeaseLost, SlowSearch, StoreError
from data.models import Facet, Lease, Wait
from data.store.core.store import Store
from data.store.open import open_store
from data.store.postgres.pool import close_pools, failed, pool_of
from data.store.postgres.store import PostgresStore
from data.store.shared_sql.connection import Interruption, interruptible
from data.store.unit_of_work.unit import UnitOfWork
from tests.drafts import draft
from tests.postgres_server import PASSWORD, USER, PostgresServer, postgres_running
from tests.postgres_store import emptied
from tests.services import wait_for

HOST: Final = "harbour.example"


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    """The address of an empty store."""
    return emptied(postgres_server)


@pytest.fixture
def store(url: str) -> PostgresStore:
    """An empty store."""
    return PostgresStore(url, patience=30)


@pytest.fixture
def other(url: str) -> Iterator[psycopg.Connection]:
    """Another one who is at work in the same database."""
    with closing(psycopg.connect(url, autocommit=True)) as db:
        yield db


def lease(other: psycopg.Connection, token: int) -> None:
    """Let a worker have the host, under a token."""
    other.execute(
        "INSERT INTO hosts (host, next_due, token) VALUES (%s, now(), %s)"
        " ON CONFLICT (host) DO UPDATE SET token = excluded.token",
        [HOST, token],
    )


def end_others(db: psycopg.Connection) -> None:
    """End all other connections to a database, as an administrator may."""
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def count(store: Store) -> int:
    """How many releases there are."""
    return sum(1 for _ in store.releases(Facet()))


def test_a_reader_gets_through_however_many_connections_are_broken(
    store: PostgresStore, url: str, other: psycopg.Connection
) -> None:
    pool = pool_of(url, 30)
    for one in [pool.getconn() for _ in range(8)]:
        pool.putconn(one)
    end_others(other)
    assert count(store) == 0


def test_the_holder_of_a_lease_writes_until_another_gets_it(
    store: PostgresStore, other: psycopg.Connection, noon: dt.datetime
) -> None:
    lease(other, 7)
    leased = store.leased(Lease(HOST, 7))
    leased.record(draft(), seen=noon, since=noon)
    lease(other, 8)
    with pytest.raises(LeaseLost, match=r"the lease of harbour\.example expired"):
        leased.record(draft("http://harbour.example/news/2"), seen=noon, since=noon)
    with pytest.raises(LeaseLost):
        leased.keep_wait(HOST, Wait(noon, 503))
    assert (count(store), store.wait(HOST)) == (1, None)
    store.keep_wait(HOST, Wait(noon, 503))
    assert store.wait(HOST) == Wait(noon, 503), "without a lease, none is asked for"


def test_a_lease_is_shared_by_all_threads_and_no_token_means_no_lease(
    store: PostgresStore, other: psycopg.Connection, noon: dt.datetime
) -> None:
    lease(other, 0)
    caught: list[BaseException] = []

    leased = store.leased(Lease(HOST, 0))

    def write() -> None:
        try:
            leased.record(draft(), seen=noon, since=noon)
        except LeaseLost as error:
            caught.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    assert len(caught) == 1
    assert count(store) == 0


def test_a_host_cannot_be_taken_between_the_check_of_its_lease_and_the_commit(
    store: PostgresStore, other: psycopg.Connection, noon: dt.datetime, tmp_path: Path
) -> None:
    free: list[object] = []

    class Free(Orders):
        @contextmanager
        def writing(self, store: Store, unit: UnitOfWork) -> Iterator[None]:
            """Ask for the host while the journal would be written."""
            del store, unit
            free.append(other.execute("SELECT host FROM hosts FOR UPDATE SKIP LOCKED").fetchall())
            yield

    lease(other, 7)
    store.journal = Free(tmp_path)
    store.leased(Lease(HOST, 7)).record(draft(), seen=noon, since=noon)
    assert free == [[]]
    assert other.execute("SELECT host FROM hosts FOR UPDATE SKIP LOCKED").fetchall() == [(HOST,)]


def test_a_host_taken_during_a_transaction_under_its_lease_leaves_nothing_of_it(
    store: PostgresStore, other: psycopg.Connection, noon: dt.datetime
) -> None:
    def record_then_lose() -> None:
        leased = store.leased(Lease(HOST, 7))
        with leased.transaction():
            leased.record(draft(), seen=noon, since=noon)
            lease(other, 8)

    lease(other, 7)
    with pytest.raises(LeaseLost):
        record_then_lose()
    assert count(store) == 0


def test_a_transaction_whose_connection_is_lost_is_not_half_done(
    store: PostgresStore, other: psycopg.Connection, noon: dt.datetime
) -> None:
    def record_two() -> None:
        with store.transaction():
            store.record(draft(), seen=noon, since=noon)
            end_others(other)
            store.record(draft("http://harbour.example/news/2"), seen=noon, since=noon)

    with pytest.raises(StoreError, match="it can't be reached, or the connection broke"):
        record_two()
    assert count(store) == 0
    assert store.record(draft(), seen=noon, since=noon).kind == "new"
    assert count(store) == 1


def test_a_writer_that_waits_too_long_gets_an_error(
    store: PostgresStore, url: str, noon: dt.datetime
) -> None:
    other = PostgresStore(url, patience=0.0)
    with store.transaction():
        store.record(draft(), seen=noon, since=noon)
        # Who reads does not wait, and does not see it.
        assert count(other) == 0
        # Whatever it would write: they have no row in common.
        with pytest.raises(StoreError, match="another writer took too long"):
            other.keep_wait("wire.example", Wait(noon, 503))
    assert count(other) == 1


def test_a_slow_query_is_cancelled_and_the_next_one_answered(
    store: PostgresStore,
) -> None:
    connection = store._connection  # noqa: SLF001 - to try it
    slow = "SELECT pg_sleep(60)"
    with pytest.raises(SlowSearch), connection.bounded(0.05):
        connection.ask(slow)
    with connection.writing(), connection.bounded(5):
        assert connection.ask("SELECT 1") == [(1,)]
    assert connection.ask("SHOW statement_timeout") == [("5min",)]


def test_an_abandoned_statement_is_cancelled(
    store: PostgresStore, other: psycopg.Connection
) -> None:
    connection = store._connection  # noqa: SLF001 - to try it
    interruption = Interruption()

    def work() -> None:
        with (
            interruptible(interruption),
            pytest.raises(Interrupted),
            connection.bounded(60),
        ):
            connection.ask("SELECT pg_sleep(60)")
        with interruptible(interruption), pytest.raises(Interrupted):
            connection.ask("SELECT 1")

    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(work)
        while not other.execute(
            "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
            " AND state = 'active' AND datname = current_database()"
        ).fetchall():
            pass
        interruption.stop()
        working.result(timeout=30)
        assert threads.submit(connection.ask, "SELECT 1").result() == [(1,)]


def test_work_cancelled_while_waiting_for_a_connection_sends_no_query(
    store: PostgresStore, url: str
) -> None:
    connection = store._connection  # noqa: SLF001 - to try it
    pool, interruption = pool_of(url, 30), Interruption()
    held = [pool.getconn() for _ in range(pool.max_size)]

    def work() -> None:
        with interruptible(interruption), pytest.raises(Interrupted):
            connection.ask("SELECT 1")

    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(work)
        wait_for(lambda: pool.get_stats().get("requests_waiting"))
        interruption.stop()
        for one in held:
            pool.putconn(one)
        working.result(timeout=30)


def test_leftovers_in_the_way_of_a_new_key_are_removed(store: PostgresStore) -> None:
    connection = store._connection  # noqa: SLF001 - to try it
    with connection.writing() as db:
        db.executemany(
            "INSERT INTO websub_topics (file, stamp, digest, told) VALUES (?, ?, ?, ?)",
            [(name, name, b"", b"") for name in ("a/1", "a/2", "b/1", "c")],
        )
        connection.rekey(
            "websub_topics", "file", ":new || substr(file, 2)", "file LIKE :old || '/%'",
            {"old": "a", "new": "b"},
        )  # fmt: skip
    rows = connection.ask("SELECT file, stamp FROM websub_topics ORDER BY file")
    assert rows == [("b/1", "a/1"), ("b/2", "a/2"), ("c", "c")]


def test_a_missing_server_is_reported_without_the_password() -> None:
    with pytest.raises(StoreError) as refused:
        open_store(f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/nowhere")
    assert "it can't be reached" in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_wrong_password_and_a_missing_database_are_reported_in_a_sentence(
    postgres_server: PostgresServer,
) -> None:
    wrong = postgres_server.url("postgres").replace(PASSWORD, "wrong-password")
    with pytest.raises(StoreError, match="it rejects the password: correct") as refused:
        open_store(wrong)
    assert "wrong-password" not in str(refused.value)
    with pytest.raises(StoreError, match="it requires a password: write it"):
        open_store(postgres_server.url("postgres").replace(f":{PASSWORD}", ""))
    with pytest.raises(StoreError, match="it does not exist: create it"):
        open_store(postgres_server.url("nowhere"))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.DiskFull("could not extend file"), "its disk is full; free some space there"),
        (errors.InsufficientPrivilege("no"), "its user lacks the rights: make it the owner"),
        (errors.TooManyConnections("no"), "it has too many connections"),
        (errors.QueryCanceled("no"), "it took too long"),
        (errors.AdminShutdown("no"), "it can't be reached, or the connection broke"),
        (errors.UniqueViolation("key (a) exists\nDETAIL: row"), "failed: key (a) exists"),
    ],
)
def test_database_errors_are_reported_in_a_sentence(error: psycopg.Error, told: str) -> None:
    said = str(failed("postgresql://me:hunter2@db.example/press", error))
    assert told in said
    assert "hunter2" not in said
    assert "DETAIL" not in said


def test_a_read_only_server_is_reported(postgres_server: PostgresServer) -> None:
    name = postgres_server.create(template="template1")
    address = postgres_server.socket_url(name)
    store = open_store(address)
    with closing(psycopg.connect(address, autocommit=True)) as db:
        db.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        end_others(db)
    now = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    assert [*store.releases(Facet())] == []
    with pytest.raises(StoreError, match="it is read-only"):
        store.record(draft(), seen=now, since=now)
    postgres_server.drop(name)


@pytest.mark.thorough
def test_a_server_that_was_restarted_is_written_to_as_before(noon: dt.datetime) -> None:
    with postgres_running() as server:
        store = PostgresStore(server.socket_url(server.create()))
        store.record(draft(), seen=noon, since=noon)
        for mode in ("fast", "immediate"):
            server.restart(mode)
            assert count(store) == 1
        store.record(draft("http://harbour.example/news/2", title="Other"), seen=noon, since=noon)
        server.stop()
        with pytest.raises(StoreError, match="it can't be reached, or the connection broke"):
            PostgresStore(server.socket_url("nowhere"))


def test_a_password_changed_in_between_is_reported(postgres_url: str) -> None:
    with closing(psycopg.connect(postgres_url, autocommit=True)) as db:
        db.execute("CREATE ROLE press SUPERUSER LOGIN PASSWORD 'once'")
        url = postgres_url.replace(f"{USER}:{PASSWORD}", "press:once")
        try:
            store = open_store(url, patience=1)
            db.execute("ALTER ROLE press PASSWORD 'now'")
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'press'"
            )
            with pytest.raises(StoreError, match="it rejects the password: correct") as told:
                store.facets()
            assert "once" not in str(told.value)
        finally:
            close_pools()
            db.execute("DROP OWNED BY press")
            db.execute("DROP ROLE press")


def test_a_transaction_with_an_order_waits_for_the_disk(store: PostgresStore) -> None:
    asked = "SELECT current_setting('synchronous_commit')"
    for before, after in (("off", "on"), ("remote_apply", "remote_apply")):
        with store.transaction():
            store._connection.execute(f"SET LOCAL synchronous_commit = '{before}'")  # noqa: SLF001 - what the server is asked for
            store.keep_order(before)
            assert store._connection.ask(asked) == [(after,)]  # noqa: SLF001 - as above
    assert store.orders() == {"off", "remote_apply"}


def test_a_transaction_survives_a_snapshot_longer_than_the_limit_for_idle_writers(
    store: PostgresStore, other: psycopg.Connection, noon: dt.datetime
) -> None:
    with store.transaction():
        store.record(draft(), seen=noon, since=noon)
        store._connection.execute("SET LOCAL idle_in_transaction_session_timeout = '500ms'")  # noqa: SLF001 - the limit is 10 s
        for _piece in store.snapshot(10**9):
            other.execute("SELECT pg_sleep(0.6)")
    assert count(store) == 1
    limit = store._connection.ask("SHOW idle_in_transaction_session_timeout")  # noqa: SLF001 - as above
    assert limit == [("10s",)]


def test_an_ignored_error_of_a_statement_is_not_committed_as_a_success(
    store: PostgresStore, noon: dt.datetime
) -> None:
    def ignore_an_error() -> None:
        with pytest.raises(StoreError, match="division by zero"):
            store._connection.execute("SELECT 1 / 0")  # noqa: SLF001 - to fail

    def record_and_ignore_an_error() -> None:
        with store.transaction():
            store.record(draft(), seen=noon, since=noon)
            with store.transaction():
                ignore_an_error()

    with pytest.raises(StoreError, match="current transaction is aborted"):
        record_and_ignore_an_error()
    with pytest.raises(StoreError, match="undid all writes"), store.transaction():
        ignore_an_error()
    with store.transaction():
        store.record(draft(), seen=noon, since=noon)
        with pytest.raises(StoreError, match="aborted"), store.transaction():
            ignore_an_error()
    assert count(store) == 1
