"""What is made when it is asked for: searches, what once was, OPML of a selection.

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
from urllib.parse import parse_qsl, urlencode

from data.errors import CommuniqueError
from data.models import Facet, facets_of
from data.settings import Site
from data.store import Store, open_store
from feeds import opml
from feeds.clean import plain
from feeds.directory import Directory, directory_of
from feeds.entry import Entry, entry_of
from feeds.feed import Feed, feed_of, language_of, updated_of
from feeds.folding import folded
from feeds.fragment import fragment_of, rendered
from feeds.held import Held, hold
from feeds.pages import Pages
from feeds.search_page import search_page
from feeds.searching import SEARCH, SEARCH_PAGE, search
from feeds.urls import FORMATS, Format, facet_of

SECONDS = 60
"""How long an answer is given again."""

MOST = 128
"""Answers that are held."""

LONGEST = 2000
"""Bytes of a query string that are read."""

ASKED = frozenset({"q", "source", "topic", "lang", "asof"})


PAGES = (SEARCH_PAGE, SEARCH_PAGE + "/")


class BadQuery(CommuniqueError):
    """A query that can't be answered."""


class Demand:
    """Answers from the store that ``store_url`` names, for one site."""

    def __init__(self, store_url: str, site: Site) -> None:
        self._url = store_url
        self._site = site
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], tuple[float, Held]] = OrderedDict()

    def answer(self, path: str, query: bytes) -> Held | None:
        """The answer to a query, or None where the path takes none of what it asks.

        Raises BadQuery for a query that asks for nothing possible, StoreError.
        """
        asked = asked_in(query)
        if not asked and path.rpartition(".")[0] != SEARCH and path not in PAGES:
            return None
        key = path, said(asked)
        now = time.monotonic()
        with self._lock:
            held = self._held.get(key)
            if held and now - held[0] < SECONDS:
                return held[1]
            # One at a time: whoever asks for much waits for himself.
            made = self._made(path, asked)
            if made is None:
                return None
            answer = held_of("/search.html" if path in PAGES else path, key[1], *made)
            self._held[key] = now, answer
            self._held.move_to_end(key)
            while len(self._held) > MOST:
                self._held.popitem(last=False)
            return answer

    def _made(self, path: str, asked: Mapping[str, str]) -> tuple[bytes, dt.datetime] | None:
        # Opened each time: any thread may be the one that asks, and none outlives its answer.
        with closing(open_store(self._url)) as store:
            return self._from(store, path, asked)

    def _from(
        self, store: Store, path: str, asked: Mapping[str, str]
    ) -> tuple[bytes, dt.datetime] | None:
        directory = directory_of(store, self._site)
        if path == "/opml.xml":
            chosen = [facet for facet in store.facets() if is_chosen(facet, asked)]
            return opml.render(directory, chosen), dt.datetime.now(dt.UTC)
        if path in PAGES:
            # Links are relative: a page without a slash at its end lies a folder higher.
            file = path[1:] + "index.html" if path[-1] == "/" else path[1:]
            return self._page(store, directory, file, asked), dt.datetime.now(dt.UTC)
        stem, _, suffix = path.rpartition(".")
        kind = next((kind for kind in FORMATS if kind == suffix), None)
        if kind is None:
            return None
        if stem == SEARCH:
            name = f"Search: {search_name(directory, asked)}"
            named = named_feed(feed_of(directory, Facet(), ()), path, asked, name)
            named = replace(named, page=f"{directory.site}{SEARCH_PAGE}?{said(asked)}")
            return filled(named, self._found(store, directory, asked), kind)
        facet = facet_of(path)
        if facet is None or "asof" not in asked or facet[0] not in store.facets():
            return None
        at = instant_of(asked["asof"])
        name = f"As of {asked['asof']}"
        named = named_feed(feed_of(directory, facet[0], ()), path, asked, name)
        return filled(named, self._then(store, directory, facet[0], at), kind)

    def _page(
        self, store: Store, directory: Directory, file: str, asked: Mapping[str, str]
    ) -> bytes:
        pages = Pages(directory, store.facets())
        return search_page(pages, file, asked, self._found(store, directory, asked))

    def _found(self, store: Store, directory: Directory, asked: Mapping[str, str]) -> list[Entry]:
        """What a search finds."""
        found = search(store, asked, self._site.entries)
        if "source" in asked:
            return [entry_of(one, directory, mixed=True) for one in found]
        ids = {one.id for one in found}
        shown = folded(store, found, lambda one: one.id in ids, lambda _: True)
        return [entry_of(one, directory, mixed=True, others=others) for one, others in shown]

    def _then(
        self, store: Store, directory: Directory, facet: Facet, at: dt.datetime
    ) -> list[Entry]:
        """What a feed showed at an instant."""
        then = store.as_of(facet, at, limit=self._site.entries)
        if facet.source is not None:
            return [entry_of(one, directory, mixed=False) for one in then]
        shown = folded(
            store, then, lambda one: facet in facets_of(one), lambda one: one.first_seen <= at
        )
        return [entry_of(one, directory, mixed=True, others=others) for one, others in shown]


