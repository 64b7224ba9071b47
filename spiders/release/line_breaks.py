"""Separate headline and day from a text whose lines end with single line breaks.

On old pages, one table cell contains ``Headline<br>Day<br>Text``. An empty line ends a text block,
but a single line break does not.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from lxml import etree

from spiders.body.segmentation import INLINE
from spiders.release.headline_text import DATE, latin_lengths

MAX_BREAKS: Final = 5_000
"""Maximum number of line breaks that are checked per page."""

MAX_LINES: Final = 40
"""Maximum number of an element's children that are split into lines."""

MIN_HEADLINE, MAX_HEADLINE = 12, 300
"""Minimum and maximum length of a headline, in Latin letters."""

MIN_TEXT: Final = 80
"""Minimum total length of the lines below headline and day, in Latin letters."""

MAX_BESIDE_DAY: Final = 12
"""Maximum number of other characters in the line with the day, such as a weekday."""


@dataclass(slots=True)
class _Line:
    """A line of text in an element, and the line break element that ends it (or None)."""

    texts: list[str] = field(default_factory=list)
    end: etree._Element | None = None

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    @property
    def is_day(self) -> bool:
        """Whether the line contains little more than a day."""
        found = DATE.search(self.text)
        return found is not None and len(self.text) - len(found[0]) <= MAX_BESIDE_DAY

    @property
    def may_be_headline(self) -> bool:
        return not self.is_day and MIN_HEADLINE <= latin_lengths(self.text)[0] <= MAX_HEADLINE


def part_opening(root: etree._Element) -> None:
    """Insert empty lines after headline and day if a text begins with both as single lines.

    Changes the tree. A page with several such texts is a list and remains unchanged.
    """
    counts = Counter(one.getparent() for one in islice(root.iter("br"), MAX_BREAKS))
    found = [lines for parent, count in counts.items() if count > 1 and (lines := _opening(parent))]
    if len(found) != 1:
        return
    for line in found[0]:
        if line.end is not None:
            tail, line.end.tail = line.end.tail, None
            line.end.addnext(added := etree.Element("br"))
            added.tail = tail


def _opening(parent: etree._Element | None) -> list[_Line]:
    """Return the first two lines of an element if they are a headline and a day, in either order.

    Otherwise returns an empty list.
    """
    if parent is None:
        return []
    lines = (line for line in _lines(parent) if line.text)
    first = [*islice(lines, 2)]
    if sum(line.is_day for line in first) != 1 or not any(one.may_be_headline for one in first):
        return []
    size = sum(latin_lengths(line.text)[0] for line in lines)
    headline = max(latin_lengths(line.text)[0] for line in first)
    return first if size >= max(MIN_TEXT, headline) else []


def _lines(parent: etree._Element) -> Iterator[_Line]:
    """Yield the lines of an element before its first child that is a paragraph or a box."""
    line = _Line([parent.text or ""])
    for child in islice(parent, MAX_LINES):
        if child.tag == "br":
            line.end = child
            yield line
            line = _Line()
        elif child.tag in INLINE:
            line.texts.append("".join(map(str, islice(child.itertext(), MAX_LINES))))
        elif isinstance(child.tag, str):
            break
        line.texts.append(child.tail or "")
    yield line
