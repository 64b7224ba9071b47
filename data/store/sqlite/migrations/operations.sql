-- Audit log of requests that changed something over the API.
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
