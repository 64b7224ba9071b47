"""Read a listing: the releases that a page links to, with titles and dates."""

from __future__ import annotations

from data.dates import Reading
from spiders.dated_marks import date_marks, page_reading
from spiders.declared_listing import declared_items
from spiders.listing_blocks import Block, blocks
from spiders.listing_records import items_of, records_of
from spiders.outline import outline
from spiders.page import Page
from spiders.pages import ListingItem, ListingPage
from spiders.pagination import next_page
from spiders.source import ListingRules
from spiders.syndicated import html_within, read_syndicated


def read_listing(page: Page, reading: Reading, rules: ListingRules | None = None) -> ListingPage:
    """The items of a listing page."""
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
    flat = outline(page)
    reading = page_reading(flat, page.url, reading)
    dates = date_marks(flat, reading)
    best: tuple[float, list[ListingItem], Block] | None = None
    for block in blocks(flat, dates):
        records = records_of(block, flat, dates)
        if not records:
            continue
        items = items_of(block, records, flat)
        score = _score(block, items)
        if best is None or score > best[0]:
            best = score, items, block
    if best is None:
        return ListingPage(page.url, (), reasons=("no repeated block of links was found",))
    return ListingPage(
        page.url,
        _unique(best[1]),
        next=next_page(page, rules),
        rule=f"block:{best[2].side}",
        confidence=0.5,
    )


def _score(block: Block, items: list[ListingItem]) -> float:
    distinct = len({item.url for item in items}) / max(1, len(items))
    titled = sum(len(item.title) > 12 for item in items) / max(1, len(items))
    return block.score * distinct * (0.3 + titled)


def _unique(items: list[ListingItem]) -> tuple[ListingItem, ...]:
    seen: dict[str, ListingItem] = {}
    for item in items:
        seen.setdefault(item.url, item)
    return tuple(seen.values())
