"""Detect truncated responses and request them again. If they stay truncated, the request fails.

A response is truncated in three cases:

- The compressed stream ended early.
- The server sent a part that nobody requested (206).
- The connection closed before the announced end.

Some responses do not show whether they are complete: the server announced no length, flushed its
stream without ending it, or sent a 206 without a total length. Such a body must end as its format
requires, or several visits must receive the same text.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec
from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import ResponseDataLossError

from data.clock import utc_now
from spiders.download.downloader import VISIT, LimitedVisit
from spiders.download.size_limits import ENDED, ENDED_EARLY, FLUSHED

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

NO_LENGTH: Final = "partial"
"""Scrapy's flag for a response without an announced length whose connection closed."""

DATA_LOSS_FLAG: Final = "dataloss"
"""Scrapy's flag for a response whose connection closed before the announced end."""

STOPPED: Final = "download_stopped"
"""Scrapy's flag for a response whose download this program stopped."""

ENDING: Final = "ending"
"""Key in a request's ``meta`` for the `Ending` of the previous attempt's response."""

MARK_BYTES: Final = 256
"""Number of bytes at the end of a body that are compared between two attempts."""

LOOSE_CHARACTERS: Final = 256
"""Number of characters at the end of a text that may differ between visits, such as a request
id."""

MIN_VISITS: Final = 3
"""Minimum number of consecutive visits with the same text for a response with an uncertain end to
be accepted."""

TAIL_BYTES: Final = 2_048
"""Number of bytes at the end of a body that are searched for the end marker of its format."""

HEAD_BYTES: Final = 4_096
"""Number of bytes at the start of a document that are searched for its root element."""

ROOT: Final = re.compile(rb"<([A-Za-z_][\w:.-]{0,60})")
HTML_START: Final = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
HTML_END: Final = re.compile(rb"</(?:html|body)\b", re.IGNORECASE)
NOT_MARKUP: Final = re.compile(
    rb"<!--(?:-?>|.*?(?:--!?>|\Z))|<(script|style)\b.*?(?:</\1[^>]*>?|\Z)",
    re.IGNORECASE | re.DOTALL,
)
"""Pattern that matches comments, scripts and styles. Tags inside them are ignored."""

TAGS: Final = re.compile(rb"(?:<[^>]*>?|\s)+")

CHANGING_PARTS: Final = re.compile(rb"[0-9a-f]{4,}|\d+", re.IGNORECASE)
"""Pattern of digits and hexadecimal numbers, such as times and ids, which may differ in each
response."""

END_MARKERS: Final = (
    (b"%PDF-", b"%%EOF"),
    (b"\x89PNG", b"IEND"),
    (b"\xff\xd8\xff", b"\xff\xd9"),
    (b"GIF8", b"\x3b"),
    (b"PK\x03\x04", b"PK\x05\x06"),
)
"""First bytes of files in some formats, and the end marker of complete files."""

PACKED: Final = "the server ended its compressed response early, so a part of it is missing"
PARTIAL_RESPONSE: Final = (
    "the server sent only a part of the response (206), though all of it was requested"
)
UNENDED: Final = (
    "the connection closed before the end of the response, whose length the server did not"
    " announce; if the next visit finds the same end, the response is accepted"
)
UNSURE: Final = (
    "nothing shows that the response is complete; it is accepted once"
    f" {MIN_VISITS} visits have found the same text"
)
ACCEPTED: Final = (
    "some responses do not show whether they are complete; they were accepted because"
    f" {MIN_VISITS} earlier visits found the same text"
)


class TruncatedResponse(Exception):
    """Raised if a response is truncated. The message is a sentence."""

    kind: Final = "truncated"


