"""Find the index of a web archive, read it politely, and fetch captures."""

import asyncio
import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode, urljoin

from data.archive.warc.http_head import REDIRECTS
from data.clock import utc_now
from data.errors import CommuniqueError
from data.models.capture import Headers
from data.network.addresses import PrivateAddress
from data.network.client import Outbound, OutboundError, OutboundResponse
from data.network.hosts import is_own_machine
from data.network.http_dates import parse_http_date
from data.network.web_archive_index import (
    EARLIEST,
    IndexedCapture,
    IndexPage,
    parse_cdx,
    parse_timemap,
)
from data.text.masking import masked
from data.text.urls import canonical_url, host_of, is_web
from spiders.download.retry_after import wait_of
from spiders.web_archives.raw_capture import is_payload, original_headers, without_additions

ROWS_PER_PAGE: Final = 5000
"""Number of lines of an index per request."""

MAX_INDEX_PAGES: Final = 400
"""Maximum number of index pages that are read per address."""

MAX_CAPTURES: Final = 1_000_000
"""Maximum number of captures read from an index per address."""

MAX_INDEX_BYTES: Final = 64_000_000
"""Maximum size of one response of an index, in bytes."""

MAX_REDIRECTS: Final = 5
"""Maximum number of redirects per request."""

MAX_ATTEMPTS: Final = 5
"""Maximum number of attempts per request."""

MAX_SEARCH_ATTEMPTS: Final = 2
"""Maximum number of attempts per request while the archive's index is searched."""

RETRY_SECONDS: Final = 5.0
"""Minimum delay in seconds before a request is repeated. It doubles with each attempt."""

MAX_WAIT_SECONDS: Final = 300
"""Maximum wait in seconds that an archive may require with Retry-After. A longer wait ends the
backfill."""

REPLAY_ADDRESS: Final = re.compile(r"/(\d{14})(?:[a-z]{2}_)?/(https?://.*)")
"""Pattern of the time and the original address in the address of a capture."""

CDX, TIMEMAP = "cdx", "timemap"

ENDPOINTS: Final = (
    # A collection of pywb, the Wayback Machine by its host, and by its replay address.
    (CDX, "/cdx", "/"),
    (CDX, "/cdx/search/cdx", "/web/"),
    (CDX, "/../cdx/search/cdx", "/"),
    (TIMEMAP, "/timemap/link/", "/"),
    (TIMEMAP, "/web/timemap/link/", "/web/"),
)
"""Possible indexes of an archive: the kind, the address of the index, and the address below which
captures are shown. Both are relative to the archive's address."""


class WebArchiveError(CommuniqueError):
    """Raised if a web archive can't be used or does not respond."""

    def __init__(self, archive: str, cause: str) -> None:
        super().__init__(f"the web archive {masked(archive)}: {cause}")
        self.archive = archive
        self.cause = cause


class NotAWebArchive(WebArchiveError):
    """Raised if no index of a web archive was found at an address."""

    exit_code = 2


class NoCapture(CommuniqueError):
    """Raised if a web archive did not return the requested capture.

    ``status`` is the status of the captured response if it is an error, otherwise 0.
    """

    def __init__(self, cause: str, status: int = 0) -> None:
        super().__init__(cause)
        self.status = status


@dataclass(frozen=True, slots=True)
class RawCapture:
    """A capture as first stored: the site's response at the time ``at``.

    ``address`` is the address in the archive from which the capture was fetched.
    """

    url: str
    at: dt.datetime
    headers: Headers
    body: bytes
    address: str


