"""The default store: one SQLite file.

It is composed of one part per concern, each building on the one before: the connection, reading,
stories, recording what was collected, remembering visits, publishing, telling what changed,
searching; and, apart, what was learned of layouts, which releases the pages of others name, how
far walks through listings have come, and what hosts asked of us. A new verb goes where its concern
is.
"""

from __future__ import annotations

from data.sqlite_hosts import SqliteHosts
from data.sqlite_named import SqliteNamed
from data.sqlite_search import SqliteSearch
from data.sqlite_templates import SqliteTemplates
from data.sqlite_walks import SqliteWalks


class SqliteStore(SqliteSearch, SqliteTemplates, SqliteNamed, SqliteWalks, SqliteHosts):
    """data.store.Store on SQLite: WAL, strict tables, writes under BEGIN IMMEDIATE."""
