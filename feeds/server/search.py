"""Searches as subscribers ask for them: what is new comes first, be it ever so little to the point.

A search for people on the command line has the best first; as a feed it would never show a release
that is worth less than a hundred old ones. On the page they choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from data.errors import SlowSearch
from data.models import Facet, Release
from data.search.matches import Hits
from data.search.query import Query
from data.store.protocol import Store
from feeds.catalog import Catalog
from feeds.entries.story_folding import folded
from feeds.pages.builder_page import SELECTION_PARAMETERS, SITE_FEEDS, BuiltFeed, kind_of, state_of
from feeds.pages.search_page import Hit, SearchResults
from feeds.pages.search_problems import Problem, notes_on, problems_of
from feeds.searches import PAGE_PARAMETERS
from feeds.server.query import query_of, with_present_sources

FACETS = ("source", "topic")
"""What facets are chosen by, without looking into the search index."""

SELECTED = 20
"""Pairs of a source and a topic that are looked at in a search without words."""

SHOWN_NEWEST = 5
"""Releases that show what a feed holds that is put together."""

PAGE = 30
"""Releases on a page of hits."""


def search(store: Store, asked: Mapping[str, str], limit: int) -> Sequence[Release]:
    """The newest releases that a search finds, by its parameters (see feeds.searches).

    One without words finds all that there is by the others; one for nothing at all finds nothing.
    Raises BadQuery, SlowSearch.
    """
    asked = with_present_sources(asked, store.source_moves())
    if asked and asked.keys() <= set(FACETS):
        return of_facets(store, asked, limit)
    return store.search_newest(query_of(asked), limit=limit).releases


def of_facets(
    store: Store, asked: Mapping[str, str], limit: int, offset: int = 0
) -> Sequence[Release]:
    """The newest releases of sources and topics, in the order of their feeds."""
    every = product(*(asked[name].split(",") if name in asked else [None] for name in FACETS))
    facets = [Facet(*names) for names in islice(every, SELECTED)]
    if len(facets) == 1:
        return tuple(store.releases(facets[0], limit=limit, offset=offset))
    some = (one for facet in facets for one in store.releases(facet, limit=offset + limit))
    found = sorted({one.id: one for one in some}.values(), key=lambda one: one.id)
    found.sort(key=lambda one: one.order, reverse=True)
    return found[offset : offset + limit]


def found(store: Store, catalog: Catalog, asked: Mapping[str, str]) -> SearchResults:
    """What the page of a search shows, or why it can't be asked."""
    asked = with_present_sources(asked, store.source_moves())
    problems = problems_of(catalog, asked)
    if problems or not asked.keys() - set(PAGE_PARAMETERS):
        return SearchResults(asked, problems=problems)
    query = query_of(asked)
    try:
        matches, hits = store.count_matches(query), hits_of(store, query, asked)
    except SlowSearch:
        said = catalog.texts.gettext(
            "This search took too long and was stopped. Use a rarer word, or fewer sources or days."
        )
        return SearchResults(asked, problems=[Problem(said, [])])
    shown: list[Hit] = [(one, ()) for one in hits.releases]
    if "source" not in asked:
        shown = told_once(store, hits)
    notes = notes_on(catalog.texts, query)
    return SearchResults(asked, query, matches, shown, hits.cursor, notes=notes)


def built(store: Store, catalog: Catalog, asked: Mapping[str, str]) -> BuiltFeed:
    """What the page shows where feeds are put together. Raises BadQuery, SlowSearch."""
    selected = {name: asked[name] for name in SELECTION_PARAMETERS if name in asked}
    selected = dict(with_present_sources(selected, store.source_moves()))
    problems = problems_of(catalog, selected)
    if problems or not selected or kind_of(asked) in SITE_FEEDS:
        return BuiltFeed(asked, problems)
    query = query_of({**selected, **state_of(asked)})
    newest = store.search_newest(query, limit=SHOWN_NEWEST).releases
    return BuiltFeed(asked, (), store.count_matches(query), newest)


def told_once(store: Store, hits: Hits) -> list[Hit]:
    """Hits with one of each story, and the others of it among them."""
    ids = {one.id for one in hits.releases}
    return list(folded(store, hits.releases, lambda one: one.id in ids, lambda _: True))


def hits_of(store: Store, query: Query, asked: Mapping[str, str]) -> Hits:
    """The hits of one page; a cursor that is none begins at the first.

    Where the best come first it counts them, and else it is that of the store.
    """
    text = asked.get("cursor", "")
    cursor = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 - digits of a number of 64 bits
    if "more" in asked:
        return Hits((), None)
    if asked.get("sort") != "best":
        return store.search_newest(query, limit=PAGE, cursor=cursor)
    offset = cursor or 0
    best = store.search(query, limit=PAGE + 1, offset=offset)
    return Hits(best[:PAGE], offset + PAGE if len(best) > PAGE else None)
