"""Find the headline of a page without headings: a bold or large line, or a line above a date."""

import re
from collections.abc import Iterator
from itertools import groupby, islice, takewhile
from statistics import median
from typing import Final

from lxml import etree

from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.class_hints import class_and_id
from spiders.page.phrases import comparison_key, is_label
from spiders.release.headline_text import (
    is_credit_line,
    is_dated_line,
    is_no_headline,
    latin_lengths,
)

BIG_TAGS: Final = frozenset(("b", "strong", "big", "center", "u"))
HEADLINE_CLASS: Final = re.compile(
    r"(?:^|[\s_-]|lbl|txt)(?:tit(?:le|el|re|ol|ul|lu)|tit(?![a-z])|tytul|nadpis|naslov|zagolov|"
    r"baslik|basliq|judul|biaoti|midashi|jemok|tieu-?de|onvan)(?!\w*sez)",
    re.IGNORECASE,
)
"""Pattern of class names and ids of headlines in many languages."""

MIN_HEADLINE_LENGTH, MAX_HEADLINE_LENGTH = 12, 300
"""Minimum and maximum length of a headline, in Latin letters."""

MAX_SENTENCE_LENGTH: Final = 120
"""Maximum length of a headline that ends with a full stop, in Latin letters. Longer lines are lead
paragraphs."""

FULL_STOP: Final = re.compile(r"[.!?。！？।၊။។]\W*$")
MAX_BLOCKS_ABOVE, MAX_BLOCKS_WITHIN, MAX_EMPHASIS_LEVELS = 3, 2, 4
"""Limits of the search for a headline.

- `MAX_BLOCKS_ABOVE`: maximum number of blocks checked above the text
- `MAX_BLOCKS_WITHIN`: maximum number of blocks checked at the start of the text
- `MAX_EMPHASIS_LEVELS`: maximum number of elements around a word that are checked for emphasis"""

MIN_SAME_TITLE_SIMILARITY: Final = 0.5
"""Minimum similarity (Dice's coefficient of letter pairs) between a headline and the title in the
page's metadata for both to be the same title."""

SIZED: Final = re.compile(
    r"font(?:-size)?\s*:[^;]{0,60}?(?<![\d.])(\d{1,3}(?:\.\d{1,3})?)(px|pt|r?em|%)", re.IGNORECASE
)
NAMED_FONT_SIZE: Final = re.compile(
    r"font(?:-size)?\s*:[^;]{0,60}?\b(medium|(?:x{1,2}-)?large|larger)", re.IGNORECASE
)
PIXELS: Final = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "%": 0.16}
NAMED_PIXELS: Final = {"medium": 16.0, "large": 18.0, "larger": 19.0, "x-large": 24.0}
FONT_PIXELS: Final = (10.0, 13.0, 16.0, 18.0, 24.0, 32.0, 48.0)
"""Font sizes in pixels for ``<font size>`` 1 to 7 (HTML, 15.3.1)."""

USUAL_PIXELS, MIN_SIZE_RATIO = 16.0, 1.1
"""Default font size in pixels, and minimum ratio of a headline's font size to the text's."""

MEASURED_BLOCKS, MIN_MEASURED_LENGTH = 6, 60
"""Limits for measuring the usual font size of a text.

- `MEASURED_BLOCKS`: number of blocks at the start of the text that are measured
- `MIN_MEASURED_LENGTH`: minimum length of a measured block, in Latin letters"""

MAX_DIGITS: Final = 3
"""Maximum length of the ``size`` attribute of ``<font>``, in characters."""


def emphasized(seen: BlockTree, start: int, named: str) -> tuple[str, TextBlock] | None:
    """Return the bold or large headline near the block number ``start``, and its block.

    The nearest block above ``start`` is checked first, then the first blocks of the text. If no
    text is emphasized, a line directly above a credit line or between a date and the text is the
    headline. It may be only a part of its block. Blocks with links are skipped. ``named`` is the
    title in the page's metadata. Returns None if no headline is found, or if it nearly equals
    ``named``.
    """
    blocks = [*just_above(seen, start), *seen.blocks[start : start + MAX_BLOCKS_WITHIN]]
    usual = usual_pixels(seen, start)
    found = next(filter(None, (large_part(block, usual, named) for block in blocks)), None)
    if found is None:
        above = (one for one in blocks if is_above_credit(one, seen) or is_below_day(one, seen))
        found = next(((block.text, block) for block in above if may_be_headline(block.text)), None)
    return None if found is None or alike(found[0], named) else found


def large_part(block: TextBlock, usual: float, named: str) -> tuple[str, TextBlock] | None:
    """Return a block's longest emphasized text that could be a headline, and the block, or None.

    ``usual`` is the usual font size in pixels. ``named`` is the title in the page's metadata.
    """
    parts = [] if block.links else [*large_parts(block, usual)]
    headlines = [text for text in parts if may_be_headline(text)]
    headlines = [text for text in headlines if comparison_key(text) != comparison_key(named)]
    return (max(headlines, key=len), block) if headlines else None


