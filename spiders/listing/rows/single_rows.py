"""Find the row of a list that has only one row, with or without a date.

A press room may have published only one release.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Final
from urllib.parse import urldefrag

from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.side_lists import is_side_link
from spiders.page.class_hints import class_and_id
from spiders.page.phrases import LISTING
from spiders.page.regions import CHROME, SIDE_BITS

MAX_ROWS: Final = 12
"""Maximum number of elements that are tried as the only dated row."""

MAX_MARKS: Final = 60
"""Maximum number of marks (texts and links) in a row."""

MIN_WORDS: Final = 3
"""Minimum number of words in a headline."""

MIN_UNSPACED_LENGTH: Final = 8
"""Minimum length of a headline in a writing system without spaces, in characters."""

FIRST_UNSPACED_CHARACTER: Final = "\u0e00"
"""First character (Thai) of the scripts in which a headline is recognized by its length.

Most of these scripts have no spaces between words."""

MIN_SHARE: Final = 0.5
"""Minimum share of a page's text that its only undated row must contain. On the page of a release,
more text is outside such a row."""

MIN_ONE_DATE_VALUE: Final = 0.97
"""Minimum value of a row with one date, or with a publication and a modification date."""

_ROWS: Final = frozenset(("tr", "li", "article", "section", "div", "p", "dd"))
_POST: Final = re.compile(
    r"(?:^|[\s_-])(?:h?entry|posts?|news|article|item|teaser|release|story|blog)(?:$|[\s_-])",
    re.IGNORECASE,
)


def dated_rows(flat: FlatPage, worth: Callable[[int, int], float]) -> list[ElementSpan]:
    """Return the smallest elements that have one date, a link and, if possible, a headline.

    An element without a headline is skipped if a larger element contains it and a headline.
    ``worth`` returns the value of the dates between two positions.
    """
    headlines = _headlines(flat)
    fitting = [
        span
        for span in flat.spans
        if span.node.tag in _ROWS
        and span.end - span.begin <= MAX_MARKS
        and not flat.is_chrome(span.begin, span.end)
        and worth(span.begin, span.end) >= MIN_ONE_DATE_VALUE
    ]
    fitting.sort(key=lambda span: span.end - span.begin)
    headed = {id(span) for span in fitting if _count(headlines, span) == 1}
    whole = [span for span in fitting if id(span) in headed]
    parts = {
        id(part)
        for part in fitting
        if id(part) not in headed
        and any(span.begin <= part.begin and part.end <= span.end for span in whole[:MAX_ROWS])
    }
    return [
        span
        for span in fitting
        if id(span) not in parts and (id(span) in headed or worth(span.begin, span.end) == 1)
    ][:MAX_ROWS]


def undated_row(flat: FlatPage, url: str) -> ElementSpan | None:
    """Return the only undated post of a page, or None.

    A class must mark it as a post, or a heading above it must announce news. Its headline must link
    to another page, and it must contain most of the page's text.
    """
    headlines = _headlines(flat)
    posts = [
        span
        for span in flat.spans
        if span.node.tag in _ROWS
        and (span.node.tag == "article" or _POST.search(class_and_id(span.node)))
        and not flat.regions.around(span.begin, span.end) & (CHROME | SIDE_BITS)
        and _count(headlines, span) == 1
    ]
    if not posts:
        return None
    row = min(posts, key=lambda span: span.end - span.begin)
    if any(not (span.begin <= row.begin and row.end <= span.end) for span in posts):
        return None
    head = next(
        head
        for head in flat.headings
        if row.begin <= head.begin < row.end and is_headline(flat.said(head.begin, head.end))
    )
    link = _link_of(flat, head.begin, head.end)
    if link is None or urldefrag(link)[0] == urldefrag(url)[0]:
        return None
    shown = [text for text in flat.texts if not flat.regions.at(text.place) & (CHROME | SIDE_BITS)]
    held = sum(len(text.text) for text in shown if row.begin <= text.place < row.end)
    if held < MIN_SHARE * sum(len(text.text) for text in shown):
        return None
    named = any(
        LISTING.fullmatch(flat.said(one.begin, one.end).strip().casefold())
        for one in flat.headings
        if one.end <= row.begin
    )
    return row if named or _POST.search(class_and_id(row.node)) else None


def _headlines(flat: FlatPage) -> list[int]:
    """Return the positions of headings with several words and a link, in page order."""
    return sorted(
        head.begin
        for head in flat.headings
        if is_headline(flat.said(head.begin, head.end)) and _link_of(flat, head.begin, head.end)
    )


def _link_of(flat: FlatPage, begin: int, end: int) -> str | None:
    """Return the URL that a heading between two positions links to, or None.

    Links to categories, authors and the like are skipped.
    """
    inner = flat.anchors_in(begin, end)
    outer = [link for link in flat.anchors_in(begin - 1, begin) if link.end >= end]
    return next((link.url for link in (*inner, *outer) if not is_side_link(link)), None)


def _count(places: list[int], span: ElementSpan) -> int:
    return bisect_left(places, span.end) - bisect_left(places, span.begin)


def is_headline(text: str) -> bool:
    """Whether a text has enough words for a headline.

    In writing systems without spaces, the number of characters counts.
    """
    unspaced = len(text) >= MIN_UNSPACED_LENGTH and max(text) >= FIRST_UNSPACED_CHARACTER
    return unspaced or len(text.split()) >= MIN_WORDS
