-- Releases, their history, and the data that belongs to them.

CREATE TABLE sources (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    url      TEXT NOT NULL,
    timezone TEXT NOT NULL
) STRICT;

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
) STRICT;

CREATE INDEX releases_newest ON releases (sort_at DESC, id);

CREATE INDEX releases_of_source ON releases (source, sort_at DESC, id);

CREATE INDEX releases_of_day ON releases (day, source);

CREATE INDEX releases_of_story ON releases (story) WHERE story IS NOT NULL;

CREATE INDEX releases_by_fingerprint ON releases (fingerprint);

-- With these indexes, the newest releases of a period are found quickly, however many it has.
CREATE INDEX releases_newest_of_year ON releases (substr(day, 1, 4), sort_at DESC, id);

CREATE INDEX releases_newest_of_month ON releases (substr(day, 1, 7), sort_at DESC, id);

CREATE INDEX releases_newest_of_day ON releases (substr(day, 1, 10), sort_at DESC, id);

CREATE INDEX releases_edited ON releases (revised DESC) WHERE revision > 1;

CREATE INDEX releases_retracted ON releases (retracted DESC) WHERE retracted IS NOT NULL;

CREATE INDEX releases_updated ON releases (updated DESC) WHERE updated > first_seen;

-- Addresses of releases. A claimed address is the canonical address that the page declares, which
-- is only a hint. A disputed address is claimed by several releases and is ignored.
CREATE TABLE aliases (
    key     TEXT NOT NULL,
    source  TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('seen', 'claimed', 'disputed')),
    release INTEGER NOT NULL REFERENCES releases (number),
    url     TEXT NOT NULL,
    PRIMARY KEY (key, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX aliases_of_release ON aliases (release);

-- Earlier versions. The current version is in the table of releases.
CREATE TABLE revisions (
    release INTEGER NOT NULL REFERENCES releases (number),
    number  INTEGER NOT NULL,
    seen    REAL NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (release, number)
) STRICT;

CREATE INDEX revisions_seen ON revisions (seen DESC) WHERE number > 1;

-- Retractions that ended for any reason. A current retraction is in the table of releases.
CREATE TABLE past_retractions (
    release INTEGER NOT NULL REFERENCES releases (number),
    since   REAL NOT NULL,
    until   REAL NOT NULL,
    PRIMARY KEY (release, until)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER past_retraction_of_returned AFTER UPDATE OF retracted ON releases
WHEN OLD.retracted IS NOT NULL AND NEW.retracted IS NULL
BEGIN
    INSERT OR REPLACE INTO past_retractions VALUES (NEW.number, OLD.retracted, NEW.updated);
END;

-- Releases that disappeared together with many others of their source. Their retraction waits for
-- the operator's decision, at most a week.
CREATE TABLE retraction_holds (
    release  INTEGER PRIMARY KEY REFERENCES releases (number),
    unlisted REAL                        -- since when a working listing lacks it
) STRICT;

CREATE TRIGGER retraction_hold_of_returned AFTER UPDATE OF gone_since, retracted ON releases
WHEN NEW.gone_since IS NULL AND OLD.gone_since IS NOT NULL
    OR NEW.retracted IS NOT NULL AND OLD.retracted IS NULL
BEGIN
    DELETE FROM retraction_holds WHERE release = NEW.number;
END;

-- Reasons that the operator gave for retractions.
CREATE TABLE retraction_reasons (
    release INTEGER PRIMARY KEY REFERENCES releases (number),
    why     TEXT NOT NULL
) STRICT;

CREATE TRIGGER retraction_reason_of_returned AFTER UPDATE OF retracted ON releases
WHEN NEW.retracted IS NULL AND OLD.retracted IS NOT NULL
BEGIN
    DELETE FROM retraction_reasons WHERE release = NEW.number;
END;

CREATE TABLE topics (slug TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT;

CREATE TABLE release_topics (
    topic   TEXT NOT NULL,
    sort_at REAL NOT NULL,
    id      TEXT NOT NULL,               -- of the release, by which ties are ordered
    source  TEXT NOT NULL,
    PRIMARY KEY (topic, sort_at DESC, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX release_topics_of_source ON release_topics (source, topic, sort_at DESC, id);

-- Index of texts that share parts and may be similar (data.stories.copies, data.text.similarity).
CREATE TABLE lsh_bands (
    band    INTEGER NOT NULL,            -- a slot of time, and in the low bits a mark of a text
    release INTEGER NOT NULL,
    anchors INTEGER NOT NULL,            -- how many the release has
    PRIMARY KEY (band, release)
) STRICT, WITHOUT ROWID;

-- Addresses that the page of a release declares for its translations.
CREATE TABLE translation_links (
    key     TEXT NOT NULL,
    source  TEXT NOT NULL,
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (key, source, release)
) STRICT, WITHOUT ROWID;
