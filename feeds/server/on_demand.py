"""Feeds and pages generated on request: searches, past states of feeds, watch feeds, selected OPML.

Responses are generated from the store and cached for a minute in limited memory. So repeated
requests do not load the store.
"""

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

from data.errors import QueryError
from data.models import Facet
from data.search.saved_searches import SavedSearches
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_existing
from data.topics.facets import facets_of
from feeds.catalog import Catalog, catalog_of
from feeds.entries.entry import EntryLink, FeedEntry, entry_of, folded
from feeds.formats import opml
from feeds.formats.feed import Feed, feed_of, language_of, updated_of
from feeds.formats.rendering import rendered, rendered_document
from feeds.pages.builder_page import builder_page
from feeds.pages.renderer import PageRenderer
from feeds.pages.search_page import search_name, search_page
from feeds.searches import canonical_query, parse_query, with_version
from feeds.server.search import (
    FACET_PARAMETERS,
    SEARCH_PAGES,
    BadQuery,
    allowed_parameters,
    built_feed,
    groups_of,
    instant_of,
    is_chosen,
    refuse_unknown,
    search,
    search_results,
    with_present_sources,
)
from feeds.server.site_cache import CachedFile, cached_file
from feeds.server.source_topic import address_of, source_topic
from feeds.server.watch_feed import watch_entries, watch_feed, watch_of
from feeds.urls import (
    FEED_BUILDER,
    FORMATS,
    OWN_HUB,
    SEARCH_FEED,
    SEARCH_PAGE,
    WATCH_FEED,
    FileStamp,
    Format,
    facet_of,
    has_feed_files,
    href,
    hub_of,
)

CACHE_SECONDS = 60
"""Maximum age in seconds of a cached response."""

MAX_CACHED, MAX_CACHED_BYTES = 128, 64 * 1024 * 1024
"""Maximum number of cached responses, and their maximum total size in bytes. The oldest responses
are dropped first."""


GENERATED_PREFIXES = (SEARCH_FEED, SEARCH_PAGE, FEED_BUILDER)
"""Prefixes of URL paths at which responses are generated even without a query."""

Question: TypeAlias = tuple[str, str]
"""Key of the cache: a path, and the query in canonical order."""


