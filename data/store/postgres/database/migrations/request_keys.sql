-- The private keys that sign requests, which all machines of a fleet share (see
-- data.access.request_keys). A backup leaves them out.
CREATE TABLE request_keys (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    keys TEXT NOT NULL
);
