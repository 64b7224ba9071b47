"""What the SQLite store knows of layouts: the learned templates of sources, with their evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.store.sqlite.connection import SqliteConnection
from data.store.sqlite.migrations import migrations

if TYPE_CHECKING:
    from sqlite_utils import Database


@migrations()
def templates(db: Database) -> None:
    """Keep what was learned of the release pages of a source, one row a layout."""
    db.execute(
        """
        CREATE TABLE templates (
            source   TEXT NOT NULL,
            layout   TEXT NOT NULL,
            template TEXT NOT NULL,          -- JSON; only spiders read what is in it
            PRIMARY KEY (source, layout)
        ) STRICT, WITHOUT ROWID
        """
    )


@migrations()
def skeletons(db: Database) -> None:
    """Keep of each release what its page is built of."""
    db.execute(
        """
        CREATE TABLE skeletons (
            release  INTEGER PRIMARY KEY REFERENCES releases (number),
            skeleton BLOB NOT NULL           -- only spiders read what is in it
        ) STRICT
        """
    )


class SqliteTemplates(SqliteConnection):
    """The verbs of data.store.protocol.Store that remember layouts."""

    def templates(self, source: str) -> tuple[str, ...]:
        """What was learned of a source's layouts, each as JSON text, by the name of the layout."""
        rows = self._ask(
            "SELECT template FROM templates WHERE source = ? ORDER BY layout", [source]
        )
        return tuple(row[0] for row in rows)

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Keep what was learned of a layout, as JSON text, in place of what was known of it."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO templates (source, layout, template) VALUES (?, ?, ?)",
                [source, layout, template],
            )

    def skeleton(self, release: str) -> bytes:
        """The sketch of what the page of a release was built of last; empty where not known."""
        row = self._ask(
            "SELECT s.skeleton FROM skeletons s JOIN releases r ON r.number = s.release"
            " WHERE r.id = ?",
            [release],
        )
        return next((bytes(found[0]) for found in row), b"")

    def forget_template(self, source: str, layout: str) -> None:
        """Forget a layout that is not met any more."""
        with self._writing() as db:
            db.execute("DELETE FROM templates WHERE source = ? AND layout = ?", [source, layout])
