-- Add sections and languages to facets. The tables are created again, because the new columns
-- belong to their primary keys.

-- One row per feed: its number of releases, the number of its last change, and the number of the
-- last published change. If these two numbers differ, the feed must be published again.
CREATE TABLE new_facets (
    source    TEXT NOT NULL,
    topic     TEXT NOT NULL,
    period    TEXT NOT NULL,
    section   TEXT NOT NULL,
    language  TEXT NOT NULL,
    releases  INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    published INTEGER NOT NULL,
    PRIMARY KEY (source, topic, period, section, language)
) STRICT, WITHOUT ROWID;

INSERT INTO new_facets
SELECT source, topic, period, '', '', releases, changed, published FROM facets;

DROP TABLE facets;

ALTER TABLE new_facets RENAME TO facets;

CREATE INDEX facets_dirty ON facets (changed) WHERE changed <> published;

CREATE TABLE new_archived_feeds (
    number   INTEGER PRIMARY KEY,
    source   TEXT NOT NULL,
    topic    TEXT NOT NULL,
    period   TEXT NOT NULL,
    section  TEXT NOT NULL,
    language TEXT NOT NULL,
    UNIQUE (source, topic, period, section, language)
) STRICT;

INSERT INTO new_archived_feeds SELECT number, source, topic, period, '', '' FROM archived_feeds;

DROP TABLE archived_feeds;

ALTER TABLE new_archived_feeds RENAME TO archived_feeds;

-- The name of each section of a source, as it was first written on a page. Other spellings are
-- ignored.
CREATE TABLE sections (
    source TEXT NOT NULL,
    slug   TEXT NOT NULL,
    label  TEXT NOT NULL,
    PRIMARY KEY (source, slug)
) STRICT, WITHOUT ROWID;

CREATE TABLE release_sections (
    source  TEXT NOT NULL,
    section TEXT NOT NULL,
    sort_at REAL NOT NULL,
    id      TEXT NOT NULL,               -- of the release, by which ties are ordered
    PRIMARY KEY (source, section, sort_at DESC, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX releases_of_language ON releases (language, sort_at DESC, id) WHERE language <> ''
