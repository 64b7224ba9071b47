"""Extract the listing in a response, or load the stored listing after a 304 response."""

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Final

import msgspec
from scrapy.http import Response

from data.health.run_errors import http_kind
from data.models import ListingKind
from data.network.hosts import is_elsewhere
from data.text.clean import clean_line
from data.text.urls import canonical_url
from spiders.barriers import Barrier, barrier_to_listing, error_status
from spiders.crawl.page_errors import UNREQUESTED_304, NoListing
from spiders.crawl.visits.release_response import with_stored_addresses
from spiders.crawl.visits.visit import Visit
from spiders.download.responses import (
    certificate_end,
    links_of,
    page_of,
    requested_url,
    validator_of,
    was_redirected,
)
from spiders.download.signing import clock_note
from spiders.items import Listing
from spiders.listing.read import DECLARED, read_listing
from spiders.page.javascript import needs_scripts, shown_by_route
from spiders.page.page import Page
from spiders.sources.unmatched_selectors import listing_matches

log = logging.getLogger(__name__)

MIN_EARLIER_ITEMS: Final = 3
"""Minimum number of items on an earlier listing for comparing it with the current page."""

LISTING_REPLACED_MESSAGE: Final = (
    "the page has no dates and none of its {count} earlier releases, so it was not read as a"
    " listing. If it is the new listing, set url or listing.link in the source file"
)

LISTING_MOVED_MESSAGE: Final = (
    "the listing now redirects to another site, {url}, so it was not read. If the press room has"
    " moved there, set url in the source file"
)

SCRIPTED_ROWS: Final = (
    "scripts load the releases, at addresses such as {url}. Set render = true in the source file"
)

SCRIPTED_PAGE: Final = "scripts fill the page. Set render = true in the source file"

SKIPPED_ROW: Final = (
    "an undated row of the listing was skipped, because its link differs from the other links. If"
    " it is a release, set listing.link in the source file"
)


def read_listing_response(response: Response, visit: Visit) -> Listing:
    """Extract the listing in a response, and report skipped rows.

    The listing is also stored for later 304 responses. Raises NoListing if the response has no
    listing.
    """
    listing = _read(response, visit)
    visit.frontier.place = visit.frontier.place or listing.place
    unchanged = response.status == HTTPStatus.NOT_MODIFIED
    visit.gone.add_listing(requested_url(response), listing, unchanged=unchanged)
    for url in listing.passed:
        visit.report.error(url, "date", SKIPPED_ROW)
    return listing


def listing_or_report(
    response: Response, visit: Visit, listing_kind: ListingKind, *, is_first: bool
) -> Listing | None:
    """Extract the listing in a response. If there is none, report why, and return None."""
    try:
        return read_listing_response(response, visit)
    except NoListing as error:
        if error.empty and not is_first:
            # An example is a month without releases; the walk continues with the preceding month.
            return error.empty
        report_unread(visit, listing_kind, response.url, error, is_first=is_first)
        return None


def report_unread(
    visit: Visit, listing_kind: ListingKind, url: str, error: NoListing, *, is_first: bool
) -> None:
    """Report an unreadable listing page, or only log it if the visit can work without it."""
    if is_first:
        # If the source has a feed, its page may be unavailable.
        is_error = listing_kind == "feed" or not visit.file.feed or error.kind == "redirect"
        if listing_kind == "feed":
            visit.facts.has_feed_failed = True
    else:
        is_error = visit.frontier.walks[listing_kind].add_failure(
            error.kind, error.status, f"{url}: {error}"
        )
    if is_error:
        visit.report.error(url, error.kind, str(error))
    else:
        log.info("skipped the listing page %s: %s", url, error)


def is_replaced(listing: Listing, before: Listing) -> bool:
    """Whether a page that listed dated releases now contains something else.

    Such a page has no dates, and none of the earlier URLs and titles. Examples are a parked domain,
    a consent page or a menu.
    """
    dated = sum(item.published is not None for item in before.items)
    if len(before.items) < MIN_EARLIER_ITEMS or dated * 2 < len(before.items):
        return False
    if any(item.published for item in listing.items):
        return False
    titles = {clean_line(item.title).casefold() for item in before.items}
    return not any(clean_line(item.title).casefold() in titles for item in listing.items)


