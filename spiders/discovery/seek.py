"""Find the press room of a site, given any of its pages.

The search follows links and parent folders, and tries common URLs of feeds, sitemaps and APIs.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from data.clock import utc_now
from data.text.urls import canonical_url, is_web
from data.wording import counted
from spiders.barriers import barrier_to_programs
from spiders.discovery.certainty import MIN_FULL_LIST_ROWS, odd_rows, reads_as_release
from spiders.discovery.feed_candidates import (
    Comparison,
    FeedCandidate,
    compare,
    feed_candidates,
    page_of_feed,
    sitemaps_in,
    sitemaps_of,
)
from spiders.discovery.fetcher import Fetcher, NotFetched, StatusReporter
from spiders.discovery.press_links import PressLink, is_front, press_links
from spiders.discovery.propose import initial_date_context
from spiders.download.fetch_spider import FetchResult
from spiders.extract.page_values import Task, saved
from spiders.items import Listing
from spiders.listing.feed import read_syndicated
from spiders.listing.paging.period_links import covers
from spiders.listing.read import read_listing
from spiders.page.javascript import needs_scripts
from spiders.page.links import url_pattern
from spiders.page.page import Page

LINKS_IN_FIRST_ROUND: Final = 5
"""Maximum number of links tried in the first round of the search."""

LINKS_PER_LATER_ROUND: Final = 3
"""Maximum number of links tried in each later round of the search."""

MAX_ROUNDS: Final = 3
"""Maximum number of rounds in which links are tried, including the first."""

MAX_ARCHIVES: Final = 3
"""Maximum number of archives tried for a page that lists only archives."""

HOME_PAGE_SCORE: Final = 0.4
"""Score (0 to 1) of the link to the home page in the search for the list of releases."""

SUFFICIENT_PROMISE: Final = 0.6
"""Minimum promise of a page that ends the search. A promise (0 to 1) is the likelihood that a page
is a list of releases."""

MAX_COUNTED_ROWS: Final = 8
"""Number of rows that suffice for the full score of a list's length."""

GIVEN_RELEASE_BONUS: Final = 0.5
"""Value added to the promise of a page if it lists the release whose URL the user gave."""

Offer = tuple[FeedCandidate, Listing, Page]
"""A feed, API or sitemap: its URL, its listing, and its page as served."""

MAX_INNER_SITEMAPS = 3
"""Maximum number of sitemaps read from sitemap indexes."""


@dataclass(frozen=True, slots=True)
class TriedPage:
    """A page that was tried as the press room: the link to it, its listing, and its promise.

    The promise (0 to 1) is the likelihood that the page is a list of releases. ``why`` is a short
    description of the result. If the page lists only archives, ``archive`` is the newest one, and
    ``listing`` is its listing.
    """

    link: PressLink
    page: Page | None
    listing: Listing | None
    promise: float
    why: str
    archive: Page | None = None

    def is_part_of(self, given: Listing) -> bool:
        """Whether this page lists only a part of the listing ``given``, like a category page.

        Both must share some rows, the given listing must have more rows, and this page's URLs must
        have the same patterns. Returns False if the given listing has very few rows.
        """
        if self.listing is None or len(given.items) < MIN_FULL_LIST_ROWS:
            return False
        rows, others = (
            {canonical_url(item.url) for item in one.items} for one in (given, self.listing)
        )
        kinds = {url_pattern(url) for url in rows}
        return (
            bool(rows & others and rows - others) and {url_pattern(url) for url in others} <= kinds
        )


def seek(
    fetcher: Fetcher, page: Page, on_status: StatusReporter, *, article: bool
) -> tuple[TriedPage, ...]:
    """Return pages that may be the press room of a page's site, most promising first.

    The search starts with the page's links, and with the home page if the page is an ``article``.
    It then follows the links of the tried pages for at most MAX_ROUNDS rounds, until a page is
    promising.
    """
    release = "" if is_front(page.url) else page.url
    links = list(press_links(page)[:LINKS_IN_FIRST_ROUND])
    if article and release:
        links.append(PressLink(urljoin(page.url, "/"), "the home page", HOME_PAGE_SCORE))
    seen = {canonical_url(page.url)}
    tried: list[TriedPage] = []
    for _ in range(MAX_ROUNDS):
        new = _try(fetcher, links, seen, release, on_status)
        tried += new
        if max((one.promise for one in tried), default=0.0) >= SUFFICIENT_PROMISE:
            break
        onward = [link for one in new if one.page for link in press_links(one.page)]
        unseen = {canonical_url(link.url): link for link in onward}
        links = [link for key, link in unseen.items() if key not in seen]
        links.sort(key=lambda link: -link.score)
        del links[LINKS_PER_LATER_ROUND:]
    return tuple(sorted(tried, key=lambda one: -one.promise))


def _try(
    fetcher: Fetcher,
    links: Iterable[PressLink],
    seen: set[str],
    release: str,
    on_status: StatusReporter,
) -> list[TriedPage]:
    wanted = {link.url: link for link in links}
    if wanted:
        on_status(f"looking for the press room at {counted(len(wanted), 'address', 'addresses')}")
    seen.update(map(canonical_url, wanted))
    tried = []
    for answer in fetcher.fetch(wanted):
        link = wanted[answer.asked]
        if answer.page is None:
            tried.append(TriedPage(link, None, None, 0.0, answer.why))
            continue
        seen.add(canonical_url(answer.page.url))
        tried.append(_looked_at(fetcher, link, answer.page, release))
    return tried


