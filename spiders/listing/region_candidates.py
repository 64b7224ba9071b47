"""Rate the regions of a page that may list its releases."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from spiders.items import ListingItem
from spiders.listing.region_features import NAMES, RegionFeatures, RegionPage
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import FlatPage
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import MAX_RATED, Record, records_of
from spiders.listing.rows.regions import Region, find_regions

MIN_HEADED_LIKENESS: Final = 0.55
"""Minimum title likeness (0 to 1) of a region in which each date is a heading for several records.
"""

MIN_UNDATED_LIKENESS: Final = 0.5
"""Minimum title likeness (0 to 1) of a region without dates. It measures how much link texts look
like titles."""

MIN_LONG_TITLE_WORDS: Final = 0.6
"""Minimum value (0 to 1) of the feature ``words`` for a region to be accepted despite a low value
of ``likeness``. ``words`` grows with the length of the titles. Long titles may share most of their
words, which lowers ``likeness``."""

LIKELY_SCORE: Final = 1.0
"""Score of a region that lists releases with a probability of 0.5."""

MAJORITY: Final = 0.5
"""Minimum share or feature value that counts as a majority."""

MIN_COMMON_SHAPE_SHARE: Final = 0.25
"""Minimum share of links with the most common URL shape in a region without dates.

Regions with a lower share link to unrelated pages, such as the services of a city.
"""

SUPPORTING_FEATURES: Final = ("main", "after_heading", "pager", "headed", "first_heading")
"""Features of which a region without dates needs at least one to be a list of releases."""

FEATURE_WEIGHTS: Final = {
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
"""Weights of a region's features, by feature name. Features without a weight count 0."""

SCORE_BIAS: Final = -1.5
"""Constant term of a region's score. The weighted features are added to it."""

WEIGHTS: Final = np.array([FEATURE_WEIGHTS.get(name, 0.0) for name in NAMES])
"""Weights of the features, in the order of NAMES."""


@dataclass(frozen=True, slots=True)
class RankedRegion:
    """A region of a page with its extracted items, its score and its feature values (``said``)."""

    items: list[ListingItem]
    region: Region
    said: dict[str, float]
    score: float

    @property
    def is_dated(self) -> bool:
        """Whether most items of the region have a date."""
        return self.said["dated"] > MAJORITY


@dataclass(frozen=True, slots=True)
class RegionCandidate:
    """A region with its records and its maximum possible score, before its items are extracted.

    ``placed`` contains the features that depend on where the region is. ``most`` is the maximum
    possible score.
    """

    region: Region
    records: list[Record]
    placed: dict[str, float]
    most: float


class Candidates:
    """The regions of a page that may list its releases, sorted by maximum possible score.

    Only the first MAX_RATED records of a region are rated. A region's items are extracted at most
    once, and only if the region can still be the best.
    """

    def __init__(self, flat: FlatPage, dates: list[DateMark], page: RegionPage) -> None:
        self._flat = flat
        self._dates = dates
        self._features = RegionFeatures(flat, page)
        self._read: dict[int, RankedRegion | None] = {}
        self.found: list[RegionCandidate] = []
        for region in find_regions(flat, dates, page.place, page.url):
            records = records_of(region, flat, dates, MAX_RATED)
            if records:
                placed = self._features.placed(region, records)
                most = _score(placed | self._features.most(region, records))
                self.found.append(RegionCandidate(region, records, placed, most))
        self.found.sort(key=lambda candidate: -candidate.most)

    def choice(self, candidate: RegionCandidate) -> RankedRegion | None:
        """Return a candidate with its items and score, or None if the region can't list releases.

        The result is cached.
        """
        key = id(candidate)
        if key not in self._read:
            region = candidate.region
            items = RecordFields(candidate.records, self._flat, strict=region.strict)
            said = candidate.placed | self._features.of_items(region, items)
            may_be = items.aside < MAJORITY and speaks(region, said)
            ranked = RankedRegion(items.items, region, said, _score(said)) if may_be else None
            self._read[key] = ranked
        return self._read[key]

    def best(self, some: list[RegionCandidate], least: float) -> RankedRegion | None:
        """Return the candidate in ``some`` with the highest score.

        Returns None if no score reaches ``least``.
        """
        best: RankedRegion | None = None
        for candidate in some:
            if candidate.most < (best.score if best else least):
                break
            # A closer upper bound than `most`, which takes longer to compute.
            if best:
                excess = self._features.excess_words(candidate.records)
                if candidate.most - FEATURE_WEIGHTS["words"] * excess <= best.score:
                    continue
            choice = self.choice(candidate)
            if choice and choice.score >= least and (not best or choice.score > best.score):
                best = choice
        return best

    def apart_from(self, region: Region) -> list[RegionCandidate]:
        """Return the candidates that do not contain ``region``, most promising first."""
        first = region.records[0].begin
        return [
            one
            for one in self.found
            if not any(span.begin <= first < span.end for span in one.region.records)
        ]

    def whole(self, best: RankedRegion) -> RankedRegion:
        """Return the best region with the items of all its records, including unrated ones."""
        region = best.region
        if len(region.records) <= MAX_RATED:
            return best
        records = records_of(region, self._flat, self._dates)
        items = RecordFields(records, self._flat, strict=region.strict).items
        return replace(best, items=items)


def _score(features: dict[str, float]) -> float:
    return float(np.array([features[name] for name in NAMES]) @ WEIGHTS) + SCORE_BIAS


def speaks(region: Region, features: dict[str, float]) -> bool:
    """Whether a region may be a list of releases, judging by its feature values.

    Regions with dates inside or beside their records are accepted. If each date is a heading for
    several records, the link texts must look like titles. Without dates, the region must also be in
    a prominent part of the page (SUPPORTING_FEATURES) and must not be a menu. A region in the same
    place as the listing on page 1 is always accepted.
    """
    if features["same_place"]:
        return True
    if region.side == "above":
        return features["likeness"] >= MIN_HEADED_LIKENESS
    if region.side:
        return True
    titled = (
        features["likeness"] >= MIN_UNDATED_LIKENESS or features["words"] >= MIN_LONG_TITLE_WORDS
    )
    scattered = features["one_shape"] < MIN_COMMON_SHAPE_SHARE
    if not titled or scattered or features["nested"] or features["chrome"] > MAJORITY:
        return False
    return any(features[name] > MAJORITY for name in SUPPORTING_FEATURES)
