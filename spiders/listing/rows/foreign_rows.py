"""Separate the records of a list from records of another list with different markup.

A box of popular releases may contain dated links like those of the main list, but its rows have
fewer elements.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Final

from lxml import etree

from spiders.listing.rows.flat_page import ElementSpan
from spiders.listing.rows.regions import Region

ALIKE: Final = 0.5
"""Minimum share of common parts in rows of two lists with the same markup."""

SMALLER: Final = 0.67
"""Maximum size of a list that may be a box, as a share of the largest list."""

MAX_PARTS: Final = 200
"""Maximum number of elements compared per row."""


def without_foreign_rows(region: Region) -> Region:
    """Return the region without the records of smaller lists whose rows have different markup.

    Records with the same parent are one list. A region with one list is returned unchanged.
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
    """Return the parts (tags with classes) that at least half of the records contain."""
    counted: Counter[tuple[str, str]] = Counter()
    for span in spans:
        parts = set()
        for number, node in enumerate(span.node.iterdescendants()):
            if number >= MAX_PARTS:
                break
            parts.add((str(node.tag), node.get("class") or ""))
        counted.update(parts)
    return frozenset(part for part, count in counted.items() if count * 2 >= len(spans))


def likeness(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    """Return the share of parts that two sets of parts have in common; 1 if both are empty."""
    return len(one & other) / len(one | other) if one | other else 1.0
