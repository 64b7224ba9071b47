-- The timetable of hosts, and the fence of those who visit them: who holds the token of a host may
-- write what came of a visit (see data.store.postgres.database.connection.Connection.under). Many
-- rows change all the time: pages have room for it.
CREATE TABLE hosts (
    host     TEXT COLLATE "C" PRIMARY KEY,
    next_due TIMESTAMPTZ NOT NULL,
    was_due  TIMESTAMPTZ,
    token    BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE INDEX hosts_due ON hosts (next_due);

CREATE SEQUENCE host_tokens;
