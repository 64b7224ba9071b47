-- Releases that only the operator sees, such as pages that are not releases, and the releases of
-- removed sources.
CREATE TABLE hidden_releases (
    release INTEGER PRIMARY KEY REFERENCES releases (number),
    at      REAL NOT NULL,
    why     TEXT NOT NULL
) STRICT;

-- The releases that readers see. Feeds, pages and searches select releases from this view.
CREATE VIEW shown_releases AS
SELECT * FROM releases WHERE number NOT IN (SELECT release FROM hidden_releases);

CREATE TRIGGER version_of_hidden AFTER INSERT ON hidden_releases
BEGIN
    INSERT OR REPLACE INTO release_versions
    SELECT number, random(), source, story FROM releases WHERE number = NEW.release;
END;

CREATE TRIGGER version_of_shown AFTER DELETE ON hidden_releases
BEGIN
    INSERT OR REPLACE INTO release_versions
    SELECT number, random(), source, story FROM releases WHERE number = OLD.release;
END