def filled(feed: Feed, entries: Iterable[Entry], kind: Format) -> tuple[bytes, dt.datetime]:
    """A feed with its entries, and when it was updated."""
    fragments = [fragment_of(entry, b"") for entry in entries]
    made = replace(feed, updated=updated_of(fragments), language=language_of(fragments))
    return rendered(made, fragments, kind)[0], made.updated


def named_feed(feed: Feed, path: str, asked: Mapping[str, str], name: str) -> Feed:
    """A feed under the name and the addresses of what was asked for."""
    stem = feed.site + path.rpartition(".")[0]
    return replace(
        feed,
        title=f"{name} · {feed.title}",
        id=f"{stem}?{said(asked)}",
        addresses=tuple((kind, f"{stem}.{kind}?{said(asked)}") for kind in FORMATS),
        links=(),
    )


def said(asked: Mapping[str, str]) -> str:
    """What is asked for as the query of an address, always in the same order."""
    return urlencode(sorted(asked.items()))


def search_name(directory: Directory, asked: Mapping[str, str]) -> str:
    """All that a search asks for: its words, its source and topic, its language."""
    facet = Facet(asked.get("source"), asked.get("topic"))
    where = "" if facet == Facet() else directory.name(facet)
    parts = (plain(asked.get("q", "")), where, plain(asked.get("lang", "")))
    return " · ".join(filter(None, parts)) or "nothing"


def asked_in(query: bytes) -> dict[str, str]:
    """What a query string asks for, of all that may be asked here; repeated, parted by commas."""
    text = query[:LONGEST].decode("ascii", "replace")
    try:
        pairs = parse_qsl(text, max_num_fields=20)
    except ValueError:
        return {}
    asked: dict[str, str] = {}
    for name, value in pairs:
        if name in ASKED and value:
            asked[name] = f"{asked[name]},{value}" if name in asked else value
    return asked


def instant_of(day: str) -> dt.datetime:
    """The end of a day, UTC. Raises BadQuery."""
    try:
        start = dt.datetime.fromisoformat(day).date()
        return dt.datetime.combine(start, dt.time.max, dt.UTC)
    except ValueError as error:
        raise BadQuery(f"{day} is no day; write asof=2024-03-01") from error


def is_chosen(facet: Facet, asked: Mapping[str, str]) -> bool:
    """Whether a facet is in a selection by sources and topics, each parted by commas."""
    return all(
        getattr(facet, name) in asked[name].split(",")
        for name in ("source", "topic")
        if name in asked
    )


def held_of(path: str, query: str, body: bytes, updated: dt.datetime) -> Held:
    """An answer as the server gives it."""
    state = (int(updated.timestamp()) * 10**9, len(body), 0)
    address = f"{path}?{hashlib.sha256(query.encode()).hexdigest()}"
    return hold(address, path, state, body, follows=False)
