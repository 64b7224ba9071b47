"""Searches as subscribers ask for them: what is new comes first, be it ever so little to the point.

A search for people on the command line has the best first; as a feed it would never show a release
that is worth less than a hundred old ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from data.models import Facet, Release
from data.store.protocol import Store
from feeds.server.query import query_of, with_present_sources

FACETS = ("source", "topic")
"""What facets are chosen by, without looking into the search index."""

SELECTED = 20
"""Pairs of a source and a topic that are looked at in a search without words."""


def search(store: Store, asked: Mapping[str, str], limit: int) -> Sequence[Release]:
    """The newest releases that a search finds, by the parameters of feeds.searches.SEARCHED.

    One without words finds all that there is by the others; one for nothing at all finds nothing.
    Raises BadQuery.
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
