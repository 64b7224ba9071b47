"""Select the text blocks of a page that are the body of its release.

Two small models rate each block. The first uses features of the block itself. The second also uses
the first model's probabilities for the surrounding blocks. The body is the best-rated run of
blocks, without the low-rated blocks inside.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from lxml import etree

from spiders.body.block_features import CREDIT_WORDS, TAG_CODES, block_features
from spiders.body.decision_trees import Matrix, load_trees
from spiders.body.frames import is_metadata, metadata_parts
from spiders.body.layout_features import (
    AT,
    MIN_LIKELY_PROBABILITY,
    NAMES,
    best_run,
    context_features,
)
from spiders.body.side_boxes import newsletter_forms, without_side_boxes, without_teasers
from spiders.body.text_blocks import (
    BlockTree,
    Container,
    TextBlock,
    count_words,
    holder,
    is_stopless_sentence,
)
from spiders.page.class_hints import hidden_parts
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.phrases import is_tail, letters

FULL_STOP: Final = re.compile(r"[.!?。！？।၊။។]\W*$")
"""Pattern that matches the end of a sentence, including closing quotes."""

MIN_SENTENCE: Final = 6
"""Minimum length of an opening sentence above the first paragraph, in letters."""

MIN_PROBABILITY: Final = 0.45
"""Minimum probability of a body block."""

MIN_UNSURE_PROBABILITY: Final = 0.3
"""Minimum probability of a body block on a page where no block reaches MIN_PROBABILITY."""

MIN_CELL_PROBABILITY: Final = 0.2
"""Minimum probability of a table cell that is kept because the body contains other cells of its
table."""

MAX_LEAD_DISTANCE: Final = 12
"""Maximum number of blocks above the body that are searched for a lead paragraph."""

MIN_LEAD_LENGTH: Final = 40
"""Minimum length of a lead paragraph, in characters."""

MIN_PARAGRAPH_WORDS: Final = 6
"""Minimum number of words in a paragraph in a script without spaces, such as Chinese."""

WHOLE_TITLE_VALUE: Final = 2.0
"""Value of the feature ``is_title`` for a block that contains the whole headline."""

HEADINGS: Final = (TAG_CODES["h1"], TAG_CODES["h2"])
MIN_COMPLETE_WORDS: Final = 80
"""Minimum number of words that must follow a headline inside the detected body. Otherwise, the body
does not begin after the headline."""

MIN_REMAINING_LENGTH: Final = 160
"""Minimum length in characters of the body that remains after newsletter boxes are removed."""

COMPARED_START_LENGTH: Final = 60
"""Two paragraphs count as copies if this many characters at their start are equal."""

MIN_PARAGRAPHS_BEFORE_COPY, MIN_COPY_LENGTH = 3, 600
"""Limits for recognizing a second copy of the text.

