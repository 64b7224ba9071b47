"""Find the repeated regions of a page that may list its releases, by counting dates and links.

Records are elements with the same signature. In most listings, each record has a date inside,
before or after it, or in a heading above several records. In other listings, each record has a link
with several words. `spiders.listing.detect` examines the most likely regions of both types.
"""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from operator import attrgetter
from urllib.parse import urldefrag

from lxml import etree

from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.irregular_rows import joined_rows
from spiders.listing.rows.single_rows import dated_rows, undated_row
from spiders.page.class_hints import post_mark
from spiders.page.regions import CHROME, SIDE_BITS

MAX_DATED_REGIONS = 16
"""Maximum number of dated regions examined per page, best first. Half as many undated regions are
examined."""

MIN_TITLE_WORDS = 2
"""Minimum number of words in a link that may be a title."""

MIN_DATED_SHARE = 0.6
"""Minimum share of a region's records with dates. If it is reached, the undated records are not
releases."""

MAX_DATE_DISTANCE = 12
"""Maximum distance between a record and a date outside it, in marks (texts and links)."""

_VALUES_BY_DATE_COUNT = (0.0, 1.0, 0.97, 0.85, 0.5)
"""Value of a record (0 to 1) by its number of separate dates, from none to four."""

_DATE_IN_TEXT_VALUE = 0.6
"""Value (0 to 1) of a record whose dates are all inside longer texts."""

_MAX_HEADING_DISTANCE = 20
"""Maximum distance between a heading with a date and the first record below it, in marks (texts and
links)."""

MAX_ROW_LEVELS = 6
"""Maximum number of levels from a record up to its row."""

_MIN_SPLIT_ELEMENTS = 4
"""Minimum number of elements in a group that is split by page parts."""

_HALF = 0.5
_MIN_UNSPACED_LENGTH = 8
"""Minimum length of a title in a writing system without spaces, in characters."""

_MAX_PATH_ANCESTORS = 24
"""Maximum number of ancestors included in the path of an element (`place_of`)."""

_BOUNDS = attrgetter("begin", "end")
_DIGITS = re.compile(r"\d+")
_ORDER = re.compile(r"(?:^|[-_])(?:first|last|odd|even)$")
LEADING = re.compile(
    r"\W*(?:(?:read|learn|see|view|show|find out)\s+(?:more|on)\b|continue reading|"
    r"leave an? (?:comment|reply)|no comments|weiterlesen|lire la suite|leer más|leia mais|"
    r"подробнее|читать (?:далее|полностью)|devamını oku)",
    re.IGNORECASE,
)
"""Pattern of the start of link texts such as *Read more*. Such a link has the same URL as a title.
"""


@dataclass(slots=True)
class Region:
    """Repeated records of a page, and where their dates are (``side``).

    - ``side``: ``in`` (inside each record), ``before`` or ``after`` each record, ``above`` several
      records, or empty (no dates)
    - ``strict``: whether all records have the same tags and classes, not only the same tags
    - ``score``: ranks regions by dates
    - ``linked``: ranks regions by links with several words
    """

    records: list[ElementSpan]
    strict: bool
    side: str
    score: float
    linked: float = 0.0


def encloses(outer: Region, inner: Region) -> bool:
    """Whether most records of ``inner`` are each inside a different record of ``outer``."""
    begins = [span.begin for span in outer.records]
    owners = set()
    for span in inner.records:
        index = bisect_left(begins, span.begin + 1) - 1
        if index >= 0 and outer.records[index].end >= span.end:
            owners.add(index)
    return len(owners) >= 0.8 * len(inner.records)


