"""HTML error pages, and responses for addresses without a published file.

Addresses of renamed sources redirect. Addresses of removed sources and hidden releases get 410. Old
partial tiles of the log are cut from the wider tiles that replaced them. All other addresses get a
404 page with similar addresses.

Earlier versions treated sections as topics, so addresses of such topics redirect to the section.
"""

import logging
import re
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from data.archive.log.merkle_tree import TILE_WIDTH, read_file
from data.errors import StoreError
from data.models import Facet
from data.network.bucket import Bucket, BucketError
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_existing
from data.text.clean import plain
from feeds.catalog import REMOVED_SOURCE_TEXT, Catalog, catalog_of
from feeds.http_headers import IMMUTABLE_CACHE, TILE_PREFIX
from feeds.pages.not_found_page import near_misses, not_found_page
from feeds.pages.renderer import SERVED_POLICY, PageRenderer
from feeds.replay.memento import RELEASE_HIDDEN
from feeds.server.requests.routes import ServerRoute
from feeds.server.requests.security import ANY_ORIGIN
from feeds.server.requests.work_queue import Unanswered, WorkQueue
from feeds.urls import (
    SEARCH_FEED,
    SEARCH_PAGE,
    Format,
    facet_of,
    feed_facet,
    feed_file,
    file_name,
    href,
    name_of,
    page_file,
    relative,
)

log = logging.getLogger(__name__)

ERROR_TEXTS = {
    404: "Nothing is published at this address.",
    405: "This address is read-only.",
    503: "Pages generated on demand are unavailable now. Feeds and other pages still work.",
    500: "The server failed. The error is in its log.",
}
"""Texts of error pages, by status."""

SOURCE_ADDRESS: Final = re.compile(
    r"/(feeds/source|sources)/([^/]+?)((?:\.(?:atom|rss|json)|/.*)?)", re.DOTALL
)
"""Pattern that matches the address of a source: folder, source id, and the rest of the path."""

TOPIC_PAGE: Final = re.compile(r"/(?:sources/([^/]+)/)?topics/([^/]+)/?")
"""Pattern that matches the address of a topic's page. If the page is limited to one source, the
address contains the source's id."""

REDIRECT_MAX_AGE_SECONDS: Final = 3600
"""Duration in seconds for which caches may reuse a redirect."""

PARTIAL_TILE: Final = re.compile(
    r"/log/(tile/(?:[1-9]?\d|entries)/(?:x\d{3}/)*\d{3}\.p/[1-9]\d{0,2})"
)
"""Pattern that matches the path of a partial tile of the log."""

TILE_MEDIA_TYPE: Final = "application/octet-stream"
"""Media type of the log's tiles."""

FIRST_PUBLICATION: Final = (
    "Nothing is published yet. The first publication follows the first visits to the sources; "
    "reload this page in a minute."
)
"""Text of the home page until the first publication."""

RETRY_SOON: Final = {"retry-after": "60"}

CATALOG_CACHE_SECONDS: Final = 60.0
"""Number of seconds for which the catalog and counts are reused. So a crawler that requests many
wrong addresses causes little work."""


async def explain(request: Request, error: Exception) -> Response:
    """Return the error page for an exception. If the store is unavailable, also log a warning."""
    if isinstance(error, Unanswered):
        return unanswered(request.scope, error)
    if isinstance(error, StoreError):
        log.warning("page request failed: %s", error)
        return page(request.scope, 503, RETRY_SOON)
    return page(request.scope, error.status_code if isinstance(error, HTTPException) else 500)


def unanswered(scope: Scope, error: Unanswered) -> HTMLResponse:
    """Return the error page for a request that the work queue rejected."""
    message = str(error)
    wait = {"retry-after": str(error.retry_after)}
    return page(scope, error.status, wait, f"{message[:1].upper()}{message[1:]}.")


