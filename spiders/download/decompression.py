"""Unpacks the bodies of responses within a bound, and marks those whose stream ended early."""

from __future__ import annotations

from typing import Final

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from data.archive.content_coding import TooLarge, Unpacked, is_flushed, unpack

TOO_LARGE: Final = "its answer is larger than [network] max_bytes allows when it is unpacked"

ENDED: Final = "stream-ended"
ENDED_EARLY: Final = "stream-ended-early"
FLUSHED: Final = "stream-flushed"
"""Flags of a response that was packed: its stream reached its own end; it did not; it did not, but
the server flushed it, so that all it had written until then was unpacked."""


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Requests packed bodies as Scrapy's own middleware does, and unpacks them with our decoders.

    Scrapy's decoders return what there is of a stream that ends early, and do not report it.
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """The response with its body unpacked and a flag.

        Raises IgnoreRequest if the body is too large, Undecodable if it is broken.
        """
        del spider  # Scrapy no longer passes it
        codings = response.headers.getlist("Content-Encoding")
        if request.method == "HEAD" or not codings:
            return response
        found, left = self._split_encodings(codings)
        try:
            body, is_whole = self._unpacked(response.body, found)
        except TooLarge:
            # The error holds the frames that unpacked the body, and these hold the body.
            body = None
        if body is None:
            raise IgnoreRequest(TOO_LARGE)
        if left:
            self._warn_unknown_encoding(response, left)
            response.headers["Content-Encoding"] = left
        else:
            del response.headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        flags = response.flags
        if found:
            flags = [*flags, ENDED if is_whole else self._early(response.body, found, len(body))]
        if issubclass(kind, TextResponse):
            return response.replace(cls=kind, body=body, flags=flags, encoding=None)
        return response.replace(cls=kind, body=body, flags=flags)

    def _unpacked(self, body: bytes, codings: list[bytes]) -> Unpacked:
        """A body without these codings, the outermost one first."""
        return unpack(body, names_of(codings), self._max_size)

    def _early(self, body: bytes, codings: list[bytes], size: int) -> str:
        """The flag of a stream that did not end, of which ``size`` bytes were unpacked."""
        return FLUSHED if is_flushed(body, names_of(codings), size) else ENDED_EARLY


def names_of(codings: list[bytes]) -> str:
    """Codings, the outermost one first, as a header field writes them."""
    return ", ".join(coding.decode("latin-1") for coding in reversed(codings))
