"""What is made when it is asked for: searches, what once was, feeds of watches, chosen OPML.

They are made from the store and held in a bounded memory for a minute, so that nobody who asks
again and again keeps the store busy.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from data.models import Facet
from data.settings import Site
from data.store import open_existing
from data.store.protocol import Store
from data.topics.facets import facets_of
from feeds.catalog import Catalog, catalog_of
from feeds.entries.entry import Entry, Link, entry_of
from feeds.entries.story_folding import folded
from feeds.formats import opml
from feeds.formats.feed import Feed, feed_of, language_of, updated_of
from feeds.formats.feed_budget import rendered_document
from feeds.formats.rendering import rendered
from feeds.pages.builder_page import builder_page
from feeds.pages.renderer import PageRenderer
from feeds.pages.search_page import search_name, search_page
from feeds.searches import canonical_query, parse_query
from feeds.server.query import (
    PAGES,
    BadQuery,
    allowed_parameters,
    groups_of,
    instant_of,
    is_chosen,
    refuse_unknown,
    with_present_sources,
)
from feeds.server.response import CachedFile, hold
from feeds.server.search import FACETS, built, found, search
from feeds.server.source_topic import address_of, source_topic
from feeds.server.watch_feed import watch_entries, watch_feed, watch_of
from feeds.urls import (
    FEED_BUILDER,
    FORMATS,
    OWN_HUB,
    SEARCH,
    SEARCH_PAGE,
    WATCH_FEED,
    FileStamp,
    Format,
    facet_of,
    has_feed_files,
    href,
    hub_of,
)

SECONDS = 60
"""How long an answer is given again."""

MOST, LIMIT = 128, 64 * 1024 * 1024
"""Answers that are held, and their bytes; those that were made first go first."""


BARE = (SEARCH, SEARCH_PAGE, FEED_BUILDER)
"""How the addresses begin that are answered without a question."""

Question: TypeAlias = tuple[str, str]
"""A path, and what is asked for there as a query in one order."""


class OnDemand:
    """Answers from the store that ``store_url`` names, for one site; any thread may ask.

    ``watches`` is the folder of watches, which may have feeds.
    """

    def __init__(self, store_url: str, site: Site, watches: Path | None = None) -> None:
        self._url = store_url
        self._site = site
        self._watches = watches
        hub = hub_of(site) if site.hub == OWN_HUB else None
        # Of these feeds our own hub alone knows whether somebody wants to be told.
        self._links = (Link("hub", hub),) if hub else ()
        self._lock = threading.Lock()
        self._held: OrderedDict[Question, tuple[float, CachedFile]] = OrderedDict()

    def answer(self, path: str, query: bytes) -> CachedFile | None:
        """The answer to a query, or None where the path takes none of what it asks.

        Raises BadQuery for a query that asks for nothing possible, StoreError.
        """
        asked = self._asked(path, query)
        if asked is None:
            return None
        question = path, canonical_query(asked)
        return self._fresh(question) or self._answer(question, asked)

    def ready(self, path: str, query: bytes) -> CachedFile | None:
        """The answer to a query if it was made a moment ago. Raises BadQuery."""
        asked = self._asked(path, query)
        return None if asked is None else self._fresh((path, canonical_query(asked)))

    def makes(self, path: str, query: bytes) -> bool:
        """Whether an answer is to be made from the store. Raises BadQuery."""
        return self._asked(path, query) is not None

    def _asked(self, path: str, query: bytes) -> Mapping[str, str] | None:
        """The parameters of a query, or None if the path takes none of them. Raises BadQuery."""
        asked = parse_query(query, allowed_parameters(path))
        if not asked and not path.startswith(BARE) and address_of(path) is None:
            return None
        return asked

    def document(self, file: str) -> bytes | None:
        """What a feed holds at this moment, by its name with its query; None where there is none.

        Raises StoreError.
        """
        path, _, query = file.partition("?")
        path = "/" + path
        try:
            return self._made(path, parse_query(query.encode(), allowed_parameters(path)))
        except BadQuery:
            return None

    def _fresh(self, question: Question) -> CachedFile | None:
        """An answer that was made a moment ago."""
        with self._lock:
            made_at, answer = self._held.get(question, (0.0, None))
        return answer if time.monotonic() - made_at < SECONDS else None

    def _answer(self, question: Question, asked: Mapping[str, str]) -> CachedFile | None:
        path, query = question
        body = self._made(path, asked)
        if body is None:
            return None
        with self._lock:
            _, answer = self._held.get(question, (0.0, None))
        # Outside the lock, since the event loop waits for it in ``ready``.
        if answer is None or answer.body != body:
            name = path + "index.html" if path[-1] == "/" else path
            name = "/search.html" if path in PAGES else name
            answer = held_of(name, query, body, answer)
        with self._lock:
            self._held[question] = time.monotonic(), answer
            self._held.move_to_end(question)
            self._bound()
        return answer

    def _bound(self) -> None:
        size = sum(held.size for _, held in self._held.values())
        while len(self._held) > MOST or (size > LIMIT and len(self._held) > 1):
            _, (_, gone) = self._held.popitem(last=False)
            size -= gone.size

    def _made(self, path: str, asked: Mapping[str, str]) -> bytes | None:
        watch = None
        stem, _, suffix = path.rpartition(".")
        if stem.startswith(WATCH_FEED):
            watch = watch_of(self._watches, stem, asked["token"])
            if watch is None or suffix not in FORMATS:
                return None
        # Opened each time: any thread may be the one that asks, and none outlives its answer.
        with closing(open_existing(self._url)) as store:
            if watch is None:
                return self._from(store, path, asked)
            catalog = catalog_of(store, self._site)
            entries = watch_entries(store, catalog, watch, self._site.entries)
            kind = next(kind for kind in FORMATS if kind == suffix)
            return self._filled(watch_feed(catalog, watch, stem), entries, kind)

    def _from(self, store: Store, path: str, asked: Mapping[str, str]) -> bytes | None:
        catalog = catalog_of(store, self._site)
        if path == "/opml.xml" or path.rpartition(".")[0] == SEARCH:
            refuse_unknown(with_present_sources(asked, store.source_moves()), catalog.sources)
        if path == "/opml.xml":
            groups = groups_of(asked)
            if asked.keys() - {*FACETS, "groups"}:
                asked = {name: one for name, one in asked.items() if name != "groups"}
                named = self._named(catalog, f"{SEARCH}.atom", asked)
                return opml.render_one(catalog, named)
            wanted = with_present_sources(asked, store.source_moves())
            within = {"source", "topic"} & asked.keys()
            counts = store.facets()
            chosen = [
                facet
                for facet in counts
                if is_chosen(facet, wanted) and (within or has_feed_files(facet, counts))
            ]
            return opml.render(catalog, chosen, groups)
        if path == FEED_BUILDER:
            pages = PageRenderer(catalog, store.facets())
            return builder_page(pages, built(store, catalog, asked))
        if path in PAGES:
            # Links are relative: a page without a slash at its end lies a folder higher.
            file = path[1:] + "index.html" if path[-1] == "/" else path[1:]
            return self._page(store, catalog, file, asked)
        if not asked and (address := address_of(path)):
            return source_topic(store, catalog, address, self._site, self._links)
        return self._feed(store, catalog, path, asked)

    def _feed(
        self, store: Store, catalog: Catalog, path: str, asked: Mapping[str, str]
    ) -> bytes | None:
        """The feed of a search, or as it was."""
        stem, _, suffix = path.rpartition(".")
        kind = next((kind for kind in FORMATS if kind == suffix), None)
        if kind is None:
            return None
        if stem == SEARCH:
            entries = self._found(store, catalog, asked)
            # What has no date since the first visit is nobody's news.
            shown = (one for one in entries if one.published)
            return self._filled(self._named(catalog, path, asked), shown, kind)
        address = href(path[1:])
        facet = facet_of(address)
        if facet is None or facet[0] not in store.facets():
            return None
        at = instant_of(asked["asof"])
        name = f"As of {asked['asof']}"
        named = named_feed(feed_of(catalog, facet[0], ()), address, asked, name)
        return self._filled(named, self._then(store, catalog, facet[0], at), kind)

    def _filled(self, feed: Feed, entries: Iterable[Entry], kind: Format) -> bytes:
        """A feed with its entries."""
        made = rendered_document([*entries], max_bytes=self._site.max_feed_bytes, mixed=feed.mixed)
        head = replace(feed, updated=updated_of(made), language=language_of(made))
        return rendered(head, made, kind)

    def _named(self, catalog: Catalog, path: str, asked: Mapping[str, str]) -> Feed:
        """The head of the feed of a search."""
        wanted = search_name(catalog, asked)
        named = named_feed(feed_of(catalog, Facet(), ()), path, asked, f"Search: {wanted}")
        page = f"{catalog.site}{SEARCH_PAGE}?{canonical_query(asked)}"
        subtitle = f"Press releases: {wanted}."
        return replace(named, subtitle=subtitle, page=page, links=self._links if asked else ())

    def _page(self, store: Store, catalog: Catalog, file: str, asked: Mapping[str, str]) -> bytes:
        shown = found(store, catalog, asked)
        # What may be chosen among all releases is told where nothing is searched for yet.
        pages = PageRenderer(catalog, {} if asked else store.facets())
        return search_page(pages, file, shown)

    def _found(self, store: Store, catalog: Catalog, asked: Mapping[str, str]) -> list[Entry]:
        """What a search finds."""
        some = search(store, asked, self._site.entries)
        if "source" in asked:
            return [entry_of(one, catalog, mixed=True) for one in some]
        ids = {one.id for one in some}
        shown = folded(store, some, lambda one: one.id in ids, lambda _: True)
        return [entry_of(one, catalog, mixed=True, others=others) for one, others in shown]

    def _then(self, store: Store, catalog: Catalog, facet: Facet, at: dt.datetime) -> list[Entry]:
        """What a feed showed at an instant."""
        then = store.as_of(facet, at, limit=self._site.entries)
        if facet.source is not None:
            return [entry_of(one, catalog, mixed=False) for one in then]
        shown = folded(
            store, then, lambda one: facet in facets_of(one), lambda one: one.first_seen <= at
        )
        return [entry_of(one, catalog, mixed=True, others=others) for one, others in shown]


def named_feed(feed: Feed, address: str, asked: Mapping[str, str], name: str) -> Feed:
    """A feed under the name and the addresses of what was asked for at its own address."""
    stem = feed.site + address.rpartition(".")[0]
    return replace(
        feed,
        title=f"{name} · {feed.title}",
        id=f"{stem}?{canonical_query(asked)}",
        addresses=tuple((kind, f"{stem}.{kind}?{canonical_query(asked)}") for kind in FORMATS),
        links=(),
    )


def held_of(path: str, query: str, body: bytes, before: CachedFile | None) -> CachedFile:
    """An answer as the server gives it, which is as it is since now; there was another before."""
    address = f"{path}?{hashlib.sha256(query.encode()).hexdigest()}"
    stamp = FileStamp(time.time_ns(), len(body), 0)
    return hold(address, path, stamp, body, follows=False, before=before)
