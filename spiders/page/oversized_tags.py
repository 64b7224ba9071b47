"""Takes out of huge pages what a parser would need minutes and gigabytes for.

libxml2 compares every attribute of an element with all others of it, and makes an element of some
hundred bytes of each tag: a page of twenty megabytes can take it hours, and gigabytes.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

LARGE: Final = 150_000
"""Bytes of a page from which on it is looked at; a smaller one takes a second or two at worst."""

WIDE: Final = 1_500
"""Bytes of a tag from which on its attributes are counted."""

NAME: Final = rb"[^\s=>/]++"
VALUE: Final = rb"(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?+)?+"
TAG: Final = re.compile(rb"<[a-zA-Z][^\s/>]*+((?:[\s/]++|" + NAME + VALUE + rb"|=)*+)")
"""A tag as HTML has it, its attributes apart (WHATWG HTML, 13.2.5.32 to 13.2.5.39)."""

ATTRIBUTE: Final = re.compile(NAME + VALUE)
MOST: Final = 200
"""Attributes of an element, more than any that is honest has."""

MOST_TAGS: Final = 150_000
"""Places where a tag begins or ends after which a page is cut."""


def without_oversized_tags(markup: bytes) -> tuple[bytes, bool]:
    """A page without the attributes that are too many for a tag, and whether it was cut.

    It is cut before the tag that is one too many.
    """
    if len(markup) < LARGE:
        return markup, False
    cut = markup.count(b"<") > MOST_TAGS
    if cut:
        markup = markup[: _place(markup, MOST_TAGS)]
    wide = any(_too_wide(tag) for tag in TAG.finditer(markup) if len(tag[1]) >= WIDE)
    return (TAG.sub(_tamed, markup) if wide else markup), cut


def _place(markup: bytes, number: int) -> int:
    """Where the tag of a number begins, the first having number 0."""
    low, high = 0, len(markup)
    before = 0
    while high - low > 1:
        middle = (low + high) // 2
        inside = markup.count(b"<", low, middle)
        if before + inside > number:
            high = middle
        else:
            before += inside
            low = middle
    return low


def _tamed(tag: re.Match[bytes]) -> bytes:
    return tag[0][: (_too_wide(tag) or len(tag[0]))]


def _too_wide(tag: re.Match[bytes]) -> int | None:
    """Where in a tag the last attribute ends that it may have; None where it has no more."""
    start, end = tag.span(1)
    if end - start < WIDE:
        return None
    last = next(islice(ATTRIBUTE.finditer(tag[1]), MOST - 1, None), None)
    return start - tag.start() + last.end() if last else None
