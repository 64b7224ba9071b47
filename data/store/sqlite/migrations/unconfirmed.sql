-- Content of responses that may be truncated. It is accepted if a later visit finds it again.
CREATE TABLE unconfirmed (
    subject TEXT PRIMARY KEY,            -- an address, or the id of a release
    mark    TEXT NOT NULL,               -- names what was shown
    seen    REAL NOT NULL
) STRICT, WITHOUT ROWID;