def find_regions(
    flat: FlatPage, dates: list[DateMark], place: str = "", url: str = ""
) -> list[Region]:
    """Return the most likely regions of a page: the best by dates, then the best by links.

    If ``place`` (where the list is on page 1) is given, the region there comes first. The page's
    only undated post, if any, and posts with explicit markup that are not yet included come last.
    """
    counts = _Counts(flat, dates)
    found: list[Region] = []
    known: set[int] = set()
    spans = list(flat.spans)
    for anchor in flat.anchors:
        end = max(anchor.end, anchor.place + 1)
        signs = anchor.sign, anchor.loose, -anchor.sign
        spans.append(ElementSpan(anchor.node, *signs, anchor.place, end))
    signs_of = {span.node: span.sign for span in flat.spans}
    for kind in ("sign", "mixed", "loose"):
        groups: dict[int, list[ElementSpan]] = defaultdict(list)
        for sign, span in zip(map(attrgetter(kind), spans), spans, strict=True):
            groups[sign].append(span)
        for group in groups.values():
            for records in _parts(group, flat, None if kind == "sign" else signs_of):
                if len(records) < 2:  # noqa: PLR2004 - a single record repeats nothing
                    continue
                key = hash(tuple(map(_BOUNDS, records)))
                if key not in known:
                    known.add(key)
                    found.append(counts.region(records, strict=kind == "sign"))
    marked = [counts.region(posts, strict=False) for posts in _marked_posts(flat)]
    found.extend(marked)
    found.extend(counts.singles())
    # If several regions are equal, a larger region contains more of each release, such as its
    # summary.
    found.sort(key=lambda region: (-region.score, -_extent(region)))
    dated = found[:MAX_DATED_REGIONS]
    found.sort(key=lambda region: (-region.linked, -_extent(region)))
    rest = (region for region in found[:MAX_DATED_REGIONS] if region.linked > 0)
    placed = [span for span in spans if stands_at(span.node, place)] if place else []
    placed.sort(key=lambda span: span.begin)
    if placed:
        dated.insert(0, counts.region(placed, strict=len({span.sign for span in placed}) == 1))
    taken = {id(region) for region in dated}
    linked = [region for region in rest if id(region) not in taken][: MAX_DATED_REGIONS // 2]
    only = undated_row(flat, url)
    single = [Region([only], strict=True, side="", score=0.02, linked=1.0)] if only else []
    chosen = [*dated, *linked, *single]
    return chosen + [region for region in marked if region not in chosen]


def _parts(
    group: list[ElementSpan], flat: FlatPage, signs: dict[etree._Element, int] | None
) -> Iterator[list[ElementSpan]]:
    """Yield a group of elements, then its subgroups in different parts of the page.

    If ``signs`` (signatures by element) is given, the subgroups also differ in the signature of the
    elements' parents.
    """
    yield group
    if len(group) < _MIN_SPLIT_ELEMENTS:
        return
    parts: dict[tuple[int, int], list[ElementSpan]] = defaultdict(list)
    for span in group:
        parent = span.node.getparent() if signs else None
        sign = signs.get(parent, 0) if signs and parent is not None else 0
        parts[flat.regions.around(span.begin, span.end), sign].append(span)
    if 1 < len(parts) <= len(group) / 2:
        yield from parts.values()


def _marked_posts(flat: FlatPage) -> list[list[ElementSpan]]:
    """Return posts with explicit markup outside sidebars and menus, grouped by type of markup.

    Groups in which all posts have the same signature are skipped.
    """
    found: dict[str, list[ElementSpan]] = defaultdict(list)
    marked = [(span, mark) for span in flat.spans if (mark := post_mark(span.node))]
    for span, mark in sorted(marked, key=lambda one: (one[0].begin, -one[0].end)):
        if flat.regions.around(span.begin, span.end) & (SIDE_BITS | CHROME):
            continue
        if not found[mark] or span.begin >= found[mark][-1].end:
            found[mark].append(span)
    return [spans for spans in found.values() if len({span.sign for span in spans}) > 1]


def _extent(region: Region) -> int:
    return sum(span.end - span.begin for span in region.records)


class _Counts:
    """Counts dates and title links between positions of a page, to score its regions."""

    def __init__(self, flat: FlatPage, dates: list[DateMark]) -> None:
        self._flat = flat
        self._all = [mark.place for mark in dates]
        self._alone = [mark.place for mark in dates if mark.alone]
        headings = [mark for mark in dates if mark.alone and not mark.other]
        self._heading_places = [mark.place for mark in headings]
        self._heading_signs = [mark.sign for mark in headings]
        rows = [span for span in flat.spans if span.node.tag in {"tr", "li"}]
        self._rows = sorted(rows, key=lambda span: span.begin)
        self._spans = {span.node: span for span in flat.spans}
        self._titled = _titled(flat)

    def _worth(self, begin: int, end: int) -> float:
        """Return the value of a record (0 to 1), based on its number of dates.

        One date suggests a release, and many dates a whole list. A date inside a longer text counts
        less, because the text may be about another day.
        """
        alone = bisect_left(self._alone, end) - bisect_left(self._alone, begin)
        if not alone:
            return (
                _DATE_IN_TEXT_VALUE
                if bisect_left(self._all, end) > bisect_left(self._all, begin)
                else 0.0
            )
        return _VALUES_BY_DATE_COUNT[alone] if alone < len(_VALUES_BY_DATE_COUNT) else 0.0

    def _covered(self, worths: list[float], lenient: float = 1.0) -> float:
        """Return the total value of records, reduced if some of them have no date.

        The reduction is small if the share of dated records is at least ``lenient``. The undated
        records are then headings and notes, which are removed later.
        """
        share = sum(map(bool, worths)) / len(worths)
        return sum(worths) * math.pow(share, 0.15 if share >= lenient else 0.7)

    def _outside(self, worths: list[float]) -> float:
        """Return the total value of records whose dates are outside the records.

        Returns 0 if fewer than half of the records have a date, because a few dates belong to other
        elements.
        """
        few = sum(map(bool, worths)) < _HALF * len(worths)
        return 0.0 if few else 0.9 * self._covered(worths)

    def region(self, records: list[ElementSpan], *, strict: bool) -> Region:
        records = joined_rows(sorted(records, key=lambda span: span.begin))
        size = len(records)
        side = "in"
        worths = [self._worth(span.begin, span.end) for span in records]
        best = self._covered(worths, MIN_DATED_SHARE)
        if best < MIN_DATED_SHARE * size:
            for name, value in self._beside(records):
                if value > best * 1.05:
                    side, best = name, value
        if best <= 0:
            side, best = "", 0.02 * size
        chrome = sum(self._flat.is_chrome(span.begin, span.end) for span in records) / size
        shown = (1 - 0.8 * chrome) * (1.0 if strict else 0.93)
        linked = sum(map(self._linked, records))
        return Region(records, strict, side, best * shown, linked * shown)

    def _linked(self, span: ElementSpan) -> float:
        """Return the value of a record (0 to 1), based on its number of links with several words.

        One or two such links are normal, because the title is a link.
        """
        end = max(span.end, span.begin + 1)
        count = bisect_left(self._titled, end) - bisect_left(self._titled, span.begin)
        return 1.0 if 0 < count <= 2 else 1 / count if count else 0.0  # noqa: PLR2004 - see above

    def _beside(self, records: list[ElementSpan]) -> list[tuple[str, float]]:
        floors = [0, *(span.end for span in records[:-1])]
        ceilings = [*(span.begin for span in records[1:]), self._flat.size]
        before = self._outside(
            [
                self._worth(max(floor, span.begin - MAX_DATE_DISTANCE), span.begin)
                for floor, span in zip(floors, records, strict=True)
            ]
        )
        after = self._outside(
            [
                self._worth(span.end, min(ceiling, span.end + MAX_DATE_DISTANCE))
                for ceiling, span in zip(ceilings, records, strict=True)
            ]
        )
        return [
            ("before", before),
            ("after", after),
            ("above", self._headed(records)),
        ]

    def _headed(self, records: list[ElementSpan]) -> float:
        """Return the value of the dates in headings above records.

        It depends more on the number of headings than on the number of records. Headings must have
        the same signature and be outside the rows that contain the records.
        """
        first = records[0].begin
        own: list[ElementSpan] | None = None
        gaps = [(max(0, first - _MAX_HEADING_DISTANCE), first)]
        gaps += [(span.end, following.begin) for span, following in pairwise(records)]
        kinds: Counter[int] = Counter()
        headed = 0
        for index, (begin, end) in enumerate(gaps):
            last = bisect_left(self._heading_places, end) - 1
            date = self._heading_places[last] if last >= 0 else -1
            if date < begin:
                continue
            if own is None:
                own = self._rows_around(records)
            if not (
                _is_inside(date, self._rows, end)
                or _is_inside(date, own, date)
                or self._in_item(date, end)
            ):
                kinds[self._heading_signs[last]] += 1
                headed = headed or len(records) - index
        if not kinds:
            return 0.0
        headings = kinds.most_common(1)[0][1]
        value = math.pow(headings, 2 / 3) * math.pow(headed, 1 / 3)
        value *= math.pow(headed / len(records), 0.7)
        return 0.7 * value if headings > 1 else 0.4 * value

    def _rows_around(self, records: list[ElementSpan]) -> list[ElementSpan]:
        """Return the row of each record, in page order.

        A row is the largest element that contains only one of the records.
        """
        rows = [span.node for span in records]
        for _ in range(MAX_ROW_LEVELS):
            above = [node.getparent() for node in rows]
            if None in above or len(set(above)) < len(above):
                break
            rows = [node for node in above if node is not None]
        return [span for node in rows if (span := self._spans.get(node))]

    def _in_item(self, date: int, record: int) -> bool:
        """Whether a date above a record belongs to an item with its own link.

        Such a date is not a heading for the records below. An item is recognized by siblings with
        the same tag that contain links.
        """
        texts = self._flat.texts_in(date, date + 1)
        node = texts[0].parent if texts else None
        while node is not None and (node not in self._spans or node.tag == "a"):
            node = node.getparent()
        while node is not None and self._spans[node].end <= record:
            parent = node.getparent()
            if parent in self._spans and self._spans[parent].end <= record:
                alike = (one for one in parent.iterchildren(node.tag) if one is not node)
                if any(one in self._spans for one in alike):
                    return True
            node = parent if parent in self._spans else None
        return False

    def singles(self) -> list[Region]:
        """Return regions with a single record. Each may be the only dated row of a list."""
        rows = dated_rows(self._flat, self._worth)
        return [Region([span], strict=True, side="in", score=0.6) for span in rows]


def _is_inside(date: int, rows: list[ElementSpan], end: int) -> bool:
    """Whether one of ``rows`` contains all positions from ``date`` to ``end``."""
    index = bisect_left(rows, date + 1, key=lambda row: row.begin) - 1
    return index >= 0 and rows[index].end > end


def _titled(flat: FlatPage) -> list[int]:
    """Return the positions of links that may be titles.

    Such links have several words and are not "read more" links. A "read more" link is included if
    no other link has the same URL.
    """
    links = {anchor.place: (flat.text_of(anchor), anchor.url) for anchor in flat.anchors}
    worded = {place: one for place, one in links.items() if says_words(one[0])}
    leading = {place for place, (text, _) in worded.items() if LEADING.match(text)}
    urls = {urldefrag(url)[0] for place, (_, url) in worded.items() if place not in leading}
    return [
        place
        for place, (_, url) in worded.items()
        if place not in leading or urldefrag(url)[0] not in urls
    ]


def says_words(text: str) -> bool:
    """Whether a text has enough words for a title.

    In writing systems without spaces, the number of characters counts.
    """
    return len(text.split()) >= MIN_TITLE_WORDS or len(text) >= _MIN_UNSPACED_LENGTH


def place_of(node: etree._Element) -> str:
    """Return the path of an element: its own tag and classes, and those of its ancestors.

    Numbers and classes such as *first* or *odd* are removed, so all rows on all pages of a listing
    have the same path.
    """
    return " ".join(map(_step, _with_ancestors(node)))


def stands_at(node: etree._Element, place: str) -> bool:
    """Whether an element has the path ``place`` (see `place_of`), or is a similar row beside it.

    The last step of either path may have additional classes, as the first or last row often does.
    """
    steps = place.split(" ")
    around = _with_ancestors(node)
    return len(around) == len(steps) and all(
        step == (own := _step(one)) or _has_more_classes(step, own)
        for step, one in zip(steps, around, strict=True)
    )


def _with_ancestors(node: etree._Element) -> list[etree._Element]:
    return [node, *islice(node.iterancestors(), _MAX_PATH_ANCESTORS)]


def _step(node: etree._Element) -> str:
    names = [name for name in (node.get("class") or "").split() if not _ORDER.search(name)]
    return _DIGITS.sub("", f"{node.tag}.{'.'.join(names[:4])}")


def _has_more_classes(step: str, other: str) -> bool:
    """Whether two steps of a path have the same tag, and one has all classes of the other."""
    (tag, *own), (other_tag, *others) = step.split("."), other.split(".")
    return (
        tag == other_tag
        and "" not in {*own[:1], *others[:1]}
        and (set(own) <= set(others) or set(others) <= set(own))
    )
