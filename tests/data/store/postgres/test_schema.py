"""The tables of a store on PostgreSQL, and databases that are none of ours."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest

from data.errors import StoreError
from data.models import HealthEvent
from data.search.query import Query
from data.store.open import open_store
from data.store.postgres.pool import close_pools
from data.store.postgres.schema import APPLIED, MIGRATIONS, refusal
from data.store.postgres.store import tables_of
from data.store.sqlite.store import SqliteStore
from docs.write_schemas import POSTGRES_FILE, postgres_schema
from tests.drafts import draft
from tests.postgres_server import PostgresServer
from tests.postgres_store import emptied

TYPES = {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text", "BLOB": "bytea"}


def told(url: str) -> str:
    """Why a database is refused."""
    with pytest.raises(StoreError) as refused:
        open_store(url)
    return str(refused.value)


def test_the_written_schema_is_current(postgres_url: str) -> None:
    current = postgres_schema(postgres_url)
    assert POSTGRES_FILE.read_text() == current, "run python docs/write_schemas.py URL"


def test_tables_and_columns_are_those_of_sqlite_and_sort_by_bytes(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    SqliteStore(tmp_path / "communique.db").close()
    with closing(sqlite3.connect(tmp_path / "communique.db")) as db:
        wanted = {
            (table, name, TYPES[type_])
            for table in tables_of(db)
            for _, name, type_, *_ in db.execute(f"PRAGMA table_info({table})")
        }
    with closing(psycopg.connect(emptied(postgres_server))) as server:
        found = server.execute(
            "SELECT table_name, column_name, data_type, collation_name"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
    assert len(wanted) > 200
    assert wanted - {(table, name, type_) for table, name, type_, _ in found} == set()
    texts = [(table, name, by) for table, name, type_, by in found if type_ == "text"]
    ours = {table for table, _, _ in wanted}
    assert [(table, name) for table, name, by in texts if table in ours and by != "C"] == []


def test_a_database_of_another_program_is_refused_and_left_alone(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as db:
        db.execute("CREATE TABLE orders (number INTEGER)")
    assert "it contains tables of another program" in told(empty_postgres_url)
    with closing(psycopg.connect(empty_postgres_url)) as db:
        tables = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == [("orders",)]


def test_a_store_created_meanwhile_is_not_taken_for_another_program(
    empty_postgres_url: str,
) -> None:
    class Interrupted(psycopg.Connection[Any]):
        """After its first question another process makes a store."""

        def execute(self, *asked: Any, **options: Any) -> psycopg.Cursor[Any]:
            done = super().execute(*asked, **options)
            open_store(empty_postgres_url).close()
            return done

    with Interrupted.connect(empty_postgres_url, autocommit=True) as db:
        assert refusal(db) == ""


def test_a_newer_store_is_refused_when_opened_and_while_open(empty_postgres_url: str) -> None:
    before = open_store(empty_postgres_url)
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as db:
        db.execute("INSERT INTO communique_migrations (name) VALUES ('of_tomorrow')")
    assert "it was written by a newer version of Communique" in told(empty_postgres_url)
    close_pools()
    assert "it was written by a newer version of Communique" in told(empty_postgres_url)
    before.close()


def test_an_older_store_is_brought_up_to_date_once(empty_postgres_url: str) -> None:
    open_store(empty_postgres_url).close()
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as db:
        db.execute("DELETE FROM communique_migrations WHERE name = 'hosts'")
        db.execute("DROP TABLE hosts, host_sources, shared_files; DROP SEQUENCE host_tokens")
    close_pools()
    open_store(empty_postgres_url).close()
    with closing(psycopg.connect(empty_postgres_url)) as db:
        assert db.execute("SELECT count(*) FROM hosts").fetchall() == [(0,)]


@pytest.mark.thorough
@pytest.mark.parametrize("section", ["Storm warnings", None])
def test_an_earlier_store_with_sections_is_indexed_again(
    section: str | None, empty_postgres_url: str, noon: dt.datetime
) -> None:
    store = open_store(empty_postgres_url)
    release = store.record(draft(section=section), seen=noon, since=noon).release
    store.update_search_index()
    store.close()
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as db:
        db.execute("DELETE FROM communique_migrations WHERE name = 'sections'")
    close_pools()
    store = open_store(empty_postgres_url)
    assert store.awaits_indexing() == (section is not None)
    store.update_search_index()
    found = store.search_newest(Query("kind:storm-warnings"), limit=5).releases
    assert [one.id for one in found] == ([release.id] if section else [])
    store.close()


@pytest.mark.thorough
def test_an_earlier_store_is_indexed_again_with_words_of_titles(
    empty_postgres_url: str, noon: dt.datetime
) -> None:
    store = open_store(empty_postgres_url)
    release = store.record(draft(title="Harbour opens"), seen=noon, since=noon).release
    store.update_search_index()
    store.close()
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as db:
        db.execute("DELETE FROM communique_migrations WHERE name = 'title_words'")
        db.execute("UPDATE search_rows SET words = ts_delete(words, '^opens')")
    close_pools()
    store = open_store(empty_postgres_url)
    store.update_search_index()
    found = store.search_newest(Query("title:opens"), limit=5).releases
    assert [one.id for one in found] == [release.id]
    store.close()


def test_the_index_of_an_earlier_store_no_longer_collects_entries(empty_postgres_url: str) -> None:
    open_store(empty_postgres_url).close()
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as db:
        db.execute("DELETE FROM communique_migrations WHERE name = 'immediate_index'")
        db.execute("ALTER INDEX search_words SET (fastupdate = on)")
        close_pools()
        open_store(empty_postgres_url).close()
        found = db.execute("SELECT reloptions FROM pg_class WHERE relname = 'search_words'")
        assert found.fetchone() == (["fastupdate=off"],)


def test_cursors_of_an_older_store_stay_valid_and_its_processes_stop(
    empty_postgres_url: str, noon: dt.datetime
) -> None:
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as db:
        create_before(db, "events")
        db.execute(
            "INSERT INTO releases VALUES (DEFAULT, 'a', 'harbour', 'http://harbour.example/', 'T',"
            " '', '', 0, 0, 0, 0, 1, 0, NULL, NULL, NULL, 0, '', '', '{\"title\": \"T\"}')"
        )
        db.execute("UPDATE releases SET retracted = 1, updated = 1")
        logged = db.execute("SELECT number, mark FROM logged_changes ORDER BY number").fetchall()
        db.execute(
            "INSERT INTO health_events (source, well, at, reason, state, code)"
            " VALUES ('harbour', 0, 1800000000.5, 'closed', 'blocked', 'http')"
        )
        db.execute(
            "INSERT INTO alert_events (kind, at, release, revision, backlog, health)"
            " VALUES ('gone', 2.5, 1, 0, 0, NULL), ('retraction', 3.5, 1, 0, 1, NULL),"
            " ('health', 1800000000.5, NULL, 0, 0, 1)"
        )
        store = open_store(empty_postgres_url)
        first = store.release_events(logged[0], limit=9)
        assert [(one.kind, one.cursor) for one in first or ()] == [("retraction", logged[1])]
        queued = [
            (one.kind, one.at.timestamp(), one.release, one.backlog)
            for one in store.queued_events(limit=9)
        ]
        health = ("health", 1800000000.5, "", False)
        assert queued == [("retraction", 3.5, "a", True), ("gone", 2.5, "a", False), health]
        (*_, told) = store.queued_events(limit=9)
        assert told.health == HealthEvent(*("harbour", False, told.at, "closed", "blocked", "http"))
        # The number of the next event is higher than all before.
        store.record(draft(), seen=noon, since=noon)
        (new,) = store.release_events(logged[1], limit=9) or ()
        assert new.cursor[0] > logged[1][0]
        # Each transaction of earlier versions calls this first.
        with pytest.raises(psycopg.errors.UndefinedTable):
            db.execute("SELECT nextval('transactions')")
        store.close()


def create_before(db: psycopg.Connection[Any], migration: str) -> None:
    """Create the schema of a store as it was before a migration."""
    db.execute(
        f"CREATE TABLE {APPLIED} (number INTEGER GENERATED ALWAYS AS IDENTITY,"
        " name TEXT PRIMARY KEY, applied TIMESTAMPTZ NOT NULL DEFAULT now())"
    )
    folder = files("data.store.postgres").joinpath("migrations")
    for name in MIGRATIONS[: MIGRATIONS.index(migration)]:
        db.execute(folder.joinpath(f"{name}.sql").read_bytes())
        db.execute("INSERT INTO communique_migrations (name) VALUES (%s)", [name])


def test_a_database_in_another_encoding_is_refused(postgres_server: PostgresServer) -> None:
    with closing(psycopg.connect(postgres_server.socket_url("postgres"), autocommit=True)) as db:
        db.execute(
            "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc"
            " LOCALE 'C'"
        )
    try:
        assert "its encoding is LATIN1: create a database with" in told(
            postgres_server.url("latin")
        )
    finally:
        postgres_server.drop("latin")
