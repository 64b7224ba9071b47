"""Find the page numbers of a listing in pagers, URLs and option lists."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final
from urllib.parse import urljoin, urlsplit

from lxml import etree

from data.text.urls import BY_POST, MAX_ADDRESS
from spiders.listing.paging.labels import is_year, label_of, number_in, range_in
from spiders.page.class_hints import class_and_id, names_around
from spiders.page.html_tree import element_line

PAGER_CLASS = re.compile(
    r"pag(?:er|ing|inat|enav|e-?numbers?|es?(?:$|[\s_-]))|(?:^|[\s_-])nav(?:igation)?[\s_-]links?|seiten",
    re.IGNORECASE,
)
"""Pattern that matches the class or id of a pager."""


MIN_DAYS: Final = 27
"""Minimum number of consecutive numbered links that may be the days of a month instead of pages."""

MONTH_LENGTHS: Final = frozenset((28, 29, 30, 31))
"""Possible lengths of a month, in days."""

_PAGE_NUMBER = re.compile(
    r"[/?&;](?:page|paged|p|pg|pagina|seite|sayfa|sehife|strana|stranica|strona|oldal|sivu|sida|side|pagen_\d|start|offset|from|skip|limitstart)[=/-]?\d"
    r"|/index[-_]?\d{1,4}\.\w{2,5}(?:$|[?&])",
    re.IGNORECASE,
)
MIN_DOTS: Final = 2
"""Minimum number of dots in a pager."""

MAX_DOTS: Final = 200
"""Maximum number of dots in a pager."""

MAX_DOT_ELEMENTS: Final = 6
"""Maximum number of elements per dot, such as a list item with a link and an icon."""

_DOTS: Final = "•●○·∙⚫⚪◦◉ \t\r\n\u00a0"
_CALENDAR = re.compile(
    r"[?&;](?:mini|month|mon|monat|mois|mes|mese|maand|week|cal\w{0,10})=\d", re.IGNORECASE
)
_CALENDAR_NAMES = re.compile(r"calendar|kalender|calendrier|datepicker", re.IGNORECASE)
_DAY = re.compile(r"(?:19|20)\d\d[/-]\d{1,2}[/-]\d{1,2}(?:$|[/?&])")
_DRAWN = re.compile(
    r"createPage(?:HTML|Html)\(\s*(?:['\"][\w-]{1,40}['\"]\s*,\s*)?(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*"
    r"['\"]([\w-]{1,80})['\"]\s*,\s*['\"](\w{2,5})['\"]"
)
_NUMBERS = re.compile(r"(\d{1,9})")
_ACTIVE = re.compile(
    r"(?:^|[\s_-])(?i:active|current|selected|on)(?:$|[\s_-])"
    r"|(?<=[a-z])(?:Active|Current|Selected)(?:Page|Item)?(?:$|[\s_-])"
)

MIN_OPTIONS: Final = 2
"""Minimum number of pages or years in an option list."""

MAX_OPTIONS: Final = 2_000
"""Maximum number of options in a list. Longer lists are skipped."""

MAX_OTHERS: Final = 2
"""Maximum number of other options, such as *All* or *Choose a year*, in an option list of years."""

_PAGE = re.compile(r"\D{0,20}?(\d{1,4})(?:\D.{0,40})?")
_YEAR = re.compile(r"((?:19|20)\d\d|1[34]\d\d|25\d\d)\s?(?:年|년|г\.?|й?|жыл|m\.?)?")
"""Pattern that matches a Gregorian, Iranian or Thai year."""


def is_page_of(here: str, address: str, *, loads: bool = False) -> bool:
    """Whether a URL may be a numbered page of the listing at ``here``.

    The page number is in the query or the path. If a "load more" button requests the URL
    (``loads``), any number in the query may be the page number.
    """
    if len(address) > MAX_ADDRESS:
        return False
    mine, other = urlsplit(here), urlsplit(address)
    if mine.path.rstrip("/") == other.path.rstrip("/"):
        return mine.query != other.query
    if loads and _NUMBERS.search(other.query):
        return True
    return bool(_PAGE_NUMBER.search(f"{other.path}?{other.query}"))


def leads_on(here: str, address: str) -> bool:
    """Whether a URL contains a page number or offset, or a higher number than ``here``."""
    if len(address) > MAX_ADDRESS:
        return False
    return bool(_PAGE_NUMBER.search(address)) or step(here, address) > 0


def is_of_calendar(here: str, address: str) -> bool:
    """Whether a URL is a later or unknown month of the calendar at ``here``.

    Calendars have no end. URLs with a lower number are accepted as older archive pages.
    """
    if not _CALENDAR.search(address) or _PAGE_NUMBER.search(address):
        return False
    return step(here, address) >= 0


def step(here: str, address: str) -> int:
    """Compare the numbers in two URLs that differ in only one number.

    Returns 1 if it is higher in ``address`` than in ``here``, -1 if it is lower, and 0 for any
    other difference.
    """
    if len(address) > MAX_ADDRESS:
        return 0
    mine, other = _NUMBERS.split(here), _NUMBERS.split(address)
    if len(mine) != len(other):
        return 0
    changed = [
        (old, new) for old, new in zip(mine, other, strict=True) if old.strip() != new.strip()
    ]
    if len(changed) != 1 or not all(number.isdecimal() for number in changed[0]):
        return 0
    return 1 if int(changed[0][1]) > int(changed[0][0]) else -1


def by_script(here: str, text: str) -> str | None:
    """Return the URL of the next page if a script creates a pager for numbered files, or None.

    TRS WCM, a common publishing system, calls ``createPageHTML(pages, current, "index", "html")``.
    Page 0 is ``index.html``, and page 1 is ``index_1.html``.
    """
    for count, shown, name, ending in _DRAWN.findall(text):
        following = int(shown) + 1
        if following < int(count):
            return urljoin(here, f"{name}_{following}.{ending}")
    return None


def pager_of(node: etree._Element) -> etree._Element:
    """Return the pager element around a link to a page."""
    if node.tag == "option":
        return next(node.iterancestors("select"), node)
    parent = node.getparent()
    if parent is not None and parent.tag in {"li", "span", "td", "b", "strong", "div"}:
        links = len(list(islice(parent.iter("a", "button", "input"), 2)))
        above = parent.getparent()
        if links == 1 and above is not None:
            return above
    return parent if parent is not None else node


@dataclass(slots=True)
class Pager:
    """The numbered links of one pager.

    ``linked`` maps page numbers to URLs. ``own`` is the page number that links to the current page.
    ``ranges`` maps the row numbers in labels such as ``11-20`` to URLs.
    """

    linked: dict[int, str] = field(default_factory=dict)
    ranges: dict[tuple[int, int], str] = field(default_factory=dict)
    own: int | None = None

    @property
    def is_of_dates(self) -> bool:
        """Whether the numbers of the pager are years or the days of a month."""
        if len(self.linked) >= MIN_DAYS and max(self.linked) in MONTH_LENGTHS:
            return not any(map(_PAGE_NUMBER.search, self.linked.values()))
        return bool(self.linked) and all(map(is_year, self.linked))

    def spacing(self, shown: Iterable[int]) -> int:
        """Return the difference between neighbouring numbers in the pager.

        If the numbers are offsets, as in ``0 | 10 | 20``, this is the page size, and each number is
        the offset in the URL of its link. ``shown`` contains numbers without links.
        """
        numbers = sorted({*self.linked, *shown})
        gap = min((later - first for first, later in pairwise(numbers)), default=1)
        is_offset = gap > 1 and all(
            not number % gap and str(number) in _NUMBERS.findall(url)
            for number, url in self.linked.items()
        )
        return gap if is_offset and numbers[0] == 0 else 1


@dataclass(frozen=True, slots=True)
class PagerNeighbours:
    """URLs of the pages before and after the current page in a pager. Both may be None.

    If page numbers decrease from the first page (``counts_down``), ``after`` has the lower number.
    """

    pager: etree._Element
    after: str | None
    before: str | None
    counts_down: bool = False


def is_numbered(address: str) -> bool:
    """Whether a URL contains a page number, or the offset of a page's first item."""
    parts = urlsplit(address)
    return bool(_PAGE_NUMBER.search(f"{parts.path}?{parts.query}"))


