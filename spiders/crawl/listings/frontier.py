"""Choose the next requests of a visit: listing pages, and listed releases, newest first.

The items of a page are stored before the next page is requested. An item is removed when its
release is recorded. So even after a crash, the next visit knows which releases remain.
"""

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from data.health.run_errors import CUT
from data.models import History, ListingKind
from data.text.urls import canonical_url, page_key, without_campaign
from spiders.crawl.listings.backlog import Backlog, WaitingReleases
from spiders.crawl.listings.feed_cross_check import ListEvidence, cross_check, item_names
from spiders.crawl.listings.listing_walk import ListingWalk
from spiders.crawl.visit_scope import VisitScope
from spiders.items import Form, Listing, ListingItem, Series, keys_of
from spiders.listing.feed import lists_all, sitemaps_to_walk
from spiders.listing.paging.loaders import continued
from spiders.page.links import url_pattern

MAX_RELEASES_PER_STEP: Final = 25
"""Maximum number of releases requested before the next listing page is requested."""

MAX_FEED_CHECKS: Final = 50
"""Maximum number of stored releases on a feed's first page that each visit requests again.

For listing pages, there is no such limit."""

SITEMAP_INDEX: Final = "xml:sitemapindex"
"""Rule name of a listing that is a sitemap index."""

MAX_TIMEOUT_SHARE: Final = 0.8
"""Maximum share of the setting `run_timeout` that a visit may spend paging through listings."""

MAX_INTERVAL_SHARE: Final = 0.5
"""Maximum share of the time between two visits that a visit may spend paging through listings."""

MAX_SEARCHED_PAGES: Final = 10
"""Maximum number of listing pages that a visit searches for missing releases."""


