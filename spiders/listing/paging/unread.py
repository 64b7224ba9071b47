"""Find signs on a listing page that the listing has more releases than the page leads to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from lxml import etree

from data.text.folding import fold_date
from spiders.items import Listing, ListingItem, UnreadSign
from spiders.listing.paging.archives import gregorian_year, reached_by
from spiders.listing.paging.controls import Controls
from spiders.listing.paging.labels import is_year, label_of, number_in
from spiders.listing.paging.page_numbers import PAGER_CLASS, is_page_of, pager_of, step
from spiders.listing.paging.pagination_words import MORE, NEXT, OLDER, PAGE, phrases
from spiders.page.class_hints import names_around, names_of
from spiders.page.hidden import is_hidden
from spiders.page.page import Page

MAX_NODES: Final = 60_000
"""Maximum number of elements checked per page."""

MAX_TEXTS: Final = 4_000
"""Maximum number of texts with digits that are checked."""

MAX_SEARCHED: Final = 400
"""Maximum number of characters of a text that are searched for digits."""

MAX_TEXT: Final = 90
"""Maximum length of a text about the whole listing, in characters."""

MAX_PIECES: Final = 30
"""Maximum number of text nodes in a text about the whole listing, and of numbers in a pager."""

MAX_PAGE_SIZE: Final = 1000
"""Maximum number of releases per page in a text such as *1-10 of 248*."""

MAX_QUOTE: Final = 60
"""Maximum length of a quote from a page, in characters."""

MIN_YEARS: Final = 2
"""Minimum number of years in a control that selects a year, and of pages in a pager."""

SHORTAGE: Final = 0.02
"""Maximum share of the claimed releases that may be missing. Some rows are not releases, or are
repeated."""

RESULTS: Final = phrases(
    "result results hits entries items records résultat résultats resultado resultados registros "
    "risultati risultato elementi ergebnis ergebnisse treffer einträge resultaten resultater "
    "resultat träffar tulosta tulos wynik wyniki wyników výsledek výsledky výsledků výsledkov "
    "záznam záznamů találat rezultat rezultata rezultate rezultatov результат результата "
    "результаты результатов результатів записей записи записів резултата sonuç kayıt nəticə "
    "натыйжа αποτελέσματα نتيجة نتائج نتایج תוצאות परिणाम ফলাফল முடிவுகள் ผลลัพธ์ รายการ kết_quả hasil "
    "rezultatų ieraksti tulemust შედეგი"
)
"""Words for results and records, after a total."""

TOTALS: Final = phrases(
    "total results result gesamt insgesamt treffer ergebnisse totale totaal totalt łącznie razem "
    "celkem spolu összesen всего усього разом общо ukupno skupaj toplam cəmi σύνολο المجموع مجموع "
    "सभी कुल ทั้งหมด tổng jumlah résultats resultados risultati"
)
"""Words for a total, before its number."""

_THOUSANDS: Final = re.compile(r"(?<=\d)[,.'’\u00a0\u202f](?=\d{3}(?!\d))")
_RANGE_OF: Final = re.compile(
    r"(?P<a>\d{1,6})\s?(?:[-~〜]|[^\W\d]{1,4})\s?(?P<b>\d{1,6})(?!\d)(?P<by>[^\d]{1,24})"
    r"(?P<all>\d{1,7})(?!\d)"
)
_OF_RANGE: Final = re.compile(
    r"(?P<all>\d{1,7})(?P<by>[^\d]{1,16})(?P<a>\d{1,6})\s?[-~〜]\s?(?P<b>\d{1,6})(?!\d)"
)
_PAGE_OF: Final = re.compile(
    r"(?P<word>[^\d\s.:]{1,14})[\s.:]{0,3}(?P<n>\d{1,5})(?P<by>[^\d]{1,10})(?P<m>\d{1,5})(?!\d)"
)
_OF_PAGES: Final = re.compile(r"[^\d]{0,14}(\d{1,4})\s?/\s?(?:共\s?)?(\d{1,4})[^\d]{0,14}")
_CJK_PAGE: Final = re.compile(r"第\s?(\d{1,5})\s?[页頁]?\s?[^\d]{0,6}\s?(\d{1,5})\s?[页頁]")
_CJK_TOTAL: Final = re.compile(
    r"(?:[共全总總]|合计|合計|総数|총|全部)[^\d]{0,6}(\d{1,7})\s?[条條项項件篇个個则則건개]"
    r"|(\d{1,7})\s?件中"
)
_NUMBER_WORD: Final = re.compile(r"(?<!\d)(\d{1,7})\s?([^\W\d]{3,20})")
_WORD_NUMBER: Final = re.compile(r"([^\W\d]{3,20})\s?[:：]?\s?\(?(\d{1,7})(?!\d)")
_CHROME: Final = frozenset(("nav", "header", "footer", "aside", "select", "script", "style"))
_SKIPPED: Final = frozenset(("script", "style", "noscript", "template", "head", "title", "option"))
_CAROUSEL: Final = re.compile(
    r"carousel|slider|slick|swiper|lightbox|calendar|kalender|datepicker|gallery|splide|flickity",
    re.IGNORECASE,
)
_MORE_CLASS: Final = re.compile(r"(?:load|show)[_-]?more|loadmore|infinite", re.IGNORECASE)
_LOADS: Final = re.compile(r"load_?-?more|more_?-?(?:posts|news|items)|next_?-?page", re.IGNORECASE)
_DISABLED: Final = re.compile(r"(?:^|[\s_-])(?:disabled|inactive)(?:$|[\s_-])", re.IGNORECASE)
_CLICKS: Final = ("onclick", "ng-click", "wire:click", "v-on:click", "@click", "x-on:click")
_CONTROLS: Final = ("a", "button", "option", "input")
_CLICKED: Final = ("div", "span", "li", "td")
"""Elements that are clickable only if a script makes them so."""

_DIGIT: Final = re.compile(r"\d")
_EDGES: Final = re.compile(r"^[\s\W]+|[\s\W]+$")


def unread_signs(
    page: Page,
    items: Sequence[ListingItem],
    following: str | None,
    controls: Controls | None = None,
) -> tuple[UnreadSign, ...]:
    """Return signs on a page that its listing has more releases, or ends there.

    ``following`` is the address of the next page, if any. Pass ``controls`` to reuse the parsed
    controls of the page.
    """
    found = [*_texts(page, len(items))]
    if following is None:
        found += _UnreadControls(page, items, controls or Controls(page)).signs()
    seen: dict[tuple[str, int], UnreadSign] = {}
    for sign in found:
        seen.setdefault((sign.kind, sign.number), sign)
    return tuple(seen.values())


def reason_for(listing: Listing, *, listed: int, pages: int) -> str:
    """Return why the last page read is not the end of its listing, as a clause, or "".

    ``listed`` is the number of releases found on ``pages`` pages. A total counts only if more
    releases are missing than `lacks` tolerates. Of several pages, the last one must also show no
    sign of the end.
    """
    is_end = any(sign.kind == "end" for sign in listing.signs)
    reached = reached_by(listing)
    for sign in listing.signs:
        if sign.kind == "control" and not is_end:
            return f"the page shows “{sign.text}”, which has no address"
        if sign.kind == "pages" and not is_end:
            return f"no address leads to the pages up to {sign.number}"
        if sign.kind == "years" and (not reached or sign.number < reached.year):
            return f"no address leads to the years {sign.text}"
        is_claim = sign.kind == "total" and not (is_end and pages > 1)
        if is_claim and lacks(sign.number, listed, pages):
            return f"the page says “{sign.text}”, and {listed} were listed"
    return ""


def lacks(total: int, listed: int, pages: int) -> bool:
    """Whether a listing that claims ``total`` releases has more than were listed.

    A listing of several pages may lack up to one page of releases.
    """
    tolerated = max(SHORTAGE * total, listed / pages - 1 if pages > 1 else 0)
    return total - listed > tolerated


def _texts(page: Page, count: int) -> Iterator[UnreadSign]:
    """Yield signs from short texts about the whole listing."""
    checked: set[etree._Element] = set()
    left = MAX_TEXTS
    for node in islice(page.tree.iter("*"), MAX_NODES):
        own = f"{node.text or ''} {node.tail or ''}"
        if not _DIGIT.search(own, 0, MAX_SEARCHED) or node.tag in _SKIPPED:
            continue
        holder: etree._Element | None = node
        for _ in range(3):
            if left <= 0:
                return
            if holder is None or holder in checked or holder.tag in _CHROME:
                break
            checked.add(holder)
            left -= 1
            text = _short_text(holder)
            if text is None:
                break
            if holder.tag != "a" and (sign := _said(text, holder, count)):
                yield sign
            holder = holder.getparent()


def _short_text(node: etree._Element) -> str | None:
    """Return the text of an element on one line; None if it is long or has many parts."""
    pieces, size = [], 0
    for piece in map(str, islice(node.itertext(), MAX_PIECES + 1)):
        pieces.append(piece)
        size += len(piece.strip())
        if size > MAX_TEXT or len(pieces) > MAX_PIECES:
            return None
    return " ".join(" ".join(pieces).split())


def _said(text: str, node: etree._Element, count: int) -> UnreadSign | None:
    """Return the sign in a short text, or None.

    ``count`` is the number of rows on the page.
    """
    folded = _THOUSANDS.sub("", fold_date(text))
    quote = text[:MAX_QUOTE]
    if places := _places_in(folded, count):
        first, last, total = places
        if last == total and first > 1:
            return UnreadSign("end", quote, last)
        return UnreadSign("total", quote, total) if last < total else None
    if pages := _page_of(folded, node):
        shown, last = pages
        if shown == last:
            return UnreadSign("end", quote, shown) if shown > 1 else None
        return UnreadSign("pages", quote, last)
    total = _total_in(folded)
    return UnreadSign("total", quote, total) if total > count else None


def _places_in(folded: str, count: int) -> tuple[int, int, int] | None:
    """Return the first and last row number of a page and the total, as in *1-10 of 248*."""
    for shape in (_RANGE_OF, _OF_RANGE):
        for match in islice(shape.finditer(folded), 3):
            first, last, total = int(match["a"]), int(match["b"]), int(match["all"])
            # Dates also contain numbers, but no words between them.
            between = match["by"].strip()
            is_total = any(map(str.isalpha, between)) or (between == "/" and not is_year(total))
            if is_total and _is_range(first, last, total, count):
                return first, last, total
    return None


def _is_range(first: int, last: int, total: int, count: int) -> bool:
    """Whether three numbers may be the first row, last row and total of a page.

    ``count`` is the number of items on the page.
    """
    size = last - first + 1
    if not (0 < first <= last <= total and size <= MAX_PAGE_SIZE):
        return False
    if last == total and first > 1:
        return count > 0
    return abs(size - count) <= max(2, count // 3) and (first - 1) % size == 0


def _page_of(folded: str, node: etree._Element) -> tuple[int, int] | None:
    """Return the number of the current page and of the last page, or None."""
    match = _CJK_PAGE.search(folded)
    if match is None:
        named = _PAGE_OF.search(folded)
        # "Page 1 Page 2" is a row of links, not "page 1 of 2".
        if named and named["word"] in PAGE and named["word"] not in named["by"]:
            pair = int(named["n"]), int(named["m"])
            return pair if 0 < pair[0] <= pair[1] else None
        match = _OF_PAGES.fullmatch(folded)
        if match and not PAGER_CLASS.search(names_around(node, 2)):
            return None
    if match is None:
        return None
    shown, last = int(match[1]), int(match[2])
    return (shown, last) if 0 < shown <= last else None


def _total_in(folded: str) -> int:
    """Return the total number of releases in a text, or 0."""
    if match := _CJK_TOTAL.search(folded):
        return int(match[1] or match[2])
    for number, word in _NUMBER_WORD.findall(folded):
        if word in RESULTS and not is_year(int(number)):
            return int(number)
    match = _WORD_NUMBER.search(folded)
    return int(match[2]) if match and match[1] in TOTALS and len(folded) <= MAX_QUOTE else 0


class _UnreadControls:
    """Controls labeled with a page number, a year, or "load more", which may have no address."""

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
        """Option lists that the crawl can already select from."""
        self._numbers: dict[etree._Element, dict[int, str | None]] = defaultdict(dict)
        self._current: dict[etree._Element, int] = {}
        self._years: dict[etree._Element, set[int]] = defaultdict(set)
        self._loaders: dict[str, int] = defaultdict(int)

    def signs(self) -> Iterator[UnreadSign]:
        """Yield signs from controls that have no address, and from pagers."""
        for node in islice(self._page.tree.iter(*_CONTROLS, *_CLICKED), MAX_NODES):
            if self._is_control(node):
                self._add(node)
        yield from _pagers(self._page.url, self._numbers, self._current)
        newest = max((item.published.day.year for item in self._items if item.published), default=0)
        for years in self._years.values():
            # Lists of other years, such as years of birth, end long before the newest release.
            if len(years) >= MIN_YEARS and max(years) >= newest - 1:
                yield UnreadSign("years", f"{max(years)} to {min(years)}", min(years))
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
        return node.get("role") == "button" or any(map(node.get, self._clicks))

    def _add(self, node: etree._Element) -> None:
        address = self._controls.target(node)
        self._is_below = self._is_below or address in self._urls
        label = self._controls.label(node)
        if not label and node.tag == "input":
            label = node.get("value") or ""
        if not label or len(label) > MAX_TEXT:
            return
        number = number_in(label)
        if number is not None:
            self._add_number(node, number, address)
        elif self._is_below and address is None and _is_loader(node, label):
            self._loaders[label] += 1

    def _add_number(self, node: etree._Element, number: int, address: str | None) -> None:
        group = pager_of(node)
        if group in self._followed:
            return
        year = gregorian_year(number) if number > MAX_PAGE_SIZE else 0
        target = node.get("href") or node.get("data-target") or node.get("data-bs-target") or ""
        if year:
            if address is None and target[1:] not in self._ids and not _is_apart(node):
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
    """Yield signs from pagers: the page is the last one, or some pages have no address.

    Called only for pages without a next page. If a pager hides the current number, and its highest
    number leads to a later page, then some pages can't be reached.
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
            yield UnreadSign("end", str(shown), shown)
        elif found.get(shown + 1, "") is None:
            yield UnreadSign("pages", str(highest), highest)