def newest_archive(fetcher: Fetcher, page: Page, listing: Listing) -> tuple[Page, Listing] | None:
    """Return the newest archive with releases that a page links to, and its listing, or None.

    ``listing`` is the page's listing, which has no items.
    """
    if needs_scripts(page) or barrier_to_programs(page):
        return None
    for archive in listing.archives[:MAX_ARCHIVES]:
        (answer,) = fetcher.fetch([archive.url])
        read = first_listing(answer.page) if answer.page else listing
        if answer.page and read.items and covers(archive, read.items):
            return answer.page, read
    return None


def _looked_at(fetcher: Fetcher, link: PressLink, page: Page, release: str) -> TriedPage:
    listing, archive = first_listing(page), None
    is_feed = as_feed(page) is not None
    if not (listing.items or is_feed) and (found := newest_archive(fetcher, page, listing)):
        archive, listing = found
    if not listing.items or is_feed:
        return TriedPage(link, page, listing, 0.0, "no list of releases")
    context = initial_date_context(page, utc_now())
    if reads_as_release(page, listing, context):
        return TriedPage(link, page, listing, 0.0, "a page of text")
    named = canonical_url(release) in {canonical_url(item.url) for item in listing.items}
    promise = (
        GIVEN_RELEASE_BONUS * (named and bool(release)) + promise_of(page, listing) * link.score
    )
    reason = counted(len(listing.items), "release")
    return TriedPage(link, page, listing, round(promise, 2), reason, archive)


def promise_of(page: Page, listing: Listing) -> float:
    """Return the likelihood (0 to 1) that a page is a list of releases. Fetches no other page."""
    if not listing.items:
        return 0.0
    context = initial_date_context(page, utc_now())
    rows = listing.items[:MAX_COUNTED_ROWS]
    dated = sum(item.published is not None for item in listing.items) / len(listing.items)
    odd = odd_rows(rows, context) / len(rows)
    return (1 - odd) * (0.4 + 0.3 * len(rows) / MAX_COUNTED_ROWS + 0.3 * dated)


def probe(fetcher: Fetcher, page: Page, on_status: StatusReporter) -> tuple[Offer, ...]:
    """Return the feeds, APIs and sitemaps of a page's site that contain items."""
    tried = {place.url: place for place in feed_candidates(page)}
    robots = urljoin(page.url, "/robots.txt")
    on_status(f"looking for feeds at {len(tried)} addresses, and in robots.txt")
    first, *answers = fetcher.fetch([robots, *tried])
    found = list(_offered(tried, answers))
    if first.page is None:
        return tuple(found)
    sitemaps = {place.url: place for place in sitemaps_of(first.page)}
    answers = list(fetcher.fetch(sitemaps))
    found += _offered(sitemaps, answers)
    indexes = [first_listing(answer.page) for answer in answers if answer.page]
    inner = {place.url: place for index in indexes for place in sitemaps_in(index)}
    chosen = list(inner)[:MAX_INNER_SITEMAPS]
    return (*found, *_offered(inner, fetcher.fetch(chosen)))


def first_listing(page: Page) -> Listing:
    """Extract the listing of a page whose site is still unknown."""
    return read_listing(page, initial_date_context(page, utc_now()))


def _offered(tried: dict[str, FeedCandidate], answers: Iterable[FetchResult]) -> Iterator[Offer]:
    for answer in answers:
        page = answer.page
        if page is None:
            continue
        read = read_syndicated(page, initial_date_context(page, utc_now()))
        if read and read.items and read.rule != "xml:sitemapindex":
            yield tried[answer.asked], read, page


def read_saved(place: str, url: str) -> Page:
    """Load a saved page. ``url`` is its original URL. Raises NotFetched if it can't be read."""
    try:
        page = saved(Task(place, place, url, "auto"))
    except FileNotFoundError as error:
        why = "No such file or directory; a web address begins with https:// or http://"
        raise NotFetched(place, why) from error
    except (OSError, EOFError, ValueError, zlib.error) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise NotFetched(place, str(cause)) from error
    if url and not is_web(url):
        raise NotFetched(
            place, f"{url!r} is not a web address; it must begin with http:// or https://"
        )
    address = url or _address(page)
    if not address:
        raise NotFetched(
            place, "the page does not contain its own address; give the address with --url"
        )
    return Page(address, page.body)


def _address(page: Page) -> str:
    """Return the URL that a page declares as its own."""
    for node in page.tree.iter("link", "meta"):
        if (node.get("rel") or "").lower() == "canonical" or node.get("property") == "og:url":
            address: str = node.get("href") or node.get("content") or ""
            if address.startswith(("http://", "https://")):
                return address
    return (
        (page_of_feed(page) or "")
        if read_syndicated(page, initial_date_context(page, utc_now()))
        else ""
    )


def as_feed(page: Page) -> Comparison | None:
    """Return a `Comparison` for a page that is itself a feed, or None for any other page."""
    read = read_syndicated(page, initial_date_context(page, utc_now()))
    if read is None or not read.items:
        return None
    place = FeedCandidate(page.url, "feed", sure=True)
    return compare(place, read, Listing(page.url, ()))
