"""Parse HTML with libxml2, which is fast, and like a browser if libxml2 loses text.

libxml2 puts text after a stray ``</html>`` outside the tree and stops at 2,048 levels of nesting.
Browsers handle both. If an end tag is missing, an element such as ``<title>`` or ``<select>`` hides
the rest of the document, in browsers too. In that case this module adds the end tag.
"""

from __future__ import annotations

import re
from typing import Final, cast

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from data.text.markup.nesting import flattened
from spiders.page.lost_end_tags import HIDING, with_end_quotes, with_end_tag

LEVEL_OF: Final = {f"h{level}": level for level in range(1, 7)}
"""Level of each heading tag."""

LEVELS: Final = 500
"""Maximum depth of nested elements if libxml2 loses text; about the same as in Chromium."""

MENDED: Final = 4
"""Maximum number of missing end tags added to one document."""

MAX_COPIES: Final = 300_000
"""Maximum product of distinct formatting tags and all tags of a page.

A parser may add up to this number of elements when it reopens formatting tags."""

FORMATTING: Final = re.compile(
    r"(?i)</?(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^<>]*>"
)
"""Formatting tags that parsers reopen in later elements (WHATWG HTML, 13.2.4.3).

``<a>`` is missing because only one ``<a>`` can be open at a time."""

TEXT_LENGTH: Final = etree.XPath("string-length(translate(., ' \t\r\n', ''))")
"""Number of characters of an element's text, without spaces and line breaks."""

NOTHING: Final = frozenset(["html", "head", "body", "script", "style", "link", "meta", "noscript"])
"""Elements that may follow the end of a document and contain no visible text."""


def parse(markup: bytes, *, is_cut: bool = False) -> etree._Element:
    """Parse a UTF-8 document and return its root, or an empty ``<html>`` element.

    Comments and processing instructions are removed, so they do not split texts. A truncated
    document (``is_cut``) gets no missing end tags, because they may be in the missing part.
    """
    markup = with_end_quotes(markup)
    root, is_whole = _parsed(markup)
    if not is_whole:
        text = flattened(markup.decode("utf-8", "replace"), LEVELS)
        markup = _as_browsers_do(text).encode("utf-8", "replace")
        root = max(root, _parsed(markup)[0], key=shown_length)
    for _ in range(0 if is_cut else MENDED):
        mended = with_end_tag(markup, root)
        again = _parsed(mended)[0] if mended else root
        if mended is None or shown_length(again) <= shown_length(root):
            break
        markup, root = mended, again
    return root


def _parsed(markup: bytes) -> tuple[etree._Element, bool]:
    """Parse a document with libxml2; return its root and whether the tree is complete."""
    parser = etree.HTMLParser(
        encoding="utf-8",
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,  # elements are never looked up by id
    )
    try:
        root = etree.fromstring(markup, parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        root = None
    if root is None:
        return etree.Element("html"), True
    limit = etree.ErrorTypes.ERR_RESOURCE_LIMIT
    cut = any(entry.type == limit for entry in parser.error_log)
    beside = any(
        element.tag not in NOTHING for other in root.itersiblings() for element in other.iter()
    )
    continues = any(
        other.tag == "html" and (other.text or "").strip() for other in root.itersiblings()
    )
    return root, not (cut or beside or continues)


def _as_browsers_do(text: str) -> str:
    """Parse a document by the HTML standard and serialize it again.

    A page of 100 kB can grow to gigabytes because such a parser reopens formatting tags in every
    paragraph. If a page has too many distinct formatting tags, they are removed first.
    """
    kinds = {tag[0] for tag in FORMATTING.finditer(text)}
    if len(kinds) * text.count("<") > MAX_COPIES:
        text = FORMATTING.sub("", text)
    return LexborHTMLParser(text).html or ""


def shown_length(root: etree._Element) -> int:
    """Return the number of visible characters in a tree, without spaces and line breaks."""
    total = _text_length(root)
    hidden: set[etree._Element] = set()
    for element in root.iter(*HIDING):
        if element not in hidden:
            hidden.update(element.iter(*HIDING))
            total -= _text_length(element)
    return total


def _text_length(element: etree._Element) -> int:
    return int(cast("float", TEXT_LENGTH(element)))


def line_of(element: etree._Element) -> str:
    """Return the text of an element as one line, with single spaces."""
    return " ".join("".join(map(str, element.itertext())).split())
