"""Tells the records of a list from those of another list that is made in another way.

A box of what is read most may hold dated links of the same kind as the list of releases, but each
of its rows holds less.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Final

from lxml import etree

from spiders.listing.rows.flat_page import ElementSpan
from spiders.listing.rows.regions import Region

ALIKE: Final = 0.5
"""The share of their parts that the rows of two lists of one make have in common."""

SMALLER: Final = 0.67
"""How large a list may be beside the largest to be taken for a box."""

MOST_PARTS: Final = 200
"""Elements of a row that are looked at."""


def without_foreign_rows(region: Region) -> Region:
    """The region without the records of smaller lists whose rows are made otherwise.

    Records of one list have one parent. Only records in several lists are looked at.
    """
    lists: dict[etree._Element | None, list[ElementSpan]] = defaultdict(list)
    for span in region.records:
        lists[span.node.getparent()].append(span)
    if region.side != "in" or len(lists) == 1 or len(lists) * 2 > len(region.records):
        return region
    largest = max(lists.values(), key=len)
    make = make_of(largest)
    others = {
        parent
        for parent, spans in lists.items()
        if spans is not largest
        and len(spans) <= SMALLER * len(largest)
        and likeness(make, make_of(spans)) < ALIKE
    }
    if not others:
        return region
    kept = [span for span in region.records if span.node.getparent() not in others]
    return replace(region, records=kept)


def make_of(spans: list[ElementSpan]) -> frozenset[tuple[str, str]]:
    """The parts that at least half of these records have: tags with their classes."""
    counted: Counter[tuple[str, str]] = Counter()
    for span in spans:
        parts = set()
        for number, node in enumerate(span.node.iterdescendants()):
            if number >= MOST_PARTS:
                break
            parts.add((str(node.tag), node.get("class") or ""))
        counted.update(parts)
    return frozenset(part for part, count in counted.items() if count * 2 >= len(spans))


def likeness(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    """The share of their parts that two makes have in common; 1 where both have none."""
    return len(one & other) / len(one | other) if one | other else 1.0
