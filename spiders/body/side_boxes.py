"""Boxes beside a text that the models keep as text: related news without links, counters, weather.

A box is known by its heading alone: a line of phrases.toml, as a whole line. What belongs to it is
the element that the heading begins, else the short lines below the heading.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
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

TITLED: Final = BIT["title"]


def without_side_boxes(seen: BlockTree, keep: Sequence[int]) -> Sequence[int]:
    """The places of kept blocks without boxes of related news, and without widgets above the text.

    Sections of a text may be called as widgets are ("Contact"), so below the first paragraph such
    headings stay. Never empties a body.
    """
    boxes = SideBoxes(seen, keep)
    left: list[int] = []
    at = 0
    above = True
    while at < len(keep):
        block = seen.blocks[keep[at]]
        related = is_related(block.text)
        end = boxes.end(at) if related or (above and is_widget(block.text)) else at
        if end > at and (related or boxes.share(at, end) <= MAX_WIDGET_SHARE):
            at = end
            continue
        above = above and len(block.text) <= MAX_LINE
        left.append(keep[at])
        at += 1
    return left or keep


class SideBoxes:
    """The boxes among the kept blocks of a page. ``keep`` are their places, in order."""

    def __init__(self, seen: BlockTree, keep: Sequence[int]) -> None:
        self._blocks = [seen.blocks[place] for place in keep]
        self._keep = keep
        self._before = [0, *accumulate(len(block.text) for block in self._blocks)]

    def end(self, at: int) -> int:
        """Where the box ends that the block ``at`` may head; ``at`` if that is not a heading."""
        heading = self._blocks[at]
        most = self._before[-1] * MAX_SHARE
        end = at
        container: Container | None = heading.container
        while container is not None and container.first == heading.order:
            inside = bisect_left(self._keep, container.last)
            if self._before[inside] - self._before[at] > most:
                break
            end = inside
            container = container.parent
        if end > at + 1:
            return end
        level = LEVEL_OF.get(heading.container.tag, 0)
        if not level and not (heading.hints | heading.container.hints) & TITLED:
            return at
        return next(
            (place for place in range(at + 1, len(self._blocks)) if self._is_past(place, level)),
            len(self._blocks),
        )

    def share(self, at: int, end: int) -> float:
        """The share of the kept text that is in these blocks."""
        return (self._before[end] - self._before[at]) / max(self._before[-1], 1)

    def _is_past(self, at: int, level: int) -> bool:
        block = self._blocks[at]
        other = LEVEL_OF.get(block.container.tag, 0)
        return len(block.text) > MAX_LINE or bool(other and (not level or other <= level))
