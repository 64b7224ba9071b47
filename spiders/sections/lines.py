"""Split a part of a page into lines, one per block-level element."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from data.text.clean import clean_line
from spiders.page.html_tree import LEVEL_OF

INLINE: Final = frozenset(
    [
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em"),
        *("font", "i", "ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span"),
        *("strong", "sub", "sup", "tt", "u", "var", "wbr"),
    ]
)
"""Tags of elements that do not end a line."""

SKIPPED: Final = frozenset(
    ["script", "style", "template", "noscript", "svg", "select", "textarea", "iframe"]
)


MAX_CHARS: Final = 100_000
"""Maximum number of characters of a part that are split into lines."""


@dataclass(slots=True)
class Budget:
    """Number of element starts and ends of a page that may still be read."""

    left: int


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of text.

    ``element`` contains its first text; ``linked`` is its number of link characters.
    """

    text: str
    element: etree._Element
    linked: int = 0

    @property
    def heads(self) -> bool:
        """Whether the line is inside a heading."""
        return any(
            one.tag in LEVEL_OF for one in (self.element, *self.element.iterancestors(*LEVEL_OF))
        )


def lines_of(part: etree._Element, budget: Budget) -> Iterator[PageLine]:
    """Yield the lines of an element in page order.

    Only the first MAX_CHARS characters are read, and no more elements than the budget allows.
    """
    texts: list[tuple[str, etree._Element, bool]] = []
    total = 0
    for text, element, is_linked in _texts(part, budget):
        if text is None:
            yield from _line(texts)
        else:
            texts.append((text, element, is_linked))
            total += len(text)
        if total > MAX_CHARS:
            break
    yield from _line(texts)


def _line(texts: list[tuple[str, etree._Element, bool]]) -> Iterator[PageLine]:
    line = clean_line(" ".join(text for text, _, _ in texts))
    if line:
        yield PageLine(
            line, texts[0][1], sum(len(text) for text, _, is_linked in texts if is_linked)
        )
    texts.clear()


def _texts(
    part: etree._Element, budget: Budget
) -> Iterator[tuple[str | None, etree._Element, bool]]:
    """Yield the texts of an element, each with its parent and whether it is in a link.

    A text of None marks the end of a line.
    """
    links = skipped = 0
    for event, element in etree.iterwalk(part, events=("start", "end")):
        budget.left -= 1
        if budget.left < 0:
            return
        step = -1 if event == "end" else 1
        links += step * (element.tag == "a")
        skipped += step * (element.tag in SKIPPED)
        if not skipped and element.tag not in INLINE:
            yield None, element, False
        text = element.text
        parent = element
        if event == "end":
            text = element.tail if element is not part else None
            parent = _parent(element)
        if not skipped and text and text.strip():
            yield text, parent, links > 0


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    return element if parent is None else parent


def text_of(element: etree._Element) -> str:
    """Return the whole text of an element as one line."""
    return clean_line(" ".join(map(str, element.itertext())))
