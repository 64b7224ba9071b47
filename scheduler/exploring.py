"""Looks at a site that nobody has described yet: fetches what is needed to propose a source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from data.errors import CommuniqueError
from data.wording import counted
from scheduler.capture import NEVER_FETCHED, OTHER, WEB, Capture, NotFetched
from scheduler.home import Home
from scheduler.probing import as_feed, first_listing, probe, read_saved
from scheduler.telling import Say
from spiders.discovery import Comparison, compare, page_of_feed, preferred
from spiders.drafting import DOCUMENTS
from spiders.guess import SURE
from spiders.kind import kind_of
from spiders.page import Page
from spiders.pages import ListingItem, ListingPage
from spiders.proposing import Proposed, Site, first_reading, propose
from spiders.release_page import read_release
from spiders.rendering import DOCUMENT, BrowserMissing, find_browser
from spiders.scripted import frames_of, needs_scripts
from spiders.visit import utc_now

RELEASES = 3
"""Release pages that are looked at."""

SCRIPTED = "the page is empty without a browser: scripts fill it"


class NothingFound(CommuniqueError):
    """A page lists no releases that could be found."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url = url
        self.why = why


@dataclass(frozen=True, slots=True)
class Explored:
    """A site as it was fetched, the source proposed for it, and what else there is to say.

    ``offers`` are the feeds and sitemaps that were compared with the page.
    """

    site: Site
    proposed: Proposed
    offers: tuple[Comparison, ...]
    notes: tuple[str, ...]


