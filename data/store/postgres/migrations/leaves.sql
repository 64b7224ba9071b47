-- The leaves of the common log of all archives (see data.archive.log.shared_log): each entry, and
-- whether the machine that wrote its record has confirmed that the record is durable. Leaves are
-- never deleted, so that the tiles of the log can be created again.
CREATE TABLE log_leaves (
    number    BIGINT PRIMARY KEY,
    entry     BYTEA NOT NULL,
    record    UUID,
    writer    TEXT COLLATE "C" NOT NULL,
    at        TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    confirmed BOOLEAN NOT NULL DEFAULT false
);

CREATE INDEX log_leaves_of_records ON log_leaves (record);

CREATE INDEX log_leaves_waiting ON log_leaves (writer, number) WHERE NOT confirmed;

CREATE TABLE log_signer (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    verifier TEXT NOT NULL, -- all public keys of the log as vkeys, newest last
    base     BIGINT NOT NULL -- number of leaves in the log before its first leaf here
);
