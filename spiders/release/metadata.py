"""Extract a release's language, section, publisher, author, translations and related releases."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from math import inf
from typing import Final

from lxml import etree

from data.languages.tags import language_tag
from data.models import Link
from data.text.clean import clean_line
from data.text.urls import absolute, is_web, page_address, part_fragment
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import BlockTree
from spiders.page.class_hints import BIT, class_and_id, hints_in
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.html_tree import text_content
from spiders.page.media_files import leads_to_file
from spiders.page.page import Page
from spiders.release.headline_text import latin_lengths

AUTHOR_NAMES = (
    "author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "contentsource",
)  # fmt: skip
"""Names of meta elements for the author. ``contentsource`` contains the institution that wrote the
text."""

MAX_SECTION = 60
MARKED = ("a", "span", "div", "p", "address", "li", "b", "strong", "meta")
BY_AUTHOR = re.compile(rb"rel=[\"']?(?:[\w ]{0,60} )?author")
MAX_NAME, MAX_MARKED = 80, 20_000
"""Limits for reading elements marked with ``itemprop`` or ``rel``.

- `MAX_NAME`: maximum length of the text, in characters
- `MAX_MARKED`: maximum number of elements searched per page"""

BYLINE = re.compile(
    r"^(?:[Bb]y|BY|[Ww]ritten by|[Pp]ar|[Pp]or|[Dd]oor|przez|[Aa]uth?or|[Аа]втор)\b[\s:]+"
)

SWITCHER = re.compile(r"lang|locale|sprach|idiom|lingu", re.IGNORECASE)
MAX_SWITCHER_LEVELS = 3
"""Maximum number of a link's ancestors whose class or id is checked for a language switcher."""


def page_language(root: etree._Element, meta: EmbeddedMetadata) -> str | None:
    """Return the language tag that a page declares, or None."""
    declared = (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        root.get("xml:lang"),
        meta.text("inLanguage"),
        meta.meta("og:locale", "content-language", "dc.language", "language"),
    )
    return next(filter(None, map(language_tag, declared)), None)


def section_of(
    page: Page, meta: EmbeddedMetadata, seen: BlockTree, body: MainContent | None
) -> str | None:
    """Return the section or category of a release, or None.

    The section comes from the page's metadata, or else from an element above the body.
    """
    section = meta.text("articleSection") or meta.meta(
        "article:section", "articlesection", "section", "columnname", "lanmu", "dc.type"
    )
    if section := clean_line(section)[:100] or marked(page, "articleSection"):
        return section
    start = body.kept[0].order if body else 0
    for block in reversed(seen.blocks[max(0, start - 8) : start]):
        for element, _ in block.pieces:
            name = f"{element.get('class') or ''}".lower()
            if "categor" in name or "section" in name or "rubric" in name:
                text = clean_line(text_content(element))
                if 0 < len(text) < MAX_SECTION:
                    return text
    return None


def publisher_of(page: Page, meta: EmbeddedMetadata) -> str | None:
    """Return the name of the institution that published a page, or None."""
    publisher = meta.text("publisher", "sourceOrganization") or meta.meta(
        "og:site_name", "dc.publisher", "dcterms.publisher", "sitename", "application-name"
    )
    return clean_line(publisher)[:200] or marked(page, "publisher") or None


def author_of(page: Page, meta: EmbeddedMetadata) -> str | None:
    """Return the author of a release from metadata or marked elements, or None.

    The author may be an institution, such as the source of a text on Chinese government sites.
    """
    names = (meta.text("author"), *map(meta.meta, AUTHOR_NAMES))
    author = next((name for name in names if name and not is_web(name)), "")
    return clean_line(author) or BYLINE.sub("", marked(page, "author")) or None


def marked(page: Page, name: str) -> str:
    """Return the first short text of an element marked with ``name``, or "".

    The mark is the value of its ``itemprop`` or ``rel`` attribute.
    """
    # Most pages do not contain the name, so their elements do not have to be searched.
    is_author = name == "author" and BY_AUTHOR.search(page.markup)
    if name.encode() not in page.properties and not is_author:
        return ""
    for element in islice(page.tree.iter(*MARKED), MAX_MARKED):
        rel = element.get("rel")
        if element.get("itemprop") == name or (rel and name in rel.lower().split()):
            stated = element.get("content") or text_content(element)
            inner = element.find(".//meta[@itemprop='name']")
            text = clean_line((inner.get("content") or "") if inner is not None else stated)
            if 0 < len(text) <= MAX_NAME:
                return text
    return ""