def is_index(listing: Listing, page: Page, before: Listing | None) -> bool:
    """Whether a page without releases links to archives, such as years.

    A page that listed releases ``before``, or that is filled by scripts, is not an index.
    """
    if listing.items or needs_scripts(page):
        return False
    return bool(listing.archives) and not (before and before.items)


def listing_moved_error(url: str) -> NoListing:
    """Return the error for a listing that redirects to a page without a list on the same site."""
    return NoListing("moved", f"the listing redirects to {url}, which lists no release")


def redirect_error(response: Response, visit: Visit) -> NoListing:
    """Return the error for a listing that redirects to another site.

    The other site may have another publisher, or may be a login page.
    """
    if response.status == HTTPStatus.OK:
        page = page_of(response)
        barrier = barrier_to_listing(page)
        if barrier and barrier.kind != "missing":
            listing = read_listing(page, visit.reader.dates, visit.file.listing)
            if not listing.items:
                return _barrier_error(barrier)
    return NoListing("redirect", LISTING_MOVED_MESSAGE.format(url=response.url))


def listing_error(
    listing: Listing, page: Page, response: Response, visit: Visit
) -> NoListing | None:
    """Return why the releases on a listing page can't be collected, or None if they can."""
    if listing.items:
        is_scripted = shown_by_route(item.url for item in listing.items)
        if visit.file.render or not is_scripted:
            return None
        return NoListing("empty", SCRIPTED_ROWS.format(url=listing.items[0].url))
    if barrier := barrier_to_listing(page):
        return _barrier_error(barrier)
    if was_redirected(response):
        return listing_moved_error(response.url)
    why = "; ".join(listing.reasons) or "nothing on the page looks like a list of releases"
    if not visit.file.render and needs_scripts(page):
        why = SCRIPTED_PAGE
    return NoListing(
        "selector:listing" if listing.rule == DECLARED else "empty",
        f"no release was found on the listing: {why}",
        empty=listing,
    )


def _barrier_error(barrier: Barrier) -> NoListing:
    return NoListing(barrier.error_kind, f"no listing was found: {barrier.message}")


def _read(response: Response, visit: Visit) -> Listing:
    url = requested_url(response)
    if is_elsewhere(response.url, [url]):
        raise redirect_error(response, visit)
    visit.facts.certificate_end = certificate_end(response)
    if response.status == HTTPStatus.NOT_MODIFIED:
        kept = visit.store.cached_listing(url, visit.scope.listing_rules)
        if kept is None:
            raise NoListing(http_kind(HTTPStatus.NOT_MODIFIED), UNREQUESTED_304)
        listing = msgspec.json.decode(kept, type=Listing)
        visit.facts.add_listing(url, response.url, listing, None)
        return listing
    if response.status >= HTTPStatus.BAD_REQUEST:
        kind, message = error_status(response.status, page_of(response))
        note = clock_note(response)
        raise NoListing(kind, f"the server {message}{note}", status=response.status)
    visit.check_page(response.url)
    page = page_of(response)
    visit.reader.learn_day_order(page)
    visit.feed_hubs.read_listing(url, page, links_of(response))
    is_first = any(walk.start == url for walk in visit.frontier.walks.values())
    if is_first and url == visit.file.url:
        visit.facts.unmatched.note(listing_matches(page, visit.file.listing))
    kept = visit.store.cached_listing(url, visit.scope.listing_rules) if is_first else None
    before = msgspec.json.decode(kept, type=Listing) if kept else None
    listing = read_listing(page, visit.reader.dates, visit.file.listing, place=visit.frontier.place)
    error = listing_error(listing, page, response, visit)
    if error and not (is_first and error.kind == "empty" and is_index(listing, page, before)):
        raise error
    listing = with_stored_addresses(listing, visit)
    if before and is_replaced(listing, before):
        keys = [canonical_url(item.url) for item in listing.items]
        is_known = bool(visit.store.ids_at(visit.id, keys))
        if not is_known and was_redirected(response):
            raise listing_moved_error(response.url)
        if not is_known:
            raise NoListing("replaced", LISTING_REPLACED_MESSAGE.format(count=len(before.items)))
    visit.facts.add_listing(url, response.url, listing, before)
    # Only the first page of a listing is requested with conditions and reused.
    kept_listing = listing if is_first else replace(listing, form=None)
    text = msgspec.json.encode(kept_listing).decode()
    visit.store.cache_listing(
        visit.id, url, visit.scope.listing_rules, text, validator_of(response)
    )
    return listing
