-- Hubs of other sites, which notify us when the feed of a source changes (W3C WebSub).

-- The hub that the feed of a source declares, or '' if it declares none.
CREATE TABLE feed_hubs (
    source TEXT PRIMARY KEY,
    feed   TEXT NOT NULL,
    hub    TEXT NOT NULL,
    topic  TEXT NOT NULL,                -- the address that the feed gives as its own
    looked REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Our subscriptions. Each has a callback address that only its hub knows.
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
