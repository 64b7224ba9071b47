"""Compute numeric features that show whether a region of a page is its list of releases.

No single feature decides: the list may have no dates, and a box beside it may have some.
"""

import datetime as dt
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from math import log2
from typing import Final
from urllib.parse import urlsplit

from data.text.urls import host_of
from spiders.items import ListingItem
from spiders.listing.rows.featured import Shape, shape_of
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import MAX_RATED, Record
from spiders.listing.rows.regions import LEADING, Region, says_words, stands_at
from spiders.listing.rows.side_lists import PageHeadings
from spiders.page.class_hints import class_and_id
from spiders.page.media_files import leads_to_file
from spiders.page.regions import CHROME, MAIN, SIDE_BITS

MIN_LINK_WORDS: Final = 4
"""Minimum number of words in a link's text for the feature ``naive_found`` to count the link as a
release."""

MAX_PAGER_DISTANCE: Final = 8
"""Maximum distance from the end of a region to its pager, in marks (texts and links)."""

MAX_LAST_RECORD_MARKS: Final = 40
"""Maximum length that is assumed for the last record of a region, in marks (texts and links)."""

MAX_SIZE_ITEMS: Final = 32
"""Number of items at which the feature ``size`` reaches its maximum."""

MAX_TITLE_WORDS: Final = 8
"""Number of words in a title at which the feature ``words`` reaches its maximum."""

NAMES: Final = (  # noqa: SIM905 - words read better in a row
    "size dated alone outside above parted likeness words headed main beside aside chrome "
    "first_heading other_heading pager naive_found area elsewhere crowded repeated nested falling "
    "bare one_shape files after_heading same_place by_dates menu_like "
    "leading"
).split()
"""Names of the features, in the order in which a score adds them."""

NEGATIVE_FEATURES: Final = ("elsewhere", "crowded", "repeated", "bare", "leading", "menu_like")
"""Names of the item features that lower the score of a region."""

_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class RegionPage:
    """Facts about a page: its URL, its next page, the place of its list, and its ``<title>``.

    ``place`` is where the list is on page 1: a path as returned by `place_of`, or empty.
    """

    url: str
    next: str | None = None
    place: str = ""
    title: str = ""


