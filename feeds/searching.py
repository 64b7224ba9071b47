"""Searches as subscribers ask for them: what is new comes first, be it ever so little to the point.

A search for people on the command line has the best first; as a feed it would never show a release
that is worth less than a hundred old ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from data.models import Release
from data.search import Query
from data.store import Store

SEARCH = "/feeds/search"
"""The address of searches without its suffix."""

SEARCH_PAGE = "/search"
"""The address of their page."""

ROUNDS = 10
"""How often as many releases again are looked at for those in the language that was asked for."""


def search(store: Store, asked: Mapping[str, str], limit: int) -> list[Release]:
    """The newest releases that a search finds, by its parameters q, source, topic and lang."""
    query = Query(asked.get("q", ""), asked.get("source"), asked.get("topic"))
    language = asked.get("lang")
    found: list[Release] = []
    for offset in range(0, ROUNDS * limit, limit):
        some = store.search(query, limit=limit, offset=offset, newest=True)
        found += (one for one in some if speaks(one, language))
        if len(found) >= limit or len(some) < limit:
            break
    return found[:limit]


def speaks(release: Release, language: str | None) -> bool:
    """Whether a release is in a language: one in ``en-GB`` is in ``en``, not the other way round.

    None is any language.
    """
    if language is None:
        return True
    own, wanted = (release.content.language or "").lower(), language.lower()
    return own == wanted or own.startswith(f"{wanted}-")
