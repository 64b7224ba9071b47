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
from http import HTTPStatus
from typing import Final

import msgspec

from data.models import History, Listed, ListingKind, Walk
from data.wording import counted
from spiders.crawl.listings.listing_archives import ListingArchives
from spiders.crawl.visit_scope import VisitScope
from spiders.items import Listing
from spiders.listing.paging.page_numbers import is_front_of
from spiders.listing.paging.period_links import not_newer, reached_by
from spiders.listing.paging.unread import lacks, reason_for
from spiders.page.links import url_pattern

MAX_IDLE_PAGES: Final = 3
"""Maximum number of consecutive listing pages without new releases before a walk ends."""

MAX_EMPTY_ARCHIVES: Final = 12
"""Maximum number of consecutive empty archives, such as months, before a walk ends."""

MAX_FAILED_VISITS: Final = 10
"""Maximum number of consecutive visits that fail to read the next page of a listing."""

STATUSES_BEYOND_END: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
"""Response statuses for a page number beyond the last page. WordPress's API responds with 400."""


def is_outdated(walk: Walk, front: Listing) -> bool:
    """Whether a new walk could find more pages of a listing than the finished walk.

    There are two reasons: an earlier version of Communique did not count listed releases and did
    not know archives, or the first page now links to more pages than before.
    """
    if walk.history == "complete":
        return not walk.listed and bool(front.archives or front.signs)
    return bool(walk.remains and (front.next or front.archives) and walk.position == walk.start)


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
    - ``is_searching``: whether later pages are searched for missing releases
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
        walk = self.progress = self._store.walk(self._source, start)
        """The progress through the listing, or None if its first page was never read."""
        self._ended: Walk | None = None
        self.is_searching = False
        self._front = self._page = Listing(start, ())
        self._front_keys = self._keys = frozenset[str]()
        """Canonical URLs of the items on the first page, and on the latest page that was read."""
        self._others: list[str] = []
        """Other pages to try if the next page has no new releases."""
        self._first: str | None = None
        """URL of page 1 if the pager does not mark the current page. It may be the oldest page."""
        self.archives = ListingArchives(scope, kind, start)
        self.is_known = walk is not None
        self.was_over = walk is not None and (
            walk.history == "complete" or (walk.history == "walking" and not walk.first)
        )

    @property
    def history(self) -> History | None:
        """The state of the walk, such as "complete", or None if the first page was never read."""
        return self.progress.history if self.progress else None

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
        walk = self.progress
        if walk is None or walk.rules != self._rules or restart:
            walk = self.progress = self._begin()
        listed = self._store.list_items(self._source, self.kind, walk.number, names)
        missed = self.is_known and all(names.values()) and listed.news == names.keys()
        if walk.position and walk.history == "walking" and names and missed:
            walk = self.progress = self._begin()
            self._store.list_items(self._source, self.kind, walk.number, names)
        self._front, self._front_keys = front, frozenset(names)
        if front.before and front.next and is_front_of(front.url, front.before):
            self._first = front.before
        self._note_page(front, names)
        if walk.position and is_outdated(walk, front):
            self.was_over = False
            walk = self.progress = self._begin()
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
                self.progress = self._begin()
                self.next = front.next or self.archives.newer.pop(0).url

    def search(self, following: str) -> None:
        """Start a search for missing releases: read the listing again from the page ``following``.

        Does nothing unless the walk has reached the end.
        """
        if self.progress is None or self.progress.history == "walking" or self.next or self._ended:
            return
        self.is_searching = True
        self._ended = self.progress
        self.progress = self._begin()
        self.next = following

    def read(
        self, url: str, page: Listing, names: Mapping[str, str], *, posted: bool = False
    ) -> None:
        """Process the requested listing page.

        ``names`` contains the names (day and title) of the page's items by canonical URL.
        ``posted`` is true if the page was requested by POST.
        """
        if self.progress is None:
            return
        listed = self._store.list_items(self._source, self.kind, self.progress.number, names)
        repeated = posted and self._repeats > 0 and not listed.fresh and page.next is not None
        self._repeats = self._repeats - 1 if repeated else 0
        self.pages += not (self.again or repeated)
        if self._ended:
            has_new = self._has_new(listed.news)
            self.next = self._following(page)
            if not self.is_searching and not (has_new and self.next):
                self.next = self.archives.next_newer(has_new=has_new)
            if self.next is None:
                self.end()
        elif self.again:
            self.again = False
            self._note_page(page, names)
            self.next = self._after(self.progress, page)
            if self.next is None:
                self.end()
        elif repeated:
            self.next = page.next
        else:
            # Many servers return the last page for any higher page number, which is no sign of more
            # releases.
            repeats = self._keys if posted else self._front.series and self._front_keys
            if page.next and names and frozenset(names) == repeats:
                self.progress = replace(self.progress, remains=SAME_AGAIN)
            elif listed.fresh and self.progress.remains == SAME_AGAIN:
                # Only the first request counted from the page that was already shown.
                self.progress = replace(self.progress, remains="")
            self._move(self.progress.position if posted else url, page, listed, names)

    def skip(self) -> None:
        """Skip the next page, and choose the page after it."""
        if self._ended or self.progress is None:
            self.end()
        elif self._others:
            self.next = self._others.pop(0)
        else:
            self._next_list(self.archives.without_requested(self.progress))

    def add_items(self, names: Mapping[str, str]) -> None:
        """Store the items of a listing page that was read outside the walk."""
        if self.progress:
            self._store.list_items(self._source, self.kind, self.progress.number, names)

    def add_failure(self, kind: str, status: int | None, message: str) -> bool:
        """Record that the requested page can't be read. Returns True if this must be reported.

        ``kind`` is the error kind, and ``message`` its description. ``status`` is the response
        status, or None if there was no response.
        """
        self.next = None
        walk = self.progress
        if walk is None or (
            self._ended and not (status in STATUSES_BEYOND_END and self.archives.old_in_a_row)
        ):
            return True
        is_beyond = status in STATUSES_BEYOND_END or (
            self.archives.requested is not None and kind in SKIPPED_ERRORS
        )
        if is_beyond and not self.again:
            if kind == "robots" and not walk.forbidden:
                self.progress = replace(walk, forbidden=f"robots.txt forbids {self.archives.place}")
            self.skip()
            return False
        failed = walk.failed + 1
        if status in STATUSES_BEYOND_END:
            # The walk's last page no longer exists, so start again. Count these failures too.
            self._keep(replace(self._begin(), pages=walk.pages, failed=failed))
            return False
        walk = replace(walk, failed=failed, history="walking", bound="")
        if failed >= MAX_FAILED_VISITS:
            bound = f"after {failed} visits that could not read the next page: {message}"
            walk = replace(walk, history="bounded", bound=bound)
        self._keep(walk)
        return True

    def end(self) -> None:
        """Record the end of the listing, reached by the walk or by the search for new releases."""
        self.next = None
        if self.progress is None:
            return
        if self._ended:
            self._keep(replace(self._ended, number=self.progress.number))
            self._ended = None
            self.is_searching = False
        else:
            self._keep(self._finished(self.progress))

    def reset(self) -> None:
        """Restore the stored progress of the walk, so that the next visit continues from there."""
        self.next = None
        self._ended = None
        self.is_searching = False
        self.progress = self._store.walk(self._source, self.start)

    def settle(self) -> None:
        """Record that all listed releases were requested, if the first walk has reached its end."""
        if self.progress and self.progress.first and self.progress.history != "walking":
            self._keep(replace(self.progress, first=False))

    def _begin(self) -> Walk:
        return self._store.begin_walk(self._source, self.start, self._rules, at=self._now)

    def _move(self, url: str, page: Listing, listed: Listed, names: Mapping[str, str]) -> None:
        """Process a page that the walk reads for the first time, and move on."""
        if self.progress is None:
            return
        fresh = bool(listed.fresh) or not self.progress.position
        others = self._others
        self._note_page(page, names)
        if not fresh:
            # If a page has no new releases, these other pages are tried before its next page.
            self._others = others
        walk = replace(
            self.progress,
            position=url,
            pages=self.progress.pages + 1,
            idle=0 if fresh else self.progress.idle + 1,
            failed=0,
            listed=self.progress.listed + len(listed.fresh),
        )
        if self.archives.requested:
            walk = self.archives.after_first_page(walk, page, has_releases=bool(names))
        following = self._following(page)
        if walk.pages >= self._limits.backfill_pages and (following or walk.archives):
            self.next = None
            bound = f"after {walk.pages} listing pages ([collect] backfill_pages)"
            self._keep(replace(walk, history="bounded", bound=bound, archives=()))
            return
        if not fresh and self._others and walk.idle < MAX_IDLE_PAGES:
            self.next = self._others.pop(0)
            self._others += filter(None, [following])
            self._keep(walk)
        elif following and walk.idle < MAX_IDLE_PAGES:
            self.next = following
            self.archives.requested = None
            self._keep(walk)
        else:
            self._next_list(walk)

    def _note_page(self, page: Listing, names: Mapping[str, str]) -> None:
        """Store a page as the last page that was read."""
        self._page, self._keys = page, frozenset(names)
        self._others = [*page.others]
        self.archives.families.update(map(url_pattern, names))

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
        if not (walk.archives or self.archives.read or walk.archived):
            self.archives.note_end_of_list(self._page)
            total = max((one.number for one in self._page.signs if one.kind == "total"), default=0)
            found = [*self._front.archives, *self._page.archives]
            walk = replace(walk, remains=reason or walk.remains, total=total, idle=0)
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
        """Return the walk marked as finished.

        Its state is "bounded" if there are signs of more releases, otherwise "complete".
        """
        reason = walk.forbidden or walk.remains
        is_same = walk.archived >= MAX_IDLE_PAGES - 1 and walk.idle >= MAX_IDLE_PAGES - 1
        if is_same and self._keys and self._keys == self._front_keys:
            reason = "the archives list the same releases as the first page"
        elif walk.archived and walk.archives and not self._keys:
            left = counted(len(walk.archives), "archive")
            reason = f"{walk.idle} consecutive archives are empty, so {left} were not read"
        elif walk.archived and walk.total and lacks(walk.total, walk.listed, walk.pages):
            reason = f"the listing claims {walk.total} releases, but only {walk.listed} were found"
        return replace(
            walk,
            history="bounded" if reason else "complete",
            bound=f"because {reason}" if reason else "",
            remains=reason,
            archives=(),
        )

    def _keep(self, walk: Walk) -> None:
        self.progress = walk
        self._store.keep_walk(self._source, walk)

    def _has_new(self, keys: frozenset[str]) -> bool:
        return len(self._store.ids_at(self._source, [*keys])) < len(keys)
