"""Find releases that release pages link to but no listing contains.

A linked release may belong to another list. So links are followed only after the walk through the
listing. They are never followed for a listing that ended after several pages, or whose address
shows one category: such a list contains everything that belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from data.models import Draft, Link
from data.store.protocol import Store
from data.text.urls import canonical_url
from spiders.crawl.listing_walk import ListingWalk
from spiders.page.links import url_pattern

MOST: Final = 20
"""Maximum releases that one visit fetches because others link to them."""

MOST_NAMED: Final = 5000
"""Maximum addresses that one visit remembers."""

FILED: Final = 3
"""Minimum number of releases with a section for sections to decide."""

PART: Final = re.compile(
    r"/(?:categor(?:y|ies|ia|ie)|kategorie|rubri[ck]\w{0,4}|tags?|topics?|themen?|sections?|authors?|"
    r"taxonomy)/|[?&](?:cat|categor\w{0,4}|tag|topic|section|rubri[ck]\w{0,4}|tid)=|[?&]rubrique\d",
    re.IGNORECASE,
)
"""Addresses of listings that show a part of their site."""


class LinkedReleases:
    """The links of one visit's pages, compared with the store at its end."""

    def __init__(self, source: str, store: Store, front: tuple[str, ...]) -> None:
        self._source = source
        self._store = store
        self._front = frozenset(map(canonical_url, front))
        self._links: dict[str, Link] = {}
        self._asked: list[str] = []
        self.has_any = False
        """Whether any were named that were held against the store."""

    def note(self, draft: Draft) -> None:
        """Remember the links of a release that lead to similar pages."""
        own = url_pattern(draft.url)
        for link in draft.links:
            key = canonical_url(link.url)
            if len(self._links) >= MOST_NAMED:
                return
            if key not in self._front and url_pattern(link.url) == own:
                self._links.setdefault(key, link)

    def missing(self, way: ListingWalk) -> tuple[Link, ...]:
        """Return the releases to fetch now, if the listing may be incomplete."""
        links, self._links = self._links, {}
        self.has_any |= bool(links)
        most = MOST if may_lack(way) else 0
        found = self._store.note_links(self._source, links, limit=most)
        self._asked = [canonical_url(link.url) for link in found]
        return found

    def finish(self) -> None:
        """Store the results."""
        if self._asked:
            self._store.note_link_visits(self._source, self._asked)
            self._asked = []


def may_lack(way: ListingWalk) -> bool:
    """Whether a listing may be incomplete, as far as it was walked."""
    if PART.search(way.start):
        return False
    return way.walk is None or (way.walk.history != "walking" and way.walk.pages == 1)


def belongs(section: str | None, sections: Mapping[str, int]) -> bool:
    """Whether a release belongs to a list with these sections, by count."""
    if not section or sum(sections.values()) < FILED:
        return True
    return section in sections or len(sections) >= FILED
