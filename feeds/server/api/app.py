"""The API as an ASGI application: routing, response headers, and errors."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from data.errors import StoreError
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_existing
from data.text.urls import site_address
from feeds.http_headers import COMPRESSORS, CONTENT_CODINGS, IDENTITY
from feeds.pages.renderer import SERVED_POLICY
from feeds.server.api import schemas
from feeds.server.api.documentation_page import rendered_page
from feeds.server.api.list_handlers import SourceMoved
from feeds.server.api.openapi_document import openapi
from feeds.server.api.operations import DOCUMENT_PATH, Operation, Write
from feeds.server.api.parameters import ChangesParameters, Parameters, read_parameters, said_of
from feeds.server.api.problems import SERVER_FAILED, ApiError, error_of
from feeds.server.api.reads import OPERATIONS, Reads
from feeds.server.api.representations import (
    MEDIA_TYPES,
    Representation,
    body_of,
    fields_in,
    representation_of,
)
from feeds.server.api.write_requests import write_endpoint
from feeds.server.api.writes import Writes
from feeds.server.requests.conditional import accepted, matching
from feeds.server.requests.routes import READ_METHODS, RequiredAccess, ServerRoute
from feeds.server.requests.security import API_ORIGIN, API_PREFLIGHT, NO_SNIFFING, READ_ALLOWED
from feeds.server.requests.work_queue import Unanswered, WorkQueue, rate_headers
from feeds.urls import API_PREFIX

MIN_COMPRESSED_BYTES: Final = 500
"""Minimum size in bytes of a response body that is worth compressing."""

API_HEADERS: Final = {
    # Caches revalidate on every request, so clients see changes at once.
    "cache-control": "public, no-cache",
    "vary": "accept, accept-encoding",
    **NO_SNIFFING,
    **API_ORIGIN,
}
"""Headers of all responses of the API, including responses without a body (304)."""

PLAIN_HOST: Final = re.compile(r"[A-Za-z0-9._:\[\]-]+")
"""Pattern for a Host header that is safe to copy to another header."""


Respond: TypeAlias = Callable[[Request], Awaitable[Response]]
"""Function that responds to one request."""


@dataclass(frozen=True, slots=True)
class ResponseOptions:
    """The parts of a request that determine its response.

    These are the id in the path, the query, the client's ETags, the content coding, and the Accept
    headers.
    """

    name: str
    query: bytes
    has: bytes
    coding: str
    accept: tuple[str, ...]


class Api:
    """The API of one site, which reads the store at ``store_url``.

    ``reads`` runs the read operations. ``writes`` runs the write operations, or is None.
    """

    def __init__(
        self,
        store_url: str,
        site: SiteSettings,
        reads: Reads,
        queue: WorkQueue,
        writes: Writes | None = None,
    ) -> None:
        self._url = store_url
        self._site = site
        self._reads = reads
        self._queue = queue
        self._writes = writes
        self._operations = (*OPERATIONS, *(writes.reads if writes else ()))
        self._written = writes.operations if writes else ()

    def routes(self) -> list[ServerRoute]:
        """Return the routes of the operations, the documentation page and unknown addresses."""
        written = {one.path for one in self._written}
        return [
            route_of(API_PREFIX, self._page),
            route_of(DOCUMENT_PATH, self._document),
            *(
                route_of(one.path, self._endpoint(one), one.access, is_written=one.path in written)
                for one in self._operations
            ),
            *map(self._write_route, self._written),
            route_of(f"{API_PREFIX}{{rest:path}}", unknown_address),
        ]

    def _write_route(self, operation: Write) -> ServerRoute:
        """Return the route of an operation that writes."""
        assert self._writes  # noqa: S101 - only its operations have such routes
        methods = frozenset(("POST",))
        is_read = operation.path in {one.path for one in self._operations}
        respond = write_endpoint(self._writes, operation, self._queue)
        app = ApiEndpoint(respond, methods, f"{READ_ALLOWED}, POST" if is_read else "POST, OPTIONS")
        return ServerRoute(operation.path, methods, "operate", app=app, own_errors=True)

    def _endpoint(self, operation: Operation) -> Respond:
        async def answer(request: Request) -> Response:
            wanted = wanted_by(request)
            address = address_of(request, self._site)
            return await self._queued(
                request, lambda: self._answer(operation, request.url.path, wanted, address)
            )

        return answer

    async def _document(self, request: Request) -> Response:
        wanted = wanted_by(request)
        # Raises ApiError (406) if the request does not accept JSON.
        representation_of(Parameters(), wanted.accept)
        read_parameters(wanted.query, Parameters)
        return await self._queued(request, lambda: response_of(self._encoded_document, wanted, {}))

    @cached_property
    def _encoded_document(self) -> bytes:
        return msgspec.json.encode(openapi(self._operations, self._written))

    async def _page(self, request: Request) -> Response:
        """Respond with the documentation page."""
        wanted = wanted_by(request)
        headers = {"cache-control": "public, max-age=60", "content-security-policy": SERVED_POLICY}
        return await self._queued(
            request, lambda: response_of(self._rendered(), wanted, headers, "text/html")
        )

    def _rendered(self) -> bytes:
        with closing(open_existing(self._url)) as store:
            return rendered_page(store, self._site, self._operations, self._written)

    async def _queued(self, request: Request, make: Callable[[], Response]) -> Response:
        return await self._queue.run(request.scope, request.receive, make)

    def _answer(
        self, operation: Operation, path: str, wanted: ResponseOptions, address: str
    ) -> Response:
        asked = read_parameters(wanted.query, operation.parameters)
        kind = representation_of(asked, wanted.accept)
        fields_in(asked)
        with closing(open_existing(self._url)) as store:
            tag = ""
            if operation.by_changes:
                # Taken first: a change during the computation must lead to another ETag.
                tag = tag_of_changes(store, path, wanted.query, kind)
                if is_known(tag, wanted):
                    return unchanged(tag)
            answer = self._reads.run(operation, store, path, wanted.name, asked)
        headers = {"etag": tag} if tag else {}
        if link := link_of(answer, asked, address):
            headers["link"] = link
        return response_of(body_of(answer, asked, kind), wanted, headers, MEDIA_TYPES[kind])


def route_of(
    path: str, respond: Respond, access: RequiredAccess = "read", *, is_written: bool = False
) -> ServerRoute:
    """Return a route of the API for reading. Its errors are sent as problem details.

    ``is_written`` is true if an operation that writes has the same path.
    """
    allow = f"{READ_ALLOWED}, POST" if is_written else READ_ALLOWED
    app = ApiEndpoint(respond, READ_METHODS, allow)
    return ServerRoute(path, READ_METHODS, access, app=app, own_errors=True)


class ApiEndpoint:
    """ASGI application of one route: calls ``respond`` for ``methods``, and explains errors.

    ``allow`` lists the methods of its path. Scripts of other sites may read, but not write.
    """

    def __init__(self, respond: Respond, methods: frozenset[str], allow: str) -> None:
        self._respond = respond
        self._methods = methods
        self._allow = allow
        self._preflight = (
            {"allow": allow} if "POST" in methods else {**API_PREFLIGHT, "allow": allow}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request. An unexpected exception is raised again, to be logged."""
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=self._preflight)(scope, receive, send)
            return
        request = Request(scope, receive)
        is_allowed = scope["method"] in self._methods or self._respond is unknown_address
        try:
            if not is_allowed:
                why = "this address does not have this method; see the header `Allow`"
                raise ApiError(405, why, headers={"allow": self._allow})  # noqa: TRY301
            response = await self._respond(request)
        except SourceMoved as error:
            response = redirect_to_renamed(request, error)
        except (ApiError, Unanswered, StoreError) as error:
            response = error_of(error).response()
        except Exception:
            await ApiError(500, SERVER_FAILED).response()(scope, receive, send)
            raise
        response.headers.update(rate_headers(scope))
        if "POST" in self._methods:
            del response.headers["access-control-allow-origin"]
        await response(scope, receive, send)


