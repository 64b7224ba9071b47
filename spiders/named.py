"""Releases that a release's page names, in a box of other news: none of them may be missing.

But what a page names may be of some other list. So it is asked for only once the walk through the
listing is over, and never where that came to its end over several pages, or shows by its address
that it is the list of one category: such a list holds all that belongs to it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from data.models import Draft, Link
from data.normalize import canonical_url
from data.store import Store
from data.words import tokens
from spiders.answers import asked_of, page_of, validator_of
from spiders.drafting import NotARelease, draft_release
from spiders.page_errors import page_errors
from spiders.walking import Way
from spiders.witnesses import family

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from spiders.visit import Visit

log = logging.getLogger(__name__)

MOST: Final = 20
"""Releases that one visit fetches because others name them."""

MOST_NAMED: Final = 5000
"""Addresses that one visit remembers."""

SHARED: Final = 0.7
"""Part of the shorter title's words that a page must share with the name it was given."""

FILED: Final = 3
"""Releases with a section from which on the section of another says whether it belongs to them."""

PART: Final = re.compile(
    r"/(?:categor(?:y|ies|ia|ie)|kategorie|rubri[ck]\w{0,4}|tags?|topics?|themen?|sections?|authors?|"
    r"taxonomy)/|[?&](?:cat|categor\w{0,4}|tag|topic|section|rubri[ck]\w{0,4}|tid)=|[?&]rubrique\d",
    re.IGNORECASE,
)
"""Addresses of listings that show a part of what their site publishes."""


class Named:
    """What the pages of one visit name, compared with the store at its end."""

    def __init__(self, source: str, store: Store, front: tuple[str, ...]) -> None:
        self._source = source
        self._store = store
        self._front = frozenset(map(canonical_url, front))
        self._links: dict[str, Link] = {}
        self._asked: list[str] = []

    def note(self, draft: Draft) -> None:
        """Remember the links of a release that lead to the like of it."""
        own = family(draft.url)
        for link in draft.links:
            key = canonical_url(link.url)
            if len(self._links) >= MOST_NAMED:
                return
            if key not in self._front and family(link.url) == own:
                self._links.setdefault(key, link)

    def missing(self, way: Way) -> tuple[Link, ...]:
        """The releases to fetch now, as far as the listing may lack any."""
        links, self._links = self._links, {}
        most = MOST if may_lack(way) else 0
        found = self._store.name(self._source, links, limit=most)
        self._asked = [canonical_url(link.url) for link in found]
        return found

    def finish(self) -> None:
        """Keep what came of fetching them."""
        if self._asked:
            self._store.fetched(self._source, self._asked)
            self._asked = []


def may_lack(way: Way) -> bool:
    """Whether a listing may lack releases of its own, so far as it was walked."""
    if PART.search(way.start):
        return False
    return way.walk is None or (way.walk.history != "walking" and way.walk.pages == 1)


def belongs(section: str | None, sections: Mapping[str, int]) -> bool:
    """Whether a release is of the list whose releases are filed in these sections, by count."""
    if not section or sum(sections.values()) < FILED:
        return True
    return section in sections or len(sections) >= FILED


def parse_named(response: Response, visit: Visit, link: Link) -> Iterator[Draft]:
    """Draft the release on a page that another one names, if it surely is one."""
    with page_errors(response.url, visit.error):
        visit.page_read()
        draft = draft_named(response, visit, link)
        if draft and belongs(draft.content.section, visit.store.sections(visit.id)):
            visit.expect()
            yield draft
    visit.settle()


def failed_named(failure: Failure) -> None:
    """Note that there is no answer where a page names a release: a later visit asks again."""
    request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
    log.info("%s, which another page names, gave no release: %s", request.url, failure.value)
    visit: Visit = request.cb_kwargs["visit"]
    visit.settle()


def draft_named(response: Response, visit: Visit, link: Link) -> Draft | None:
    """The release at an address that another names, or None where it surely isn't one.

    No listing vouches for it: it must have a date, a body and the title that it was named by.
    """
    if response.status != HTTPStatus.OK or family(response.url) != family(link.url):
        return None
    try:
        draft = draft_release(
            visit.id,
            visit.file,
            page_of(response),
            visit.reading,
            aliases=(asked_of(response),),
            item=None,
            validator=validator_of(response),
            read_page=visit.read,
        )
    except NotARelease:
        return None
    content = draft.content
    told = content.published and content.body_text and same_title(content.title, link.title)
    return draft if told else None


def same_title(title: str, name: str) -> bool:
    """Whether a page has the title that it was named by, perhaps cut short."""
    left, right = set(tokens(title)), set(tokens(name))
    least = min(len(left), len(right))
    return bool(least) and len(left & right) >= SHARED * least
