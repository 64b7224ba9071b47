"""The web server of the site: files from memory, before any routing.

Answers are raw ASGI from bytes that are kept (see feeds.server.site_cache); only what is no file
goes on to the Starlette application behind, which also says what is not found.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from data.bucket.answers import BucketError
from data.bucket.bucket import Bucket
from data.errors import SlowSearch, StoreError
from data.health.overview import overview
from data.health.state import Health
from data.settings import Site
from data.store.protocol import Store
from feeds.http_headers import CODINGS, COMPRESS, IDENTITY
from feeds.replay.replay import Replay
from feeds.server.api.service import Api
from feeds.server.bucket_cache import BucketCache
from feeds.server.connection.http_protocol import ReadyAnswer
from feeds.server.connection.security import SecureAnswers
from feeds.server.delta import wants_delta
from feeds.server.errors import explain, page, unanswered
from feeds.server.feed_pages import FeedPages, atom_path, is_for_a_person
from feeds.server.gone_addresses import GoneAnswers
from feeds.server.hidden import hidden_routes
from feeds.server.log import tile_route
from feeds.server.monitoring import Facts, Monitoring
from feeds.server.on_demand import OnDemand
from feeds.server.past import Past
from feeds.server.query import BadQuery
from feeds.server.reader_api.app import ReaderApi
from feeds.server.requests.access import Access
from feeds.server.requests.conditional import accepted, has_since, matching
from feeds.server.requests.work_queue import Unanswered, WorkQueue
from feeds.server.response import CHOSEN_BY, CachedFile, Encoded, Headers
from feeds.server.site_cache import LIMIT, HeldFiles, SiteCache, no_more
from feeds.server.source_topic import address_of
from feeds.server.token_gate import TokenGate
from feeds.urls import (
    ADMIN_PATH,
    API,
    CALLBACK_PATH,
    FEED_BUILDER,
    FRESHRSS_API,
    HUB_PATH,
    READER_API,
    READER_LOGINS,
    SEARCH,
    SEARCH_PAGE,
)

log = logging.getLogger(__name__)

MADE = (SEARCH, SEARCH_PAGE, FEED_BUILDER)
"""How the addresses begin that are made anew even where they ask for nothing."""

ASKABLE = ("/feeds/", "/sources/", "/opml.xml", SEARCH_PAGE)
"""How the addresses begin that may ask for something."""

LIVE = ("/health", "/health/")
"""What is told as it is at this moment, though a page of what was told last lies there."""

OWN = {"/healthz", "/metrics", HUB_PATH, ADMIN_PATH, API.rstrip("/"), *READER_LOGINS}
OWN_BELOW = (ADMIN_PATH + "/", CALLBACK_PATH, API, *READER_API)
"""What we answer or nobody does: whatever lies there, in a bucket say, was put there by others."""

OUT_OF_REACH = "The files of this site can't be reached now. Please try again in a minute."

ALLOW = "GET, HEAD, OPTIONS"
EMPTY = {"type": "http.response.body", "body": b""}


def create_app(
    folder: Path,
    store_url: str | None = None,
    site: Site | None = None,
    *,
    hub: ASGIApp | None = None,
    callback: ASGIApp | None = None,
    admin: ASGIApp | None = None,
    bucket: Bucket | None = None,
    archive: Path | None = None,
    watches: Path | None = None,
    access: Access | None = None,
    judge: Callable[[Store], Iterable[Health]] = overview,
    due: Callable[[Store, str], dt.datetime | None] = lambda _, __: None,
    facts: Facts = dict,
    limit: int = LIMIT,
) -> ASGIApp:
    """The ASGI application that serves the site in ``folder``, or in the ``bucket``.

    It holds ``limit`` bytes in memory at the most, and sees new files at once; those in a bucket
    within seconds. With the URL of a
    store it makes feeds on demand (see on_demand), by the settings of ``site``, answers programs
    (see api), and for states of the past (see past); for captured pages by what the folder
    ``archive`` holds, and for the feeds of those in ``watches``. Where the site is not for
    everybody, ``access`` says for whom. ``hub`` answers those who want to subscribe, where this
    site is its own hub, ``callback`` the hubs of others to which we are subscribed, and ``admin``
    operators. ``judge`` says how the sources of a store are,
    and ``due`` when one is visited next. ``facts`` are measured for /metrics.
    """
    explained: dict[Any, Any] = dict.fromkeys((HTTPException, StoreError, Unanswered, 500), explain)
    routes = [tile_route(bucket or folder)]

    def files(headers: Callable[[str], Headers] = no_more) -> HeldFiles:
        if bucket:
            return BucketCache(bucket, limit, soon, headers)
        return SiteCache(folder, limit, soon, headers)

    site = site or Site()
    shown = FeedPages(site)
    queue = WorkQueue(site)
    if store_url is None:
        behind = Starlette(routes=routes, exception_handlers=explained)
        plain = SiteServer(files(), behind, shown, queue, hub=hub, callback=callback)
        return SecureAnswers(plain, plain.ready)
    monitoring = Monitoring(store_url, site, judge, due, access, queue=queue, facts=facts)
    routes += [*monitoring.routes(), *hidden_routes(store_url, queue)]
    explained[404] = GoneAnswers(store_url, site, queue)
    replay = Replay(store_url, site, archive)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with closing(replay):
            yield

    behind = Starlette(routes=routes, exception_handlers=explained, lifespan=lifespan)
    demand = OnDemand(store_url, site, watches)
    mounted: dict[str, ASGIApp] = {}
    if access:
        mounted = dict.fromkeys(
            (*READER_LOGINS, *READER_API, FRESHRSS_API),
            ReaderApi(store_url, site, access, queue).app(),
        )
    mounted[API] = Api(store_url, site, monitoring.sources, queue)
    server = SiteServer(
        files(replay.headers),
        behind,
        shown,
        queue,
        demand,
        hub=hub,
        past=Past(replay, queue),
        callback=callback,
        admin=admin,
        mounted=mounted,
    )
    if site.access == "open":
        return SecureAnswers(server, server.ready)
    if access is None:
        raise ValueError("a site for those with tokens needs to know them")
    gate = TokenGate(server, access)
    return SecureAnswers(gate, gate.ready)


def soon(work: Callable[[], None]) -> None:
    """Do some work once the answer at hand is given."""
    asyncio.get_running_loop().call_soon(work)


class SiteServer:
    """Answers from a cache, or leaves the answer to the application behind."""

    def __init__(
        self,
        cache: HeldFiles,
        behind: Starlette,
        feed_pages: FeedPages,
        queue: WorkQueue,
        demand: OnDemand | None = None,
        *,
        hub: ASGIApp | None = None,
        past: Past | None = None,
        callback: ASGIApp | None = None,
        admin: ASGIApp | None = None,
        mounted: Mapping[str, ASGIApp] = MappingProxyType({}),
    ) -> None:
        self._cache = cache
        self._mounted = mounted
        self._feed_pages = feed_pages
        self._past = past
        self._demand = demand
        self._queue = queue
        self._hub = hub
        self._callback = callback
        self._admin = admin
        self._behind = behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or whatever else ASGI brings)."""
        if app := self._app_for(scope):
            await app(scope, receive, send)
            return
        path, query = scope["path"], scope["query_string"]
        is_shown = is_for_a_person(path, scope["headers"])
        try:
            held = await self._held(atom_path(path) if is_shown else path, query, scope, receive)
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
                await self._other(scope, receive, send)
            elif made is not None:
                await made(scope, receive, send)
            else:
                await self._give(held, scope, send)

    def _failure(self, scope: Scope, error: Exception) -> ASGIApp:
        """The answer to a request that gets none of our files."""
        later = {"retry-after": "60"}
        match error:
            case Unanswered():
                return unanswered(scope, error)
            case BadQuery():
                return page(scope, 400, said=str(error))
            case SlowSearch():
                return page(scope, 503, later, said=str(error))
        log.warning("%s", error)
        match error:
            case StoreError():
                return page(scope, 503, later)
            case BucketError():
                return self._without_files(scope)
        return page(scope, 500)

    def _app_for(self, scope: Scope) -> ASGIApp | None:
        """Who answers what asks for nothing that lies here or is made on demand."""
        if scope["type"] != "http":
            return self._other
        for beginning, app in self._mounted.items():
            if scope["path"].startswith(beginning):
                return app
        if scope["method"] not in {"GET", "HEAD"}:
            return self._other
        if self._past and self._past.takes(scope["path"], scope["headers"]):
            return self._past
        return None

    async def _held(
        self, path: str, query: bytes, scope: Scope, receive: Receive
    ) -> CachedFile | None:
        """What is made on demand at a path, or else lies there; None where nothing does.

        Raises Unanswered, BadQuery, SlowSearch, StoreError, OSError.
        """
        if self._is_ours(path):
            return None
        held = None
        if self._is_made(path) or query:
            held = await self._demanded(path, query, scope, receive)
        return held or await self._cache.load(path)

    def _without_files(self, scope: Scope) -> ASGIApp:
        """Who answers a request while files are out of reach: much of it needs none."""
        if any(route.matches(scope)[0] is Match.FULL for route in self._behind.routes):
            return self._other
        return page(scope, 503, {"retry-after": "60"}, said=OUT_OF_REACH)

    def _is_ours(self, path: str) -> bool:
        """Whether we answer at a path ourselves, whatever lies there."""
        is_live = self._demand is not None and path in LIVE
        return is_live or path in OWN or path.startswith(OWN_BELOW)

    def _is_made(self, path: str) -> bool:
        """Whether nothing of a path lies in a file, as it is made on demand."""
        return self._is_topic(path) or (self._demand is not None and path.startswith(MADE))

    def _is_topic(self, path: str) -> bool:
        """Whether a path may lead to a topic of a source."""
        return self._demand is not None and address_of(path) is not None

    async def _is_page(self, path: str) -> bool:
        """Whether a page is at a path that ends in a slash, for those who leave that out."""
        if path in self._mounted:
            return True
        plain = path.rstrip("/")
        return not self._is_ours(plain) and (
            self._is_topic(path) or await self._cache.is_folder(plain)
        )

    def ready(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> ReadyAnswer | None:
        """The answer to a plain GET, where nothing is to be made (see http_protocol).

        Raises OSError.
        """
        if (
            self._is_ours(path)
            or self._is_made(path)
            or (self._past and self._past.takes(path, headers))
        ):
            return None
        if is_for_a_person(path, headers):
            return None
        held = self._cache.find(path)
        if held is None:
            return None
        coding, wanted, tag = asked_of(held, headers)
        if tag:
            return held.heads[tag], b""
        variant = held.variants.get(coding)
        return None if wanted or variant is None else (variant.head, variant.body)

    async def _give(self, held: CachedFile, scope: Scope, send: Send) -> None:
        coding, wanted, tag = asked_of(held, scope["headers"])
        if tag:
            headers = held.unchanged[tag]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send(EMPTY)
            return
        if wanted and (changed := await self._delta(held, wanted, scope["headers"])):
            await self._give_delta(held, changed, coding, scope, send)
            return
        variant = held.variants.get(coding) or await self._compress(held, coding)
        await send({"type": "http.response.start", "status": 200, "headers": variant.headers})
        body = b"" if scope["method"] == "HEAD" else variant.body
        await send({"type": "http.response.body", "body": body})

    async def _delta(
        self, held: CachedFile, wanted: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[bytes, bytes] | None:
        """What a reader lacks who asks for no more (RFC 3229), and the tag of what it has."""
        manipulations = b",".join(value for name, value in headers if name == b"a-im")
        if not manipulations or not wants_delta(manipulations):
            return None
        # It may be this request that found the feed replaced: what it held is noted first.
        await asyncio.sleep(0)
        return self._cache.states.newer(wanted, held.body, held.kind)

    async def _give_delta(
        self, held: CachedFile, changed: tuple[bytes, bytes], coding: str, scope: Scope, send: Send
    ) -> None:
        body, base = changed
        # Nobody but its reader has a use for it; caches that know no deltas must not keep it.
        own = {b"cache-control": b"no-store, im", b"vary": CHOSEN_BY + b", if-none-match"}
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

    async def _demanded(
        self, path: str, query: bytes, scope: Scope, receive: Receive
    ) -> CachedFile | None:
        demand = self._demand
        if demand is None or not path.startswith(ASKABLE) or not demand.makes(path, query):
            return None
        if ready := demand.ready(path, query):
            return ready
        return await self._queue.run(
            scope, receive, lambda: demand.answer(path, query), key=(path, query)
        )

    async def _compress(self, held: CachedFile, coding: str) -> Encoded:
        # In a thread: a large feed takes tens of milliseconds, and others want answers meanwhile.
        body = await asyncio.to_thread(COMPRESS[coding], held.variants[IDENTITY].body)
        return self._cache.add(held, coding, body)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self._behind
        if scope["type"] == "http":
            path = scope["path"]
            if self._admin and (path == ADMIN_PATH or path.startswith(ADMIN_PATH + "/")):
                answer = self._admin
            elif self._hub and path == HUB_PATH and scope["method"] in {"GET", "HEAD", "POST"}:
                answer = self._hub
            elif self._callback and path.startswith(CALLBACK_PATH):
                answer = self._callback
            elif scope["method"] == "OPTIONS":
                answer = Response(status_code=204, headers={"allow": ALLOW, **CROSS_ORIGIN})
            elif scope["method"] not in {"GET", "HEAD"}:
                answer = page(scope, 405, {"allow": ALLOW})
            elif not path.endswith("/") and await self._is_page(path + "/"):
                # A relative address, so that it holds wherever the site is mounted.
                place = quote(path.rpartition("/")[2], safe="~") + "/"
                answer = Response(status_code=308, headers={"location": place})
        await answer(scope, receive, send)


def asked_of(
    held: CachedFile, headers: Iterable[tuple[bytes, bytes]]
) -> tuple[str, bytes, bytes | None]:
    """The coding that a request asks for, what it has by If-None-Match, and the tag of a 304."""
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
        # As nearly every reader asks; the general case costs more.
        tag = wanted
    elif wanted:
        tag = matching(wanted, (held.tags[coding], *held.tags.values()))
    elif since and has_since(since, held.modified):
        tag = held.tags[coding]
    return coding, wanted, tag


CROSS_ORIGIN = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "A-IM, If-None-Match, If-Modified-Since",
    "access-control-max-age": "86400",
}
