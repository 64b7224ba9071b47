CREATE TABLE unconfirmed (
    subject TEXT COLLATE "C" PRIMARY KEY,
    mark    TEXT COLLATE "C" NOT NULL,
    seen    DOUBLE PRECISION NOT NULL
);
