"""Extract title, date and text of the page parts that may be releases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import DateReader, plausible, scan
from data.models import Published
from data.text.clean import clean_line
from spiders.page.html_tree import LEVEL_OF
from spiders.page.phrases import is_generic
from spiders.page_parts.part_candidates import PartCandidate

INLINE: Final = frozenset(
    [
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em"),
        *("font", "i", "ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span"),
        *("strong", "sub", "sup", "tt", "u", "var", "wbr"),
    ]
)
"""Tags of inline elements, which do not end a line of text."""

SKIPPED: Final = frozenset(
    ["script", "style", "template", "noscript", "svg", "select", "textarea", "iframe"]
)


MAX_CHARS: Final = 100_000
"""Number of characters at the start of a part that are split into lines."""

MIN_TEXT: Final = 40
"""Minimum length of a part's text, in characters."""

MAX_TITLE: Final = 300
"""Maximum length of a part's title, in characters."""

MIN_TITLE_LETTERS: Final = 4

HEADER_LINES: Final = 8
"""Number of lines in a part's header that are searched for its title and date."""

FIRST_LINES: Final = 4
"""Number of lines at the start of a part's text that are searched for its title and date."""

MAX_LABEL: Final = 40
"""Maximum length in characters of the other text in a line with a date."""

MAX_DATE_LINES: Final = 2
"""Maximum number of date lines in a part's text. A part with more is a list of releases."""

MAX_WEEKDAY: Final = 14
"""Maximum length in characters of the other text in a date heading, such as a weekday."""

MAX_HEADINGS: Final = 4_000
"""Maximum number of headings per page that are checked for a date."""

MAX_PIECES: Final = 30
"""Maximum number of text nodes in a date heading, and maximum number of elements searched for
headings per part."""

MAX_DATED: Final = 5_000
"""Maximum number of lines per page that are checked for a date."""

MAX_READ: Final = 300_000
"""Maximum total number of start and end tags that are read in the candidates of a page."""

WIDE_CHARACTER: Final = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Pattern of a character that counts as several Latin letters."""

EDGE_CHARACTERS: Final = " \t\xa0-–—|:·•,;/()[]+▼▾▸›»<>"
"""Characters stripped from a title if its line contains a date."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of text on a page.

    ``element`` is the element that contains its first text. ``linked`` is the number of its
    characters that are in links.
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


def page_lines(part: etree._Element, reader: LineReader) -> Iterator[PageLine]:
    """Yield the lines of an element in page order.

    Stops after MAX_CHARS characters, or when too many tags of the page were read.
    """
    texts: list[tuple[str, etree._Element, bool]] = []
    total = 0
    for text, element, is_linked in _texts(part, reader):
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
    part: etree._Element, reader: LineReader
) -> Iterator[tuple[str | None, etree._Element, bool]]:
    """Yield each text in an element with its parent element and whether it is in a link.

    None instead of a text marks the end of a line.
    """
    links = skipped = 0
    for event, element in etree.iterwalk(part, events=("start", "end")):
        reader.tags_left -= 1
        if reader.tags_left < 0:
            return
        step = -1 if event == "end" else 1
        links += step * (element.tag == "a")
        skipped += step * (element.tag in SKIPPED)
        if not skipped and element.tag not in INLINE:
            yield None, element, False
        text = element.text
        parent: etree._Element | None = element
        if event == "end":
            text = element.tail if element is not part else None
            parent = element.getparent()
        if parent is not None and not skipped and text and text.strip():
            yield text, parent, links > 0


def whole_text(element: etree._Element) -> str:
    """Return the whole text of an element as one line."""
    return clean_line(" ".join(map(str, element.itertext())))


@dataclass(frozen=True, slots=True)
class Rated:
    """A candidate with a title, a date and a text of ``length`` characters.

    ``heads`` contains the lines at the beginning of the text that are title or date.
    ``is_dated_above`` is true if the date comes from a heading above the part.
    """

    candidate: PartCandidate
    title: str
    published: Published
    heads: tuple[PageLine, ...]
    length: int
    is_dated_above: bool = False


