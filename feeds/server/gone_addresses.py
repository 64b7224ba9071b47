"""Answers at addresses that were others: of sources that were renamed (301) or removed (410).

And of sections, which earlier versions made topics.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from data.errors import StoreError
from data.models import Facet
from data.settings import Site
from data.store import open_existing
from data.store.protocol import Store
from data.text.clean import plain
from feeds.catalog import REMOVED
from feeds.server.errors import explain, page
from feeds.server.not_found import NotFound
from feeds.server.requests.work_queue import Unanswered, WorkQueue
from feeds.urls import (
    SEARCH,
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

ADDRESS: Final = re.compile(
    r"/(feeds/source|sources)/([^/]+?)((?:\.(?:atom|rss|json)|/.*)?)", re.DOTALL
)
"""An address of a source: where sources are, the name of one, and what is asked of it."""

TOPIC_PAGE: Final = re.compile(r"/(?:sources/([^/]+)/)?topics/([^/]+)/?")

FRESH: Final = 3600
"""Seconds for which caches may lead on without asking."""


class GoneAnswers:
    """The handler of what is not found, over the store that ``store_url`` names."""

    def __init__(self, store_url: str, site: Site, queue: WorkQueue) -> None:
        self._url = store_url
        self._queue = queue
        self._not_found = NotFound(store_url, site)

    async def __call__(self, request: Request, error: Exception) -> Response:
        """Lead to where a source or section is now, or say that it was removed or never was."""
        del error
        try:
            return await self._queue.run(
                request.scope, request.receive, lambda: self._answer(request)
            )
        except (Unanswered, StoreError) as failure:
            # What a handler of errors raises is logged with a traceback.
            return await explain(request, failure)

    def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        found = ADDRESS.fullmatch(path)
        source = name_of(found[2]) if found else None
        if found and source is not None:
            now, removed = self._ask(source)
            if removed:
                return page(request.scope, 410, said=REMOVED)
            if now != source:
                place = f"{found[1]}/{file_name(now)}{found[3]}"
                return lead_on(place, path, request.url.query, 301)
        if kind := self._format_of_all(path):
            # A second language may come: then this address has a feed of its own.
            return lead_on(feed_file(Facet(), kind), path, request.url.query, 302)
        if asked := topic_at(path):
            topic, kind = asked
            sections, label = self._sections(topic)
            if len(sections) == 1:
                file = feed_file(sections[0], kind) if kind else page_file(sections[0])
                return lead_on(file, path, request.url.query, 301)
            if sections:
                # Another source may leave the section: then this leads elsewhere.
                file = f"{SEARCH}.{kind}" if kind else SEARCH_PAGE
                return lead_on(file[1:], path, urlencode({"q": f'"{label}"'}), 302)
        return self._not_found.answer(request.scope)

    def _ask(self, source: str) -> tuple[str, bool]:
        """What a source is called now, and whether it was removed with its releases."""
        with closing(open_existing(self._url)) as store:
            now = store.source_moves().get(source, source)
            removed = store.removed_sources().get(now)
            return now, removed is not None and not removed.kept

    def _format_of_all(self, path: str) -> Format | None:
        """The format of the feed at a path that the feed of all stands in for, if it does."""
        asked = facet_of(href(path[1:]))
        if asked is None or asked[0].language is None:
            return None
        with closing(open_existing(self._url)) as store:
            return asked[1] if feed_facet(asked[0], store.facets()) == Facet() else None

    def _sections(self, topic: Facet) -> tuple[list[Facet], str]:
        """The sections that are called like a topic, and how; of one source, where it is of one."""
        with closing(open_existing(self._url)) as store:
            return sections_called(store, topic)


def sections_called(store: Store, topic: Facet) -> tuple[list[Facet], str]:
    """The sections that hold releases and are called like a topic, and how they are called."""
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
    """The topic whose feed or page would be at a decoded path, and the format of the feed."""
    if asked := facet_of(href(path[1:])):
        return asked if asked[0].topic is not None else None
    found = TOPIC_PAGE.fullmatch(path)
    if found is None:
        return None
    source, topic = (name_of(one) if one else None for one in found.groups())
    return (Facet(source=source, topic=topic), None) if topic else None


def lead_on(file: str, path: str, query: str, status: int) -> Response:
    """The answer that leads from a path to a file of the site."""
    # Relative, so that it holds wherever the site is mounted.
    place = relative(file, path[1:])
    # Not kept for ever: the source may be renamed back.
    headers = {"cache-control": f"public, max-age={FRESH}"}
    return RedirectResponse(f"{place}?{query}" if query else place, status, headers)
