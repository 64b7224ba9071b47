"""Unpacks the bodies of answers, up to a bound, and keeps nothing of what is larger."""

from __future__ import annotations

from typing import Final

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

TOO_LARGE: Final = "its answer is larger than [network] max_bytes allows when it is unpacked"


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's own, but for what it keeps of an answer that is too large.

    Its error holds the frames that unpacked the answer, and these hold all that was unpacked: 20 MB
    for each such answer, until garbage is looked for.
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """The answer with its body unpacked. Raises IgnoreRequest where that is too large."""
        del spider  # Scrapy no longer hands it over
        try:
            return super().process_response(request, response)
        except IgnoreRequest:
            pass
        # Raised out here, it holds no frame that the other one held.
        raise IgnoreRequest(TOO_LARGE)
