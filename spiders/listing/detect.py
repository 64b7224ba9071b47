"""The region of a page that lists its releases, among all that repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np

from data.text.sites import is_elsewhere
from spiders.items import ListingItem
from spiders.listing.dates import DateMark
from spiders.listing.featured import common_shape, shape_of
from spiders.listing.flat_page import ElementSpan, FlatPage
from spiders.listing.record_fields import RecordFields
from spiders.listing.records import MAX_RATED, Record, records_of
from spiders.listing.region_features import NAMES, RegionFeatures, RegionPage, Row
from spiders.listing.regions import Region, encloses, find_regions, says_words
from spiders.listing.rows.foreign_rows import without_foreign_rows
from spiders.listing.rows.like_rows import RowMake
from spiders.listing.rows.side_lists import is_in_narrow_column, lead_to_events

HEADED: Final = 0.55
"""How much titles are like titles, 0 to 1, at the least where a date stands above several."""

TITLED: Final = 0.5
"""The same where there are no dates."""

LONG: Final = 0.6
"""How long titles are, 0 to 1, from which on they may share most of their words."""

LIKELY: Final = 1.0
"""The score of a region that is a list of releases as likely as not."""

MIN_RECORDS: Final = 3
"""Minimum number of records of a region that wins over a hidden list or a side list."""

RIVAL: Final = 0.5
"""The minimum score of such a region, as a share of the score of the other list."""

MAIN_SCORE: Final = 2.5
"""The minimum score of a region that wins over a side list."""

MOSTLY: Final = 0.8
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


def choose_region(flat: FlatPage, dates: list[DateMark], page: RegionPage) -> RankedRegion | None:
    """The best region of a page, or None where none is a list of releases."""
    candidates = Candidates(flat, dates, page)
    best = candidates.best(candidates.found, 0.0)
    if best is None:
        return None
    best = _beside_hidden(best, candidates, flat)
    if is_side_list(best, page.url):
        best = _main_list(best, candidates, flat, page.url) or best
    if best.region.side in {"before", "after"}:
        # Where the date is outside of the record, the record is larger than that.
        inner = best.region
        whole = [c for c in candidates.found if c.region.side == "in" and encloses(c.region, inner)]
        best = candidates.best(whole, -inf) or best
    best = _without_strays(_with_siblings(candidates.whole(best), flat, dates))
    return _of_one_make(best, flat, dates)


def _beside_hidden(best: RankedRegion, candidates: Candidates, flat: FlatPage) -> RankedRegion:
    """The choice, or a visible region of similar worth if readers do not see the choice."""
    if not is_hidden(best.region, flat):
        return best
    shown = [
        one
        for one in candidates.apart_from(best.region)
        if len(one.records) >= MIN_RECORDS and not is_hidden(one.region, flat)
    ]
    return candidates.best(shown, RIVAL * best.score) or best


def _main_list(
    best: RankedRegion, candidates: Candidates, flat: FlatPage, url: str
) -> RankedRegion | None:
    """The list of the main column beside a side list: it has headlines or is below the heading."""
    rivals = (
        candidates.choice(one)
        for one in candidates.apart_from(best.region)
        if len(one.records) >= MIN_RECORDS and one.most >= max(MAIN_SCORE, RIVAL * best.score)
    )
    main = [
        one
        for one in rivals
        if one
        and one.score >= max(MAIN_SCORE, RIVAL * best.score)
        and not is_hidden(one.region, flat)
        and not is_side_list(one, url)
        and _is_main(one, best)
    ]
    return max(main, key=lambda one: one.score, default=None)


def _is_main(choice: RankedRegion, side: RankedRegion) -> bool:
    """Whether a region reads like the list of the page: no few links below a list of others."""
    said = choice.said
    if said["likeness"] < TITLED or said["one_shape"] < HALF:
        return False
    longer = len(choice.items) >= len(side.items)
    return said["headed"] > HALF or choice.is_dated or (said["first_heading"] > HALF and longer)


def is_side_list(choice: RankedRegion, url: str) -> bool:
    """Whether a region is a sidebar, a list of events, or a list of another site."""
    said = choice.said
    return (
        said["aside"] > HALF
        or said["other_heading"] > HALF
        or (
            said["elsewhere"] > MOSTLY and all(is_elsewhere(one.url, [url]) for one in choice.items)
        )
        or lead_to_events((item.url for item in choice.items), url)
        or is_in_narrow_column(choice.region.records[0].node)
    )


def is_hidden(region: Region, flat: FlatPage) -> bool:
    """Whether readers see none of the records of a region."""
    return all(flat.is_hidden(span.begin) for span in region.records)


def _with_siblings(best: RankedRegion, flat: FlatPage, dates: list[DateMark]) -> RankedRegion:
    """The choice with the rows between its own that have another class: the first, a new one.

    They are of its tag, in its lists, and lead where its links lead or are made like its rows.
    """
    shape = common_shape(best.items)
    own = {span.begin for span in best.region.records}
    lists = {span.node.getparent() for span in best.region.records}
    if len(lists) == len(own):
        return best
    tag = best.region.records[0].node.tag
    others = [
        span
        for span in flat.spans
        if span.node.tag == tag and span.begin not in own and span.node.getparent() in lists
    ]
    if not others:
        return best
    make = RowMake(span.node for span in best.region.records)
    dated = sum(item.published is not None for item in best.items) >= HALF * len(best.items)
    more = [
        record.span
        for record, item in _read(best.region, others, flat, dates)
        if record.span.begin not in own
        and says_words(item.title)
        and (
            shape_of(item.url) == shape
            or (dated and item.published is not None and make.fits(record.span.node))
        )
    ]
    if not more:
        return best
    read = _read(best.region, more, flat, dates)
    records = [record.span for record, _ in read]
    region = replace(best.region, records=records, strict=False)
    return replace(best, items=[item for _, item in read], region=region)


def _read(
    region: Region, more: list[ElementSpan], flat: FlatPage, dates: list[DateMark]
) -> list[tuple[Record, ListingItem]]:
    """The records of a region with more of them, and their items."""
    spans = sorted([*region.records, *more], key=lambda span: span.begin)
    records = records_of(replace(region, records=spans, strict=False), flat, dates)
    return list(zip(records, RecordFields(records, flat, strict=False).items, strict=True))


def _without_strays(choice: RankedRegion) -> RankedRegion:
    """The choice without boxes that only have the tag of its records.

    Nothing of a record's class leads where the records lead, and neither does its own link. Dated
    rows in the same list that are made like the others are no such boxes.
    """
    shape = common_shape(choice.items)
    records = choice.region.records
    if choice.region.strict or shape is None or len(records) != len(choice.items):
        return choice
    read = list(zip(records, choice.items, strict=True))
    known = {span.sign for span, item in read if shape_of(item.url) == shape}
    lists = {span.node.getparent() for span, _ in read if span.sign in known}
    make = RowMake(span.node for span, _ in read if span.sign in known)
    kept = [
        (span, item)
        for span, item in read
        if span.sign in known
        or (item.published and span.node.getparent() in lists and make.fits(span.node))
    ]
    if len(kept) == len(read):
        return choice
    region = replace(choice.region, records=[span for span, _ in kept])
    return replace(choice, items=[item for _, item in kept], region=region)


def _of_one_make(choice: RankedRegion, flat: FlatPage, dates: list[DateMark]) -> RankedRegion:
    """The choice without what only looks like its records."""
    region = without_foreign_rows(choice.region)
    if region is choice.region:
        return choice
    items = RecordFields(records_of(region, flat, dates), flat, strict=region.strict).items
    return replace(choice, items=items, region=region)


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
