"""Page through one listing, from the newest release to the oldest. This is called a walk.

Each visit first requests the first page, to find new releases. The walk then resumes where the last
visit stopped. After the last page of the list, it continues with the yearly and monthly archives
that the listing links to, newest first. Each archive may have several pages.

Links of a site may form a circle, and its calendar may be endless. So a list ends after
MAX_IDLE_PAGES consecutive pages without releases that are new to the walk. The archives end in the
same way, or after MAX_EMPTY_ARCHIVES consecutive empty archives. Releases that are stored but new
to the walk do not end it. Nor do errors: the next visit tries again.

A page that is requested by POST has no URL of its own. A later visit repeats the POST requests
after the last page with a URL, and does not count these pages again.

A walk is complete only if no page shows a sign of more releases. Otherwise, its state is "bounded",
and the reason is stored.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec

from data.models import History, Listed, ListingKind, Walk
from spiders.crawl.listings.listing_archives import ListingArchives
from spiders.crawl.listings.walk_end import (
    MAX_EMPTY_ARCHIVES,
    MAX_FAILED_VISITS,
    MAX_IDLE_PAGES,
    STATUSES_BEYOND_END,
    finished,
    is_outdated,
)
from spiders.crawl.visit_scope import VisitScope
from spiders.items import Listing
from spiders.listing.paging.page_numbers import is_front_of
from spiders.listing.paging.period_links import not_newer, reached_by
from spiders.listing.paging.unread import reason_for

SAME_AGAIN: Final = "the request for the next page returns the same releases again"
"""Reason stored for an incomplete walk if all POST requests return the same page."""

SKIPPED_ERRORS: Final = frozenset(
    ("robots", "redirect", "moved", "soft-404", "replaced", "selector:listing", "empty")
)
"""Kinds of permanent errors of an archive's page, after which the walk skips the archive."""


