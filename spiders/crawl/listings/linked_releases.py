"""Find releases that are on no listing, but that other release pages link to.

A linked release may belong to another list. So links are followed only after the whole listing was
read, and only if the listing may be incomplete. A listing with several pages and a listing of a
category count as complete.
"""

import re
from collections.abc import Mapping
from typing import Final

from data.models import Content, Draft, Link
from data.text.urls import canonical_url
from data.text.words import tokens
from spiders.crawl.listings.listing_walk import ListingWalk
from spiders.crawl.visit_scope import VisitScope
from spiders.page.links import url_pattern

MAX_LINKED_RELEASES: Final = 20
"""Maximum number of linked releases requested per visit."""

MAX_LINKS: Final = 5000
"""Maximum number of links to other releases collected per visit."""

MIN_SECTIONED_RELEASES: Final = 3
"""Minimum number of releases with a section for sections to be compared."""

MIN_SHARED_TITLE: Final = 0.7
"""Minimum share of words that a page's title and the text of a link to it have in common, relative
to the shorter of the two.
"""

PARTIAL_LISTING: Final = re.compile(
    r"/(?:categor(?:y|ies|ia|ie)|kategorie|rubri[ck]\w{0,4}|tags?|topics?|themen?|sections?|authors?|"
    r"taxonomy)/|[?&](?:cat|categor\w{0,4}|tag|topic|section|rubri[ck]\w{0,4}|tid)=|[?&]rubrique\d",
    re.IGNORECASE,
)
"""Pattern of URLs of listings that contain only a part of the site's releases, such as a
category."""


class LinkedReleases:
    """Collects the links to other releases on the release pages of one visit.

    At the end of the visit, the linked URLs are looked up in the store.
    """

    def __init__(self, scope: VisitScope) -> None:
        self._source = scope.id
        self._store = scope.store
        self._entry_keys = frozenset(map(canonical_url, scope.entry_urls))
        self._links: dict[str, Link] = {}
        self._requested: list[str] = []
        self._is_compared = False
        self.has_any = False
        """Whether any links were compared with the store."""

    def note(self, draft: Draft) -> None:
        """Add a release's links to pages whose URLs have the same pattern."""
        if self._is_compared:
            return
        own = url_pattern(draft.url)
        for link in draft.links:
            key = canonical_url(link.url)
            if len(self._links) >= MAX_LINKS:
                return
            if key not in self._entry_keys and url_pattern(link.url) == own:
                self._links.setdefault(key, link)

    def missing(self, walk: ListingWalk) -> tuple[Link, ...]:
        """Return the links to releases that are not stored, so that they can be requested.

        Returns nothing if the listing is complete, or if it was called before.
        """
        if self._is_compared:
            return ()
        self._is_compared = True
        links, self._links = self._links, {}
        self.has_any |= bool(links)
        progress = walk.progress
        is_one_page = not progress or (progress.history != "walking" and progress.pages == 1)
        may_be_incomplete = is_one_page and not PARTIAL_LISTING.search(walk.start)
        most = MAX_LINKED_RELEASES if may_be_incomplete else 0
        found = self._store.note_links(self._source, links, limit=most)
        self._requested = [canonical_url(link.url) for link in found]
        return found

    def finish(self) -> None:
        """Store which linked releases were requested."""
        if self._requested:
            self._store.note_link_visits(self._source, self._requested)
            self._requested = []


def is_certain(content: Content, link: Link, sections: Mapping[str, int]) -> bool:
    """Whether a linked page is certainly a release of a list with ``sections``.

    ``sections`` maps each section to its number of releases on the list. Because no listing
    contains the page, it must have a date, a body, and the title in the link.
    """
    if content.published is None or not content.body_text:
        return False
    # A link may truncate the title.
    left, right = set(tokens(content.title)), set(tokens(link.title))
    least = min(len(left), len(right))
    if not least or len(left & right) < MIN_SHARED_TITLE * least:
        return False
    is_comparable = content.section and sum(sections.values()) >= MIN_SECTIONED_RELEASES
    is_other = content.section not in sections and len(sections) < MIN_SECTIONED_RELEASES
    return not (is_comparable and is_other)
