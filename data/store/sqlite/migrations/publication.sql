-- The content of feeds, and the state of their publication.

-- One row per feed: its number of releases, the number of its last change, and the number of the
-- last published change. If these two numbers differ, the feed must be published again.
CREATE TABLE facets (
    source    TEXT NOT NULL,
    topic     TEXT NOT NULL,
    period    TEXT NOT NULL,
    releases  INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    published INTEGER NOT NULL,
    PRIMARY KEY (source, topic, period)
) STRICT, WITHOUT ROWID;

CREATE INDEX facets_dirty ON facets (changed) WHERE changed <> published;

-- The version of each release: a random number, drawn again with each change. In a store that was
-- restored from a copy, a counter would repeat numbers of other contents. The other columns of a
-- summary are also here, because a row of releases contains texts and fills a database page.
CREATE TABLE release_versions (
    release INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    source  TEXT NOT NULL,
    story   TEXT
) STRICT;

CREATE TRIGGER version_of_new AFTER INSERT ON releases
BEGIN
    INSERT OR REPLACE INTO release_versions VALUES (NEW.number, random(), NEW.source, NEW.story);
END;

-- The columns that are visible in feeds and on pages.
CREATE TRIGGER version_of_changed
AFTER UPDATE OF url, content, updated, retracted, story, revision, sort_at, digest ON releases
WHEN OLD.url IS NOT NEW.url OR OLD.content IS NOT NEW.content OR OLD.updated IS NOT NEW.updated
    OR OLD.retracted IS NOT NEW.retracted OR OLD.story IS NOT NEW.story
    OR OLD.revision IS NOT NEW.revision OR OLD.sort_at IS NOT NEW.sort_at
    OR OLD.digest IS NOT NEW.digest
BEGIN
    INSERT OR REPLACE INTO release_versions VALUES (NEW.number, random(), NEW.source, NEW.story);
END;

-- The last thousands of versions of all releases, in order. The version is random: in a store that
-- was restored from a copy, the same number has another version.
CREATE TABLE change_log (
    number  INTEGER PRIMARY KEY,
    release INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER change_of_version AFTER INSERT ON release_versions
BEGIN
    INSERT INTO change_log (release, version) VALUES (NEW.release, NEW.version);
END;

-- The archive page of each release in each feed (RFC 5005, section 4). Archive pages never change.
-- Feeds have numbers here, because each has many rows in archive_pages.
CREATE TABLE archived_feeds (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    topic  TEXT NOT NULL,
    period TEXT NOT NULL,
    UNIQUE (source, topic, period)
) STRICT;

CREATE TABLE archive_pages (
    feed    INTEGER NOT NULL REFERENCES archived_feeds (number),
    page    INTEGER NOT NULL,            -- from 1 on, the oldest first
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (feed, release)
) STRICT, WITHOUT ROWID;

CREATE INDEX archive_pages_of_feed ON archive_pages (feed, page);

-- Digests of past days, as they were first published.
CREATE TABLE day_digests (
    day    TEXT PRIMARY KEY,
    digest TEXT NOT NULL                 -- JSON of data.models.DayDigest
) STRICT, WITHOUT ROWID;