def page(
    scope: Scope, status: int, headers: dict[str, str] | None = None, message: str | None = None
) -> HTMLResponse:
    """Return an error page with ``message``, or with the default text for the status."""
    phrase = HTTPStatus(status).phrase
    root = escape(scope.get("root_path", ""))
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(phrase)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="{root}/static/site.css"></head>
<body><main><div class="hero"><h1>{escape(phrase)}</h1>
<p class="lead">{escape(message or ERROR_TEXTS.get(status, phrase + "."))}</p>
<p><a href="{root}/">Newest releases</a> · <a href="{root}/sources/">Sources</a> ·
<a href="{root}/days/">Days</a> · <a href="{root}/feeds/">Feeds</a> ·
<a href="{root}/search/">Search</a></p></div></main></body></html>
""",
        status,
        {"cache-control": "no-store", "content-security-policy": SERVED_POLICY, **(headers or {})},
    )


class MissingFileResponses:
    """Handler of requests for missing files. It reads the store at ``store_url``."""

    def __init__(self, store_url: str, site: SiteSettings, queue: WorkQueue) -> None:
        self._url = store_url
        self._site = site
        self._queue = queue
        self._lock = threading.Lock()
        self._read: tuple[float, Catalog, Mapping[Facet, int]] | None = None

    async def __call__(self, request: Request, error: Exception) -> Response:
        """Redirect to the new address, or respond with 410 or 404."""
        del error
        if request.scope["path"] == "/":
            # Each publication writes the home page, so there was none yet.
            return page(request.scope, 503, RETRY_SOON, FIRST_PUBLICATION)
        try:
            return await self._queue.run(
                request.scope, request.receive, lambda: self._answer(request)
            )
        except (Unanswered, StoreError) as failure:
            # If this function raised an exception, the server would log a traceback.
            return await explain(request, failure)

    def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        found = SOURCE_ADDRESS.fullmatch(path)
        source = name_of(found[2]) if found else None
        if found and source is not None:
            with self._store() as store:
                now = store.source_moves().get(source, source)
                removed = store.removed_sources().get(now)
            if removed and not removed.kept:
                return page(request.scope, 410, message=REMOVED_SOURCE_TEXT)
            if now != source:
                place = f"{found[1]}/{file_name(now)}{found[3]}"
                return redirect(place, path, request.url.query, 301)
        if kind := self._format_of_all(path):
            # The redirect is temporary: when a second language has releases, this address gets its
            # own feed.
            return redirect(feed_file(Facet(), kind), path, request.url.query, 302)
        if asked := topic_at(path):
            topic, kind = asked
            with self._store() as store:
                sections, label = sections_called(store, topic)
            if len(sections) == 1:
                file = feed_file(sections[0], kind) if kind else page_file(sections[0])
                return redirect(file, path, request.url.query, 301)
            if sections:
                # The redirect is temporary: if another source loses this section, the target
                # changes.
                file = f"{SEARCH_FEED}.{kind}" if kind else SEARCH_PAGE
                return redirect(file[1:], path, urlencode({"q": f'"{label}"'}), 302)
        return self._not_found(request.scope)

    def _store(self) -> closing[Store]:
        return closing(open_existing(self._url))

    def _format_of_all(self, path: str) -> Format | None:
        """Return the format of a language's feed, if all releases of the site have this language.

        Such a feed is replaced by the feed of all releases. Returns None for all other paths.
        """
        asked = facet_of(href(path[1:]))
        if asked is None or asked[0].language is None:
            return None
        with self._store() as store:
            return asked[1] if feed_facet(asked[0], store.facets()) == Facet() else None

    def _not_found(self, scope: Scope) -> Response:
        """Return the 404 page with suggestions, or a short error page if the store fails."""
        try:
            catalog, counts = self._known()
            pages = PageRenderer(catalog, counts)
            near = near_misses(scope["path"], pages)
            body = not_found_page(pages, scope.get("root_path", ""), near)
        except StoreError as error:
            log.warning("404 page not generated: %s", error)
            return page(scope, 404)
        headers = {"cache-control": "no-store", "content-security-policy": SERVED_POLICY}
        return Response(body, 404, headers, "text/html")

    def _known(self) -> tuple[Catalog, Mapping[Facet, int]]:
        with self._lock:
            if self._read is None or time.monotonic() - self._read[0] >= CATALOG_CACHE_SECONDS:
                with self._store() as store:
                    found = catalog_of(store, self._site), store.facets()
                self._read = time.monotonic(), *found
            return self._read[1:]


def sections_called(store: Store, topic: Facet) -> tuple[list[Facet], str]:
    """Return the sections that have releases and the same slug as a topic, and their label.

    If the topic is limited to a source, only the sections of this source are returned.
    """
    labels = {
        Facet(source=source, section=slug): label
        for (source, slug), label in store.section_labels().items()
        if slug == topic.topic and topic.source in {None, source}
    }
    if not labels:
        return [], ""
    counts = store.facets()
    sections = [one for one in labels if one in counts]
    return sections, plain(labels[sections[0]]).replace('"', " ") if sections else ""


def topic_at(path: str) -> tuple[Facet, Format | None] | None:
    """Return the topic in the address of a feed or page, and the format of a feed.

    ``path`` is decoded. Returns None if ``path`` is not the address of a topic.
    """
    if asked := facet_of(href(path[1:])):
        return asked if asked[0].topic is not None else None
    found = TOPIC_PAGE.fullmatch(path)
    if found is None:
        return None
    source, topic = (name_of(one) if one else None for one in found.groups())
    return (Facet(source=source, topic=topic), None) if topic else None


def redirect(file: str, path: str, query: str, status: int) -> Response:
    """Return a relative redirect from a path to a file of the site."""
    # A relative address works with any path prefix.
    place = relative(file, path[1:])
    # The redirect is not cached forever, because the source may be renamed to its former id.
    headers = {"cache-control": f"public, max-age={REDIRECT_MAX_AGE_SECONDS}"}
    return RedirectResponse(f"{place}?{query}" if query else place, status, headers)


def hidden_routes(store_url: str, queue: WorkQueue) -> list[ServerRoute]:
    """Return the routes of release pages, which apply if no file is published at their path."""

    def is_hidden(release_id: str) -> bool:
        with closing(open_existing(store_url)) as store:
            return store.hidden_release(release_id) is not None

    async def answer(request: Request) -> Response:
        release = name_of(request.path_params["release"].removesuffix(".json"))
        if release is None or not await queue.run(
            request.scope, request.receive, lambda: is_hidden(release)
        ):
            raise HTTPException(404)
        return page(request.scope, 410, message=RELEASE_HIDDEN)

    return [
        ServerRoute("/releases/{release}", endpoint=answer, if_no_file=True),
        ServerRoute("/releases/{release}/{rest:path}", endpoint=answer, if_no_file=True),
    ]


def tile_route(site: Path | Bucket) -> ServerRoute:
    """Return the route of partial tiles that the log has replaced.

    They are cut from wider tiles of the site.
    """

    def answer(request: Request) -> Response:
        asked = PARTIAL_TILE.fullmatch(request.url.path)
        if asked is None:
            raise HTTPException(404)
        try:
            if isinstance(site, Path):
                body = read_file(site / "log", asked[1])
            else:
                body = read_tile(site, f"log/{asked[1]}")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise HTTPException(404) from error
        except BucketError as error:
            raise HTTPException(503) from error
        headers = {"cache-control": IMMUTABLE_CACHE, **ANY_ORIGIN}
        return Response(body, media_type=TILE_MEDIA_TYPE, headers=headers)

    return ServerRoute(f"{TILE_PREFIX}{{path:path}}", endpoint=answer, if_no_file=True)


def read_tile(bucket: Bucket, name: str) -> bytes:
    """Return a partial tile, cut from a wider tile in the bucket.

    Raises FileNotFoundError if the bucket has no such tile.
    """
    full, _, wanted = name.rpartition(".p/")
    names = [one for one, _, _ in bucket.tags(f"{full}.p")]
    widths = sorted(int(one.rpartition("/")[2]) for one in names)
    wider = [(f"{full}.p/{width}", width) for width in widths if width > int(wanted)]
    for candidate, width in (*wider, (full, TILE_WIDTH)):
        if found := bucket.read(candidate):
            return found.body[: len(found.body) // width * int(wanted)]
    raise FileNotFoundError(name)
