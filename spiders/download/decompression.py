"""Decompress response bodies within a size limit, and flag truncated streams."""

from __future__ import annotations

from typing import Final

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from data.archive.content_coding import TooLarge, is_flushed, unpack

TOO_LARGE: Final = "its decompressed response is larger than [network] max_bytes"

ENDED: Final = "stream-ended"
ENDED_EARLY: Final = "stream-ended-early"
FLUSHED: Final = "stream-flushed"
"""Flags of a decompressed response.

ENDED: its stream is complete. ENDED_EARLY: it is not. FLUSHED: it is not, but the server flushed
it, so that everything sent until then was decompressed."""


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Requests compressed bodies like Scrapy's middleware, but uses other decoders.

    Scrapy's decoders return the beginning of an incomplete stream without reporting it.
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return the response with a decompressed body and a flag.

        Raises IgnoreRequest if the body is too large, and Undecodable if it is broken.
        """
        del spider  # Scrapy no longer passes it
        codings = response.headers.getlist("Content-Encoding")
        if request.method == "HEAD" or not codings:
            return response
        found, left = self._split_encodings(codings)
        try:
            body, is_whole = unpack(response.body, names_of(found), self._max_size)
        except TooLarge:
            # The error refers to the frames that unpacked the body, and so to the body.
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
        if found and is_whole:
            flags = [*flags, ENDED]
        elif found:
            is_all = is_flushed(response.body, names_of(found), len(body))
            flags = [*flags, FLUSHED if is_all else ENDED_EARLY]
        if issubclass(kind, TextResponse):
            return response.replace(cls=kind, body=body, flags=flags, encoding=None)
        return response.replace(cls=kind, body=body, flags=flags)


def names_of(codings: list[bytes]) -> str:
    """Return codings as in a header field, the outermost first."""
    return ", ".join(coding.decode("latin-1") for coding in reversed(codings))
