"""Check the response for a release page, and create the drafts of releases that share a page."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from scrapy.http import Response

from data.models import Capture, Draft, Link
from data.network.hosts import is_elsewhere
from data.text.clean import clean_line
from data.text.urls import page_address, part_fragment
from spiders.barriers import error_status
from spiders.crawl.drafts.release_reader import PageDraft
from spiders.crawl.listings.linked_releases import is_certain
from spiders.crawl.page_errors import NotARelease
from spiders.crawl.visits.visit import Visit
from spiders.download.capture import capture_of
from spiders.download.responses import page_of
from spiders.download.signing import clock_note
from spiders.download.truncation import end_of
from spiders.items import Listing, ListingItem
from spiders.listing.read import PAGE_PARTS
from spiders.page.links import url_pattern
from spiders.page.page import Page
from spiders.page_parts.find_parts import find_parts, text_fragment

MAX_WAIT_SECONDS: Final = 0.5
"""Maximum time in seconds for which a draft waits to be recorded together with others."""

MAX_CONFIRMATION_WAIT_SECONDS: Final = 60.0
"""Maximum delay in seconds before an unchanged release is recorded as checked. If the process is
killed before that, the next visit requests the release again.
"""

RELEASE_MOVED_MESSAGE: Final = (
    "the page now redirects to another site, {url}, so the stored release was not updated. If the"
    " press room has moved there, set url in the source file"
)

PAGE_MOVED_MESSAGE: Final = (
    "the page redirects to another site, {url}, so it was not recorded. If the page has moved"
    " there, set url in the source file"
)

REDIRECT_TO_LISTING_MESSAGE: Final = "the page redirects to {url}, which is not a release"

GONE_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def report_status(response: Response, visit: Visit) -> None:
    """Report the error status of a response."""
    kind, message = error_status(response.status, page_of(response))
    visit.report.error(response.url, kind, f"the server {message}{clock_note(response)}")


def moved_message(visit: Visit, url: str, answered: str) -> str:
    """Return why a page that redirects to ``answered`` can't be recorded, or "" if it can."""
    if visit.file.is_page:
        return PAGE_MOVED_MESSAGE.format(url=answered) if is_elsewhere(answered, [url]) else ""
    moved = visit.stored.redirects_elsewhere(url, answered, visit.scope.entry_urls)
    return RELEASE_MOVED_MESSAGE.format(url=answered) if moved else ""


def linked_draft(response: Response, visit: Visit, link: Link) -> PageDraft | None:
    """Return the draft of a linked page if the page is certainly a release."""
    if response.status != HTTPStatus.OK or url_pattern(response.url) != url_pattern(link.url):
        return None
    with suppress(NotARelease):
        read = visit.draft(response, None)
        if is_certain(read.draft.content, link, visit.store.sections(visit.id)):
            return read
    return None


def flush_later(visit: Visit, *, is_same: bool) -> None:
    """Schedule the pending writes of a visit.

    They are executed later if the visit's last page is unchanged (``is_same``).
    """
    seconds = MAX_CONFIRMATION_WAIT_SECONDS if is_same else MAX_WAIT_SECONDS
    if last := visit.recorder.last:
        asyncio.get_running_loop().call_later(seconds, visit.recorder.flush, last)


def part_drafts(response: Response, visit: Visit, listing: Listing | None) -> Iterator[Draft]:
    """Yield drafts of the releases whose full texts are on the listing page itself.

    If the server reports the page as unchanged, its stored releases are confirmed instead.
    """
    if listing is None or listing.rule != PAGE_PARTS:
        return
    visit.requested.claim(page_address(response.url))
    capture = capture_of(response)
    if response.status != HTTPStatus.NOT_MODIFIED:
        yield from drafts_of(page_of(response), listing, visit, capture)
        return
    for item in listing.items:
        if visit.stored.id_at(item.url) is not None:
            visit.requested.claim(item.url)
            visit.add_request(item.url, known=True)
            visit.confirm(item.url, capture)


def with_stored_addresses(listing: Listing, visit: Visit) -> Listing:
    """Return a listing in which each stored release has its stored URL.

    Many systems number the parts of a page from the top, so a new part gets the id of an older
    part. Releases are therefore identified by title and day.
    """
    if listing.rule != PAGE_PARTS:
        return listing
    page = page_address(listing.url)
    found = map(visit.stored.at, visit.store.parts_of_page(visit.id, page))
    stored = {
        (clean_line(one.content.title).casefold(), one.published.day): one.url
        for one in found
        if one
    }
    names = [_name_of(item) for item in listing.items]
    taken = {url for name, url in stored.items() if name in names}
    items = []
    for name, item in zip(names, listing.items, strict=True):
        url = item.url
        if name in stored:
            url = stored[name]
        elif url in taken:
            url = f"{page}#{text_fragment(item.title)}"
        items.append(replace(item, url=url))
    return replace(listing, items=tuple(items))


def _name_of(item: ListingItem) -> tuple[str, dt.date | None]:
    day = item.published.day if item.published else None
    return clean_line(item.title).casefold(), day


def drafts_of(
    page: Page, listing: Listing, visit: Visit, capture: Capture | None
) -> Iterator[Draft]:
    """Yield drafts of the releases that are parts of a page, in listing order.

    Stored releases that are missing from the page count as gone, unless the page is truncated.
    """
    items = {item.url for item in listing.items}
    known = visit.store.parts_of_page(visit.id, page_address(page.url))
    for part, item in zip(find_parts(page, visit.reader.dates), listing.items, strict=False):
        visit.requested.claim(item.url)
        is_known = visit.stored.id_at(item.url) is not None
        visit.add_request(item.url, known=is_known)
        yield visit.reader.draft_part(page, replace(part, url=item.url), item, capture)
    if page.is_cut or end_of(page.body) == "cut":
        return
    for url in known:
        if url not in items and part_fragment(url):
            visit.add_request(url, known=True)
            visit.add_missing(url, HTTPStatus.GONE, capture)