class ListingWalk:
    """One listing of a source, and the progress of a visit through its pages.

    - ``next``: the page to request next
    - ``again``: whether an earlier visit already read the page ``next``
    - ``pages``: number of pages that this visit read for the first time
    - ``from_front``: whether the pages of this visit follow the first page without a gap
    - ``was_over``: whether earlier visits had read the listing to its end
    - ``is_known``: whether an earlier visit read any page of the listing
    """

    def __init__(self, scope: VisitScope, kind: ListingKind, start: str) -> None:
        self._source = scope.id
        self._store = scope.store
        self._limits = scope.limits
        self._now = scope.started
        self._rules = msgspec.json.encode(scope.file.listing).decode()
        self.kind = kind
        self.start = start
        self.next: str | None = None
        self.again = False
        self.pages = 0
        self.from_front = True
        self._repeats = 0
        """Maximum number of pages that this visit requests a second time by POST, to return to the
        page where the last visit stopped.
        """
        self._walk = self._store.walk(self._source, start)
        self._ended: Walk | None = None
        self._searching = False
        self._front = self._page = Listing(start, ())
        self._front_keys = self._keys = frozenset[str]()
        """Canonical URLs of the items on the first page, and on the latest page that was read."""
        self._others: list[str] = []
        """Other pages to try if the next page has no new releases."""
        self._first: str | None = None
        """URL of page 1 if the pager does not mark the current page. It may be the oldest page."""
        self.archives = ListingArchives(scope, kind, start)
        self.is_known = self._walk is not None
        self.was_over = (
            self._walk is not None
            and self._walk.history != "bounded"
            and (self._walk.history == "complete" or not self._walk.first)
        )

    @property
    def progress(self) -> Walk | None:
        """The progress through the listing, or None if its first page was never read."""
        return self._walk

    @property
    def history(self) -> History | None:
        """The state of the walk, such as "complete", or None if the first page was never read."""
        return self._walk.history if self._walk else None

    def open(self, front: Listing, names: Mapping[str, str], *, restart: bool) -> None:
        """Process the first page, ``front``.

        ``names`` contains the names (day and title) of the page's items by canonical URL.

        If an earlier walk reached the end, the visit follows the pages as long as they list new
        releases. If such a visit is interrupted, the next visit starts a new walk, because a page
        may have been missed.

        An unfinished walk starts again if no release on the first page was listed before: since the
        last visit, more releases were published than fit on the first page.
        """
        self.pages = 1
        walk = self._walk
        if walk is None or walk.rules != self._rules or restart:
            walk = self._walk = self._begin()
        listed = self._store.list_items(self._source, self.kind, walk.number, names)
        missed = self.is_known and all(names.values()) and listed.news == names.keys()
        if walk.position and walk.history == "walking" and names and missed:
            walk = self._walk = self._begin()
            self._store.list_items(self._source, self.kind, walk.number, names)
        self._front, self._front_keys = front, frozenset(names)
        if front.before and front.next and is_front_of(front.url, front.before):
            self._first = front.before
        self._note_page(front, names)
        if walk.position and is_outdated(walk, front):
            self.was_over = False
            walk = self._walk = self._begin()
            listed = self._store.list_items(self._source, self.kind, walk.number, names)
        if not walk.position:
            self._move(self.start, front, listed, names)
        elif walk.history == "walking":
            self.again = walk.position != self.start
            self.from_front = not self.again
            self._repeats = walk.pages - 1
            self.next = walk.position if self.again else self._after(walk, front)
        elif self._has_new(listed.news) or not names:
            # A first page that lists only years does not show which releases are new.
            if listed.news == names.keys():
                self.archives.newer = [*not_newer(front.archives, reached_by(front))]
            if front.next or self.archives.newer:
                self._ended = walk
                self._walk = self._begin()
                self.next = front.next or self.archives.newer.pop(0).url

    def search(self, following: str) -> None:
        """Start a search for missing releases: read the listing again from the page ``following``.

        Does nothing unless the walk has reached the end.
        """
        if self._walk is None or self._walk.history == "walking" or self.next or self._ended:
            return
        self._searching = True
        self._ended = self._walk
        self._walk = self._begin()
        self.next = following

    def end_search(self) -> None:
        """End the current search for missing releases, if any, and restore the walk's progress."""
        if self._searching:
            self.end()

    def read(
        self, url: str, page: Listing, names: Mapping[str, str], *, posted: bool = False
    ) -> None:
        """Process the requested listing page.

        ``names`` contains the names (day and title) of the page's items by canonical URL.
        ``posted`` is true if the page was requested by POST.
        """
        if self._walk is None:
            return
        listed = self._store.list_items(self._source, self.kind, self._walk.number, names)
        repeated = posted and self._repeats > 0 and not listed.fresh and page.next is not None
        self._repeats = self._repeats - 1 if repeated else 0
        self.pages += not (self.again or repeated)
        if self._ended:
            self.next = self._next_with_new(page, has_new=self._has_new(listed.news))
            if self.next is None:
                self.end()
        elif self.again:
            self.again = False
            self._note_page(page, names)
            self.next = self._after(self._walk, page)
            if self.next is None:
                self.end()
        elif repeated:
            self.next = page.next
        else:
            # Many servers return the last page for any higher page number, which is no sign of more
            # releases.
            repeats = self._keys if posted else self._front.series and self._front_keys
            if page.next and names and frozenset(names) == repeats:
                self._walk = replace(self._walk, remains=SAME_AGAIN)
            elif listed.fresh and self._walk.remains == SAME_AGAIN:
                # Only the first request counted from the page that was already shown.
                self._walk = replace(self._walk, remains="")
            place = self._walk.position if posted else url
            self._move(place, page, listed, names)

    def _next_with_new(self, page: Listing, *, has_new: bool) -> str | None:
        """Return the next page of the listing if it may contain new releases, or None.

        ``has_new`` is true if the current page had new releases.
        """
        following = self._following(page)
        if self._searching or (has_new and following):
            return following
        return self.archives.next_newer(has_new=has_new)

    def skip(self) -> None:
        """Skip the next page, and choose the page after it."""
        if self._ended or self._walk is None:
            self.end()
        elif self._others:
            self.next = self._others.pop(0)
        else:
            self._next_list(self.archives.without_requested(self._walk))

    def add_items(self, names: Mapping[str, str]) -> None:
        """Store the items of a listing page that was read outside the walk."""
        if self._walk:
            self._store.list_items(self._source, self.kind, self._walk.number, names)

    def add_failure(self, kind: str, status: int | None, message: str) -> bool:
        """Record that the requested page can't be read. Returns True if this must be reported.

        ``kind`` is the error kind, and ``message`` its description. ``status`` is the response
        status, or None if there was no response.
        """
        self.next = None
        walk = self._walk
        if walk is None or (
            self._ended and not (status in STATUSES_BEYOND_END and self.archives.old_in_a_row)
        ):
            return True
        is_beyond = status in STATUSES_BEYOND_END or (
            self.archives.requested is not None and kind in SKIPPED_ERRORS
        )
        if is_beyond and not self.again:
            if kind == "robots" and not walk.forbidden:
                self._walk = replace(walk, forbidden=f"robots.txt forbids {self.archives.place}")
            self.skip()
            return False
        failed = walk.failed + 1
        if status in STATUSES_BEYOND_END:
            # The walk's last page no longer exists, so start again. Count these failures too.
            self._keep(replace(self._begin(), pages=walk.pages, failed=failed))
            return False
        bound = f"after {failed} visits that could not read the next page: {message}"
        over = failed >= MAX_FAILED_VISITS
        self._keep(
            replace(
                walk,
                failed=failed,
                history="bounded" if over else "walking",
                bound=bound if over else "",
            )
        )
        return True

    def end(self) -> None:
        """Record the end of the listing, reached by the walk or by the search for new releases."""
        self.next = None
        if self._walk is None:
            return
        if self._ended:
            self._keep(replace(self._ended, number=self._walk.number))
            self._ended = None
            self._searching = False
        else:
            self._keep(self._finished(self._walk))

    def reset(self) -> None:
        """Restore the stored progress of the walk, so that the next visit continues from there."""
        self.next = None
        self._ended = None
        self._searching = False
        self._walk = self._store.walk(self._source, self.start)

    def settle(self) -> None:
        """Record that all listed releases were requested, if the first walk has reached its end."""
        if self._walk and self._walk.first and self._walk.history != "walking":
            self._keep(replace(self._walk, first=False))

    def _begin(self) -> Walk:
        return self._store.begin_walk(self._source, self.start, self._rules, at=self._now)

    def _move(self, url: str, page: Listing, listed: Listed, names: Mapping[str, str]) -> None:
        """Process a page that the walk reads for the first time, and move on."""
        if self._walk is None:
            return
        fresh = bool(listed.fresh) or not self._walk.position
        others = self._others
        self._note_page(page, names)
        if not fresh:
            # If a page has no new releases, these other pages are tried before its next page.
            self._others = others
        walk = replace(
            self._walk,
            position=url,
            pages=self._walk.pages + 1,
            idle=0 if fresh else self._walk.idle + 1,
            failed=0,
            listed=self._walk.listed + len(listed.fresh),
        )
        if self.archives.requested:
            walk = self.archives.after_first_page(walk, page, has_releases=bool(names))
        if walk.pages >= self._limits.backfill_pages and (self._following(page) or walk.archives):
            self.next = None
            bound = f"after {walk.pages} listing pages ([collect] backfill_pages)"
            self._keep(replace(walk, history="bounded", bound=bound, archives=()))
            return
        if not fresh and self._others and walk.idle < MAX_IDLE_PAGES:
            self.next = self._others.pop(0)
            self._others += filter(None, [self._following(page)])
            self._keep(walk)
        elif (following := self._following(page)) and walk.idle < MAX_IDLE_PAGES:
            self.next = following
            self.archives.requested = None
            self._keep(walk)
        else:
            self._next_list(walk)

    def _note_page(self, page: Listing, names: Mapping[str, str]) -> None:
        """Store a page as the last page that was read."""
        self._page, self._keys = page, frozenset(names)
        self._others = [*page.others]
        self.archives.note_page(names)

    def _after(self, walk: Walk, page: Listing) -> str | None:
        """Return the page that follows the walk's last page, or None if there is none."""
        if walk.idle < MAX_IDLE_PAGES and (following := self._following(page)):
            return following
        return self._next_archive(walk)

    def _next_archive(self, walk: Walk) -> str | None:
        """Return the URL of the next archive page (such as a year), or None if all were read."""
        url = self.archives.next(walk)
        self.from_front = self.from_front and url is None
        return url

    def _following(self, page: Listing) -> str | None:
        """Return the next page of a pager, or None. The page numbers of a pager may count down."""
        return page.before if self._front.counts_down and page is not self._front else page.next

    def _next_list(self, walk: Walk) -> None:
        """Continue with the next archive after the last page of a list, or end the walk."""
        if self._first and walk.idle < MAX_IDLE_PAGES:
            self.next, self._first = self._first, None
            self._keep(walk)
            return
        reason = reason_for(self._page, listed=walk.listed, pages=walk.pages)
        if not (walk.archives or self.archives.has_read_any or walk.archived):
            self.archives.note_end_of_list(self._page)
            totals = (sign.number for sign in self._page.signs if sign.kind == "total")
            found = [*self._front.archives, *self._page.archives]
            walk = replace(
                walk, remains=reason or walk.remains, total=max(totals, default=0), idle=0
            )
            if walk.pages > 1 and not reason:
                # The list was read to its end. Archives of the whole site have other releases.
                found = [one for one in found if one.is_below]
            walk = self.archives.added(walk, not_newer(found, reached_by(self._page)))
        elif reason and self._keys:
            walk = replace(walk, remains=walk.remains or reason)
        limit = MAX_IDLE_PAGES if self._keys else MAX_EMPTY_ARCHIVES
        if walk.idle == MAX_IDLE_PAGES and self._keys:
            # If the oldest archive has nothing new either, the list contained everything.
            walk = replace(walk, archives=(*walk.archives[-1:], *walk.archives[:-1]))
        self.next = self._next_archive(walk) if walk.idle <= limit else None
        self._keep(walk if self.next else self._finished(walk))

    def _finished(self, walk: Walk) -> Walk:
        return finished(walk, keys=self._keys, front_keys=self._front_keys)

    def _keep(self, walk: Walk) -> None:
        self._walk = walk
        self._store.keep_walk(self._source, walk)

    def _has_new(self, keys: frozenset[str]) -> bool:
        return len(self._store.ids_at(self._source, [*keys])) < len(keys)
