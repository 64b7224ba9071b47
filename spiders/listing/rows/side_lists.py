"""Recognize lists that are not the releases, by headings, columns and URLs.

The module also recognizes links to a row's author or category.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from data.languages.vocabulary import pattern, words
from spiders.listing.rows.flat_page import ElementSpan, FlatPage, LinkMark
from spiders.page.links import MAX_CACHED_LENGTH, MAX_CACHED_LINKS
from spiders.page.phrases import comparison_key, is_related, is_tail
from spiders.page.regions import CHROME

HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt"))
"""Tags of headings, including terms of definition lists."""

JOINING_WORDS: Final = r"[&+/,|]|\b{}\b"
"""Pattern of the characters and words for "and" in headings such as "News & Events". The words of
all languages replace the placeholder."""

MAX_WORDS: Final = 3
"""Maximum number of words in the heading of an events list."""

MAX_UNSPACED_LENGTH: Final = 8
"""Maximum length of an events heading in a writing system without spaces, in characters."""

_WORDS: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_EVENT_PATH: Final = r"(?:^|/){}(?:/|$|[?.])"
"""Template of a pattern that matches event URLs."""

_COLUMN: Final = re.compile(
    r"(?:col-(?:xs-|sm-|md-|lg-|xl-|xxl-)?|span|grid_|grid-|small-|medium-|large-)(\d{1,2})"
)
MAX_LEVELS: Final = 8
"""Maximum number of levels from an element up to its column."""

MAX_SIBLINGS: Final = 6
"""Maximum number of columns checked on each side of a column."""

MAX_NARROW: Final = 4
"""Maximum width of a narrow column, in twelfths of the grid."""

MIN_WIDE: Final = 7
"""Minimum width of the wide column beside a narrow column, in twelfths of the grid."""

_SIDE_PATH: Final = r"/{}/[^/]{1,200}(?:/index\.\w{2,5}|/)?$"
"""Template of a pattern that matches the path of a page about an author, a tag or a category."""

_SIDE_QUERY: Final = re.compile(r"(?:author|cat|tag|m)=[^&]{1,200}", re.IGNORECASE)
_MONTH_PATH: Final = re.compile(
    r"/(?:19|20)\d\d/(?:0?[1-9]|1[0-2])(?:/(?:0?[1-9]|[12]\d|3[01]))?(?:/index\.\w{2,5}|/)?$"
)
_COMMENTS: Final = re.compile(r"(?:respond|comments?|disqus_thread|comment-\d{1,12})")
_SIDE_RELATIONS: Final = frozenset(("author", "tag", "category"))


def announces_other(text: str) -> bool:
    """Whether a heading announces content other than the releases of the page."""
    return is_tail(text) or comparison_key(text) in _side_headings() or announces_events(text)


@cache
def _side_headings() -> frozenset[str]:
    """Return the headings of lists other than releases, as comparison keys (letters only)."""
    return frozenset(map(comparison_key, words("headings.beside")))


@cache
def _event_words() -> frozenset[str]:
    """Return the words in headings of event lists, from writing systems with spaces."""
    return frozenset(word.casefold() for word in words("headings.events"))


def announces_box(text: str) -> bool:
    """Whether a heading announces a box of popular, related or latest releases, or of events."""
    return is_related(text) or announces_events(text)


def announces_events(text: str) -> bool:
    """Whether a heading announces only events, without news."""
    if pattern("headings.event_parts").search(text):
        has_news = pattern("headings.news_parts").search(text)
        return len(text) <= MAX_UNSPACED_LENGTH and not has_news
    found = [word.casefold() for word in _WORDS.findall(text[:100])]
    return (
        0 < len(found) <= MAX_WORDS
        and not pattern("headings.joining", JOINING_WORDS).search(text)
        and any(word in _event_words() for word in found)
    )


def lead_to_events(urls: Iterable[str], page: str) -> bool:
    """Whether most of these URLs, but not the page's URL, are in folders for events."""
    found = [_is_in_event_folder(url) for url in urls]
    return sum(found) * 2 > len(found) and not _is_in_event_folder(page)


def _is_in_event_folder(url: str) -> bool:
    # The whole URL is searched first, because splitting it takes longer.
    within = url.partition("#")[0]
    event = pattern("links.events", _EVENT_PATH)
    return bool(event.search(within) and event.search(urlsplit(within).path))


def is_in_narrow_column(node: etree._Element) -> bool:
    """Whether an element is in a narrow column beside a wide column, by CSS grid classes."""
    for column in islice((node, *node.iterancestors()), MAX_LEVELS):
        width = _width(column)
        if width:
            around = (*islice(column.itersiblings(), MAX_SIBLINGS),)
            before = (*islice(column.itersiblings(preceding=True), MAX_SIBLINGS),)
            beside = max((_width(one) for one in (*around, *before)), default=0)
            if width <= MAX_NARROW and beside >= MIN_WIDE:
                return True
    return False


def _width(node: etree._Element) -> int:
    """Return the width of an element on wide screens, in twelfths, or 0 if it is unknown."""
    found = [
        int(match[1])
        for name in (node.get("class") or "").split()[:12]
        if (match := _COLUMN.fullmatch(name))
    ]
    return found[-1] if found else 0


