"""Protocol of a store for the API: methods that feeds and pages don't need."""

from __future__ import annotations

from typing import Protocol

from data.models import ChangeCursor, LoggedChange, Position, Run, Selected, Selection


class ApiStore(Protocol):
    """The methods for everything that API clients read page by page."""

    def logged_changes(
        self, after: ChangeCursor | None = None, *, limit: int
    ) -> tuple[LoggedChange, ...] | None:
        """Return up to ``limit`` changes after a cursor, oldest first; without one, from the first.

        Return None if this store has no such cursor. This happens if the store was restored from an
        older copy or rebuilt. Later commits always have later cursors, and no change is ever
        deleted.
        """

    def last_logged_change(self) -> ChangeCursor:
        """Return the cursor of the last change; it advances with every visible change."""

    def select(
        self, selection: Selection, after: Position | None = None, *, limit: int
    ) -> Selected:
        """Return the positions of the next releases of a selection, newest first.

        There may be fewer than ``limit`` although more exist, because the number of rows examined
        is limited.
        """

    def run_page(
        self, source: str | None = None, before: int | None = None, *, limit: int
    ) -> tuple[tuple[int, Run], ...]:
        """Return the last runs before a run number, newest first, each with its number.

        The runs are of one source or of all sources. They are in the order of storage, because a
        clock may be set back.
        """
