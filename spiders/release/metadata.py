"""Extract a release's language, section, publisher, author, translations and canonical URL."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from lxml import etree

from data.languages.tags import language_tag
from data.text.clean import clean_line
from data.text.urls import absolute, is_web, page_address, part_fragment
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import BlockTree
from spiders.page.class_hints import class_and_id
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.html_tree import text_content
from spiders.page.page import Page

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
    for declared in (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        root.get("xml:lang"),
        meta.text("inLanguage"),
        meta.meta("og:locale", "content-language", "dc.language", "language"),
    ):
        found = language_tag(declared)
        if found:
            return found
    return None


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


def may_mark(page: Page, name: str) -> bool:
    """Whether a page's markup contains the string ``name``, which may be a property's name.

    Most pages do not contain it, so their elements do not have to be searched.
    """
    return name.encode() in page.properties or bool(
        name == "author" and BY_AUTHOR.search(page.markup)
    )


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
    if not may_mark(page, name):
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