class RegionFeatures:
    """Computes the features (NAMES) of the regions of one page."""

    def __init__(self, flat: FlatPage, page: RegionPage) -> None:
        self.flat = flat
        self.page = page
        self._host = host_of(page.url).removeprefix("www.")
        naive = [
            anchor
            for anchor in flat.anchors
            if not flat.regions.at(anchor.place) & (CHROME | SIDE_BITS)
            and len(flat.text_of(anchor).split()) >= MIN_LINK_WORDS
        ]
        self._naive = {anchor.url for anchor in naive}
        self._naive_places = [anchor.place for anchor in flat.anchors if anchor.url in self._naive]
        self._files = [anchor.place for anchor in flat.anchors if leads_to_file(anchor.url)]
        words = [0] * (flat.size + 1)
        for text in flat.texts:
            words[text.place + 1] = _length(text.text) + 1
        for anchor in flat.anchors:
            words[anchor.place + 1] += _length(anchor.node.get("title") or "")
        self._worded = list(accumulate(words))
        """Number of words before each position, including ``title`` attributes of links."""
        following = [
            anchor.place for anchor in flat.anchors if page.next and anchor.url == page.next
        ]
        self._pagers = sorted([*flat.pagers, *following])
        self._shown = [
            text.place for text in flat.texts if not flat.regions.at(text.place) & CHROME
        ]
        self._headings = PageHeadings(flat, page.title)

    def placed(self, region: Region, read: list[Record]) -> dict[str, float]:
        """Return the features of a region that depend on where it is, not on its items.

        ``read`` contains the region's rated records.
        """
        records = [record.span for record in read]
        size = len(records)
        flat = self.flat
        regions = Counter(
            flat.regions.around(span.begin, max(span.end, span.begin + 1)) for span in records
        )
        heading = self._headings.above(records[0])
        final = records[-1] if _rated_share(region) == 1 else region.records[-1]
        first, last = records[0].begin, final.end
        held = sum(
            bisect_left(self._shown, span.end) - bisect_left(self._shown, span.begin)
            for span in records
        )
        pager = bisect_left(self._pagers, last)
        step = (records[-1].begin - first) // max(1, size - 1)
        below = max(last, final.begin + min(step, MAX_LAST_RECORD_MARKS)) + MAX_PAGER_DISTANCE

        def lie_in(bit: int) -> float:
            return sum(count for bits, count in regions.items() if bits & bit) / size

        return {
            "size": log2(min(size, MAX_SIZE_ITEMS)) / log2(MAX_SIZE_ITEMS),
            "outside": float(region.side not in {"in", ""}),
            "above": float(region.side == "above"),
            "parted": float(not (region.strict or region.side == "above") and _is_parted(records)),
            "main": lie_in(MAIN),
            "beside": 1 - lie_in(MAIN) if flat.regions.has_main else 0.0,
            "aside": lie_in(SIDE_BITS),
            "chrome": lie_in(CHROME),
            "first_heading": float(heading == 1),
            "other_heading": self._headings.other_share(records),
            "pager": float(pager < len(self._pagers) and self._pagers[pager] <= below),
            "area": min(1.0, held / _rated_share(region) / max(1, len(self._shown))),
            "nested": float(is_menu(records[0])),
            "after_heading": float(0 <= self._headings.main <= first),
            "same_place": float(
                bool(self.page.place) and stands_at(region.records[0].node, self.page.place)
            ),
        }

    def of_items(self, region: Region, items: RecordFields) -> dict[str, float]:
        """Return the features of a region that depend on its items."""
        found = items.items
        size = len(found)
        urls = {item.url for item in found}
        days = [item.published.day for item in found if item.published]
        naive = len(self._naive & urls) / _rated_share(region)
        shapes = Counter(shape_of(item.url) for item in found)
        files = [item for item in found if leads_to_file(item.url)]
        pages = shapes - Counter(shape_of(item.url) for item in files)
        return {
            "dated": len(days) / size,
            "alone": items.dated_alone,
            "likeness": items.likeness,
            "words": sum(min(_length(item.title), MAX_TITLE_WORDS) for item in found)
            / MAX_TITLE_WORDS
            / size,
            "headed": items.headed,
            "naive_found": min(1.0, naive / len(self._naive)) if self._naive else 0.0,
            "elsewhere": self._elsewhere(pages) / size,
            "crowded": _crowded(region, items),
            "repeated": 1 - len(urls) / size,
            "falling": _falling(days),
            "bare": sum(map(_is_bare, found)) / size,
            "one_shape": shapes.most_common(1)[0][1] / size,
            "files": len(files) / size,
            "leading": sum(bool(LEADING.match(item.title)) for item in found) / size,
            "menu_like": sum(map(_is_menu_like, found)) / size,
            "by_dates": log2(1 + region.score * _titled(region, items)) / log2(MAX_SIZE_ITEMS),
        }

    def most(self, region: Region, read: list[Record]) -> dict[str, float]:
        """Return the best possible values of the features that depend on a region's items.

        They are known before items are extracted. Features that lower the score
        (NEGATIVE_FEATURES) are 0.
        """
        size = len(read)
        dated = sum(bool(record.dates) for record in read)
        links = bisect_left(self._naive_places, read[-1].span.end)
        links -= bisect_left(self._naive_places, read[0].span.begin)
        naive = links / _rated_share(region)
        return {
            **dict.fromkeys(NEGATIVE_FEATURES, 0.0),
            "dated": dated / size,
            "alone": sum(any(mark.alone for mark in record.dates) for record in read) / size,
            "likeness": 1.0,
            "words": sum(self._words_in(record) for record in read) / MAX_TITLE_WORDS / size,
            "headed": 1.0,
            "naive_found": min(1.0, naive / len(self._naive)) if self._naive else 0.0,
            "falling": float(dated > 2),  # noqa: PLR2004 - of two steps at the least
            "one_shape": 1.0,
            "files": sum(self._has_file(record.span) for record in read) / size,
            "by_dates": log2(1 + region.score) / log2(MAX_SIZE_ITEMS),
        }

    def excess_words(self, read: list[Record]) -> float:
        """Return by how much `most` may overestimate the feature ``words``.

        `most` counts all words of a record, but a title is a single text, or the texts of one link.
        """
        excess = (max(0, self._words_in(one) - self._longest_title(one)) for one in read)
        return sum(excess) / MAX_TITLE_WORDS / len(read)

    def _longest_title(self, record: Record) -> int:
        """Return the maximum number of words in the title of a record, at most MAX_TITLE_WORDS."""
        texts = (text.text for text in (*record.lead, *record.undated))
        tooltips = (anchor.node.get("title") or "" for anchor in record.anchors)
        longest = max(map(_length, chain(texts, tooltips)), default=0)
        if longest < MAX_TITLE_WORDS:
            within = (
                self.flat.texts_in(anchor.place, max(anchor.end, anchor.place + 1))
                for anchor in record.anchors
            )
            links = (" ".join(text.text for text in texts) for texts in within)
            longest = max(longest, *map(_length, links))
        return min(longest, MAX_TITLE_WORDS)

    def _words_in(self, record: Record) -> int:
        """Return the number of words in and above a record, at most MAX_TITLE_WORDS."""
        texts = [*record.lead, *record.texts]
        begin, end = record.span.begin, max(record.span.end, record.span.begin + 1)
        if texts:
            begin, end = min(begin, texts[0].place), max(end, texts[-1].place + 1)
        return min(self._worded[end] - self._worded[begin], MAX_TITLE_WORDS)

    def _has_file(self, span: ElementSpan) -> bool:
        last = bisect_left(self._files, max(span.end, span.begin + 1))
        return last > bisect_left(self._files, span.begin)

    def _elsewhere(self, shapes: Counter[Shape]) -> int:
        """Return the number of URLs that are on another host.

        ``shapes`` should not include files, which are often stored on another host.
        """
        hosts: Counter[str] = Counter()
        for (netloc, *_), count in shapes.items():
            hosts[netloc] += count
        own = sum(
            count
            for netloc, count in hosts.items()
            if (urlsplit(f"//{netloc}").hostname or "").removeprefix("www.") == self._host
        )
        return hosts.total() - own if self._host else 0