def _shown(group: etree._Element, found: dict[int, str | None]) -> int:
    """Return the number of the current page in a pager, or 0.

    The current number is not a control, or is marked as current.
    """
    for text in map(str, group.itertext()):
        number = number_in(text)
        if number is not None and number not in found and {number - 1, number + 1} & found.keys():
            return number
    for node in group.iter("a", "button", "li", "span"):
        if re.search(r"(?:^|[\s_-])(?:active|current|selected)", names_of(node)):
            number = number_in(label_of(node))
            if number is not None:
                return number
    return 0


def _is_loader(node: etree._Element, label: str) -> bool:
    """Whether a control without an address loads more of the listing."""
    said = fold_date(_EDGES.sub("", label))
    clicks = " ".join(node.get(name) or "" for name in _CLICKS)
    named = f"{names_of(node)} {names_of(node.getparent())}"
    speaks = said in MORE or said in NEXT or said in OLDER or _MORE_CLASS.search(named)
    if not (speaks or _LOADS.search(clicks)) or _is_apart(node):
        return False
    is_toggle = node.get("aria-expanded") is not None or node.get("data-toggle") == "collapse"
    is_off = node.get("disabled") is not None or node.get("aria-disabled") == "true"
    return not (is_toggle or is_off or _DISABLED.search(named))


def _is_apart(node: etree._Element) -> bool:
    """Whether an element is hidden, or in a part of the page outside the listing."""
    if _CAROUSEL.search(names_around(node, 4)):
        return True
    around = [node, *islice(node.iterancestors(), 12)]
    return any(one.tag in {"nav", "header", "footer"} for one in around) or any(
        is_hidden(one) for one in around[:4]
    )
