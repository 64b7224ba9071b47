"""Empty stores on PostgreSQL for tests: one database of a server, emptied before each.

That takes a hundredth of the time in which a database is made.
"""

from __future__ import annotations

from contextlib import closing
from typing import Final

import psycopg

from data.store.open import open_store
from tests.postgres_server import PostgresServer

EMPTY: Final = """
    SET session_replication_role = replica;
    DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'communique_migrations'
        LOOP
            EXECUTE format('DELETE FROM %I', one.relname);
        END LOOP;
        FOR one IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind = 'S' AND relname <> 'transactions' AND relname NOT LIKE 'communique%'
        LOOP
            PERFORM setval(one.relname::regclass, 1, false);
        END LOOP;
    END $$
"""

databases: Final[dict[PostgresServer, str]] = {}

templates: Final[dict[PostgresServer, str]] = {}
"""Names of databases with an empty store, from which ``create`` of a server copies others."""


def emptied(server: PostgresServer) -> str:
    """The address of an empty store on a server. It is the same one each time."""
    if server not in databases:
        databases[server] = server.socket_url(server.create())
        open_store(databases[server]).close()
    with closing(psycopg.connect(databases[server], autocommit=True)) as db:
        db.execute(EMPTY)
    return databases[server]


def store_template(server: PostgresServer) -> str:
    """Return the name of a database with an empty store, created once per server.

    A copy takes less time than all migrations.
    """
    if server not in templates:
        name = server.create()
        open_store(server.socket_url(name)).close()
        with closing(psycopg.connect(server.socket_url("postgres"), autocommit=True)) as db:
            # PostgreSQL copies no database with connections, and closed ones may end late.
            db.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                [name],
            )
        templates[server] = name
    return templates[server]
