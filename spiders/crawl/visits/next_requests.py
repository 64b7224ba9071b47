"""Choose a visit's next requests after all requested pages have been processed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from data.clock import utc_now
from data.models import Link, ListingKind
from spiders.crawl.drafts.draft_recorder import DraftRecorder
from spiders.crawl.drafts.release_files import ReleaseFiles
from spiders.crawl.listings.feed_hubs import FeedHubs
from spiders.crawl.listings.frontier import Frontier
from spiders.crawl.listings.gone_releases import GoneReleases
from spiders.crawl.listings.linked_releases import LinkedReleases
from spiders.crawl.visit_scope import VisitScope
from spiders.items import ListingItem


@dataclass(frozen=True, slots=True)
class Wanted:
    """A URL to request next, and the purpose of the request.

    - ``release``: a release from a listing (``item``)
    - ``linked``: a release that another page links to (``link``)
    - ``listing``: a page of a listing of kind ``listing_kind``
    - ``stored``: a stored release, to check if it changed
    - ``again``: the first page of a listing, requested a second time without conditional headers
    - ``feed``: a feed that a page links to, requested to find its WebSub hub
    - ``file``: a file of a release, requested for the archive
    - ``requisite``: a requisite of a release's page, requested for the archive
    """

    kind: Literal["release", "linked", "listing", "stored", "again", "feed", "file", "requisite"]
    url: str
    item: ListingItem | None = None
    link: Link | None = None
    listing_kind: ListingKind = "page"


@dataclass(slots=True)
class NextRequests:
    """Chooses the next requests of one visit.

    The order is: listings; ``postponed`` stored releases; linked and missing releases; feeds (to
    find their hubs); files.
    """

    scope: VisitScope
    frontier: Frontier
    linked: LinkedReleases
    gone: GoneReleases
    feed_hubs: FeedHubs
    files: ReleaseFiles
    recorder: DraftRecorder
    is_paused: bool = False
    """Whether this visit has stopped paging through the listings. The next visit continues."""
    postponed: list[Wanted] = field(default_factory=list)
    """Stored releases to check later. In a visit that resumes an interrupted first visit, new
    releases are requested before them."""
    _has_searched: bool = False

    def choose(self) -> tuple[Wanted, ...]:
        """Return the URLs to request next, or an empty tuple at the end of the visit."""
        self.recorder.flush()
        found = () if self.is_paused else self._try(self._of_listings)
        if not found:
            found, self.postponed = tuple(self.postponed), []
        if not found:
            self.recorder.finish()
            # Some 304 responses seem wrong, because releases on the unchanged listing are gone.
            found = self._try(self._linked_pages) + self._try(
                lambda: (Wanted("again", url) for url in self.gone.listings_to_recheck())
            )
            found = found or self._try(self._later_pages)
        if not (found or self.frontier.has_timed_out()):
            found = self._try(
                lambda: (Wanted("feed", url) for url in self.feed_hubs.next())
            ) + self._try(lambda: (Wanted("file", url) for url in self.files.next(utc_now())))
        return found

    def _try(self, choose: Callable[[], Iterable[Wanted]]) -> tuple[Wanted, ...]:
        """Call a method that chooses URLs. An exception is reported as an error of the source."""
        found: list[Wanted] = []
        with self.scope.report.errors():
            found.extend(choose())
        return tuple(found)

    def _of_listings(self) -> tuple[Wanted, ...]:
        items, page = self.frontier.step()
        releases = tuple(Wanted("release", item.url, item=item) for item in items)
        return (*releases, Wanted("listing", page[1], listing_kind=page[0])) if page else releases

    def _linked_pages(self) -> tuple[Wanted, ...]:
        """Return requests for releases that other pages link to and that are not stored.

        Only the first call per visit returns any requests.
        """
        links = self.linked.missing(self.frontier.page)
        return tuple(
            Wanted("linked", link.url, link=link)
            for link in links
            if self.scope.requested.claim(link.url)
        )

    def _later_pages(self) -> tuple[Wanted, ...]:
        """Return requests for later listing pages, to search them for missing releases.

        Only the first call per visit starts a search.
        """
        if self._has_searched or self.is_paused:
            return ()
        self._has_searched = True
        day = self.gone.day_to_search(utc_now())
        if day is None:
            return ()
        self.frontier.search(day)
        return self._of_listings()