- ``MIN_PARAGRAPHS_BEFORE_COPY``: minimum number of paragraphs before the copy
- ``MIN_COPY_LENGTH``: minimum length of the copy, which is a single block, in characters"""


MIN_DAYS, MAX_DAYS = 28, 31
"""Minimum and maximum number of days in a month."""

MAX_CELLS: Final = 80
"""Maximum number of cells in a month calendar, including weekday names and week numbers."""

MAX_TEXTS: Final = 5
"""Maximum number of text nodes read from a calendar cell. Besides the day, a cell may contain
blanks."""

MAX_STEPS: Final = 40
"""Maximum number of start and end tags read from a calendar cell."""


@dataclass(frozen=True, slots=True)
class MainContent:
    """The blocks of a release's body (``kept``), and the innermost container around all of them.

    ``rule`` is the extraction rule, and ``confidence`` a value from 0 to 1. ``hidden`` contains the
    hidden elements in the container, or is None if they have not been searched yet.
    """

    container: Container
    kept: tuple[TextBlock, ...]
    rule: str
    confidence: float
    hidden: frozenset[etree._Element] | None = None


def find_main_content(seen: BlockTree, meta: EmbeddedMetadata) -> MainContent | None:
    """Find the body of the release on a segmented page. Returns None if no body is found."""
    if not seen.blocks:
        return None
    table = block_features(seen, meta)
    columns = table.columns
    words = columns[AT["spaces"]] + 1
    first = load_trees("blocks").probabilities(columns)
    beside = context_features(first, words, table)
    second = load_trees("surroundings").probabilities(np.concatenate([columns, beside]))
    # A caption inside the text does not interrupt the run, even if the caption is long.
    captions = (columns[NAMES.index("figure:own")] > 0) & (second < MIN_LIKELY_PROBABILITY)
    low, high = best_run(np.where(captions, np.float32(MIN_LIKELY_PROBABILITY), second), words)
    low = after_title(columns, words, low, high)
    keep = [low + int(place) for place in np.flatnonzero(second[low:high] >= MIN_PROBABILITY)]
    if not keep:
        keep = np.flatnonzero(second >= MIN_UNSURE_PROBABILITY).tolist()
    if not keep:
        return None
    keep += rest_of_tables(seen, keep, second)
    summary, since_title, size = (columns[AT[name]] for name in ("summary", "since_title", "size"))
    for place in range(max(0, min(keep) - MAX_LEAD_DISTANCE), min(keep)):
        if summary[place] >= 1 and since_title[place] >= 0 and size[place] > MIN_LEAD_LENGTH:
            keep.append(place)
    keep = with_opening(seen, sorted(keep))
    keep = list(without_side_boxes(seen, without_teasers(seen, outside_boxes(seen, keep))))
    keep = list(until_copy(seen.blocks, columns, keep))
    within = holder([seen.blocks[place] for place in keep]).element
    hidden = frozenset(hidden_parts(within))
    parts = hidden.union(metadata_parts(within), month_calendars(within))
    keep = list(outside(seen, keep, parts, least=0))
    kept = tuple(seen.blocks[place] for place in keep)
    weight = np.minimum(words[keep], 150)
    sure = float((second[keep] * weight).sum() / weight.sum())
    return MainContent(holder(kept), kept, "blocks", round(sure, 3), hidden)


def after_title(columns: Matrix, words: Matrix, low: int, high: int) -> int:
    """Return the position after the headline in a run of blocks, or ``low`` if it has none.

    The run extends from ``low`` to ``high``. Text before the headline, such as a list of other
    news, may look like body text. The headline counts only if enough words follow it.
    """
    h1, h2 = (columns[AT["tag"]] == code for code in HEADINGS)
    titles = np.flatnonzero((columns[AT["is_title"]] == WHOLE_TITLE_VALUE) & (h1 | h2))
    if (
        not len(titles)
        or not low < titles[0] < high
        or words[titles[0] : high].sum() < MIN_COMPLETE_WORDS
    ):
        return low
    return int(titles[0]) + 1


def with_opening(seen: BlockTree, keep: list[int]) -> list[int]:
    """Add the position of a short sentence directly above the first paragraph to ``keep``.

    For example, "Merrow, 14 May. The lock is open." may follow the headline without a ``<p>``. No
    other blocks are added.
    """
    long = (place for place in keep if is_paragraph(seen.blocks[place].text))
    first = next(long, keep[0])
    if not first or first - 1 in keep:
        return keep
    block, below = seen.blocks[first - 1], seen.blocks[first]
    bare = block.container in {below.container, below.container.parent}
    sentence = FULL_STOP.search(block.text) or is_stopless_sentence(block.text)
    if block.links or not (bare and sentence and len(letters(block.text)) >= MIN_SENTENCE):
        return keep
    labelled = block.text.partition(":")[0].casefold() in CREDIT_WORDS or is_metadata(block.text)
    return keep if labelled or is_tail(block.text) else sorted([*keep, first - 1])


def is_paragraph(text: str) -> bool:
    """Whether a text is as long as a paragraph, in scripts with or without spaces."""
    return len(text) > MIN_LEAD_LENGTH or (
        not text.isascii() and count_words(text) - len(text.split()) >= MIN_PARAGRAPH_WORDS
    )


def outside_boxes(seen: BlockTree, keep: Sequence[int]) -> Sequence[int]:
    """Return the positions in ``keep`` whose blocks are outside newsletter boxes.

    Returns all positions if too little text would remain.
    """
    return outside(seen, keep, frozenset(newsletter_forms(seen.inputs)), least=MIN_REMAINING_LENGTH)


def outside(
    seen: BlockTree, keep: Sequence[int], parts: frozenset[etree._Element], *, least: int
) -> Sequence[int]:
    """Return the positions in ``keep`` whose blocks are outside the elements in ``parts``.

    Returns all positions if fewer than ``least`` characters would remain.
    """
    if not parts:
        return keep
    inside: set[int] = set()
    end = 0
    for container in seen.containers:
        if container.element in parts and container.last > end:
            inside.update(range(max(container.first, end), container.last))
            end = container.last
    left = [place for place in keep if place not in inside]
    characters = sum(len(seen.blocks[place].text) for place in left)
    return left if left and characters >= least else keep


def until_copy(blocks: Sequence[TextBlock], columns: Matrix, keep: Sequence[int]) -> Sequence[int]:
    """Return the positions in ``keep`` before a second copy of the text.

    Some pages repeat their whole text in one block, for programs. The copy begins with the
    headline, or else with the block that repeats the most earlier paragraphs.
    """
    starts: list[str] = []
    for at, place in enumerate(keep):
        text = blocks[place].text
        if len(starts) >= MIN_PARAGRAPHS_BEFORE_COPY and len(text) > MIN_COPY_LENGTH:
            again = sum(start in text for start in starts)
            if again * 2 > len(starts):
                titled = (
                    one
                    for one in keep[MIN_PARAGRAPHS_BEFORE_COPY:at]
                    if columns[AT["is_title"], one] == WHOLE_TITLE_VALUE
                )
                end = next(titled, place)
                return [one for one in keep if one < end]
        if len(text) >= COMPARED_START_LENGTH:
            starts.append(text[:COMPARED_START_LENGTH])
    return keep


def rest_of_tables(seen: BlockTree, keep: Sequence[int], sure: Matrix) -> list[int]:
    """Return the positions of table cells to keep although their probability is low.

    The body contains other cells of their tables. Without this rule, a small change elsewhere on
    the page could remove a table row from the text and be reported as an edit.
    """
    if not any(container.tag == "table" for container in seen.containers):
        return []
    kept = set(keep)
    tables = tables_around(seen.containers)
    table_of = [tables[block.container.index] for block in seen.blocks]
    kept_tables = {table_of[place] for place in keep} - {None}
    return [
        place
        for place in range(min(keep), max(keep))
        if place not in kept
        and sure[place] >= MIN_CELL_PROBABILITY
        and table_of[place] in kept_tables
    ]


def tables_around(containers: Sequence[Container]) -> list[int | None]:
    """Return the index of the innermost table around each container, or None outside tables.

    For a table, this is the table itself. Parents must come before their children.
    """
    found: list[int | None] = []
    for container in containers:
        above = found[container.parent.index] if container.parent else None
        found.append(container.index if container.tag == "table" else above)
    return found


def month_calendars(root: etree._Element) -> list[etree._Element]:
    """Return the month calendars in an element: tables whose cells are the days of a month."""
    found = []
    open_tables: list[CountedTable] = []
    walker = etree.iterwalk(root, events=("start", "end"), tag=("table", "td", "th"))
    for event, element in walker:
        if element.tag == "table":
            if event == "start":
                open_tables.append(CountedTable())
            elif open_tables.pop().is_month:
                found.append(element)
        elif event == "start" and open_tables:
            open_tables[-1].add(element)
    return found


@dataclass(slots=True)
class CountedTable:
    """Counts a table's cells and the consecutive days in them, to recognize month calendars."""

    cells: int = 0
    days: int = 0

    def add(self, cell: etree._Element) -> None:
        """Count a cell. The cells of nested tables are counted separately."""
        self.cells += 1
        if self.cells <= MAX_CELLS and cell_text(cell) == str(self.days + 1):
            self.days += 1

    @property
    def is_month(self) -> bool:
        """Whether the table contains all days of a month and little else."""
        return self.cells <= MAX_CELLS and MIN_DAYS <= self.days <= MAX_DAYS


def cell_text(cell: etree._Element) -> str:
    """Return the text of a calendar cell.

    At most MAX_TEXTS text nodes and MAX_STEPS tags are read.
    """
    if not len(cell):
        return (cell.text or "").strip()
    parts: list[str] = []
    for event, element in islice(etree.iterwalk(cell, events=("start", "end")), MAX_STEPS):
        text = element.text if event == "start" else element.tail if element is not cell else ""
        if text:
            parts.append(text)
        if len(parts) == MAX_TEXTS:
            break
    return "".join(parts).strip()
