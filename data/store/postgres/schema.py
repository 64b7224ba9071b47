"""Migrations of a store on PostgreSQL: SQL files, each applied once, in this order.

To change the schema, add a file and its name below. Never edit a released file. Tables and columns
have the same names as in SQLite, so that rows can be copied between the databases.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from data.store.shared_sql.connection import HALF_FULL, MARK, NEWER_SCHEMA_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import psycopg

MIGRATIONS: Final = (
    *("functions", "releases", "search", "publication", "visits", "subscribers", "journal"),
    *("hosts", "leaves", "publications", "unconfirmed", "differences", "index_without_secrets"),
    *("events", "versions", "consumers", "waits", "facet_states", "operations", "sections"),
    *("operation_times", "request_keys", "edit_classes", "title_words", "file_texts"),
    *("vantages", "immediate_index", "deposits", "edit_weights"),
)

APPLIED: Final = "communique_migrations"
"""Table of applied migrations. If a schema has tables but not this table, it belongs to another
program."""

FOREIGN: Final = (
    "it contains tables of another program, so nothing is written to it: create a separate "
    "database for Communique"
)
ENCODING: Final = "its encoding is {}: create a database with ENCODING 'UTF8'"


def applied(db: psycopg.Connection) -> AbstractSet[str] | None:
    """Return the names of the applied migrations, or None if the database contains no store."""
    ((known,),) = db.execute(
        "SELECT to_regclass(format('%%I.%%I', current_schema(), %s::text)) IS NOT NULL", [APPLIED]
    ).fetchall()
    if not known:
        return None
    return {name for (name,) in db.execute(f"SELECT name FROM {APPLIED}").fetchall()}


def refusal(db: psycopg.Connection) -> str:
    """Return the reason why this version must not write to a database, or an empty string."""
    encoding = db.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        return ENCODING.format(encoding)
    # Count the tables first: another process may create a store in between, whose tables are not
    # foreign.
    ((tables,),) = db.execute(
        "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    before = applied(db)
    if before is None:
        return FOREIGN if tables else ""
    return wrong_version(before)


def wrong_version(before: AbstractSet[str]) -> str:
    """Return the reason why a store with these migrations can't be used, or an empty string."""
    if MARK in before:
        return HALF_FULL
    return NEWER_SCHEMA_MESSAGE if before - {*MIGRATIONS} else ""


def migrate(db: psycopg.Connection) -> None:
    """Migrate a database to the latest schema, within a transaction that excludes other writers."""
    db.execute(
        f"CREATE TABLE IF NOT EXISTS {APPLIED} (number INTEGER GENERATED ALWAYS AS IDENTITY,"
        " name TEXT PRIMARY KEY, applied TIMESTAMPTZ NOT NULL DEFAULT now())"
    )
    before = applied(db) or set()
    for name in MIGRATIONS:
        if name not in before:
            folder = files("data.store.postgres").joinpath("migrations")
            db.execute(folder.joinpath(f"{name}.sql").read_bytes())
            db.execute(f"INSERT INTO {APPLIED} (name) VALUES (%s)", [name])