class Explorer:
    """Explores one site; ``say`` is told what it does."""

    def __init__(self, home: Home, taken: tuple[str, ...], say: Say) -> None:
        self._home = home
        self._taken = taken
        self._say = say
        self._notes: list[str] = []

    def explore(self, place: str, url: str = "") -> Explored:
        """The site at an address, or on a page that was saved to disk and came from ``url``.

        Raises NotFetched and NothingFound.
        """
        if OTHER.match(place) and not WEB.match(place):
            raise NotFetched(place, NEVER_FETCHED)
        if WEB.match(place):
            with ExitStack() as stack:
                capture = stack.enter_context(Capture(self._home))
                self._say(f"reading {place}")
                page = capture.page(place)
                return self._online(stack, capture, page)
        return self._offline(read_saved(place, url))

    def _offline(self, page: Page) -> Explored:
        self._notes.append(
            "a saved page is read by itself: neither its feeds nor its releases were looked at"
        )
        feed = as_feed(page)
        site = Site(page, utc_now())
        if feed:
            address = page_of_feed(page) or urljoin(page.url, "/")
            site = Site(Page(address, b""), utc_now(), feed, page)
        return self._propose(site, ())

    def _online(self, stack: ExitStack, capture: Capture, page: Page) -> Explored:
        feed = as_feed(page)
        if feed:
            site = self._of_feed(capture, page, feed)
            offers = (site.feed,) if site.feed else ()
            return self._propose(self._with_releases(capture, site), offers)
        listing = first_listing(page)
        if not listing.items:
            page, listing = self._framed(capture, page, listing)
        found = probe(capture, page, self._say)
        site = Site(page, utc_now())
        compared = {compare(place, read, listing): served for place, read, served in found}
        best = preferred(compared) or self._only_way(listing, tuple(compared))
        if best is None and not listing.items and needs_scripts(page):
            site, capture = self._rendered(stack, site, capture)
        if best:
            site = replace(site, feed=best, feed_page=compared[best])
        return self._propose(self._with_releases(capture, site), tuple(compared))

    def _of_feed(self, capture: Capture, feed_page: Page, feed: Comparison) -> Site:
        """The site of a feed that was named: its page is the cross-check."""
        address = page_of_feed(feed_page) or urljoin(feed_page.url, "/")
        self._say(f"reading {address}")
        (answer,) = capture.fetch([address])
        page = answer.page
        if page is None:
            self._notes.append(f"{address}, the page of the feed, can't be read: {answer.why}")
            return Site(Page(address, b""), utc_now(), feed, feed_page)
        compared = compare(feed.place, feed.listing, first_listing(page))
        if compared.listed > compared.held:
            self._notes.append(
                f"the feed {compared.verdict} {page.url}: what it lacks will be read from the page"
            )
        return Site(page, utc_now(), compared, feed_page)

    def _framed(
        self, capture: Capture, page: Page, listing: ListingPage
    ) -> tuple[Page, ListingPage]:
        """The first page in a frame of this one that lists releases, or this one."""
        for answer in capture.fetch(frames_of(page)):
            read = first_listing(answer.page) if answer.page else listing
            if answer.page and any(item.published for item in read.items):
                self._notes.append(
                    f"{page.url} shows its releases in a frame: {answer.page.url} is read"
                )
                return answer.page, read
        return page, listing

    def _rendered(self, stack: ExitStack, site: Site, capture: Capture) -> tuple[Site, Capture]:
        """The same page through a browser, where there is one."""
        try:
            find_browser()
        except BrowserMissing as error:
            self._notes.append(f"{SCRIPTED}: write render = true ({error})")
            return replace(site, render=True), capture
        self._say("reading the page with a browser")
        browser = stack.enter_context(Capture(self._home, render=True))
        page = browser.page(site.page.url)
        self._notes.append(f"{SCRIPTED}; render = true lets a browser do so")
        return replace(site, page=page, render=True), browser

    def _only_way(self, listing: ListingPage, offers: tuple[Comparison, ...]) -> Comparison | None:
        """The first feed of a page that lists nothing by itself."""
        if listing.items:
            return None
        best = next((offer for offer in offers if offer.place.kind != "sitemap"), None)
        if best:
            self._notes.append(
                "the page lists nothing by itself to compare the feed with: look at both"
            )
        return best

    def _with_releases(self, capture: Capture, site: Site) -> Site:
        listing = first_listing(site.listing_page)
        items = [item for item in listing.items if not DOCUMENT.search(item.url)][:RELEASES]
        self._say(f"reading {counted(len(items), 'release')}")
        found: list[tuple[ListingItem, Page]] = []
        for item, answer in zip(items, capture.fetch(item.url for item in items), strict=True):
            if answer.page is None:
                self._notes.append(f"{item.url} can't be read: {answer.why}")
            elif answer.page.content_type.partition(";")[0].strip().lower() not in DOCUMENTS:
                found.append((item, answer.page))
        return replace(site, releases=tuple(found))

    def _propose(self, site: Site, offers: tuple[Comparison, ...]) -> Explored:
        proposed = propose(site, self._taken)
        if not proposed.listing.items and not site.render:
            raise NothingFound(site.page.url, _why(site.page, proposed.listing))
        self._notes += _about(site, proposed.listing)
        if proposed.listing.confidence < SURE and is_release(site.page, proposed.listing):
            self._notes.append(
                f"{site.page.url} looks like a release itself: give the page that lists them"
            )
        return Explored(site, proposed, offers, tuple(self._notes))


def is_release(page: Page, listing: ListingPage) -> bool:
    """Whether a page that was given for a listing is a release."""
    read = read_release(page, first_reading(page, utc_now()))
    return bool(read.content.body_text) and kind_of(read, listing) == "release"


def _why(page: Page, listing: ListingPage) -> str:
    if is_release(page, listing):
        return "no list of releases was found on it: give the page that lists them, or their feed"
    return f"no list of releases was found on it ({'; '.join(listing.reasons)})"


def _about(site: Site, listing: ListingPage) -> Iterator[str]:
    if site.feed is None or not site.page.body:
        return
    page = first_listing(site.page)
    if page.next and not listing.next:
        oldest = min((item.published.iso for item in listing.items if item.published), default="")
        yield (
            f"the feed reaches back to {oldest}, the page further: for all of it, "
            "`communique collect --backfill`"
        )
