"""What is read off a page: a release or a listing, with the confidence of each field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from data.models import ArchiveLink, Content, Link, Published
from data.text.clean import clean_line
from data.text.posted import posted_address, posted_query
from data.text.urls import canonical_url, page_address, section_fragment


@dataclass(frozen=True, slots=True)
class ExtractedRelease:
    """What a release page says.

    ``url`` is the page's own address and ``canonical`` the one it names itself by, or None.
    ``links`` are the other releases it names, ``editions`` pairs of a language tag and the URL of
    that edition. ``confidence`` is 0 to 1 by field (``title``, ``published``, ``body`` …).
    ``reasons`` say in a sentence each what was not found or not believed. ``refused`` is the text
    of a date that can't be right, where no other was found.
    """

    url: str
    content: Content
    canonical: str | None = None
    links: tuple[Link, ...] = ()
    editions: tuple[tuple[str, str], ...] = ()
    confidence: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class ListingItem:
    """One release as a listing names it; ``url`` is absolute.

    ``categories`` are those that a feed or an API gives it.
    """

    url: str
    title: str
    published: Published | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A request by POST: the address that it is sent to, and its form-encoded ``body``."""

    url: str
    body: str

    @property
    def address(self) -> str:
        """The address by which the response is known, in the store and in the archive."""
        return posted_address(self.url, posted_query(self.body))


@dataclass(frozen=True, slots=True)
class Series:
    """How the requests for the parts of a list are counted, if only its first page states that.

    The parameter ``name`` of requests for ``path`` grows by ``step``, or by the number of items of
    each part if that is 0. ``last`` is its highest value, or None.
    """

    path: str
    name: str
    step: int
    last: int | None = None


@dataclass(frozen=True, slots=True)
class UnreadSign:
    """Something on a listing page that shows whether its list has more releases than the page.

    ``text`` quotes the page. By ``kind``, ``number`` is

    - ``total``: the number of releases in the list;
    - ``pages``: the number of its last page, where no address leads to the next one;
    - ``years``: the oldest year to choose, where no address leads to it;
    - ``control``: 0, for a control such as "Load more" that has no address;
    - ``end``: the number of the page, where the page is the last one.
    """

    kind: Literal["total", "pages", "years", "control", "end"]
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing page says: its items in page order, and the address of the next page.

    If the next page is requested by POST, ``form`` is the request and ``next`` is its `address`.
    ``series`` counts on to the parts after the next one.

    ``rule`` names the rule that found the items; ``confidence`` is 0 to 1; ``reasons`` say in a
    sentence each what was not found or not believed. ``passed`` are the addresses of rows without a
    date, among dated ones, that may be releases and were not taken for any. ``place`` says where on
    the page the list stands, so that it is found again on the next one. ``others`` are pages to try
    if the next one leads nowhere. ``before`` is the page before in the pager, and ``counts_down``
    says that the first page has the highest number: then the page before is the older one.
    ``archives`` are the archives that the page links to, newest first, and ``signs`` what the page
    shows about the rest of its list.
    """

    url: str
    items: tuple[ListingItem, ...]
    next: str | None = None
    rule: str = ""
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    place: str = ""
    form: Form | None = None
    series: Series | None = None
    before: str | None = None
    counts_down: bool = False
    others: tuple[str, ...] = ()
    archives: tuple[ArchiveLink, ...] = ()
    signs: tuple[UnreadSign, ...] = ()


def keys_of(item: ListingItem) -> Iterator[str]:
    """By what an item is known: its address, and its title with its day."""
    yield canonical_url(item.url)
    if name := name_of(item):
        yield name


def name_of(item: ListingItem) -> str:
    """The day and the title of an item, by which it is known at another address; or empty."""
    if not (item.published and item.title):
        return ""
    return f"{item.published.day} {clean_line(item.title).casefold()}"


def with_sections(items: Iterable[ListingItem]) -> tuple[ListingItem, ...]:
    """The items of a feed; fragments stay only if several items are sections of one page."""
    found = tuple(items)
    counts = Counter(page_address(url) for url in {item.url for item in found})
    return tuple(
        item
        if counts[page_address(item.url)] > 1
        else replace(item, url=page_address(item.url) if section_fragment(item.url) else item.url)
        for item in found
    )
