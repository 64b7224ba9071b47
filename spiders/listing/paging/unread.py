"""Find signs on a listing page that some releases can't be reached."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from lxml import etree

from data.text.folding import fold_date
from data.wording import counted
from spiders.items import Listing, ListingItem, UnreadSign
from spiders.listing.paging.archive_labels import gregorian_year, period_in
from spiders.listing.paging.controls import Controls, at_ends
from spiders.listing.paging.labels import ONWARD, is_year, label_of, label_words, number_in
from spiders.listing.paging.page_numbers import PAGER_CLASS, is_page_of, pager_of, step
from spiders.listing.paging.period_links import reached_by
from spiders.listing.paging.scripted_pagers import element_pager
from spiders.listing.paging.unread_texts import (
    MAX_NODES,
    MAX_PAGE_SIZE,
    MAX_PIECES,
    MAX_QUOTE,
    MAX_TEXT,
    text_signs,
)
from spiders.page.class_hints import class_and_id, is_hidden, names_around
from spiders.page.html_tree import text_content
from spiders.page.page import Page

MAX_PARTS: Final = 200
"""Maximum number of elements or texts inside an element that is checked for a click handler."""

MAX_CLICKABLE: Final = 12_000
"""Maximum number of elements checked per page: half at its start and half at its end, where pagers
are."""

MAX_WORDS: Final = 4
"""Maximum number of words in a label that begins with *load more*."""

MIN_YEARS: Final = 2
"""Minimum number of years in a control that selects a year, and of pages in a pager."""

MAX_MISSING_SHARE: Final = 0.02
"""Maximum difference between the total that a page claims and the number of listed releases, as a
share of the total. Some rows are repeated or are not releases."""

_CAROUSEL: Final = re.compile(
    r"carousel|slider|slick|swiper|lightbox|calendar|kalender|datepicker|gallery|splide|flickity",
    re.IGNORECASE,
)
_MORE_CLASS: Final = re.compile(r"(?:load|show)[_-]?more|loadmore|infinite", re.IGNORECASE)
_LOADS: Final = re.compile(r"load_?-?more|more_?-?(?:posts|news|items)|next_?-?page", re.IGNORECASE)
_DISABLED: Final = re.compile(r"(?:^|[\s_-])(?:disabled|inactive)(?:$|[\s_-])", re.IGNORECASE)
_CLICKS: Final = ("onclick", "ng-click", "wire:click", "v-on:click", "@click", "x-on:click")
_CONTROLS: Final = ("a", "button", "option", "input")
_CLICKED_TAGS: Final = ("div", "span", "li", "td")
"""Tags of elements that are clickable only if a script adds a click handler."""

_ROLES: Final = frozenset(("button", "tab", "option", "link", "menuitem"))
_BUTTON_CLASS: Final = re.compile(
    r"(?:^|[\s_-])(?:btn|button|more|pager?|next|load)", re.IGNORECASE
)

_EDGES: Final = re.compile(r"^[\s\W]+|[\s\W]+$")


def unread_signs(
    page: Page,
    items: Sequence[ListingItem],
    following: str | None,
    controls: Controls | None = None,
) -> tuple[UnreadSign, ...]:
    """Return signs that a listing has more releases than a page shows, or that it ends on the page.

    ``following`` is the URL of the next page, if any. Pass ``controls`` to reuse the parsed
    controls of the page.
    """
    found = [*text_signs(page, len(items))]
    if following is None:
        found += _UnreadControls(page, items, controls or Controls(page)).signs()
        pager = element_pager(page)
        if pager and 0 < pager.current < pager.last:
            found.append(UnreadSign("pages", str(pager.last), pager.last))
    seen: dict[tuple[str, int], UnreadSign] = {}
    for sign in found:
        seen.setdefault((sign.kind, sign.number), sign)
    return tuple(seen.values())


def reason_for(listing: Listing, *, listed: int, pages: int) -> str:
    """Return why the last page of a visit is probably not the end of its listing, or "".

    The reason is a clause. ``listed`` is the number of releases found on ``pages`` pages. A total
    claimed by the page is a reason only if `lacks` returns true and, after several pages, the last
    page has no sign of the listing's end.
    """
    return next(_reasons(listing, listed, pages), "")


def _reasons(listing: Listing, listed: int, pages: int) -> Iterator[str]:
    is_end = any(sign.kind == "end" for sign in listing.signs)
    reached = reached_by(listing)
    month = reached.year * 100 + reached.month if reached else 0
    for sign in listing.signs:
        if sign.kind == "control" and not is_end:
            yield f"the page shows “{sign.text}”, which has no address"
        if sign.kind == "pages" and not is_end:
            yield f"no address leads to the pages up to {sign.number}"
        if sign.kind == "years" and (not reached or sign.number < reached.year):
            yield f"no address leads to the years {sign.text}"
        if sign.kind == "months" and (not reached or sign.number < month):
            yield f"no address leads to the months {sign.text}"
        if sign.kind == "end" and sign.number > pages:
            read = counted(pages, "page was", "pages were")
            yield f"the last page has the number {sign.number}, but only {read} read"
        is_claim = sign.kind == "total" and not (is_end and pages > 1)
        if is_claim and lacks(sign.number, listed, pages):
            found = counted(listed, "release was", "releases were")
            yield f"the page says “{sign.text}”, but only {found} listed"


def lacks(total: int, listed: int, pages: int) -> bool:
    """Whether too few releases were ``listed``, compared with the ``total`` that a listing claims.

    A shortage of up to MAX_MISSING_SHARE of the total is tolerated and, after several pages, a
    shortage of less than an average page.
    """
    tolerated = max(MAX_MISSING_SHARE * total, listed / pages - 1 if pages > 1 else 0)
    return total - listed > tolerated


class _UnreadControls:
    """Controls labelled with a page number, a year or "load more", which may have no URL."""

    def __init__(self, page: Page, items: Sequence[ListingItem], controls: Controls) -> None:
        self._page = page
        self._controls = controls
        markup = page.markup.lower()
        self._clicks = [name for name in _CLICKS if name.encode() in markup]
        """Click handler attributes that the page uses."""
        self._items = items
        self._urls = {item.url for item in items}
        self._is_below = not self._urls
        """Whether the first release of the listing is above the current control."""
        self._followed = {select for select, _ in controls.lists}
        """Option lists whose options a visit can already request."""
        self._numbers: dict[etree._Element, dict[int, str | None]] = defaultdict(dict)
        self._current: dict[etree._Element, int] = {}
        self._years: dict[etree._Element, set[int]] = defaultdict(set)
        self._months: dict[etree._Element, set[str]] = defaultdict(set)
        self._loaders: dict[str, int] = defaultdict(int)
        self._rows: dict[etree._Element, bool] = {}
        """Cache: whether an element contains only years, or is a pager of only numbers."""

    def signs(self) -> Iterator[UnreadSign]:
        """Yield signs of further releases: controls that have no URL, and pagers."""
        for node in at_ends(self._page.tree, MAX_CLICKABLE, *_CONTROLS, *_CLICKED_TAGS):
            if self._is_control(node):
                self._add(node)
        yield from _pagers(self._page.url, self._numbers, self._current)
        newest = max((item.published.day.year for item in self._items if item.published), default=0)
        for years in self._years.values():
            # Lists of other years, such as years of birth, end long before the year of the newest
            # release.
            if len(years) >= MIN_YEARS and max(years) >= newest - 1:
                yield UnreadSign("years", f"{max(years)} to {min(years)}", min(years))
        for months in self._months.values():
            if len(months) >= MIN_YEARS and int(max(months)[:4]) >= newest - 1:
                first = min(months)
                yield UnreadSign("months", f"{max(months)} to {first}", int(first.replace("-", "")))
        for label, count in self._loaders.items():
            if count == 1:
                yield UnreadSign("control", label[:MAX_QUOTE])

    @cached_property
    def _ids(self) -> frozenset[str]:
        found = islice(self._page.tree.iter("*"), MAX_NODES)
        return frozenset(name for node in found if (name := node.get("id")))

    def _is_control(self, node: etree._Element) -> bool:
        """Whether an element can be clicked or selected."""
        if node.tag in _CONTROLS:
            return node.tag != "input" or node.get("type") in {"button", "submit"}
        if node.get("role") in _ROLES or any(map(node.get, self._clicks)):
            return not _contains_controls(node)
        return self._looks_clickable(node)

    def _looks_clickable(self, node: etree._Element) -> bool:
        """Whether a script may have made an element clickable without any attribute.

        Such an element has a button's class name and a "load more" label, is in a row of only
        years, or is in a pager of only numbers.
        """
        text = _leaf_text(node)
        parent = node.getparent()
        if not text or parent is None or node.tag == "td":
            return False
        if number_in(text) is None:
            return bool(_BUTTON_CLASS.search(class_and_id(node))) and _speaks_of_more(text)
        if parent not in self._rows:
            texts = [
                _EDGES.sub("", piece) for piece in map(str, islice(parent.itertext(), MAX_PARTS))
            ]
            numbers = [number_in(piece) for piece in texts if piece]
            is_row = None not in numbers and not _contains_controls(parent)
            years = [number for number in numbers if number and is_year(number)]
            is_pager = PAGER_CLASS.search(class_and_id(parent)) and numbers[:2] == [1, 2]
            self._rows[parent] = is_row and (len(years) == len(numbers) or bool(is_pager))
        return self._rows[parent]

    def _add(self, node: etree._Element) -> None:
        self._is_below = self._is_below or self._controls.target(node) in self._urls
        label = self._controls.label(node)
        if not label and node.tag == "input":
            label = node.get("value") or ""
        if not label or len(label) > MAX_TEXT:
            return
        number = number_in(label)
        if number is not None:
            self._add_number(node, number, self._controls.target(node))
        elif node.tag == "option":
            address = self._controls.target(node) or self._controls.by_get(node)
            period = None if address else period_in(label)
            if period and period.when and period.month:
                self._months[pager_of(node)].add(period.when)
        elif self._is_below and self._controls.target(node) is None and _is_loader(node, label):
            self._loaders[label] += 1

    def _add_number(self, node: etree._Element, number: int, address: str | None) -> None:
        group = pager_of(node)
        if group in self._followed:
            return
        year = gregorian_year(number) if number > MAX_PAGE_SIZE else 0
        names = ("href", "data-target", "data-bs-target", "aria-controls")
        target = next(filter(None, map(node.get, names)), "")
        if year:
            if address is None and target.lstrip("#") not in self._ids and not _is_apart(node):
                self._years[group].add(year)
        elif node.tag != "option":
            self._numbers[group][number] = address
            if node.get("aria-current") or node.get("disabled") is not None:
                self._current[group] = number


def _pagers(
    here: str,
    numbers: dict[etree._Element, dict[int, str | None]],
    current: dict[etree._Element, int],
) -> Iterator[UnreadSign]:
    """Yield signs from pagers: the page is the last one, or some pages have no URL.

    Call this only for pages without a next page. If a pager omits the current number and its
    highest number leads to a later page, some pages can't be reached.
    """
    for group, found in numbers.items():
        if _CAROUSEL.search(names_around(group, 4)) or len(found) > MAX_PIECES:
            continue
        shown = current.get(group) or _shown(group, found)
        highest = max(found)
        if not shown:
            address = found[highest]
            if address and is_page_of(here, address) and step(here, address) > 0:
                yield UnreadSign("pages", str(highest), highest)
        elif len(found) + (shown not in found) < MIN_YEARS:
            continue
        elif shown >= highest:
            # Numbers that are not consecutive may be offsets.
            yield UnreadSign("end", str(shown), shown if shown - 1 in found else 0)
        elif found.get(shown + 1, "") is None:
            yield UnreadSign("pages", str(highest), highest)


def _shown(group: etree._Element, found: dict[int, str | None]) -> int:
    """Return the number of the current page in a pager, or 0.

    The current page is marked as current, or its number is not clickable.
    """
    for text in map(str, group.itertext()):
        number = number_in(text)
        if number is not None and number not in found and {number - 1, number + 1} & found.keys():
            return number
    for node in group.iter("a", "button", "li", "span"):
        if re.search(r"(?:^|[\s_-])(?:active|current|selected)", class_and_id(node)):
            number = number_in(label_of(node))
            if number is not None:
                return number
    return 0


def _is_loader(node: etree._Element, label: str) -> bool:
    """Whether a control without a URL loads further rows of the listing."""
    clicks = " ".join(node.get(name) or "" for name in _CLICKS)
    named = f"{class_and_id(node)} {class_and_id(node.getparent())}"
    speaks = _speaks_of_more(label) or (node.tag in _CONTROLS and _MORE_CLASS.search(named))
    if not (speaks or _LOADS.search(clicks)) or _is_apart(node):
        return False
    is_toggle = node.get("aria-expanded") is not None or node.get("data-toggle") == "collapse"
    is_off = node.get("disabled") is not None or node.get("aria-disabled") == "true"
    return not (is_toggle or is_off or _DISABLED.search(named))


def _speaks_of_more(label: str) -> bool:
    """Whether a label announces more rows, such as *Load more*, *Next* and *Load more releases*."""
    words = fold_date(_EDGES.sub("", label)).split()
    phrase = " ".join(words)
    more = label_words("pager.more")
    if phrase in more or phrase in label_words(*ONWARD):
        return True
    return len(words) <= MAX_WORDS and " ".join(words[:2]) in more


def _contains_controls(node: etree._Element) -> bool:
    """Whether an element contains links or buttons, or too many elements to check."""
    inside = [one.tag for one in islice(node.iter("*"), 1, MAX_PARTS)]
    return len(inside) >= MAX_PARTS - 1 or any(tag in _CONTROLS for tag in inside)


def _leaf_text(node: etree._Element) -> str:
    """Return the text of an element with at most one child, or "" if it is too long."""
    if len(node) > 1 or (len(node) == 1 and len(node[0])):
        return ""
    text = text_content(node)
    return " ".join(text.split()) if len(text) <= MAX_TEXT else ""


def _is_apart(node: etree._Element) -> bool:
    """Whether an element is hidden or in a part of the page outside the listing."""
    if _CAROUSEL.search(names_around(node, 4)):
        return True
    around = [node, *islice(node.iterancestors(), 12)]
    return any(one.tag in {"nav", "header", "footer"} for one in around) or any(
        is_hidden(one) for one in around[:4]
    )