class WebArchive:
    """A web archive at an address, such as ``https://web.archive.org`` or a collection of pywb.

    ``delay`` is the minimum time between two requests, in seconds; it does not apply to an archive
    on this machine. A failed request is repeated after ``retry_seconds``. ``requests`` is the
    number of sent requests.
    """

    def __init__(
        self,
        address: str,
        client: Outbound,
        delay: float,
        *,
        retry_seconds: float = RETRY_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address.rstrip("/")
        self.requests = 0
        self._client = client
        self._delay = 0.0 if is_own_machine(address) else delay
        self._retry_seconds = retry_seconds
        self._sleep = sleep
        self._last = 0.0
        self._tries = MAX_SEARCH_ATTEMPTS
        self._kind = ""
        self._index = ""
        self._replay = ""

    def find(self, url: str) -> None:
        """Find the archive's index by searching for ``url`` in possible indexes.

        Raises NotAWebArchive if none exists, and WebArchiveError if the archive does not respond.
        """
        if not is_web(self.address):
            raise NotAWebArchive(
                self.address, "the address of the archive must begin with http:// or https://"
            )
        for kind, index, replay in ENDPOINTS:
            self._kind = kind
            self._index = urljoin(f"{self.address}/", f".{index}")
            self._replay = urljoin(f"{self.address}/", f".{replay}")
            if self._probe(url):
                self._tries = MAX_ATTEMPTS
                return
        raise NotAWebArchive(
            self.address,
            "no CDX server and no Memento TimeMap was found at this address; give the address of"
            " the archive, such as https://web.archive.org, or of a collection of pywb",
        )

    @property
    def has_prefixes(self) -> bool:
        """Whether the index can list the captures of all addresses that begin with a prefix."""
        return self._kind == CDX

    def captures(self, url: str, *, prefix: bool = False) -> Iterator[IndexedCapture]:
        """Yield the captures of an address, or of all addresses that begin with ``url``.

        Raises WebArchiveError if the index is unusable, endless or too large.
        """
        found = self._cdx(url, prefix=prefix) if self._kind == CDX else self._timemaps(url)
        for number, one in enumerate(found):
            if number >= MAX_CAPTURES:
                raise self._too_many(url)
            yield one

    def _too_many(self, url: str) -> WebArchiveError:
        """Return the error of an index that is too large."""
        return self._error(f"the index of {masked(url)} has too many captures")

    def _error(self, cause: str) -> WebArchiveError:
        return WebArchiveError(self.address, cause)

    def fetch(self, capture: IndexedCapture) -> RawCapture:
        """Fetch a capture as first stored.

        Raises NoCapture if the archive returns an error, another capture or another page, and
        WebArchiveError if it does not respond.
        """
        address = self.address_of(capture)
        answer, final = self._ask(address)
        if answer.status == HTTPStatus.NOT_FOUND and capture.memento not in {"", address}:
            answer, final = self._ask(capture.memento)
        if answer.status != HTTPStatus.OK:
            raise NoCapture(
                f"the archive returned status {answer.status} for capture {capture.stamp}",
                answer.status if "memento-datetime" in answer.headers else 0,
            )
        if len(answer.body) >= self._client.max_body:
            raise NoCapture(f"the capture {capture.stamp} is larger than network.max_bytes")
        shown = REPLAY_ADDRESS.search(final)
        if shown and canonical_url(shown[2]) != canonical_url(capture.url):
            raise NoCapture(
                f"the capture {capture.stamp} redirects to a capture of {shown[2][:200]}"
            )
        is_exact = is_payload(capture.digest, answer.body)
        self._check_time(capture, answer, is_exact=is_exact)
        body = answer.body if is_exact else without_additions(answer.body, self._replay)
        if body is None:
            raise NoCapture(
                f"the archive adds its own scripts to the capture {capture.stamp}, and they can't"
                " be removed"
            )
        return RawCapture(capture.url, capture.at, original_headers(answer.headers), body, final)

    def address_of(self, capture: IndexedCapture) -> str:
        """Return the address at which the archive has a capture as first stored."""
        plain = f"{self._replay}{capture.stamp}id_/{capture.url}"
        return REPLAY_ADDRESS.sub(rf"/{capture.stamp}id_/\2", capture.memento) or plain

    def _check_time(
        self, capture: IndexedCapture, answer: OutboundResponse, *, is_exact: bool
    ) -> None:
        """Raise NoCapture if the response is a capture from a different or impossible time."""
        stated = answer.headers.get("memento-datetime")
        if stated is None:
            if not is_exact:
                # It may be an error page of the archive, with the status 200.
                raise NoCapture(
                    f"the archive returned another page for the capture {capture.stamp}"
                )
            return
        at = parse_http_date(stated)
        if at is None or not EARLIEST <= at <= utc_now():
            raise NoCapture(f"the capture {capture.stamp} has an invalid time: {stated[:60]!r}")
        if abs(at - capture.at) >= dt.timedelta(seconds=1) and not is_exact:
            raise NoCapture(
                f"the archive returned the capture {at:%Y%m%d%H%M%S} instead of {capture.stamp}"
            )

    def _probe(self, url: str) -> bool:
        """Return whether a response from the current index address has the format of an index."""
        if self._kind == CDX:
            answer, _ = self._ask(f"{self._index}?{urlencode({'url': url, 'limit': 1})}")
            media_type = answer.headers.get("content-type", "")
            is_page = not answer.body.strip() and "html" in media_type
            return answer.is_good and not is_page and parse_cdx(_text(answer.body)) is not None
        answer, final = self._ask(self._index + quote(url, safe=":/?&=%#"))
        if answer.status == HTTPStatus.NOT_FOUND:
            return "link-format" in answer.headers.get("content-type", "")
        return answer.is_good and parse_timemap(_text(answer.body), final) is not None

    def _cdx(self, url: str, *, prefix: bool) -> Iterator[IndexedCapture]:
        query = {"url": url, "output": "json", "limit": str(ROWS_PER_PAGE), "showResumeKey": "true"}
        if prefix:
            query["matchType"] = "prefix"
        seen, resume = set[str](), ""
        for _ in range(MAX_INDEX_PAGES):
            page = self._page({**query, **({"resumeKey": resume} if resume else {})})
            if page.rows >= ROWS_PER_PAGE and not page.resume and not resume:
                # This server knows no keys for the next page, as pywb.
                del query["limit"], query["showResumeKey"]
                page = self._page(query)
            yield from page.captures
            resume = page.resume
            if not resume:
                return
            if resume in seen:
                break
            seen.add(resume)
        raise self._error(
            f"the index of {masked(url)} has more than {MAX_INDEX_PAGES} pages or repeats a page"
        )

    def _page(self, query: dict[str, str]) -> IndexPage:
        answer, _ = self._ask(f"{self._index}?{urlencode(query)}", MAX_INDEX_BYTES)
        if answer.status == HTTPStatus.NOT_FOUND:
            return IndexPage((), 0)
        page = parse_cdx(_text(answer.body)) if answer.is_good else None
        if page is None:
            raise self._error(
                f"the index returned status {answer.status} without a list of captures"
            )
        if len(answer.body) >= MAX_INDEX_BYTES:
            raise self._too_many(query["url"])
        return page

    def _timemaps(self, url: str) -> Iterator[IndexedCapture]:
        waiting = [self._index + quote(url, safe=":/?&=%#")]
        seen = {*waiting}
        while waiting:
            answer, final = self._ask(waiting.pop(0), MAX_INDEX_BYTES)
            if answer.status == HTTPStatus.NOT_FOUND:
                continue
            page = parse_timemap(_text(answer.body), final) if answer.is_good else None
            if page is None:
                raise self._error(
                    f"the TimeMap response has status {answer.status} and no list of captures"
                )
            yield from page.captures
            fresh = [one for one in page.timemaps if one not in seen and is_web(one)]
            seen.update(fresh)
            waiting += fresh
            if len(seen) > MAX_INDEX_PAGES:
                raise self._error(
                    f"the TimeMap of {masked(url)} has more than {MAX_INDEX_PAGES} pages"
                )

    def _ask(self, address: str, limit: int = 0) -> tuple[OutboundResponse, str]:
        """Send a request, and repeat it if it fails. Returns the response and its final address.

        Raises WebArchiveError if the archive does not respond.
        """
        client = self._client
        if limit:
            client = Outbound(client.agent, client.allow_private, client.patience, limit)
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._answer(client, address)
            place = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not place:
                break
            target = urljoin(address, place)
            if not is_web(target):
                break
            address = _escaped(target)
        return answer, address

    def _answer(self, client: Outbound, address: str) -> OutboundResponse:
        cause, seconds = "", 0.0
        for attempt in range(self._tries):
            self._sleep(max(seconds, self._last + self._delay - time.monotonic()))
            seconds = self._retry_seconds * 2**attempt
            self.requests += 1
            try:
                answer = asyncio.run(client.ask("GET", _escaped(address)))
            except OutboundError as error:
                if isinstance(error.__cause__, PrivateAddress | ValueError):
                    raise self._error(error.cause) from error
                cause = error.cause
                continue
            finally:
                self._last = time.monotonic()
            is_busy = answer.status == HTTPStatus.TOO_MANY_REQUESTS
            is_failure = is_busy or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            # With a Memento-Datetime, this is the status of the captured response.
            if "memento-datetime" in answer.headers or not is_failure:
                return answer
            cause = f"the server responded with {answer.status}"
            now = utc_now()
            wait = wait_of(answer.status, answer.headers.get("retry-after"), now)
            if wait and wait.requested:
                cause += f" and asked to wait until {wait.until:%Y-%m-%d %H:%M} UTC"
                requested = (wait.until - now).total_seconds()
                if requested > MAX_WAIT_SECONDS:
                    break
                seconds = max(seconds, requested)
        raise self._error(
            f"no usable response from {host_of(address)} ({cause}); fetched captures are kept,"
            " so run the same command again later",
        )


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _escaped(address: str) -> str:
    """Return an address in ASCII for a request."""
    return quote(address, safe="%/:=&?~#+!$,;'@()*[]")
