"""From the records of a block to its items: which link, which title, which date.

Decided for all records together: what stands in one kind of place in most of them, differs from one
to the next and reads like a title is the title.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from statistics import mean

from lxml import etree

from data.models import Published
from spiders.case_names import are_captions, case_name
from spiders.listing_records import Record
from spiders.outline import Anchor, Outline, Text
from spiders.pages import ListingItem

_GENERIC = re.compile(
    r"\W*(?:read|learn|view|see|show|find out|full|more|continue|click|download|details?|open|here|"
    r"pdf|html?|docx?|link|watch|listen|print|share|overview|summary|agenda|minutes|weiterlesen|"
    r"mehr|lire|leer|leia|подробнее|читать|далее|devam|ətraflı|اقرأ|المزيد|阅读|詳細|更多|자세히)"
    r"\b.{0,24}",
    re.IGNORECASE,
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt"))
_PARTS = _HEADINGS | {"div", "p", "time", "li", "td"}
_TITLE_CLASS = re.compile(r"title|headline|heading|caption|subject", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|odt|rtf)(?:$|\?)", re.IGNORECASE)
_LABEL = 24
_OFTEN = 0.5
_FILE = re.compile(r"\S{1,200}\.\w{2,4}")
_LONG_TITLE = 200
_TITLE_WORDS = 4
_SENTENCE_WORDS = 9
_TITLE_LIKE = 0.3
_SURELY_TITLE = 0.7
_HEADING_ABOVE = 4


class Items:
    """The items of one block, and how good they are."""

    def __init__(self, records: list[Record], outline: Outline, *, strict: bool) -> None:
        self._records = records
        self._outline = outline
        self._strict = strict
        self._slots: dict[int, list[Anchor]] = defaultdict(list)
        self._orders: dict[int, list[int]] = defaultdict(list)
        self._parents: dict[int, list[tuple[int, Text]]] = defaultdict(list)
        for record in records:
            self._learn(record)
        self._likeness = {
            slot: title_likeness(self._text_of(anchor) for anchor in anchors)
            for slot, anchors in self._slots.items()
        }
        self._links = {slot: self._link_score(slot) for slot in self._slots}
        self._texts = {sign: self._text_score(sign) for sign in self._parents}
        self._date_signs = Counter(
            sign for record in records for sign in {mark.sign for mark in record.dates}
        )
        self.items: list[ListingItem] = []
        self.crowded = 0
        for record in records:
            self._add(record)
        if are_captions([item.title for item in self.items]):
            self.items = [replace(item, title=case_name(item.title)) for item in self.items]

    @property
    def likeness(self) -> float:
        """How much the titles look like titles, 0 to 1."""
        return title_likeness(item.title for item in self.items)

    def _slot(self, anchor: Anchor) -> int:
        return anchor.sign if self._strict else anchor.loose

    def _learn(self, record: Record) -> None:
        """Note the first link and the first text in each kind of place."""
        seen = set()
        for order, anchor in enumerate(record.anchors):
            if (slot := self._slot(anchor)) not in seen:
                seen.add(slot)
                self._slots[slot].append(anchor)
                self._orders[slot].append(order)
        seen = set()
        for order, text in enumerate(_undated(record)):
            if text.sign not in seen:
                seen.add(text.sign)
                self._parents[text.sign].append((order, text))

    def _text_of(self, anchor: Anchor) -> str:
        inner = self._outline.texts_in(anchor.place, max(anchor.end, anchor.place + 1))
        text = " ".join(text.text for text in inner)
        return text or (anchor.node.get("title") or "").strip()

    def _link_score(self, slot: int) -> float:
        anchors = self._slots[slot]
        coverage = len(anchors) / len(self._records)
        distinct = len({anchor.url for anchor in anchors}) / len(anchors)
        score = 0.25 + self._likeness[slot]
        score += 0.4 * _in_heading(anchors[0].node)
        score += 0.15 * bool(_DOCUMENT.search(anchors[0].url))
        return coverage * distinct * score / (1 + 0.05 * mean(self._orders[slot]))

    def _text_score(self, sign: int) -> float:
        found = self._parents[sign]
        parent = found[0][1].parent
        texts = [text.text for _, text in found]
        score = title_likeness(texts)
        score += 0.5 * _in_heading(parent)
        score += 0.4 * bool(_TITLE_CLASS.search(parent.get("class") or ""))
        score += 0.15 * (parent.tag in {"b", "strong"})
        score *= 0.3 if mean(map(len, texts)) > _LONG_TITLE else 1.0
        score *= 0.6 if sum(map(_is_sentence, texts)) > len(texts) / 2 else 1.0
        score *= 0.2 if sum(text.endswith(":") for text in texts) > len(texts) / 2 else 1.0
        return len(found) / len(self._records) * score / (1 + 0.1 * mean(at for at, _ in found))

    def _add(self, record: Record) -> None:
        anchor = max(record.anchors, key=lambda anchor: self._links[self._slot(anchor)])
        slot = self._slot(anchor)
        title = self._title(record, anchor)
        self.items.append(ListingItem(anchor.url, title, self._date(record)))
        others = {
            other.url
            for other in record.anchors
            if self._slot(other) == slot and title_likeness([self._text_of(other)]) >= _TITLE_LIKE
        }
        self.crowded += len(others) > 1

    def _title(self, record: Record, anchor: Anchor) -> str:
        same = [other for other in record.anchors if other.url == anchor.url]
        own = max(
            (self._own_title(record, other) for other in same),
            key=lambda text: (not _GENERIC.fullmatch(text), len(text)),
        )
        likely = self._likeness[self._slot(anchor)] >= _TITLE_LIKE
        if own and (likely or title_likeness([own]) >= _SURELY_TITLE):
            return own
        best = max(_undated(record), key=lambda text: self._texts[text.sign], default=None)
        return best.text if best and self._texts[best.sign] > 0 else own

    def _own_title(self, record: Record, anchor: Anchor) -> str:
        """The text of a link, or the title within one that holds the whole of a record."""
        inner = [text for text in _undated(record) if anchor.place <= text.place < anchor.end]
        if len(inner) > 1 and any(child.tag in _PARTS for child in anchor.node.iter()):
            return max(inner, key=lambda text: self._texts[text.sign]).text
        return " ".join(text.text for text in inner) or self._text_of(anchor)

    def _date(self, record: Record) -> Published | None:
        """The date that a ``<time>`` states, else one that stands alone where most have theirs."""
        marks = enumerate(record.dates)
        best = max(
            marks,
            key=lambda pair: (
                pair[1].published is not None,
                pair[1].published is not None and pair[1].published.rule == "listing:time",
                pair[1].alone,
                self._date_signs[pair[1].sign],
                -pair[0],
            ),
            default=None,
        )
        return best[1].published if best else None


def title_likeness(texts: Iterable[str]) -> float:
    """How much texts look like titles, 0 to 1: several words, and not the same each time."""
    texts = list(texts)
    if not texts:
        return 0.0
    value = 0.0
    for text in texts:
        if not _GENERIC.fullmatch(text):
            words = 1 if _FILE.fullmatch(text) else len(_WORDS.findall(text[:_LONG_TITLE]))
            value += min(1.0, words / _TITLE_WORDS) * (0.6 if _is_sentence(text) else 1.0)
    commonest = Counter(texts).most_common(1)[0][1]
    repeated = (commonest - 1) / max(1, len(texts) - 1)
    labels = Counter(text.partition(":")[0] for text in texts if ":" in text[:_LABEL])
    labelled = labels.most_common(1)[0][1] / len(texts) if labels and len(texts) > 1 else 0.0
    return value / len(texts) * (1 - repeated) * (0.4 if labelled >= _OFTEN else 1.0)


def _is_sentence(text: str) -> bool:
    return text.endswith(".") and len(text.split()) > _SENTENCE_WORDS


def _undated(record: Record) -> list[Text]:
    """The texts that are no dates."""
    spans = [(mark.place, mark.last) for mark in record.dates if mark.alone]
    return [
        text
        for text in record.texts
        if not any(first <= text.place <= last for first, last in spans)
    ]


def _in_heading(node: etree._Element | None) -> bool:
    for _ in range(_HEADING_ABOVE):
        if node is None:
            return False
        if node.tag in _HEADINGS:
            return True
        node = node.getparent()
    return False
