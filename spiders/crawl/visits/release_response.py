"""Check the response for a release page, and record its draft together with other drafts."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from scrapy.http import Response

from data.models import Link
from data.network.hosts import is_elsewhere
from spiders.barriers.challenges import error_status
from spiders.crawl.drafts.release_reader import PageDraft
from spiders.crawl.listings.linked_releases import is_certain
from spiders.crawl.page_errors import NotARelease
from spiders.crawl.visits.visit import Visit
from spiders.download.responses import page_of
from spiders.download.signing import clock_note
from spiders.page.links import url_pattern

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