async def unknown_address(_: Request) -> Response:
    """Raise the error (404) of an address without an operation."""
    raise ApiError(404, "no operation has this URL; /api/ lists all operations")


def wanted_by(request: Request) -> ResponseOptions:
    """Return the response options of a request, from its path, query and headers."""
    headers = request.headers
    encoding = ", ".join(headers.getlist("accept-encoding")).encode("latin-1")
    return ResponseOptions(
        request.path_params.get("id", ""),
        request.scope["query_string"],
        ", ".join(headers.getlist("if-none-match")).encode("latin-1"),
        accepted(encoding, CONTENT_CODINGS) if encoding else IDENTITY,
        tuple(headers.getlist("accept")),
    )


def tag_of_changes(store: Store, path: str, query: bytes, kind: Representation) -> str:
    """Return the weak ETag of a response that depends only on releases.

    The ETag is the position of the last change. So it stays the same if only ``last_seen`` of a
    release changes.
    """
    number, mark = store.last_release_event()
    place = f"{number} {mark} {kind} {path}?".encode() + query
    return f'W/"{hashlib.sha256(place).hexdigest()[:32]}"'


def is_known(tag: str, wanted: ResponseOptions) -> bool:
    """Return whether the request's If-None-Match header contains an ETag."""
    return bool(wanted.has) and matching(wanted.has, [tag.removeprefix("W/").encode()]) is not None


