"""Responses that were cut: they are failed requests, and nothing is made of them.

A response was cut if the stream of its content coding ends early, if the server sent a part that
nobody requested (206), or if the connection closed before its announced end. If the server
announced no length, the closed connection is its only end: then the body must end as bodies of its
format do, or end in the same way in a second visit.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import ResponseDataLossError

from data.clock import utc_now
from spiders.download.decompression import ENDED, ENDED_EARLY

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

NO_LENGTH: Final = "partial"
LOST: Final = "dataloss"
STOPPED: Final = "download_stopped"
"""Flags that Scrapy gives a response: no length was announced and the connection closed; the
connection closed before the announced end; we stopped reading."""

END_MARK: Final = "end_mark"
"""The key in a request's meta of how the body of the attempt before ended."""

MARK_BYTES: Final = 256
TAIL_BYTES: Final = 2_048
"""Bytes of the end of a body: by which two attempts are compared, and in which its format ends."""

HEAD_BYTES: Final = 4_096
"""Bytes of a document in which its root element begins."""

ROOT: Final = re.compile(rb"<([A-Za-z_][\w:.-]{0,60})")
DIGITS: Final = re.compile(rb"\d+")

ENDS: Final = (
    (b"%PDF-", b"%%EOF"),
    (b"\x89PNG", b"IEND"),
    (b"\xff\xd8\xff", b"\xff\xd9"),
    (b"GIF8", b"\x3b"),
    (b"PK\x03\x04", b"PK\x05\x06"),
)
"""How files of some formats begin, and what is in their last bytes."""

PACKED: Final = "the server ended its packed response early, so a part of it is missing"
PART: Final = "the server sent only a part of the response (206), though all of it was requested"
UNENDED: Final = (
    "the connection closed before the end of the response, whose length the server did not"
    " announce; if the next visit finds the same end, the response is accepted"
)


class TruncatedResponse(Exception):
    """A response was cut; the message is a sentence, ``kind`` a short code."""

    kind = "truncated"


class TruncationMiddleware:
    """Requests again what was cut, and fails the request if it is cut again.

    A response whose status reports a failure or a redirect may be cut: its body is not needed.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TruncationMiddleware:
        """The middleware of a crawl, whose spider has a memory."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """A response that is whole, or a request for another attempt.

        Raises TruncatedResponse, and ResponseDataLossError if the connection was lost.
        """
        if request.method == "HEAD" or STOPPED in response.flags:
            return response
        if failure := failure_of(response):
            if again := self._again(request):
                return again
            raise failure
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            response = response.replace(status=int(HTTPStatus.OK))
        has_end = NO_LENGTH not in response.flags or ENDED in response.flags
        return response if has_end or not is_good(response) else self._ended(request, response)

    def _again(self, request: Request, mark: str = "") -> Request | None:
        """A request for another attempt, or None after the last one."""
        spider = self._crawler.spider
        assert spider is not None  # noqa: S101 - a crawl has one
        again = get_retry_request(request, spider=spider, reason=TruncatedResponse.__name__)
        if again:
            again.meta[END_MARK] = mark
        return again

    def _ended(self, request: Request, response: Response) -> Request | Response:
        """Judge a response by its end, since nothing else tells where it was to end."""
        end = end_of(response.body)
        if end == "complete":
            return response
        mark = mark_of(response.body)
        in_visit = "visit" in request.cb_kwargs
        if request.meta.get(END_MARK) == mark and (end == "unknown" or not in_visit):
            return response
        memory = self._crawler.spider.memory  # type: ignore[union-attr]  # each of ours has one
        if in_visit and (memory.unconfirmed(request.url) or ("",))[0] == mark:
            return response
        if again := self._again(request, mark):
            return again
        if in_visit:
            memory.keep_unconfirmed(request.url, mark, utc_now())
        raise TruncatedResponse(UNENDED)


def is_good(response: Response) -> bool:
    """Whether a status reports success, so that the body is needed."""
    return HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES


def failure_of(response: Response) -> Exception | None:
    """Why a response is not whole, as far as it shows by itself; None if it may be whole."""
    if LOST in response.flags:
        return ResponseDataLossError()
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        content_range = response.headers.get("Content-Range") or b""
        if not is_all(content_range):
            return TruncatedResponse(PART)
    is_packed = ENDED_EARLY in response.flags and is_good(response)
    return TruncatedResponse(PACKED) if is_packed else None


def is_all(content_range: bytes) -> bool:
    """Whether a Content-Range field names all bytes of a representation (RFC 9110, 14.4)."""
    found = re.fullmatch(rb"\s*bytes\s+0-(\d{1,18})/(\d{1,18})\s*", content_range)
    return found is not None and int(found[1]) + 1 == int(found[2])


def mark_of(body: bytes) -> str:
    """Names how a body ends; digits count for one another, since some pages end with a time."""
    end = DIGITS.sub(b"0", body[-MARK_BYTES:])
    return blake2b(end, digest_size=16).hexdigest()


def end_of(body: bytes) -> Literal["complete", "cut", "unknown"]:
    """Whether a body ends as its format does; "unknown" if the format has no end of its own."""
    tail = body[-TAIL_BYTES:]
    for magic, end in ENDS:
        if body.startswith(magic):
            return "complete" if end in tail else "cut"
    head = body[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<"):
        root = ROOT.search(head)
        closed = root is not None and b"</" + root[1].lower() in tail.lower()
        return "complete" if closed or b"</body" in tail.lower() else "cut"
    if head.startswith((b"{", b"[")):
        try:
            msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "cut"
        return "complete"
    return "complete" if not head else "unknown"
