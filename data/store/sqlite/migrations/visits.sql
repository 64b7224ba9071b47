-- Data about visits to sources, their pages and their hosts.

CREATE TABLE runs (
    number  INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,
    started REAL NOT NULL,
    report  TEXT NOT NULL                -- JSON of data.models.Run
) STRICT;

CREATE INDEX runs_of_source ON runs (source, started DESC);

-- Every change in the health of a source.
CREATE TABLE health_events (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    well   INTEGER NOT NULL,             -- 1 where nobody has to look at it
    at     REAL NOT NULL,
    reason TEXT NOT NULL,
    state  TEXT NOT NULL
) STRICT;

CREATE INDEX health_events_of_source ON health_events (source, number);

-- The ETag and Last-Modified of an address for the next conditional request (RFC 9110, section
-- 8.8).
CREATE TABLE validators (
    url           TEXT PRIMARY KEY,
    etag          TEXT,
    last_modified TEXT
) STRICT, WITHOUT ROWID;

-- The last items of a listing, for a response that says that it has not changed.
CREATE TABLE cached_listings (
    url    TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    reader TEXT NOT NULL,                -- the rules that read it: others must read it anew
    items  TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID;

-- Progress of walks (backfills) to the oldest release, so that a later visit can continue a walk.
CREATE TABLE walks (
    source TEXT NOT NULL,
    start  TEXT NOT NULL,                -- the address of the first page
    number INTEGER NOT NULL,
    walk   TEXT NOT NULL,                -- JSON of data.models.Walk
    PRIMARY KEY (source, start)
) STRICT, WITHOUT ROWID;

-- All addresses that a listing of a source has ever shown. The listing is a feed or a page.
CREATE TABLE listed_links (
    source       TEXT NOT NULL,
    key          TEXT NOT NULL,
    listing_kind TEXT NOT NULL CHECK (listing_kind IN ('feed', 'page')),
    name         TEXT NOT NULL,          -- day and title, '' where it lacks one of them
    walk         INTEGER NOT NULL,       -- the last that came by
    PRIMARY KEY (source, key, listing_kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX listed_links_by_name ON listed_links (source, name) WHERE name <> '';

-- Listed items that were not requested yet. A row is deleted when a release was found at its
-- address.
CREATE TABLE unread_items (
    number INTEGER PRIMARY KEY,          -- in the order of listing
    source TEXT NOT NULL,
    key    TEXT NOT NULL,
    item   TEXT NOT NULL,                -- JSON of what the listing says of it
    front  INTEGER NOT NULL,             -- 1 where the first page lists it
    tries  INTEGER NOT NULL,
    asked  REAL NOT NULL,                -- the last visit that asked for it, 0 before
    UNIQUE (source, key)
) STRICT;

-- Releases to which other release pages link. Each is counted once.
CREATE TABLE named_links (
    source  TEXT NOT NULL,
    key     TEXT NOT NULL,
    url     TEXT NOT NULL,
    title   TEXT NOT NULL,               -- as it was named
    state   TEXT NOT NULL CHECK (state IN ('known', 'missed', 'older', 'unread')),
    tries   INTEGER NOT NULL,
    release INTEGER,                     -- that was found by its name only
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX named_links_unread ON named_links (source, tries) WHERE state = 'unread';

-- The templates learned for the release pages of a source.
CREATE TABLE layout_templates (
    source   TEXT NOT NULL,
    layout   TEXT NOT NULL,
    template TEXT NOT NULL,              -- JSON; only spiders read what is in it
    PRIMARY KEY (source, layout)
) STRICT, WITHOUT ROWID;

-- The structure of a release's page.
CREATE TABLE page_skeletons (
    release  INTEGER PRIMARY KEY REFERENCES releases (number),
    skeleton BLOB NOT NULL               -- only spiders read what is in it
) STRICT;

-- Waiting times that hosts asked for. They also apply after a restart.
CREATE TABLE host_waits (
    host   TEXT PRIMARY KEY,
    until  REAL NOT NULL,
    status INTEGER NOT NULL              -- of the answer that asked for it
) STRICT, WITHOUT ROWID;

-- The last robots.txt of each origin, for use if it can't be requested.
CREATE TABLE robots_files (
    origin TEXT PRIMARY KEY,             -- scheme, host and port
    body   BLOB NOT NULL,
    seen   REAL NOT NULL
) STRICT;
