-- The private keys that sign requests, shared by all machines of a fleet (see
-- data.access.request_keys). Backups omit them.
CREATE TABLE request_keys (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    keys TEXT NOT NULL
);
