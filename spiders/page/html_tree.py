"""Parse HTML with libxml2, or like a browser if libxml2 loses text.

libxml2 is faster, but puts text after a stray ``</html>`` outside the tree and stops at 2,048
levels of nesting. Browsers handle both. libxml2 also puts elements of HTML 5, such as ``<main>``,
into the head if the tags of head and body are omitted. This module moves them into the body. If the
end tag of an element such as ``<title>`` or ``<select>`` is missing, even browsers hide the rest of
the document. This module then adds the end tag.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, cast

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from data.text.markup import flattened

LEVEL_OF: Final = {f"h{level}": level for level in range(1, 7)}
"""Heading level (1 to 6) by tag."""

MAX_LEVELS: Final = 500
"""Maximum depth of nested elements when parsing like a browser. Chromium has about the same
limit."""

MAX_ADDED_END_TAGS: Final = 4
"""Maximum number of missing end tags added per document."""

MAX_COPIES: Final = 300_000
"""Maximum product of the number of distinct formatting tags and the number of all tags on a page.

A parser that reopens formatting tags may add as many elements as this product. Above the limit,
they are removed before parsing.
"""

FORMATTING_TAG: Final = re.compile(
    r"(?i)</?(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^<>]*>"
)
"""Pattern of formatting tags that parsers reopen in later elements (WHATWG HTML, 13.2.4.3).

``<a>`` is not included, because only one ``<a>`` can be open at a time.
"""

TEXT_LENGTH: Final = etree.XPath("string-length(translate(., ' \t\r\n', ''))")
"""XPath expression for the length of an element's text without spaces and line breaks."""

TEXTLESS_TAGS: Final = frozenset(
    ["html", "head", "body", "script", "style", "link", "meta", "noscript"]
)
"""Tags of elements without visible text that may follow the end of a document."""

RAW_TAGS: Final = frozenset(
    "title textarea script style iframe noframes noembed xmp plaintext".split()  # noqa: SIM905 - words read better in a row
)
"""Tags of elements whose content is not parsed for tags."""

HIDDEN_TAGS: Final = frozenset(
    "noscript template select option optgroup datalist object svg math canvas audio video map "  # noqa: SIM905 - words read better in a row
    "frameset".split()
)
"""Tags of elements whose children are mostly or always hidden."""

HIDING_TAGS: Final = RAW_TAGS | HIDDEN_TAGS
"""Tags of elements that hide the tags inside them until their end tag."""

BODY_TAG: Final = re.compile(
    rb"(?i)</?(?:h[1-6]|p|div|ul|ol|li|table|tr|td|article|section|main|header|footer|nav|head|body)"
    rb"(?=[\s/>])"
)
"""Pattern of tags that are common in a document's body, but rare inside elements of HIDING_TAGS."""

MIN_HIDDEN_BODY_TAGS: Final = 3
"""A missing end tag is added only if the element without it hides at least this many body tags (see
`BODY_TAG`)."""

SECTION_TAGS: Final = frozenset(
    "main article section header footer nav aside figure details dialog hgroup search".split()  # noqa: SIM905 - words read better in a row
)
"""Tags of HTML 5 that start the body of a document without a ``<body>`` tag.

Custom elements, whose names contain a hyphen, also start it (WHATWG HTML, 13.2.6.4.4).
"""

UNCLOSED_URL: Final = re.compile(
    rb"(?i)(\shref\s{0,9}=\s{0,9}([\"'])[^\"'<>\s()]{1,2000})>(?=[^\"'<>]{1,2000}<)"
)
"""Pattern of a start tag with a link URL whose end quote is missing. Text without quotes follows up
to the next tag."""

UNCLOSED_URL_HINT: Final = re.compile(rb"href\s{0,9}=\s{0,9}[\"'][^\"'<>\s()]{1,2000}>")
"""Simpler pattern of a link URL without its end quote, in lower-case markup.

It is four times faster than UNCLOSED_URL, and most documents have no match.
"""


def parse(markup: bytes, *, is_cut: bool = False) -> etree._Element:
    """Parse a UTF-8 document and return its root, or an empty ``<html>`` element.

    Comments and processing instructions are removed, so that they do not split texts. If the
    document is truncated (``is_cut``), missing end tags are not added, because they may be in the
    missing part.
    """
    markup = with_end_quotes(markup)
    root, is_whole = _parsed(markup)
    if not is_whole:
        text = flattened(markup.decode("utf-8", "replace"), MAX_LEVELS)
        markup = _as_browsers_do(text).encode("utf-8", "replace")
        root = max(root, _parsed(markup)[0], key=shown_length)
    for _ in range(0 if is_cut else MAX_ADDED_END_TAGS):
        mended = with_end_tag(markup, root)
        again = _parsed(mended)[0] if mended else root
        if mended is None or shown_length(again) <= shown_length(root):
            break
        markup, root = mended, again
    return root


