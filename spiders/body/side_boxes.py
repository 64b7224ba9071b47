"""Boxes beside a text that the models keep as text: related news without links, counters, weather.

A box is known by its heading alone: a line of phrases.toml, as a whole line. What belongs to it is
the element that the heading begins, else the short lines below the heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final

from spiders.body.text_blocks import BlockTree, Container
from spiders.page.class_hints import BIT
from spiders.page.html_tree import LEVEL_OF
from spiders.page.phrases import is_related, is_widget

MAX_SHARE, MAX_WIDGET_SHARE = 0.6, 0.25
"""The share of a kept text up to which an element may be a box beside it, and a widget."""

MAX_LINE: Final = 250
"""Maximum characters of a line below the heading of a box, if no element holds the box."""

ABOVE: Final = 3
"""Blocks above a kept text in which the heading of its first lines may be."""

TITLED: Final = BIT["title"]


def without_side_boxes(seen: BlockTree, keep: Sequence[int]) -> Sequence[int]:
    """The places of kept blocks without boxes of related news, and without widgets above the text.

    Sections of a text may be called as widgets are ("Contact"), so below the first paragraph such
    headings stay. Never empties a body.
    """
    boxes = SideBoxes(seen, keep)
    dropped: set[int] = set()
    above = True
    at = max(0, keep[0] - ABOVE)
    while at <= keep[-1]:
        block = seen.blocks[at]
        related = is_related(block.text)
        end = boxes.end(at) if related or (above and is_widget(block.text)) else at
        if end > at and (related or boxes.share(at, end) <= MAX_WIDGET_SHARE):
            dropped.update(range(at, end))
            at = end
            continue
        above = above and len(block.text) <= MAX_LINE
        at += 1
    return [place for place in keep if place not in dropped] or keep


class SideBoxes:
    """The boxes on a page, of whose blocks those at the places ``keep`` are kept as text."""

    def __init__(self, seen: BlockTree, keep: Sequence[int]) -> None:
        self._blocks = seen.blocks
        self._kept = frozenset(keep)

    @cached_property
    def _before(self) -> list[int]:
        """The characters of kept blocks before each block. Most pages have no box."""
        sizes = (len(one.text) if one.order in self._kept else 0 for one in self._blocks)
        return [0, *accumulate(sizes)]

    def end(self, at: int) -> int:
        """The place where the box ends that the block ``at`` heads; ``at`` if it is no heading."""
        heading = self._blocks[at]
        end = at
        container: Container | None = heading.container
        while container is not None and container.first == heading.order:
            if self.share(at, container.last) > MAX_SHARE:
                break
            end = container.last
            container = container.parent
        if end > at + 1:
            return end
        level = LEVEL_OF.get(heading.container.tag, 0)
        titled = level or (heading.hints | heading.container.hints) & TITLED
        if not titled or at not in self._kept:
            return at
        below = range(at + 1, len(self._blocks))
        return next((place for place in below if self._is_past(place, level)), len(self._blocks))

    def share(self, at: int, end: int) -> float:
        """The share of the kept text that is in these blocks."""
        return (self._before[end] - self._before[at]) / max(self._before[-1], 1)

    def _is_past(self, at: int, level: int) -> bool:
        block = self._blocks[at]
        other = LEVEL_OF.get(block.container.tag, 0)
        return len(block.text) > MAX_LINE or bool(other and (not level or other <= level))
