"""Read a listing: the releases that a page links to, with titles and dates."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from data.dates import Reading
from spiders.dated_marks import date_marks, page_reading
from spiders.declared_listing import declared_items
from spiders.listing_blocks import Block, blocks, encloses
from spiders.listing_items import Items
from spiders.listing_records import records_of
from spiders.outline import MAX_ANCHORS, MAX_ELEMENTS, outline
from spiders.page import Page
from spiders.pages import ListingItem, ListingPage
from spiders.pagination import next_page
from spiders.source import ListingRules
from spiders.syndicated import html_within, read_syndicated

_HOPELESS = 0.8
_NESTED = 2
_TITLE_LENGTH = 30
_HEADED = 0.55
_TITLED = 0.8


@dataclass(frozen=True, slots=True)
class _Choice:
    items: list[ListingItem]
    block: Block
    score: float


def read_listing(page: Page, reading: Reading, rules: ListingRules | None = None) -> ListingPage:
    """The items of a listing page in page order, and the address of the next page.

    Declared selectors win; then a feed, a sitemap or JSON is read as what it is; else the block
    that lists dated releases is detected. Nothing found is a reason, never an exception.
    """
    if rules and (rules.item or rules.link):
        items = declared_items(page, reading, rules)
        reasons = () if items else ("the declared selectors match no link on this page",)
        return ListingPage(page.url, items, next_page(page, rules), "declared", 1.0, reasons)
    made = read_syndicated(page, reading)
    if made:
        within = None if made.items else html_within(page)
        if not within:
            return made
        page = Page(page.url, within.encode())
    return _detected(page, reading, rules)


def _detected(page: Page, reading: Reading, rules: ListingRules | None) -> ListingPage:
    flat = outline(page)
    reading = page_reading((text.text for text in flat.texts), page, reading)
    dates = date_marks(flat, page.url, reading)
    choices: list[_Choice] = []
    best_score = 0.0
    for block in blocks(flat, dates):
        if block.score < best_score * _HOPELESS:
            break  # a block's items can only lower what its counts promise
        records = records_of(block, flat, dates)
        if records:
            items = Items(records, flat, strict=block.strict)
            if _speaks(block, items):
                choices.append(_Choice(items.items, block, _score(block, items)))
                best_score = max(best_score, choices[-1].score)
    best = max(choices, key=lambda choice: choice.score, default=None)
    if best and best.block.side in {"before", "after"}:
        # Where the date is outside of the record, the record is larger than that.
        whole = [c for c in choices if c.block.side == "in" and encloses(c.block, best.block)]
        best = max(whole, key=lambda choice: choice.score, default=best)
    reasons = []
    if flat.cut:
        bounds = f"{MAX_ELEMENTS} elements and {MAX_ANCHORS} links"
        reasons.append(f"only the first {bounds} of the page were read")
    if best is None or not best.items:
        reasons.append("no repeated block of links was found")
        return ListingPage(page.url, (), None, "", 0.0, tuple(reasons))
    found = _unique(best.items)
    dated = sum(item.published is not None for item in found) / len(found)
    if not dated:
        reasons.append("no dates were found beside the links")
    rule = f"block:{best.block.side or 'undated'}"
    confidence = round(min(1.0, best.score / len(found)) * (0.5 + 0.5 * dated), 2)
    return ListingPage(page.url, found, next_page(page, rules), rule, confidence, tuple(reasons))


def _score(block: Block, items: Items) -> float:
    """What a block is worth: its records by their dates, and how much their titles are titles.

    Where the date is further away the title must speak for the record. A record with several titles
    of one kind is a list itself.
    """
    size = len(items.items)
    distinct = len({item.url for item in items.items}) / size
    floor = {"in": 0.35, "before": 0.25, "after": 0.25, "above": 0.1, "": 0.0}[block.side]
    titled = floor + (1 - floor) * items.likeness
    row = block.records[0].node.tag in {"tr", "li"}
    crowded = 0.0 if row else items.crowded / size
    return block.score * distinct * titled * (1 - 0.6 * crowded)


def _speaks(block: Block, items: Items) -> bool:
    """Whether the titles say enough, the more so the further the dates are away.

    Without dates only long titles tell a list of releases from a menu.
    """
    if block.side:
        return block.side != "above" or items.likeness >= _HEADED
    length = sum(len(item.title) for item in items.items) / len(items.items)
    return items.likeness >= _TITLED and length >= _TITLE_LENGTH and not _is_menu(block)


def _is_menu(block: Block) -> bool:
    """Whether the records lie in a list within a list, as the entries of a menu do."""
    lists = 0
    node: etree._Element | None = block.records[0].node
    while node is not None and lists < _NESTED:
        lists += node.tag in {"ul", "ol"}
        node = node.getparent()
    return lists >= _NESTED


def _unique(items: list[ListingItem]) -> tuple[ListingItem, ...]:
    seen: dict[str, ListingItem] = {}
    for item in items:
        seen.setdefault(item.url, item)
    return tuple(seen.values())
