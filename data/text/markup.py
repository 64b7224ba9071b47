"""Remove markup on which parsers would spend minutes and gigabytes, and limit nesting."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

MIN_CHECKED_BYTES: Final = 150_000
"""Minimum size in bytes of pages that are checked. Smaller pages are parsed in at most two seconds.
"""

MIN_WIDE_TAG_BYTES: Final = 1_500
"""Minimum size in bytes of tags from which excess attributes are removed."""

MAX_ATTRIBUTES: Final = 200
"""Maximum number of attributes of an element. Elements on real pages have fewer."""

SHORT_TAG_REST: Final = (
    rb"[^<>']{0,1400}+(?:(?<=[^=\s]\")|(?<=[^=\s]\"[\s/])|(?<=[^=\s]\"\s/))>|[^<>\"']{0,1400}+>"
)
"""Pattern that matches the rest of a tag up to its first ``>``, if this ``>`` is outside quotes.

The ``>`` is outside quotes if no quotes precede it, or if the last quote does not follow ``=`` and
therefore closes a value."""

ATTRIBUTE: Final = (
    rb"[\s/=]*+[^\s=>/]++(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?+)?+"
)
TAG: Final = re.compile(
    rb"<(?=[a-zA-Z](?!%b)[^\s/>]*+(?:%b){0,%d}+((?:%b)*+))"
    % (SHORT_TAG_REST, ATTRIBUTE, MAX_ATTRIBUTES, ATTRIBUTE)
)
"""Pattern of other HTML tags (WHATWG HTML, 13.2.5.32 to 13.2.5.39), which captures their attributes
after the first MAX_ATTRIBUTES. It is a lookahead, because another tag may begin inside a tag."""

MAX_TAGS: Final = 150_000
"""Maximum number of ``<`` characters on a page. The rest of the page is cut."""

MAX_ROUNDS: Final = 4
"""Maximum number of passes that remove attributes. A page that needs more passes is cut."""

MAX_READINGS: Final = 4
"""Maximum average number of times that a byte is read. It is read several times if tags overlap."""

NESTING_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+>?")
VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905 - a string is easier to read
)
RAW: Final = frozenset(["script", "style", "title", "textarea", "iframe", "noscript", "xmp"])
"""Names of elements whose content is not parsed as elements, so they can't be nested. Their tags
are kept, because otherwise the content would be visible."""

ROWS: Final = frozenset(["tr", "td", "th"])
GROUPS: Final = frozenset(["thead", "tbody", "tfoot", *ROWS])
TERMS: Final = frozenset(["dt", "dd"])
ENDED_BY: Final = {
    **{name: frozenset([name]) for name in ("p", "li", "option")},
    **dict.fromkeys(TERMS, TERMS),
    **dict.fromkeys(["td", "th"], frozenset(["td", "th"])),
    "tr": ROWS,
    **dict.fromkeys(["thead", "tbody", "tfoot"], GROUPS),
}
"""For each start tag, the open elements that it closes implicitly."""


def without_oversized_tags(markup: bytes) -> tuple[bytes, bool]:
    """Remove excess attributes from a page, and return whether the page was cut.

    A page with too many tags is cut before the first excess tag.
    """
    if len(markup) < MIN_CHECKED_BYTES:
        return markup, False
    has_many_tags = markup.count(b"<") > MAX_TAGS
    if has_many_tags:
        markup = markup[: _place(markup, MAX_TAGS)]
    kept, is_cut = _without_excess_attributes(markup)
    return kept, has_many_tags or is_cut


def with_few_attributes(html: str) -> str:
    """Remove excess attributes from an HTML fragment.

    If too many tags overlap, the fragment is cut.
    """
    if len(html) < MIN_CHECKED_BYTES:
        return html
    # The text may contain lone surrogates.
    kept, _ = _without_excess_attributes(html.encode("utf-8", "surrogatepass"))
    return kept.decode("utf-8", "surrogatepass")


def _without_excess_attributes(markup: bytes) -> tuple[bytes, bool]:
    """Remove excess attributes from markup, and return whether the markup was cut."""
    cut = False
    for _ in range(MAX_ROUNDS):
        excess, end = _excesses(markup)
        if end < len(markup):
            markup, cut = markup[:end], True
        if not excess:
            return markup, cut
        # Check again: a removed attribute may have closed a quote, which changes the following
        # tags.
        markup = _without(markup, excess)
    return markup[: excess[0][0]], True


def _excesses(markup: bytes) -> tuple[list[tuple[int, int]], int]:
    """Return the spans of excess attributes, and the end of the part of the page to keep.

    A parser may recognize different tags. For example, an unclosed quote in a script or comment may
    look like a part of a tag, and hide all tags up to the next quote. So tags are searched
    everywhere, even inside other tags. The span of a tag inside another tag is empty, because text
    of the page may follow.
    """
    spans: list[tuple[int, int]] = []
    left = MAX_READINGS * len(markup)
    ended = 0
    for tag in TAG.finditer(markup):
        start, (excess, end) = tag.start(), tag.span(1)
        within = start < ended
        if within:
            left -= end - start
        else:
            ended = end
        if excess < end and end - start > MIN_WIDE_TAG_BYTES:
            spans.append((excess, excess if within else end))
        if left < 0:
            return spans, start
    return spans, len(markup)


def _without(markup: bytes, spans: list[tuple[int, int]]) -> bytes:
    """Remove spans (start and end) from markup.

    Spans may overlap. An empty span is replaced by a ``>``, which ends the tag.
    """
    kept, place = [], 0
    for start, end in sorted(spans):
        kept.append(markup[place : max(place, start)])
        if start == end:
            kept.append(b">")
        place = max(place, end)
    return b"".join([*kept, markup[place:]])


def _place(markup: bytes, number: int) -> int:
    """Return the position of a tag by its number, counted from 0."""
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


def flattened(html: str, levels: int) -> str:
    """Remove tags that are nested deeper than ``levels``, and keep their text.

    The time is linear in the length of ``html``.
    """
    # Most fragments have fewer start tags than allowed levels.
    if html.count("<") - html.count("</") <= levels:
        return html
    deep = [*_deep_tags(html, levels)]
    if not deep:
        return html
    parts, done = [], 0
    for start, end in deep:
        parts.append(html[done:start])
        done = end
    parts.append(html[done:])
    return "".join(parts)


def _deep_tags(html: str, levels: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of tags that open or close elements nested deeper than ``levels``."""
    opened: list[str] = []
    dropped: Counter[str] = Counter()
    for tag in NESTING_TAG.finditer(html):
        name = tag[2].lower()
        if name == "p" and len(opened) >= levels:
            continue  # such an element ends where the next one begins
        if tag[1]:
            if dropped.get(name):
                dropped[name] -= 1
                yield tag.span()
            elif name in opened:
                while opened.pop() != name:
                    pass
                dropped.clear()
        elif name not in VOID and name not in RAW:
            ended = ENDED_BY.get(name, ())
            while opened and opened[-1] in ended:
                opened.pop()
            if len(opened) < levels:
                opened.append(name)
            else:
                dropped[name] += 1
                yield tag.span()
