-- When each release that was news came: none of a first walk, of an import, or of long ago. It tells
-- how late we are.
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

-- The release that an alert tells of, where it is news and told at once.
ALTER TABLE alert_deliveries ADD COLUMN release INTEGER
