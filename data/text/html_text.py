"""Decoding of HTML pages, conversion of HTML to plain text, and of plain text to HTML."""

import re
from html import escape, unescape
from typing import Final

from lxml import etree
from w3lib.encoding import html_to_unicode

from data.text.clean import clean_line, clean_text
from data.text.markup import with_few_attributes
from data.text.sanitize import is_huge, sanitize_absolute

SHORT_TAG: Final = re.compile(r"<[^<>]{1,2000}>")
TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
HEADINGS: Final = ["h1", "h2", "h3", "h4", "h5", "h6", "header", "footer", "summary", "address"]
PARTS: Final = ["p", "div", "section", "article", "main", "blockquote", "pre", "figure", "details"]
GRIDS: Final = ["ul", "ol", "dl", "table", "thead", "tbody", "tfoot", "caption", "figcaption", "hr"]
BLOCKS: Final = frozenset([*HEADINGS, *PARTS, *GRIDS, "center"])
LINES: Final = frozenset(["li", "tr", "dt", "dd"])
CELLS: Final = frozenset(["td", "th"])
SILENT: Final = frozenset(["script", "style", "noscript", "template", "title", "iframe", "object"])

GAPS: Final = {
    **dict.fromkeys(CELLS, " "),
    **dict.fromkeys(LINES, "\n"),
    **dict.fromkeys(BLOCKS, "\n\n"),
}


def page_text(body: bytes, content_type: str) -> str:
    """Decode a captured page with its declared charset, or with a guessed charset."""
    try:
        return html_to_unicode(content_type or None, body, auto_detect_fun=guessed)[1]
    except (LookupError, ValueError):
        # Some codecs of Python, such as hex, do not decode text.
        return body.decode(guessed(body), "replace")


def guessed(body: bytes) -> str:
    """Guess the charset of a page without a declared charset, as browsers do."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def text_of(html: str) -> str:
    """Return the plain text of an HTML fragment, with blank lines between paragraphs."""
    root = _parsed(html)
    if root is None:
        return ""
    parts: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in SILENT or not isinstance(tag, str):
                walker.skip_subtree()
                continue
            parts.append("\n" if tag == "br" else gap_of(tag))
            parts.append(" ".join((element.text or "").split("\n")))
        else:
            if tag in BLOCKS:
                parts.append("\n\n")
            parts.append(" ".join((element.tail or "").split("\n")))
    return clean_text("".join(parts))


def both_of(html: str, text: str) -> tuple[str, str]:
    """Return a body as safe HTML and as plain text, given both forms.

    The addresses in ``html`` must be absolute. If the HTML is too long and is cut, the text is also
    cut.
    """
    safe = sanitize_absolute(html)
    return safe, text_of(safe) if is_huge(html) else clean_text(text)


def gap_of(tag: str) -> str:
    """Return the white space between an element's text and the adjacent texts.

    ``tag`` is the name of the element.
    """
    return GAPS.get(tag, "")


def line_of(text: str) -> str:
    """Return a text as one plain line, without HTML tags."""
    if TAG.search(text):
        root = _parsed(text)
        if root is not None:
            for silent in list(root.iter(*SILENT)):
                silent.text = None
        text = "" if root is None else " ".join(map(str, root.itertext()))
    return clean_line(text)


def escaped_line(text: str) -> str:
    """Return a text from a feed or API as one plain line.

    The markup of the text may be escaped once or twice.
    """
    text = unescape(text)
    if "<" in text:
        text = unescape(SHORT_TAG.sub(" ", text))
    return " ".join(text.split())


def paragraphs(text: str) -> str:
    """Convert plain text to HTML: blank lines separate paragraphs, and line breaks are kept."""
    parts = (part.strip() for part in text.split("\n\n"))
    lines = (escape(part, quote=False).replace("\n", "<br>") for part in parts if part)
    return "".join(f"<p>{line}</p>" for line in lines)


def _parsed(html: str) -> etree._Element | None:
    # libxml2 stops at a NUL character. Other control characters are removed after parsing.
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False)
    fragment = with_few_attributes(html.replace("\0", ""))
    return etree.fromstring(f"<html><body>{fragment}</body></html>", parser)
