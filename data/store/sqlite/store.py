"""The default store: one SQLite file.

It is composed of one part per concern, each building on the one before: the connection, reading,
stories, recording what was collected, remembering visits, publishing, telling what changed,
searching; and, apart, what was learned of layouts, which releases the pages of others name, how
far walks through listings have come, and what hosts asked of us. A new verb goes where its concern
is.
"""

from __future__ import annotations

from data.store.sqlite.hosts import SqliteHosts
from data.store.sqlite.links import SqliteNamed
from data.store.sqlite.search import SqliteSearch
from data.store.sqlite.templates import SqliteTemplates
from data.store.sqlite.walks import SqliteWalks


class SqliteStore(SqliteSearch, SqliteTemplates, SqliteNamed, SqliteWalks, SqliteHosts):
    """data.store.protocol.Store on SQLite: WAL, strict tables, writes under BEGIN IMMEDIATE."""
