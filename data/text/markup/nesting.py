"""Limit the nesting of elements before a parser reads the HTML.

HTML parsers search all open elements repeatedly (WHATWG HTML, 13.2.4.2). Markup nested a hundred
thousand levels deep takes them minutes, and libxml2 stops at two thousand. Chromium puts elements
below level 512 side by side, and so does this module.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+>?")
VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905 - words read better in a row
)
RAW: Final = frozenset(["script", "style", "title", "textarea", "iframe", "noscript", "xmp"])
"""Elements whose content is not parsed as elements, so they can't be nested. Without its tags,
their content would show."""

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
"""For each element, the elements that its start ends if their end tags are missing."""


def flattened(html: str, levels: int) -> str:
    """Remove tags below this many levels of nesting, and keep their text.

    The time is linear in the length of ``html``.
    """
    # Most HTML has fewer start tags than allowed levels.
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
    """Yield the spans of tags that open or close an element below this many levels."""
    opened: list[str] = []
    dropped: Counter[str] = Counter()
    for tag in TAG.finditer(html):
        name = tag[2].lower()
        if name == "p" and len(opened) >= levels:
            continue  # it ends where the next paragraph begins
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
