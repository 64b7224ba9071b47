"""The web server as an ASGI application: creates the parts of the server and joins their routes.

Responses with captured pages come from feeds.replay.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.errors import ArchiveError, StoreError
from data.network.bucket import Bucket
from data.network.request_signer import DIRECTORY_PATH, DIRECTORY_TYPE, RequestSigner
from data.search.saved_searches import SavedSearches
from data.settings import SiteSettings
from feeds.replay.memento import ReplayResponse
from feeds.replay.memento_address import MEMENTO_PREFIX, PartGrants
from feeds.replay.replay import PageReplay, ReplayRequest
from feeds.server.access import Access, TokenGate
from feeds.server.api.app import Api
from feeds.server.api.reads import Reads
from feeds.server.api.writes import Writes
from feeds.server.bucket_cache import BucketCache
from feeds.server.error_pages import (
    RETRY_SOON,
    MissingFileResponses,
    explain,
    hidden_routes,
    page,
    tile_route,
    unanswered,
)
from feeds.server.mcp_http import McpApp, is_installed
from feeds.server.mcp_tools import Toolbox
from feeds.server.monitoring import Measurements, Monitoring
from feeds.server.on_demand import OnDemand
from feeds.server.reader_api import ReaderApi
from feeds.server.requests.conditional import matching
from feeds.server.requests.routes import (
    READ_METHODS,
    Endpoint,
    RequiredAccess,
    RouteTable,
    ServerRoute,
    reserved,
)
from feeds.server.requests.security import completed
from feeds.server.requests.work_queue import Unanswered, WorkQueue
from feeds.server.site_cache import MAX_CACHE_BYTES, HeadersOfPath, HeldFiles, SiteCache, no_headers
from feeds.server.site_server import SiteServer, redirect_to_slash
from feeds.urls import (
    ADMIN_PATH,
    API_PREFIX,
    CALLBACK_PATH,
    HUB_PATH,
    MCP_PATH,
    READER_API,
    READER_LOGINS,
    SAVED_SEARCHES,
    SEARCH_PAGE,
    WATCH_FEED,
)

FORM_METHODS = READ_METHODS | {"POST"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MountedApps:
    """ASGI applications from other packages to serve on the site, each optional.

    ``hub`` is the WebSub hub, ``callback`` receives content from other hubs, and ``admin`` serves
    the admin pages (/admin).
    """

    hub: ASGIApp | None = None
    callback: ASGIApp | None = None
    admin: ASGIApp | None = None


@dataclass(frozen=True, slots=True)
class HomeFolders:
    """Folders of a home directory from which the site serves content, each optional.

    ``archive`` has captured pages, ``watches`` watches, and ``searches`` saved searches.
    """

    archive: Path | None = None
    watches: Path | None = None
    searches: Path | None = None


def routes_of(
    beside: MountedApps,
    *,
    tiles: ServerRoute,
    reader: ReaderApi | None = None,
    api: Api | None = None,
    mcp: McpApp | None = None,
    monitoring: Monitoring | None = None,
    past: Past | None = None,
    saved: ServerRoute | None = None,
    signer: RequestSigner | None = None,
    hidden: Iterable[ServerRoute] = (),
) -> list[ServerRoute]:
    """Return all routes in order of precedence: the first route that matches a path applies.

    Addresses of disabled parts are reserved, so that files in a bucket are not served there.
    """
    rows = [
        ServerRoute("/static/{file:path}", access="public"),
        ServerRoute("/robots.txt", access="public"),
        ServerRoute("/favicon.ico", access="public"),
        # Owners of visited sites have no token.
        ServerRoute("/bot/", access="public"),
        ServerRoute("/bot", access="public"),
        ServerRoute(DIRECTORY_PATH, access="public", endpoint=key_directory(signer)),
        ServerRoute(f"{WATCH_FEED}{{file:path}}", access="own"),
    ]
    # Clients of the Google Reader API may use addresses below /api/. So its routes precede the
    # API's.
    rows += reader.routes() if reader else []
    rows += api.routes() if api else [reserved(f"{API_PREFIX}{{rest:path}}")]
    rows += [
        mounted(API_PREFIX.rstrip("/"), redirect_to_slash if api else None),
        mounted(MCP_PATH, mcp, frozenset(("POST",)), own_errors=True),
    ]
    # Addresses below /api/ belong to the API.
    readers = [one for one in READER_API if not one.startswith(API_PREFIX)]
    if reader:
        rows += [mounted(one.rstrip("/"), redirect_to_slash) for one in readers]
    else:
        rows += [reserved(one) for one in READER_LOGINS if not one.startswith(API_PREFIX)]
        rows += [reserved(f"{one}{{rest:path}}") for one in readers]
    rows += [
        mounted(path, beside.admin, FORM_METHODS, "own", own_errors=True)
        for path in (ADMIN_PATH, f"{ADMIN_PATH}/{{rest:path}}")
    ]
    callback, methods = f"{CALLBACK_PATH}{{token:path}}", frozenset(("GET", "POST"))
    rows += [
        mounted(callback, beside.callback, methods, "own", own_errors=True),
        mounted(HUB_PATH, beside.hub, FORM_METHODS),
    ]
    if past:
        for path in (f"{MEMENTO_PREFIX}{{url:path}}", "/releases/{rest:path}"):
            rows.append(ServerRoute(path, app=past, condition=past.takes))
    rows += [saved] if saved else []
    rows += monitoring.routes() if monitoring else map(reserved, ("/healthz", "/metrics"))
    return [*rows, tiles, *hidden]


def mounted(
    path: str,
    app: ASGIApp | None,
    methods: frozenset[str] = READ_METHODS,
    access: RequiredAccess = "read",
    *,
    own_errors: bool = False,
) -> ServerRoute:
    """Return the route of an app, or reserve its path if there is no app."""
    if app is None:
        return reserved(path, access)
    return ServerRoute(path, methods, access, app=app, own_errors=own_errors)


def create_app(
    folder: Path,
    store_url: str | None = None,
    site: SiteSettings | None = None,
    *,
    bucket: Bucket | None = None,
    home: HomeFolders = HomeFolders(),
    beside: MountedApps = MountedApps(),
    measured: Measurements | None = None,
    access: Access | None = None,
    writes: Writes | None = None,
    signer: RequestSigner | None = None,
    limit: int = MAX_CACHE_BYTES,
) -> ASGIApp:
    """Return the ASGI application that serves the site in ``folder``, or in ``bucket`` if given.

    The application caches at most ``limit`` bytes. It serves new files immediately from a folder,
    and within seconds from a bucket.

    With the URL of a store, it also generates feeds on request, and serves the API and monitoring.
    ``access`` is required for sites with ``site.access = "token"``, and for the Google Reader API.
    ``writes`` are the write operations of the API. ``signer`` signs the directory of the keys that
    sign requests.
    """
    handlers: dict[Any, Any] = dict.fromkeys((HTTPException, StoreError, Unanswered, 500), explain)

    def files(headers: HeadersOfPath) -> HeldFiles:
        return BucketCache(bucket, limit, headers) if bucket else SiteCache(folder, limit, headers)

    site = site or SiteSettings()
    queue, tiles = WorkQueue(site), tile_route(bucket or folder)
    if store_url is None:
        table = RouteTable(routes_of(replace(beside, admin=None), tiles=tiles))
        return SecureResponses(SiteServer(files(no_headers), table, site, queue, handlers))
    monitoring = Monitoring(store_url, site, measured or Measurements(), access, queue=queue)
    handlers[404] = MissingFileResponses(store_url, site, queue)
    grants = PartGrants(access.permissions.secret) if access and site.access == "token" else None
    replay = PageReplay(store_url, site, home.archive, grants)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with closing(replay):
            yield
        if mcp:
            await mcp.close()

    saved = SavedSearches(home.searches)
    reads = Reads(store_url, site, monitoring.sources, saved)
    mcp = McpApp(Toolbox(reads, writes), site, queue, access) if is_installed() else None
    table = RouteTable(
        routes_of(
            beside,
            tiles=tiles,
            reader=ReaderApi(store_url, site, access, queue) if access else None,
            api=Api(store_url, site, reads, queue, writes),
            mcp=mcp,
            monitoring=monitoring,
            past=Past(replay, queue),
            saved=saved_route(saved),
            signer=signer,
            hidden=hidden_routes(store_url, queue),
        )
    )
    server = SiteServer(
        files(replay.headers),
        table,
        site,
        queue,
        handlers,
        demand=OnDemand(store_url, site, home.watches, home.searches),
        lifespan=lifespan,
    )
    app: SiteServer | TokenGate = server
    is_open = site.access == "open"
    if access is None and (not is_open or table.needs_operators):
        raise ValueError("`access` is missing: this site or one of its operations requires tokens")
    if access and (not is_open or table.needs_operators):
        app = TokenGate(server, table, access, grants, is_open=is_open)
    return SecureResponses(app)


class SecureResponses:
    """ASGI middleware that adds security headers. Responses from memory already contain them."""

    def __init__(self, app: SiteServer | TokenGate) -> None:
        self._app = app
        self.cached_response: Final = app.cached_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request or lifespan event."""

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] != 304:  # noqa: PLR2004 - Not Modified
                message = {**message, "headers": completed(message.get("headers", ()))}
            await send(message)

        await self._app(scope, receive, send_completed)


