"""Extract a listing with the selectors of its source file."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, takewhile, zip_longest
from typing import Final, TypeAlias

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import DateReader
from data.models import Published
from spiders.items import ListingItem
from spiders.listing.rows.ambiguous_dates import ShownText, page_context
from spiders.page.css import CssSelector
from spiders.page.links import link_target, resolve
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules

Node: TypeAlias = etree._Element | str  # noqa: SLF001 - lxml gives the class no other name

MAX_ITEMS: Final = 10_000
"""Maximum number of items extracted per page."""

_RULE: Final = "listing:declared"

MAX_NESTED: Final = 4
"""Maximum number of items that may enclose another item. Example: a news item that contains a list
whose rows are items."""

MAX_TEXT_FACTOR: Final = 8
"""Maximum total length of the extracted titles and dates, relative to the length of the page's
text."""

NESTED: Final = f"items inside {MAX_NESTED} other items were skipped"
"""Message for skipped items that are nested too deeply."""

CUT: Final = (
    "the selected titles and dates overlap too much: some were skipped after reading "
    f"{MAX_TEXT_FACTOR} times the text of the page"
)
"""Message for titles and dates that exceed MAX_TEXT_FACTOR."""


def declared_items(
    page: Page, context: DateContext, rules: ListingRules, reasons: list[str] | None = None
) -> tuple[ListingItem, ...]:
    """Return the items that the selectors in ``rules`` select, in page order.

    With an ``item`` selector, the other selectors are relative to each item. Otherwise, all
    selectors apply to the page and their results are paired in order. Items without a URL are
    skipped. Adds a sentence to ``reasons`` for each exceeded limit.
    """
    reasons = [] if reasons is None else reasons
    nodes = _Nodes(page, DateReader(context))
    if rules.item:
        items = _of_items(nodes, context, rules, reasons)
    else:
        items = _paired(nodes, context, rules)
    found = tuple(islice(items, MAX_ITEMS))
    if next(items, None):
        reasons.append(f"only the first {MAX_ITEMS} items of the page were read")
    if nodes.is_cut:
        reasons.append(CUT)
    reasons.extend(nodes.dates.reasons)
    return found


class _Nodes:
    """Texts, URLs and dates of selected nodes, cached per node."""

    def __init__(self, page: Page, dates: DateReader) -> None:
        self.page = page
        self.dates = dates
        self.is_cut = False
        self._left = MAX_TEXT_FACTOR * sum(len(text) for text in page.tree.itertext())
        self._texts: dict[etree._Element, str] = {}
        self._without_link: set[etree._Element] = set()

    def text(self, node: Node) -> str:
        """Return the text of a node on one line, or "" after the page's text limit is reached."""
        if isinstance(node, str):
            return " ".join(node.split())
        if node not in self._texts:
            if self._left <= 0:
                self.is_cut = True
                return ""
            text = "".join(map(str, node.itertext()))
            self._left -= len(text)
            self._texts[node] = " ".join(text.split())
        return self._texts[node]

    def url(self, node: Node) -> str | None:
        """Return the URL in a node, or the URL that it links to, or None."""
        if isinstance(node, str):
            return resolve(node, self.page.base)
        if own := link_target(node, self.page.base):
            return own
        if node in self._without_link:
            return None
        inner = (link_target(link, self.page.base) for link in node.iter("a"))
        if found := next((url for url in inner if url), None):
            return found
        self._without_link.update(node.iter())
        return None

    def date(self, node: Node) -> Published | None:
        """Return the date in a node's ``datetime`` attribute or text, or None."""
        stated = None if isinstance(node, str) else node.get("datetime")
        if stated and (published := self.dates.stated(stated, self.text(node), _RULE)):
            return published
        return self.dates.date(self.text(node), _RULE)


def _of_items(
    nodes: _Nodes, context: DateContext, rules: ListingRules, reasons: list[str]
) -> Iterator[ListingItem]:
    selected = CssSelector(rules.item or "").elements(nodes.page.tree)
    items = [*_not_deep(selected)]
    if len(items) < len(selected):
        reasons.append(NESTED)
    links = CssSelector(rules.link or "a[href]")
    title_selector = CssSelector(rules.title) if rules.title else None
    dates: list[list[Node]] = [[item] for item in items]
    found_links: list[tuple[Node, str] | None] = []
    for item in items:
        is_link = not rules.link and item.tag == "a"
        found: list[Node] = [item] if is_link else links.found(item)
        found_links.append(next(((node, url) for node in found if (url := nodes.url(node))), None))
    if rules.published:
        published_selector = CssSelector(rules.published)
        dates = [published_selector.found(item) for item in items]
        shown = (
            ShownText(nodes.text(node), (link[1],) if link else ())
            for link, dated in zip(found_links, dates, strict=True)
            for node in dated
        )
        context = page_context(shown, nodes.page, context)
    nodes.dates = DateReader(context)
    for item, link, dated in zip(items, found_links, dates, strict=True):
        if link is None:
            continue
        titles = title_selector.found(item) if title_selector else [link[0]]
        title = next((text for node in titles if (text := nodes.text(node))), "")
        published = next((date for node in dated if (date := nodes.date(node))), None)
        yield ListingItem(link[1], title or nodes.text(item)[:200], published)


def _not_deep(items: Iterable[etree._Element]) -> Iterator[etree._Element]:
    """Yield the items with fewer than MAX_NESTED other items around them.

    This limits how often the text of an element is read.
    """
    nested: dict[etree._Element, int] = {}
    for item in items:
        around = chain([item], item.iterancestors())
        path = [*takewhile(lambda one: one not in nested, around)]
        above = path[-1].getparent() if path else None
        depth = nested[above] if above is not None else 0
        nested.update(dict.fromkeys(path, depth))
        nested[item] = depth + 1
        if depth < MAX_NESTED:
            yield item


def _paired(nodes: _Nodes, context: DateContext, rules: ListingRules) -> Iterator[ListingItem]:
    root = nodes.page.tree
    links = CssSelector(rules.link or "a[href]").found(root)
    titles = CssSelector(rules.title).found(root) if rules.title else links
    dates = CssSelector(rules.published).found(root) if rules.published else []
    if rules.published:
        addresses = (nodes.url(link) for link in links)
        shown = (
            ShownText(nodes.text(date), (url,) if url else ())
            for date, url in zip(dates, addresses, strict=False)
        )
        context = page_context(shown, nodes.page, context)
    nodes.dates = DateReader(context)
    for link, title, date in zip_longest(links, titles, dates):
        url = nodes.url(link) if link is not None else None
        if url is None:
            continue
        text = nodes.text(title) if title is not None else ""
        yield ListingItem(url, text, nodes.date(date) if date is not None else None)