def is_above_credit(block: TextBlock, seen: BlockTree) -> bool:
    """Whether a block without links is followed by a credit line or a line with a date."""
    below = seen.blocks[block.order + 1 : block.order + 2]
    return not block.links and any(
        is_credit_line(line.text) or is_dated_line(line.text) for line in below
    )


def is_below_day(block: TextBlock, seen: BlockTree) -> bool:
    """Whether a block is a line between a date line and a longer text in the same element."""
    if not block.order or block.links or FULL_STOP.search(block.text):
        return False
    around = seen.blocks[block.order - 1 : block.order + 2]
    if len(around) < MAX_BLOCKS_ABOVE or not is_dated_line(around[0].text):
        return False
    is_shorter = latin_lengths(block.text)[0] * 2 <= latin_lengths(around[2].text)[0]
    return is_shorter and all(one.container is block.container for one in around)


def may_be_headline(text: str) -> bool:
    """Whether a line has the length of a headline and is not a label, credit line or lead."""
    size = latin_lengths(text)[0]
    if not MIN_HEADLINE_LENGTH <= size <= MAX_HEADLINE_LENGTH or (
        size > MAX_SENTENCE_LENGTH and FULL_STOP.search(text)
    ):
        return False
    return not is_no_headline(text) and not is_label(text)


def just_above(seen: BlockTree, start: int) -> list[TextBlock]:
    """Return up to three blocks above the block number ``start``, nearest first.

    Stops at a block that is mainly links, such as a menu.
    """
    above = reversed(seen.blocks[max(0, start - MAX_BLOCKS_ABOVE) : start])
    return list(takewhile(lambda block: block.links * 2 <= len(block.text), above))


def large_parts(block: TextBlock, usual: float) -> Iterator[str]:
    """Yield the parts of a block's text that are emphasized or larger than ``usual`` pixels."""
    texts = (
        (element, tail, element.tail if tail else element.text) for element, tail in block.pieces
    )
    placed = (
        (stands_out(element.getparent() if tail else element, usual), text)
        for element, tail, text in texts
    )
    for large, pieces in groupby(placed, key=lambda piece: piece[0]):
        if large:
            yield " ".join(" ".join(text or "" for _, text in pieces).split())


def stands_out(element: etree._Element | None, usual: float) -> bool:
    """Whether an element or a near ancestor is emphasized or larger than ``usual`` pixels."""
    pixels = None
    within = True
    for _ in range(MAX_EMPHASIS_LEVELS):
        if element is None or element.tag in {"body", "table"}:
            break
        if pixels is None:
            pixels = stated_pixels(element)
            if pixels is not None and pixels > usual * MIN_SIZE_RATIO:
                return True
        if within and (element.tag in BIG_TAGS or HEADLINE_CLASS.search(class_and_id(element))):
            return True
        within = within and element.tag not in {"p", "td"}
        element = element.getparent()
    return False


def stated_pixels(element: etree._Element) -> float | None:
    """Return the font size in an element's ``style`` or ``<font size>`` in pixels, or None."""
    style = element.get("style")
    if style and "font" in style.lower():
        if match := SIZED.search(style):
            return float(match[1]) * PIXELS[match[2].lower()]
        if match := NAMED_FONT_SIZE.search(style):
            return NAMED_PIXELS.get(match[1].lower(), FONT_PIXELS[-2])
    if element.tag == "font" and (size := (element.get("size") or "").strip()):
        relative = size[0] in "+-"
        number = int(size) if size.lstrip("+-").isdecimal() and len(size) <= MAX_DIGITS else 0
        if relative or number:
            at = number + 3 if relative else number
            return FONT_PIXELS[min(max(at, 1), len(FONT_PIXELS)) - 1]
    return None


def usual_pixels(seen: BlockTree, start: int) -> float:
    """Return the median font size, in pixels, of the first paragraphs from block ``start`` on."""
    found = []
    for block in islice(seen.blocks, start, start + MEASURED_BLOCKS):
        if latin_lengths(block.text)[0] < MIN_MEASURED_LENGTH:
            continue
        element: etree._Element | None = block.pieces[0][0]
        if block.pieces[0][1] and element is not None:
            element = element.getparent()
        for _ in range(MAX_EMPHASIS_LEVELS):
            pixels = stated_pixels(element) if element is not None else None
            if element is None or pixels is not None or element.tag in {"body", "table"}:
                break
            element = element.getparent()
        found.append(pixels or USUAL_PIXELS)
    return median(found) if found else USUAL_PIXELS


def alike(one: str, other: str) -> bool:
    """Whether two titles are nearly equal, judging by the letter pairs they share.

    The measure is Dice's coefficient (L. R. Dice, 1945).
    """
    pairs = [
        {key[at : at + 2] for at in range(len(key) - 1)}
        for key in map(comparison_key, (one, other))
    ]
    return 2 * len(pairs[0] & pairs[1]) > MIN_SAME_TITLE_SIMILARITY * (
        len(pairs[0]) + len(pairs[1])
    )
