"""The regions of a page that may list its releases, with their items and scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from spiders.items import ListingItem
from spiders.listing.region_features import NAMES, RegionFeatures, RegionPage, Row
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import FlatPage
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import MAX_RATED, Record, records_of
from spiders.listing.rows.regions import Region, find_regions

HEADED: Final = 0.55
"""How much titles are like titles, 0 to 1, at the least where a date stands above several."""

TITLED: Final = 0.5
"""The same where there are no dates."""

LONG: Final = 0.6
"""How long titles are, 0 to 1, from which on they may share most of their words."""

LIKELY: Final = 1.0
"""The score of a region that is a list of releases as likely as not."""

HALF: Final = 0.5
SCATTERED: Final = 0.25
"""The share of links that lead to one kind of address below which they are of all kinds of things.

So are the services that a city offers.
"""

SUPPORT: Final = ("main", "after_heading", "pager", "headed", "first_heading")
"""Features of which one must speak for a list without dates."""

WEIGHTED: Final = {
    "size": 2.49,
    "dated": 1.13,
    "alone": 0.27,
    "above": -0.42,
    "parted": -1.30,
    "words": 1.39,
    "main": 1.29,
    "beside": -1.29,
    "aside": -1.47,
    "chrome": -0.90,
    "first_heading": 0.40,
    "other_heading": -3.50,
    "pager": 2.20,
    "naive_found": 0.41,
    "area": 0.18,
    "elsewhere": -3.50,
    "crowded": -1.30,
    "repeated": -2.04,
    "falling": 0.91,
    "bare": -2.50,
    "one_shape": 1.78,
    "files": 0.80,
    "after_heading": 0.06,
    "same_place": 5.00,
    "by_dates": 2.88,
    "leading": -2.00,
    "menu_like": -1.02,
}
BIAS: Final = -1.5
WEIGHTS: Final = np.array([WEIGHTED.get(name, 0.0) for name in NAMES])


@dataclass(frozen=True, slots=True)
class RankedRegion:
    """A region with its items, what its features say, and what it is worth."""

    items: list[ListingItem]
    region: Region
    row: Row
    score: float

    @property
    def said(self) -> dict[str, float]:
        """The features by their names."""
        return dict(zip(NAMES, self.row.tolist(), strict=True))

    @property
    def is_dated(self) -> bool:
        """Whether most of the items have dates."""
        return self.said["dated"] > HALF


@dataclass(frozen=True, slots=True)
class Candidate:
    """A region with its records, and the most that it can be worth, by what needs no items."""

    region: Region
    records: list[Record]
    most: float


class Candidates:
    """The regions of a page that may be its list of releases, the most promising first.

    A region is rated by its first MAX_RATED records. Their items are read once, and only if the
    region can still be the best.
    """

    def __init__(self, flat: FlatPage, dates: list[DateMark], page: RegionPage) -> None:
        self._flat = flat
        self._dates = dates
        self._features = RegionFeatures(flat, page)
        self._read: dict[int, RankedRegion | None] = {}
        self.found: list[Candidate] = []
        for region in find_regions(flat, dates, page.place, page.url):
            records = records_of(region, flat, dates, MAX_RATED)
            if records:
                most = float(self._features.most(region, records) @ WEIGHTS) + BIAS
                self.found.append(Candidate(region, records, most))
        self.found.sort(key=lambda candidate: -candidate.most)

    def choice(self, candidate: Candidate) -> RankedRegion | None:
        """The items of a candidate and what it is worth; None where it can't list releases."""
        key = id(candidate)
        if key not in self._read:
            self._read[key] = self._choice(candidate)
        return self._read[key]

    def _choice(self, candidate: Candidate) -> RankedRegion | None:
        region = candidate.region
        items = RecordFields(candidate.records, self._flat, strict=region.strict)
        row = self._features.of(region, candidate.records, items)
        if items.aside >= HALF or not speaks(region, row):
            return None
        return RankedRegion(items.items, region, row, float(row @ WEIGHTS) + BIAS)

    def best(self, some: list[Candidate], least: float) -> RankedRegion | None:
        """The best of some candidates, or None where none is worth ``least``."""
        best: RankedRegion | None = None
        for candidate in some:
            if candidate.most < (best.score if best else least):
                break
            choice = self.choice(candidate)
            if choice and choice.score >= least and (not best or choice.score > best.score):
                best = choice
        return best

    def apart_from(self, region: Region) -> list[Candidate]:
        """The candidates that do not hold a region, the most promising first."""
        first = region.records[0].begin
        return [
            one
            for one in self.found
            if not any(span.begin <= first < span.end for span in one.region.records)
        ]

    def whole(self, best: RankedRegion) -> RankedRegion:
        """A region with the items of all its records."""
        region = best.region
        if len(region.records) <= MAX_RATED:
            return best
        records = records_of(region, self._flat, self._dates)
        items = RecordFields(records, self._flat, strict=region.strict).items
        return replace(best, items=items)


def speaks(region: Region, row: Row) -> bool:
    """Whether a region may list releases at all, by its titles, the less its dates say so.

    Without dates it must stand where the page is about something: in its main part, below its
    heading, in headings or above a pager; and no menu reads like titles. What stands where page 1
    has its list needs no more than that.
    """
    said = dict(zip(NAMES, row.tolist(), strict=True))
    if said["same_place"]:
        return True
    if region.side == "above":
        return bool(said["likeness"] >= HEADED)
    if region.side:
        return True
    titled = said["likeness"] >= TITLED or said["words"] >= LONG
    scattered = said["one_shape"] < SCATTERED
    if not titled or scattered or said["nested"] or said["chrome"] > HALF:
        return False
    return any(said[name] > HALF for name in SUPPORT)
