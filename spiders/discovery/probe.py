"""Try the addresses of a site's feeds, sitemaps and APIs."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from data.clock import utc_now
from spiders.discovery.feed_candidates import (
    Comparison,
    FeedCandidate,
    compare,
    feed_candidates,
    page_of_feed,
    robots_address,
    sitemaps_in,
    sitemaps_of,
)
from spiders.discovery.fetcher import Fetcher, NotFetched, StatusReporter
from spiders.discovery.propose import initial_date_context
from spiders.download.fetch_spider import FetchResult
from spiders.extract.saved_page import Task, saved
from spiders.items import Listing
from spiders.listing.feed import read_syndicated
from spiders.listing.read import read_listing
from spiders.page.page import Page, is_web

Offer = tuple[FeedCandidate, Listing, Page]
"""A feed, API or sitemap: its address, its listing, and its page as served."""

MAX_INNER_SITEMAPS = 3
"""Maximum number of sitemaps read from sitemap indexes."""


def probe(fetcher: Fetcher, page: Page, on_status: StatusReporter) -> tuple[Offer, ...]:
    """Return the feeds, APIs and sitemaps of a site that list anything."""
    tried = {place.url: place for place in feed_candidates(page)}
    robots = robots_address(page.url)
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
    """Read a page's listing before anything is known about its site."""
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
    """Read a saved page, which came from ``url``. Raises NotFetched."""
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
        raise NotFetched(place, "it does not contain its address; give the address with --url")
    return Page(address, page.body)


def _address(page: Page) -> str:
    """Return the address that a page states as its own."""
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
    """Return the comparison of a page that is itself a feed, or None."""
    read = read_syndicated(page, initial_date_context(page, utc_now()))
    if read is None or not read.items:
        return None
    place = FeedCandidate(page.url, "feed", sure=True)
    return compare(place, read, Listing(page.url, ()))