class LineReader:
    """Finds the dates in lines of text. Checks at most MAX_DATED lines per page."""

    def __init__(self, context: DateContext, root: etree._Element) -> None:
        self._dates = DateReader(context)
        self._context = context
        self._left = MAX_DATED
        self._found: dict[tuple[str, str | None], tuple[Published, str] | None] = {}
        """Cache of the dates in texts, because a part may contain other parts."""
        self.tags_left = MAX_READ
        self._days = self._days_above(root)

    def _days_above(self, root: etree._Element) -> dict[etree._Element, Published]:
        """Map each heading below a date heading to the date in that date heading.

        Blogs may have one date heading per day.
        """
        found: dict[etree._Element, Published] = {}
        level, day = 0, None
        for heading in islice(root.iter(*LEVEL_OF), MAX_HEADINGS):
            own = LEVEL_OF[str(heading.tag)]
            text = _label_of(heading)
            stated = self.date(PageLine(text, heading)) if any(map(str.isdigit, text)) else None
            if stated and len(stated[1].strip(EDGE_CHARACTERS)) <= MAX_WEEKDAY:
                level, day = own, stated[0]
            elif own <= level:
                day = None
            elif day:
                found[heading] = day
        return found

    def day_above(self, candidate: PartCandidate) -> Published | None:
        """Return the date in the date heading above a candidate, or None."""
        if not self._days:
            return None
        header = candidate.header
        whole = candidate.parts[:1] if header is None else (header,)
        within = (one for part in whole for one in islice(part.iter(etree.Element), MAX_PIECES))
        return next((self._days[one] for one in within if one in self._days), None)

    def date(self, line: PageLine) -> tuple[Published, str] | None:
        """Return the date in a line and the line's text without the date, or None."""
        self._left -= 1
        if self._left < 0 or len(line.text) > MAX_TITLE:
            return None
        stated = line.element.get("datetime") if line.element.tag == "time" else None
        key = line.text, stated
        if key not in self._found:
            self._found[key] = self._date_in(line.text, stated)
        return self._found[key]

    def _date_in(self, text: str, stated: str | None) -> tuple[Published, str] | None:
        """Return the date in a text and the text without the date, or None.

        ``stated`` is the ``datetime`` attribute of the text's element, or None.
        """
        if stated and (found := self._dates.stated(stated, text, "section:time")):
            return (found, "") if plausible(found, self._context.now) else None
        dates = [*scan(text, self._context, "section")]
        for one in dates:
            if plausible(one.published, self._context.now):
                return one.published, f"{text[: one.start]} {text[one.end :]}"
        if not dates and len(text) <= MAX_LABEL and any(map(str.isdigit, text)):
            slow = self._dates.rare_date(text, "section")
            if slow and plausible(slow, self._context.now):
                return slow, ""
        return None


def _label_of(heading: etree._Element) -> str:
    """Return the text of a heading as one line, or "" if it is too long for a date heading."""
    pieces: list[str] = []
    for piece in map(str, islice(heading.itertext(), MAX_PIECES)):
        pieces.append(piece)
        if len(piece.strip()) > MAX_LABEL:
            return ""
    text = clean_line(" ".join(pieces))
    return text if len(pieces) < MAX_PIECES and len(text) <= MAX_LABEL else ""


def rated_of(candidates: Sequence[PartCandidate], reader: LineReader) -> list[Rated]:
    """Return the candidates that have a title, a date and a text.

    ``candidates`` have the same type of markup.
    """
    headers = [
        () if one.header is None else (*islice(page_lines(one.header, reader), HEADER_LINES),)
        for one in candidates
    ]
    counts = Counter(text for header in headers for text in {line.text for line in header})
    labels = frozenset(text for text, count in counts.items() if count > 1)
    rated = (
        _rated(one, header, labels, reader) for one, header in zip(candidates, headers, strict=True)
    )
    return [one for one in rated if one]


