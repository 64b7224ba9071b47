"""Convert an exception on one page to an error of that page, so that the visit continues."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from data.errors import PAGE_BUG, ArchiveError, CommuniqueError
from data.health.run_errors import ARCHIVE, BUG, STORE, ErrorKind, SlowPage
from data.text.clean import allowed
from data.text.masking import masked
from spiders.items import Listing

ReportError: TypeAlias = Callable[[str, ErrorKind, str], None]
"""Function that reports an error, given a URL, an error kind and a sentence."""

CRAWL_BUG: Final = f"{PAGE_BUG} with the traceback in crawl.log"

UNREQUESTED_304: Final = "the server responded with 304 (not modified) to an unconditional request"

MAX_ERROR_LENGTH: Final = 500
"""Maximum length in characters of an unexpected error's message, which may quote a whole page."""

log = logging.getLogger(__name__)


class PageError(CommuniqueError):
    """Raised if a page can't be processed.

    ``kind`` is a short code, and the message is a sentence.
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class BadAddress(PageError):
    """Raised if a URL on a page can't be requested, for example because of the port 99999."""

    def __init__(self, cause: ValueError) -> None:
        super().__init__("refused", f"the address can't be requested ({cause})")


class NotARelease(PageError):
    """Raised if a page is not a release."""


class MissingRelease(NotARelease):
    """Raised if a page has a success status but reports itself as not found."""

    def __init__(self, message: str) -> None:
        super().__init__("soft-404", message)


class NoListing(PageError):
    """Raised if a response contains no listing.

    ``empty`` is the page's listing if it was extracted but has no items. ``status`` is the status
    of an error response.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        empty: Listing | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(kind, message)
        self.empty = empty
        self.status = status


def reported_url(url: str) -> str:
    """Return a URL without secrets, for use in error messages."""
    return masked(allowed(url))


@contextmanager
def page_errors(url: str, report_error: ReportError) -> Iterator[None]:
    """Report any exception in the ``with`` block as an error of the page at ``url``."""
    try:
        yield
    except (PageError, SlowPage) as error:
        report_error(url, error.kind, str(error))
    except ArchiveError as error:
        report_error(url, ARCHIVE, str(error))
    except CommuniqueError as error:
        report_error(url, STORE, str(error))
    except Exception as error:
        log.exception("the page at %s could not be processed", url)
        report_error(
            url, BUG, f"{CRAWL_BUG} ({type(error).__name__}: {str(error)[:MAX_ERROR_LENGTH]})"
        )
