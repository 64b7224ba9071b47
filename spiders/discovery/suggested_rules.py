"""Find the shortest CSS selector that selects known values on several pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from data.text.clean import clean_line
from spiders.page.css import declared_text
from spiders.page.page import Page
from spiders.page.selector_generator import marks_of, selectors_of

MAX_NODES = 5_000
"""Maximum number of elements of the first page that are checked."""

MAX_COMPARED_LENGTH = 400
"""Maximum characters of a text that is compared."""

TAGS = (
    "h1", "h2", "h3", "h4", "time", "span", "div", "p", "td", "th", "li", "dd", "dt", "b", "strong",
    "em", "i", "font", "small", "a", "header",
)  # fmt: skip
COMMON = {"div", "span", "p", "a", "li", "td"}
"""Tags that are not useful as selectors on their own."""

Right = Callable[[str], bool]


def find_selector(pages: Sequence[Page], right: Sequence[Right]) -> str | None:
    """Return the shortest selector whose first text is right on each page, or None.

    Selectors without a path come first, since they survive layout changes.
    """
    if not pages:
        return None
    candidates = set(_candidates(pages[0], right[0]))
    found = sorted(candidates, key=lambda text: (" " in text, len(text), text))
    for selector in found:
        if all(
            is_right(declared_text(page.tree, selector, []))
            for page, is_right in zip(pages, right, strict=True)
        ):
            return selector
    return None


def _candidates(page: Page, is_right: Right) -> Iterator[str]:
    for number, node in enumerate(page.tree.iter(*TAGS)):
        if number > MAX_NODES:
            return
        if node.tag == "time" and is_right(clean_line(node.get("datetime") or "")):
            yield from (f"{selector}::attr(datetime)" for selector in _selectors(node))
        text = clean_line("".join(map(str, node.itertext()))[: MAX_COMPARED_LENGTH * 2])
        if 0 < len(text) <= MAX_COMPARED_LENGTH and is_right(text):
            yield from _selectors(node)


def _selectors(node: etree._Element) -> Iterator[str]:
    """Yield selectors for a node, including general ones: only the first selected text counts."""
    yield from marks_of(node)
    if node.tag not in COMMON:
        yield str(node.tag)
    yield from selectors_of(node)
