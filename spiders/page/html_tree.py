"""From markup to a tree: by libxml2, which is fast, and as browsers do it where that loses text.

libxml2 sets what follows a stray ``</html>`` beside the tree, gives up at 2,048 levels, and lets an
element whose end tag is missing hold the rest of the document. Browsers differ in the first two;
the third they show to nobody either, and it is mended as it may be meant.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from data.text.markup.nesting import flattened
from spiders.page.lost_end_tags import HIDING, with_end_quotes, with_end_tag

LEVEL_OF: Final = {f"h{level}": level for level in range(1, 7)}
"""The level of each heading."""

LEVELS: Final = 500
"""How deep elements may lie in one another where libxml2 gives up: as in Chromium, about."""

MENDED: Final = 4
"""End tags that are set in one document at the most."""

MOST_COPIES: Final = 300_000
"""Kinds of formatting tags times all tags of a page: so many elements may a parser have to add."""

FORMATTING: Final = re.compile(
    r"(?i)</?(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^<>]*>"
)
"""The tags that are opened again (WHATWG HTML, 13.2.4.3); of ``<a>`` only one is open at a time."""

TEXTS: Final = etree.XPath("descendant::text()", smart_strings=False)
"""The texts of an element. XPath finds them three times faster than a walk in Python."""

NOTHING: Final = frozenset(["html", "head", "body", "script", "style", "link", "meta", "noscript"])
"""What may stand after a document's end without being part of its text."""


def parse(markup: bytes, *, is_cut: bool = False) -> etree._Element:
    """The root of a document in UTF-8; a bare ``<html>`` where there is none.

    Comments and processing instructions are left out: they part no text. If the document was cut
    (``is_cut``), no missing end tags are added: the end of a script may be in the missing part.
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
    """What libxml2 makes of a document, and whether all of the document is in it."""
    parser = etree.HTMLParser(
        encoding="utf-8",
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,  # nobody asks for an element by its id
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
    said = any(other.tag == "html" and (other.text or "").strip() for other in root.itersiblings())
    return root, not (cut or beside or said)


def _as_browsers_do(text: str) -> str:
    """A document as an HTML parser by the standard reads it, written anew.

    A page of a hundred kilobytes can make such a parser write gigabytes, by tags that it opens
    again in every paragraph: where there are too many kinds of them, they are left out.
    """
    kinds = {tag[0] for tag in FORMATTING.finditer(text)}
    if len(kinds) * text.count("<") > MOST_COPIES:
        text = FORMATTING.sub("", text)
    return LexborHTMLParser(text).html or ""


def shown_length(root: etree._Element) -> int:
    """The number of characters that a tree shows, without the space around its texts."""
    total = _text_length(root)
    hidden: set[etree._Element] = set()
    for element in root.iter(*HIDING):
        if element not in hidden:
            hidden.update(element.iter(*HIDING))
            total -= _text_length(element)
    return total


def _text_length(element: etree._Element) -> int:
    texts = TEXTS(element)
    assert isinstance(texts, list)  # noqa: S101 - the path selects nodes
    return sum(map(len, map(str.strip, map(str, texts))))
