"""The schema of the SQLite store, as append-only migrations: never edit one, add another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("communique")

# Times are seconds since 1970 in UTC, with fractions. Parts of a facet that select all are ''.
FIRST = (
    """
    CREATE TABLE sources (
        id       TEXT PRIMARY KEY,
        name     TEXT NOT NULL,
        url      TEXT NOT NULL,
        timezone TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE releases (
        id          TEXT PRIMARY KEY,
        source      TEXT NOT NULL,
        url         TEXT NOT NULL,
        title       TEXT NOT NULL,           -- for people who look in; content holds it too
        language    TEXT NOT NULL,           -- '' where not known
        day         TEXT NOT NULL,           -- of publication, in the zone of the source
        sort_at     REAL NOT NULL,           -- what feeds sort by
        content     TEXT NOT NULL,           -- JSON of data.models.Content
        first_seen  REAL NOT NULL,
        last_seen   REAL NOT NULL,
        updated     REAL NOT NULL,
        revision    INTEGER NOT NULL,
        story       TEXT,
        retracted   REAL,
        gone_since  REAL,                    -- the first visit that found it gone, unconfirmed
        checked     REAL NOT NULL,           -- the last visit, whatever it found
        digest      TEXT NOT NULL            -- SHA-256 of the bytes last read
    ) STRICT
    """,
    "CREATE INDEX releases_newest ON releases (sort_at DESC, id)",
    "CREATE INDEX releases_of_source ON releases (source, sort_at DESC, id)",
    "CREATE INDEX releases_of_day ON releases (day, source, language)",
    "CREATE INDEX releases_of_story ON releases (story) WHERE story IS NOT NULL",
    # Every address under which a release was seen; key is its canonical form, to look up by.
    """
    CREATE TABLE aliases (
        source  TEXT NOT NULL,
        key     TEXT NOT NULL,
        url     TEXT NOT NULL,
        release TEXT NOT NULL REFERENCES releases (id),
        PRIMARY KEY (source, key)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX aliases_of_release ON aliases (release)",
    """
    CREATE TABLE revisions (
        release TEXT NOT NULL REFERENCES releases (id),
        number  INTEGER NOT NULL,
        seen    REAL NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (release, number)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE topics (slug TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT",
    """
    CREATE TABLE release_topics (
        release TEXT NOT NULL REFERENCES releases (id),
        topic   TEXT NOT NULL,
        source  TEXT NOT NULL,
        sort_at REAL NOT NULL,
        PRIMARY KEY (release, topic)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX newest_of_topic ON release_topics (topic, sort_at DESC, release)",
    "CREATE INDEX newest_of_source_topic ON release_topics (source, topic, sort_at DESC, release)",
    # One row a feed: how many releases it holds, the number of its last change, and of the last
    # change that was published. It is marked for publishing while they differ.
    """
    CREATE TABLE facets (
        source    TEXT NOT NULL,
        topic     TEXT NOT NULL,
        period    TEXT NOT NULL,
        releases  INTEGER NOT NULL,
        changed   INTEGER NOT NULL,
        published INTEGER NOT NULL,
        PRIMARY KEY (source, topic, period)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX facets_marked ON facets (changed) WHERE changed <> published",
    """
    CREATE TABLE bands (
        band    INTEGER NOT NULL,            -- of MinHash, see data/stories.py
        release TEXT NOT NULL,
        PRIMARY KEY (band, release)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX bands_of_release ON bands (release)",
    """
    CREATE TABLE validators (
        url           TEXT PRIMARY KEY,
        etag          TEXT,
        last_modified TEXT
    ) STRICT, WITHOUT ROWID
    """,
    # What a listing said last, for when the server answers that it has not changed.
    """
    CREATE TABLE listings (
        url    TEXT PRIMARY KEY,
        source TEXT NOT NULL,
        reader TEXT NOT NULL,                -- the rules that read it: others must read it anew
        items  TEXT NOT NULL                 -- JSON
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE runs (
        number  INTEGER PRIMARY KEY,
        source  TEXT NOT NULL,
        started REAL NOT NULL,
        report  TEXT NOT NULL                -- JSON of data.models.Run
    ) STRICT
    """,
    "CREATE INDEX runs_of_source ON runs (source, started DESC)",
)


@migrations()
def first(db: Database) -> None:
    """Lay the tables."""
    for statement in FIRST:
        db.execute(statement)
