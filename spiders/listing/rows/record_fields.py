"""Convert the records of a region to items: choose the link, title and date of each record."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cached_property
from itertools import islice, takewhile
from math import inf

from data.dates.context import DateContext
from data.dates.parse import parse_date
from data.models import Published
from spiders.items import ListingItem
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import FlatPage, LinkMark, joined_line
from spiders.listing.rows.records import MAX_RATED, Record
from spiders.listing.rows.side_lists import HEADINGS, is_month_archive, is_side_link
from spiders.listing.rows.titles import (
    Titles,
    are_captions,
    case_name,
    generic_text,
    in_heading,
    in_named_title,
    lead_in,
    lead_of,
    title_likeness,
    undated_titles,
)
from spiders.page.media_files import TEXTS, leads_to_file

_PARTS = HEADINGS | {"div", "p", "time", "li", "td"}
_DOCUMENT = re.compile(rf"\.(?:{TEXTS})(?:$|\?)", re.IGNORECASE)
_FILE_NOTE = re.compile(
    r"\s*[\[(（【]\W{0,3}(?:pdf|word|docx?|odt|rtf|excel|xlsx?|[\d.,]{1,8}\s?[kmg]i?b)(?![a-z\d])"
    r"[^()（）\[\]【】]{0,30}[\])）】]\s*$",
    re.IGNORECASE,
)
"""Pattern that matches a note about the linked file after a title: *(PDF, 120 KB)*."""

MAX_TITLE_LINKS = 20
"""Maximum number of links with the same URL in a record whose texts may be the title."""

_CLOCK = re.compile(r"\d{1,2}:\d\d(?:\s?[AaPp]\.?[Mm]\.?)?")
_CUT = re.compile(r"\s*(?:\.{3}|…)$")
_DOTS = ("...", "…")
_MIN_LIKELY_TITLE_LIKENESS = 0.3
"""Minimum title likeness (0 to 1) of texts that are probably titles."""

_MIN_CERTAIN_TITLE_LIKENESS = 0.7
"""Minimum title likeness (0 to 1) of texts that are certainly titles."""

_MIN_POSSIBLE_TITLE_LIKENESS = 0.1
"""Minimum title likeness (0 to 1) of link texts that may include titles."""

_HALF = 0.5
_MIN_NEARLY_ALL_SHARE = 0.8
"""Minimum share of records that counts as nearly all records."""

_COMPARED_START_LENGTH = 12
"""Number of characters at the start of a link's text that a heading of the same record must
contain."""

_SIDE_LINK_FACTOR = 0.05
"""Factor applied to the score of links to authors, tags and archives."""

_MAX_LENGTH_BESIDE_DATE = 12
"""Maximum number of other characters in a link's text with a date. If there are more, the date is
part of a title."""


class RecordFields:
    """The items of a region in page order, and measures of their quality.

    ``crowded`` is the number of records with several links that could each be the title. The other
    measures are shares of records:

    - ``headed``: records whose link is in a heading
    - ``aside``: records whose link leads to an author, tag or archive
    - ``dated_alone``: records whose date is a separate text

    The first MAX_RATED records determine which links, texts and dates are extracted from all
    records, and the shares.
    """

    def __init__(self, records: list[Record], flat: FlatPage, *, strict: bool) -> None:
        self._records = records
        self._rated = rated = records[:MAX_RATED]
        self._flat = flat
        self._strict = strict
        self._slots: dict[int, list[tuple[int, LinkMark]]] = defaultdict(list)
        for record in rated:
            self._learn(record)
        self._likeness = {
            slot: title_likeness(self._text_of(anchor) for _, anchor in placed)
            for slot, placed in self._slots.items()
        }
        self._side = {slot for slot in self._slots if self._is_side(slot)}
        self._links = {slot: self._rate(slot) for slot in self._slots}
        self._date_signs = Counter(
            sign for record in rated for sign in {mark.sign for mark in record.dates}
        )
        self._dated = sum(bool(record.dates) for record in rated) >= _HALF * len(rated)
        links = [self._link(record) for record in records]
        aside = (self._slot(link) in self._side or is_side_link(link) for link in links[:MAX_RATED])
        self.aside = sum(aside) / max(1, len(rated))
        self.headed = sum(in_heading(link.node) for link in links[:MAX_RATED]) / max(1, len(rated))
        alone = (any(mark.alone for mark in record.dates) for record in rated)
        self.dated_alone = sum(alone) / max(1, len(rated))
        self.crowded = sum(map(self._is_crowded, rated, links))
        self.items = list(map(self._item, records, links))
        titles = [item.title for item in self.items[:MAX_RATED]]
        self._lead = lead_of(titles, map(self._ends, titles, rated, links))
        if self._lead:
            self.items = list(map(self._without_lead, self.items, records, links))
        if self.headed < _HALF and len(records) > 1:
            self.items = self._with_headlines()
        dates = [item.published.raw if item.published else "" for item in self.items]
        titles = undated_titles([item.title for item in self.items], dates)
        self.items = [
            item if item.title == title else replace(item, title=title)
            for item, title in zip(self.items, titles, strict=True)
        ]
        if are_captions([item.title for item in self.items]):
            self.items = [replace(item, title=case_name(item.title)) for item in self.items]

    @cached_property
    def _titles(self) -> Titles:
        # Computed on demand, because most records have their title in their link.
        return Titles(self._rated)

    @cached_property
    def likeness(self) -> float:
        """Title likeness of the items (0 to 1): how much their titles look like titles."""
        return title_likeness(item.title for item in self.items[:MAX_RATED])

    def _slot(self, anchor: LinkMark) -> int:
        return anchor.sign if self._strict else anchor.loose

    def _learn(self, record: Record) -> None:
        """Group the links of a record by signature (slot).

        Only the first link with each signature counts.
        """
        seen = set()
        for order, anchor in enumerate(record.anchors):
            if (slot := self._slot(anchor)) not in seen:
                seen.add(slot)
                self._slots[slot].append((order, anchor))

    def _rate(self, slot: int) -> float:
        """Return how likely the links with a signature (slot) are their records' main links."""
        anchors = [anchor for _, anchor in self._slots[slot]]
        coverage = len(anchors) / len(self._rated)
        distinct = len({anchor.url for anchor in anchors}) / len(anchors)
        score = 0.25 + self._likeness[slot]
        score += 0.4 * in_heading(anchors[0].node)
        # If a document is linked after a headline that leads to a page, it is part of that page's
        # teaser.
        score += 0.15 * (self._is_document(slot) and self._order(slot) <= self._headline_order)
        score *= _SIDE_LINK_FACTOR if slot in self._side else 1.0
        return coverage * distinct * score / (1 + 0.05 * self._order(slot))

    def _order(self, slot: int) -> float:
        """Return the mean number of links before a slot's link in its record.

        A slot consists of the links with the same signature.
        """
        placed = self._slots[slot]
        return sum(order for order, _ in placed) / len(placed)

    def _is_document(self, slot: int) -> bool:
        return bool(_DOCUMENT.search(self._slots[slot][0][1].url))

    @cached_property
    def _headline_order(self) -> float:
        """The mean number of links before a record's first headline that leads to a page.

        Headlines that lead to documents are ignored.
        """
        headlines = (
            self._order(slot)
            for slot, placed in self._slots.items()
            if len(placed) >= _MIN_NEARLY_ALL_SHARE * len(self._rated)
            and self._likeness[slot] >= _MIN_CERTAIN_TITLE_LIKENESS
            and slot not in self._side
            and not self._is_document(slot)
        )
        return min(headlines, default=inf)

    def _is_side(self, slot: int) -> bool:
        """Whether most links with a signature (slot) lead to authors, categories, tags or archives.

        Links to monthly archives count only if they don't look like titles and are beside other
        links.
        """
        anchors = [anchor for _, anchor in self._slots[slot]]
        side = sum(map(is_side_link, anchors))
        if self._likeness[slot] < _MIN_LIKELY_TITLE_LIKENESS and len(self._slots) > 1:
            side = max(side, sum(map(is_month_archive, anchors)))
        return side > _HALF * len(anchors)

    def _text_of(self, anchor: LinkMark) -> str:
        return self._flat.text_of(anchor) or (anchor.node.get("title") or "").strip()

    def like_these(self, record: Record) -> ListingItem | None:
        """Convert an unrated record to an item, or return None if it differs from the rated ones.

        It differs if none of its links has the signature of a link in the rated records.
        """
        known = [anchor for anchor in record.anchors if self._slot(anchor) in self._links]
        if not known:
            return None
        like = replace(record, anchors=known)
        link = self._link(like)
        return self._without_lead(self._item(like, link), like, link)

    def _item(self, record: Record, anchor: LinkMark) -> ListingItem:
        title = self._title(record, anchor)
        if leads_to_file(anchor.url):
            title = _FILE_NOTE.sub("", title) or title
        return ListingItem(anchor.url, title, self._date(record, anchor))

    def _link(self, record: Record) -> LinkMark:
        return max(record.anchors, key=lambda anchor: self._links.get(self._slot(anchor), 0.0))

    def _is_crowded(self, record: Record, link: LinkMark) -> bool:
        """Whether several links of a record, with different URLs, could each be the title."""
        if len(record.anchors) == 1:
            return False
        slot = self._slot(link)
        others = [other for other in record.anchors if self._slot(other) == slot]
        if len({other.url for other in others}) <= 1:
            return False
        likely = {
            other.url
            for other in others
            if title_likeness([self._text_of(other)]) >= _MIN_LIKELY_TITLE_LIKENESS
        }
        return len(likely) > 1

    def _title(self, record: Record, anchor: LinkMark) -> str:
        same = islice((one for one in record.anchors if one.url == anchor.url), MAX_TITLE_LINKS)
        titled = [one for one in same if one is anchor or self._slot(one) not in self._side]
        titles = [(self._own_title(record, one), one) for one in titled]

        def rank(candidate: tuple[str, LinkMark]) -> tuple[bool | int, ...]:
            title, one = candidate
            is_likely = self._likeness.get(self._slot(one), 0.0) >= _MIN_LIKELY_TITLE_LIKENESS
            headed = bool(title) and in_heading(one.node)
            return not generic_text().fullmatch(title), headed, is_likely, len(title)

        own = titles[0][0] if len(titles) == 1 else max(titles, key=rank)[0]
        likeness = self._likeness.get(self._slot(anchor), 0.0)
        if own and (
            likeness >= _MIN_LIKELY_TITLE_LIKENESS
            or (
                likeness >= _MIN_POSSIBLE_TITLE_LIKENESS
                and title_likeness([own]) >= _MIN_CERTAIN_TITLE_LIKENESS
            )
        ):
            return own
        return self._titles.best(record) or own

    def _ends(self, title: str, record: Record, link: LinkMark) -> list[str]:
        """Return texts of a record that may be the real title, because its title ends with them.

        These are texts outside links, and texts of links to the same URL.
        """
        links = (self._text_of(other) for other in record.anchors if other.url == link.url)
        beside = (
            text.text
            for text in record.undated
            if text.text != title
            and title.endswith(text.text)
            and ((" " in text.text and not record.is_linked(text)) or in_heading(text.parent))
        )
        return [*links, *beside]

    def _without_lead(self, item: ListingItem, record: Record, link: LinkMark) -> ListingItem:
        if lead_in(item.title, self._ends(item.title, record, link)) != self._lead:
            return item
        return replace(item, title=item.title.removeprefix(self._lead))

    def _with_headlines(self) -> list[ListingItem]:
        """Return the items with titles from headings, if the link texts only repeat the headings.

        All link texts must begin with the same words. Example: the link "Lire la suite sur Une
        jetée s'ouv…" below the heading "Une jetée s'ouvre".
        """
        titles = [item.title for item in self.items]
        shared = takewhile(
            lambda pair: pair[0] == pair[1], zip(min(titles), max(titles), strict=False)
        )
        lead = sum(1 for _ in shared)
        if lead <= 1:
            return self.items
        found = []
        for item, record in zip(self.items, self._records, strict=True):
            rest = _CUT.sub("", item.title[lead:])[:_COMPARED_START_LENGTH].strip()
            heading = next(
                (
                    text.text
                    for text in record.undated
                    if rest and rest in text.text and in_heading(text.parent)
                ),
                item.title,
            )
            found.append(replace(item, title=heading))
        changed = sum(one.title != item.title for one, item in zip(found, self.items, strict=True))
        return found if changed >= _MIN_NEARLY_ALL_SHARE * len(found) else self.items

    def _own_title(self, record: Record, anchor: LinkMark) -> str:
        """Return the title in a record's link.

        This is usually the link's text or, if the link contains a whole record, the text that looks
        most like a title. A text that ends in "…" is replaced by the link's ``title`` attribute.
        """
        inner = [text for text in record.undated if anchor.place <= text.place < anchor.end]
        cut = [_CUT.sub("", text.text) for text in inner if text.text.endswith(_DOTS)]
        tooltip = " ".join((anchor.node.get("title") or "").split()) if cut else ""
        if any(map(tooltip.startswith, cut)):
            return tooltip
        if len(inner) > 1:
            if any(child.tag in _PARTS for child in anchor.node.iter()):
                return max(inner, key=self._titles.score).text
            named = [text for text in inner if in_named_title(text.parent, anchor.node)]
            if named and max(map(self._titles.score, named)) >= _MIN_CERTAIN_TITLE_LIKENESS:
                return joined_line(named)
        return joined_line(inner) or self._text_of(anchor)

    def _date(self, record: Record, link: LinkMark) -> Published | None:
        """Return the publication date of a record, or None.

        A ``<time>`` element is preferred, then a separate date at the position that most records
        use. Dates of events or changes, and dates in titles, are used only if the record has no
        other date. If most records have no date, dates in titles are ignored, because they are
        rarely publication dates.
        """
        dates = [
            mark
            for mark in record.dates
            if self._dated or mark.alone or not link.place <= mark.place < link.end
        ]
        if not dates:
            return None
        titles = {
            text.place: len(text.text)
            for text in record.texts
            if link.place <= text.place < link.end
        }

        def rank(placed: tuple[int, DateMark]) -> tuple[bool | int, ...]:
            order, mark = placed
            at = mark.published
            known, stated = at is not None, at is not None and at.rule == "listing:time"
            titled = (
                at is not None and titles.get(mark.place, 0) > len(at.raw) + _MAX_LENGTH_BESIDE_DATE
            )
            agreed = self._date_signs[mark.sign]
            shown = not self._flat.is_hidden(mark.place)
            return known, not mark.other, not titled, stated, mark.alone, shown, agreed, -order

        published = max(enumerate(dates), key=rank)[1].published
        if published is None or published.precision != "day":
            return published
        clocks = (text.text for text in record.undated if _CLOCK.fullmatch(text.text))
        clock = next(clocks, None)
        if clock is None:
            return published
        context = DateContext(published.zone)
        return parse_date(f"{published.iso} {clock}", context, published.rule) or published