def is_side_link(link: LinkMark) -> bool:
    """Whether a link leads to an author, category, tag or comments, judged by URL or ``rel``."""
    relation = link.node.get("rel")
    if relation and not _SIDE_RELATIONS.isdisjoint(relation.lower().split()):
        return True
    if _COMMENTS.fullmatch((link.node.get("href") or "").rpartition("#")[2]):
        return True
    return len(link.url) <= MAX_CACHED_LENGTH and _is_side_address(link.url)


def is_month_archive(link: LinkMark) -> bool:
    """Whether the URL of a link looks like a monthly or daily archive.

    URLs of releases that are numbered per year may look the same.
    """
    return len(link.url) <= MAX_CACHED_LENGTH and _is_month_address(link.url)


# Cached because the links of a row are checked in every region that contains the row.
@lru_cache(maxsize=MAX_CACHED_LINKS)
def _is_side_address(url: str) -> bool:
    parts = urlsplit(url)
    side = pattern("links.terms", _SIDE_PATH)
    return bool(side.search(parts.path) or _SIDE_QUERY.fullmatch(parts.query))


@lru_cache(maxsize=MAX_CACHED_LINKS)
def _is_month_address(url: str) -> bool:
    return bool(_MONTH_PATH.search(urlsplit(url).path))


MAX_LABEL_DISTANCE: Final = 6
"""Maximum distance, in texts and links, between a region and the label above it."""

MAX_BOXES: Final = 20
"""Maximum number of boxes with their own headings that are skipped above a region."""

MAX_LABEL_LENGTH: Final = 60
"""Maximum length of a text that may be a label above a region, in characters."""

TITLE_PARTS: Final = re.compile(r"\s[-–—|·•:»«]\s|[|｜]")
"""Pattern that matches separators between the page's title and the site's name in ``<title>``."""

MAX_HEADINGS: Final = 20
"""Maximum number of headings compared with ``<title>``."""


class PageHeadings:
    """The headings of a page whose ``<title>`` is ``title``.

    ``main`` is the position of the main heading, or -1. The main heading is the first ``<h1>``, or
    else a heading that is a part of ``<title>``.
    """

    def __init__(self, flat: FlatPage, title: str) -> None:
        self._flat = flat
        self._heads = [head.begin for head in flat.headings]
        firsts = [head for head in flat.headings if head.level == 1]
        self._h1 = firsts[0].begin if firsts else -1
        # The texts of the page's main headings, as comparison keys (letters only).
        self._names = {comparison_key(flat.said(head.begin, head.end)) for head in firsts}
        self.main = self._h1 if firsts else self._named_heading(title)
        # A page may have thousands of records below the same headings.
        self._others: dict[str, bool] = {}
        self._others_at: dict[int, bool] = {}

    def _named_heading(self, title: str) -> int:
        """Return the position of the first heading that is a part of ``<title>``, or -1.

        If ``<title>`` has several parts, the last part is the site's name and does not count.
        """
        named = TITLE_PARTS.split(title)
        parts = set(map(comparison_key, named[:-1] or named)) - {""}
        flat = self._flat
        heads = islice(flat.headings, MAX_HEADINGS) if parts else ()
        shown = (head for head in heads if not flat.regions.at(head.begin) & CHROME)
        said = ((head.begin, flat.said(head.begin, head.end)) for head in shown)
        return next((begin for begin, text in said if comparison_key(text) in parts), -1)

    def other_share(self, records: list[ElementSpan]) -> float:
        """Return the share of records below a heading that does not announce releases."""
        count = verdict = ended = 0
        for index, span in enumerate(records):
            between = bisect_left(self._heads, span.begin) - bisect_left(self._heads, ended)
            if between or not index:
                verdict = self.above(span)
            count += verdict < 0
            ended = span.end
        return count / len(records)

    def above(self, record: ElementSpan) -> int:
        """Classify the heading above a record.

        Returns 1 for the page's first main heading, -1 for a heading or label that announces
        content other than releases, and 0 otherwise.
        """
        flat, first = self._flat, record.begin
        label = flat.texts_in(max(0, first - MAX_LABEL_DISTANCE), first)
        near = [text for text in label[-2:] if len(text.text) <= MAX_LABEL_LENGTH]
        if any(self._is_other(text.text) and not _in_other(text.parent) for text in near):
            return -1
        index = bisect_right(self._heads, first) - 1
        # A heading inside the record does not apply to the record.
        while index >= 0 and self._heads[index] >= first:
            index -= 1
        # A heading applies only to its box, which may end before the record.
        for _ in range(MAX_BOXES):
            if index < 0 or flat.headings[index].scope > first or not self._is_other_at(index):
                break
            index -= 1
        if index < 0:
            return 0
        if flat.headings[index].begin == self._h1:
            return 1
        return -int(self._is_other_at(index))

    def _is_other_at(self, index: int) -> bool:
        if index not in self._others_at:
            head = self._flat.headings[index]
            self._others_at[index] = self._is_other(self._flat.said(head.begin, head.end))
        return self._others_at[index]

    def _is_other(self, text: str) -> bool:
        """Whether a heading announces content other than releases and is not the main heading."""
        if text not in self._others:
            is_main = comparison_key(text) in self._names
            self._others[text] = announces_other(text) and not is_main
        return self._others[text]


def _in_other(node: etree._Element) -> bool:
    """Whether a text can't be a label, because it is in the main heading or in a link.

    Links in headings don't count.
    """
    tags = {node.tag, *(above.tag for above in node.iterancestors())}
    return "h1" in tags or ("a" in tags and not tags & HEADINGS)
