"""Searches for feeds and the search page, newest first.

The command line sorts by relevance. A feed sorted that way would never show a new release less
relevant than a hundred old ones. The page offers both orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from data.errors import SlowSearch
from data.models import Facet, Release
from data.search.query import Query
from data.search.results import Hits
from data.store.core.store import Store
from feeds.catalog import Catalog
from feeds.entries.story_folding import folded
from feeds.pages.builder_page import SELECTION_PARAMETERS, SITE_FEEDS, BuiltFeed, kind_of, state_of
from feeds.pages.search_page import Hit, SearchResults
from feeds.pages.search_problems import SearchProblem, notes_on, problems_of
from feeds.searches import PAGE_PARAMETERS
from feeds.server.query import query_of, with_present_sources

FACETS = ("source", "topic")
"""Parameters that are answered from facets, without the search index."""

MAX_FACET_PAIRS = 20
"""Maximum number of source and topic pairs in a search without words."""

PREVIEW_RELEASES = 5
"""Number of releases in the preview of the feed builder."""

RESULTS_PER_PAGE = 30
"""Releases per page of search results."""


def search(store: Store, asked: Mapping[str, str], limit: int) -> Sequence[Release]:
    """Return the newest releases for the parameters of feeds.searches.SEARCH_PARAMETERS.

    Without words, all releases that match the other parameters are found; without any parameter,
    none. Raises BadQuery, SlowSearch.
    """
    asked = with_present_sources(asked, store.source_moves())
    if asked and asked.keys() <= set(FACETS):
        return of_facets(store, asked, limit)
    return store.search_newest(query_of(asked), limit=limit).releases


def of_facets(
    store: Store, asked: Mapping[str, str], limit: int, offset: int = 0
) -> Sequence[Release]:
    """Return the newest releases of sources and topics, in feed order."""
    every = product(*(asked[name].split(",") if name in asked else [None] for name in FACETS))
    facets = [Facet(*names) for names in islice(every, MAX_FACET_PAIRS)]
    if len(facets) == 1:
        return tuple(store.releases(facets[0], limit=limit, offset=offset))
    some = (one for facet in facets for one in store.releases(facet, limit=offset + limit))
    found = sorted({one.id: one for one in some}.values(), key=lambda one: one.id)
    found.sort(key=lambda one: one.order, reverse=True)
    return found[offset : offset + limit]


def search_results(store: Store, catalog: Catalog, asked: Mapping[str, str]) -> SearchResults:
    """Return the content of the search page: results, or the problems of the query."""
    asked = with_present_sources(asked, store.source_moves())
    problems = problems_of(catalog, asked)
    if problems or not asked.keys() - set(PAGE_PARAMETERS):
        return SearchResults(asked, problems=problems)
    query = query_of(asked)
    try:
        matches, hits = store.count_matches(query), hits_of(store, query, asked)
    except SlowSearch:
        message = catalog.texts.gettext(
            "This search took too long and was stopped. Use a rarer word, or fewer sources or days."
        )
        return SearchResults(asked, problems=[SearchProblem(message, [])])
    shown: list[Hit] = [(one, ()) for one in hits.releases]
    if "source" not in asked:
        shown = one_per_story(store, hits)
    notes = notes_on(catalog.texts, query)
    return SearchResults(asked, query, matches, shown, hits.cursor, notes=notes)


def built_feed(store: Store, catalog: Catalog, asked: Mapping[str, str]) -> BuiltFeed:
    """Return the content of the feed builder. Raises BadQuery, SlowSearch."""
    selected = {name: asked[name] for name in SELECTION_PARAMETERS if name in asked}
    selected = dict(with_present_sources(selected, store.source_moves()))
    problems = problems_of(catalog, selected)
    if problems or not selected or kind_of(asked) in SITE_FEEDS:
        return BuiltFeed(asked, problems)
    query = query_of({**selected, **state_of(asked)})
    newest = store.search_newest(query, limit=PREVIEW_RELEASES).releases
    return BuiltFeed(asked, (), store.count_matches(query), newest)


def one_per_story(store: Store, hits: Hits) -> list[Hit]:
    """Return one hit per story, with the story's other releases."""
    ids = {one.id for one in hits.releases}
    return list(folded(store, hits.releases, lambda one: one.id in ids, lambda _: True))


def hits_of(store: Store, query: Query, asked: Mapping[str, str]) -> Hits:
    """Return one page of hits; an invalid cursor means the first page.

    With relevance order the cursor is an offset, otherwise a position from the store.
    """
    text = asked.get("cursor", "")
    cursor = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 - digits of a number of 64 bits
    if "more" in asked:
        return Hits((), None)
    if asked.get("sort") != "best":
        return store.search_newest(query, limit=RESULTS_PER_PAGE, cursor=cursor)
    offset = cursor or 0
    best = store.search(query, limit=RESULTS_PER_PAGE + 1, offset=offset)
    return Hits(
        best[:RESULTS_PER_PAGE], offset + RESULTS_PER_PAGE if len(best) > RESULTS_PER_PAGE else None
    )
