"""Read the listing in a response, or the stored listing after a 304 response."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final

import msgspec
from scrapy.http import Response

from data.text.clean import clean_line
from data.text.sites import is_elsewhere
from data.text.urls import canonical_url
from spiders.barriers.challenges import barrier_in, refusal
from spiders.barriers.soft_404 import apology_in
from spiders.crawl.page_errors import UNREQUESTED_304, NoListing
from spiders.crawl.visits.page_sections import with_stored_addresses
from spiders.crawl.visits.visit import Visit
from spiders.download.responses import (
    certificate_end,
    links_of,
    page_of,
    requested_url,
    validator_of,
    was_redirected,
)
from spiders.items import Listing
from spiders.listing.read import DECLARED, read_listing
from spiders.page.javascript import needs_scripts, shown_by_route
from spiders.page.page import Page
from spiders.sources.unmatched import listing_matches

LEAST_BEFORE: Final = 3
"""Minimum number of items of an earlier listing. A page without any of them is another page."""

LISTING_REPLACED_MESSAGE: Final = (
    "none of the {count} releases that it listed is on it, nor any date: it shows something else,"
    " and nothing of it is taken (if that is the list now, write its url or listing.link into the"
    " source file)"
)

LISTING_MOVED_MESSAGE: Final = (
    "the listing leads to another site now, {place}: nothing of it is taken (if it has moved there,"
    " write the new address into the source file)"
)

ROUTED: Final = (
    "only scripts show its releases, at addresses such as {url}: write render = true;"
    " what is stored stays as it is"
)

BARRED: Final = "{says}; what is stored stays as it is"

PASSED: Final = (
    "a row of the listing without a date was passed over, as its link leads elsewhere than the"
    " others' (if it is a release, write listing.link in the source file)"
)


def read_listing_response(response: Response, visit: Visit) -> Listing:
    """Return the listing in a response, and report skipped rows. Raises NoListing.

    The listing is stored for later 304 responses.
    """
    listing = _read(response, visit)
    visit.place = visit.place or listing.place
    unchanged = response.status == HTTPStatus.NOT_MODIFIED
    visit.gone.add_listing(requested_url(response), listing, unchanged=unchanged)
    for url in listing.passed:
        visit.report.error(url, "date", PASSED)
    return listing


def is_another(listing: Listing, before: Listing) -> bool:
    """Whether a page is no longer the list of dated releases that it was.

    Such a page has no dates, and none of the earlier addresses and titles. For example, it is a
    parked domain, a consent page or a menu.
    """
    dated = sum(item.published is not None for item in before.items)
    if len(before.items) < LEAST_BEFORE or dated * 2 < len(before.items):
        return False
    if any(item.published for item in listing.items):
        return False
    titles = {clean_line(item.title).casefold() for item in before.items}
    return not any(clean_line(item.title).casefold() in titles for item in listing.items)


def is_index(listing: Listing, page: Page, before: Listing | None) -> bool:
    """Whether a page without releases links to archives that list them, such as years.

    A page that listed releases ``before``, or that is filled by scripts, is not an index.
    """
    if listing.items or needs_scripts(page):
        return False
    return bool(listing.archives) and not (before and before.items)


def is_known(listing: Listing, visit: Visit) -> bool:
    """Whether any release on a listing is stored."""
    return bool(visit.store.ids_at(visit.id, [canonical_url(item.url) for item in listing.items]))


def listing_moved(url: str) -> NoListing:
    """Return the error for a listing that redirects to a page of its site without a list."""
    return NoListing("moved", f"the listing leads to {url}, where no release was found")


def redirected_elsewhere(response: Response, visit: Visit) -> NoListing:
    """Return the error for a listing that redirects to another site.

    Another site may have another publisher. Many sites have their logins on another site.
    """
    if response.status == HTTPStatus.OK:
        page = page_of(response)
        barrier = barrier_in(page)
        if barrier and not read_listing(page, visit.reader.dates, visit.file.listing).items:
            return NoListing(f"blocked:{barrier.kind}", BARRED.format(says=barrier.says))
    return NoListing("redirect", LISTING_MOVED_MESSAGE.format(place=response.url))


def nothing_listed(listing: Listing, page: Page, response: Response, visit: Visit) -> NoListing:
    """Return the error for a page without a list, with the reason."""
    if barrier := barrier_in(page):
        return NoListing(f"blocked:{barrier.kind}", BARRED.format(says=barrier.says))
    if apology := apology_in(page):
        return NoListing("soft-404", f"{apology.says}; what is stored stays as it is")
    if was_redirected(response):
        return listing_moved(response.url)
    why = "; ".join(listing.reasons) or "nothing on it looks like a list of releases"
    if not visit.file.render and needs_scripts(page):
        why = "it is empty without a browser, as scripts fill it: write render = true"
    return NoListing(
        "selector:listing" if listing.rule == DECLARED else "empty",
        f"no release was found on the listing ({why}); what is stored stays as it is",
        empty=listing,
    )


def _unusable(listing: Listing, page: Page, response: Response, visit: Visit) -> NoListing | None:
    """Return the error for a listing page that can't be collected, or None."""
    if not listing.items:
        return nothing_listed(listing, page, response, visit)
    if not visit.file.render and shown_by_route(item.url for item in listing.items):
        return NoListing("empty", ROUTED.format(url=listing.items[0].url), empty=None)
    return None


def _read(response: Response, visit: Visit) -> Listing:
    url = requested_url(response)
    if is_elsewhere(response.url, [url]):
        raise redirected_elsewhere(response, visit)
    visit.facts.certificate_end = certificate_end(response)
    if response.status == HTTPStatus.NOT_MODIFIED:
        kept = visit.store.cached_listing(url, visit.scope.listing_rules)
        if kept is None:
            raise NoListing("http:304", UNREQUESTED_304)
        listing = msgspec.json.decode(kept, type=Listing)
        visit.facts.add_listing(url, response.url, listing, None)
        return listing
    if response.status >= HTTPStatus.BAD_REQUEST:
        kind, said = refusal(response.status, page_of(response))
        raise NoListing(kind, f"the listing {said}", status=response.status)
    visit.check_page(response.url)
    page = page_of(response)
    visit.reader.learn_day_order(page)
    visit.feed_hubs.read_listing(url, page, links_of(response))
    is_first = any(walk.start == url for walk in visit.frontier.walks.values())
    if is_first and url == visit.file.url:
        visit.facts.unmatched.note(listing_matches(page, visit.file.listing))
    kept = visit.store.cached_listing(url, visit.scope.listing_rules) if is_first else None
    before = msgspec.json.decode(kept, type=Listing) if kept else None
    listing = read_listing(page, visit.reader.dates, visit.file.listing, place=visit.place)
    error = _unusable(listing, page, response, visit)
    if error and not (is_first and error.kind == "empty" and is_index(listing, page, before)):
        raise error
    listing = with_stored_addresses(listing, visit)
    if before and is_another(listing, before) and not is_known(listing, visit):
        if was_redirected(response):
            raise listing_moved(response.url)
        raise NoListing("replaced", LISTING_REPLACED_MESSAGE.format(count=len(before.items)))
    visit.facts.add_listing(url, response.url, listing, before)
    # Only the first page of a listing is requested with conditions and reused.
    kept_listing = listing if is_first else replace(listing, form=None)
    text = msgspec.json.encode(kept_listing).decode()
    visit.store.cache_listing(
        visit.id, url, visit.scope.listing_rules, text, validator_of(response)
    )
    return listing
