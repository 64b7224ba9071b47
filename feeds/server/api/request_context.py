"""The context of an API request: its store, path, cursor and page of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from data.health.state import Health
from data.store.core.store import Store
from feeds.server.api.cursors import decode, encode
from feeds.server.api.parameters import PageParameters, belongs_to

One = TypeVar("One")
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Context of one API request: an open store, the path of the request, and the id in this path.

    ``health`` returns the health of all sources.
    """

    store: Store
    path: str
    name: str
    health: Callable[[], tuple[Health, ...]]

    def place(self, asked: PageParameters, kind: type[Place]) -> Place | None:
        """Return the position in the request's cursor, or None for the first page.

        Raises ApiError if the cursor is invalid.
        """
        if not asked.cursor:
            return None
        return decode(asked.cursor, belongs_to(self.path, asked), kind, "cursor")

    def cursor(self, asked: PageParameters, place: Any) -> str | None:
        """Return the cursor for a position, or None if ``place`` is None (after the last page)."""
        return None if place is None else encode(belongs_to(self.path, asked), place)

    def page(
        self, asked: PageParameters, items: Iterable[One], key: Callable[[One], str], *, down: bool
    ) -> tuple[list[One], str | None]:
        """Return one page of ``items`` sorted by ``key``, and the cursor of the next page or None.

        ``down`` sorts in descending order. All items are sorted in memory, so use it for short
        lists.
        """
        after = self.place(asked, str)
        left = sorted(items, key=key, reverse=down)
        if after is not None:
            left = [one for one in left if (key(one) < after if down else key(one) > after)]
        some = left[: asked.limit]
        more = len(left) > len(some)
        return some, self.cursor(asked, key(some[-1]) if more else None)