def unchanged(tag: str) -> Response:
    """Return a 304 response with the ETag ``tag``."""
    return Response(status_code=304, headers={**API_HEADERS, "etag": tag})


def response_of(
    body: bytes,
    wanted: ResponseOptions,
    headers: Mapping[str, str],
    media_type: str = "application/json",
) -> Response:
    """Return a 200 response, compressed if possible, or a 304 if the client's copy is current.

    The ETag is taken from ``headers``. If they contain none, the ETag is a hash of the body.
    """
    tag = headers.get("etag") or f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    if is_known(tag, wanted):
        return unchanged(tag)
    headers_sent = {**API_HEADERS, **headers, "etag": tag}
    if wanted.coding != IDENTITY and len(body) >= MIN_COMPRESSED_BYTES:
        body = COMPRESSORS[wanted.coding](body)
        headers_sent["content-encoding"] = wanted.coding
    return Response(body, 200, headers_sent, media_type)


def address_of(request: Request, site: SiteSettings) -> str:
    """Return the absolute URL of a request without its query, as the client sees this URL.

    If the request has the host of ``site.url``, scheme and host are taken from ``site.url``,
    because a proxy may terminate TLS. Otherwise they are taken from the request.
    """
    path = quote(request.url.path, safe="/~")
    host = request.headers.get("host", "")
    configured = site_address(site.url)
    if not PLAIN_HOST.fullmatch(host) or urlsplit(configured).netloc.lower() == host.lower():
        return configured + path
    return f"{request.url.scheme}://{host}{path}"


def link_of(answer: schemas.ResponseBody, asked: Parameters, address: str) -> str:
    """Return the ``Link`` header with the next page (RFC 8288). It is empty on the last page.

    The last page of changes has a link to later changes instead (``monitor``, RFC 5989).
    ``address`` is the absolute URL of this page without its query.
    """
    after = getattr(answer, "next", None)
    if after is None:
        return ""
    name = "since" if isinstance(asked, ChangesParameters) else "cursor"
    relation = "next" if getattr(answer, "more", True) else "monitor"
    return f'<{address}?{urlencode({**said_of(asked), name: after})}>; rel="{relation}"'


def redirect_to_renamed(request: Request, error: SourceMoved) -> Response:
    """Redirect to the address with the new id of a renamed source. The redirect is relative."""
    rest = request.url.path.removeprefix("/api/sources/").partition("/")[2]
    place = quote(str(error), safe="")
    place = f"../{place}/{rest}" if rest else place
    query = request.scope["query_string"].decode("latin-1")
    headers = {**API_HEADERS, "location": f"{place}?{query}" if query else place}
    return Response(status_code=308, headers=headers)