class OnDemand:
    """Generates feeds and pages from the store at ``store_url``. Thread-safe.

    ``watches`` is the folder of the watch files, and ``searches`` the folder of the saved searches.
    """

    def __init__(
        self,
        store_url: str,
        site: SiteSettings,
        watches: Path | None = None,
        searches: Path | None = None,
    ) -> None:
        self._url = store_url
        self._site = site
        self._watches = watches
        self._saved = SavedSearches(searches)
        hub = hub_of(site) if site.hub == OWN_HUB else None
        # Generated feeds contain only the site's own hub, because other hubs do not know their
        # changes.
        self._links = (EntryLink("hub", hub),) if hub else ()
        self._lock = threading.Lock()
        self._held: OrderedDict[Question, tuple[float, CachedFile]] = OrderedDict()

    def answer(self, path: str, query: bytes) -> CachedFile | None:
        """Return the generated response, or None if this path is not generated for this query."""
        asked = self.asked(path, query)
        if asked is None:
            return None
        question = path, canonical_query(asked)
        return self._fresh(question) or self._answer(question, asked)

    def cached_response(self, path: str, query: bytes) -> CachedFile | None:
        """Return the cached response to a request, or None.

        Raises BadQuery if the query is invalid.
        """
        asked = self.asked(path, query)
        return None if asked is None else self._fresh((path, canonical_query(asked)))

    def asked(self, path: str, query: bytes) -> Mapping[str, str] | None:
        """Return the parameters of a query if the path is generated for it, otherwise None.

        Raises BadQuery if the query is invalid.
        """
        asked = parse_query(query, allowed_parameters(path))
        if not asked and not path.startswith(GENERATED_PREFIXES) and address_of(path) is None:
            return None
        # People write queries on these pages. Feeds keep the meaning of their address.
        return with_version(asked) if path in (*SEARCH_PAGES, FEED_BUILDER) else asked

    def document(self, file: str) -> bytes | None:
        """Return the body of a generated feed, or None if the feed does not exist.

        ``file`` is the feed's file name with its query. Raises StoreError if the store can't be
        read.
        """
        path, _, query = file.partition("?")
        path = "/" + path
        try:
            return self._made(path, parse_query(query.encode(), allowed_parameters(path)))
        except (BadQuery, QueryError):
            return None

    def _fresh(self, question: Question) -> CachedFile | None:
        """Return the cached response to a request if it is not too old, or None."""
        with self._lock:
            made_at, answer = self._held.get(question, (0.0, None))
        return answer if time.monotonic() - made_at < CACHE_SECONDS else None

    def _answer(self, question: Question, asked: Mapping[str, str]) -> CachedFile | None:
        path, query = question
        if (body := self._made(path, asked)) is None:
            return None
        with self._lock:
            _, answer = self._held.get(question, (0.0, None))
        # Built outside the lock, because ``cached_response`` needs the lock in the event loop.
        if answer is None or answer.body != body:
            name = path + "index.html" if path[-1] == "/" else path
            name = "/search.html" if path in SEARCH_PAGES else name
            address = f"{name}?{hashlib.sha256(query.encode()).hexdigest()}"
            stamp = FileStamp(time.time_ns(), len(body), 0)
            answer = cached_file(address, name, stamp, body, follows=False, before=answer)
        with self._lock:
            self._held[question] = time.monotonic(), answer
            self._held.move_to_end(question)
            size = sum(held.size for _, held in self._held.values())
            while len(self._held) > MAX_CACHED or (size > MAX_CACHED_BYTES and len(self._held) > 1):
                _, (_, gone) = self._held.popitem(last=False)
                size -= gone.size
        return answer

    def _made(self, path: str, asked: Mapping[str, str]) -> bytes | None:
        watch = None
        stem, _, suffix = path.rpartition(".")
        if stem.startswith(WATCH_FEED):
            watch = watch_of(self._watches, stem, asked["token"])
            if watch is None or suffix not in FORMATS:
                return None
        # Any thread may run this, so each response opens and closes its own store.
        with closing(open_existing(self._url)) as store:
            if watch is None:
                return self._from(store, path, asked)
            catalog = catalog_of(store, self._site)
            entries = watch_entries(store, catalog, watch, self._site.entries, self._saved)
            kind = next(kind for kind in FORMATS if kind == suffix)
            return self._filled(watch_feed(catalog, watch, stem), entries, kind)

    def _from(self, store: Store, path: str, asked: Mapping[str, str]) -> bytes | None:
        catalog = catalog_of(store, self._site)
        if path == "/opml.xml" or path.rpartition(".")[0] == SEARCH_FEED:
            moves = store.source_moves()
            wanted = with_present_sources(asked, moves)
            refuse_unknown(wanted, catalog.sources, self._saved, moves)
        if path == "/opml.xml":
            groups = groups_of(asked)
            if asked.keys() - {*FACET_PARAMETERS, "groups"}:
                asked = {name: one for name, one in asked.items() if name != "groups"}
                return opml.render_one(catalog, self._named(catalog, f"{SEARCH_FEED}.atom", asked))
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
            return builder_page(pages, built_feed(store, catalog, asked, self._saved))
        if path in SEARCH_PAGES:
            # Links are relative. A path without a final slash is one level higher.
            file = path[1:] + "index.html" if path[-1] == "/" else path[1:]
            # Counts of all releases are shown only if there is no search.
            pages = PageRenderer(catalog, {} if asked else store.facets())
            return search_page(pages, file, search_results(store, catalog, asked, self._saved))
        if not asked and (address := address_of(path)):
            return source_topic(store, catalog, address, self._site, self._links)
        return self._feed(store, catalog, path, asked)

    def _feed(
        self, store: Store, catalog: Catalog, path: str, asked: Mapping[str, str]
    ) -> bytes | None:
        """Return a search feed, or a feed as it was at a past time.

        Returns None for other paths.
        """
        stem, _, suffix = path.rpartition(".")
        kind = next((kind for kind in FORMATS if kind == suffix), None)
        if kind is None:
            return None
        if stem == SEARCH_FEED:
            entries = self._found(store, catalog, asked)
            # Releases without a date have no place in a feed ordered by date.
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

    def _filled(self, feed: Feed, entries: Iterable[FeedEntry], kind: Format) -> bytes:
        """Render a feed document from its metadata and entries."""
        made = rendered_document([*entries], max_bytes=self._site.max_feed_bytes, mixed=feed.mixed)
        head = replace(feed, updated=updated_of(made), language=language_of(made))
        return rendered(head, made, kind)

    def _named(self, catalog: Catalog, path: str, asked: Mapping[str, str]) -> Feed:
        """Return the metadata of a search feed."""
        wanted = search_name(catalog, asked)
        named = named_feed(feed_of(catalog, Facet(), ()), path, asked, f"Search: {wanted}")
        page = f"{catalog.site}{SEARCH_PAGE}?{canonical_query(asked)}"
        subtitle = f"Press releases: {wanted}."
        return replace(named, subtitle=subtitle, page=page, links=self._links if asked else ())

    def _found(self, store: Store, catalog: Catalog, asked: Mapping[str, str]) -> list[FeedEntry]:
        """Return the entries for the results of a search."""
        some = search(store, asked, self._site.entries, self._saved)
        if "source" in asked:
            return [entry_of(one, catalog, mixed=True) for one in some]
        ids = {one.id for one in some}
        shown = folded(store, some, lambda one: one.id in ids, lambda _: True)
        return [entry_of(one, catalog, mixed=True, others=others) for one, others in shown]

    def _then(
        self, store: Store, catalog: Catalog, facet: Facet, at: dt.datetime
    ) -> list[FeedEntry]:
        """Return the entries that a facet's feed had at a past time."""
        then = store.as_of(facet, at, limit=self._site.entries)
        if facet.source is not None:
            return [entry_of(one, catalog, mixed=False) for one in then]
        shown = folded(
            store, then, lambda one: facet in facets_of(one), lambda one: one.first_seen <= at
        )
        return [entry_of(one, catalog, mixed=True, others=others) for one, others in shown]


def named_feed(feed: Feed, address: str, asked: Mapping[str, str], name: str) -> Feed:
    """Return feed metadata with the title and URLs of a generated feed."""
    stem = feed.site + address.rpartition(".")[0]
    return replace(
        feed,
        title=f"{name} · {feed.title}",
        id=f"{stem}?{canonical_query(asked)}",
        addresses=tuple((kind, f"{stem}.{kind}?{canonical_query(asked)}") for kind in FORMATS),
        links=(),
    )
