-- Times of each release that was news when it was found, for measuring our delay. Releases that a
-- first walk found, imported releases and old releases are omitted.
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

-- The release of an alert, if it is news and the alert is sent immediately.
ALTER TABLE alert_deliveries ADD COLUMN release INTEGER
