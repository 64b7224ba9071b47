"""The complete log of changes to releases, in one order, for programs that follow the store.

Unlike the change log for publishing, it keeps all entries and the kind of each change.
"""

from __future__ import annotations

from typing import Final

from data.models import ChangeCursor, LoggedChange
from data.store.shared_sql.database.connection import Part
from data.store.shared_sql.database.rows import RELEASE_COLUMNS, instant, release_of

BEFORE_ALL: Final[ChangeCursor] = (0, 0)
"""Cursor before the first change."""


class LoggedChangesPart(Part):
    """The methods that return logged changes in order."""

    def logged_changes(
        self, after: ChangeCursor | None = None, *, limit: int
    ) -> tuple[LoggedChange, ...] | None:
        """Return up to ``limit`` changes after a cursor, oldest first; without one, from the first.

        Return None if this store has no such cursor. This happens if the store was restored from an
        older copy or rebuilt. Later commits always have later cursors, and no change is ever
        deleted.
        """
        number, mark = after or BEFORE_ALL
        known = "SELECT mark FROM logged_changes WHERE number = ?"
        if (number, mark) != BEFORE_ALL and self._ask(known, [number]) != [(mark,)]:
            return None
        rows = self._ask(
            f"SELECT {RELEASE_COLUMNS}, c.number, c.mark, c.kind, c.revision, c.at"
            " FROM logged_changes c JOIN releases r ON r.number = c.release"
            " WHERE c.number > ? ORDER BY c.number LIMIT ?",
            [number, limit],
        )
        return tuple(
            LoggedChange((place, drawn), kind, revision, instant(at), release_of(columns))
            for *columns, place, drawn, kind, revision, at in rows
        )

    def last_logged_change(self) -> ChangeCursor:
        """Return the cursor of the last change; it advances with every visible change."""
        rows = self._ask("SELECT number, mark FROM logged_changes ORDER BY number DESC LIMIT 1")
        return rows[0] if rows else BEFORE_ALL
