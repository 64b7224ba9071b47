"""Finds the releases of a page that have no pages of their own, by what each section shows.

A section is a release if it has a heading, a date beside it and a text. Teasers of other pages,
questions with answers, and panels that contain a list are none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final
from urllib.parse import quote, urlsplit

from lxml import etree

from data.dates.context import DateContext
from data.models import Published
from data.text.sites import is_elsewhere
from data.text.urls import page_address
from spiders.page.embedded_metadata import read_metadata
from spiders.page.links import url_pattern
from spiders.page.media_urls import leads_to_file, leads_to_image
from spiders.page.page import Page
from spiders.sections.candidates import candidates_of
from spiders.sections.content import content_of
from spiders.sections.permalinks import links_of, permanent_page
from spiders.sections.rate import LineReader, Rated, rated_of

MIN_SECTIONS: Final = 2
"""Minimum number of sections of a page that are releases, unless a control opens the only one."""

MIN_ANCHORED_TEXT: Final = 150
"""Minimum median of these characters if the page links to no section."""

SHARED: Final = 0.6
"""Minimum share of sections with a link to pages of one kind from which on they are teasers."""

MAX_QUOTED: Final = 80
"""Maximum characters of a title in a text fragment."""


@dataclass(frozen=True, slots=True)
class Section:
    """A release within a page; ``content`` is a copy of its text as a detached element.

    ``url`` is the address of the page with a fragment, or the permanent address that the section
    states (``is_permanent``). ``links`` are the addresses to which the section links, documents
    included.
    """

    url: str
    title: str
    published: Published
    content: etree._Element
    links: frozenset[str]
    is_permanent: bool = False


def find_sections(page: Page, reading: DateContext) -> tuple[Section, ...]:
    """The releases of a page that have no pages of their own, in page order; none if it has none.

    Of the kinds of sections on a page, the one with the most releases is taken.
    """
    language = page.tree.get("lang") or read_metadata(page).meta("og:locale")
    if language and not reading.languages:
        reading = replace(reading, languages=(language.replace("_", "-"),))
    reader = LineReader(reading, page.tree)
    best: Sequence[Rated] = ()
    links: Sequence[frozenset[str]] = ()
    for candidates in candidates_of(page.tree):
        rated = rated_of(candidates, reader)
        found = _innermost(rated)
        if len(found) > len(best):
            led = [links_of(one, page) for one in found]
            if _are_releases(found, led, page):
                best, links = found, led
    return tuple(_sections(page, best, links))


def _innermost(rated: Sequence[Rated]) -> Sequence[Rated]:
    """The candidates that contain no other one."""
    parts = {part: one for one in rated for part in one.candidate.parts}
    outer = {
        id(parts[above])
        for one in rated
        for part in one.candidate.parts[:1]
        for above in part.iterancestors()
        if above in parts and parts[above] is not one
    }
    return [one for one in rated if id(one) not in outer]


def _are_releases(rated: Sequence[Rated], links: Sequence[frozenset[str]], page: Page) -> bool:
    """Whether sections are releases themselves, and no teasers of other pages."""
    if len(rated) < MIN_SECTIONS and not all(
        one.candidate.kind == "opened" or permanent_page(one, page) for one in rated
    ):
        return False
    above = [one for one in rated if one.is_dated_above]
    if len({one.title for one in above}) < SHARED * len(above):
        # Each day has the same parts, as minutes and lists of changes do.
        return False
    anchored = [one for one in rated if one.candidate.kind == "anchored"]
    unlinked = sum(not one.candidate.linked for one in anchored)
    if unlinked * 2 > len(rated) and median(one.length for one in rated) < MIN_ANCHORED_TEXT:
        return False
    here = page_address(page.url)
    met = Counter(url for urls in links for url in urls)
    kinds: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for urls in links:
        own = {
            url_pattern(url)
            for url in urls
            if met[url] == 1 and page_address(url) != here and _is_page(url, page.url)
        }
        kinds.update(own)
    return max(kinds.values(), default=0) < max(MIN_SECTIONS, SHARED * len(rated))


def _is_page(url: str, base: str) -> bool:
    """Whether an address is that of a page of the same site."""
    return not (leads_to_file(url) or leads_to_image(url) or is_elsewhere(url, [base]))


def _sections(
    page: Page, rated: Sequence[Rated], links: Sequence[frozenset[str]]
) -> Iterator[Section]:
    here = page_address(page.url)
    anchors = Counter(one.candidate.anchor for one in rated)
    permanent = [permanent_page(one, page) for one in rated]
    if sum(map(bool, permanent)) < SHARED * len(rated):
        permanent = [""] * len(rated)
    for one, urls, place in zip(rated, links, permanent, strict=True):
        anchor = one.candidate.anchor
        is_single = anchors[anchor] == 1 or (place and place != here)
        fragment = quote_fragment(anchor) if is_single and anchor else ""
        url = f"{place or here}#{fragment or text_fragment(one.title)}"
        if urlsplit(url).fragment:
            yield Section(url, one.title, one.published, content_of(one), urls, bool(place))


def quote_fragment(anchor: str) -> str:
    """An id as the fragment of an address."""
    return quote(anchor, safe="!$&'()*+,;:@/?-._~")


def text_fragment(title: str) -> str:
    """A fragment that leads browsers to a text of a page (WICG, Text Fragments)."""
    text = quote(title[:MAX_QUOTED].rstrip(), safe="").replace("-", "%2D")
    return f":~:text={text}"
