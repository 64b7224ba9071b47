"""The interface of the fetcher that discovery uses, and the addresses that are never fetched."""

from __future__ import annotations

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

WEB = re.compile(r"https?://", re.IGNORECASE)
OTHER = re.compile(r"[a-z][a-z0-9+.-]+://|(?:data|javascript|mailto):", re.IGNORECASE)
"""Patterns of the beginning of addresses: of web addresses (WEB), and of other addresses, which are
never fetched (OTHER)."""

NEVER_FETCHED = "only http:// and https:// are fetched"


class NotFetched(CommuniqueError):
    """Raised for a page that could not be fetched."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(masked(f"{url} could not be read: {why}"))
        self.url = url
        self.why = why


class Fetcher(Protocol):
    """Fetches pages with the same rules as a visit."""

    def fetch(self, urls: Iterable[str]) -> tuple[FetchResult, ...]:
        """Return the responses from these addresses, in order.

        Raises NotFetched if all requests fail.
        """

    def page(self, url: str) -> Page:
        """Fetch one page. Raises NotFetched if the request fails."""


class OpenFetcher(Protocol):
    """Opens a Fetcher for a ``with`` block.

    If ``render`` is true, pages are loaded in a browser.
    """

    def __call__(self, *, render: bool = False) -> AbstractContextManager[Fetcher]:
        """Return the Fetcher as a context manager."""
