"""Extract a listing page: the releases that it links to, with titles and dates."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp
from typing import Final, NamedTuple

from data.dates.context import DateContext
from data.dates.parse import DateReader
from data.text.markup import MAX_TAGS
from data.text.urls import page_address
from spiders.items import Listing, ListingItem
from spiders.listing.declared import declared_items
from spiders.listing.detect import choose_region
from spiders.listing.feed import read_syndicated
from spiders.listing.json_listing import data_store, html_within, read_state
from spiders.listing.paging.controls import Controls
from spiders.listing.paging.pagination import next_pages
from spiders.listing.paging.period_links import archives_of
from spiders.listing.paging.unread import unread_signs
from spiders.listing.region_candidates import LIKELY_SCORE
from spiders.listing.region_features import RegionPage
from spiders.listing.rows.ambiguous_dates import page_context, shown_texts
from spiders.listing.rows.dates import DateMark, date_marks
from spiders.listing.rows.featured import continued, featured
from spiders.listing.rows.flat_page import MAX_ANCHORS, FlatPage, flatten
from spiders.listing.rows.irregular_rows import closed
from spiders.listing.rows.list_rows import with_undated
from spiders.listing.rows.records import MAX_RECORDS
from spiders.listing.rows.regions import place_of
from spiders.page.javascript import without_scripts
from spiders.page.page import NO_TEXT, Page
from spiders.page_parts.find_parts import FoundPart, find_parts
from spiders.sources.source_file import ListingRules

FEW_DATED_ITEMS: Final = 3
"""Number of dated items on a page from which its scripts are not searched. If a page has fewer
dated items, items found in scripts replace them if there are more than this many times as many."""

DECLARED: Final = "declared"
"""Rule name of a listing extracted with the selectors of its source file."""

PAGE_PARTS: Final = "sections"
"""Rule name of a listing whose releases are parts of the page itself."""

PARTS_CONFIDENCE: Final = 0.9
"""Confidence (0 to 1) in a listing whose releases are sections of the listing page, without pages
of their own."""

MIN_SHARE_INSIDE_PARTS: Final = 0.6
"""Minimum share of the detected items that must be inside the page's parts for the parts to be the
releases."""

MAX_SKIPPED_ROWS: Final = 20
"""Maximum number of skipped rows reported per page."""


def read_listing(
    page: Page,
    context: DateContext,
    rules: ListingRules | None = None,
    *,
    place: str = "",
) -> Listing:
    """Return the items of a listing page in page order, with pagination and archives.

    Selectors in ``rules`` have priority. Data stores, feeds, sitemaps and JSON are recognized next.
    Otherwise, the region that lists releases is detected. If nothing is found, the result contains
    a reason. No exception is raised.

    ``place`` is where the list is on the first page of the listing (`Listing.place`).
    """
    if rules and (rules.item or rules.link):
        limits: list[str] = []
        items = declared_items(page, context, rules, limits)
        if not items:
            limits.append("the declared selectors match no link on this page")
        controls = Controls(page)
        pages = next_pages(page, rules, controls)
        found = Listing(page.url, items, pages.next, DECLARED, 1.0, (*limits,))
        return _with_rest(found, page, pages, controls)
    store = data_store(page)
    if store:
        found = read_listing(store[0], context, place=place)
        return replace(found, next=store[1], form=None, series=None)
    made = read_syndicated(page, context)
    if made:
        within = None if made.items else html_within(page)
        if not within:
            return made
        page = Page(page.url, within.encode())
    controls = Controls(page)
    pages = next_pages(page, rules, controls)
    known = RegionPage(page.url, pages.next, place, page.tree.findtext(".//title") or "")
    shown = _shown(page, context)
    found = _with_rest(_detected(page, shown, known), page, pages, controls)
    if made and made.next:
        # The HTML is a part of a JSON document, which contains the URL of the next page.
        return replace(found, next=made.next, form=None, series=None)
    if found.items or not found.archives:
        return found
    # Links to archives may have been mistaken for the list of releases.
    shown.flat.leave_out({archive.url for archive in found.archives})
    return _with_rest(_detected(page, shown, known), page, pages, controls)


def _with_rest(listing: Listing, page: Page, pages: Listing, controls: Controls) -> Listing:
    """Add pagination, archives and signs of further releases to a listing.

    Undated items and skipped rows that link to archives or other listing pages are removed.
    """
    dated = {item.url for item in listing.items if item.published}
    beside = {pages.next, pages.before, *pages.others} - dated
    found = archives_of(page, controls)
    archives = tuple(one for one in found if one.url not in dated and one.url not in beside)
    left_out = {archive.url for archive in archives} | beside
    items = tuple(item for item in listing.items if item.url not in left_out)
    return replace(
        listing,
        items=items,
        passed=tuple(url for url in listing.passed if url not in left_out),
        form=pages.form,
        series=pages.series,
        before=pages.before,
        counts_down=pages.counts_down,
        others=pages.others,
        archives=archives,
        signs=unread_signs(page, items, listing.next, controls),
    )


class _Shown(NamedTuple):
    """The texts, links and dates of a page, and the context for parsing its dates."""

    flat: FlatPage
    reader: DateReader
    dates: list[DateMark]


def _shown(page: Page, context: DateContext) -> _Shown:
    flat = flatten(page, closed(page.tree))
    reader = DateReader(page_context(shown_texts(flat), page, context))
    return _Shown(flat, reader, date_marks(flat, page.url, reader))


def _detected(
    page: Page, read: _Shown, known: RegionPage, *, is_unscripted: bool = False
) -> Listing:
    """Detect the list of releases on a page.

    ``is_unscripted`` is true for a page made by `without_scripts`.
    """
    flat, reader, dates = read
    context = reader.context
    best = choose_region(flat, dates, known)
    shown = sum(item.published is not None for item in best.items) if best else 0
    parts = find_parts(page, context)
    if parts and are_of_parts(best.items if best else [], parts):
        items = tuple(ListingItem(one.url, one.title, one.published) for one in parts)
        return Listing(page.url, items, known.next, PAGE_PARTS, PARTS_CONFIDENCE)
    if shown < FEW_DATED_ITEMS:
        state = read_state(page, context)
        if state and len(state.items) > shown * FEW_DATED_ITEMS:
            return replace(state, next=known.next)
        hidden = None if is_unscripted else without_scripts(page)
        if hidden:
            listed = _detected(hidden, _shown(hidden, context), known, is_unscripted=True)
            more = sum(item.published is not None for item in listed.items)
            if more > shown * FEW_DATED_ITEMS:
                return listed
    reasons = [NO_TEXT] if page.is_binary else []
    if page.is_cut or flat.cut:
        bounds = f"{MAX_TAGS} tags and {MAX_ANCHORS} links"
        reasons.append(f"only the first {bounds} of the page were read")
    reasons.extend(reader.reasons)
    if best is None:
        reasons.append("no repeated block of links was found")
        return Listing(page.url, (), known.next, "", 0.0, tuple(reasons))
    if len(best.region.records) > MAX_RECORDS:
        reasons.append(f"only the first {MAX_RECORDS} rows of the list were read")
    rows, skipped = with_undated(best.items, best.region, flat, dates)
    above = featured(best.items, best.region, flat, dates)
    below = continued(best.items, best.region, flat, dates)
    found = _unique([*above, *rows, *below])
    dated = sum(item.published is not None for item in found) / len(found)
    if not dated:
        reasons.append("no dates were found beside the links")
    rule = f"region:{best.region.side or 'undated'}"
    confidence = round((0.5 + 0.5 * dated) / (1 + exp(LIKELY_SCORE - best.score)), 2)
    return Listing(
        page.url,
        found,
        known.next,
        rule,
        confidence,
        tuple(reasons),
        tuple(skipped[:MAX_SKIPPED_ROWS]),
        place_of(best.region.records[0].node),
    )


def are_of_parts(items: Sequence[ListingItem], parts: Sequence[FoundPart]) -> bool:
    """Whether the releases are the parts of the page rather than the detected items.

    They are if most items are links inside parts, such as documents, or if few other items have
    dates. A single part counts only if all items are inside it, or if it has a permalink and no
    other item has a date.
    """
    within = frozenset[str]().union(*(one.links for one in parts))
    within |= {page_address(one.url) for one in parts}
    inside = sum(item.url in within for item in items)
    dated = sum(item.published is not None and item.url not in within for item in items)
    if len(parts) == 1:
        return 0 < len(items) == inside or (parts[0].is_permanent and not dated)
    return inside >= MIN_SHARE_INSIDE_PARTS * len(items) or dated * FEW_DATED_ITEMS < len(parts)


def _unique(items: list[ListingItem]) -> tuple[ListingItem, ...]:
    """Remove items with the URL of an earlier item.

    If the earlier item has no date, it gets the date of the removed item.
    """
    seen: dict[str, ListingItem] = {}
    for item in items:
        known = seen.setdefault(item.url, item)
        if item.published and not known.published:
            seen[item.url] = replace(known, published=item.published)
    return tuple(seen.values())
