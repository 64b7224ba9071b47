"""What programs can ask of a store through the API, beside what feeds and pages ask."""

from __future__ import annotations

from typing import Protocol

from data.models import ChangeCursor, LoggedChange, Position, Run, Selected, Selection


class ApiStore(Protocol):
    """The verbs of all that is walked page by page."""

    def logged_changes(
        self, after: ChangeCursor | None = None, *, limit: int
    ) -> tuple[LoggedChange, ...] | None:
        """The changes after a place, the oldest first; without one, from the first.

        None where this store has no such place: it is one of a store that was restored from a copy
        since, or built anew. What is committed later always comes later, and nothing is forgotten.
        """

    def last_logged_change(self) -> ChangeCursor:
        """The place of the last change; it moves with all that readers see of releases."""

    def select(
        self, selection: Selection, after: Position | None = None, *, limit: int
    ) -> Selected:
        """The places of the next releases of a selection, newest first.

        They may be fewer than ``limit`` though there are more: what is looked at is bounded.
        """

    def run_page(
        self, source: str | None = None, before: int | None = None, *, limit: int
    ) -> tuple[tuple[int, Run], ...]:
        """The last runs before a number, of a source or of all, each with its number.

        Newest first: as they came, since a clock may be set back.
        """
