"""Remove markup for which parsers would need minutes and gigabytes.

Parsers of HTML (libxml2, html5ever) compare each attribute of an element with all its others.
libxml2 also allocates some hundred bytes per tag. A page of 20 MB can take hours and gigabytes.
"""

from __future__ import annotations

import re
from typing import Final

LARGE: Final = 150_000
"""Bytes of a page from which on it is looked at; a smaller one takes a second or two at worst."""

WIDE: Final = 1_500
"""Bytes of a tag from which on its attributes are counted."""

MOST: Final = 200
"""Attributes of an element, more than any that is honest has."""

SHORT: Final = (
    rb"[^<>']{0,1400}+(?:(?<=[^=\s]\")|(?<=[^=\s]\"[\s/])|(?<=[^=\s]\"\s/))>|[^<>\"']{0,1400}+>"
)
"""The rest of a tag that surely ends soon, at its first ``>``: that is in no quotes.

Either the last of them, near the end, opens no value, as no ``=`` is before it, or there are none.
"""

ATTRIBUTE: Final = (
    rb"[\s/=]*+[^\s=>/]++(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?+)?+"
)
TAG: Final = re.compile(
    rb"<(?=[a-zA-Z](?!%b)[^\s/>]*+(?:%b){0,%d}+((?:%b)*+))" % (SHORT, ATTRIBUTE, MOST, ATTRIBUTE)
)
"""Any other tag as HTML has it (WHATWG HTML, 13.2.5.32 to 13.2.5.39), and its attributes after the
first MOST. It is only looked at, as the next one may begin within it.
"""

MOST_TAGS: Final = 150_000
"""Places where a tag begins or ends after which a page is cut."""

ROUNDS: Final = 4
"""How often attributes are taken out before a page is cut instead."""

READINGS: Final = 4
"""How often, on average, each byte may be read as a part of yet another tag."""


def without_oversized_tags(markup: bytes) -> tuple[bytes, bool]:
    """A page without the attributes that are too many for a tag, and whether it was cut.

    It is cut before the tag that is one too many.
    """
    if len(markup) < LARGE:
        return markup, False
    has_many_tags = markup.count(b"<") > MOST_TAGS
    if has_many_tags:
        markup = markup[: _place(markup, MOST_TAGS)]
    kept, is_cut = _without_excess_attributes(markup)
    return kept, has_many_tags or is_cut


def with_few_attributes(html: str) -> str:
    """A fragment of HTML without the attributes that are too many for a tag.

    The fragment is cut if its tags are in one another without end.
    """
    if len(html) < LARGE:
        return html
    # A text may contain a lone surrogate.
    kept, _ = _without_excess_attributes(html.encode("utf-8", "surrogatepass"))
    return kept.decode("utf-8", "surrogatepass")


def _without_excess_attributes(markup: bytes) -> tuple[bytes, bool]:
    """Markup without the attributes that are too many for a tag, and whether it was cut."""
    cut = False
    for _ in range(ROUNDS):
        excess, end = _excesses(markup)
        if end < len(markup):
            markup, cut = markup[:end], True
        if not excess:
            return markup, cut
        # What is left may be read in another way: by a quote that had its end in what is gone.
        markup = _without(markup, excess)
    return markup[: excess[0][0]], True


def _excesses(markup: bytes) -> tuple[list[tuple[int, int]], int]:
    """Spans of attributes that are too many for their tag, and where the page is to end.

    A parser may come to a tag in another way than we do: a quote without an end in a script or a
    comment, which we take for a tag, would hide all tags up to the next quote. So a tag is looked
    for wherever one may begin, also within another; the span of such a one is empty, as what
    follows may be the page's text.
    """
    spans: list[tuple[int, int]] = []
    left = READINGS * len(markup)
    ended = 0
    for tag in TAG.finditer(markup):
        start, (excess, end) = tag.start(), tag.span(1)
        within = start < ended
        if within:
            left -= end - start
        else:
            ended = end
        if excess < end and end - start > WIDE:
            spans.append((excess, excess if within else end))
        if left < 0:
            return spans, start
    return spans, len(markup)


def _without(markup: bytes, spans: list[tuple[int, int]]) -> bytes:
    """A page without some spans, which may overlap; at an empty one the tag ends."""
    kept, place = [], 0
    for start, end in sorted(spans):
        kept.append(markup[place : max(place, start)])
        if start == end:
            kept.append(b">")
        place = max(place, end)
    return b"".join([*kept, markup[place:]])


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
