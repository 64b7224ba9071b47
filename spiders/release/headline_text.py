"""Measure headline lengths in any script, and recognize lines that are not headlines.

`part_opening` separates headline and day from a text whose lines end with single line breaks. On
old pages, one table cell contains ``Headline<br>Day<br>Text``. An empty line ends a text block, but
a single line break does not.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Final

from lxml import etree

from data.text.words import UNSPACED
from spiders.body.text_blocks import INLINE
from spiders.page.phrases import is_box_heading, letters, lines, phrases

DENSE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LATIN_LETTERS, LATIN_WORD = 3, 6
"""Number of Latin letters equivalent to one Chinese, Japanese or Korean character, and mean length
of a Latin word including its space."""

MAX_LINE, MAX_LABEL, MAX_COLONS = 200, 30, 8
"""Limits for credit lines.

- `MAX_LINE`: maximum length of the line, in characters
- `MAX_LABEL`: maximum length of a label, in characters
- `MAX_COLONS`: maximum number of colons checked"""

MAX_BESIDE_LABEL, MAX_BESIDE_LABELS, MAX_BESIDE_DATE = 30, 40, 24
"""Maximum numbers of Latin letters outside labels and dates in a credit line.

- `MAX_BESIDE_LABEL`: in a line with one label
- `MAX_BESIDE_LABELS`: per label, in a line with several labels
- `MAX_BESIDE_DATE`: in a line with a date"""

COLON: Final = re.compile(r"(?<!\d)[:：]|[:：](?!\d)")
DATE: Final = re.compile(
    r"\d{1,4}\s?[./年-]\s?\d{1,2}(?:\s?[./月-]\s?\d{1,4}日?)?(?:\s*\d{1,2}:\d\d(?::\d\d)?)?"
    r"|\d{1,2}\.?,?\s+(?:[^\s\d]{1,14}\s+){0,3}\d{4}"
)
DATE_OR_LABEL: Final = re.compile(r"[\d:：]")
"""Pattern of a digit or colon, one of which is in every date and every label of a credit line."""

LINE_OPENING: Final = re.compile(rf"[\W_]*(?:{DATE.pattern})?[\W_]*")
"""Pattern of punctuation and a date that may precede the first label of a credit line."""


def latin_lengths(text: str) -> tuple[int, int]:
    """Return how many characters and spaces a text would have in Latin script.

    Length limits are for Latin script. Other scripts need fewer characters, or no spaces.
    """
    if text.isascii():
        return len(text), text.count(" ")
    size = len(text) + len(DENSE.findall(text)) * (LATIN_LETTERS - 1)
    if len(UNSPACED.findall(text)) * 2 > len(text):
        return size, max(text.count(" "), size // LATIN_WORD - 1)
    return size, text.count(" ")


def is_no_headline(text: str) -> bool:
    """Whether a line is certainly not a headline, because it is a credit line or a box heading."""
    return is_box_heading(text) or is_credit_line(text)


def is_credit_line(text: str) -> bool:
    """Whether a line contains only labels with a text's source, author, date or view count."""
    if len(text) > MAX_LINE or not DATE_OR_LABEL.search(text):
        return False
    folded = text.casefold()
    if dated := _dated().match(folded):
        return _size(folded[dated.end() :]) <= MAX_BESIDE_DATE
    spans = [*islice(_labels(folded), MAX_COLONS)]
    if not spans:
        return False
    parts, at = [], 0
    for low, high in spans:
        parts.append(folded[at:low])
        at = high
    size = _size(" ".join((*parts, folded[at:])))
    opening = LINE_OPENING.match(folded)
    first = opening is not None and spans[0][0] <= opening.end()
    if len(spans) == 1:
        low, high = spans[0]
        needs_date = letters(folded[low:high]) in phrases("dated")
        has_date = not needs_date or DATE.search(folded) is not None
        return first and has_date and size <= MAX_BESIDE_LABEL
    return (first or len(spans) > 2) and size <= MAX_BESIDE_LABELS * len(spans)  # noqa: PLR2004


def is_dated_line(text: str) -> bool:
    """Whether a line contains a date and little else (at most `MAX_BESIDE_DATE` letters)."""
    date = DATE.search(text) if len(text) <= MAX_LINE else None
    return date is not None and _size(text[: date.start()] + text[date.end() :]) <= MAX_BESIDE_DATE


def _size(text: str) -> int:
    return latin_lengths(letters(text))[0]


def _labels(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start of each label in a credit line, and the position after its colon."""
    known = phrases("labels")
    for colon in islice(COLON.finditer(text), MAX_COLONS):
        low = max(0, colon.start() - MAX_LABEL)
        for start in range(low, colon.start()):
            if _begins_word(text, start) and letters(text[start : colon.start()]) in known:
                yield start, colon.end()
                break


def _begins_word(text: str, place: int) -> bool:
    if not text[place].isalpha():
        return False
    return place == 0 or not text[place - 1].isalpha() or UNSPACED.match(text[place]) is not None


@cache
def _dated() -> re.Pattern[str]:
    """Return the pattern of a date label at the beginning of a line, such as "Published on"."""
    known = sorted(lines("dated"), key=len, reverse=True)
    labels = "|".join(map(re.escape, known))
    words = r"[\W_]{0,4}(?:[^\s\d]{1,14}\s+){0,2}"
    return re.compile(rf"[\W_]*(?:{labels}){words}(?:{DATE.pattern})")


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
