"""The backlog of a source: releases that are older than the source's first visit.

Also contains the releases that wait to be requested. A release that appears on a listing after the
first visit is new, whatever its date.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from data.clock import utc_now
from data.identity.decision import listed_since, published_since
from data.models import ListingKind, Published
from data.text.urls import canonical_url
from spiders.crawl.listings.feed_cross_check import item_names
from spiders.crawl.listings.listing_walk import ListingWalk
from spiders.crawl.visit_scope import VisitScope
from spiders.items import ListingItem

PAGE_POSITIONS: Final = 10_000
"""Number of positions reserved per listing page. Items on later pages have higher positions."""

UNLISTED_POSITION: Final = 1_000_000_000
"""Position of releases that are not on any listing page, behind all listed releases."""


class Backlog:
    """The listing items of one visit. Decides whether a release belongs to the backlog or is new.

    - ``positions``: positions on the listings, newest first, by canonical URL
    - ``appeared``: canonical URLs of releases that appeared after the first visit
    """

    def __init__(self, scope: VisitScope) -> None:
        self._source = scope.id
        self._store = scope.store
        self._now = scope.started
        self._backfill = scope.backfill
        self._kinds: tuple[ListingKind, ...] = ("page", "feed") if scope.file.feed else ("page",)
        self._first_visit = self._store.first_visit(self._source)
        self.positions: dict[str, int] = {}
        self.appeared: set[str] = set()
        self._all_appeared: set[ListingKind] = set()
        """Listings whose pages read so far contain only new releases."""
        self._stated: dict[str, Published] = {}
        """Dates on the listings, by canonical URL of the release."""
        self._on_front: set[str] = set()

    def position(self, urls: Iterable[str], published: Published | None) -> int | None:
        """Return a release's position in the backlog, or None if it is newer than the first visit.

        ``urls`` are the release's URLs, and ``published`` is its date.
        """
        keys = [*map(canonical_url, urls)]
        if not self.appeared.isdisjoint(keys):
            return None
        place = next((self.positions[key] for key in keys if key in self.positions), None)
        if place is not None and self._on_front.isdisjoint(keys):
            # Use the date on the listing, because the release's page may show the current day.
            published = next((self._stated[key] for key in keys if key in self._stated), None)
        first = self._first_visit or self._now
        # A release that is on no listing page now was on none in the first visit either.
        decided = self._first_visit is not None or place is None
        if decided and published_since(published, first, utc_now(), same_day=place is None):
            return None
        return UNLISTED_POSITION if place is None else place

    def note_appeared(
        self, walk: ListingWalk, items: Sequence[ListingItem], *, is_first: bool = False
    ) -> None:
        """Record which items of a listing page appeared after the source's first visit."""
        if is_first:
            self._on_front.update(canonical_url(item.url) for item in items)
        follows = is_first or (walk.from_front and walk.kind in self._all_appeared)
        if self._first_visit is None or not (follows or walk.was_over):
            return
        names = item_names(items)
        before = set(self._store.ids_at(self._source, [*names]))
        unknown = {key: name for key, name in names.items() if key not in before}
        for kind in self._kinds:
            before.update(*self._store.listed_before(self._source, kind, unknown))
        is_new = before.isdisjoint(names)
        appeared = listed_since([*names], before, anywhere=walk.was_over and not self._backfill)
        if walk.is_known and is_new:
            self._all_appeared.add(walk.kind)
        elif walk.is_known:
            self._all_appeared.discard(walk.kind)
        elif is_new:
            return
        else:
            # No earlier visit read this listing, so only dates decide.
            appeared -= {canonical_url(item.url) for item in items if item.published}
        self.appeared |= appeared

    def note_positions(self, items: Sequence[ListingItem], page: int) -> None:
        """Record the positions and dates of the items on listing page number ``page``."""
        for place, item in enumerate(items):
            key = canonical_url(item.url)
            self.positions.setdefault(key, page * PAGE_POSITIONS + place)
            if item.published:
                self._stated.setdefault(key, item.published)


EXPLICIT_LOOKAHEAD: Final = dt.timedelta(days=3650)
"""In visits started by a user, releases due within this time are due now, so none has to wait."""


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
        texts = {}
        for key, item in new.items():
            values = item.url, item.title, item.published, item.categories
            awaited = AwaitedItem(*values, appeared=key in self._backlog.appeared)
            texts[key] = msgspec.json.encode(awaited).decode()
        self._store.await_items(self._source, texts, front=is_first)
        return [*new.values()]

    def take(self, most: int, *, page: int) -> Sequence[ListingItem]:
        """Return up to ``most`` waiting items to request, and none of them twice per visit."""
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
