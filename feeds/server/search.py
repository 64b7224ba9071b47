"""Searches as subscribers ask for them: what is new comes first, be it ever so little to the point.

A search for people on the command line has the best first; as a feed it would never show a release
that is worth less than a hundred old ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from data.models import Facet, Release
from data.search.query import Query
from data.store.protocol import Store
from feeds.server.query import with_present_sources

ROUNDS = 10
"""How often as many releases again are looked at for those in the language that was asked for."""

SELECTED = 20
"""Pairs of a source and a topic that are looked at in a search without words."""


def search(store: Store, asked: Mapping[str, str], limit: int) -> list[Release]:
    """The newest releases that a search finds, by its parameters q, source, topic and lang.

    One without words finds all that there is by the others; one for nothing at all finds nothing.
    """
    if not asked:
        return []
    language = asked.get("lang")
    found: list[Release] = []
    for offset in range(0, ROUNDS * limit, limit):
        some = matching(store, asked, limit, offset)
        found += (one for one in some if speaks(one, language))
        if len(found) >= limit or len(some) < limit:
            break
    return found[:limit]


def matching(store: Store, asked: Mapping[str, str], limit: int, offset: int) -> Sequence[Release]:
    """The releases that a search finds from ``offset`` on, whatever their language."""
    asked = with_present_sources(asked, store.source_moves())
    text, source, topic = (asked.get(name) for name in ("q", "source", "topic"))
    if text is not None:
        return store.search(Query(text, source, topic), limit=limit, offset=offset, newest=True)
    every = product(*(name.split(",") if name else [None] for name in (source, topic)))
    facets = [Facet(*names) for names in islice(every, SELECTED)]
    if len(facets) == 1:
        return tuple(store.releases(facets[0], limit=limit, offset=offset))
    some = (one for facet in facets for one in store.releases(facet, limit=offset + limit))
    found = sorted({one.id: one for one in some}.values(), key=lambda one: one.id)
    found.sort(key=lambda one: one.order, reverse=True)
    return found[offset : offset + limit]


def speaks(release: Release, language: str | None) -> bool:
    """Whether a release is in a language: one in ``en-GB`` is in ``en``, not the other way round.

    None is any language.
    """
    if language is None:
        return True
    own, wanted = (release.content.language or "").lower(), language.lower()
    return own == wanted or own.startswith(f"{wanted}-")
