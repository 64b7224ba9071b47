"""Finds the releases of a page that have no pages of their own, by what each section shows.

A section is a release if it has a heading, a date beside it and a text. Teasers of other pages,
questions with answers, and panels that contain a list are none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import Final
from urllib.parse import quote, urlsplit

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import DateReader, plausible, scan
from data.models import Published
from data.text.clean import clean_line
from data.text.sites import is_elsewhere
from data.text.urls import page_address
from spiders.page.embedded_metadata import read_metadata
from spiders.page.generic_names import is_generic
from spiders.page.links import resolve, url_pattern
from spiders.page.media_urls import leads_to_file, leads_to_image
from spiders.page.page import Page
from spiders.sections.candidates import Candidate, candidates_of
from spiders.sections.lines import Budget, Line, lines_of

MIN_SECTIONS: Final = 2
"""Minimum number of sections of a page that are releases, unless a control opens the only one."""

MIN_TEXT: Final = 40
"""Minimum characters of a section's text if a control opens it or the page links to it."""

MIN_ANCHORED_TEXT: Final = 150
"""Minimum median of these characters if the page links to no section."""

MAX_TITLE: Final = 300
"""Maximum characters of a title."""

MIN_TITLE_LETTERS: Final = 4

HEADER_LINES: Final = 8
FIRST_LINES: Final = 4
"""Lines of a header, and first lines of a text, in which title and date are looked for."""

MAX_LABEL: Final = 40
"""Maximum characters beside the date in a line that states the date."""

MAX_DATE_LINES: Final = 2
"""Maximum number of lines of a section that are dates; more are a list."""

MAX_DATED: Final = 5_000
"""Maximum number of lines of a page that are read as dates."""

SHARED: Final = 0.6
"""Minimum share of sections with a link to pages of one kind from which on they are teasers."""

MAX_LINKS: Final = 10_000
"""Maximum number of links of one section that are compared."""

MAX_READ: Final = 300_000
"""Maximum number of elements that are read as lines, in all candidates of a page together."""

