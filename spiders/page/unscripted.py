"""A page as browsers without scripts show it: with its noscript parts and declarative shadow trees.

Both are markup that the tree of a page keeps, but that no reader of the visible page counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spiders.page.page import Page

START: Final = re.compile(rb"<(noscript|template)\b([^<>]{0,500})>", re.IGNORECASE)

SHADOW: Final = re.compile(rb"\bshadowroot(?:mode)?\s*=", re.IGNORECASE)
"""The attribute of a template that browsers show at once (WHATWG HTML, 4.12.3)."""

BODY: Final = re.compile(rb"<body\b", re.IGNORECASE)
SHOWS: Final = re.compile(rb"<(?:a|p|h[1-6]|li|article)\b", re.IGNORECASE)
"""What a part contains that shows more than a picture that counts visitors."""

MAX_PARTS: Final = 200
"""Maximum number of parts of one page."""

PLACEHOLDER: Final = re.compile(rb"\{\{|\$\{|<%")
"""Marks of a template that a script fills."""


def without_scripts(page: Page) -> Page | None:
    """The page with these parts as ordinary elements, or None if it has none that show text."""
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
    """Where each part begins, its content begins and ends, and it ends; in page order."""
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
