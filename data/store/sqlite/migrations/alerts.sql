-- Events for watches, and the deliveries of alerts.

-- Events that were not compared with the watches yet. A row is written in the transaction that
-- causes the event, and deleted in the transaction that writes the resulting deliveries.
CREATE TABLE alert_events (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL,              -- data.models.AlertKind
    at       REAL NOT NULL,
    release  INTEGER,                    -- NULL where it is of a source
    revision INTEGER NOT NULL,           -- which an edit made; 0 elsewhere
    backlog  INTEGER NOT NULL,
    health   INTEGER                     -- the number of a row of health_events
) STRICT;

-- Messages to the recipients of watches. A recipient recognizes a repeated message by its key.
-- Delivered messages are kept, so that none is sent again.
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
