"""A listing by the selectors that its source declares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, takewhile, zip_longest
from typing import Final

from lxml import etree
from parsel import Selector, SelectorList

from data.dates.context import DateContext
from data.dates.parse import parse_date, parse_stated
from data.models import Published
from spiders.items import ListingItem
from spiders.listing.dates import page_reading
from spiders.page.links import link_target, resolve
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules

MAX_ITEMS = 10_000
_RULE = "listing:declared"

MAX_NESTED: Final = 4
"""Maximum items that one item may lie in; a list in a list of news has one."""


def declared_items(
    page: Page, reading: DateContext, rules: ListingRules
) -> tuple[ListingItem, ...]:
    """The items that ``rules`` select, in page order; one without an address is left out.

    With ``item`` the other selectors are relative to each item. Without, they are taken from the
    page and paired in order.
    """
    if rules.published:
        dates = page.selector.css(
            f"{rules.item} {rules.published}" if rules.item else rules.published
        )
        reading = page_reading(map(_text, dates), page, reading)
    if rules.item:
        items = _of_items(page, reading, rules, rules.item)
    else:
        items = _paired(page, reading, rules)
    return tuple(item for _, item in zip(range(MAX_ITEMS), items, strict=False))


def _of_items(
    page: Page, reading: DateContext, rules: ListingRules, selector: str
) -> Iterator[ListingItem]:
    for item in _not_deep(page.selector.css(selector)):
        found = item.css(rules.link) if rules.link else item.css("a[href]")
        if not rules.link and item.root.tag == "a":
            found = SelectorList([item])
        link = next(((node, url) for node in found if (url := _url(node, page.base))), None)
        if link is None:
            continue
        titles = item.css(rules.title) if rules.title else SelectorList([link[0]])
        title = next((text for node in titles if (text := _text(node))), "")
        dates = item.css(rules.published) if rules.published else [item]
        published = next((date for node in dates if (date := _date(node, reading))), None)
        yield ListingItem(link[1], title or _text(item)[:200], published)


def _not_deep(items: SelectorList[Selector]) -> Iterator[Selector]:
    """The items without those that lie in MAX_NESTED others: each element is read a few times."""
    nested: dict[etree._Element, int] = {}
    for item in items:
        around = chain([item.root], item.root.iterancestors())
        path = [*takewhile(lambda one: one not in nested, around)]
        above = path[-1].getparent() if path else None
        depth = nested[above] if above is not None else 0
        nested.update(dict.fromkeys(path, depth))
        nested[item.root] = depth + 1
        if depth < MAX_NESTED:
            yield item


def _paired(page: Page, reading: DateContext, rules: ListingRules) -> Iterator[ListingItem]:
    links = page.selector.css(rules.link or "a[href]")
    titles = page.selector.css(rules.title) if rules.title else links
    dates = page.selector.css(rules.published) if rules.published else ()
    for link, title, date in zip_longest(links, titles, dates):
        url = _url(link, page.base) if link is not None else None
        if url is None:
            continue
        text = _text(title) if title is not None else ""
        yield ListingItem(url, text, _date(date, reading) if date is not None else None)


def _url(node: Selector, base: str) -> str | None:
    if isinstance(node.root, str):
        return resolve(node.root, base)
    own = link_target(node.root, base)
    if own:
        return own
    inner = (link_target(link, base) for link in node.root.iter("a"))
    return next((url for url in inner if url), None)


def _text(node: Selector) -> str:
    if isinstance(node.root, str):
        return " ".join(node.root.split())
    return " ".join("".join(node.root.itertext()).split())


def _date(node: Selector, reading: DateContext) -> Published | None:
    if not isinstance(node.root, str):
        stated = node.root.get("datetime")
        if stated and (published := parse_stated(stated, _text(node), reading, _RULE)):
            return published
    return parse_date(_text(node), reading, _RULE)