def is_front_of(here: str, address: str) -> bool:
    """Whether ``here`` is the first page of a listing and ``address`` is another page of it.

    Returns False for pages requested by POST, because their URLs contain no page number.
    """
    if not is_page_of(here, address) or BY_POST in address:
        return False
    if is_numbered(here):
        return False
    mine, other = urlsplit(here), urlsplit(address)
    counts = [len(_NUMBERS.findall(f"{one.path}?{one.query}")) for one in (mine, other)]
    return counts[0] < counts[1]


def neighbours(here: str, pagers: Mapping[etree._Element, Pager]) -> Iterator[PagerNeighbours]:
    """Yield, for each pager, the pages before and after the current page."""
    for node, pager in pagers.items():
        if pager.is_of_dates or _CALENDAR_NAMES.search(names_around(node, 5)):
            continue
        if pager.ranges:
            yield PagerNeighbours(node, _range_after(node, pager), None)
            continue
        read = (number_in(text) for text in map(str, node.itertext()))
        shown = [number for number in read if number is not None]
        spacing = pager.spacing(shown)
        current, before = _current(node, pager, here, shown, spacing), None
        if current is None and (current := _unmarked(pager.linked, here)) == 1:
            # In a pager that counts down, page 1 is the oldest page, not a copy of the current
            # page.
            before = pager.linked.get(1)
        if current is None:
            continue
        after = pager.linked.get(current + spacing)
        before = pager.linked.get(current - spacing, before)
        is_last = current > max(pager.linked, default=current)
        counts_down = bool(before and is_last and is_front_of(here, before))
        if counts_down:
            after, before = before, None
        after, before = (
            None if url and (_DAY.search(url) or is_of_calendar(here, url)) else url
            for url in (after, before)
        )
        yield PagerNeighbours(node, after, before, counts_down)


