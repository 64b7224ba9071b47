"""The default store: one SQLite file.

It is composed of one part per concern, each building on the one before: the connection, reading,
stories, recording what was collected, remembering visits, publishing, searching. A new verb goes
where its concern is.
"""

from __future__ import annotations

from data.sqlite_search import SqliteSearch


class SqliteStore(SqliteSearch):
    """data.store.Store on SQLite: WAL, strict tables, writes under BEGIN IMMEDIATE."""
