"""The migrations of the SQLite store. Their tables are in SQL files in ``migrations``.

To change the schema, add a migration below, and put new tables into a new file. Never edit a
released migration. Each migration has a fixture in tests/data/store/sqlite/schemas: a store written
by that version.

Times are seconds since 1970 in UTC, with fractions. In a table, ``release`` is the number of a row
in ``releases``, and ``source`` the id of a row in ``sources``. ``key`` is the canonical form of an
address (data.text.urls.canonical_url) for lookups. A facet field is '' if the facet includes all
values of the field.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from importlib.resources import files
from typing import Final

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from data.languages.tags import feed_language
from data.topics.facets import section_of

migrations = Migrations("communique")

INTERNAL_TABLES: Final = re.compile(r"sqlite_|_sqlite_|search(_|$)")
"""Names of tables that belong to SQLite, sqlite-utils or the full-text index."""

BEFORE_RELEASE: Final = "first"
"""Name of the first migration in unsupported versions from before the first release."""


def migration_names() -> list[str]:
    """Return the names of all migrations of this version, in order."""
    with closing(Database(memory=True)) as nothing:
        return [one.name for one in migrations.pending(nothing)]


def _lay(db: Database, name: str) -> None:
    """Execute the statements in the SQL file of a migration, which are separated by blank lines.

    Each statement is executed separately, because ``executescript`` of sqlite3 would end the
    migration's transaction.
    """
    text = files("data.store.sqlite").joinpath("migrations", f"{name}.sql").read_text("utf-8")
    for statement in text.split("\n\n"):
        db.execute(statement)


def _create(name: str) -> None:
    """Add a migration that creates the tables of one file."""

    @migrations(name=f"lay_{name}")
    def create(db: Database) -> None:
        _lay(db, name)


@migrations()
def lay_tables(db: Database) -> None:
    """Create the tables of the first schema."""
    for name in ("releases", "publication", "search", "websub", "visits"):
        _lay(db, name)


@migrations()
def name_listing_kind(db: Database) -> None:
    """Rename the column that was called ``witness`` before the first release."""
    if "witness" in db.table("listed_links").columns_dict:
        db.execute("ALTER TABLE listed_links RENAME COLUMN witness TO listing_kind")


_create("journal")  # The position in the archive's journal.
_create("captures")  # Places of archive records.
_create("readings")  # Versions that only re-extraction created.
_create("hidden")  # Hidden releases, and the view of all others.


@migrations()
def lay_rhythms(db: Database) -> None:
    """Create the table of rhythms. It replaces the table of expected publication days."""
    db.execute("DROP TABLE IF EXISTS source_rhythms")
    _lay(db, "rhythms")


_create("alerts")  # Events and deliveries for watches.


@migrations()
def name_health_codes(db: Database) -> None:
    """Add a column with the code of each health change. It is empty for earlier changes."""
    db.execute("ALTER TABLE health_events ADD COLUMN code TEXT NOT NULL DEFAULT ''")


_create("alert_messages")  # Deliveries to several outputs, several of them in one message.
_create("source_readings")  # The rules used to extract sources.
_create("feed_hubs")  # Hubs that notify us about the feeds of sources.
_create("source_changes")  # Renamed and removed sources.
_create("release_times")  # Release times, for measuring delays.
_create("source_handlings")  # Decisions about sources; numbers runs in the order of storage.
_create("logged_changes")  # All changes to releases, with those from before this table.
_create("taxonomy")  # Topic labels and parents.


@migrations()
def lay_search_rows(db: Database) -> None:
    """Create the table of search index rows again, with sources, topics and other filters."""
    db.execute("DROP TABLE search_rows")
    _lay(db, "search_rows")


@migrations()
def lay_facets(db: Database) -> None:
    """Add facets for sections and languages, with their numbers of releases."""
    _lay(db, "facets")
    sections: dict[tuple[str, str], str] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    rows = db.execute(
        "SELECT id, source, sort_at, language, json_extract(content, '$.section'),"
        " number NOT IN (SELECT release FROM hidden_releases) FROM releases ORDER BY number"
    )
    filed = []
    for id_, source, at, language, name, is_shown in rows:
        if section := section_of(name):
            sections.setdefault((source, section.slug), section.label)
            filed.append((source, section.slug, at, id_))
            counts[source, section.slug, ""] += is_shown
        if tag := feed_language(language):
            counts["", "", tag] += is_shown
    insert = db.conn.executemany
    insert("INSERT INTO sections VALUES (?, ?, ?)", [(*key, sections[key]) for key in sections])
    insert("INSERT INTO release_sections VALUES (?, ?, ?, ?)", sorted(filed))
    insert(
        "INSERT INTO facets VALUES (?, '', '', ?, ?, ?, 1, 0)",
        [(*key, count) for key, count in counts.items() if count],
    )


_create("reader_states")  # Feed readers that sync.
_create("search_prefixes")  # Recreate the full-text index with prefixes of words.
_create("unconfirmed")  # Possibly truncated responses and texts.
_create("differences")  # Differences between versions.


@migrations()
def index_without_secrets(db: Database) -> None:
    """Queue all releases for indexing, because the index contained secrets of source addresses."""
    db.execute(
        "INSERT OR IGNORE INTO search_queue (release) SELECT number FROM releases"
        " WHERE EXISTS (SELECT 1 FROM walks WHERE start LIKE '%=%' OR start LIKE '%@%')"
        " OR EXISTS (SELECT 1 FROM sources WHERE url LIKE '%=***%')"
    )


_create("events")  # The log of events, which replaces the two logs of changes.


@migrations()
def keep_versions_in_releases(db: Database) -> None:
    """Make the random version number a column of releases, before the content.

    The table is created again, because SQLite reads a row up to the last requested column, and
    contents fill several pages.
    """
    tables = "SELECT sql FROM sqlite_master WHERE name = ?"
    ((releases,),) = db.execute(tables, ["releases"])
    ((view,),) = db.execute(tables, ["shown_releases"])
    others = db.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'releases' AND type IN ('index', 'trigger')"
        " AND sql <> '' AND name NOT LIKE 'version_of_%'"
    ).fetchall()
    db.execute("DROP VIEW shown_releases")
    for name in ("hidden", "shown", "moved_capture"):
        db.execute(f"DROP TRIGGER version_of_{name}")
    made = releases.replace("CREATE TABLE releases", "CREATE TABLE new_releases").replace(
        "    content ",
        "    version     INTEGER NOT NULL,        -- random, drawn when readers see a change\n"
        "    content ",
    )
    db.execute(made)
    columns = [row[1] for row in db.execute("PRAGMA table_info(releases)")]
    db.execute(
        f"INSERT INTO new_releases ({', '.join(columns)}, version)"
        f" SELECT {', '.join(f'r.{name}' for name in columns)}, coalesce(v.version, random())"
        " FROM releases r LEFT JOIN release_versions v ON v.release = r.number ORDER BY r.number"
    )
    db.execute("DROP TABLE releases")
    db.execute("ALTER TABLE new_releases RENAME TO releases")
    for (sql,) in [*others, (view,)]:
        db.execute(sql)
    db.execute("DROP TABLE release_versions")


_create("consumers")  # Cursors of the log, which replace the queues of alerts and search.


@migrations()
def tell_waits_apart(db: Database) -> None:
    """Add a column that is true if the host itself set the time of its wait (Retry-After).

    The column is true for all earlier waits.
    """
    db.execute("ALTER TABLE host_waits ADD COLUMN requested INTEGER NOT NULL DEFAULT 1")


@migrations()
def drop_facet_states(db: Database) -> None:
    """Drop the columns about the publication of each facet, which the event log replaces."""
    db.execute("DROP INDEX facets_dirty")
    for name in ("changed", "published"):
        db.execute(f"ALTER TABLE facets DROP COLUMN {name}")


_create("operations")  # The record of operations over the API.


@migrations()
def index_sections(db: Database) -> None:
    """Rebuild the search index if releases have sections, for searches by `kind:`.

    The index is filled in the background.
    """
    if not db.execute("SELECT 1 FROM sections LIMIT 1").fetchall():
        return
    db.execute("INSERT INTO search (search) VALUES ('delete-all')")
    db.execute("DELETE FROM search_rows")
    db.execute("UPDATE consumers SET number = 0 WHERE name = 'search index'")


_create("operation_times")  # An index, so that old idempotency keys are found without a scan.


@migrations()
def classify_edits(db: Database) -> None:
    """Delete stored differences between versions, so that they are recomputed with classes."""
    db.execute("UPDATE differences SET steps = ''")


_create("file_texts")  # The texts of attachments.
_create("deposits")  # Deposits at other archives.


@migrations()
def weigh_edits(db: Database) -> None:
    """Delete the stored differences between versions, so that they are recomputed with weights."""
    db.execute("UPDATE differences SET steps = ''")
