-- The schedule of hosts, and the tokens of the workers that visit them. Only the worker that has
-- the token of a host may write the results of its visit (see
-- data.store.postgres.connection). Rows change often, so each database page has free
-- space.
CREATE TABLE hosts (
    host        TEXT COLLATE "C" PRIMARY KEY,
    next_due    TIMESTAMPTZ NOT NULL,                   -- while it is leased, the end of the lease
    rests_until TIMESTAMPTZ NOT NULL DEFAULT '-infinity', -- earliest time of the next request
    gap         DOUBLE PRECISION NOT NULL DEFAULT 1,    -- minimum seconds between two requests
    token       BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE INDEX hosts_due ON hosts (next_due);

CREATE SEQUENCE host_tokens;

-- Sources to visit. The leader requests a visit, and a completed visit settles the request.
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

-- Files of the leader's home directory that all workers need.
CREATE TABLE shared_files (
    name TEXT COLLATE "C" PRIMARY KEY,
    text TEXT COLLATE "C" NOT NULL
);
