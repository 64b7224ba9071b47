-- Changes of releases in the order of commits, one row each. Rows are only appended. SQLite has one
-- writer at a time, so a number is never committed after a higher number. The mark is random: in a
-- store that was restored from a copy, the same number has another mark.
CREATE TABLE logged_changes (
    number   INTEGER PRIMARY KEY,
    mark     INTEGER NOT NULL DEFAULT (random()),
    kind     TEXT NOT NULL CHECK (kind IN ('new', 'edit', 'reading', 'retraction', 'return',
                 'redaction', 'hidden', 'shown', 'update')),
    release  INTEGER NOT NULL REFERENCES releases (number),
    revision INTEGER NOT NULL,           -- of the release from then on
    at       REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)
) STRICT;

CREATE TRIGGER logged_change_of_new AFTER INSERT ON releases
BEGIN
    INSERT INTO logged_changes (kind, release, revision)
    VALUES ('new', NEW.number, NEW.revision);
    INSERT INTO logged_changes (kind, release, revision)
    SELECT 'retraction', NEW.number, NEW.revision WHERE NEW.retracted IS NOT NULL;
END;

-- The columns that readers see, except the time of the last visit. A change of another kind is an
-- update: another address, source, story or topic.
CREATE TRIGGER logged_change_of_changed
AFTER UPDATE OF source, url, content, sort_at, story, revision, retracted ON releases
WHEN OLD.source IS NOT NEW.source OR OLD.url IS NOT NEW.url OR OLD.content IS NOT NEW.content
    OR OLD.sort_at IS NOT NEW.sort_at OR OLD.story IS NOT NEW.story
    OR OLD.revision IS NOT NEW.revision OR OLD.retracted IS NOT NEW.retracted
BEGIN
    INSERT INTO logged_changes (kind, release, revision)
    SELECT 'return', NEW.number, NEW.revision
    WHERE OLD.retracted IS NOT NULL AND NEW.retracted IS NULL;
    INSERT INTO logged_changes (kind, release, revision)
    SELECT 'retraction', NEW.number, NEW.revision
    WHERE OLD.retracted IS NULL AND NEW.retracted IS NOT NULL;
    INSERT INTO logged_changes (kind, release, revision)
    SELECT iif(NEW.title = '[redacted]' AND OLD.title <> NEW.title, 'redaction', 'update'),
        NEW.number, NEW.revision
    WHERE OLD.revision = NEW.revision AND (OLD.retracted IS NULL) = (NEW.retracted IS NULL);
    -- This is the last insert, because the next trigger changes its row.
    INSERT INTO logged_changes (kind, release, revision)
    SELECT 'edit', NEW.number, NEW.revision WHERE OLD.revision <> NEW.revision;
END;

-- Right after a version is written, in the same transaction, a row in `readings` marks it as a
-- result of re-extraction.
CREATE TRIGGER logged_change_of_reading AFTER INSERT ON readings
BEGIN
    UPDATE logged_changes SET kind = 'reading'
    WHERE number = (SELECT max(number) FROM logged_changes)
        AND kind = 'edit' AND release = NEW.release AND revision = NEW.revision;
END;

CREATE TRIGGER logged_change_of_hidden AFTER INSERT ON hidden_releases
BEGIN
    INSERT INTO logged_changes (kind, release, revision)
    SELECT 'hidden', number, revision FROM releases WHERE number = NEW.release;
END;

CREATE TRIGGER logged_change_of_shown AFTER DELETE ON hidden_releases
BEGIN
    INSERT INTO logged_changes (kind, release, revision)
    SELECT 'shown', number, revision FROM releases WHERE number = OLD.release;
END;

-- Earlier changes that a store with an older schema can still derive.
INSERT INTO logged_changes (kind, release, revision, at)
SELECT kind, release, revision, at FROM (
    SELECT 0 AS step, 'new' AS kind, number AS release, 1 AS revision, first_seen AS at
    FROM releases
    UNION ALL
    SELECT 1, iif(g.release IS NULL, 'edit', 'reading'), v.release, v.number, v.seen
    FROM (
        SELECT release, number, seen FROM revisions
        UNION ALL SELECT number, revision, revised FROM releases
    ) v LEFT JOIN readings g ON g.release = v.release AND g.revision = v.number
    WHERE v.number > 1
    UNION ALL
    SELECT 2, 'retraction', p.release, r.revision, p.since
    FROM past_retractions p JOIN releases r ON r.number = p.release
    UNION ALL
    SELECT 3, 'return', p.release, r.revision, p.until
    FROM past_retractions p JOIN releases r ON r.number = p.release
    UNION ALL
    SELECT 4, 'retraction', number, revision, retracted FROM releases WHERE retracted IS NOT NULL
    UNION ALL
    SELECT 5, 'hidden', h.release, r.revision, h.at
    FROM hidden_releases h JOIN releases r ON r.number = h.release
) ORDER BY at, release, step
