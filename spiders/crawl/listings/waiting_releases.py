"""The listed releases of a source that wait in the store to be requested."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from data.text.urls import canonical_url
from spiders.crawl.listings.backlog import Backlog
from spiders.crawl.visit_scope import VisitScope
from spiders.items import ListingItem

EXPLICIT_LOOKAHEAD: Final = dt.timedelta(days=3650)
"""Time added to the current time in visits started by a user, so that all waiting releases are due.
"""


@dataclass(frozen=True, slots=True)
class AwaitedItem(ListingItem):
    """A listed release that waits until a visit requests it.

    ``appeared`` is true if it appeared on the listing after the source's first visit.
    """

    appeared: bool = False


class WaitingReleases:
    """The waiting releases of one source, in the order of their requests."""

    def __init__(self, scope: VisitScope, backlog: Backlog) -> None:
        self._source = scope.id
        self._store = scope.store
        self._requested = scope.requested
        self._now = scope.started
        self._due = scope.started
        if scope.explicit or scope.backfill:
            self._due += EXPLICIT_LOOKAHEAD
        self._backlog = backlog

    def add(self, items: Sequence[ListingItem], *, page: int, is_first: bool) -> list[ListingItem]:
        """Store and return the items whose releases are not stored yet.

        ``page`` is the number of the listing page. ``is_first`` is true for a first page.
        """
        self._backlog.note_positions(items, page)
        keyed = {canonical_url(item.url): item for item in reversed(items)}
        known = self._store.ids_at(self._source, [*keyed])
        new = {key: item for key, item in reversed(keyed.items()) if key not in known}
        for key, text in self._store.awaiting(self._source, [*new]).items():
            if msgspec.json.decode(text, type=AwaitedItem).appeared:
                self._backlog.appeared.add(key)
        texts = {
            key: msgspec.json.encode(
                as_awaited(item, appeared=key in self._backlog.appeared)
            ).decode()
            for key, item in new.items()
        }
        self._store.await_items(self._source, texts, front=is_first)
        return [*new.values()]

    def take(self, most: int, *, page: int) -> Sequence[ListingItem]:
        """Return at most ``most`` waiting items to request.

        Each item is returned once per visit.
        """
        found: list[ListingItem] = []
        while most and not found:
            texts = self._store.awaited(self._source, now=self._due, since=self._now, limit=most)
            items = [msgspec.json.decode(text, type=AwaitedItem) for text in texts]
            self._backlog.appeared.update(
                canonical_url(item.url) for item in items if item.appeared
            )
            found = [item for item in items if self._requested.claim(item.url)]
            if not texts:
                break
        self._backlog.note_positions(found, page)
        return found


def as_awaited(item: ListingItem, *, appeared: bool) -> AwaitedItem:
    """Convert a listing item to a waiting item."""
    return AwaitedItem(item.url, item.title, item.published, item.categories, appeared)
