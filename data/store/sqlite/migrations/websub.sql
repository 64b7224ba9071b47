-- Subscriptions to feeds, and contents that are still to be sent (W3C WebSub).

-- Feeds whose changes are announced to a WebSub hub: the SHA-256 of the current content, and of the
-- content last announced. A difference between them means work. So nothing is lost if a process
-- ends between two steps, and no change is announced twice.
CREATE TABLE websub_topics (
    file     TEXT PRIMARY KEY,
    stamp    TEXT NOT NULL,              -- time, size and inode of the file
    digest   BLOB NOT NULL,
    told     BLOB NOT NULL,
    due      REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX websub_topics_to_tell ON websub_topics (due) WHERE told <> digest;

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
) STRICT, WITHOUT ROWID;

CREATE INDEX websub_subscriptions_of_host ON websub_subscriptions (host);

-- Requests that subscribers still have to confirm, and denials that they still have to receive.
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
