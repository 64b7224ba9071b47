"""Add a missing end tag if an unclosed element or comment hides the rest of a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

RAW: Final = frozenset(
    "title textarea script style iframe noframes noembed xmp plaintext".split()  # noqa: SIM905 - words read better in a row
)
"""Elements whose content is plain text: tags in them are not parsed."""

UNSEEN: Final = frozenset(
    "noscript template select option optgroup datalist object svg math canvas audio video map "  # noqa: SIM905 - words read better in a row
    "frameset".split()
)
"""Elements whose child elements are hidden, or mostly hidden."""

HIDING: Final = RAW | UNSEEN
"""Elements that hide the tags inside them."""

PARTS: Final = re.compile(
    rb"(?i)</?(?:h[1-6]|p|div|ul|ol|li|table|tr|td|article|section|main|header|footer|nav|head|body)"
    rb"(?=[\s/>])"
)
"""Tags that occur in the body of a document, but rarely inside an element of HIDING."""

MIN_HIDDEN_BODY_TAGS: Final = 3
"""Minimum number of body tags after an unclosed element that hides the rest of the document."""


OPEN_ADDRESS: Final = re.compile(
    rb"(?i)(\shref\s{0,9}=\s{0,9}([\"'])[^\"'<>\s()]{1,2000})>(?=[^\"'<>]{1,2000}<)"
)
"""Link address without its end quote: the tag ends and text follows before the next quote."""


MAYBE_OPEN: Final = re.compile(rb"href\s{0,9}=\s{0,9}[\"'][^\"'<>\s()]{1,2000}>")
"""Looser pattern of a link address without its end quote, for markup in lower case.

It is four times faster than OPEN_ADDRESS and rules out most documents."""


def with_end_quotes(markup: bytes) -> bytes:
    """Add missing end quotes to link addresses that would otherwise extend to the next link."""
    if not MAYBE_OPEN.search(markup.lower()):
        return markup
    return OPEN_ADDRESS.sub(rb"\1\2>", markup)


def with_end_tag(markup: bytes, root: etree._Element) -> bytes | None:
    """Add an end tag to the element or comment that hides the rest of the document.

    The end tag goes before the first tag of PARTS, because hidden content has no such tag. Returns
    None if nothing hides the rest of the document.
    """
    for start, end_tag in _openings(markup, root):
        first = PARTS.search(markup, start)
        if (
            first
            and sum(
                1
                for _ in zip(
                    range(MIN_HIDDEN_BODY_TAGS), PARTS.finditer(markup, start), strict=False
                )
            )
            == MIN_HIDDEN_BODY_TAGS
        ):
            return markup[: first.start()] + end_tag + markup[first.start() :]
    return None


def _openings(markup: bytes, root: etree._Element) -> Iterator[tuple[int, bytes]]:
    """Yield the position and the end tag of each comment or element that is never closed."""
    comment = markup.rfind(b"<!--")
    if comment >= 0 and markup.find(b"-->", comment) < 0 and markup.find(b"--!>", comment) < 0:
        yield comment, b"-->"
    last: etree._Element | None = root
    while last is not None:
        if last.tag in HIDING:
            name = str(last.tag).encode()
            tag = _last_tag(markup, name)
            if tag and not tag[1]:
                yield tag.end(), b"</" + name + b">"
            return
        last = last[-1] if len(last) else None


def _last_tag(markup: bytes, name: bytes) -> re.Match[bytes] | None:
    """Return the last tag with this name; group 1 is empty if it is a start tag."""
    tags = re.compile(rb"(?i)<(/?)" + name + rb"(?=[\s/>])")
    # Search from the last end tag first, to read little text. Most pages write end tags in lower
    # case.
    for start in (max(markup.rfind(b"</" + name), 0), 0):
        if found := [*tags.finditer(markup, start)]:
            return found[-1]
    return None
