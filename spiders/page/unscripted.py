"""Convert a page to the version that browsers without scripts show.

Its noscript parts and declarative shadow trees become ordinary elements. Otherwise, extraction does
not count their text as visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spiders.page.page import Page

START: Final = re.compile(rb"<(noscript|template)\b([^<>]{0,500})>", re.IGNORECASE)

SHADOW: Final = re.compile(rb"\bshadowroot(?:mode)?\s*=", re.IGNORECASE)
"""Attribute of a template that browsers show immediately (WHATWG HTML, 4.12.3)."""

BODY: Final = re.compile(rb"<body\b", re.IGNORECASE)
SHOWS: Final = re.compile(rb"<(?:a|p|h[1-6]|li|article)\b", re.IGNORECASE)
"""Tags of visible content. A part without them is often just a tracking pixel."""

MAX_PARTS: Final = 200
"""Maximum number of noscript parts and templates checked per page."""

PLACEHOLDER: Final = re.compile(rb"\{\{|\$\{|<%")
"""Placeholders in a template that a script fills."""


def without_scripts(page: Page) -> Page | None:
    """Return the page with its noscript parts and shadow trees as ordinary elements.

    Returns None if no such part shows text.
    """
    markup = page.markup
    pieces: list[bytes] = []
    at = 0
    for begin, inner, inner_end, end in _parts(markup):
        content = markup[inner:inner_end]
        if not SHOWS.search(content) or PLACEHOLDER.search(content):
            continue
        pieces += (markup[at:begin], b"<div>", content, b"</div>")
        at = end
    if not pieces:
        return None
    return replace(page, body=b"".join((*pieces, markup[at:])), content_type=UTF8)


UTF8: Final = "text/html; charset=utf-8"


def _parts(markup: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield the positions of each noscript part or shadow tree, in page order.

    The positions are the start of the part, the start and end of its content, and the end of the
    part.
    """
    body = BODY.search(markup)
    at = body.end() if body else 0
    lower = markup.lower()
    for _ in range(MAX_PARTS):
        start = START.search(markup, at)
        if start is None:
            return
        name = start[1].lower()
        at = start.end()
        if name == b"template" and not SHADOW.search(start[2]):
            continue
        inner_end = lower.find(b"</" + name, at)
        end = markup.find(b">", inner_end) + 1 if inner_end >= 0 else 0
        if not end:
            return
        yield start.start(), at, inner_end, end
        at = end
