"""Signs on a listing page that its list has more releases than the page leads to."""

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
"""Maximum elements of a page that are checked."""

MAX_TEXTS: Final = 4_000
"""Maximum texts with digits that are checked."""

MAX_SEARCHED: Final = 400
"""Maximum characters of a text that are searched for digits."""

MAX_TEXT: Final = 90
"""Maximum characters of a text about the whole list."""

MAX_PIECES: Final = 30
"""Maximum elements in such a text."""

MAX_PAGE_SIZE: Final = 1000
"""Maximum releases on one page, as the page counts them."""

MAX_QUOTE: Final = 60
"""Maximum characters quoted from a page."""

MIN_YEARS: Final = 2
"""Minimum years in a control that chooses one."""

SHORTAGE: Final = 0.02
"""Share of the claimed releases that may be missing: rows that are no releases, or repeated."""

RESULTS: Final = phrases(
    "result results hits entries items records résultat résultats resultado resultados registros "
    "risultati risultato elementi ergebnis ergebnisse treffer einträge resultaten resultater "
    "resultat träffar tulosta tulos wynik wyniki wyników výsledek výsledky výsledků výsledkov "
    "záznam záznamů találat rezultat rezultata rezultate rezultatov результат результата "
    "результаты результатов результатів записей записи записів резултата sonuç kayıt nəticə "
    "натыйжа αποτελέσματα نتيجة نتائج نتایج תוצאות परिणाम ফলাফল முடிவுகள் ผลลัพธ์ รายการ kết_quả hasil "
    "rezultatų ieraksti tulemust შედეგი"
)
TOTALS: Final = phrases(
    "total results result gesamt insgesamt treffer ergebnisse totale totaal totalt łącznie razem "
    "celkem spolu összesen всего усього разом общо ukupno skupaj toplam cəmi σύνολο المجموع مجموع "
    "सभी कुल ทั้งหมด tổng jumlah résultats resultados risultati"
)

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
"""Elements that may be clicked, and those that a script may make so."""

_DIGIT: Final = re.compile(r"\d")
_EDGES: Final = re.compile(r"^[\s\W]+|[\s\W]+$")


def unread_signs(
    page: Page,
    items: Sequence[ListingItem],
    following: str | None,
    controls: Controls | None = None,
) -> tuple[UnreadSign, ...]:
    """What a page shows about the rest of its list; ``following`` is the next page's address.

    ``controls`` are those of the page, if the caller reads them for something else too.
    """
    found = [*_texts(page, len(items))]
    if following is None:
        found += _UnreadControls(page, items, controls or Controls(page)).signs()
    seen: dict[tuple[str, int], UnreadSign] = {}
    for sign in found:
        seen.setdefault((sign.kind, sign.number), sign)
    return tuple(seen.values())


def reason_for(listing: Listing, *, listed: int, pages: int) -> str:
    """Why the last page of a walk is not the end of its list, as a clause; empty if it is.

    ``listed`` releases were found on the ``pages`` that were read. A total counts only if nothing
    shows that the page is the last one, and if more than a page of releases is missing.
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
    """Whether a list that claims ``total`` releases has more than were listed.

    On a list of several pages, less than one page may be missing.
    """
    tolerated = max(SHORTAGE * total, listed / pages - 1 if pages > 1 else 0)
    return total - listed > tolerated


def _texts(page: Page, count: int) -> Iterator[UnreadSign]:
    """What short texts say about the whole list."""
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
    """The text of an element on one line; None if it is long or has many parts."""
    pieces, size = [], 0
    for piece in map(str, islice(node.itertext(), MAX_PIECES + 1)):
        pieces.append(piece)
        size += len(piece.strip())
        if size > MAX_TEXT or len(pieces) > MAX_PIECES:
            return None
    return " ".join(" ".join(pieces).split())


def _said(text: str, node: etree._Element, count: int) -> UnreadSign | None:
    """The sign in a short text."""
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
    """The first and last row of a page and the number of all rows, as in *1-10 of 248*."""
    for shape in (_RANGE_OF, _OF_RANGE):
        for match in islice(shape.finditer(folded), 3):
            first, last, total = int(match["a"]), int(match["b"]), int(match["all"])
            # Dates have numbers too, but no words between them.
            between = match["by"].strip()
            is_total = any(map(str.isalpha, between)) or (between == "/" and not is_year(total))
            if is_total and _is_range(first, last, total, count):
                return first, last, total
    return None


def _is_range(first: int, last: int, total: int, count: int) -> bool:
    """Whether three numbers are the first and last row of a page, and the number of all rows."""
    size = last - first + 1
    if not (0 < first <= last <= total and size <= MAX_PAGE_SIZE):
        return False
    if last == total and first > 1:
        return count > 0
    return abs(size - count) <= max(2, count // 3) and (first - 1) % size == 0


def _page_of(folded: str, node: etree._Element) -> tuple[int, int] | None:
    """The number of the page shown, and that of the last one."""
    match = _CJK_PAGE.search(folded)
    if match is None:
        named = _PAGE_OF.search(folded)
        # "Page 1 Page 2" is a row of links.
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
    """The number of all releases that a text names, or 0."""
    if match := _CJK_TOTAL.search(folded):
        return int(match[1] or match[2])
    for number, word in _NUMBER_WORD.findall(folded):
        if word in RESULTS and not is_year(int(number)):
            return int(number)
    match = _WORD_NUMBER.search(folded)
    return int(match[2]) if match and match[1] in TOTALS and len(folded) <= MAX_QUOTE else 0


class _UnreadControls:
    """The controls of a page that show a number of a page, a year, or "load more"."""

    def __init__(self, page: Page, items: Sequence[ListingItem], controls: Controls) -> None:
        self._page = page
        self._controls = controls
        markup = page.markup.lower()
        self._clicks = [name for name in _CLICKS if name.encode() in markup]
        """Attributes by which an element of the page may be clicked."""
        self._items = items
        self._urls = {item.url for item in items}
        self._is_below = not self._urls
        """Whether the list of releases has begun before the present control."""
        self._followed = {select for select, _ in controls.lists}
        """Lists of options that the walk chooses from."""
        self._numbers: dict[etree._Element, dict[int, str | None]] = defaultdict(dict)
        self._current: dict[etree._Element, int] = {}
        self._years: dict[etree._Element, set[int]] = defaultdict(set)
        self._loaders: dict[str, int] = defaultdict(int)

    def signs(self) -> Iterator[UnreadSign]:
        """What the controls show that have no address."""
        for node in islice(self._page.tree.iter(*_CONTROLS, *_CLICKED), MAX_NODES):
            if self._is_control(node):
                self._add(node)
        yield from _pagers(self._page.url, self._numbers, self._current)
        newest = max((item.published.day.year for item in self._items if item.published), default=0)
        for years in self._years.values():
            # Years of birth and the like end long before the newest release.
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
        """Whether an element may be clicked or chosen."""
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
    """What rows of page numbers show: whether the page is the last, or pages are not led to.

    The page has no next one. So a row that does not show its number, and whose highest number is
    that of a later page, has pages that nothing leads to.
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
    """The number of the page shown in a pager: the one that is no control, or is marked."""
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
    """Whether a control without an address loads more of the list."""
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
    """Whether an element is hidden, or in a part of the page that is not the list's."""
    if _CAROUSEL.search(names_around(node, 4)):
        return True
    around = [node, *islice(node.iterancestors(), 12)]
    return any(one.tag in {"nav", "header", "footer"} for one in around) or any(
        is_hidden(one) for one in around[:4]
    )