def key_directory(signer: RequestSigner | None) -> Endpoint | None:
    """Return the handler that sends the public keys of signed requests in a signed response.

    Without a signer, returns None, because a published file contains the keys.
    """
    if signer is None:
        return None

    def respond(_: Request) -> Response:
        headers = signer.directory_headers()
        return Response(signer.directory(), headers=headers, media_type=DIRECTORY_TYPE)

    return respond


def saved_route(saved: SavedSearches) -> ServerRoute:
    """Return the route of saved searches, which redirects to their results."""

    def respond(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in saved:
            raise HTTPException(404)
        place = f"..{SEARCH_PAGE}?{urlencode({'q': f'saved:{name}'})}"
        return Response(status_code=307, headers={"location": place})

    return ServerRoute(f"{SAVED_SEARCHES}{{name}}", endpoint=respond)


class Past:
    """ASGI application for captured pages and past versions, which a PageReplay provides."""

    def __init__(self, replay: PageReplay, queue: WorkQueue) -> None:
        self._replay = replay
        self.takes = replay.takes
        self._queue = queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        await (await self._answer(scope, receive))(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        asked = ReplayRequest(scope["path"], raw, scope["query_string"], scope["headers"])
        try:
            made = await self._queue.run(scope, receive, lambda: self._replay.answer(asked))
        except Unanswered as error:
            return unanswered(scope, error)
        except (ArchiveError, StoreError) as error:
            log.warning("replay of an archived page failed: %s", error)
            return page(scope, 503, RETRY_SOON)
        if made is None:
            return page(scope, 404)
        if made.message:
            return page(scope, made.status, dict(made.headers), made.message)
        return response(made, scope["headers"])


def response(made: ReplayResponse, headers: Iterable[tuple[bytes, bytes]]) -> Response:
    """Convert a replay response to an HTTP response with an ETag.

    The response is a 304 if the client's copy is current.
    """
    status, body, named = made.status, made.body, dict(made.headers)
    if status == 200:  # noqa: PLR2004 - OK
        named["etag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        wanted = b",".join(value for name, value in headers if name == b"if-none-match")
        if wanted and matching(wanted, [named["etag"].encode()]):
            status, body = 304, b""
    return Response(body, status, named)
