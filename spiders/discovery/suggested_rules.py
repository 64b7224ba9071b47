"""The shortest CSS selector that says on several pages what is known to be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from data.text.clean import clean_line
from spiders.page.css import declared_text
from spiders.page.page import Page

MOST_NODES = 5_000
"""Elements of the first page that are looked at."""

LONGEST = 400
"""Characters of a text that is compared."""

TAGS = (
    "h1", "h2", "h3", "h4", "time", "span", "div", "p", "td", "th", "li", "dd", "dt", "b", "strong",
    "em", "i", "font", "small", "a", "header",
)  # fmt: skip
NAME = re.compile(r"[A-Za-z_][\w-]{0,60}")
NUMBERED = re.compile(r"\d{3,}")
"""Names that change from page to page."""

Right = Callable[[str], bool]


def find_selector(pages: Sequence[Page], right: Sequence[Right]) -> str | None:
    """The shortest selector whose first text is right on each of the pages, or None."""
    if not pages:
        return None
    found = sorted(set(_candidates(pages[0], right[0])), key=lambda text: (len(text), text))
    for selector in found:
        if all(
            is_right(declared_text(page.tree, selector, []))
            for page, is_right in zip(pages, right, strict=True)
        ):
            return selector
    return None


def _candidates(page: Page, is_right: Right) -> Iterator[str]:
    for number, node in enumerate(page.tree.iter(*TAGS)):
        if number > MOST_NODES:
            return
        if node.tag == "time" and is_right(clean_line(node.get("datetime") or "")):
            yield from (f"{name}::attr(datetime)" for name in _names(node))
        text = clean_line("".join(map(str, node.itertext()))[: LONGEST * 2])
        if 0 < len(text) <= LONGEST and is_right(text):
            yield from _names(node)


def _names(node: etree._Element) -> Iterator[str]:
    tag = str(node.tag)
    own = list(_marks(node))
    yield from own
    yield from (f"{tag}{mark}" for mark in own if mark.startswith("."))
    if tag not in {"div", "span", "p", "a", "li", "td"}:
        yield tag
    parent = node.getparent()
    if parent is not None:
        yield from (f"{mark} > {tag}" for mark in _marks(parent))


def _marks(node: etree._Element) -> Iterator[str]:
    name = node.get("id") or ""
    if NAME.fullmatch(name) and not NUMBERED.search(name):
        yield f"#{name}"
    for part in (node.get("class") or "").split()[:6]:
        if NAME.fullmatch(part) and not NUMBERED.search(part):
            yield f".{part}"
