-- The schema of a new store, after all migrations. Written by docs/write_schemas.py; do not edit.

CREATE TABLE alert_deliveries (
    key      TEXT PRIMARY KEY,
    watch    TEXT NOT NULL,
    body     BLOB NOT NULL,              -- the same with each attempt; empty once it is delivered
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    made     REAL NOT NULL,
    due      REAL NOT NULL,              -- of a delivered one, when it was
    attempts INTEGER NOT NULL DEFAULT 0,
    problem  TEXT NOT NULL DEFAULT ''    -- of the last attempt
, output TEXT NOT NULL DEFAULT 'webhook', message TEXT NOT NULL DEFAULT '', release INTEGER) STRICT;

CREATE INDEX alert_deliveries_made ON alert_deliveries (made);

CREATE INDEX alert_deliveries_message ON alert_deliveries (message) WHERE message <> '';

CREATE INDEX alert_deliveries_waiting ON alert_deliveries (watch, output, due)
    WHERE state = 'waiting';

CREATE TABLE aliases (
    key     TEXT NOT NULL,
    source  TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('seen', 'claimed', 'disputed')),
    release INTEGER NOT NULL REFERENCES releases (number),
    url     TEXT NOT NULL,
    PRIMARY KEY (key, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX aliases_of_release ON aliases (release);

CREATE TABLE archive_pages (
    feed    INTEGER NOT NULL REFERENCES archived_feeds (number),
    page    INTEGER NOT NULL,            -- from 1 on, the oldest first
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (feed, release)
) STRICT, WITHOUT ROWID;

CREATE INDEX archive_pages_of_feed ON archive_pages (feed, page);

CREATE TABLE "archived_feeds" (
    number   INTEGER PRIMARY KEY,
    source   TEXT NOT NULL,
    topic    TEXT NOT NULL,
    period   TEXT NOT NULL,
    section  TEXT NOT NULL,
    language TEXT NOT NULL,
    UNIQUE (source, topic, period, section, language)
) STRICT;

CREATE TABLE cached_listings (
    url    TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    reader TEXT NOT NULL,                -- the rules that read it: others must read it anew
    items  TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE captures (
    release   INTEGER NOT NULL REFERENCES releases (number),
    shows     TEXT NOT NULL CHECK (shows IN ('version', 'seen', 'gone')),
    revision  INTEGER NOT NULL,          -- the version; 0 for the others
    record_id TEXT NOT NULL,             -- this and the rest as data.models.Capture has it
    file      TEXT NOT NULL,
    offset    INTEGER NOT NULL,
    length    INTEGER NOT NULL,
    digest    TEXT NOT NULL,
    leaf      INTEGER NOT NULL,
    at        INTEGER NOT NULL,          -- microseconds since 1970, as exact as its WARC-Date
    PRIMARY KEY (release, shows, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE consumers (
    name    TEXT PRIMARY KEY,
    number  INTEGER NOT NULL,            -- of the last event that it handled
    problem TEXT NOT NULL                -- its failure since then; empty if there is none
) STRICT, WITHOUT ROWID;

CREATE TABLE day_digests (
    day    TEXT PRIMARY KEY,
    digest TEXT NOT NULL                 -- JSON of data.models.DayDigest
) STRICT, WITHOUT ROWID;

CREATE TABLE deposits (
    release   INTEGER NOT NULL REFERENCES releases (number),
    revision  INTEGER NOT NULL,
    archive   TEXT NOT NULL,             -- the name in archive.deposits
    state     TEXT NOT NULL,             -- as data.models.DepositState
    due       REAL NOT NULL DEFAULT 0,
    attempts  INTEGER NOT NULL DEFAULT 0,
    submitted REAL NOT NULL DEFAULT 0,   -- when it was requested last, or 0
    job       TEXT NOT NULL DEFAULT '',  -- the job's id at the archive
    problem   TEXT NOT NULL DEFAULT '',
    captured  REAL NOT NULL DEFAULT 0,   -- time and address of the archive's capture
    url       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (release, revision, archive)
) STRICT, WITHOUT ROWID;

CREATE INDEX deposits_due ON deposits (archive, due) WHERE state IN ('waiting', 'running');

CREATE INDEX deposits_submitted ON deposits (archive, submitted);

CREATE TABLE differences (
    release INTEGER NOT NULL REFERENCES releases (number),
    number  INTEGER NOT NULL,            -- of the later version
    steps   TEXT NOT NULL,
    PRIMARY KEY (release, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX differences_missing ON differences (release, number) WHERE steps = '';

CREATE TABLE events (
    number   INTEGER PRIMARY KEY,
    mark     INTEGER NOT NULL DEFAULT (random()),
    kind     TEXT NOT NULL,
    release  INTEGER REFERENCES releases (number),  -- NULL for an event of a source
    revision INTEGER NOT NULL,           -- of the release from then on
    source   TEXT NOT NULL,
    at       REAL NOT NULL,
    backlog  INTEGER NOT NULL,           -- 1 for a release from before the first visit
    payload  TEXT NOT NULL               -- JSON without text of releases
, seen REAL) STRICT;

CREATE INDEX events_for_alerts ON events (number) WHERE seen IS NOT NULL;

CREATE TABLE "facets" (
    source    TEXT NOT NULL,
    topic     TEXT NOT NULL,
    period    TEXT NOT NULL,
    section   TEXT NOT NULL,
    language  TEXT NOT NULL,
    releases  INTEGER NOT NULL,
    PRIMARY KEY (source, topic, period, section, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_hubs (
    source TEXT PRIMARY KEY,
    feed   TEXT NOT NULL,
    hub    TEXT NOT NULL,
    topic  TEXT NOT NULL,                -- the address that the feed gives as its own
    looked REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_subscriptions (
    callback TEXT PRIMARY KEY,
    source   TEXT NOT NULL,
    hub      TEXT NOT NULL,
    topic    TEXT NOT NULL,
    secret   TEXT NOT NULL,
    wanted   INTEGER NOT NULL,           -- 0 where the hub is to be told that it ends
    asked    REAL NOT NULL,
    expires  REAL NOT NULL,
    heard    REAL NOT NULL,
    due      REAL NOT NULL,
    attempts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE file_texts (
    digest TEXT PRIMARY KEY,             -- sha256:…
    kind   TEXT NOT NULL,                -- this and the rest as data.models.FileText has it
    cut    TEXT NOT NULL,
    tool   TEXT NOT NULL,
    pages  TEXT NOT NULL                 -- JSON: the text of each page
) STRICT, WITHOUT ROWID;

CREATE TABLE files (
    url       TEXT PRIMARY KEY,
    source    TEXT NOT NULL,             -- whose visits ask for it
    tries     INTEGER NOT NULL DEFAULT 0,
    asked     REAL NOT NULL DEFAULT 0,   -- the last visit that asked for it
    record_id TEXT,
    file      TEXT,
    offset    INTEGER,
    length    INTEGER,
    digest    TEXT,
    leaf      INTEGER,
    at        INTEGER
, body TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

CREATE INDEX files_awaited ON files (source, tries, asked) WHERE record_id IS NULL;

CREATE TABLE health_events (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    well   INTEGER NOT NULL,             -- 1 where nobody has to look at it
    at     REAL NOT NULL,
    reason TEXT NOT NULL,
    state  TEXT NOT NULL
, code TEXT NOT NULL DEFAULT '') STRICT;

CREATE INDEX health_events_of_source ON health_events (source, number);

CREATE TABLE hidden_releases (
    release INTEGER PRIMARY KEY REFERENCES releases (number),
    at      REAL NOT NULL,
    why     TEXT NOT NULL
, with_source INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE host_waits (
    host   TEXT PRIMARY KEY,
    until  REAL NOT NULL,
    status INTEGER NOT NULL              -- of the answer that asked for it
, requested INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID;

CREATE TABLE journal_end (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    record TEXT NOT NULL                 -- the id of the last record
) STRICT;

CREATE TABLE journal_outbox (
    number INTEGER PRIMARY KEY,
    events BLOB NOT NULL                 -- only data.archive.journal reads what is in it
) STRICT;

CREATE TABLE journaled_files (
    name   TEXT PRIMARY KEY,             -- in HOME
    digest TEXT NOT NULL                 -- SHA-256; '' where it is gone
) STRICT, WITHOUT ROWID;

CREATE TABLE layout_templates (
    source   TEXT NOT NULL,
    layout   TEXT NOT NULL,
    template TEXT NOT NULL,              -- JSON; only spiders read what is in it
    PRIMARY KEY (source, layout)
) STRICT, WITHOUT ROWID;

CREATE TABLE listed_links (
    source       TEXT NOT NULL,
    key          TEXT NOT NULL,
    listing_kind TEXT NOT NULL CHECK (listing_kind IN ('feed', 'page')),
    name         TEXT NOT NULL,          -- day and title, '' where it lacks one of them
    walk         INTEGER NOT NULL,       -- the last that came by
    PRIMARY KEY (source, key, listing_kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX listed_links_by_name ON listed_links (source, name) WHERE name <> '';

CREATE TABLE lsh_bands (
    band    INTEGER NOT NULL,            -- a slot of time, and in the low bits a mark of a text
    release INTEGER NOT NULL,
    anchors INTEGER NOT NULL,            -- how many the release has
    PRIMARY KEY (band, release)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE operations (
    number   INTEGER PRIMARY KEY,
    at       REAL NOT NULL,
    token    TEXT NOT NULL,              -- the name of the token
    name     TEXT NOT NULL,              -- the operation
    target   TEXT NOT NULL,              -- the id in its address, or ''
    key      TEXT,                       -- its Idempotency-Key, NULL after its time
    body     BLOB NOT NULL,              -- SHA-256 of what was requested
    status   INTEGER NOT NULL,           -- of the response, 0 until there is one
    response BLOB                        -- NULL after the time of the key
) STRICT;

CREATE UNIQUE INDEX operations_by_key ON operations (token, key) WHERE key IS NOT NULL;

CREATE INDEX operations_by_time ON operations (at) WHERE key IS NOT NULL;

CREATE TABLE page_skeletons (
    release  INTEGER PRIMARY KEY REFERENCES releases (number),
    skeleton BLOB NOT NULL               -- only spiders read what is in it
) STRICT;

CREATE TABLE past_retractions (
    release INTEGER NOT NULL REFERENCES releases (number),
    since   REAL NOT NULL,
    until   REAL NOT NULL,
    PRIMARY KEY (release, until)
) STRICT, WITHOUT ROWID;

CREATE TABLE reader_marks (
    account TEXT NOT NULL,
    source  TEXT NOT NULL,                -- '' for all
    until   REAL NOT NULL,
    PRIMARY KEY (account, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE reader_states (
    account TEXT NOT NULL,                -- the name of a token
    release INTEGER NOT NULL,
    read    INTEGER,                      -- 1 read, 0 kept unread, NULL as the marks say
    starred INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, release)
) STRICT, WITHOUT ROWID;

CREATE INDEX reader_states_starred ON reader_states (account, release) WHERE starred = 1;

CREATE TABLE readings (
    release  INTEGER NOT NULL REFERENCES releases (number),
    revision INTEGER NOT NULL,
    reread   INTEGER NOT NULL,           -- how many such versions in a row this is the last of
    PRIMARY KEY (release, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE release_files (
    url     TEXT NOT NULL,
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (url, release)
) STRICT, WITHOUT ROWID;

CREATE INDEX files_of_release ON release_files (release);

CREATE TABLE release_sections (
    source  TEXT NOT NULL,
    section TEXT NOT NULL,
    sort_at REAL NOT NULL,
    id      TEXT NOT NULL,               -- of the release, by which ties are ordered
    PRIMARY KEY (source, section, sort_at DESC, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE release_times (
    release INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,
    stated  REAL,                        -- NULL where its page states no time of day
    seen    REAL NOT NULL,
    in_feed REAL,                        -- when it was first in a feed
    alerted REAL                         -- when the first alert of it was delivered
) STRICT;

CREATE INDEX release_times_of_source ON release_times (source, release);

CREATE INDEX release_times_to_publish ON release_times (release) WHERE in_feed IS NULL;

CREATE TABLE release_topics (
    topic   TEXT NOT NULL,
    sort_at REAL NOT NULL,
    id      TEXT NOT NULL,               -- of the release, by which ties are ordered
    source  TEXT NOT NULL,
    PRIMARY KEY (topic, sort_at DESC, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX release_topics_of_source ON release_topics (source, topic, sort_at DESC, id);

CREATE TABLE "releases" (
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
    version     INTEGER NOT NULL,        -- random, drawn when readers see a change
    content     TEXT NOT NULL            -- JSON of data.models.Content; last, since it is large
) STRICT;

CREATE TRIGGER past_retraction_of_returned AFTER UPDATE OF retracted ON releases
WHEN OLD.retracted IS NOT NULL AND NEW.retracted IS NULL
BEGIN
    INSERT OR REPLACE INTO past_retractions VALUES (NEW.number, OLD.retracted, NEW.updated);
END;

CREATE INDEX releases_by_fingerprint ON releases (fingerprint);

CREATE INDEX releases_edited ON releases (revised DESC) WHERE revision > 1;

CREATE INDEX releases_newest ON releases (sort_at DESC, id);

CREATE INDEX releases_newest_of_day ON releases (substr(day, 1, 10), sort_at DESC, id);

CREATE INDEX releases_newest_of_month ON releases (substr(day, 1, 7), sort_at DESC, id);

CREATE INDEX releases_newest_of_year ON releases (substr(day, 1, 4), sort_at DESC, id);

CREATE INDEX releases_of_day ON releases (day, source);

CREATE INDEX releases_of_language ON releases (language, sort_at DESC, id) WHERE language <> '';

CREATE INDEX releases_of_source ON releases (source, sort_at DESC, id);

CREATE INDEX releases_of_story ON releases (story) WHERE story IS NOT NULL;

CREATE INDEX releases_retracted ON releases (retracted DESC) WHERE retracted IS NOT NULL;

CREATE INDEX releases_updated ON releases (updated DESC) WHERE updated > first_seen;

CREATE TRIGGER retraction_hold_of_returned AFTER UPDATE OF gone_since, retracted ON releases
WHEN NEW.gone_since IS NULL AND OLD.gone_since IS NOT NULL
    OR NEW.retracted IS NOT NULL AND OLD.retracted IS NULL
BEGIN
    DELETE FROM retraction_holds WHERE release = NEW.number;
END;

CREATE TRIGGER retraction_reason_of_returned AFTER UPDATE OF retracted ON releases
WHEN NEW.retracted IS NULL AND OLD.retracted IS NOT NULL
BEGIN
    DELETE FROM retraction_reasons WHERE release = NEW.number;
END;

CREATE TABLE removed_sources (
    source TEXT PRIMARY KEY,
    at     REAL NOT NULL,
    kept   INTEGER NOT NULL              -- 1 where its releases are still shown
) STRICT, WITHOUT ROWID;

CREATE TABLE retraction_holds (
    release  INTEGER PRIMARY KEY REFERENCES releases (number),
    unlisted REAL                        -- since when a working listing lacks it
) STRICT;

CREATE TABLE retraction_reasons (
    release INTEGER PRIMARY KEY REFERENCES releases (number),
    why     TEXT NOT NULL
) STRICT;

CREATE TABLE revisions (
    release INTEGER NOT NULL REFERENCES releases (number),
    number  INTEGER NOT NULL,
    seen    REAL NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (release, number)
) STRICT;

CREATE INDEX revisions_seen ON revisions (seen DESC) WHERE number > 1;

CREATE TABLE robots_files (
    origin TEXT PRIMARY KEY,             -- scheme, host and port
    body   BLOB NOT NULL,
    seen   REAL NOT NULL
) STRICT;

CREATE TABLE runs (
    number  INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,
    started REAL NOT NULL,
    report  TEXT NOT NULL                -- JSON of data.models.Run
) STRICT;

CREATE INDEX runs_of_source ON runs (source);

CREATE VIRTUAL TABLE search USING fts5 (
    title, body, tokens, content = '', prefix = '3',
    tokenize = "unicode61 categories 'L* M* N* Co'"
);

CREATE TABLE search_rows (
    row     INTEGER PRIMARY KEY,         -- see data.store.sqlite.search.rows_between
    release INTEGER UNIQUE,
    filed   TEXT NOT NULL                -- JSON of data.store.sqlite.search.Filed: what is counted
) STRICT;

CREATE TABLE sections (
    source TEXT NOT NULL,
    slug   TEXT NOT NULL,
    label  TEXT NOT NULL,
    PRIMARY KEY (source, slug)
) STRICT, WITHOUT ROWID;

CREATE VIEW shown_releases AS
SELECT * FROM releases WHERE number NOT IN (SELECT release FROM hidden_releases);

CREATE TABLE source_handlings (
    source TEXT NOT NULL,
    kind   TEXT NOT NULL CHECK (kind IN ('acknowledged', 'muted', 'paused')),
    at     REAL NOT NULL,
    until  REAL,                         -- NULL where it does not end by itself
    why    TEXT NOT NULL,
    PRIMARY KEY (source, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_moves (
    number INTEGER PRIMARY KEY,
    old    TEXT NOT NULL UNIQUE,
    new    TEXT NOT NULL                 -- the same as old where it was renamed back
) STRICT;

CREATE TABLE source_readings (
    source  TEXT PRIMARY KEY,
    reading TEXT NOT NULL                -- JSON; only the scheduler reads what is in it
) STRICT, WITHOUT ROWID;

CREATE TABLE source_rhythms (
    source   TEXT PRIMARY KEY,
    releases INTEGER NOT NULL,
    rhythm   TEXT NOT NULL               -- JSON of data.models.Rhythm, or null
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    url      TEXT NOT NULL,
    timezone TEXT NOT NULL
) STRICT;

CREATE TABLE taxonomy (
    slug   TEXT PRIMARY KEY,
    label  TEXT NOT NULL,
    parent TEXT NOT NULL                 -- '' for a topic of the top level
) STRICT, WITHOUT ROWID;

CREATE TABLE topics (slug TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT;

CREATE TABLE translation_links (
    key     TEXT NOT NULL,
    source  TEXT NOT NULL,
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (key, source, release)
) STRICT, WITHOUT ROWID;

CREATE TABLE unconfirmed (
    subject TEXT PRIMARY KEY,            -- an address, or the id of a release
    mark    TEXT NOT NULL,               -- names what was shown
    seen    REAL NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TABLE validators (
    url           TEXT PRIMARY KEY,
    etag          TEXT,
    last_modified TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE walks (
    source TEXT NOT NULL,
    start  TEXT NOT NULL,                -- the address of the first page
    number INTEGER NOT NULL,
    walk   TEXT NOT NULL,                -- JSON of data.models.Walk
    PRIMARY KEY (source, start)
) STRICT, WITHOUT ROWID;

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
) STRICT;

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
) STRICT, WITHOUT ROWID;

CREATE INDEX websub_subscriptions_of_host ON websub_subscriptions (host);

CREATE TABLE websub_topics (
    file     TEXT PRIMARY KEY,
    stamp    TEXT NOT NULL,              -- time, size and inode of the file
    digest   BLOB NOT NULL,
    told     BLOB NOT NULL,
    due      REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX websub_topics_to_tell ON websub_topics (due) WHERE told <> digest;
