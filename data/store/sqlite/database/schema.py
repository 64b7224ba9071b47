"""The migrations of the SQLite store; their tables are SQL files in ``tables``.

A later schema change is another migration below, with a file of its own for new tables; never edit
a released one. Each migration has a fixture under tests/data/store/sqlite/schemas: a store written
by that version.

Times are seconds since 1970 in UTC, with fractions. In a table, ``release`` is the number of a row
in ``releases``, and ``source`` the id of a row in ``sources``. ``key`` is the canonical form of an
address (data.text.urls.canonical_url) for lookups. Facet fields that select all are ''.
"""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from sqlite_utils.migrations import Migrations

from data.languages.tags import feed_language
from data.topics.facets import section_of

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("communique")

BEFORE_RELEASE: Final = "first"
"""The first migration of versions before the first release, which are no longer supported."""


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


@migrations()
def lay_journal(db: Database) -> None:
    """Create the tables for the position in the archive's journal."""
    _lay(db, "journal")


@migrations()
def lay_captures(db: Database) -> None:
    """Create the tables with places of archive records."""
    _lay(db, "captures")


@migrations()
def lay_readings(db: Database) -> None:
    """Create the table of versions that only re-extraction created."""
    _lay(db, "readings")


@migrations()
def lay_hidden(db: Database) -> None:
    """Create the table of hidden releases, and the view of all others."""
    _lay(db, "hidden")


@migrations()
def lay_rhythms(db: Database) -> None:
    """Create the table of rhythms; it replaces the table of expected publication days."""
    db.execute("DROP TABLE IF EXISTS source_rhythms")
    _lay(db, "rhythms")


@migrations()
def lay_alerts(db: Database) -> None:
    """Create the tables of events and deliveries for watches."""
    _lay(db, "alerts")


@migrations()
def name_health_codes(db: Database) -> None:
    """Add a code to each health change beside its reason; earlier changes have none."""
    db.execute("ALTER TABLE health_events ADD COLUMN code TEXT NOT NULL DEFAULT ''")


@migrations()
def lay_alert_messages(db: Database) -> None:
    """Support deliveries to several outputs, and several deliveries in one message."""
    _lay(db, "alert_messages")


@migrations()
def lay_source_readings(db: Database) -> None:
    """Create the table of the rules used to extract sources."""
    _lay(db, "source_readings")


@migrations()
def lay_feed_hubs(db: Database) -> None:
    """Create the tables of hubs that notify us about the feeds of sources."""
    _lay(db, "feed_hubs")


@migrations()
def lay_source_changes(db: Database) -> None:
    """Create the tables of renamed and removed sources."""
    _lay(db, "source_changes")


@migrations()
def lay_release_times(db: Database) -> None:
    """Create the table of release times, for measuring delays."""
    _lay(db, "release_times")


@migrations()
def lay_source_handlings(db: Database) -> None:
    """Create the table of decisions about sources, and number runs in the order of storage."""
    _lay(db, "source_handlings")


@migrations()
def lay_logged_changes(db: Database) -> None:
    """Create the log of all changes to releases, and add the earlier changes."""
    _lay(db, "logged_changes")


@migrations()
def lay_taxonomy(db: Database) -> None:
    """Create the table of topic labels and parents."""
    _lay(db, "taxonomy")


@migrations()
def lay_search_rows(db: Database) -> None:
    """Recreate the table of search index rows, with sources, topics and other filters."""
    db.execute("DROP TABLE search_rows")
    _lay(db, "search_rows")


@migrations()
def lay_facets(db: Database) -> None:
    """Add facets for sections and languages, and add all releases to them."""
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


@migrations()
def lay_reader_states(db: Database) -> None:
    """Create the tables of feed readers that sync."""
    _lay(db, "reader_states")


@migrations()
def lay_search_prefixes(db: Database) -> None:
    """Recreate the full-text index with prefixes of words."""
    _lay(db, "search_prefixes")


@migrations()
def lay_unconfirmed(db: Database) -> None:
    """Create the table of possibly truncated responses and texts."""
    _lay(db, "unconfirmed")


@migrations()
def lay_differences(db: Database) -> None:
    """Create the table of differences between versions."""
    _lay(db, "differences")


@migrations()
def index_without_secrets(db: Database) -> None:
    """Queue all releases for the search index, which contained secrets of source addresses."""
    db.execute(
        "INSERT OR IGNORE INTO search_queue (release) SELECT number FROM releases"
        " WHERE EXISTS (SELECT 1 FROM walks WHERE start LIKE '%=%' OR start LIKE '%@%')"
        " OR EXISTS (SELECT 1 FROM sources WHERE url LIKE '%=***%')"
    )


def _lay(db: Database, name: str) -> None:
    """Create the tables of one file, whose statements are separated by blank lines.

    They are executed one by one, because ``executescript`` of sqlite3 would end the migration's
    transaction.
    """
    text = files("data.store.sqlite.database").joinpath("tables", f"{name}.sql").read_text("utf-8")
    for statement in text.split("\n\n"):
        db.execute(statement)
