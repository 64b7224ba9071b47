"""Which blocks of a page are the text of its release.

Two small models judge every block: the first by itself, the second with what the first says of its
surroundings. The body is the run of blocks that is worth most, without those inside it that are
not text of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from lxml import etree

from spiders.body.block_features import CREDIT, TAG_CODES, block_features
from spiders.body.context_features import LIKELY, best_run, context_features
from spiders.body.decision_trees import Matrix, load_trees
from spiders.body.layout_features import AT, NAMES
from spiders.body.newsletter_forms import newsletter_forms
from spiders.body.post_metadata import is_metadata, metadata_parts
from spiders.body.side_boxes import without_side_boxes
from spiders.body.text_blocks import BlockTree, Container, TextBlock
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.hidden import hidden_parts
from spiders.page.phrases import is_tail, letters

FULL_STOP: Final = re.compile(r"[.!?。！？।၊။។]\W*$")
"""The end of a sentence, before closing quotes."""

MIN_SENTENCE: Final = 6
"""Minimum letters of a sentence."""

KEPT: Final = 0.45
UNSURE: Final = 0.3
"""The probability that is enough for a block of the text, and where no block of a page has it."""

KEPT_IN_TABLE: Final = 0.2
"""The probability that is enough for a cell of a table that is kept."""

LEAD_WITHIN: Final = 12
"""Blocks before the body among which its lead paragraph is looked for."""

LEAD: Final = 40
"""Characters that a lead paragraph has at the least."""

WHOLE: Final = 2.0
"""What says in ``is_title`` that a block is the page's headline, not part of it."""

HEADINGS: Final = (TAG_CODES["h1"], TAG_CODES["h2"])
ENOUGH: Final = 80
"""Words below a headline from which they are a text of its own."""

LEFT: Final = 160
"""Characters that a body without its boxes has at the least."""

SAME_START: Final = 60
"""Characters at its beginning by which a paragraph is known again."""

SEVERAL, WHOLE_TEXT = 3, 600
"""Paragraphs that are said again, and characters of the block that says them, at the least."""


FEWEST_DAYS, MOST_DAYS = 28, 31
"""Days of a month."""

MAX_CELLS: Final = 80
"""Maximum cells of a month in weeks: days, names of weekdays, week numbers, days beside it."""

MAX_TEXTS: Final = 5
"""Maximum texts of a cell that is a day: the number, and blanks around it and its link."""

MAX_STEPS: Final = 40
"""Maximum starts and ends of elements in a cell that are read for its text."""


@dataclass(frozen=True, slots=True)
class MainContent:
    """The blocks that are the release's text, and the container that holds them all.

    ``rule`` names the method and ``confidence`` is 0 to 1. ``hidden`` are elements around the
    blocks that no eye sees; None where nobody looked for them yet.
    """

    container: Container
    kept: tuple[TextBlock, ...]
    rule: str
    confidence: float
    hidden: frozenset[etree._Element] | None = None


def find_main_content(seen: BlockTree, meta: EmbeddedMetadata) -> MainContent | None:
    """The main text of a surveyed page, or None where it has none."""
    if not seen.blocks:
        return None
    table = block_features(seen, meta)
    columns = table.columns
    words = columns[AT["spaces"]] + 1
    first = load_trees("blocks").probabilities(columns)
    beside = context_features(first, words, table)
    second = load_trees("surroundings").probabilities(np.concatenate([columns, beside]))
    # The caption of a picture inside a text is no gap in it, however long the caption is.
    captions = (columns[NAMES.index("figure:own")] > 0) & (second < LIKELY)
    low, high = best_run(np.where(captions, np.float32(LIKELY), second), words)
    low = after_title(columns, words, low, high)
    keep = [low + int(place) for place in np.flatnonzero(second[low:high] >= KEPT)]
    if not keep:
        keep = np.flatnonzero(second >= UNSURE).tolist()
    if not keep:
        return None
    keep += rest_of_tables(seen, keep, second)
    summary, since_title, size = (columns[AT[name]] for name in ("summary", "since_title", "size"))
    for place in range(max(0, min(keep) - LEAD_WITHIN), min(keep)):
        if summary[place] >= 1 and since_title[place] >= 0 and size[place] > LEAD:
            keep.append(place)
    keep = with_opening(seen, sorted(keep))
    keep = list(without_side_boxes(seen, outside_boxes(seen, keep)))
    keep = list(until_copy(seen.blocks, columns, keep))
    around = holder(tuple(seen.blocks[place] for place in keep), seen.top)
    within = around.element
    hidden = frozenset(hidden_parts(within))
    parts = hidden.union(metadata_parts(within), month_calendars(within))
    keep = list(outside(seen, keep, parts, least=0))
    kept = tuple(seen.blocks[place] for place in keep)
    weight = np.minimum(words[keep], 150)
    sure = float((second[keep] * weight).sum() / weight.sum())
    return MainContent(holder(kept, seen.top), kept, "blocks", round(sure, 3), hidden)


