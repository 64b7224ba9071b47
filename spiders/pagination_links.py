"""What the links of a pager are called: their labels, and the names of what holds them."""

from __future__ import annotations

import re

from lxml import etree

PAGER_CLASS = re.compile(
    r"pag(?:er|ing|inat|enav|e-?numbers?|es?(?:$|[\s_-]))|(?:^|[\s_-])nav(?:igation)?[\s_-]links?|seiten",
    re.IGNORECASE,
)


def label_of(node: etree._Element) -> str:
    """What a link says, or what its image or title does where it has no words."""
    text = " ".join("".join(map(str, node.itertext())).split())[:200]
    if not text:
        image = node.find(".//img")
        text = node.get("title") or node.get("aria-label") or ""
        if image is not None:
            text = image.get("alt") or image.get("title") or text
    return text


def names_of(node: etree._Element | None) -> str:
    """The class and id of an element."""
    if node is None:
        return ""
    return f"{node.get('class') or ''} {node.get('id') or ''}"[:300]


def names_around(node: etree._Element, steps: int) -> str:
    """The names of an element and of those that hold it, so many up."""
    names = []
    above: etree._Element | None = node
    for _ in range(steps + 1):
        if above is None:
            break
        names.append(names_of(above))
        above = above.getparent()
    return " ".join(names)
