"""Which releases of the SQLite store changed since a point, for whoever remembers that point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from data.models import Point, ReleaseChange, ReleaseSummary, facets_at
from data.store.sqlite.change_log import SqlitePublishing
from data.store.sqlite.migrations import migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

KEPT: Final = 10_000
"""Changes that are remembered; who comes after more of them compares all."""

NOTHING: Final = (0, 0)

TABLES: Final = (
    # Every version that a release came to. The number counts, the version was drawn: in a store
    # that was restored from a copy the same number has another version.
    """
    CREATE TABLE changes (
        number  INTEGER PRIMARY KEY,
        release INTEGER NOT NULL,
        version INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER change_of_version AFTER INSERT ON versions BEGIN
        INSERT INTO changes (release, version) VALUES (NEW.release, NEW.version);
    END
    """,
)


@migrations()
def changes(db: Database) -> None:
    """Remember which releases changed last."""
    for statement in TABLES:
        db.execute(statement)


class SqliteChanges(SqlitePublishing):
    """What tells which releases changed."""

    def point(self) -> Point:
        """How far the store has come."""
        rows = self._ask("SELECT number, version FROM changes ORDER BY number DESC LIMIT 1")
        return rows[0] if rows else NOTHING

    def changes(self, since: Point, *, limit: int) -> Mapping[str, ReleaseChange] | None:
        """The releases that changed since a point, by id; None where that can't be told."""
        number, version = since
        # A log that does not hold that point was shortened since, or is another store's.
        if self._ask("SELECT version FROM changes WHERE number = ?", [number]) != [(version,)]:
            return None
        rows = self._ask(
            "SELECT r.id, v.source, v.version, r.sort_at, v.story, r.day,"
            " coalesce(json_extract(r.content, '$.topics'), '[]')"
            " FROM (SELECT DISTINCT release FROM changes WHERE number > :number LIMIT :limit) c"
            " JOIN releases r ON r.number = c.release JOIN versions v ON v.release = c.release",
            {"number": number, "limit": limit + 1},
        )
        if len(rows) > limit:
            return None
        found = {}
        for id_, source, drawn, order, story, day, topics in rows:
            labels = msgspec.json.decode(topics, type=list[str])
            outline = ReleaseSummary(id_, source, drawn, order, story)
            found[id_] = ReleaseChange(outline, facets_at(source, labels, day))
        return found

    def tidy(self) -> None:
        """Forget the oldest changes, too."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM changes WHERE number <= (SELECT max(number) FROM changes) - ?", [KEPT]
            )
        super().tidy()