def after_title(columns: Matrix, words: Matrix, low: int, high: int) -> int:
    """The beginning of a run, after the page's headline where the first of it stands in the run.

    What stands before it, such as a list of other news, is of the same kind as what follows.
    """
    h1, h2 = (columns[AT["tag"]] == code for code in HEADINGS)
    titles = np.flatnonzero((columns[AT["is_title"]] == WHOLE) & (h1 | h2))
    if not len(titles) or not low < titles[0] < high or words[titles[0] : high].sum() < ENOUGH:
        return low
    return int(titles[0]) + 1


def with_opening(seen: BlockTree, keep: list[int]) -> list[int]:
    """The places with that of a short sentence right above the first paragraph, if any.

    "Merrow, 14 May. The lock is open." stands so below the headline, without a ``<p>`` of its own.
    """
    first = next((place for place in keep if len(seen.blocks[place].text) > LEAD), 0)
    if not first or first - 1 in keep:
        return keep
    block, below = seen.blocks[first - 1], seen.blocks[first]
    bare = block.container in {below.container, below.container.parent}
    sentence = FULL_STOP.search(block.text) and len(letters(block.text)) >= MIN_SENTENCE
    if block.links or not (bare and sentence):
        return keep
    labelled = block.text.partition(":")[0].casefold() in CREDIT or is_metadata(block.text)
    return keep if labelled or is_tail(block.text) else sorted([*keep, first - 1])


def outside_boxes(seen: BlockTree, keep: Sequence[int]) -> Sequence[int]:
    """The places that lie in no box for subscribers, unless that leaves hardly a body."""
    return outside(seen, keep, frozenset(newsletter_forms(seen.inputs)), least=LEFT)


def outside(
    seen: BlockTree, keep: Sequence[int], parts: frozenset[etree._Element], *, least: int
) -> Sequence[int]:
    """The places outside these elements if the blocks there have ``least`` characters or more."""
    if not parts:
        return keep
    inside: set[int] = set()
    end = 0
    for container in seen.containers:
        if container.element in parts and container.last > end:
            inside.update(range(max(container.first, end), container.last))
            end = container.last
    left = [place for place in keep if place not in inside]
    said = sum(len(seen.blocks[place].text) for place in left)
    return left if left and said >= least else keep


def until_copy(blocks: Sequence[TextBlock], columns: Matrix, keep: Sequence[int]) -> Sequence[int]:
    """The places up to a block that says once more what most before it said, or to its headline.

    Some pages carry their whole text a second time, in one block, for programs.
    """
    starts: list[str] = []
    for at, place in enumerate(keep):
        text = blocks[place].text
        if len(starts) >= SEVERAL and len(text) > WHOLE_TEXT:
            again = sum(start in text for start in starts)
            if again * 2 > len(starts):
                titled = (one for one in keep[SEVERAL:at] if columns[AT["is_title"], one] == WHOLE)
                end = next(titled, place)
                return [one for one in keep if one < end]
        if len(text) >= SAME_START:
            starts.append(text[:SAME_START])
    return keep


def rest_of_tables(seen: BlockTree, keep: Sequence[int], sure: Matrix) -> list[int]:
    """The places of unsure cells in tables of which other cells are kept.

    Without these cells, a small change elsewhere on the page could remove a row of figures from the
    text, and would be reported as an edit.
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
        if place not in kept and sure[place] >= KEPT_IN_TABLE and table_of[place] in kept_tables
    ]


def tables_around(containers: Sequence[Container]) -> list[int | None]:
    """The index of the innermost table around each container, or its own index, or None.

    A parent comes before its children.
    """
    found: list[int | None] = []
    for container in containers:
        above = found[container.parent.index] if container.parent else None
        found.append(container.index if container.tag == "table" else above)
    return found


def holder(kept: tuple[TextBlock, ...], top: Container) -> Container:
    """The innermost container that holds all of these blocks."""
    container: Container | None = kept[0].container
    last = kept[-1].order
    while container is not None and not (
        container.first <= kept[0].order and last < container.last
    ):
        container = container.parent
    return container or top


def month_calendars(root: etree._Element) -> list[etree._Element]:
    """The calendars in an element, which are no text: tables that count the days of a month."""
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
    """A table whose cells are counted: a month counts up from 1 to its last day."""

    cells: int = 0
    days: int = 0

    def add(self, cell: etree._Element) -> None:
        """Count a cell of the table itself, not of a table in it."""
        self.cells += 1
        if self.cells <= MAX_CELLS and cell_text(cell) == str(self.days + 1):
            self.days += 1

    @property
    def is_month(self) -> bool:
        """Whether all days of a month were counted, and little else is in the table."""
        return self.cells <= MAX_CELLS and FEWEST_DAYS <= self.days <= MOST_DAYS


def cell_text(cell: etree._Element) -> str:
    """The text at the beginning of a cell. A cell that holds much else has none."""
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
