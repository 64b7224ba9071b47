-- The state of a release in a feed reader that syncs. Without a row, the marks below apply.
CREATE TABLE reader_states (
    account TEXT NOT NULL,                -- the name of a token
    release INTEGER NOT NULL,
    read    INTEGER,                      -- 1 read, 0 kept unread, NULL as the marks say
    starred INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, release)
) STRICT, WITHOUT ROWID;

CREATE INDEX reader_states_starred ON reader_states (account, release) WHERE starred = 1;

-- Releases first seen before `until` are read.
CREATE TABLE reader_marks (
    account TEXT NOT NULL,
    source  TEXT NOT NULL,                -- '' for all
    until   REAL NOT NULL,
    PRIMARY KEY (account, source)
) STRICT, WITHOUT ROWID
