"""Follows pages that lead elsewhere by a ``meta`` element, and decodes no others for it."""

from __future__ import annotations

from typing import Final

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.http import Response

HEAD: Final = 16_384
"""Bytes of a page in which its first 4,096 characters lie, which is where Scrapy looks."""


class RefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy's own, which decodes every page to look for what few of them have."""

    def process_response(  # type: ignore[override]  # Scrapy no longer gives a spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """The page, or a request for the one that it leads to."""
        head = response.body[:HEAD].lower()
        # In UTF-16 each letter has a zero beside it.
        if b"refresh" in head or b"\x00" in head:
            return super().process_response(request, response)
        return response
