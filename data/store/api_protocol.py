"""What programs can ask of a store through the API, beside what feeds and pages ask."""

from __future__ import annotations

from typing import Protocol

from data.models import ChangeCursor, LoggedChange


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
