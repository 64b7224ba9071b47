"""Results of an extraction: a release or a listing, with confidence values and reasons."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from data.models import ArchiveLink, Content, Link, Published
from data.text.clean import clean_line
from data.text.urls import canonical_url, page_address, part_fragment, posted_address, posted_query


@dataclass(frozen=True, slots=True)
class ExtractedRelease:
    """The fields extracted from a release page.

    - ``url``: the URL of the page.
    - ``canonical``: the canonical URL that the page declares, or None.
    - ``links``: links to other releases on the page.
    - ``editions``: translations of the page, as pairs of a language tag and a URL.
    - ``confidence``: a value from 0 to 1 per field (``title``, ``published``, ``body`` …).
    - ``reasons``: a sentence for each field that is missing or was rejected.
    - ``refused``: the text of a date that was rejected as impossible, if no other date was found.
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
    """One release in a listing. ``url`` is the absolute URL of the release's page.

    ``categories`` are the categories that a feed or an API assigns to the release.
    """

    url: str
    title: str
    published: Published | None = None
    categories: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        """The ISO day that the listing shows for the release, or ""."""
        return self.published.day.isoformat() if self.published else ""


@dataclass(frozen=True, slots=True)
class Form:
    """A POST request: its URL, and its form-encoded ``body``."""

    url: str
    body: str

    @property
    def address(self) -> str:
        """The URL that identifies the form's response in the store and in the archive."""
        return posted_address(self.url, posted_query(self.body))


@dataclass(frozen=True, slots=True)
class Series:
    """A numbered series of requests for the parts of a list, found on the list's first page.

    The requests go to ``path``. The query parameter ``name`` grows by ``step`` per request, or by
    the number of items per part if ``step`` is 0. ``last`` is its highest value, or None if
    unknown.
    """

    path: str
    name: str
    step: int
    last: int | None = None


@dataclass(frozen=True, slots=True)
class UnreadSign:
    """Evidence on a listing page of further releases that are not on the page.

    ``text`` is a quotation from the page. The meaning of ``number`` depends on ``kind``:

    - ``total``: the number of releases in the list
    - ``pages``: the number of the last page, if no URL leads to the next page
    - ``years``: the oldest year in a menu of years, if no URL leads to that year
    - ``months``: the oldest month in a menu of months, such as 202603, if no URL leads to it
    - ``control``: 0, for a control such as "Load more" that has no URL
    - ``end``: the number of this page if it is the last page; 0 if the number is unknown
    """

    kind: Literal["total", "pages", "years", "months", "control", "end"]
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """The data extracted from a listing page: its items in page order, and its pagination.

    - ``next``: the URL of the next page. If that page needs a POST request, ``form`` is the
      request and ``next`` is its `address`.
    - ``series``: the numbered requests for the parts after the next page.
    - ``rule``: the name of the rule that found the items.
    - ``confidence``: a value from 0 to 1.
    - ``reasons``: one sentence for each value that is missing or was rejected.
    - ``passed``: URLs of undated rows among dated rows. They are skipped, but may be releases.
    - ``place``: the position of the list on the page, used to find the list on the next page.
    - ``others``: URLs of pages to try if the next page has no releases.
    - ``before``: the previous page in the pager. If ``counts_down`` is true, the first page has the
      highest number, so the previous page has older releases.
    - ``archives``: links to archives, newest first.
    - ``signs``: evidence about further releases in the list.
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
    """Yield the keys that identify a listing item: its canonical URL, and its day and title."""
    yield canonical_url(item.url)
    if name := item_name(item):
        yield name


def item_name(item: ListingItem) -> str:
    """Return the day and title of a listing item, which identify it even if its URL changes.

    Returns an empty string if it has no date or no title.
    """
    if not (item.published and item.title):
        return ""
    return f"{item.published.day} {clean_line(item.title).casefold()}"


def with_parts(items: Iterable[ListingItem]) -> tuple[ListingItem, ...]:
    """Remove URL fragments from feed items, unless several items are parts of one page."""
    found = tuple(items)
    counts = Counter(page_address(url) for url in {item.url for item in found})
    return tuple(
        item
        if counts[page_address(item.url)] > 1
        else replace(item, url=page_address(item.url) if part_fragment(item.url) else item.url)
        for item in found
    )
