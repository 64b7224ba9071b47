-- The timetable of hosts, and the fence of those who visit them: who holds the token of a host may
-- write what came of a visit (see data.store.postgres.database.connection.PostgresConnection.under). Many
-- rows change all the time: pages have room for it.
CREATE TABLE hosts (
    host        TEXT COLLATE "C" PRIMARY KEY,
    next_due    TIMESTAMPTZ NOT NULL,                   -- of one that is held, the end of its lease
    rests_until TIMESTAMPTZ NOT NULL DEFAULT '-infinity', -- when it may be asked at the soonest
    gap         DOUBLE PRECISION NOT NULL DEFAULT 1,    -- seconds that it wants between two requests
    token       BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE INDEX hosts_due ON hosts (next_due);

CREATE SEQUENCE host_tokens;

-- What is to be visited of them: the leader asks for it, and the visit that was made settles it.
CREATE TABLE host_sources (
    source   TEXT COLLATE "C" PRIMARY KEY,
    host     TEXT COLLATE "C" NOT NULL,
    due      TIMESTAMPTZ NOT NULL,
    file     TEXT COLLATE "C" NOT NULL,                 -- the text of its source file
    explicit BOOLEAN NOT NULL,
    backfill BOOLEAN NOT NULL,
    accept   BOOLEAN NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX host_sources_due ON host_sources (host, due);

-- Files of the leader's HOME that all workers need.
CREATE TABLE shared_files (
    name TEXT COLLATE "C" PRIMARY KEY,
    text TEXT COLLATE "C" NOT NULL
);
