"""Which repeated regions of a page may list its releases, by counts alone.

Records are elements in one kind of place. Most lists of releases have a date in each record, right
before or after it, or in a heading above several; in the others each record has a link that says
several words. The likeliest regions of both kinds are looked at closely (spiders.listing.detect).
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from urllib.parse import urldefrag

from lxml import etree

from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.posts import mark_of
from spiders.listing.rows.single_rows import dated_rows, undated_row
from spiders.page.regions import ASIDE, CHROME

CANDIDATES = 16
"""Blocks that are looked at closely of each kind, dated and undated, best first by their counts."""

WORDS = 2
"""Words of a link from which on it may be a title."""

MOSTLY = 0.6
"""The share of records with a date from which those without are taken for something else."""

NEAR = 12
"""Marks before or after a record in which a date still belongs to it."""

_WORTH = (0.0, 1.0, 0.97, 0.85, 0.5)
_IN_TEXT = 0.6
_HEADING_NEAR = 20
_SPLIT = 4
_HALF = 0.5
_UNSPACED = 8
_AROUND = 24
_DIGITS = re.compile(r"\d+")
_ORDER = re.compile(r"(?:^|[-_])(?:first|last|odd|even)$")
LEADING = re.compile(
    r"\W*(?:(?:read|learn|see|view|show|find out)\s+(?:more|on)\b|continue reading|"
    r"leave an? (?:comment|reply)|no comments|weiterlesen|lire la suite|leer más|leia mais|"
    r"подробнее|читать (?:далее|полностью)|devamını oku)",
    re.IGNORECASE,
)
"""What a link begins with that leads on from a title which it repeats."""


@dataclass(slots=True)
class Region:
    """Records, and on which ``side`` of them their dates stand.

    ``in`` the records, ``before`` or ``after`` each, ``above`` several, or empty: no dates.
    ``strict`` ones share tags and classes, others only tags. ``score`` ranks them by their dates,
    ``linked`` by their links that say several words.
    """

    records: list[ElementSpan]
    strict: bool
    side: str
    score: float
    linked: float = 0.0


def encloses(outer: Region, inner: Region) -> bool:
    """Whether most records of ``inner`` lie each in a record of ``outer`` of its own."""
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
    """The likeliest regions of a page: the best by their dates, then the best by their links.

    The first region is where page 1 has its list (``place``), however small it is. The last ones
    are the only undated post of the page (``url``), and the posts that attributes mark.
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
        for span in spans:
            groups[getattr(span, kind)].append(span)
        for group in groups.values():
            for records in _parts(group, flat, None if kind == "sign" else signs_of):
                key = hash(tuple((span.begin, span.end) for span in records))
                if len(records) > 1 and key not in known:
                    known.add(key)
                    found.append(counts.region(records, strict=kind == "sign"))
    marked = [counts.region(posts, strict=False) for posts in _marked_posts(flat)]
    found.extend(marked)
    found.extend(counts.singles())
    # Of equals the larger one knows more of the release: its time, its summary.
    found.sort(key=lambda region: (-region.score, -_extent(region)))
    dated = found[:CANDIDATES]
    found.sort(key=lambda region: (-region.linked, -_extent(region)))
    rest = (region for region in found[:CANDIDATES] if region.linked > 0)
    placed = [span for span in spans if stands_at(span.node, place)] if place else []
    placed.sort(key=lambda span: span.begin)
    if placed:
        dated.insert(0, counts.region(placed, strict=len({span.sign for span in placed}) == 1))
    taken = {id(region) for region in dated}
    linked = [region for region in rest if id(region) not in taken][: CANDIDATES // 2]
    only = undated_row(flat, url)
    single = [Region([only], strict=True, side="", score=0.02, linked=1.0)] if only else []
    chosen = [*dated, *linked, *single]
    return chosen + [region for region in marked if region not in chosen]


def _parts(
    group: list[ElementSpan], flat: FlatPage, signs: dict[etree._Element, int] | None
) -> Iterator[list[ElementSpan]]:
    """A group of elements, and its parts where it reaches over several parts of the page.

    Where classes don't tell the elements apart, those of their parents may (``signs``).
    """
    yield group
    if len(group) < _SPLIT:
        return
    parts: dict[tuple[int, int], list[ElementSpan]] = defaultdict(list)
    for span in group:
        parent = span.node.getparent() if signs else None
        sign = signs.get(parent, 0) if signs and parent is not None else 0
        parts[flat.regions.around(span.begin, span.end), sign].append(span)
    if 1 < len(parts) <= len(group) / 2:
        yield from parts.values()


def _marked_posts(flat: FlatPage) -> list[list[ElementSpan]]:
    """The posts with each kind of mark, outside of sidebars, if they are in several places."""
    found: dict[str, list[ElementSpan]] = defaultdict(list)
    marked = [(span, mark) for span in flat.spans if (mark := mark_of(span.node))]
    for span, mark in sorted(marked, key=lambda one: (one[0].begin, -one[0].end)):
        if flat.regions.around(span.begin, span.end) & (ASIDE | CHROME):
            continue
        if not found[mark] or span.begin >= found[mark][-1].end:
            found[mark].append(span)
    return [spans for spans in found.values() if len({span.sign for span in spans}) > 1]


def _extent(region: Region) -> int:
    return sum(span.end - span.begin for span in region.records)


class _Counts:
    """Dates, menus and sizes between any two places."""

    def __init__(self, flat: FlatPage, dates: list[DateMark]) -> None:
        self._flat = flat
        self._all = [mark.place for mark in dates]
        self._alone = [mark.place for mark in dates if mark.alone]
        self._alone_signs = [mark.sign for mark in dates if mark.alone]
        rows = [span for span in flat.spans if span.node.tag in {"tr", "li"}]
        self._rows = sorted(rows, key=lambda span: span.begin)
        self._row_begins = [span.begin for span in self._rows]
        self._holders = {span.node: span.end for span in flat.spans}
        self._titled = _titled(flat)

    def _worth(self, begin: int, end: int) -> float:
        """What a record is worth by its dates: one is a release, many are a list.

        A date within a longer text may be of anything that the text tells.
        """
        alone = bisect_left(self._alone, end) - bisect_left(self._alone, begin)
        if not alone:
            return _IN_TEXT if bisect_left(self._all, end) > bisect_left(self._all, begin) else 0.0
        return _WORTH[alone] if alone < len(_WORTH) else 0.0

    def _covered(self, worths: list[float], lenient: float = 1.0) -> float:
        """The worth of records together, less where many have no date.

        From the share ``lenient`` on those without are heads and notes, and fall away later.
        """
        share = sum(map(bool, worths)) / len(worths)
        return sum(worths) * math.pow(share, 0.15 if share >= lenient else 0.7)

    def _outside(self, worths: list[float]) -> float:
        """The worth of records with dates outside of them; a few such dates are of other things."""
        few = sum(map(bool, worths)) < _HALF * len(worths)
        return 0.0 if few else 0.9 * self._covered(worths)

    def region(self, records: list[ElementSpan], *, strict: bool) -> Region:
        records = sorted(records, key=lambda span: span.begin)
        size = len(records)
        side = "in"
        worths = [self._worth(span.begin, span.end) for span in records]
        best = self._covered(worths, MOSTLY)
        if best < MOSTLY * size:
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
        """What a record is worth by its links: one or two that say words are a title's."""
        end = max(span.end, span.begin + 1)
        count = bisect_left(self._titled, end) - bisect_left(self._titled, span.begin)
        return 1.0 if 0 < count <= 2 else 1 / count if count else 0.0  # noqa: PLR2004 - see above

    def _beside(self, records: list[ElementSpan]) -> list[tuple[str, float]]:
        floors = [0, *(span.end for span in records[:-1])]
        ceilings = [*(span.begin for span in records[1:]), self._flat.size]
        before = self._outside(
            [
                self._worth(max(floor, span.begin - NEAR), span.begin)
                for floor, span in zip(floors, records, strict=True)
            ]
        )
        after = self._outside(
            [
                self._worth(span.end, min(ceiling, span.end + NEAR))
                for ceiling, span in zip(ceilings, records, strict=True)
            ]
        )
        return [
            ("before", before),
            ("after", after),
            ("above", self._headed(records)),
        ]

    def _headed(self, records: list[ElementSpan]) -> float:
        """What dates in headings above the records are worth: by the headings more than the links.

        Headings are dates of one kind of place, outside the rows that hold the records.
        """
        first = records[0].begin
        gaps = [(max(0, first - _HEADING_NEAR), first)]
        gaps += [(span.end, following.begin) for span, following in pairwise(records)]
        kinds: Counter[int] = Counter()
        headed = 0
        for index, (begin, end) in enumerate(gaps):
            last = bisect_left(self._alone, end) - 1
            if (
                last >= 0
                and self._alone[last] >= begin
                and not self._in_row(self._alone[last], end)
                and not self._in_item(self._alone[last], end)
            ):
                kinds[self._alone_signs[last]] += 1
                headed = headed or len(records) - index
        if not kinds:
            return 0.0
        headings = kinds.most_common(1)[0][1]
        value = math.pow(headings, 2 / 3) * math.pow(headed, 1 / 3)
        value *= math.pow(headed / len(records), 0.7)
        return 0.7 * value if headings > 1 else 0.4 * value

    def _in_row(self, date: int, record: int) -> bool:
        """Whether a date and a record lie in one table row or list item."""
        index = bisect_left(self._row_begins, date + 1) - 1
        return index >= 0 and self._rows[index].end > record

    def _in_item(self, date: int, record: int) -> bool:
        """Whether a date stands beside a link of its own, among others, and so heads nothing below.

        A row that heads others may have a link of its own too, but it stands among what it heads.
        """
        texts = self._flat.texts_in(date, date + 1)
        node = texts[0].parent if texts else None
        while node is not None and (node not in self._holders or node.tag == "a"):
            node = node.getparent()
        while node is not None and self._holders[node] <= record:
            parent = node.getparent()
            if parent is not None and self._holders.get(parent, record + 1) <= record:
                alike = (one for one in parent.iterchildren(node.tag) if one is not node)
                if any(one in self._holders for one in alike):
                    return True
            node = parent if parent in self._holders else None
        return False

    def singles(self) -> list[Region]:
        """The elements that may be the only dated row of a list."""
        rows = dated_rows(self._flat, self._worth)
        return [Region([span], strict=True, side="in", score=0.6) for span in rows]


def _titled(flat: FlatPage) -> list[int]:
    """The places of links that may be titles: they say words, and lead on from no other link."""
    said = {
        anchor.place: (flat.said(anchor.place, max(anchor.end, anchor.place + 1)), anchor.url)
        for anchor in flat.anchors
    }
    worded = {place: one for place, one in said.items() if says_words(one[0])}
    leading = {place for place, (text, _) in worded.items() if LEADING.match(text)}
    told = {urldefrag(url)[0] for place, (_, url) in worded.items() if place not in leading}
    return [
        place
        for place, (_, url) in worded.items()
        if place not in leading or urldefrag(url)[0] not in told
    ]


def says_words(text: str) -> bool:
    """Whether a link says several words, as a title does, in scripts without spaces too."""
    return len(text.split()) >= WORDS or len(text) >= _UNSPACED


def place_of(node: etree._Element) -> str:
    """Where an element stands: its tags and classes and those of what is around it.

    Without numbers and what says which row it is, so that it is the same for all rows of all pages
    of a listing.
    """
    return " ".join(map(_step, _with_ancestors(node)))


def stands_at(node: etree._Element, place: str) -> bool:
    """Whether an element stands at a place (see place_of), or in a row beside what stands there.

    A first or last row often has a class more than the others.
    """
    steps = place.split(" ")
    around = _with_ancestors(node)
    return len(around) == len(steps) and all(
        step == (own := _step(one)) or _has_more_classes(step, own)
        for step, one in zip(steps, around, strict=True)
    )


def _with_ancestors(node: etree._Element) -> list[etree._Element]:
    return [node, *islice(node.iterancestors(), _AROUND)]


def _step(node: etree._Element) -> str:
    names = [name for name in (node.get("class") or "").split() if not _ORDER.search(name)]
    return _DIGITS.sub("", f"{node.tag}.{'.'.join(names[:4])}")


def _has_more_classes(step: str, other: str) -> bool:
    """Whether one of two elements of one tag has all classes of the other, and more."""
    (tag, *own), (other_tag, *others) = step.split("."), other.split(".")
    return (
        tag == other_tag
        and "" not in {*own[:1], *others[:1]}
        and (set(own) <= set(others) or set(others) <= set(own))
    )
