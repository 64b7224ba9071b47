-- Sections of sources and languages as facets. The tables of facets are laid anew, since these parts
-- belong to their keys.

-- One row a feed: how many releases it holds, the number of its last change, and of the last
-- change that was published. It is dirty, which is to say to be published, while they differ.
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

-- What the sections of a source are called: as a page called each first, whatever others make of it.
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
