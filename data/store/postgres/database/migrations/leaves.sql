-- The leaves of the one log of all archives (see data.archive.log.shared_log): an entry as the log
-- has it, and whether the machine that wrote its record says that this is durable. They are kept:
-- from them the tiles of the log can be made anew.
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
    verifier TEXT NOT NULL, -- all public keys of who signs, as vkeys, the newest last
    base     BIGINT NOT NULL -- leaves that the log had before its first one here
);