class TruncationMiddleware:
    """Scrapy middleware that requests truncated responses again, a limited number of times.

    Truncated error responses and redirects are accepted, because their bodies are not needed.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TruncationMiddleware:
        """Create the middleware for a crawl. The crawl's spider must have a ``memory``."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the response if it is complete, or else a request for another attempt.

        Raises TruncatedResponse after the last attempt, and ResponseDataLossError if the connection
        was lost.
        """
        if request.method == "HEAD" or STOPPED in response.flags:
            return response
        if failure := failure_of(response):
            if again := self._again(request):
                return again
            raise failure
        is_unsure_part = False
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            is_unsure_part = part_of(response) == "unknown"
            response = response.replace(status=int(HTTPStatus.OK))
        is_unsure = is_unsure_part or FLUSHED in response.flags
        has_end = NO_LENGTH not in response.flags or ENDED in response.flags
        if not is_good(response) or (has_end and not is_unsure):
            return response
        return self._ended(request, response, is_unsure=is_unsure)

    def _again(self, request: Request, ending: Ending | None = None) -> Request | None:
        """Return a request for another attempt, or None after the last attempt."""
        spider = self._crawler.spider
        assert spider is not None  # noqa: S101 - a crawl has one
        again = get_retry_request(request, spider=spider, reason=TruncatedResponse.__name__)
        if again:
            again.meta[ENDING] = ending._replace(text=b"") if ending else None
        return again

    def _ended(
        self, request: Request, response: Response, *, is_unsure: bool
    ) -> Request | Response:
        """Return a response if it is complete, or else a request for another attempt.

        This is decided by the end of the body, or else by earlier attempts and visits. If the
        server announced no length, a body is accepted in the second visit that finds the same end.
        If there are more signs of truncation (``is_unsure``), the same end is not enough. Raises
        TruncatedResponse after the last attempt.
        """
        end = end_of(response.body)
        if end == "complete" and (response.body or not is_unsure):
            return response
        ending = Ending.of(response.body)
        previous: Ending | None = request.meta.get(ENDING)
        # A robots.txt, whose visit is in its ``meta``, is not compared with earlier visits.
        visit: LimitedVisit | None = request.cb_kwargs.get(VISIT)
        memory = self._crawler.spider.memory  # type: ignore[union-attr]  # each of ours has one
        known = Ending.decoded((memory.unconfirmed(request.url) or ("",))[0]) if visit else None
        if visit and known and known.visits >= MIN_VISITS and ending.continues(known):
            memory.keep_unconfirmed(request.url, ending.encoded(known.visits), utc_now())
            visit.report.note(ACCEPTED)
            return response
        if not is_unsure:
            is_same = previous is not None and previous.mark == ending.mark
            if is_same and (end == "unknown" or not visit):
                return response
            if previous and not visit and ending.continues(previous):
                return response
            if known and known.mark == ending.mark:
                return response
        if again := self._again(request, ending):
            return again
        if visit:
            visits = known.visits if known and ending.continues(known) else 0
            memory.keep_unconfirmed(request.url, ending.encoded(visits + 1), utc_now())
        raise TruncatedResponse(UNSURE if is_unsure else UNENDED)


class Ending(NamedTuple):
    """The end of a body, for comparison with later responses from the same URL.

    - ``mark``: digest of the last bytes
    - ``size``: number of characters in the text
    - ``start``: digest of the text without its last characters
    - ``visits``: number of consecutive visits with this text
    """

    mark: str
    size: int
    start: str
    visits: int
    text: bytes = b""

    @classmethod
    def of(cls, body: bytes) -> Ending:
        """Return the `Ending` of a body."""
        text = CHANGING_PARTS.sub(b"0", TAGS.sub(b" ", NOT_MARKUP.sub(b"", in_ascii(body))))
        return cls(end_digest(body), len(text), text_digest(text[: kept_size(len(text))]), 0, text)

    @classmethod
    def decoded(cls, stored: str) -> Ending:
        """Decode the result of `encoded`. Values from earlier versions contain only the mark."""
        mark, _, rest = stored.partition(" ")
        size, start, visits = rest.split(" ") if rest else ("0", "", "0")
        return cls(mark, int(size), start, int(visits))

    def encoded(self, visits: int) -> str:
        """Encode this ending for the store, with the number ``visits`` and without its text."""
        return f"{self.mark} {self.size} {self.start} {visits}"

    def continues(self, known: Ending) -> bool:
        """Whether this text and a known text differ only in their last characters."""
        if not known.size or abs(self.size - known.size) > LOOSE_CHARACTERS:
            return False
        return text_digest(self.text[: kept_size(known.size)]) == known.start


def kept_size(size: int) -> int:
    """Return how many characters at the start of a text must be equal in each visit.

    This is at least half of ``size``, the length of the text.
    """
    return max(size - LOOSE_CHARACTERS, (size + 1) // 2)


def text_digest(text: bytes) -> str:
    """Return a digest of a text, for comparison."""
    return blake2b(text, digest_size=16).hexdigest()


def is_good(response: Response) -> bool:
    """Whether a response has a success status, so that its body matters."""
    return HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES


def failure_of(response: Response) -> Exception | None:
    """Return the error for a response that is certainly truncated, or None."""
    if DATA_LOSS_FLAG in response.flags:
        return ResponseDataLossError()
    if response.status == HTTPStatus.PARTIAL_CONTENT and part_of(response) == "part":
        return TruncatedResponse(PARTIAL_RESPONSE)
    is_packed = ENDED_EARLY in response.flags and is_good(response)
    return TruncatedResponse(PACKED) if is_packed else None


def part_of(response: Response) -> Literal["all", "part", "unknown"]:
    """Return whether a 206 response contains the whole resource (RFC 9110, 14.4).

    The result is "all", "part", or "unknown" (if the response may begin with the first byte but has
    no total length).
    """
    field = response.headers.get("Content-Range") or b""
    kind = response.headers.get("Content-Type") or b""
    if not field.strip() and not kind.lower().startswith(b"multipart/byteranges"):
        return "unknown"
    found = re.fullmatch(rb"\s*bytes\s+0-(\d{1,18})/(\d{1,18}|\*)\s*", field)
    if found is None:
        return "part"
    if found[2] == b"*":
        return "unknown"
    return "all" if int(found[1]) + 1 == int(found[2]) else "part"


def end_digest(body: bytes) -> str:
    """Return a digest of the last bytes of a body.

    It is the same for bodies that differ only in times and ids.
    """
    return text_digest(CHANGING_PARTS.sub(b"0", body[-4 * MARK_BYTES :])[-MARK_BYTES:])


def in_ascii(body: bytes) -> bytes:
    """Return a body in an encoding in which tags are ASCII: UTF-16 is converted to UTF-8."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace").encode()
    if body.startswith((b"<\0", b"\0<")):
        return body.decode("utf-16-le" if body[0] else "utf-16-be", "replace").encode()
    return body


def end_of(body: bytes) -> Literal["complete", "cut", "unknown"]:
    """Return whether a body is complete or cut, judging by the end marker of its format.

    The result is "unknown" for a format without an end marker. Anything after the end of an HTML
    document is ignored.
    """
    tail = body[-TAIL_BYTES:]
    for magic, end in END_MARKERS:
        if body.startswith(magic):
            return "complete" if end in tail else "cut"
    text = in_ascii(body).lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"{", b"[")):
        try:
            msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "cut"
        return "complete"
    markup = NOT_MARKUP.sub(b"", text)
    head = markup[:HEAD_BYTES]
    if HTML_START.search(head):
        return "complete" if HTML_END.search(markup) else "cut"
    if text.startswith(b"<"):
        root = ROOT.search(head)
        end_tag = b"</" + root[1].lower() if root else b"</body"
        return "complete" if end_tag in markup[-TAIL_BYTES:].lower() else "cut"
    return "unknown" if text else "complete"
