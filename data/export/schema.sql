CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    timezone TEXT NOT NULL
);
CREATE TABLE topics (slug TEXT PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources (id),
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    published TEXT,                      -- a day, or a time with the offset of the source
    precision TEXT NOT NULL,             -- day, second or none
    day TEXT,                            -- of publication, in the zone of the source
    updated TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    language TEXT,
    section TEXT,
    publisher TEXT,
    summary TEXT,
    body_text TEXT NOT NULL,
    body_html TEXT NOT NULL,
    revision INTEGER NOT NULL,
    story TEXT,
    retracted TEXT
);
CREATE TABLE release_topics (
    release TEXT NOT NULL REFERENCES releases (id),
    topic TEXT NOT NULL REFERENCES topics (slug),
    PRIMARY KEY (release, topic)
);
CREATE TABLE aliases (
    release TEXT NOT NULL REFERENCES releases (id),
    url TEXT NOT NULL,
    PRIMARY KEY (release, url)
);
CREATE TABLE media (
    release TEXT NOT NULL REFERENCES releases (id),
    kind TEXT NOT NULL,                  -- image or attachment
    url TEXT NOT NULL,
    type TEXT NOT NULL,
    length INTEGER,
    title TEXT,
    capture TEXT REFERENCES captures (record_id),
    PRIMARY KEY (release, kind, url)
);
CREATE TABLE revisions (
    release TEXT NOT NULL REFERENCES releases (id),
    number INTEGER NOT NULL,
    seen TEXT NOT NULL,
    title TEXT NOT NULL,
    published TEXT,
    summary TEXT,
    body_text TEXT NOT NULL,
    body_html TEXT NOT NULL,
    capture TEXT REFERENCES captures (record_id),
    PRIMARY KEY (release, number)
);
CREATE TABLE sightings (
    release TEXT NOT NULL REFERENCES releases (id),
    kind TEXT NOT NULL,                  -- seen: last found; gone: last found missing
    capture TEXT NOT NULL REFERENCES captures (record_id),
    PRIMARY KEY (release, kind)
);
CREATE TABLE captures (
    record_id TEXT PRIMARY KEY,          -- WARC-Record-ID
    at TEXT NOT NULL,
    file TEXT NOT NULL,                  -- in the archive
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    digest TEXT NOT NULL,                -- of the payload
    leaf INTEGER NOT NULL                -- number in the transparency log
);
CREATE INDEX releases_by_day ON releases (day);
CREATE INDEX releases_by_source ON releases (source, day);
CREATE INDEX release_topics_by_topic ON release_topics (topic);
