"""All of a store that matters to readers and to later visits, to compare two stores."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

RELEASES = (
    "SELECT id, source, url, title, language, day, sort_at, first_seen, last_seen, updated,"
    " revision, revised, story, retracted, gone_since, digest, fingerprint,"
    # Earlier versions stored no list of attachments whose text was read.
    " replace(content, ',\"file_digests\":[]', '') FROM releases ORDER BY number"
)
ARCHIVE_PAGES = (
    "SELECT f.source, f.topic, f.period, f.section, f.language, p.page, p.release"
    " FROM archive_pages p JOIN archived_feeds f ON f.number = p.feed ORDER BY 1, 2, 3, 4, 5, 6, 7"
)
LAST_SIGHTS = (
    "SELECT release, record_id, file, offset, length, digest, leaf FROM captures s"
    " WHERE shows = 'seen' AND record_id NOT IN (SELECT record_id FROM captures v"
    " WHERE v.release = s.release AND v.shows = 'version') ORDER BY release"
)
"""What showed a version first saw it last, too, until something else does."""

TOLD = (
    RELEASES,
    "SELECT * FROM aliases ORDER BY key, source",
    "SELECT * FROM revisions ORDER BY release, number",
    "SELECT * FROM past_retractions ORDER BY release, until",
    "SELECT * FROM topics ORDER BY slug",
    "SELECT * FROM release_topics ORDER BY topic, sort_at, id",
    "SELECT source, topic, period, section, language, releases FROM facets ORDER BY 1, 2, 3, 4, 5",
    "SELECT * FROM sections ORDER BY source, slug",
    "SELECT * FROM release_sections ORDER BY source, section, sort_at, id",
    "SELECT * FROM translation_links ORDER BY key, source, release",
    "SELECT * FROM lsh_bands ORDER BY band, release",
    "SELECT * FROM page_skeletons ORDER BY release",
    "SELECT * FROM captures WHERE shows <> 'seen' ORDER BY release, shows, revision",
    LAST_SIGHTS,
    "SELECT url, source, record_id, file, offset, length FROM files ORDER BY url",
    "SELECT * FROM sources ORDER BY id",
    "SELECT * FROM retraction_holds ORDER BY release",
    "SELECT * FROM retraction_reasons ORDER BY release",
    ARCHIVE_PAGES,
    "SELECT * FROM day_digests ORDER BY day",
    "SELECT source, well, at, reason, state FROM health_events ORDER BY number",
    "SELECT * FROM source_rhythms ORDER BY source",
    "SELECT * FROM source_handlings ORDER BY source, kind",
)
"""What readers see, and what decides which release a later draft is."""


def told(path: Path) -> list[list[tuple[object, ...]]]:
    """All of a store that matters to readers and to later visits."""
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(sql).fetchall() for sql in TOLD]
