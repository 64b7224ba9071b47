"""All tables of the SQLite store, to be read from top to bottom, and the migrations of them.

A later change of the schema is another migration below: never edit one that was released. Each has
its fixture under tests/data/store/sqlite/schemas, a store as that version wrote it.

Times are seconds since 1970 in UTC, with fractions. ``release`` in a table is the number of a row
of ``releases``, ``source`` the id of one of ``sources``, ``key`` an address in its canonical form
(data.text.urls.canonical_url), by which it is looked up. Parts of a facet that select all are ''.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("communique")

BEFORE_RELEASE: Final = "first"
"""The first migration of the versions before the first release, which are not read any more."""

TABLES: Final = """
CREATE TABLE sources (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    url      TEXT NOT NULL,
    timezone TEXT NOT NULL
) STRICT

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
    fingerprint BLOB NOT NULL,           -- data.revisions.edits.fingerprint of the content
    content     TEXT NOT NULL            -- JSON of data.models.Content; last, since it is large
) STRICT

CREATE INDEX releases_newest ON releases (sort_at DESC, id)

CREATE INDEX releases_of_source ON releases (source, sort_at DESC, id)

CREATE INDEX releases_of_day ON releases (day, source)

CREATE INDEX releases_of_story ON releases (story) WHERE story IS NOT NULL

CREATE INDEX releases_by_fingerprint ON releases (fingerprint)

-- These give the newest releases of a period, however many it has.
CREATE INDEX releases_newest_of_year ON releases (substr(day, 1, 4), sort_at DESC, id)

CREATE INDEX releases_newest_of_month ON releases (substr(day, 1, 7), sort_at DESC, id)

CREATE INDEX releases_newest_of_day ON releases (substr(day, 1, 10), sort_at DESC, id)

CREATE INDEX releases_edited ON releases (revised DESC) WHERE revision > 1

CREATE INDEX releases_retracted ON releases (retracted DESC) WHERE retracted IS NOT NULL

CREATE INDEX releases_updated ON releases (updated DESC) WHERE updated > first_seen

-- Every address under which a release was seen. A claimed one is what the page itself calls
-- canonical: a hint. Disputed ones are claimed by several releases, and so worth nothing.
CREATE TABLE aliases (
    key     TEXT NOT NULL,
    source  TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('seen', 'claimed', 'disputed')),
    release INTEGER NOT NULL REFERENCES releases (number),
    url     TEXT NOT NULL,
    PRIMARY KEY (key, source)
) STRICT, WITHOUT ROWID

CREATE INDEX aliases_of_release ON aliases (release)

-- Earlier versions only; releases holds the present one.
CREATE TABLE revisions (
    release INTEGER NOT NULL REFERENCES releases (number),
    number  INTEGER NOT NULL,
    seen    REAL NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (release, number)
) STRICT

CREATE INDEX revisions_seen ON revisions (seen DESC) WHERE number > 1

-- Retractions that were undone since, whichever way; one that stands is told by its release.
CREATE TABLE past_retractions (
    release INTEGER NOT NULL REFERENCES releases (number),
    since   REAL NOT NULL,
    until   REAL NOT NULL,
    PRIMARY KEY (release, until)
) STRICT, WITHOUT ROWID

CREATE TRIGGER past_retraction_of_returned AFTER UPDATE OF retracted ON releases
WHEN OLD.retracted IS NOT NULL AND NEW.retracted IS NULL
BEGIN
    INSERT OR REPLACE INTO past_retractions VALUES (NEW.number, OLD.retracted, NEW.updated);
END

-- Releases that vanished with many others of their source: they wait for a person, or a week.
CREATE TABLE retraction_holds (
    release  INTEGER PRIMARY KEY REFERENCES releases (number),
    unlisted REAL                        -- since when a working listing lacks it
) STRICT

CREATE TRIGGER retraction_hold_of_returned AFTER UPDATE OF gone_since, retracted ON releases
WHEN NEW.gone_since IS NULL AND OLD.gone_since IS NOT NULL
    OR NEW.retracted IS NOT NULL AND OLD.retracted IS NULL
