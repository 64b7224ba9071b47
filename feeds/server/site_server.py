"""Server of the published files from memory, of generated pages, and of the route table's rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from starlette import routing
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from data.errors import SlowSearch, StoreError
from data.network.bucket import BucketError
from data.settings import SiteSettings
from data.text.clean import plain
from data.text.urls import site_address
from feeds.catalog import Catalog
from feeds.http_headers import CODINGS, COMPRESS, IDENTITY
from feeds.pages.feed_page import feed_page
from feeds.pages.renderer import PageRenderer
from feeds.server.connection.http_protocol import ReadyAnswer
from feeds.server.connection.security import FILE_PREFLIGHT, READ_ALLOWED
from feeds.server.delta import wants_delta
from feeds.server.errors import page, unanswered
from feeds.server.on_demand import OnDemand
from feeds.server.requests.conditional import accepted, has_since, matching
from feeds.server.requests.routes import READ_METHODS, RouteTable, is_reserved
from feeds.server.requests.work_queue import Unanswered, WorkQueue
from feeds.server.response import FEED_VARIES_BY, CachedFile, Encoded, policy_of
from feeds.server.search import BadQuery
from feeds.server.site_cache import HeldFiles
from feeds.server.source_topic import address_of
from feeds.urls import FEED_BUILDER, SEARCH, SEARCH_PAGE, is_feed

log = logging.getLogger(__name__)

GENERATED: Final = (SEARCH, SEARCH_PAGE, FEED_BUILDER)
"""Prefixes of addresses that are generated even without a query."""

WITH_QUERIES: Final = ("/feeds/", "/sources/", "/opml.xml", SEARCH_PAGE)
"""Prefixes of addresses that may have a query."""

FILES_UNAVAILABLE: Final = "This site's files are unavailable now. Please try again in a minute."

RETRY_SOON: Final = {"retry-after": "60"}

EMPTY_BODY: Final = {"type": "http.response.body", "body": b""}


class SiteServer:
    """Responds to all requests: by the route table, from ``demand``, or from the ``cache``.

    ``handlers`` handle the exceptions of the table's endpoints, and what no row and no file is
    for (404). ``lifespan`` is Starlette's.
    """

    def __init__(
        self,
        cache: HeldFiles,
        table: RouteTable,
        feed_pages: FeedPages,
        queue: WorkQueue,
        handlers: dict[Any, Any],
        *,
        demand: OnDemand | None = None,
        lifespan: Any = None,
    ) -> None:
        self._cache = cache
        self._table = table
        self._feed_pages = feed_pages
        self._queue = queue
        self._demand = demand
        endpoints = [
            routing.Route(one.path, one.endpoint)
            for one in table.routes
            if one.endpoint and not is_reserved(one)
        ]
        self._endpoints = Starlette(
            routes=endpoints, exception_handlers=handlers, lifespan=lifespan
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request or lifespan event."""
        if app := self._app_for(scope):
            await app(scope, receive, send)
            return
        path, query = scope["path"], scope["query_string"]
        is_shown = is_for_a_person(path, scope["headers"])
        try:
            held = await self._file(atom_path(path) if is_shown else path, query, scope, receive)
            made = None
            if held is not None and is_shown:
                body = held.body
                made = await self._queue.run(
                    scope, receive, lambda: self._feed_pages.answer(path, query, body)
                )
        except (Unanswered, BadQuery, StoreError, BucketError, OSError) as error:
            await self._failure(scope, error)(scope, receive, send)
        else:
            if held is None:
                await self._without_file(scope, receive, send)
            elif made is not None:
                await made(scope, receive, send)
            else:
                await self._send(held, scope, send)

    def ready(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> ReadyAnswer | None:
        """Return the response to a plain GET if it is a file in memory (see http_protocol).

        Raises OSError.
        """
        if (
            self._table.responds(path, headers)
            or self._is_generated(path)
            or is_for_a_person(path, headers)
        ):
            return None
        held = self._cache.find(path)
        if held is None:
            return None
        coding, wanted, tag = requested_variant(held, headers)
        if tag:
            return held.heads[tag], b""
        variant = held.variants.get(coding)
        return None if wanted or variant is None else (variant.head, variant.body)

    def _app_for(self, scope: Scope) -> ASGIApp | None:
        """Return the app that responds to a request, or None for files and generated pages."""
        if scope["type"] != "http":
            return self._endpoints
        method = scope["method"]
        route = self._table.find(scope["path"], method, scope["headers"])
        if not (route.accepts(method) if route else method in READ_METHODS):
            if method == "OPTIONS":
                return Response(status_code=204, headers=FILE_PREFLIGHT)
            return page(scope, 405, {"allow": READ_ALLOWED})
        if route is None or not route.responds:
            return None
        return route.app or self._endpoints

    def _failure(self, scope: Scope, error: Exception) -> ASGIApp:
        """Return the response to a request whose file or page failed."""
        match error:
            case Unanswered():
                return unanswered(scope, error)
            case BadQuery():
                return page(scope, 400, message=str(error))
            case SlowSearch():
                return page(scope, 503, RETRY_SOON, message=str(error))
        log.warning("%s", error)
        if isinstance(error, BucketError):
            if self._table.find(scope["path"], "GET", if_no_file=True):
                return self._without_file
            return page(scope, 503, RETRY_SOON, message=FILES_UNAVAILABLE)
        return page(scope, 503, RETRY_SOON) if isinstance(error, StoreError) else page(scope, 500)

    async def _without_file(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect to the same address with a final slash, or respond by the table's endpoints."""
        path = scope["path"]
        if not path.endswith("/") and (
            self._is_topic(path + "/") or await self._cache.is_folder(path)
        ):
            await redirect_to_slash(scope, receive, send)
        else:
            await self._endpoints(scope, receive, send)

    async def _file(
        self, path: str, query: bytes, scope: Scope, receive: Receive
    ) -> CachedFile | None:
        """Return the generated page or the file at a path, or None.

        Raises Unanswered, BadQuery, SlowSearch, StoreError, BucketError, OSError.
        """
        held = None
        if self._is_generated(path) or query:
            held = await self._generated(path, query, scope, receive)
        return held or await self._cache.load(path)

    async def _generated(
        self, path: str, query: bytes, scope: Scope, receive: Receive
    ) -> CachedFile | None:
        demand = self._demand
        if demand is None or not path.startswith(WITH_QUERIES) or not demand.makes(path, query):
            return None
        if ready := demand.ready(path, query):
            return ready
        return await self._queue.run(
            scope, receive, lambda: demand.answer(path, query), key=(path, query)
        )

    def _is_generated(self, path: str) -> bool:
        """Whether no file can be at a path, because its page is generated."""
        return self._is_topic(path) or (self._demand is not None and path.startswith(GENERATED))

    def _is_topic(self, path: str) -> bool:
        """Whether a topic of a source may be at a path."""
        return self._demand is not None and address_of(path) is not None

    async def _send(self, held: CachedFile, scope: Scope, send: Send) -> None:
        coding, wanted, tag = requested_variant(held, scope["headers"])
        if tag:
            headers = held.unchanged[tag]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send(EMPTY_BODY)
            return
        if wanted and (changed := await self._delta(held, wanted, scope["headers"])):
            await self._send_delta(held, changed, coding, scope, send)
            return
        variant = held.variants.get(coding) or await self._compress(held, coding)
        await send({"type": "http.response.start", "status": 200, "headers": variant.headers})
        body = b"" if scope["method"] == "HEAD" else variant.body
        await send({"type": "http.response.body", "body": body})

    async def _delta(
        self, held: CachedFile, wanted: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[bytes, bytes] | None:
        """Return only the client's missing entries (RFC 3229), and the ETag of its version."""
        manipulations = b",".join(value for name, value in headers if name == b"a-im")
        if not manipulations or not wants_delta(manipulations):
            return None
        # This request may have found the feed replaced: first let its old entries be recorded.
        await asyncio.sleep(0)
        return self._cache.states.newer(wanted, held.body, held.kind)

    async def _send_delta(
        self, held: CachedFile, changed: tuple[bytes, bytes], coding: str, scope: Scope, send: Send
    ) -> None:
        body, base = changed
        # Only this client can use a delta. Caches that do not know deltas must not store it.
        own = {b"cache-control": b"no-store, im", b"vary": FEED_VARIES_BY + b", if-none-match"}
        headers = [
            *((name, own.get(name, value)) for name, value in held.unchanged[held.tags[coding]]),
            *held.headers,
            (b"im", b"feed"),
            (b"delta-base", base),
        ]
        if coding != IDENTITY:
            body = await asyncio.to_thread(COMPRESS[coding], body)
            headers.append((b"content-encoding", coding.encode()))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 226, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": body})

    async def _compress(self, held: CachedFile, coding: str) -> Encoded:
        # In a thread: a large feed takes tens of milliseconds, which would delay other requests.
        body = await asyncio.to_thread(COMPRESS[coding], held.variants[IDENTITY].body)
        return self._cache.add(held, coding, body)


async def redirect_to_slash(scope: Scope, receive: Receive, send: Send) -> None:
    """Redirect to the same address with a final slash.

    The redirect is relative, so it works with any path prefix.
    """
    place = quote(scope["path"].rpartition("/")[2], safe="~") + "/"
    await Response(status_code=308, headers={"location": place})(scope, receive, send)


def requested_variant(
    held: CachedFile, headers: Iterable[tuple[bytes, bytes]]
) -> tuple[str, bytes, bytes | None]:
    """Return the content coding to use, If-None-Match, and the ETag if a 304 is possible."""
    encoding = wanted = since = b""
    for name, value in headers:
        if name == b"accept-encoding":
            encoding = value
        elif name == b"if-none-match":
            wanted = wanted + b"," + value if wanted else value
        elif name == b"if-modified-since":
            since = value
    coding = accepted(encoding, CODINGS) if encoding else IDENTITY
    tag: bytes | None = None
    if wanted in held.unchanged:
        # Nearly all feed readers send one ETag; the general case costs more.
        tag = wanted
    elif wanted:
        tag = matching(wanted, (held.tags[coding], *held.tags.values()))
    elif since and has_since(since, held.modified):
        tag = held.tags[coding]
    return coding, wanted, tag


def is_for_a_person(path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a browser requests a feed to show it as a document (Fetch Metadata)."""
    return is_feed(path[1:]) and (b"sec-fetch-dest", b"document") in headers


def atom_path(path: str) -> str:
    """Return the path of the Atom feed from which the page is generated."""
    return path.rpartition(".")[0] + ".atom"


class FeedPages:
    """Generates the HTML pages of one site's feeds."""

    def __init__(self, site: SiteSettings) -> None:
        title = plain(site.title) or "Communique"
        catalog = Catalog(site_address(site.url), title, {}, {}, language=site.language)
        self._pages = PageRenderer(catalog, {})

    def answer(self, path: str, query: bytes, atom: bytes) -> Response:
        """Return the HTML page of the feed at a path. ``atom`` is the feed's content."""
        body = feed_page(self._pages, path, query.decode("ascii", "replace"), atom)
        headers = {
            "cache-control": "no-store",
            "vary": FEED_VARIES_BY.decode(),
            "content-security-policy": policy_of("/feeds/", is_feed=False).decode(),
        }
        return HTMLResponse(body, headers=headers)
