"""Bounds how deep elements lie in one another, before a parser meets them.

A parser of HTML looks through all open elements again and again (WHATWG HTML, 13.2.4.2): what is
nested a hundred thousand levels deep takes it minutes, and libxml2 gives up at two thousand.
Chromium stops at 512 and sets what lies deeper side by side; so does this.
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
"""Elements that hold no others, so that they can't be nested; without its tags all would show."""

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
"""Elements that need no end tag, as they end where the one of the key begins."""


def flattened(html: str, levels: int) -> str:
    """HTML in which elements lie at most so many levels deep; the text of deeper ones stays.

    Takes time in proportion to the length of ``html``, whatever it holds.
    """
    # What has fewer start tags than that is not nested so deep, and most HTML is such.
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
    """Where the tags stand that open or close an element below so many levels."""
    opened: list[str] = []
    dropped: Counter[str] = Counter()
    for tag in TAG.finditer(html):
        name = tag[2].lower()
        if name == "p" and len(opened) >= levels:
            continue  # it ends where the next one begins
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
