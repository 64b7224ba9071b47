-- What watches are to be told of, and what became of telling it.

-- What happened and was not held against the watches yet. A row is written in the transaction of
-- what it tells of, and goes in the transaction that writes the deliveries which come of it.
CREATE TABLE alert_events (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL,              -- data.models.AlertKind
    at       REAL NOT NULL,
    release  INTEGER,                    -- NULL where it is of a source
    revision INTEGER NOT NULL,           -- which an edit made; 0 elsewhere
    backlog  INTEGER NOT NULL,
    health   INTEGER                     -- the number of a row of health_events
) STRICT;

-- A message to the receiver of a watch, with the key by which it knows one that comes again. What
-- was delivered is kept, so that none is sent anew.
CREATE TABLE alert_deliveries (
    key      TEXT PRIMARY KEY,
    watch    TEXT NOT NULL,
    body     BLOB NOT NULL,              -- the same with each attempt; empty once it is delivered
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    made     REAL NOT NULL,
    due      REAL NOT NULL,              -- of a delivered one, when it was
    attempts INTEGER NOT NULL DEFAULT 0,
    problem  TEXT NOT NULL DEFAULT ''    -- of the last attempt
) STRICT;

CREATE INDEX alert_deliveries_waiting ON alert_deliveries (watch, due) WHERE state = 'waiting';

CREATE INDEX alert_deliveries_made ON alert_deliveries (made)