def _parsed(markup: bytes) -> tuple[etree._Element, bool]:
    """Parse a document with libxml2. Return its root and whether the tree is complete."""
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
    _move_sections_to_body(root)
    limit = etree.ErrorTypes.ERR_RESOURCE_LIMIT
    cut = any(entry.type == limit for entry in parser.error_log)
    beside = any(
        element.tag not in TEXTLESS_TAGS
        for other in root.itersiblings()
        for element in other.iter()
    )
    continues = any(
        other.tag == "html" and (other.text or "").strip() for other in root.itersiblings()
    )
    return root, not (cut or beside or continues)


def _move_sections_to_body(root: etree._Element) -> None:
    head = root.find("head")
    sections = [
        element
        for element in (head if head is not None else ())
        if element.tag in SECTION_TAGS or "-" in str(element.tag)
    ]
    if not sections:
        return
    body = root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    sections[-1].tail = (sections[-1].tail or "") + (body.text or "")
    body.text = None
    body[:0] = sections


def _as_browsers_do(text: str) -> str:
    """Parse a document as the HTML standard requires, and serialize the result.

    Such a parser reopens formatting tags in every paragraph, so a page of 100 kB may grow to
    gigabytes. If a page has too many distinct formatting tags, they are removed first.
    """
    kinds = {tag[0] for tag in FORMATTING_TAG.finditer(text)}
    if len(kinds) * text.count("<") > MAX_COPIES:
        text = FORMATTING_TAG.sub("", text)
    return LexborHTMLParser(text).html or ""


def shown_length(root: etree._Element) -> int:
    """Return the number of visible characters in a tree, except spaces and line breaks."""
    total = _text_length(root)
    hidden: set[etree._Element] = set()
    for element in root.iter(*HIDING_TAGS):
        if element not in hidden:
            hidden.update(element.iter(*HIDING_TAGS))
            total -= _text_length(element)
    return total


def _text_length(element: etree._Element) -> int:
    return int(cast("float", TEXT_LENGTH(element)))


def text_content(element: etree._Element) -> str:
    """Return the text of an element and its descendants.

    This is many times faster than joining the parts of ``itertext()``.
    """
    return etree.tostring(element, encoding="unicode", method="text", with_tail=False)


def element_line(element: etree._Element) -> str:
    """Return the text of an element as one line, with single spaces."""
    return " ".join(text_content(element).split())


def with_end_quotes(markup: bytes) -> bytes:
    """Add missing end quotes to link URLs, which would otherwise extend to the next link."""
    if not UNCLOSED_URL_HINT.search(markup.lower()):
        return markup
    return UNCLOSED_URL.sub(rb"\1\2>", markup)


def with_end_tag(markup: bytes, root: etree._Element) -> bytes | None:
    """Add an end tag to the element or comment that hides the rest of the document.

    It is inserted before the next tag that matches BODY_TAG, because hidden content rarely contains
    such tags. Returns None if nothing hides the rest of the document.
    """
    for start, end_tag in _openings(markup, root):
        tags = [*islice(BODY_TAG.finditer(markup, start), MIN_HIDDEN_BODY_TAGS)]
        if len(tags) == MIN_HIDDEN_BODY_TAGS:
            at = tags[0].start()
            return markup[:at] + end_tag + markup[at:]
    return None


def _openings(markup: bytes, root: etree._Element) -> Iterator[tuple[int, bytes]]:
    """Yield the position and the missing end tag of each unclosed comment or element."""
    comment = markup.rfind(b"<!--")
    if comment >= 0 and markup.find(b"-->", comment) < 0 and markup.find(b"--!>", comment) < 0:
        yield comment, b"-->"
    last: etree._Element | None = root
    while last is not None:
        if last.tag in HIDING_TAGS:
            name = str(last.tag).encode()
            tag = _last_tag(markup, name)
            if tag and not tag[1]:
                yield tag.end(), b"</" + name + b">"
            return
        last = last[-1] if len(last) else None


def _last_tag(markup: bytes, name: bytes) -> re.Match[bytes] | None:
    """Return the last start or end tag named ``name``. Group 1 is empty for a start tag."""
    tags = re.compile(rb"(?i)<(/?)" + name + rb"(?=[\s/>])")
    # Search from the last end tag first, to read little text. Most pages write end tags in lower
    # case.
    for start in (max(markup.rfind(b"</" + name), 0), 0):
        if found := [*tags.finditer(markup, start)]:
            return found[-1]
    return None
