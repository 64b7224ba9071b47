"""From the records of a block to its items: which link, which title, which date."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean

from lxml import etree

from data.models import Published
from spiders.dated_marks import DateMark
from spiders.listing_blocks import Block
from spiders.outline import Anchor, Outline, Text
from spiders.pages import ListingItem

MAX_RECORDS = 10_000

_GENERIC = re.compile(
    r"\W*(?:read|learn|view|see|show|find out|full|more|continue|click|download|details?|open|here|pdf|"
    r"html?|docx?|link|watch|listen|print|share|weiterlesen|mehr|lire|leer|leia|подробнее|читать|"
    r"далее|devam|ətraflı|اقرأ|المزيد|阅读|詳細|更多|자세히)\b.{0,24}",
    re.IGNORECASE,
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt"))
_TITLE_CLASS = re.compile(r"title|headline|heading|caption|subject|name", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|odt|rtf)(?:$|\?)", re.IGNORECASE)


@dataclass(slots=True)
class Record:
    """A record's extent, with what lies in it."""

    begin: int
    end: int
    anchors: list[Anchor]
    texts: list[Text]
    dates: list[DateMark]


def records_of(block: Block, outline: Outline, dates: list[DateMark]) -> list[Record]:
    """The records of a block that hold a link, each with its texts and the date that is its own."""
    spans = sorted(block.records, key=lambda span: span.begin)[:MAX_RECORDS]
    places = [mark.place for mark in dates]
    out = []
    for index, span in enumerate(spans):
        begin, end = span.begin, span.end
        floor = spans[index - 1].end if index else 0
        ceiling = spans[index + 1].begin if index + 1 < len(spans) else outline.size
        if block.side == "before":
            begin = max(floor, begin - 12)
        elif block.side == "after":
            end = min(ceiling, end + 12)
        own = _between(dates, places, begin, end)
        if block.side == "above" and not own:
            own = _between(dates, places, 0, span.begin)[-1:]
        anchors = outline.anchors_in(span.begin, max(span.end, span.begin + 1))
        if anchors:
            out.append(Record(begin, end, anchors, outline.texts_in(begin, end), own))
    return out


def _between(dates: list[DateMark], places: list[int], begin: int, end: int) -> list[DateMark]:
    return dates[bisect_left(places, begin) : bisect_left(places, end)]


def items_of(block: Block, records: list[Record], outline: Outline) -> list[ListingItem]:
    """One item for each record, in page order."""
    links = _Slots(block, records, outline)
    items = []
    for record in records:
        anchor = links.choose(record)
        if anchor is None:
            continue
        title = links.title(record, anchor)
        items.append(ListingItem(anchor.url, title, _date(record, links.date_signs)))
    return items


def _date(record: Record, signs: Counter[int]) -> Published | None:
    if not record.dates:
        return None
    best = max(
        enumerate(record.dates),
        key=lambda pair: (
            pair[1].published.rule == "listing:time",
            pair[1].alone,
            signs[pair[1].sign],
            -pair[0],
        ),
    )
    return best[1].published


class _Slots:
    """What stands in each kind of place, over all records of a block."""

    def __init__(self, block: Block, records: list[Record], outline: Outline) -> None:
        self._strict = block.strict
        self._size = len(records)
        self._outline = outline
        self.date_signs: Counter[int] = Counter(
            sign for record in records for sign in {mark.sign for mark in record.dates}
        )
        self._link_texts: dict[int, list[str]] = defaultdict(list)
        self._link_urls: dict[int, set[str]] = defaultdict(set)
        self._link_records: Counter[int] = Counter()
        self._slot_nodes: dict[int, Anchor] = {}
        self._text_texts: dict[int, list[str]] = defaultdict(list)
        self._text_nodes: dict[int, Text] = {}
        self._text_first: dict[int, list[int]] = defaultdict(list)
        for record in records:
            seen = set()
            for anchor in record.anchors:
                slot = self._slot(anchor)
                if slot in seen:
                    continue
                seen.add(slot)
                self._slot_nodes.setdefault(slot, anchor)
                self._link_records[slot] += 1
                self._link_texts[slot].append(self._text_of(anchor))
                self._link_urls[slot].add(anchor.url)
            dated = {mark.place for mark in record.dates if mark.alone}
            seen = set()
            for order, text in enumerate(record.texts):
                if text.place in dated or text.sign in seen:
                    continue
                seen.add(text.sign)
                self._text_nodes.setdefault(text.sign, text)
                self._text_texts[text.sign].append(text.text)
                self._text_first[text.sign].append(order)
        self._link_scores = {slot: self._link_score(slot) for slot in self._link_texts}
        self._text_scores = {sign: self._text_score(sign) for sign in self._text_texts}

    def _slot(self, anchor: Anchor) -> int:
        return anchor.sign if self._strict else anchor.loose

    def _text_of(self, anchor: Anchor) -> str:
        inner = self._outline.texts_in(anchor.place, max(anchor.end, anchor.place + 1))
        text = " ".join(text.text for text in inner)
        return text or (anchor.node.get("title") or "").strip()

    def _link_score(self, slot: int) -> float:
        texts = self._link_texts[slot]
        coverage = self._link_records[slot] / self._size
        distinct = len(self._link_urls[slot]) / self._link_records[slot]
        anchor = self._slot_nodes[slot]
        score = 0.25 + _titleness(texts)
        if _in_heading(anchor.node):
            score += 0.4
        if _DOCUMENT.search(anchor.url):
            score += 0.15
        return coverage * distinct * score

    def _text_score(self, sign: int) -> float:
        texts = self._text_texts[sign]
        coverage = min(1.0, len(texts) / self._size)
        text = self._text_nodes[sign]
        score = _titleness(texts)
        if _in_heading(text.parent):
            score += 0.5
        if _TITLE_CLASS.search(text.parent.get("class") or ""):
            score += 0.4
        first = mean(self._text_first[sign])
        return coverage * score / (1 + 0.08 * first)

    def choose(self, record: Record) -> Anchor | None:
        return max(
            record.anchors, key=lambda anchor: self._link_scores[self._slot(anchor)], default=None
        )

    def title(self, record: Record, anchor: Anchor) -> str:
        texts = self._link_texts[self._slot(anchor)]
        own = max(
            (self._text_of(other) for other in record.anchors if other.url == anchor.url),
            key=lambda text: (not _GENERIC.fullmatch(text), len(text)),
        )
        if own and (_titleness(texts) >= 0.3 or _titleness([own]) >= 0.7):
            return own
        dated = {mark.place for mark in record.dates if mark.alone}
        others = [text for text in record.texts if text.place not in dated]
        best = max(others, key=lambda text: self._text_scores.get(text.sign, 0), default=None)
        return best.text if best else own


def _titleness(texts: Iterable[str]) -> float:
    """How much texts look like titles, 0 to 1: several words, not the same each time."""
    texts = list(texts)
    if not texts:
        return 0.0
    value = 0.0
    for text in texts:
        words = len(_WORDS.findall(text[:300]))
        if words and not _GENERIC.fullmatch(text):
            value += min(1.0, words / 5) if len(text) < 250 else 0.5
    repeated = Counter(texts).most_common(1)[0][1]
    share = (repeated - 1) / max(1, len(texts) - 1)
    return value / len(texts) * (1 - share)


def _in_heading(node: etree._Element | None) -> bool:
    for _ in range(4):
        if node is None:
            return False
        if node.tag in _HEADINGS:
            return True
        node = node.getparent()
    return False
