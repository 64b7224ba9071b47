-- The random version becomes a column of releases, set by the methods that change what readers see.
DROP TRIGGER version_of_new ON releases;
DROP TRIGGER version_of_changed ON releases;
DROP TRIGGER version_of_moved_capture ON captures;
DROP TRIGGER version_of_hidden ON hidden_releases;
DROP FUNCTION version_of_release, version_of_its_release, draw_version;

ALTER TABLE releases ADD COLUMN version BIGINT;

UPDATE releases SET version = coalesce(
    (SELECT v.version FROM release_versions v WHERE v.release = releases.number), drawn()
);

ALTER TABLE releases ALTER COLUMN version SET NOT NULL;

DROP TABLE release_versions;

CREATE OR REPLACE VIEW shown_releases AS
SELECT * FROM releases r
WHERE NOT EXISTS (SELECT 1 FROM hidden_releases h WHERE h.release = r.number);
