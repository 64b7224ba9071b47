"""The interface for fetching pages during discovery, and patterns of URLs."""

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from data.errors import CommuniqueError
from data.text.masking import masked
from spiders.download.fetch_spider import FetchResult
from spiders.page.page import Page

StatusReporter: TypeAlias = Callable[[str], None]
"""Function that shows a progress message to the user."""

WEB_URL = re.compile(r"https?://", re.IGNORECASE)
"""Pattern of the start of a web URL."""

OTHER_URL = re.compile(r"[a-z][a-z0-9+.-]+://|(?:data|javascript|mailto):", re.IGNORECASE)
"""Pattern of the start of a URL. Matching URLs that don't match `WEB_URL` are never fetched."""

NEVER_FETCHED = "only http:// and https:// are fetched"


class NotFetched(CommuniqueError):
    """Raised if the page could not be fetched."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(masked(f"{url} could not be read: {why}"))
        self.url = url
        self.why = why


class Fetcher(Protocol):
    """Fetches pages, with the same rules as a visit."""

    def fetch(self, urls: Iterable[str]) -> tuple[FetchResult, ...]:
        """Request several URLs, and return the results in the same order.

        Raises NotFetched if all requests fail.
        """

    def page(self, url: str) -> Page:
        """Fetch one page. Raises NotFetched if the request fails."""
        (answer,) = self.fetch([url])
        if answer.page is None:
            raise NotFetched(url, answer.why)
        return answer.page


class OpenFetcher(Protocol):
    """Opens a `Fetcher` for a ``with`` block.

    If ``render`` is true, a browser loads the pages.
    """

    def __call__(self, *, render: bool = False) -> AbstractContextManager[Fetcher]:
        """Return a context manager that opens a `Fetcher`."""
