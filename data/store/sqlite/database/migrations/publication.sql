-- What feeds hold and what of them was published.

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
) STRICT, WITHOUT ROWID;

CREATE INDEX facets_dirty ON facets (changed) WHERE changed <> published;

-- A number drawn anew whenever a release changes. Drawn, not counted: in a store that was restored
-- from a copy, a count would come to numbers that stood for other content. All else that a summary
-- says lies beside it: rows of releases, with their text, lie one to a page.
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

-- These are the columns that show in feeds and on pages.
CREATE TRIGGER version_of_changed
AFTER UPDATE OF url, content, updated, retracted, story, revision, sort_at, digest ON releases
WHEN OLD.url IS NOT NEW.url OR OLD.content IS NOT NEW.content OR OLD.updated IS NOT NEW.updated
    OR OLD.retracted IS NOT NEW.retracted OR OLD.story IS NOT NEW.story
    OR OLD.revision IS NOT NEW.revision OR OLD.sort_at IS NOT NEW.sort_at
    OR OLD.digest IS NOT NEW.digest
BEGIN
    INSERT OR REPLACE INTO release_versions VALUES (NEW.number, random(), NEW.source, NEW.story);
END;

-- Every version that a release came to, the last thousands. The number counts, the version was
-- drawn: in a store that was restored from a copy the same number has another version.
CREATE TABLE change_log (
    number  INTEGER PRIMARY KEY,
    release INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER change_of_version AFTER INSERT ON release_versions
BEGIN
    INSERT INTO change_log (release, version) VALUES (NEW.release, NEW.version);
END;

-- Which release lies on which archive page of a feed (RFC 5005, section 4): they are served as
-- pages that never change. Feeds have numbers here, since the rows of their releases are many.
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

-- Days that are over, each as it was when it was first published.
CREATE TABLE day_digests (
    day    TEXT PRIMARY KEY,
    digest TEXT NOT NULL                 -- JSON of data.models.DayDigest
) STRICT, WITHOUT ROWID;