WIDE: Final = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Letters of scripts in which one stands for several of others."""

EDGES: Final = " \t\xa0-–—|:·•,;/()[]+▼▾▸›»<>"
"""Characters between a title and a date in one line."""

HIDING: Final = ("class", "style", "hidden", "aria-hidden", "role")
"""Attributes that hide a text until a control opens it."""

MAX_QUOTED: Final = 80
"""Maximum characters of a title in a text fragment."""


@dataclass(frozen=True, slots=True)
class Section:
    """A release within a page; ``content`` is a copy of its text as a detached element.

    ``url`` is the address of the page with a fragment. ``links`` are the addresses to which the
    section links, documents included.
    """

    url: str
    title: str
    published: Published
    content: etree._Element
    links: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Rated:
    """A candidate that has a title, a date and a text of ``length`` characters."""

    candidate: Candidate
    title: str
    published: Published
    heads: tuple[Line, ...]
    length: int


def find_sections(page: Page, reading: DateContext) -> tuple[Section, ...]:
    """The releases of a page that have no pages of their own, in page order; none if it has none.

    Of the kinds of sections on a page, the one with the most releases is taken.
    """
    language = page.tree.get("lang") or read_metadata(page).meta("og:locale")
    if language and not reading.languages:
        reading = replace(reading, languages=(language.replace("_", "-"),))
    reader = _Reader(reading)
    best: Sequence[_Rated] = ()
    links: Sequence[frozenset[str]] = ()
    for candidates in candidates_of(page.tree):
        rated = [one for candidate in candidates if (one := _rated(candidate, reader))]
        found = _innermost(rated)
        if len(found) > len(best):
            led = [_links(one.candidate, page) for one in found]
            if _are_releases(found, led, page):
                best, links = found, led
    return tuple(_sections(page, best, links))


class _Reader:
    """Reads the dates of lines, up to MAX_DATED per page."""

    def __init__(self, reading: DateContext) -> None:
        self._dates = DateReader(reading)
        self._reading = reading
        self._left = MAX_DATED
        self.budget = Budget(MAX_READ)

    def date(self, line: Line) -> tuple[Published, str] | None:
        """The date in a line, with the rest of its text; None without a date."""
        self._left -= 1
        if self._left < 0 or len(line.text) > MAX_TITLE:
            return None
        stated = line.element.get("datetime") if line.element.tag == "time" else None
        if stated and (found := self._dates.stated(stated, line.text, "section:time")):
            return (found, "") if plausible(found, self._reading.now) else None
        dates = [*scan(line.text, self._reading, "section")]
        for one in dates:
            if plausible(one.published, self._reading.now):
                return one.published, f"{line.text[: one.start]} {line.text[one.end :]}"
        if not dates and len(line.text) <= MAX_LABEL and any(map(str.isdigit, line.text)):
            slow = self._dates.rare_date(line.text, "section")
            if slow and plausible(slow, self._reading.now):
                return slow, ""
        return None


def _rated(candidate: Candidate, reader: _Reader) -> _Rated | None:
    """A candidate with its title, date and text, or None if one is missing."""
    header: list[Line] = []
    if candidate.header is not None:
        header = [*islice(lines_of(candidate.header, reader.budget), HEADER_LINES)]
    body = (line for part in candidate.parts for line in lines_of(part, reader.budget))
    first = [*islice(body, FIRST_LINES + (0 if header else 2))]
    published, dated, rest = _dated(header, first, reader)
    if published is None:
        return None
    title, titled = _title(header, first, dated, rest)
    if not title:
        return None
    heads = tuple(line for line in first if line in {dated, titled} or line.text == title)
    others = [line for line in (*first, *body) if line not in heads]
    length = sum(_length(line) for line in others)
    if length < MIN_TEXT or _lists_dates(others, reader):
        return None
    return _Rated(candidate, title, published, heads, length)


def _dated(
    header: Sequence[Line], first: Sequence[Line], reader: _Reader
) -> tuple[Published | None, Line | None, str]:
    """The date of a section, its line, and the rest of that line."""
    for line in header:
        if found := reader.date(line):
            return found[0], line, found[1].strip(EDGES)
    for line in first:
        found = reader.date(line)
        if found and (line.heads or (not line.linked and len(found[1].strip()) <= MAX_LABEL)):
            return found[0], line, found[1].strip(EDGES)
    return None, None, ""


def _title(
    header: Sequence[Line], first: Sequence[Line], dated: Line | None, rest: str
) -> tuple[str, Line | None]:
    """The title of a section and its line; empty without one."""
    headings = [line for line in (*header, *first) if line.heads]
    for line in (*headings, *header):
        text = rest if line == dated else line.text.strip(EDGES)
        if _is_title(text):
            return text, line
    return "", None


def _is_title(text: str) -> bool:
    letters = sum(map(str.isalpha, text)) + len(WIDE.findall(text))
    return letters >= MIN_TITLE_LETTERS and len(text) <= MAX_TITLE and not is_generic(text)


def _length(line: Line) -> int:
    """Characters of a line that are no links; those of wide scripts count more."""
    return len(line.text) - line.linked + 2 * len(WIDE.findall(line.text))


def _lists_dates(lines: Sequence[Line], reader: _Reader) -> bool:
    """Whether more than a few lines are dates or dated links, as in a list of releases."""
    count = 0
    for line in lines:
        if (line.linked or len(line.text) <= MAX_LABEL) and any(map(str.isdigit, line.text)):
            found = reader.date(line)
            alone = found and len(found[1].strip(EDGES)) <= MAX_LABEL // 4
            count += bool(alone or (found and line.linked * 2 > len(line.text) - MAX_LABEL))
        if count > MAX_DATE_LINES:
            return True
    return False


def _links(candidate: Candidate, page: Page) -> frozenset[str]:
    parts = candidate.parts if candidate.header is None else (candidate.header, *candidate.parts)
    found = (node.get("href") or "" for part in parts for node in part.iter("a"))
    urls = (resolve(href, page.base) for href in islice(found, MAX_LINKS))
    return frozenset(url for url in urls if url)


def _innermost(rated: Sequence[_Rated]) -> Sequence[_Rated]:
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


def _are_releases(rated: Sequence[_Rated], links: Sequence[frozenset[str]], page: Page) -> bool:
    """Whether sections are releases themselves, and no teasers of other pages."""
    if len(rated) < MIN_SECTIONS and not all(one.candidate.kind == "opened" for one in rated):
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
    page: Page, rated: Sequence[_Rated], links: Sequence[frozenset[str]]
) -> Iterator[Section]:
    here = page_address(page.url)
    anchors = Counter(one.candidate.anchor for one in rated)
    for one, urls in zip(rated, links, strict=True):
        anchor = one.candidate.anchor
        fragment = quote_fragment(anchor) if anchors[anchor] == 1 and anchor else ""
        url = f"{here}#{fragment or text_fragment(one.title)}"
        if urlsplit(url).fragment:
            yield Section(url, one.title, one.published, _content(one), urls)


def quote_fragment(anchor: str) -> str:
    """An id as the fragment of an address."""
    return quote(anchor, safe="!$&'()*+,;:@/?-._~")


def text_fragment(title: str) -> str:
    """A fragment that leads browsers to a text of a page (WICG, Text Fragments)."""
    text = quote(title[:MAX_QUOTED].rstrip(), safe="").replace("-", "%2D")
    return f":~:text={text}"


def _content(one: _Rated) -> etree._Element:
    """A copy of a section's text without the lines of its title and its date."""
    content = etree.Element("div")
    for part in one.candidate.parts:
        cut = {line.element for line in one.heads if _text_of(line.element) == line.text}
        if part in cut:
            continue
        copied = deepcopy(part)
        copied.tail = None
        for attribute in HIDING:
            copied.attrib.pop(attribute, "")
        for original, copy in zip(part.iter(), [*copied.iter()], strict=True):
            if original in cut:
                _remove(copy)
        content.append(copied)
    return content


def _text_of(element: etree._Element) -> str:
    return clean_line(" ".join(map(str, element.itertext())))


def _remove(element: etree._Element) -> None:
    """Take an element out of its tree, and leave the text after it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if before is not None:
        before.tail = f"{before.tail or ''}{element.tail or ''}"
    else:
        parent.text = f"{parent.text or ''}{element.tail or ''}"
    parent.remove(element)
