"""Cut out the part of a large page that a template needs, before the page is parsed.

Parsing the menus, scripts and boxes of a large page takes longer than extracting the release. The
excerpt contains the head, one element found by its start tag, JSON-LD, and some bytes after the
element, which contain links to other releases. If the start or end of the element is uncertain, the
whole page is parsed.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec
from lxml import etree

from spiders.page.page import Page

MIN_EXCERPTED_BYTES: Final = 24_000
"""Minimum size in bytes of a page that is reduced to an excerpt. For smaller pages, cutting takes
more time than it saves."""

END_MARKER: Final = "excerpt-end"
"""Name of a marker element inserted at the expected end of the cut element. If it directly follows
that element after parsing, the end was right."""

MARK: Final = f"<{END_MARKER}></{END_MARKER}>".encode()

LINKED: Final = b"application/ld+json"
DROPPED_START: Final = re.compile(rb"<(?:!--|(?:script|style|svg|link)(?=[\s>]))")
"""Pattern of the start of markup that no template needs, such as comments and scripts."""

DROPPED_ENDS: Final = {
    b"<!--": b"-->",
    b"<script": b"</script>",
    b"<style": b"</style>",
    b"<svg": b"</svg>",
    b"<link": b">",
}
"""End of each type of dropped markup, by its start."""


class Excerpt(msgspec.Struct, frozen=True):
    """The element to cut out of a page: its ``tag``, and ``name`` in its ``attribute``.

    ``name`` is an id, a class or another part of the attribute's value. ``path`` contains the tags
    of the element's ancestors, outermost first. ``tail`` is the number of bytes kept after the
    element. ``linked`` is true if the page has JSON-LD outside the head.
    """

    tag: str
    attribute: str
    name: str
    path: tuple[str, ...]
    tail: int
    linked: bool = False


def excerpt_of(page: Page, excerpt: Excerpt) -> Page | None:
    """Return the excerpt of a UTF-8 page as a page, or None if the whole page must be parsed."""
    body = page.body
    head = body.find(b"<body")
    if len(body) < MIN_EXCERPTED_BYTES or head < 0:
        return None
    start = _start(body, excerpt, head)
    end = _end(body, excerpt.tag.encode(), start) if start is not None else None
    if start is None or end is None:
        return None
    stop = min(len(body), end + excerpt.tail)
    linked = _linked(body, head) if excerpt.linked else ()
    apart = [body[low:high] for low, high in linked if not start < low < stop]
    top, *path = (f"<{tag}>".encode() for tag in excerpt.path)
    parts = (body[:head], top, *apart, *path, body[start:end], MARK, body[end:stop])
    made = b"".join(_bared(b"".join(parts)))
    try:
        made.decode("utf-8")
    except UnicodeDecodeError:
        return None
    cut = Page(page.url, made, page.content_type)
    return cut if _is_whole(cut.tree, excerpt) else None


def _start(body: bytes, excerpt: Excerpt, head: int) -> int | None:
    """Return the offset of the first element that ``excerpt`` describes, or None."""
    name, tag = excerpt.name.encode(), _tag(excerpt)
    place = body.find(name, head)
    while place >= 0:
        low = body.rfind(b"<", head, place)
        match = tag.match(body, low)
        if match and match.start(1) <= place < match.end(1) and not _is_cloaked(body, low):
            return low
        place = body.find(name, place + 1)
    return None


@lru_cache(maxsize=256)
def _tag(excerpt: Excerpt) -> re.Pattern[bytes]:
    """Return the pattern of the start tag that ``excerpt`` describes.

    Group 1 is the value of the attribute that identifies the element.
    """
    name = re.escape(excerpt.name)
    value = rf"\"((?:[^\"<>]*\s)?{name}(?:\s[^\"<>]*)?)\""
    attributes = r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?"
    pattern = rf"<{excerpt.tag}\s{attributes}(?<=\s){excerpt.attribute}\s*=\s*{value}"
    return re.compile(pattern.encode())


def _is_cloaked(body: bytes, place: int) -> bool:
    """Whether an offset in a page may be inside a comment, a script or a style sheet."""
    # Scripts may contain such tags in strings, so only markup after the end of the last script
    # counts.
    floor = max(0, body.rfind(b"</script", 0, place))
    for begin, start in ((b"<!--", 0), (b"<script", floor), (b"<style", floor)):
        low = body.rfind(begin, start, place)
        if low >= 0 and body.find(DROPPED_ENDS[begin], low, place) < 0:
            return True
    return False


def _bared(markup: bytes) -> Iterator[bytes]:
    """Yield the parts of a page without comments, scripts, styles, SVG and most ``<link>`` tags."""
    done = 0
    while found := DROPPED_START.search(markup, done):
        end = DROPPED_ENDS[found[0]]
        stop = markup.find(end, found.start() + 2)
        if stop < 0:
            break
        high = stop + len(end)
        yield markup[done : found.start()]
        whole = markup[found.start() : high]
        if _is_kept(found[0], whole):
            yield whole
        done = high
    yield markup[done:]


def _is_kept(start: bytes, whole: bytes) -> bool:
    """Whether markup is kept in an excerpt.

    It is kept if a template needs it, or if only a parser can find its end. ``start`` is the
    beginning of the markup ``whole``.
    """
    if start == b"<!--":
        return b"--!" in whole
    if start == b"<svg":
        return whole.count(start) > 1
    if start == b"<link":
        named = b"canonical" in whole or b"alternate" in whole
        return named or whole.count(b'"') % 2 == 1 or whole.count(b"'") % 2 == 1
    # A script inside a comment inside a script (WHATWG HTML, 13.2.5.21 to 13.2.5.31).
    return LINKED in whole[: whole.find(b">")] or (b"<!--" in whole and whole.count(start) > 1)


def _end(body: bytes, tag: bytes, start: int) -> int | None:
    """Find the end of an element by counting start and end tags. Return its offset, or None.

    `_is_whole` checks the result with the parser.
    """
    opening, closing = b"<" + tag, b"</" + tag
    depth, place = 1, start + len(opening)
    while depth:
        close = body.find(closing, place)
        if close < 0:
            return None
        depth += body.count(opening, place, close) - 1
        place = close + len(closing)
    end = body.find(b">", place)
    return end + 1 if end >= 0 else None


def _linked(body: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end offsets of each JSON-LD script after the offset ``start``."""
    place = body.find(LINKED, start)
    while place >= 0:
        low = body.rfind(b"<script", start, place)
        high = body.find(b"</script>", place)
        if low < 0 or high < 0:
            return
        yield low, high + len(b"</script>")
        place = body.find(LINKED, high)


def _is_whole(root: etree._Element, excerpt: Excerpt) -> bool:
    """Whether the marker directly follows the cut element, so that the element's end was right."""
    mark = next(root.iter(END_MARKER), None)
    cut = mark.getprevious() if mark is not None else None
    if cut is None or cut.tag != excerpt.tag:
        return False
    return excerpt.name in (cut.get(excerpt.attribute) or "").split()
