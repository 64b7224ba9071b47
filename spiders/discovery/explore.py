"""Explore an unknown site: fetch some of its pages, and propose a source."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urljoin

from data.clock import utc_now
from data.errors import CommuniqueError
from data.network.hosts import is_elsewhere
from data.text.urls import canonical_url, page_address, part_fragment
from data.wording import counted
from spiders.barriers import barrier_to_programs
from spiders.crawl.page_errors import NotARelease
from spiders.discovery.certainty import goes_on, is_article, reads_as_release, unread_reason
from spiders.discovery.feed_candidates import Comparison, compare, page_of_feed, preferred
from spiders.discovery.fetcher import (
    NEVER_FETCHED,
    OTHER_URL,
    WEB_URL,
    Fetcher,
    NotFetched,
    OpenFetcher,
    StatusReporter,
)
from spiders.discovery.press_links import PressLink, is_front, press_links
from spiders.discovery.proposal import skeleton
from spiders.discovery.propose import (
    FetchedSite,
    GivenFields,
    SourceProposal,
    initial_date_context,
    propose,
    propose_page,
)
from spiders.discovery.seek import (
    TriedPage,
    as_feed,
    first_listing,
    newest_archive,
    probe,
    promise_of,
    read_saved,
    seek,
)
from spiders.download.settings import FILE_PATH, BrowserMissing, find_browser
from spiders.items import Listing, ListingItem
from spiders.page.javascript import frames_of, has_scripted_list, needs_scripts, shown_by_route
from spiders.page.media_files import DOCUMENT_TYPES
from spiders.page.page import Page

MAX_SAMPLE_RELEASES = 3
"""Maximum number of sample releases fetched per site."""

MAX_REPORTED_PAGES = 5
"""Maximum number of tried pages listed in an error message."""

MIN_PROMISE_RATIO = 0.6
"""Minimum promise of a page that replaces the given page, as a share of the given page's promise. A
promise (0 to 1) is the likelihood that a page is a list of releases."""

SCRIPTED = "without a browser, the page or its list is empty: scripts fill it"


class NothingFound(CommuniqueError):
    """Raised if no list of releases was found on a page.

    ``draft`` is an incomplete source. ``skeleton`` is its source file, with candidates as comments.
    """

    def __init__(self, url: str, why: str, draft: SourceProposal, skeleton: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url = url
        self.why = why
        self.draft = draft
        self.skeleton = skeleton


@dataclass(frozen=True, slots=True)
class Explored:
    """The fetched pages of a site, the proposed source, and notes for the user.

    ``offers`` contains the feeds and sitemaps that were compared with the page. ``tried`` contains
    the pages that were tried as the press room.
    """

    site: FetchedSite
    proposed: SourceProposal
    offers: tuple[Comparison, ...]
    notes: tuple[str, ...]
    tried: tuple[TriedPage, ...] = ()


class Explorer:
    """Explores one site and proposes a source. Fetches pages with ``open_fetcher``.

    ``taken`` contains the source ids already in use. ``on_status`` is called with progress
    messages. ``given`` contains the fields that the user provided.
    """

    def __init__(
        self,
        open_fetcher: OpenFetcher,
        taken: tuple[str, ...],
        on_status: StatusReporter,
        given: GivenFields | None = None,
    ) -> None:
        self._open = open_fetcher
        self._taken = taken
        self._on_status = on_status
        self._said = given or GivenFields()
        self._notes: list[str] = []
        self._tried: tuple[TriedPage, ...] | None = None
        self._archive_pages: dict[str, Page] = {}
        """The newest archive with releases, by the URL of a page that lists only archives."""

    def explore(self, place: str, url: str = "") -> Explored:
        """Explore the site at a URL, or the site of a saved page.

        ``place`` is a URL or the path of a saved page, and ``url`` the URL of a saved page. Raises
        NotFetched if a page can't be fetched, and NothingFound if no list of releases is found.
        """
        if OTHER_URL.match(place) and not WEB_URL.match(place):
            raise NotFetched(place, NEVER_FETCHED)
        if WEB_URL.match(place):
            with ExitStack() as stack:
                fetcher = stack.enter_context(self._open())
                self._on_status(f"reading {place}")
                page = fetcher.page(place)
                feed = as_feed(page)
                if feed:
                    return self._of_feed(fetcher, page, feed)
                return self._online(stack, fetcher, page)
        return self._offline(read_saved(place, url))

    def explore_page(self, place: str) -> Explored:
        """Propose a source for the single page at a URL, without searching for a list.

        Raises NotFetched if the page can't be fetched or read.
        """
        if not WEB_URL.match(place):
            raise NotFetched(place, NEVER_FETCHED)
        with ExitStack() as stack:
            fetcher = stack.enter_context(self._open())
            self._on_status(f"reading {place}")
            site = FetchedSite(fetcher.page(place), utc_now())
            if needs_scripts(site.page):
                site, _ = self._rendered(stack, site, fetcher)
        page = site.page
        if barrier := barrier_to_programs(page):
            raise NotFetched(place, barrier.message)
        if is_elsewhere(page.url, [place]):
            self._notes.append(f"{place} redirects to another site: {page.url} is used instead")
        try:
            proposed = propose_page(site, self._taken, self._said)
        except NotARelease as error:
            raise NotFetched(place, str(error)) from error
        return Explored(site, proposed, (), tuple(self._notes))

    def _offline(self, page: Page) -> Explored:
        self._notes.append("only the saved page was read: its feeds and releases were not checked")
        feed = as_feed(page)
        site = FetchedSite(page, utc_now(), offline=True)
        if feed:
            address = page_of_feed(page) or urljoin(page.url, "/")
            site = FetchedSite(Page(address, b""), utc_now(), feed, page, offline=True)
        return self._propose(site, ())

    def _of_feed(self, fetcher: Fetcher, feed_page: Page, feed: Comparison) -> Explored:
        """Explore the site of a feed that the user gave.

        The feed's releases are compared with the page that it links to.
        """
        address = page_of_feed(feed_page) or urljoin(feed_page.url, "/")
        self._on_status(f"reading {address}")
        (answer,) = fetcher.fetch([address])
        page = answer.page
        if page is None:
            self._notes.append(f"the feed's page {address} can't be read: {answer.why}")
            site = FetchedSite(Page(address, b""), utc_now(), feed, feed_page)
            return self._propose(self._with_releases(fetcher, site), (feed,))
        compared = compare(feed.place, feed.listing, first_listing(page))
        if compared.listed > compared.held:
            self._notes.append(
                f"the feed {compared.verdict} {page.url}: the page has more, and will be read, too"
            )
        site = FetchedSite(page, utc_now(), compared, feed_page)
        return self._propose(self._with_releases(fetcher, site), (compared,))

    def _online(self, stack: ExitStack, fetcher: Fetcher, page: Page) -> Explored:
        """Explore the site of a page that the user gave.

        The page itself is used if it is certain to list releases, otherwise the site's press room.
        A home page often shows only the newest releases. So unless it is a list with a next page,
        the press room is searched for first.
        """
        given, listing = page, first_listing(page)
        if not listing.items:
            page, listing = self._framed(fetcher, page, listing)
        if not listing.items and (found_in := newest_archive(fetcher, page, listing)):
            archive, listing = found_in
            self._take_archive(page, archive)
        context = initial_date_context(page, utc_now())
        scripted = is_scripted(page, listing)
        single = reads_as_release(page, listing, context)
        front = is_front(given.url) and not goes_on(page, listing, context)
        if front or single or not (listing.items or scripted):
            own = 0.0 if single else promise_of(page, listing)
            page, listing = self._sought(fetcher, page, listing, own, single=single)
        found = self._described(stack, fetcher, page, listing)
        if found.proposed.certainty.enough or self._tried is not None or found.site.render:
            return found
        notes = list(self._notes)
        other, listed = self._sought(fetcher, page, listing, 0.0)
        if other is page:
            return replace(found, notes=tuple(self._notes), tried=self._tried or ())
        better = self._described(stack, fetcher, other, listed)
        if better.proposed.certainty.value > found.proposed.certainty.value:
            return better
        return replace(found, notes=tuple(notes), tried=self._tried or ())

    def _sought(
        self, fetcher: Fetcher, page: Page, listing: Listing, own: float, *, single: bool = False
    ) -> tuple[Page, Listing]:
        """Return the most promising page among a page and the pages reached from its links.

        A page with all news never replaces the page of a single category, but does replace a page
        that is a release (``single``). ``own`` is the given page's promise (0 to 1).
        """
        if barrier_to_programs(page):
            self._tried = ()
            return page, listing
        article = is_article(page, initial_date_context(page, utc_now()))
        self._tried = seek(fetcher, page, self._on_status, article=article)
        wider = (
            one
            for one in self._tried
            if not (own and one.is_part_of(listing))
            if not (one.page and is_category_of(page.url, one.page.url, single=single))
        )
        best = next(wider, None)
        if (
            best is None
            or not best.page
            or not best.listing
            or best.promise <= own * MIN_PROMISE_RATIO
        ):
            return page, listing
        called = f" ({best.link.text!r})" if best.link.text != best.link.url else ""
        self._notes.append(f"{page.url} links to {best.page.url}{called}, which is used instead")
        if best.archive:
            self._take_archive(best.page, best.archive)
        others = [one for one in self._tried if one is not best]
        if others:
            self._notes.append(f"also tried: {named(others)}")
        return best.page, best.listing

    def _described(
        self, stack: ExitStack, fetcher: Fetcher, page: Page, listing: Listing
    ) -> Explored:
        """Propose a source for a page, and fetch sample releases.

        A feed of the site that can replace or complete the page becomes part of the source.
        """
        found = probe(fetcher, page, self._on_status)
        site = FetchedSite(page, utc_now(), archive_page=self._archive_pages.get(page.url))
        compared = {compare(place, read, listing): served for place, read, served in found}
        is_part = bool(unread_reason(listing))
        best = preferred(compared, is_part=is_part) or self._only_way(listing, tuple(compared))
        if best is None and is_scripted(page, listing):
            site, fetcher = self._rendered(stack, site, fetcher)
        if best:
            site = replace(site, feed=best, feed_page=compared[best])
        return self._propose(self._with_releases(fetcher, site), tuple(compared))

    def _framed(self, fetcher: Fetcher, page: Page, listing: Listing) -> tuple[Page, Listing]:
        """Return the first page in a frame that lists releases, or else the given page.

        Its listing is returned, too.
        """
        for answer in fetcher.fetch(frames_of(page)):
            read = first_listing(answer.page) if answer.page else listing
            if answer.page and any(item.published for item in read.items):
                self._notes.append(
                    f"{page.url} shows its releases in a frame: {answer.page.url} is used instead"
                )
                return answer.page, read
        return page, listing

    def _take_archive(self, page: Page, archive: Page) -> None:
        """Use the rows of an archive page for a page that lists only archives."""
        self._notes.append(f"{page.url} lists only archives: the rows shown are from {archive.url}")
        self._archive_pages[page.url] = archive

    def _rendered(
        self, stack: ExitStack, site: FetchedSite, fetcher: Fetcher
    ) -> tuple[FetchedSite, Fetcher]:
        """Load a site's page in a browser, if one is installed.

        Adds the note that the source needs a browser. Returns the site with the new page, and the
        browser as its fetcher.
        """
        try:
            find_browser()
        except BrowserMissing as error:
            self._notes.append(f"{SCRIPTED}: write render = true ({error})")
            return replace(site, render=True), fetcher
        self._on_status("reading the page with a browser")
        browser = stack.enter_context(self._open(render=True))
        page = browser.page(site.page.url)
        self._notes.append(f"{SCRIPTED}; with render = true, a browser runs them")
        return replace(site, page=page, render=True), browser

    def _only_way(self, listing: Listing, offers: tuple[Comparison, ...]) -> Comparison | None:
        """Return the first feed or API among ``offers`` if the page lists nothing, else None."""
        if listing.items:
            return None
        best = next((offer for offer in offers if offer.place.kind != "sitemap"), None)
        if best:
            self._notes.append("the page lists nothing to compare the feed with: check both")
        return best

    def _with_releases(self, fetcher: Fetcher, site: FetchedSite) -> FetchedSite:
        listing = first_listing(site.listing_page)
        items = [item for item in listing.items if not FILE_PATH.search(item.url)][
            :MAX_SAMPLE_RELEASES
        ]
        if items:
            self._on_status(f"reading {counted(len(items), 'release')}")
        found: list[tuple[ListingItem, Page]] = []
        shown = {}
        if site.page.body and any(part_fragment(item.url) for item in items):
            shown[page_address(site.page.url)] = site.page
        # Several items may be parts of one page.
        wanted = [url for url in dict.fromkeys(map(page_of, items)) if url not in shown]
        answers = dict(zip(wanted, fetcher.fetch(wanted), strict=True))
        for item in items:
            url = page_of(item)
            page = shown.get(url) or answers[url].page
            if page is None:
                self._notes.append(f"{url} can't be read: {answers[url].why}")
            elif page.content_type.partition(";")[0].strip().lower() not in DOCUMENT_TYPES:
                found.append((item, replace(page, url=item.url) if url != item.url else page))
        return replace(site, releases=tuple(found))

    def _propose(self, site: FetchedSite, offers: tuple[Comparison, ...]) -> Explored:
        proposed = propose(site, self._taken, self._said)
        tried = self._tried or ()
        if not proposed.listing.items and not site.render:
            links = tuple(one.link for one in tried) or press_links(site.page)
            raise NothingFound(
                site.page.url,
                _why(site.page, proposed.listing, tried, links),
                proposed,
                skeleton(proposed.proposal, site.page, links),
            )
        return Explored(site, proposed, offers, tuple(self._notes), tried)


def page_of(item: ListingItem) -> str:
    """Return the URL of the page with the release of a listing item."""
    return page_address(item.url) if part_fragment(item.url) else item.url


def is_category_of(url: str, whole: str, *, single: bool) -> bool:
    """Whether ``url`` is the listing URL ``whole`` plus a query, which may select a category.

    If the page looks like a release (``single``), a query with only numbers does not count.
    """
    part, _, query = canonical_url(url).partition("?")
    words = any(not value.isdigit() for _, value in parse_qsl(query))
    return bool(query) and canonical_url(whole) == part and (words or not single)


def is_scripted(page: Page, listing: Listing) -> bool:
    """Whether a page shows its list, or the listed releases, only with scripts."""
    if listing.items:
        return shown_by_route(item.url for item in listing.items)
    return needs_scripts(page)


def named(tried: tuple[TriedPage, ...] | list[TriedPage]) -> str:
    """Return the tried pages and their results as part of a sentence."""
    names = [f"{one.link.url} ({one.why})" for one in tried[:MAX_REPORTED_PAGES]]
    more = [f"{len(tried) - MAX_REPORTED_PAGES} more"] if len(tried) > MAX_REPORTED_PAGES else []
    return ", ".join(names + more)


def _why(
    page: Page, listing: Listing, tried: tuple[TriedPage, ...], links: tuple[PressLink, ...]
) -> str:
    """Return a message about why no list was found on a page, and what the user can do."""
    if barrier := barrier_to_programs(page):
        return f"no list of releases was found on it: {barrier.message}"
    also = f"; tried: {named(tried)}" if tried else ""
    if not also and links:
        also = f"; it may be at {links[0].url}"
    if has_scripted_list(page):
        return (
            "no list of releases was found on it, and scripts fill part of it: write "
            f"render = true to read it with a browser, or give the site's feed{also}"
        )
    if reads_as_release(page, listing, initial_date_context(page, utc_now())):
        return (
            "no list of releases was found on it; it looks like a release or other text: give the "
            f"page that lists the releases, or their feed{also}"
        )
    return f"no list of releases was found on it ({'; '.join(listing.reasons)}){also}"