def editions_of(page: Page, own: str | None) -> tuple[tuple[str, str], ...]:
    """Return the language tag and URL of each translation of a page.

    Translations are found in ``link rel=alternate hreflang``, or else in a language switcher.
    ``own`` is the page's language.
    """
    links = page.declared["link"]
    stated = (one for one in links if "alternate" in (one.get("rel") or "").lower().split())
    return _named(stated, page.base, own) or _named(switches(page), page.base, own)


def _named(
    links: Iterable[etree._Element], base: str, own: str | None
) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for link in links:
        tag = language_tag(link.get("hreflang"))
        url = absolute(base, link.get("href") or "")
        if tag and url and tag != own and tag not in found:
            found[tag] = page_address(url) if part_fragment(url) else url
    return tuple(found.items())


def switches(page: Page) -> Iterator[etree._Element]:
    """Yield the links with ``hreflang`` in the language switchers of a page."""
    if b"hreflang" in page.markup:
        for link in page.tree.iter("a"):
            if not link.get("hreflang"):
                continue
            around = chain([link], islice(link.iterancestors(), MAX_SWITCHER_LEVELS))
            if any(map(SWITCHER.search, map(class_and_id, around))):
                yield link


def canonical_of(page: Page) -> str | None:
    """Return the absolute URL in ``link rel=canonical``, or None."""
    for link in page.declared["link"]:
        if (link.get("rel") or "").lower() == "canonical":
            url = absolute(page.base, link.get("href") or "")
            if url and url.startswith("http"):
                return page_address(url) if part_fragment(url) else url
    return None


MIN_TITLE, MAX_LINKS = 16, 30
"""Limits for links to other releases.

- `MIN_TITLE`: minimum length of a link's text, in Latin letters
- `MAX_LINKS`: maximum number of links kept per page"""

OTHER_REGIONS: Final = (
    BIT["footer"] | BIT["foot"] | BIT["nav"] | BIT["navigation"] | BIT["comment"] | BIT["share"]
)
SIDE_TAGS: Final = frozenset(["nav", "footer", "header"])
MAX_LINKS_SEEN: Final = 80
"""Maximum number of links checked after a body. Links further down are unrelated to the release."""

MAX_ANCESTORS: Final = 6
"""Maximum number of ancestors of a link whose class and id are checked."""


def links_after(body: etree._Element, base: str) -> tuple[Link, ...]:
    """Return the links to other releases after a release's text.

    ``body`` is the element with the last block of the text. ``base`` is the base URL.
    """
    found: dict[str, Link] = {}
    met: set[str] = set()
    below: dict[etree._Element, float] = {}
    seen = 0
    for link in _anchors_after(body):
        href = link.get("href") or ""
        if not href or href in met or href.startswith("#"):
            continue
        text = text_content(link)
        if latin_lengths(text)[0] < MIN_TITLE or _elsewhere(link, below):
            continue
        title = clean_line(text)
        if latin_lengths(title)[0] < MIN_TITLE:
            continue
        met.add(href)
        seen += 1
        url = absolute(base, href)
        if url and part_fragment(url):
            url = page_address(url)
        if url and url.startswith("http") and not leads_to_file(url):
            found.setdefault(url, Link(url, title))
        if len(found) >= MAX_LINKS or seen >= MAX_LINKS_SEEN:
            break
    return tuple(found.values())


def _anchors_after(body: etree._Element) -> Iterator[etree._Element]:
    for element in (body, *body.iterancestors()):
        for after in element.itersiblings():
            if after.tag not in SIDE_TAGS:
                yield from after.iter("a")


def _elsewhere(link: etree._Element, below: dict[etree._Element, float]) -> bool:
    """Whether a link is inside a menu, footer or similar part of the page.

    ``below`` is a cache, which maps each checked element to the number of levels below it that
    still count as inside such a part.
    """
    around: list[etree._Element] = []
    holder = link.getparent()
    while holder is not None and holder not in below:
        around.append(holder)
        holder = holder.getparent()
    levels = 0.0 if holder is None else below[holder]
    for one in reversed(around):
        own = MAX_ANCESTORS if hints_in(class_and_id(one)) & OTHER_REGIONS else 0
        levels = below[one] = inf if one.tag in SIDE_TAGS else max(own, levels - 1)
    return levels > 0