class Frontier:
    """The listings of one source, and the progress of a visit through them.

    Visits started by a user and backfills may page through listings for most of the time allowed
    for a crawl. Other visits may use only a part of the time between two visits. A backfill starts
    each listing from its first page.
    """

    def __init__(self, scope: VisitScope) -> None:
        self._source = scope.id
        self._store = scope.store
        self._limits = scope.limits
        self._requested = scope.requested
        self._backfill = scope.backfill
        self._explicit = scope.explicit or scope.backfill
        self._entry_pages = frozenset(map(page_key, scope.entry_urls))
        self._interval = scope.file.interval or scope.limits.interval
        self.backlog = Backlog(scope)
        self._waiting = WaitingReleases(scope, self.backlog)
        self._began = time.monotonic()
        self._end_of_walks: float | None = None
        self.page = ListingWalk(scope, "page", scope.file.url)
        self.feed = ListingWalk(scope, "feed", scope.file.feed) if scope.file.feed else None
        self.walks: dict[ListingKind, ListingWalk] = {"page": self.page}
        if self.feed:
            self.walks["feed"] = self.feed
        self.awaited = 0
        """Number of first pages that have neither arrived nor failed."""
        self.place = ""
        """Position of the list on the first pages (see Listing.place), or ""."""
        self._fronts: dict[ListingKind, Listing | None] = {}
        self.rows_below: set[str] = set()
        """Keys of the rows on later pages of the main listing, up to the first gap.

        The main listing is the feed if the source has one."""
        self._sitemaps: tuple[str, ...] = ()
        self.forms: dict[str, Form] = {}
        """POST requests for next pages, by the pages' URLs."""
        self._series: dict[ListingKind, Series] = {}
        self._evidence = ListEvidence()
        self._judged = False
        self._searched_day = ""
        self._searched = 0
        self.stale = ""
        """A warning if the feed has stopped while the page continues, else ""."""
        self.reached = ""
        """ISO day of the oldest release on the last page that was read, or ""."""

    @property
    def history(self) -> History:
        """How far back the visits have read the listings: "walking", "bounded" or "complete".

        If there are several listings, this is the state of the least complete listing.
        """
        words = [walk.history for walk in self._counting if walk.history]
        worst: tuple[History, ...] = ("walking", "bounded", "complete")
        return next((word for word in worst if word in words), "walking")

    @property
    def bound(self) -> str:
        """Why older releases of a listing can't be collected, or ""."""
        bounds = (walk.progress.bound for walk in self._counting if walk.progress)
        return next(filter(None, bounds), "")

    @property
    def _counting(self) -> Sequence[ListingWalk]:
        """The listings that must be complete for the source to be complete.

        These are normally all listings. Only the feed counts if the page is incomplete and the feed
        is complete: a sitemap, an API or a paged feed with more releases than the page.
        """
        page, feed = self.page.progress, self.feed and self.feed.progress
        front = self._fronts.get("feed")
        if self.feed and page and feed and page.remains and feed.history == "complete":
            is_whole = feed.pages > 1 or bool(front and lists_all(front))
            if is_whole and feed.listed > page.listed:
                return [self.feed]
        return [*self.walks.values()]

    @property
    def interrupted(self) -> dt.datetime | None:
        """The start of the interrupted first visit that this visit resumes, or None."""
        # The walk of a list with one page is complete before its releases are requested.
        if not any(walk.progress and walk.progress.first for walk in self.walks.values()):
            return None
        last = next(iter(self._store.runs(self._source, limit=1)), None)
        was_stopped = last is None or any(error.kind == CUT for error in last.errors)
        return self._store.first_visit(self._source) if was_stopped else None

    @property
    def has_empty_index(self) -> bool:
        """Whether the listing page contains only archives, and this visit found no release."""
        page = self._fronts.get("page")
        return page is not None and not page.items and not self.backlog.positions

    def open(self, kind: ListingKind, front: Listing | None) -> Iterator[tuple[ListingItem, bool]]:
        """Process the first page of a listing (``front``), or None if it is unreadable.

        After the last first page has arrived, yields pairs: a release to request now, and whether
        it is already stored.
        """
        self.awaited -= 1
        if front and front.rule == SITEMAP_INDEX:
            self._sitemaps = sitemaps_to_walk(front)
            front = replace(front, items=(), next=next(iter(self._sitemaps), None))
        self._fronts[kind] = front
        self._note_next(kind, front)
        if self.awaited:
            return
        known, new = self._decide()
        for item in known:
            yield item, True
        for item in self._waiting.take(new, page=self._pages):
            yield item, False

    def read(self, kind: ListingKind, url: str, page: Listing, *, posted: bool = False) -> None:
        """Process a later page of a listing. ``url`` identifies the page (see `Form.address`)."""
        if url in self._sitemaps:
            later = self._sitemaps[self._sitemaps.index(url) + 1 :]
            page = replace(page, next=next(iter(later), None))
        page = continued(page, url, self.forms.get(url), self._series.get(kind))
        self._note_next(kind, page)
        walk = self.walks[kind]
        items = self._fresh(page) if walk.archives.accept(page) else []
        self.backlog.note_appeared(walk, items)
        if walk is (self.feed or self.page) and walk.from_front:
            self.rows_below.update(key for item in items for key in keys_of(item))
        # Store both or neither, because paging never returns to a page whose items were lost.
        try:
            with self._store.transaction_if_needed():
                walk.read(url, page, item_names(items), posted=posted)
                self._waiting.add(self._chosen(kind, items), page=self._pages, is_first=False)
        except Exception:
            walk.reset()
            raise
        days = [item.published.day.isoformat() for item in items if item.published]
        self.reached = min(days, default=self.reached)
        self._searched += 1
        is_over = self._searched >= MAX_SEARCHED_PAGES
        if walk.is_searching and (is_over or max(days, default="~") < self._searched_day):
            walk.end()

    def search(self, day: str) -> None:
        """Search later pages of the listings for missing releases.

        They may have been moved, or may still be listed. The search ends at releases older than
        ``day``, an ISO day or "".
        """
        self._searched_day, self._searched = day, 0
        for kind, walk in self.walks.items():
            front = self._fronts.get(kind)
            if front and front.next and walk.from_front:
                walk.search(front.next)

    def read_again(self, url: str, page: Listing) -> None:
        """Process a listing page that was wrongly reported as unchanged and requested again."""
        kind: ListingKind = "feed" if self.feed and url == self.feed.start else "page"
        items = self._fresh(page)
        self.backlog.note_appeared(self.walks[kind], items, is_first=True)
        self.walks[kind].add_items(item_names(items))
        self._waiting.add(self._chosen(kind, items), page=self._pages, is_first=True)

    def step(self) -> tuple[Sequence[ListingItem], tuple[ListingKind, str] | None]:
        """Return the next releases to request. If none are left, return the next listing page.

        When the whole listing has been read, return neither.
        """
        if self.has_timed_out():
            return (), None
        if items := self._waiting.take(MAX_RELEASES_PER_STEP, page=self._pages):
            return items, None
        if url := self._next(self.page):
            return (), ("page", url)
        if self.feed and not self._judged:
            self._judged = True
            # Once the page is read to its end, more is known about the items that it lists.
            front = self._fronts.get("feed")
            self._waiting.add(
                self._of_feed(self._fresh(front) if front else ()), page=self._pages, is_first=False
            )
            if items := self._waiting.take(MAX_RELEASES_PER_STEP, page=self._pages):
                return items, None
        if self.feed and (url := self._next(self.feed)):
            return (), ("feed", url)
        return (), None

    @property
    def _pages(self) -> int:
        """The number of pages of the listing (not of the feed) that were read."""
        return self.page.progress.pages if self.page.progress else 1

    def _note_next(self, kind: ListingKind, page: Listing | None) -> None:
        if page and page.next and page.form:
            self.forms = {page.next: page.form}
        if page and page.series:
            self._series[kind] = page.series

    def finish(self) -> None:
        """At the end of a visit, record which listings were read to their end."""
        if not self.has_timed_out() and self.history != "walking":
            for walk in self.walks.values():
                walk.settle()

    def _next(self, walk: ListingWalk) -> str | None:
        """Return the URL of a listing's next page, or None if this visit may not read it."""
        most = self._limits.backfill_pages if self._backfill else self._limits.max_pages
        # Read at least one later page per visit, or paging would never end.
        while walk.next and walk.pages < max(most, 2):
            if self._requested.claim(walk.next):
                return walk.next
            # This visit has already read the next page.
            walk.skip()
        return None

    def has_timed_out(self) -> bool:
        """Whether the visit has used up its time for paging through listings."""
        now = time.monotonic()
        if self._end_of_walks is None:
            self._end_of_walks = self._began + MAX_TIMEOUT_SHARE * self._limits.run_timeout
            if not self._explicit:
                self._end_of_walks = min(
                    self._end_of_walks, now + MAX_INTERVAL_SHARE * self._interval
                )
        return now > self._end_of_walks

    def _decide(self) -> tuple[list[ListingItem], int]:
        """Choose the items of the first pages to accept, and store them.

        Returns the stored items, and the number of new items.
        """
        page, feed = self._fronts.get("page"), self._fronts.get("feed")
        shown, listed = self._fresh(page), self._fresh(feed)
        if self.feed and page and page.items:
            keys = [canonical_url(item.url) for item in shown]
            known = self._store.ids_at(self._source, keys)
            found = cross_check(feed, replace(page, items=tuple(shown)), known)
            self.stale = found.stale
            page, shown = (page, list(found.items)) if found.accepted else (None, [])
        # Store both or neither: items recorded as listed but not as waiting would be lost.
        with self._store.transaction_if_needed():
            for walk, front, items in ((self.feed, feed, listed), (self.page, page, shown)):
                if walk and front:
                    self.backlog.note_appeared(walk, items, is_first=True)
            for walk, front, items in ((self.feed, feed, listed), (self.page, page, shown)):
                if walk and front:
                    # An index does not show which of its sitemaps changed.
                    again = bool(walk is self.feed and self._sitemaps and walk.history != "walking")
                    walk.open(front, item_names(items), restart=self._backfill or again)
            self._evidence.add_front(shown)
            chosen = [*self._of_feed(listed), *self._of_page(shown)] if self.feed else list(shown)
            new = self._waiting.add(chosen, page=self._pages, is_first=True)
        looked = [*listed[:MAX_FEED_CHECKS], *shown]
        seen = self._store.ids_at(self._source, [canonical_url(item.url) for item in looked])
        return [item for item in looked if canonical_url(item.url) in seen], len(new)

    def _chosen(self, kind: ListingKind, items: Sequence[ListingItem]) -> Sequence[ListingItem]:
        if kind == "feed":
            return self._of_feed(items)
        return self._of_page(items) if self.feed else items

    def _of_feed(self, items: Sequence[ListingItem]) -> Sequence[ListingItem]:
        """Return the feed's items that are on the page or resemble the page's items."""
        keys, named = self._store.listed_before(self._source, "page", item_names(items))
        self._evidence.add(items, keys | named)
        waits = self.page.next is not None and self.page.history == "walking"
        alone = [item for item in items if canonical_url(item.url) not in keys | named]
        accepted = self._evidence.accepted(alone, walked=not waits)
        return [*(item for item in items if canonical_url(item.url) in keys | named), *accepted]

    def _of_page(self, items: Sequence[ListingItem]) -> Sequence[ListingItem]:
        """Return the page's items, except those that the feed lists at other URLs."""
        keys, named = self._store.listed_before(self._source, "feed", item_names(items))
        ours = {url_pattern(item.url) for item in self._evidence.items.values()}
        return [
            item
            for item in items
            if canonical_url(item.url) in keys
            or canonical_url(item.url) not in named
            or url_pattern(item.url) in ours
        ]

    def _fresh(self, listing: Listing | None) -> list[ListingItem]:
        """Return a listing's items with campaign parameters removed from their URLs.

        Items that are not web pages are left out, and so is an item that links to the listing
        itself.
        """
        return [
            replace(item, url=without_campaign(item.url))
            for item in (listing.items if listing else ())
            if urlsplit(item.url).scheme in ("http", "https")
            and canonical_url(item.url) not in self._entry_pages
        ]
