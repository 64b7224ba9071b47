-- The last event that each consumer has handled. A consumer without a row starts with the first
-- event.
CREATE TABLE consumers (
    name    TEXT COLLATE "C" PRIMARY KEY,
    number  BIGINT NOT NULL,
    problem TEXT COLLATE "C" NOT NULL
);

-- The time of the event for alerts, noted by a visit or a person, or NULL if no alert is sent.
ALTER TABLE events ADD COLUMN seen DOUBLE PRECISION;

CREATE INDEX events_for_alerts ON events (number) WHERE seen IS NOT NULL;

-- Events for alerts were queued in a separate table. The last queued event of a release and kind
-- belongs to the last logged event of this release and kind, and earlier ones to earlier events.
UPDATE events SET seen = q.at, backlog = q.backlog FROM (
    SELECT a.at, a.backlog, e.number FROM (
        SELECT at, backlog, release, kind, revision, row_number() OVER (
            PARTITION BY release, kind, revision ORDER BY number DESC
        ) AS place FROM (
            SELECT number, at, backlog, release, revision,
                CASE kind WHEN 'release' THEN 'new' ELSE kind END AS kind
            FROM alert_events WHERE kind <> 'gone' AND release IS NOT NULL
        ) AS queued
    ) a JOIN (
        SELECT number, release, kind, revision, row_number() OVER (
            PARTITION BY release, kind, revision ORDER BY number DESC
        ) AS place FROM (
            SELECT number, release, kind, CASE kind WHEN 'edit' THEN revision ELSE 0 END AS revision
            FROM events WHERE release IN (SELECT release FROM alert_events)
        ) AS logged
    ) e USING (release, kind, revision, place)
) q WHERE q.number = events.number;

INSERT INTO events (kind, release, revision, source, at, seen, backlog, payload)
SELECT a.kind, a.release, coalesce(r.revision, 0), coalesce(r.source, h.source), a.at, a.at,
    a.backlog, CASE a.kind WHEN 'gone' THEN '{}' ELSE json_build_object('source', h.source,
        'well', h.well <> 0, 'at', to_timestamp(h.at), 'reason', h.reason,
        'state', h.state, 'code', h.code)::text END
FROM alert_events a LEFT JOIN releases r ON r.number = a.release
    LEFT JOIN health_events h ON h.number = a.health
WHERE a.kind IN ('gone', 'health') AND (r.number IS NOT NULL OR h.number IS NOT NULL)
ORDER BY a.number;

INSERT INTO consumers (name, number, problem) SELECT 'alerts', coalesce(
    (SELECT min(number) - 1 FROM events WHERE seen IS NOT NULL),
    (SELECT max(number) FROM events), 0
), '';

-- The search index continues in the log with the first event that is a queued release's last event.
INSERT INTO consumers (name, number, problem) SELECT 'search index', coalesce(
    (SELECT min(number) - 1 FROM (
        SELECT max(number) AS number FROM events WHERE release IN (SELECT release FROM search_queue)
        GROUP BY release
    ) AS queued),
    (SELECT max(number) FROM events), 0
), '';

DROP TABLE alert_events;

DROP TRIGGER search_of_retracted ON releases;
DROP FUNCTION search_anew;

DROP TABLE search_queue;
