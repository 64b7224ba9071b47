"""Remove other content from both ends of a body: headline, date line, counters, buttons."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import find_dates
from data.models import Published
from spiders.body.frames import Footers, is_metadata
from spiders.body.text_blocks import TextBlock
from spiders.page.date_labels import is_of_change
from spiders.page.media_files import OFFICE, leads_to_file
from spiders.page.phrases import comparison_key, is_tail, letters, phrases

HEADLINE_BLOCKS: Final = 8
"""Number of blocks at the top of a body that are checked for a repeated headline."""

MAX_EDGE_LINE_LENGTH: Final = 160
"""Maximum length in characters of a date line, button bar, note or repeated headline."""

MAX_LENGTH_BESIDE_FILE: Final = 40
"""Maximum number of characters beside the link in a line that only links to a file, such as its
type and size."""

MAX_LETTERS_BESIDE_TITLE: Final = 60
"""Maximum number of other letters in the line of a repeated headline, such as a section or a date.
"""

MAX_DATE_LINE_LENGTH: Final = 90
"""Maximum length of a line that contains little more than a date, in characters."""

MAX_LETTERS_BESIDE_DATE: Final = 14
"""Maximum number of letters beside the date in a date line, such as "Published" or a weekday."""

MIN_MAIN_ROW_SHARE: Final = 0.6
"""Minimum share of a body's text in one row of a layout table for the row to be the release's text.
"""

MIN_SHARE_BEFORE_TAIL: Final = 0.5
"""Minimum share of a body's text that must precede a line such as "Other news". Otherwise, the line
does not end the body."""

FILE_KIND: Final = re.compile(rf"\b(?:{OFFICE}|zip)\b", re.IGNORECASE)
"""Pattern of a file type in a line with a link to a file."""

DATE_LINE_BLOCKS: Final = 3
"""Number of blocks at the top of a body that are checked for a date line."""

SENTENCE: Final = re.compile(r"[^\W\d]{4}[.!?。！？।]\s*$|[,،，、]\s*$")
"""Pattern of the end of a sentence or clause, but not of an abbreviation."""

FULL_STOP: Final = re.compile(r"[.!?。！？।]\W*$")
"""Pattern that matches the end of a sentence, including closing quotes."""

WORD: Final = re.compile(r"[^\W\d]+")

MAX_DATE_SENTENCE_WORDS: Final = 8
"""Maximum number of words in a date line that ends with a full stop ("Bulletin No. 7 of 10 March
2026.")."""

MAX_CAPTION_LENGTH: Final = 300
"""Maximum length of a caption, in characters."""

CAPTION_CLASS: Final = re.compile(
    r"(?:^|[\s_-])(?:caption|captiontext|imgcaption|legend|legende|bildunterschrift|bildtext|"
    r"pie-?de-?foto|img-?desc)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Pattern that matches the classes of captions. A caption belongs to its image, not to the body."""

EDITOR_WORDS: Final = re.compile("责任编辑|責任編輯|网站标识码|版权所有|版權所有|©")
"""Pattern of Chinese words and signs before the editor or copyright holder of a page."""

DIGIT: Final = re.compile(r"\d|[年日]")


def trim_edges(
    kept: Sequence[TextBlock],
    headline: str,
    order: int | None,
    context: DateContext,
    published: Published | None = None,
) -> tuple[TextBlock, ...]:
    """Remove blocks that are not text of the release from both ends of a body.

    ``kept`` contains the body's blocks. ``headline`` is the title of the release, and ``order`` the
    number of its block or None. A line above the text with the date ``published`` counts as a date
    line. Returns all blocks if none would remain.
    """
    low = after_labels(kept, after_headline(kept, headline, order))
    high = tail_start(kept, low)
    for place in range(low, min(low + DATE_LINE_BLOCKS, high - 1)):
        if is_edge(kept[place], context) or says_when(kept[place].text, context, published):
            low = place + 1
    footers = Footers()
    while high > low + 1 and (
        is_end(kept[high - 1], context)
        or (
            footers.has(kept[high - 1].container.element)
            and not footers.has(kept[low].container.element)
        )
    ):
        high -= 1
    inner = [block for block in kept[low:high] if not (names_another(block) or is_caption(block))]
    return tuple(inner) or tuple(kept)


def without_beside(blocks: Sequence[TextBlock], headline: str) -> tuple[TextBlock, ...]:
    """Remove headline, buttons and trailing content from a body selected by a source file.

    Other blocks at its ends are kept, because a person selected them. Returns all blocks if none
    would remain.
    """
    low = after_headline(blocks, headline, None)
    inner = blocks[low : tail_start(blocks, low)]
    return tuple(block for block in inner if not is_bar(block.text)) or tuple(blocks)


def after_headline(kept: Sequence[TextBlock], headline: str, order: int | None) -> int:
    """Return the position after a repeated headline at the top of a body, or 0 if there is none."""
    low = 0
    key = comparison_key(headline)
    for place, block in enumerate(kept[:HEADLINE_BLOCKS]):
        if len(block.text) > max(MAX_EDGE_LINE_LENGTH, len(headline) + 20):
            break
        block_key = comparison_key(block.text)
        headed = block.container.tag == "h1" and place + 1 < len(kept)
        if (
            block.order == order
            or headed
            or (
                key
                and key in block_key
                and len(block_key) < len(key) + MAX_LETTERS_BESIDE_TITLE
                and not says_more(block.text, headline)
            )
        ):
            low = place + 1
    return low


def says_more(text: str, headline: str) -> bool:
    """Whether a line that contains the headline is a sentence with further information."""
    ended = FULL_STOP.search(text)
    if not ended:
        return False
    text_key, key = comparison_key(text), comparison_key(headline)
    if not text_key.endswith(key):
        long = len(text_key) - len(key) > MAX_LETTERS_BESIDE_DATE
        return long or SENTENCE.search(text[: ended.start() + 1]) is not None
    if FULL_STOP.search(headline):
        return False
    # A section or number before the headline is separated from it by more than a comma.
    before = text.casefold().rpartition(headline.casefold())[0].rstrip()
    return before[-1:].isalpha() or before.endswith((",", "،", "、"))


def after_labels(kept: Sequence[TextBlock], low: int) -> int:
    """Return the position after the labelled rows at the top of a layout table, or ``low``.

    In such a table, one row has most of the text. The rows above it contain office, date, view
    count and files.
    """
    first = row_of(kept[low]) if low < len(kept) else None
    if first is None or next(first.iterchildren("th"), None) is None:
        return low
    rows = [row_of(block) for block in kept[low:]]
    sizes = [len(block.text) for block in kept[low:]]
    by_row = {row: 0 for row in rows if row is not None}
    for row, size in zip(rows, sizes, strict=True):
        if row is not None:
            by_row[row] += size
    text = max(by_row, key=by_row.__getitem__)
    if by_row[text] < MIN_MAIN_ROW_SHARE * sum(sizes):
        return low
    for place, (row, block) in enumerate(zip(rows, kept[low:], strict=True), low):
        labelled = row is not None and next(row.iterchildren("th"), None) is not None
        same = row is not None and row.getparent() is text.getparent()
        if not (labelled and same) or (row is text and block.container.element.tag != "th"):
            return place
    return low


def row_of(block: TextBlock) -> etree._Element | None:
    """Return the table row around a block, or None."""
    element = block.container.element
    return element if element.tag == "tr" else next(element.iterancestors("tr"), None)


def tail_start(kept: Sequence[TextBlock], low: int) -> int:
    """Return the position of the line that introduces other content after the body.

    Returns the number of blocks if no line does.
    """
    sizes = [len(block.text) for block in kept]
    total, before = sum(sizes[low:]), 0
    for place in range(low, len(kept)):
        if before > total * MIN_SHARE_BEFORE_TAIL and is_tail(kept[place].text):
            return place
        before += sizes[place]
    return len(kept)


def is_edge(block: TextBlock, context: DateContext) -> bool:
    """Whether a block at an end of the body is a date line, a button bar or post metadata."""
    if is_metadata(block.text):
        return True
    return len(block.text) <= MAX_EDGE_LINE_LENGTH and (
        is_date_line(block.text, context) or is_bar(block.text)
    )


def is_end(block: TextBlock, context: DateContext) -> bool:
    """Whether a block at the end of a body is not text of the release.

    Such a block is a date line, a button bar, post metadata, a file, a note or the heading of other
    content.
    """
    return (
        is_edge(block, context)
        or is_tail(block.text)
        or is_file(block)
        or is_note(block.text, context)
    )


def is_caption(block: TextBlock) -> bool:
    """Whether a block has the class of a caption and is near an image."""
    element = block.container.element
    if len(block.text) > MAX_CAPTION_LENGTH or not CAPTION_CLASS.search(block.container.name):
        return False
    cell = element.tag in {"td", "th"}
    holder = next(element.iterancestors("table"), None) if cell else element.getparent()
    return holder is not None and next(holder.iter("img"), None) is not None


def names_another(block: TextBlock) -> bool:
    """Whether a line inside the text only links to another release, such as "Read also: …"."""
    before, colon, _ = block.text.partition(":")
    return bool(colon and block.links * 2 > len(block.text) and is_tail(before))


def is_note(text: str, context: DateContext) -> bool:
    """Whether a line below the text is a note about the last change or the page's editor."""
    if len(text) > MAX_EDGE_LINE_LENGTH or SENTENCE.search(text):
        return False
    if EDITOR_WORDS.search(text):
        return True
    # Few lines have a digit. The label check is the slowest of the three checks.
    return bool(DIGIT.search(text) and is_of_change(text) and find_dates(text, context, "end"))


def says_when(text: str, context: DateContext, published: Published | None) -> bool:
    """Whether a line above the text contains the publication date and is not a sentence.

    It may also contain a number, an office, an author or a counter.
    """
    if (
        published is None
        or len(text) > MAX_EDGE_LINE_LENGTH
        or SENTENCE.search(text)
        or not DIGIT.search(text)
    ):
        return False
    if FULL_STOP.search(text) and len(WORD.findall(text)) > MAX_DATE_SENTENCE_WORDS:
        return False  # a sentence that ends with the publication date
    found = find_dates(text, context, "line")
    return len(found) == 1 and found[0].day == published.day


def is_file(block: TextBlock) -> bool:
    """Whether a block is mainly a link to a file. Files are not part of the body."""
    if not block.anchors or len(block.text) - block.links > MAX_LENGTH_BESIDE_FILE:
        return False
    if SENTENCE.search(block.text) and block.links * 2 < len(block.text):
        return False
    if FILE_KIND.search(block.text):
        return True
    links = (element if element.tag == "a" else element.getparent() for element, _ in block.pieces)
    return any(
        link is not None and link.tag == "a" and leads_to_file(link.get("href") or "")
        for link in links
    )


def is_date_line(text: str, context: DateContext) -> bool:
    """Whether a line contains a date and little more."""
    is_short = len(text) <= MAX_DATE_LINE_LENGTH
    return is_short and bool(days_of_line(text, context, MAX_LETTERS_BESIDE_DATE))


def days_of_line(text: str, context: DateContext, most: int) -> frozenset[dt.date]:
    """Return the days in a line, or nothing if it has more than ``most`` letters beside them."""
    found = find_dates(text, context, "line") if DIGIT.search(text) else ()
    rest = text
    for date in found:
        rest = rest.replace(date.raw, " ")
    is_date_line = found and len(letters(rest)) <= most
    return frozenset(date.day for date in found) if is_date_line else frozenset()


def is_bar(text: str) -> bool:
    """Whether a line consists only of the names of buttons and counters."""
    line = letters(text) if len(text) <= MAX_EDGE_LINE_LENGTH else ""
    buttons = _buttons()
    if not any(map(line.startswith, buttons.get(line[:1], ()))):
        return False
    reached = {0}
    for start, letter in enumerate(line):
        if start in reached:
            names = buttons.get(letter, ())
            reached.update(start + len(name) for name in names if line.startswith(name, start))
    return len(line) in reached


@cache
def _buttons() -> Mapping[str, Sequence[str]]:
    """Return the names of buttons and counters, grouped by their first letter."""
    found: dict[str, list[str]] = {}
    for name in phrases("share") | phrases("tools"):
        found.setdefault(name[0], []).append(name)
    return found
