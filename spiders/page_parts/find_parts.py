"""Find the releases that are parts of a page, with their texts, links and permalinks.

A part is a release if it has a heading, a date beside the heading, and a text. Teasers of other
pages, FAQs and panels that contain a list are not releases.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from lxml import etree

from data.dates.context import DateContext
from data.models import Published
from data.network.hosts import is_elsewhere
from data.text.urls import page_address
from spiders.page.embedded_metadata import read_metadata
from spiders.page.links import resolve, url_pattern
from spiders.page.media_files import leads_to_file, leads_to_image
from spiders.page.page import Page
from spiders.page_parts.part_candidates import candidates_of
from spiders.page_parts.part_rating import INLINE, LineReader, Rated, rated_of, whole_text

MIN_PARTS: Final = 2
"""Minimum number of releases on a page. A single release is accepted if a control opens it or if it
has a permalink."""

MIN_ANCHORED_TEXT: Final = 150
"""Minimum median length in characters of the texts of releases on a page that does not link to most
of them."""

MIN_SHARED_PARTS: Final = 0.6
"""Minimum share of parts in three rules:

- links to similar pages, if the parts are teasers
- permalinks, if they are used
- distinct titles, below date headings
"""

MAX_QUOTED: Final = 80
"""Maximum length in characters of a title used in a text fragment."""

HIDING_ATTRIBUTES: Final = ("class", "style", "hidden", "aria-hidden", "role")
"""Attributes that may hide the text of a part until the reader expands it. They are removed from
the copy of the part."""

MAX_BYLINE: Final = 120
"""Maximum length of a line with the permalink that is removed from a part's text, in characters."""

MAX_LINKS: Final = 10_000
"""Maximum number of links checked per part."""


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A release that is a part of a page. ``content`` is a detached copy of its text.

    ``url`` is the part's permalink if ``is_permanent``, otherwise the page's URL with a fragment.
    ``links`` contains the URLs of pages and documents that the part links to.
    """

    url: str
    title: str
    published: Published
    content: etree._Element
    links: frozenset[str]
    is_permanent: bool = False


def find_parts(page: Page, context: DateContext) -> tuple[FoundPart, ...]:
    """Return the parts of a page that are releases, in page order.

    If a page has parts with several types of markup, the type with the most releases is used.
    """
    language = page.tree.get("lang") or read_metadata(page).meta("og:locale")
    if language and not context.languages:
        context = replace(context, languages=(language.replace("_", "-"),))
    reader: LineReader | None = None
    best: Sequence[Rated] = ()
    links: Sequence[frozenset[str]] = ()
    for candidates in filter(None, candidates_of(page.tree)):
        reader = reader or LineReader(context, page.tree)
        rated = rated_of(candidates, reader)
        found = _innermost(rated)
        if len(found) > len(best):
            led = [links_of(one, page) for one in found]
            if _are_releases(found, led, page):
                best, links = found, led
    return tuple(_parts(page, best, links))


def _innermost(rated: Sequence[Rated]) -> Sequence[Rated]:
    """Return the candidates that contain no other candidate."""
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
    """Whether parts are releases rather than teasers of other pages."""
    if len(rated) < MIN_PARTS and not all(
        one.candidate.kind == "opened" or permanent_page(one, page) for one in rated
    ):
        return False
    above = [one for one in rated if one.is_dated_above]
    if len({one.title for one in above}) < MIN_SHARED_PARTS * len(above):
        # The same titles appear on every day, as in minutes and change logs.
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
            if met[url] == 1
            and page_address(url) != here
            and not (leads_to_file(url) or leads_to_image(url) or is_elsewhere(url, [page.url]))
        }
        kinds.update(own)
    return max(kinds.values(), default=0) < max(MIN_PARTS, MIN_SHARED_PARTS * len(rated))


def _parts(
    page: Page, rated: Sequence[Rated], links: Sequence[frozenset[str]]
) -> Iterator[FoundPart]:
    here = page_address(page.url)
    anchors = Counter(one.candidate.anchor for one in rated)
    permanent = [permanent_page(one, page) for one in rated]
    if sum(map(bool, permanent)) < MIN_SHARED_PARTS * len(rated):
        permanent = [""] * len(rated)
    for one, urls, place in zip(rated, links, permanent, strict=True):
        anchor = one.candidate.anchor
        is_single = anchors[anchor] == 1 or (place and place != here)
        fragment = quote(anchor, safe="!$&'()*+,;:@/?-._~") if is_single and anchor else ""
        url = f"{place or here}#{fragment or text_fragment(one.title)}"
        if urlsplit(url).fragment:
            yield FoundPart(url, one.title, one.published, content_of(one), urls, bool(place))


def text_fragment(title: str) -> str:
    """Return a URL fragment that makes browsers scroll to ``title`` (WICG, Text Fragments)."""
    text = quote(title[:MAX_QUOTED].rstrip(), safe="").replace("-", "%2D")
    return f":~:text={text}"


def content_of(one: Rated) -> etree._Element:
    """Return a copy of a part's text without the lines for its title, date and permalink."""
    content = etree.Element("div")
    for part in one.candidate.parts:
        cut = {line.element for line in one.heads if whole_text(line.element) == line.text}
        cut |= _bylines(part, one)
        if part in cut:
            continue
        copied = deepcopy(part)
        copied.tail = None
        for attribute in HIDING_ATTRIBUTES:
            copied.attrib.pop(attribute, "")
        for original, copy in zip(part.iter(), [*copied.iter()], strict=True):
            if original in cut:
                _remove(copy)
        content.append(copied)
    return content


def _bylines(part: etree._Element, one: Rated) -> set[etree._Element]:
    """Return the short blocks that contain a part's permalink, such as "posted at 9:00"."""
    found = set()
    for node in part.iter("a"):
        if is_permalink(node, one):
            block = node
            while block.tag in INLINE and (parent := block.getparent()) is not None:
                block = parent
            if block is not part or block.tag == "p":
                found.add(block)
    return {block for block in found if len(whole_text(block)) <= MAX_BYLINE}


def _remove(element: etree._Element) -> None:
    """Remove an element from its tree and keep the text after it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if before is not None:
        before.tail = f"{before.tail or ''}{element.tail or ''}"
    else:
        parent.text = f"{parent.text or ''}{element.tail or ''}"
    parent.remove(element)


def links_of(one: Rated, page: Page) -> frozenset[str]:
    """Return the URLs that a part links to, except its permalink."""
    found = (node for node in _link_nodes(one) if not is_permalink(node, one))
    urls = (resolve(node.get("href") or "", page.base) for node in found)
    return frozenset(url for url in urls if url)


def _link_nodes(one: Rated) -> Iterator[etree._Element]:
    header = one.candidate.header
    parts = one.candidate.parts if header is None else (header, *one.candidate.parts)
    return islice((node for part in parts for node in part.iter("a")), MAX_LINKS)


def is_permalink(node: etree._Element, one: Rated) -> bool:
    """Whether the fragment of a link is the anchor of the part that contains the link.

    The link may lead to this page or to another page.
    """
    fragment = (node.get("href") or "").partition("#")[2].strip()
    return bool(fragment) and unquote(fragment) == one.candidate.anchor


def permanent_page(one: Rated, page: Page) -> str:
    """Return the URL of the page that a part's permalink leads to, or ""."""
    for node in _link_nodes(one):
        url = is_permalink(node, one) and resolve(node.get("href") or "", page.base)
        if url and not is_elsewhere(url, [page.url]):
            return page_address(url)
    return ""