def _rated(
    candidate: PartCandidate,
    header: Sequence[PageLine],
    labels: frozenset[str],
    reader: LineReader,
) -> Rated | None:
    """Return a candidate with its title, date and text, or None if one of them is missing.

    ``header`` contains the lines of the candidate's header. ``labels`` contains texts that several
    headers share, such as those of buttons.
    """
    body = (line for part in candidate.parts for line in page_lines(part, reader))
    first = [*islice(body, FIRST_LINES + (0 if header else 2))]
    published, dated, rest = _dated(header, first, reader)
    above = reader.day_above(candidate) if published is None else None
    published = published or above
    if published is None:
        return None
    title, titled = _title(header, first, labels, dated, rest)
    if not title:
        return None
    heads = tuple(line for line in first if line in {dated, titled} or line.text == title)
    others = [line for line in (*first, *body) if line not in heads]
    length = sum(_length(line) for line in others)
    if length < MIN_TEXT or _lists_dates(others, reader):
        return None
    return Rated(candidate, title, published, heads, length, above is not None)


def _dated(
    header: Sequence[PageLine], first: Sequence[PageLine], reader: LineReader
) -> tuple[Published | None, PageLine | None, str]:
    """Return the date of a part, the line with the date, and that line's other text.

    ``header`` and ``first`` are the lines of the header and the first lines of the text. Without a
    date, the result is None, None and "".
    """
    for line in header:
        if found := reader.date(line):
            return found[0], line, found[1].strip(EDGE_CHARACTERS)
    for line in first:
        found = reader.date(line)
        if found and (line.heads or (not line.linked and len(found[1].strip()) <= MAX_LABEL)):
            return found[0], line, found[1].strip(EDGE_CHARACTERS)
    return None, None, ""


def _title(
    header: Sequence[PageLine],
    first: Sequence[PageLine],
    labels: frozenset[str],
    dated: PageLine | None,
    rest: str,
) -> tuple[str, PageLine | None]:
    """Return the title of a part and its line, or "" and None.

    A heading inside the text may belong to one of its sections. So a heading in the header, or the
    header's only line that is not a shared label, takes precedence.
    """
    titles = {}
    for line in (*header, *first):
        text = rest if line == dated else line.text.strip(EDGE_CHARACTERS)
        if _is_title(text):
            titles[line] = text
    own = [line for line in header if line in titles and line.text not in labels]
    above = takewhile(lambda line: line.heads or line == dated or _length(line) <= MAX_LABEL, first)
    ranked = (
        *(line for line in header if line.heads),
        *(own if len(own) == 1 else ()),
        *(line for line in above if line.heads),
        *own,
        *(line for line in first if line.heads),
        *header,
    )
    return next(((titles[line], line) for line in ranked if line in titles), ("", None))


def _is_title(text: str) -> bool:
    letters = sum(map(str.isalpha, text)) + len(WIDE_CHARACTER.findall(text))
    return letters >= MIN_TITLE_LETTERS and len(text) <= MAX_TITLE and not is_generic(text)


def _length(line: PageLine) -> int:
    """Return the number of characters in a line that are not in links.

    Wide characters (`WIDE_CHARACTER`) count as three.
    """
    return len(line.text) - line.linked + 2 * len(WIDE_CHARACTER.findall(line.text))


def _lists_dates(lines: Sequence[PageLine], reader: LineReader) -> bool:
    """Whether a part is a list of releases, because it has too many date lines or dated links."""
    count = 0
    for line in lines:
        if (line.linked or len(line.text) <= MAX_LABEL) and any(map(str.isdigit, line.text)):
            found = reader.date(line)
            alone = found and len(found[1].strip(EDGE_CHARACTERS)) <= MAX_LABEL // 4
            count += bool(alone or (found and line.linked * 2 > len(line.text) - MAX_LABEL))
        if count > MAX_DATE_LINES:
            return True
    return False
