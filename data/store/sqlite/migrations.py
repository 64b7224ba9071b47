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
        number      INTEGER PRIMARY KEY,     -- in the order of first sight; rows refer to it
        id          TEXT NOT NULL UNIQUE,
        source      TEXT NOT NULL,
        url         TEXT NOT NULL,
        title       TEXT NOT NULL,           -- for people who look in; content holds it too
        language    TEXT NOT NULL,           -- '' where not known
        day         TEXT NOT NULL,           -- of publication, in the zone of the source
        sort_at     REAL NOT NULL,           -- what feeds sort by
        first_seen  REAL NOT NULL,
        last_seen   REAL NOT NULL,
        updated     REAL NOT NULL,
        revision    INTEGER NOT NULL,
        revised     REAL NOT NULL,           -- when this revision was first seen
        story       TEXT,
        retracted   REAL,
        gone_since  REAL,                    -- the first visit that found it gone, unconfirmed
        checked     REAL NOT NULL,           -- the last visit, whatever it found
        digest      TEXT NOT NULL,           -- SHA-256 of the bytes last read
        print       BLOB NOT NULL,           -- data.revisions.edits.fingerprint of the content
        content     TEXT NOT NULL            -- JSON of data.models.Content; last, since it is large
    ) STRICT
    """,
    "CREATE INDEX releases_newest ON releases (sort_at DESC, id)",
    "CREATE INDEX releases_of_source ON releases (source, sort_at DESC, id)",
    "CREATE INDEX releases_of_day ON releases (day, source)",
    "CREATE INDEX releases_of_story ON releases (story) WHERE story IS NOT NULL",
    "CREATE INDEX releases_by_print ON releases (print)",
    # Every address under which a release was seen; key is its canonical form, to look up by. A
    # claimed one is what the page itself calls canonical: a hint. Disputed ones are claimed by
    # several releases, and so worth nothing.
    """
    CREATE TABLE aliases (
        key     TEXT NOT NULL,
        source  TEXT NOT NULL,
        kind    TEXT NOT NULL CHECK (kind IN ('seen', 'claimed', 'disputed')),
        release INTEGER NOT NULL REFERENCES releases (number),
        url     TEXT NOT NULL,
        PRIMARY KEY (key, source)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX aliases_of_release ON aliases (release)",
    # Earlier versions only; releases holds the present one.
    """
    CREATE TABLE revisions (
        release INTEGER NOT NULL REFERENCES releases (number),
        number  INTEGER NOT NULL,
        seen    REAL NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (release, number)
    ) STRICT
    """,
    "CREATE TABLE topics (slug TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT",
    """
    CREATE TABLE release_topics (
        topic   TEXT NOT NULL,
        sort_at REAL NOT NULL,
        id      TEXT NOT NULL,               -- of the release, by which ties are ordered
        source  TEXT NOT NULL,
        PRIMARY KEY (topic, sort_at DESC, id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX newest_of_source_topic ON release_topics (source, topic, sort_at DESC, id)",
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
        slot    INTEGER NOT NULL,            -- of time, see data/stories/copies.py
        band    INTEGER NOT NULL,            -- MinHash's, or an anchor: data/text/similarity.py
        release INTEGER NOT NULL,
        anchors INTEGER NOT NULL,            -- how many the release has
        PRIMARY KEY (slot, band, release)
    ) STRICT, WITHOUT ROWID
    """,
    # What the pages of a release say of its other language editions.
    """
    CREATE TABLE editions (
        key     TEXT NOT NULL,               -- canonical address of an edition, or their pattern
        source  TEXT NOT NULL,
        release INTEGER NOT NULL REFERENCES releases (number),
        PRIMARY KEY (key, source, release)
    ) STRICT, WITHOUT ROWID
    """,
    # The search index keeps no text; its rows are entered in batches, apart from visits.
    """
    CREATE VIRTUAL TABLE search USING fts5 (
        title, body, marks, content = '', tokenize = "unicode61 categories 'L* M* N* Co'"
    )
    """,
    # A release that is edited gets a new row, and its old one, without a release, is passed over.
    """
    CREATE TABLE search_rows (
        row     INTEGER PRIMARY KEY,
        release INTEGER UNIQUE,
        day     TEXT NOT NULL
    ) STRICT
    """,
    "CREATE TABLE unindexed (release INTEGER PRIMARY KEY) STRICT",
    # How many of the other releases that its pages name were in the store, by source.
    """
    CREATE TABLE crosschecks (
        source  TEXT PRIMARY KEY,
        named   INTEGER NOT NULL,
        missing INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
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
        report  TEXT NOT NULL                -- JSON of data.models.release.Run
    ) STRICT
    """,
    "CREATE INDEX runs_of_source ON runs (source, started DESC)",
)


@migrations()
def first(db: Database) -> None:
    """Lay the tables."""
    for statement in FIRST:
        db.execute(statement)