def is_dot(label: str) -> bool:
    """Whether the label of a pager link is empty or a dot."""
    return not label.strip(_DOTS)


def next_dot(pager: etree._Element, dots: Mapping[etree._Element, str | None]) -> str | None:
    """Return the URL of the dot after the current dot in a pager with dots, or None.

    ``dots`` maps the pager's dots to their URLs. The current dot has no link (None) or is marked as
    current.
    """
    addresses: list[str | None] = []
    current: list[int] = []
    for child in islice(pager.iterchildren("*"), MAX_DOTS):
        inside = [*islice(child.iter("*"), MAX_DOT_ELEMENTS + 1)]
        if len(inside) > MAX_DOT_ELEMENTS:
            continue
        link = next((one for one in inside if one in dots), None)
        if link is None and (
            any(one.tag == "a" for one in inside) or not is_dot(element_line(child))
        ):
            continue
        marks = f"{class_and_id(child)} {class_and_id(link)}"
        address = None if link is None else dots[link]
        is_marked = link is not None and (link.get("aria-current") or _ACTIVE.search(marks))
        if address is None or is_marked:
            current.append(len(addresses))
        addresses.append(address)
    if len(addresses) < MIN_DOTS or len(current) != 1:
        return None
    return addresses[current[0] + 1] if current[0] + 1 < len(addresses) else None


def _range_after(node: etree._Element, pager: Pager) -> str | None:
    """Return the URL of the row range after the current range, or None.

    The current row range, such as ``11-20``, has no link.
    """
    shown = (range_in(text) for text in map(str, node.itertext()))
    current = next((one for one in shown if one and one not in pager.ranges), None)
    if current is None:
        return None
    return next((url for (first, _), url in pager.ranges.items() if first == current[1] + 1), None)


def _current(
    node: etree._Element, pager: Pager, here: str, shown: Iterable[int], spacing: int
) -> int | None:
    """Return the number of the current page in a pager, or None.

    The current number has no link, is marked as current, or links to the page itself. If the pager
    omits the current number, the gap is filled: its number is returned if the page's URL fits
    between the URLs of the neighbouring numbers. ``shown`` contains all numbers in the pager.
    """
    linked = pager.linked
    for number in shown:
        if number in linked or number == pager.own:
            continue
        if number + spacing in linked or number - spacing in linked:
            return number
    for one in node.iter("a", "option", "button", "input"):
        marked = (
            one.get("aria-current")
            or (one.tag in {"button", "input"} and one.get("disabled") is not None)
            or one.get("selected") is not None
            or _ACTIVE.search(f"{class_and_id(one)} {class_and_id(one.getparent())}")
        )
        if marked and (named := number_in(label_of(one))) is not None:
            return named
    if pager.own is not None:
        return pager.own
    gaps = [number for number in linked if number + 1 not in linked and number + 2 in linked]
    missing = [number + 1 for number in gaps if _is_between(here, linked, number + 1)]
    return missing[0] if len(missing) == 1 else None


def _unmarked(linked: Mapping[int, str], here: str) -> int | None:
    """Return the number of the current page if it is probably the first page, or None.

    The number is 1, or, in a pager that counts down to 1, one more than the highest number.
    """
    first, second, third = map(linked.get, (1, 2, 3))
    counts_down = [*linked] == sorted(linked, reverse=True)
    if first and second and counts_down and is_front_of(here, first):
        return max(linked) + 1
    is_first = second and (is_front_of(here, second) or (not first and step(here, second) > 0))
    return 1 if third and is_first else None


def _is_between(here: str, linked: Mapping[int, str], number: int) -> bool:
    """Whether a page's URL sorts between the URLs of the pages before and after ``number``."""
    is_first = number - 1 == 1
    back = step(here, linked[number - 1])
    return step(here, linked[number + 1]) > 0 and (back < 0 or (is_first and not back))


def next_option(options: Sequence[etree._Element]) -> tuple[etree._Element | None, bool]:
    """Return the option that selects the next part of a listing, or None after the last part.

    The second value is true for a page number and false for a year.

    Options are either page numbers that count up from 1, or years. After the selected year, the
    next older year follows. If no year is selected, the newest is next.
    """
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        return None, False
    labels = [element_line(one) for one in options]
    selected = [place for place, one in enumerate(options) if one.get("selected") is not None]
    current = selected[-1] if selected else 0
    years = {
        place: int(found[1])
        for place, label in enumerate(labels)
        if (found := _YEAR.fullmatch(label))
    }
    if len(years) >= MIN_OPTIONS and len(options) - len(years) <= MAX_OTHERS:
        limit = years.get(current, max(years.values()) + 1)
        older = [place for place, year in years.items() if year < limit]
        return options[max(older, key=years.__getitem__)] if older else None, False
    pages = [int(found[1]) for label in labels if (found := _PAGE.fullmatch(label))]
    if pages != [*range(1, len(options) + 1)] or current + 1 >= len(options):
        return None, False
    return options[current + 1], True
