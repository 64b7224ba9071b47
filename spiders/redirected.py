"""Asks without a condition where a redirect leads: what was kept is of another address."""

from __future__ import annotations

from typing import Final

from scrapy import Request

CONDITIONS: Final = ("If-None-Match", "If-Modified-Since")


class RedirectedMiddleware:
    """Takes the conditions off a request that was redirected.

    A 304 would be of no use: a tag may be the same at both addresses, or a date say nothing of
    another page, and the move itself would never be seen.
    """

    def process_request(self, request: Request) -> None:
        """Let a request pass; without conditions if another address led to it."""
        if request.meta.get("redirect_urls"):
            for name in CONDITIONS:
                request.headers.pop(name, None)