BEGIN
    DELETE FROM retraction_holds WHERE release = NEW.number;
END

-- What people said of the retractions that they confirmed.
CREATE TABLE retraction_reasons (
    release INTEGER PRIMARY KEY REFERENCES releases (number),
    why     TEXT NOT NULL
) STRICT

CREATE TRIGGER retraction_reason_of_returned AFTER UPDATE OF retracted ON releases
WHEN NEW.retracted IS NULL AND OLD.retracted IS NOT NULL
BEGIN
    DELETE FROM retraction_reasons WHERE release = NEW.number;
END

CREATE TABLE topics (slug TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT

CREATE TABLE release_topics (
    topic   TEXT NOT NULL,
    sort_at REAL NOT NULL,
    id      TEXT NOT NULL,               -- of the release, by which ties are ordered
    source  TEXT NOT NULL,
    PRIMARY KEY (topic, sort_at DESC, id)
) STRICT, WITHOUT ROWID

CREATE INDEX release_topics_of_source ON release_topics (source, topic, sort_at DESC, id)

-- One row a feed: how many releases it holds, the number of its last change, and of the last
-- change that was published. It is dirty, which is to say to be published, while they differ.
CREATE TABLE facets (
    source    TEXT NOT NULL,
    topic     TEXT NOT NULL,
    period    TEXT NOT NULL,
    releases  INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    published INTEGER NOT NULL,
    PRIMARY KEY (source, topic, period)
) STRICT, WITHOUT ROWID

CREATE INDEX facets_dirty ON facets (changed) WHERE changed <> published

-- A number drawn anew whenever a release changes. Drawn, not counted: in a store that was restored
-- from a copy, a count would come to numbers that stood for other content. All else that a summary
-- says lies beside it: rows of releases, with their text, lie one to a page.
CREATE TABLE release_versions (
    release INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    source  TEXT NOT NULL,
    story   TEXT
) STRICT

CREATE TRIGGER version_of_new AFTER INSERT ON releases
BEGIN
    INSERT OR REPLACE INTO release_versions VALUES (NEW.number, random(), NEW.source, NEW.story);
END

-- These are the columns that show in feeds and on pages.
CREATE TRIGGER version_of_changed
AFTER UPDATE OF url, content, updated, retracted, story, revision, sort_at, digest ON releases
WHEN OLD.url IS NOT NEW.url OR OLD.content IS NOT NEW.content OR OLD.updated IS NOT NEW.updated
    OR OLD.retracted IS NOT NEW.retracted OR OLD.story IS NOT NEW.story
    OR OLD.revision IS NOT NEW.revision OR OLD.sort_at IS NOT NEW.sort_at
    OR OLD.digest IS NOT NEW.digest
BEGIN
    INSERT OR REPLACE INTO release_versions VALUES (NEW.number, random(), NEW.source, NEW.story);
END

-- Every version that a release came to, the last thousands. The number counts, the version was
-- drawn: in a store that was restored from a copy the same number has another version.
CREATE TABLE change_log (
    number  INTEGER PRIMARY KEY,
    release INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT

CREATE TRIGGER change_of_version AFTER INSERT ON release_versions
BEGIN
    INSERT INTO change_log (release, version) VALUES (NEW.release, NEW.version);
END

-- Which release lies on which archive page of a feed (RFC 5005, section 4): they are served as
-- pages that never change. Feeds have numbers here, since the rows of their releases are many.
CREATE TABLE archived_feeds (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    topic  TEXT NOT NULL,
    period TEXT NOT NULL,
    UNIQUE (source, topic, period)
) STRICT

CREATE TABLE archive_pages (
    feed    INTEGER NOT NULL REFERENCES archived_feeds (number),
    page    INTEGER NOT NULL,            -- from 1 on, the oldest first
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (feed, release)
) STRICT, WITHOUT ROWID

CREATE INDEX archive_pages_of_feed ON archive_pages (feed, page)

-- Days that are over, each as it was when it was first published.
CREATE TABLE day_digests (
    day    TEXT PRIMARY KEY,
    digest TEXT NOT NULL                 -- JSON of data.models.DayDigest
) STRICT, WITHOUT ROWID

-- Every change in the health of a source that the feed of them has told.
CREATE TABLE health_events (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    well   INTEGER NOT NULL,             -- 1 where nobody has to look at it
    at     REAL NOT NULL,
    reason TEXT NOT NULL,
    state  TEXT NOT NULL
) STRICT

CREATE INDEX health_events_of_source ON health_events (source, number)

-- When a source is expected to be heard of, while it has so many releases. Days as ISO writes them.
CREATE TABLE source_rhythms (
    source   TEXT PRIMARY KEY,
    releases INTEGER NOT NULL,
    expected TEXT,
    silent   TEXT                        -- from which day on it counts as silent
) STRICT, WITHOUT ROWID

-- The feeds that a WebSub hub is told of: what each holds, and what its hub was last told that it
-- holds, as SHA-256. Work that waits is not kept as messages but as what differs: nothing is lost
-- where a process ends between two steps, and nothing is sent twice for one change.
CREATE TABLE websub_topics (
    file     TEXT PRIMARY KEY,
    stamp    TEXT NOT NULL,              -- time, size and inode of the file
    digest   BLOB NOT NULL,
    told     BLOB NOT NULL,
    due      REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID

CREATE INDEX websub_topics_to_tell ON websub_topics (due) WHERE told <> digest

-- The subscribers of our own hub.
CREATE TABLE websub_subscriptions (
    callback TEXT NOT NULL,
    file     TEXT NOT NULL,
    host     TEXT NOT NULL,
    secret   TEXT NOT NULL,
    expires  REAL NOT NULL,
    sent     BLOB NOT NULL,              -- digest of what it was sent last
    due      REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (file, callback)
) STRICT, WITHOUT ROWID

CREATE INDEX websub_subscriptions_of_host ON websub_subscriptions (host)

-- What subscribers asked for and have yet to confirm; denials that they have yet to hear of.
CREATE TABLE websub_requests (
    number   INTEGER PRIMARY KEY,
    callback TEXT NOT NULL,
    topic    TEXT NOT NULL,
    mode     TEXT NOT NULL,
    host     TEXT NOT NULL,
    secret   TEXT NOT NULL,
    lease    INTEGER NOT NULL,
    due      REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    client   TEXT NOT NULL,              -- the network that it came from
    UNIQUE (callback, topic)
) STRICT

-- Which texts share parts, and so may be alike (data.stories.copies, data.text.similarity).
CREATE TABLE lsh_bands (
    band    INTEGER NOT NULL,            -- a slot of time, and in the low bits a mark of a text
    release INTEGER NOT NULL,
    anchors INTEGER NOT NULL,            -- how many the release has
    PRIMARY KEY (band, release)
) STRICT, WITHOUT ROWID

-- What the pages of a release say of its translations.
CREATE TABLE translation_links (
    key     TEXT NOT NULL,
    source  TEXT NOT NULL,
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (key, source, release)
) STRICT, WITHOUT ROWID

-- The search index keeps no text; releases are entered in batches, apart from visits.
CREATE VIRTUAL TABLE search USING fts5 (
    title, body, tokens, content = '', tokenize = "unicode61 categories 'L* M* N* Co'"
)

-- Rows are in the order of days, so that the newest matches and those of some days are at hand.
-- A release that is edited gets a new row, and its old one, without a release, is passed over.
CREATE TABLE search_rows (
    row     INTEGER PRIMARY KEY,         -- see data.search.query.rows_between
    release INTEGER UNIQUE
) STRICT

-- Releases that are not entered yet as they are now.
CREATE TABLE search_queue (release INTEGER PRIMARY KEY) STRICT

CREATE TABLE runs (
    number  INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,
    started REAL NOT NULL,
    report  TEXT NOT NULL                -- JSON of data.models.Run
) STRICT

CREATE INDEX runs_of_source ON runs (source, started DESC)

-- What servers gave to ask with whether a page has changed (RFC 9110, section 8.8).
CREATE TABLE validators (
    url           TEXT PRIMARY KEY,
    etag          TEXT,
    last_modified TEXT
) STRICT, WITHOUT ROWID

-- What a listing said last, for when the server answers that it has not changed.
CREATE TABLE cached_listings (
    url    TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    reader TEXT NOT NULL,                -- the rules that read it: others must read it anew
    items  TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID

-- Walks back to the first release, so that a later visit goes on where one stopped.
CREATE TABLE walks (
    source TEXT NOT NULL,
    start  TEXT NOT NULL,                -- the address of the first page
    number INTEGER NOT NULL,
    walk   TEXT NOT NULL,                -- JSON of data.models.Walk
    PRIMARY KEY (source, start)
) STRICT, WITHOUT ROWID

-- Every address that a listing of a source has ever named.
CREATE TABLE listed_links (
    source  TEXT NOT NULL,
    key     TEXT NOT NULL,
    witness TEXT NOT NULL CHECK (witness IN ('feed', 'page')),
    name    TEXT NOT NULL,               -- day and title, '' where it lacks one of them
    walk    INTEGER NOT NULL,            -- the last that came by
    PRIMARY KEY (source, key, witness)
) STRICT, WITHOUT ROWID

CREATE INDEX listed_links_by_name ON listed_links (source, name) WHERE name <> ''

-- What listings name and nobody has read; it leaves when a release was seen at its address.
CREATE TABLE unread_items (
    number INTEGER PRIMARY KEY,          -- in the order of listing
    source TEXT NOT NULL,
    key    TEXT NOT NULL,
    item   TEXT NOT NULL,                -- JSON of what the listing says of it
    front  INTEGER NOT NULL,             -- 1 where the first page lists it
    tries  INTEGER NOT NULL,
    asked  REAL NOT NULL,                -- the last visit that asked for it, 0 before
    UNIQUE (source, key)
) STRICT

-- The releases that pages of others name, one by one: each is counted once and fetched once.
CREATE TABLE named_links (
    source  TEXT NOT NULL,
    key     TEXT NOT NULL,
    url     TEXT NOT NULL,
    title   TEXT NOT NULL,               -- as it was named
    state   TEXT NOT NULL CHECK (state IN ('known', 'missed', 'older', 'unread')),
    tries   INTEGER NOT NULL,
    release INTEGER,                     -- that was found by its name only
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID

CREATE INDEX named_links_unread ON named_links (source, tries) WHERE state = 'unread'

-- What was learned of the release pages of a source.
CREATE TABLE layout_templates (
    source   TEXT NOT NULL,
    layout   TEXT NOT NULL,
    template TEXT NOT NULL,              -- JSON; only spiders read what is in it
    PRIMARY KEY (source, layout)
) STRICT, WITHOUT ROWID

-- What the page of a release is built of.
CREATE TABLE page_skeletons (
    release  INTEGER PRIMARY KEY REFERENCES releases (number),
    skeleton BLOB NOT NULL               -- only spiders read what is in it
) STRICT

-- What hosts asked of us: it holds over a restart.
CREATE TABLE host_waits (
    host   TEXT PRIMARY KEY,
    until  REAL NOT NULL,
    status INTEGER NOT NULL              -- of the answer that asked for it
) STRICT, WITHOUT ROWID

-- The robots.txt that was read last, for when it can't be read.
CREATE TABLE robots_files (
    origin TEXT PRIMARY KEY,             -- scheme, host and port
    body   BLOB NOT NULL,
    seen   REAL NOT NULL
) STRICT
"""
"""The statements of the first schema, a blank line between two."""


@migrations()
def lay_tables(db: Database) -> None:
    """Lay the tables of the first schema."""
    for statement in TABLES.split("\n\n"):
        db.execute(statement)