def _rated_share(region: Region) -> float:
    """Return the share of a region's records that are rated."""
    return min(1.0, MAX_RATED / len(region.records))


def is_menu(record: ElementSpan) -> bool:
    """Whether a record is in a nested list, like menu entries. Table rows do not count."""
    lists = 0
    for node in (record.node, *record.node.iterancestors()):
        lists += node.tag in {"ul", "ol"}
        if node.tag == "table":
            break
    return lists > 1


def _is_parted(records: list[ElementSpan]) -> bool:
    """Whether records are in several lists that differ in tags, classes or ids."""
    holders: Counter[tuple[str, str]] = Counter()
    for span in records:
        parent = span.node.getparent()
        if parent is not None:
            above = parent.getparent()
            names = f"{parent.get('class')} {parent.get('id')}"
            outer = class_and_id(above) if above is not None else ""
            holders[f"{parent.tag} {_DIGITS.sub('', names)}", _DIGITS.sub("", outer)] += 1
    return len(holders) > 1 and sorted(holders.values())[-2] > 1


def _titled(region: Region, items: RecordFields) -> float:
    """Return the weight of a region's dates (0 to 1), based on the title likeness of its items.

    The further the dates are from the records, the more the titles count. Records with several
    titles lower the weight, because each may be a list itself.
    """
    floor = {"in": 0.35, "before": 0.25, "after": 0.25, "above": 0.1, "": 0.0}[region.side]
    return (floor + (1 - floor) * items.likeness) * (1 - 0.6 * _crowded(region, items))


def _crowded(region: Region, items: RecordFields) -> float:
    """Return the share of records with several titles.

    Returns 0 for table rows and list items, which may link to several files.
    """
    row = region.records[0].node.tag in {"tr", "li"}
    return 0.0 if row else items.crowded / len(items.items)


def _length(text: str) -> int:
    """Return the number of words in a text. In scripts without spaces, the number is estimated."""
    return max(len(text.split()), len(text) // 8)


def _is_menu_like(item: ListingItem) -> bool:
    """Whether an item has no date and hardly more than one word, like a menu entry."""
    return item.published is None and not says_words(" ".join(item.title.split()[1:]))


def _is_bare(item: ListingItem) -> bool:
    """Whether an item's title is only a date or a number."""
    title = item.title
    if item.published and item.published.raw:
        title = title.replace(item.published.raw, "")
    return sum(map(str.isalpha, title)) <= 2  # noqa: PLR2004 - less than a word


def _falling(days: Sequence[dt.date]) -> float:
    """Return the share of days that are not later than the day before them in the list.

    Returns 0 for fewer than three days.
    """
    steps = [later <= earlier for earlier, later in pairwise(days)]
    return sum(steps) / len(steps) if len(steps) > 1 else 0.0
