"""Takes off a body what stands at its edges: headline, date line, counters and buttons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from data.dates import Reading, find_dates
from spiders.frames import Block
from spiders.media import FILE, path_of
from spiders.phrases import is_tail, letters, phrases, squash

AT_TOP: Final = 8
"""Blocks at the top of a body among which its headline may stand again."""

SHORT: Final = 160
BESIDE_FILE: Final = 40
"""Characters beside the link in a line that is still only a file: its kind and size."""

BESIDE_TITLE: Final = 60
"""Letters beside the headline in a line that is still only the headline: section, date."""

DATE_LINE: Final = 90
BESIDE_DATE: Final = 14
"""Letters beside the date in a line that is still a date line: "Published", a weekday."""

TAIL_FROM: Final = 0.5
"""The share of a body's text after which a line such as "Other news" ends it."""

FILE_KIND: Final = re.compile(r"\b(?:pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|zip)\b", re.IGNORECASE)
DIGIT: Final = re.compile(r"\d|[年日]")


def trim(
    kept: Sequence[Block], headline: str, order: int | None, reading: Reading
) -> tuple[Block, ...]:
    """The blocks of a body without those at its edges that are not its text.

    ``headline`` is the release's title and ``order`` the number of its block, if it has one. Never
    empties a body.
    """
    low, high = 0, len(kept)
    key = squash(headline)
    for place, block in enumerate(kept[:AT_TOP]):
        if len(block.text) > max(SHORT, len(headline) + 20):
            break
        said = squash(block.text)
        if block.order == order or (key and key in said and len(said) < len(key) + BESIDE_TITLE):
            low = place + 1
    high = tail_start(kept, low)
    while low < high - 1 and is_edge(kept[low], reading):
        low += 1
    while high > low + 1 and is_end(kept[high - 1], reading):
        high -= 1
    return tuple(kept[low:high]) or tuple(kept)


def tail_start(kept: Sequence[Block], low: int) -> int:
    """The place of the line that announces other things after the body, or the end."""
    sizes = [len(block.text) for block in kept]
    total, before = sum(sizes[low:]), 0
    for place in range(low, len(kept)):
        if before > total * TAIL_FROM and is_tail(kept[place].text):
            return place
        before += sizes[place]
    return len(kept)


def is_edge(block: Block, reading: Reading) -> bool:
    """Whether a block at the top is a date line or a bar of buttons."""
    return len(block.text) <= SHORT and (is_date_line(block.text, reading) or is_bar(block.text))


def is_end(block: Block, reading: Reading) -> bool:
    """Whether a block at the end is a date line, a bar of buttons, or announces something else."""
    return is_edge(block, reading) or is_tail(block.text) or is_file(block)


def is_file(block: Block) -> bool:
    """Whether a block is a link to a file and little else; files are listed beside the body."""
    if not block.anchors or len(block.text) - block.links > BESIDE_FILE:
        return False
    if FILE_KIND.search(block.text):
        return True
    links = (element if element.tag == "a" else element.getparent() for element, _ in block.pieces)
    return any(
        link is not None and link.tag == "a" and FILE.search(path_of(link.get("href") or ""))
        for link in links
    )


def is_date_line(text: str, reading: Reading) -> bool:
    """Whether a line says little but a date."""
    if len(text) > DATE_LINE or not DIGIT.search(text):
        return False
    found = find_dates(text, reading, "line")
    if not found:
        return False
    rest = text
    for date in found:
        rest = rest.replace(date.raw, " ")
    return len(letters(rest)) <= BESIDE_DATE


def is_bar(text: str) -> bool:
    """Whether a line is made of buttons and counters only."""
    line = letters(text)
    if not 0 < len(line) <= SHORT or len(text) > SHORT:
        return False
    known = phrases("share") | phrases("tools")
    reached = {0}
    for end in range(1, len(line) + 1):
        if any(line[start:end] in known for start in reached):
            reached.add(end)
    return len(line) in reached
