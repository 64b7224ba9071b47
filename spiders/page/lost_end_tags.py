"""Sets the end tag that a document lacks where an element or a comment holds all the rest of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

RAW: Final = frozenset(
    "title textarea script style iframe noframes noembed xmp plaintext".split()  # noqa: SIM905 - words read better in a row
)
"""Elements that hold text only: tags in them are none."""

UNSEEN: Final = frozenset(
    "noscript template select option optgroup datalist object svg math canvas audio video map "  # noqa: SIM905 - words read better in a row
    "frameset".split()
)
"""Elements that hold others and show none of them, or hardly any."""

HIDING: Final = RAW | UNSEEN

PARTS: Final = re.compile(
    rb"(?i)</?(?:h[1-6]|p|div|ul|ol|li|table|tr|td|article|section|main|header|footer|nav|head|body)"
    rb"(?=[\s/>])"
)
"""Tags that stand in the body of a document."""

LEAST: Final = 3
"""Such tags in an element that holds none, from which on its end tag is missing."""


OPEN_ADDRESS: Final = re.compile(
    rb"(?i)(\shref\s{0,9}=\s{0,9}([\"'])[^\"'<>\s()]{1,2000})>(?=[^\"'<>]{1,2000}<)"
)
"""The address of a link without its end quote: the tag ends, and words follow, before any quote."""


MAYBE_OPEN: Final = re.compile(rb"href\s{0,9}=\s{0,9}[\"'][^\"'<>\s()]{1,2000}>")
"""The same in lower case, and less strictly: it is found four times sooner, and most have none."""


def with_end_quotes(markup: bytes) -> bytes:
    """The document with an end quote for addresses that would go on to the next link's."""
    if not MAYBE_OPEN.search(markup.lower()):
        return markup
    return OPEN_ADDRESS.sub(rb"\1\2>", markup)


def with_end_tag(markup: bytes, root: etree._Element) -> bytes | None:
    """The document with an end tag for what hides all the rest of it; None where nothing does.

    The end tag is set before the first tag of PARTS: what is hidden holds no such tag.
    """
    for start, end_tag in _openings(markup, root):
        first = PARTS.search(markup, start)
        if (
            first
            and sum(1 for _ in zip(range(LEAST), PARTS.finditer(markup, start), strict=False))
            == LEAST
        ):
            return markup[: first.start()] + end_tag + markup[first.start() :]
    return None


def _openings(markup: bytes, root: etree._Element) -> Iterator[tuple[int, bytes]]:
    """Where something begins that goes on to the end of the document, and its end tag."""
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
    """The last start or end tag of a name; group 1 is empty where it is a start tag."""
    tags = re.compile(rb"(?i)<(/?)" + name + rb"(?=[\s/>])")
    # From the last end tag on there is little to look at; it is in lower case on most pages.
    for start in (max(markup.rfind(b"</" + name), 0), 0):
        if found := [*tags.finditer(markup, start)]:
            return found[-1]
    return None
