"""Releases that a release's page names, in a box of other news: none of them may be missing.

But what a page names may be of some other list. So it is asked for only once the walk through the
listing is over, and never where that came to its end over several pages, or shows by its address
that it is the list of one category: such a list holds all that belongs to it.
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
"""Releases that one visit fetches because others name them."""

MOST_NAMED: Final = 5000
"""Addresses that one visit remembers."""

FILED: Final = 3
"""Releases with a section from which on the section of another says whether it belongs to them."""

PART: Final = re.compile(
    r"/(?:categor(?:y|ies|ia|ie)|kategorie|rubri[ck]\w{0,4}|tags?|topics?|themen?|sections?|authors?|"
    r"taxonomy)/|[?&](?:cat|categor\w{0,4}|tag|topic|section|rubri[ck]\w{0,4}|tid)=|[?&]rubrique\d",
    re.IGNORECASE,
)
"""Addresses of listings that show a part of what their site publishes."""


class LinkedReleases:
    """What the pages of one visit name, compared with the store at its end."""

    def __init__(self, source: str, store: Store, front: tuple[str, ...]) -> None:
        self._source = source
        self._store = store
        self._front = frozenset(map(canonical_url, front))
        self._links: dict[str, Link] = {}
        self._asked: list[str] = []
        self.has_any = False
        """Whether any were named that were held against the store."""

    def note(self, draft: Draft) -> None:
        """Remember the links of a release that lead to the like of it."""
        own = url_pattern(draft.url)
        for link in draft.links:
            key = canonical_url(link.url)
            if len(self._links) >= MOST_NAMED:
                return
            if key not in self._front and url_pattern(link.url) == own:
                self._links.setdefault(key, link)

    def missing(self, way: ListingWalk) -> tuple[Link, ...]:
        """The releases to fetch now, as far as the listing may lack any."""
        links, self._links = self._links, {}
        self.has_any |= bool(links)
        most = MOST if may_lack(way) else 0
        found = self._store.note_links(self._source, links, limit=most)
        self._asked = [canonical_url(link.url) for link in found]
        return found

    def finish(self) -> None:
        """Keep what came of fetching them."""
        if self._asked:
            self._store.note_link_visits(self._source, self._asked)
            self._asked = []


def may_lack(way: ListingWalk) -> bool:
    """Whether a listing may lack releases of its own, so far as it was walked."""
    if PART.search(way.start):
        return False
    return way.walk is None or (way.walk.history != "walking" and way.walk.pages == 1)


def belongs(section: str | None, sections: Mapping[str, int]) -> bool:
    """Whether a release is of the list whose releases are filed in these sections, by count."""
    if not section or sum(sections.values()) < FILED:
        return True
    return section in sections or len(sections) >= FILED
