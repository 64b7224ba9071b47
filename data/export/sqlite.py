"""Export as an SQLite file with releases, versions and captures, suitable for Datasette."""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from data.export.chosen_records import Choice, Exported
from data.export.destination import CopyError
from data.models import Capture, Facet, Media, Release
from data.store.core.store import Store
from data.wording import OnProgress

SCHEMA: Final = files("data.export").joinpath("schema.sql").read_text("utf-8")


FTS_COLUMNS: Final = ("title", "summary", "body_text")
"""Columns that the full-text index covers."""


def write_sqlite(store: Store, to: Path, choice: Choice, *, on_progress: OnProgress) -> Exported:
    """Write the selected releases to a new SQLite database at ``to``.

    Raises StoreError and CopyError.
    """
    try:
        with closing(sqlite3.connect(to, isolation_level=None)) as connection:
            return _write(store, connection, choice, on_progress)
    except sqlite3.Error as error:
        raise CopyError(to, str(error)) from error


def _write(
    store: Store, connection: sqlite3.Connection, choice: Choice, on_progress: OnProgress
) -> Exported:
    # An incomplete copy is deleted, so no journal is needed.
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(SCHEMA)
    store = store.public_view()
    copy = _Database(store, connection)
    copy.add_names(choice)
    whole = store.facets().get(Facet(source=choice.source), 0)
    connection.execute("BEGIN")
    for done, release in enumerate(choice.releases(store), start=1):
        copy.add(release)
        on_progress(done, max(done, whole))
    connection.execute("COMMIT")
    releases = Database(connection).table("releases")
    releases.enable_fts(FTS_COLUMNS, tokenize="unicode61 remove_diacritics 2")
    connection.execute("PRAGMA optimize")
    return Exported(copy.releases, 0, copy.captures)


class _Database:
    """An SQLite database that is being written."""

    def __init__(self, store: Store, connection: sqlite3.Connection) -> None:
        self._store = store
        self._connection = connection
        self.releases = self.captures = 0

    def add_names(self, choice: Choice) -> None:
        """Insert the names of the selected sources and of all topics."""
        for one in self._store.sources().values():
            if choice.source in {None, one.id}:
                self._insert("sources", one.id, one.name, one.url, one.timezone)
        for slug, label in self._store.topics().items():
            self._insert("topics", slug, label)

    def add(self, release: Release) -> None:
        """Insert a release with its versions, its files and their captures."""
        self.releases += 1
        content = release.content
        self._insert(
            "releases",
            release.id,
            release.source,
            release.url,
            content.title,
            release.published.iso or None,
            release.published.precision,
            release.day or None,
            release.updated.isoformat(),
            release.first_seen.isoformat(),
            release.last_seen.isoformat(),
            content.language,
            content.section,
            content.publisher,
            content.summary,
            content.body_text,
            content.body_html,
            release.revision,
            release.story,
            release.retracted.isoformat() if release.retracted else None,
        )
        for topic in content.topics:
            self._insert("topics", topic, topic)
            self._insert("release_topics", release.id, topic)
        for alias in release.aliases:
            self._insert("aliases", release.id, alias)
        self._add_media(release.id, "image", content.images)
        self._add_media(release.id, "attachment", content.attachments)
        self._add_versions(release)

    def _add_media(self, release: str, kind: str, media: Collection[Media]) -> None:
        captures = self._store.file_captures({one.url for one in media}, release=release)
        for one in media:
            record = self._capture(captures.get(one.url))
            self._insert("media", release, kind, one.url, one.type, one.length, one.title, record)

    def _add_versions(self, release: Release) -> None:
        for one in self._store.all_versions(release.id):
            content = one.content
            published = content.published.iso if content.published else None
            self._insert(
                "revisions",
                release.id,
                one.number,
                one.seen.isoformat(),
                content.title,
                published or None,
                content.summary,
                content.body_text,
                content.body_html,
                self._capture(one.capture),
            )
        seen = self._store.sightings(release.id)
        for name, capture in (("seen", seen.seen), ("gone", seen.gone)):
            if record := self._capture(capture):
                self._insert("sightings", release.id, name, record)

    def _capture(self, capture: Capture | None) -> str | None:
        """Insert a capture if it is not in the table yet, and return its record id."""
        if capture is None:
            return None
        self.captures += self._insert(
            "captures",
            capture.record_id,
            capture.at.isoformat(),
            capture.file,
            capture.offset,
            capture.length,
            capture.digest,
            capture.leaf,
        )
        return capture.record_id

    def _insert(self, table: str, *values: object) -> int:
        """Insert a row. Returns 1 if the row is new, or 0 if it already existed."""
        marks = ", ".join("?" * len(values))
        sql = f"INSERT OR IGNORE INTO {table} VALUES ({marks})"
        return self._connection.execute(sql, values).rowcount
