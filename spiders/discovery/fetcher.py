"""What discovery asks of whoever fetches pages for it: a Protocol, and what is never fetched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from data.errors import CommuniqueError
from data.text.redaction import redacted
from spiders.download.fetch_spider import FetchResult
from spiders.page.page import Page

StatusReporter: TypeAlias = Callable[[str], None]
"""Tells a person what is being done."""

WEB = re.compile(r"https?://", re.IGNORECASE)
OTHER = re.compile(r"[a-z][a-z0-9+.-]+://|(?:data|javascript|mailto):", re.IGNORECASE)
"""How an address begins that is fetched, and one of another kind, which never is."""

NEVER_FETCHED = "only http:// and https:// are fetched"


class NotFetched(CommuniqueError):
    """A page could not be fetched."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(redacted(f"{url} could not be read: {why}"))
        self.url = url
        self.why = why


class Fetcher(Protocol):
    """Fetches pages with the manners of a visit."""

    def fetch(self, urls: Iterable[str]) -> tuple[FetchResult, ...]:
        """The answers to these addresses, in their order. Raises NotFetched where none can be."""

    def page(self, url: str) -> Page:
        """One page. Raises NotFetched."""


class OpenFetcher(Protocol):
    """Opens a Fetcher for the length of a ``with`` block; with ``render`` pages pass a browser."""

    def __call__(self, *, render: bool = False) -> AbstractContextManager[Fetcher]:
        """The Fetcher, as a context manager."""
