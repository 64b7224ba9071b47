"""What goes with a release on its page: language, section, publisher, other releases."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from data.language import language_tag
from data.models import Link
from data.normalize import clean_line
from data.sanitize import absolute
from spiders.frames import Survey
from spiders.hints import BIT
from spiders.mainbody import MainBody
from spiders.media import leads_to_file
from spiders.metadata import Metadata

MAX_SECTION = 60
MIN_TITLE, MAX_LINKS = 16, 30
"""Characters of a link's text from which it may be a release's title, and links that are kept."""

ELSEWHERE = (
    BIT["footer"] | BIT["foot"] | BIT["nav"] | BIT["navigation"] | BIT["comment"] | BIT["share"]
)  # fmt: skip


def page_language(root: etree._Element, meta: Metadata) -> str | None:
    """The language that a page declares."""
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


def section_of(meta: Metadata, seen: Survey, body: MainBody | None) -> str | None:
    """The section or rubric that a release stands in."""
    said = meta.text("articleSection") or meta.meta(
        "article:section", "articlesection", "section", "dc.type"
    )
    if said:
        return clean_line(said)[:100]
    start = body.kept[0].order if body else 0
    for block in reversed(seen.blocks[max(0, start - 8) : start]):
        for element, _ in block.pieces:
            name = f"{element.get('class') or ''}".lower()
            if "categor" in name or "section" in name or "rubric" in name:
                text = clean_line("".join(map(str, element.itertext())))
                if 0 < len(text) < MAX_SECTION:
                    return text
    return None


def publisher_of(meta: Metadata) -> str | None:
    """Who publishes: the institution's own name."""
    said = meta.text("publisher", "sourceOrganization") or meta.meta(
        "og:site_name", "dc.publisher", "dcterms.publisher", "application-name"
    )
    return clean_line(said)[:200] or None


def other_releases(seen: Survey, body: MainBody | None, base: str) -> tuple[Link, ...]:
    """The other releases that a page names after its body."""
    if body is None or not body.kept:
        return ()
    last = body.kept[-1].order
    found: dict[str, Link] = {}
    for link in links_after(seen, last):
        title = clean_line("".join(map(str, link.itertext())))
        url = absolute(base, link.get("href") or "") if len(title) >= MIN_TITLE else None
        if url and url.startswith("http") and not leads_to_file(url):
            found.setdefault(url, Link(url, title))
        if len(found) >= MAX_LINKS:
            break
    return tuple(found.values())


def links_after(seen: Survey, last: int) -> Iterator[etree._Element]:
    """The links after a block that may lead to other releases."""
    for block in seen.blocks[last + 1 :]:
        if not block.anchors or len(block.text) < MIN_TITLE or block.frame.tag == "footer":
            continue
        if (block.frame.above | block.frame.hints) & ELSEWHERE:
            continue
        for element, _ in block.pieces:
            link = element if element.tag == "a" else element.getparent()
            if link is not None and link.tag == "a":
                yield link
