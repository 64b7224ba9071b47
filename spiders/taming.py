"""Takes out of huge pages what a parser would need hours for.

libxml2 compares every attribute of an element with all others of it: a single tag of two megabytes
takes it a minute, one of twenty takes it hours.
"""

from __future__ import annotations

import re
from typing import Final

LARGE: Final = 500_000
"""Bytes of a page from which on it is looked at; what a smaller one can do takes seconds."""

WIDE: Final = 50_000
"""Bytes of a tag that has no right to so many attributes."""

TAG: Final = re.compile(
    rb"<[a-zA-Z][^\s/>]*+"
    rb"((?:[\s/]++|[^\s=>/]++(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?+)?+|=)*+)"
)
"""A tag as HTML has it, its attributes apart (WHATWG HTML, 13.2.5.32 to 13.2.5.39)."""

ATTRIBUTE: Final = re.compile(rb"[\s\"'/][^\s=>/\"']")
MOST: Final = 2_000
"""Places in a wide tag where an attribute may begin, more than any that is honest has."""


def tamed(markup: bytes) -> bytes:
    """A page without the attributes of tags that have far too many of them."""
    if len(markup) < LARGE:
        return markup
    return TAG.sub(_tamed, markup) if any(map(_too_wide, TAG.finditer(markup))) else markup


def _tamed(tag: re.Match[bytes]) -> bytes:
    return tag[0][: tag.start(1) - tag.start()] if _too_wide(tag) else tag[0]


def _too_wide(tag: re.Match[bytes]) -> bool:
    start, end = tag.span(1)
    if end - start < WIDE:
        return False
    begins = ATTRIBUTE.finditer(tag[1])
    return sum(1 for _ in zip(range(MOST), begins, strict=False)) == MOST
