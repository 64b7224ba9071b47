"""The migrations of the SQLite store; the tables that they lay stand in ``tables``, as SQL.

A later change of the schema is another migration below, with a file of its own where it lays
tables: never edit one that was released. Each has its fixture under
tests/data/store/sqlite/schemas, a store as that version wrote it.

Times are seconds since 1970 in UTC, with fractions. ``release`` in a table is the number of a row
of ``releases``, ``source`` the id of one of ``sources``, ``key`` an address in its canonical form
(data.text.urls.canonical_url), by which it is looked up. Parts of a facet that select all are ''.
"""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from sqlite_utils.migrations import Migrations

from data.text.language_tags import feed_language
from data.topics.facets import section_of

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("communique")

BEFORE_RELEASE: Final = "first"
"""The first migration of the versions before the first release, which are not read any more."""


@migrations()
def lay_tables(db: Database) -> None:
    """Lay the tables of the first schema."""
    for name in ("releases", "publication", "search", "websub", "visits"):
        _lay(db, name)


@migrations()
def name_listing_kind(db: Database) -> None:
    """Rename the column that stores laid before the first release called ``witness``."""
    if "witness" in db.table("listed_links").columns_dict:
        db.execute("ALTER TABLE listed_links RENAME COLUMN witness TO listing_kind")


@migrations()
def lay_journal(db: Database) -> None:
    """Lay the tables that say how far the journal of the archive has come."""
    _lay(db, "journal")


@migrations()
def lay_captures(db: Database) -> None:
    """Lay the tables that point into the archive."""
    _lay(db, "captures")


@migrations()
def lay_readings(db: Database) -> None:
    """Lay the table of versions that only our own reading made."""
    _lay(db, "readings")


@migrations()
def lay_hidden(db: Database) -> None:
    """Lay the table of hidden releases, and the view of all others."""
    _lay(db, "hidden")


@migrations()
def lay_rhythms(db: Database) -> None:
    """Lay the table of rhythms in place of that of days until which sources were expected."""
    db.execute("DROP TABLE IF EXISTS source_rhythms")
    _lay(db, "rhythms")


@migrations()
def lay_alerts(db: Database) -> None:
    """Lay the tables of what watches are to be told of."""
    _lay(db, "alerts")


@migrations()
def name_health_codes(db: Database) -> None:
    """Keep the code of each change of health beside its reason; earlier ones have none."""
    db.execute("ALTER TABLE health_events ADD COLUMN code TEXT NOT NULL DEFAULT ''")


@migrations()
def lay_alert_messages(db: Database) -> None:
    """Have deliveries of several outputs, and several of them in one message."""
    _lay(db, "alert_messages")


@migrations()
def lay_source_readings(db: Database) -> None:
    """Lay the table of the rules by which sources are read."""
    _lay(db, "source_readings")


@migrations()
def lay_feed_hubs(db: Database) -> None:
    """Lay the tables of the hubs that tell us of the feeds of sources."""
    _lay(db, "feed_hubs")


@migrations()
def lay_source_changes(db: Database) -> None:
    """Lay the tables of sources that were renamed or removed."""
    _lay(db, "source_changes")


@migrations()
def lay_release_times(db: Database) -> None:
    """Lay the table that tells how late releases came."""
    _lay(db, "release_times")


@migrations()
def lay_source_handlings(db: Database) -> None:
    """Lay the table of what people decided of sources, and have runs in the order they came in."""
    _lay(db, "source_handlings")


@migrations()
def lay_logged_changes(db: Database) -> None:
    """Lay the table of all that happens to releases, and enter what did."""
    _lay(db, "logged_changes")


@migrations()
def lay_taxonomy(db: Database) -> None:
    """Lay the table of what topics are called, and stand under."""
    _lay(db, "taxonomy")


@migrations()
def lay_search_rows(db: Database) -> None:
    """Lay the table of the rows of the search index anew, with what they are filed under."""
    db.execute("DROP TABLE search_rows")
    _lay(db, "search_rows")


@migrations()
def lay_facets(db: Database) -> None:
    """Have sections of sources and languages as facets, and file all releases under theirs."""
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
    """Lay the tables of what feed readers that sync noted."""
    _lay(db, "reader_states")


@migrations()
def lay_search_prefixes(db: Database) -> None:
    """Lay the full-text index anew, with the beginnings of words."""
    _lay(db, "search_prefixes")


@migrations()
def lay_unconfirmed(db: Database) -> None:
    """Lay the table of what responses showed that may have been cut."""
    _lay(db, "unconfirmed")


@migrations()
def lay_differences(db: Database) -> None:
    """Create the table of differences between versions."""
    _lay(db, "differences")


@migrations()
def index_without_secrets(db: Database) -> None:
    """Queue all releases for the search index, which held the secrets of source addresses."""
    db.execute(
        "INSERT OR IGNORE INTO search_queue (release) SELECT number FROM releases"
        " WHERE EXISTS (SELECT 1 FROM walks WHERE start LIKE '%=%' OR start LIKE '%@%')"
        " OR EXISTS (SELECT 1 FROM sources WHERE url LIKE '%=***%')"
    )


def _lay(db: Database, name: str) -> None:
    """Lay the tables of one file; its statements are parted by blank lines.

    One by one, since sqlite3's ``executescript`` would end the transaction of the migration.
    """
    text = files("data.store.sqlite.database").joinpath("tables", f"{name}.sql").read_text("utf-8")
    for statement in text.split("\n\n"):
        db.execute(statement)
