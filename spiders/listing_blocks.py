"""Which repeated block of a page lists its releases."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from spiders.dated_marks import DateMark
from spiders.outline import Outline, Span

CANDIDATES = 24
"""Blocks that are looked at closely, best first by their counts."""


@dataclass(slots=True)
class Block:
    """Elements in one kind of place, as records; ``side`` tells where their dates stand.

    ``side`` is ``in`` the records, ``before`` each or ``after`` each, ``above`` where one date heads
    several records, or empty where there are none.
    """

    records: list[Span]
    strict: bool
    side: str
    score: float


def blocks(outline: Outline, dates: list[DateMark]) -> list[Block]:
    """The likeliest blocks of a page, best first, by counts alone."""
    counts = _Counts(outline, dates)
    found: list[Block] = []
    for strict in (True, False):
        groups: dict[int, list[Span]] = defaultdict(list)
        for span in outline.spans:
            groups[span.sign if strict else span.loose].append(span)
        for anchor in outline.anchors:
            span = Span(
                anchor.node,
                anchor.sign,
                anchor.loose,
                anchor.place,
                max(anchor.end, anchor.place + 1),
            )
            groups[-anchor.sign if strict else -anchor.loose].append(span)
        found.extend(
            block
            for records in groups.values()
            if len(records) > 1 and (block := counts.block(records, strict=strict))
        )
    found.sort(key=lambda block: -block.score)
    return found[:CANDIDATES]


class _Counts:
    def __init__(self, outline: Outline, dates: list[DateMark]) -> None:
        self._outline = outline
        self._dates = [mark.place for mark in dates]
        self._anchors = [anchor.place for anchor in outline.anchors]
        self._chrome = outline.chrome

    def dates(self, begin: int, end: int) -> int:
        return bisect_left(self._dates, end) - bisect_left(self._dates, begin)

    def block(self, records: list[Span], *, strict: bool) -> Block | None:
        records = sorted(records, key=lambda span: span.begin)
        inside = [self.dates(span.begin, span.end) for span in records]
        size = len(records)
        value = sum(_worth(count) for count in inside)
        side, best = "in", value
        ends = [0, *(span.end for span in records[:-1])]
        starts = [*(span.begin for span in records[1:]), self._outline.size]
        if value < 0.6 * size:
            before = sum(
                0.9 * _worth(self.dates(max(end, span.begin - 12), span.begin))
                for end, span in zip(ends, records, strict=True)
            )
            after = sum(
                0.9 * _worth(self.dates(span.end, min(start, span.end + 12)))
                for start, span in zip(starts, records, strict=True)
            )
            for name, other in (("before", before), ("after", after)):
                if other > best * 1.05:
                    side, best = name, other
            first = self.dates(0, records[0].begin)
            headed = 0.45 * size if first else 0.0
            if headed > best and self.dates(0, records[0].begin + 1):
                side, best = "above", headed
        if best <= 0:
            side, best = "", 0.02 * size
        chrome = sum(self._chrome[span.begin] for span in records) / size
        return Block(records, strict, side, best * (1 - 0.8 * chrome))


def _worth(dates: int) -> float:
    """What a record with so many dates is worth: one is a release, many are a list."""
    return (0.0, 1.0, 0.9, 0.6, 0.3)[dates] if dates < 5 else 0.0
