"""Read pagers whose links are created by scripts: custom elements, JSON state, and functions.

Example of an element: ``<ds-pagination current-page="1" total-pages="4" base-url="/news?page=">``.
Each design system uses different names. An element may also contain the URL of the next page. The
JSON state (such as ``__NEXT_DATA__``) contains the URL of the next page, or the numbers of the
current and the last page.

Functions that page through a listing, such as ``goPage(2)``, are recognized by their source code.
They are never run.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from data.text.urls import MAX_ADDRESS
from spiders.json_state.scripts import states
from spiders.listing.paging.page_numbers import is_page_of
from spiders.page.links import resolve
from spiders.page.literals import json_objects
from spiders.page.page import Page

MAX_PAGERS: Final = 20
"""Maximum number of pagers checked per page."""

MAX_NODES: Final = 60_000
"""Maximum number of elements searched per page."""

NEXT_NAMES: Final = ("nexthref", "nexturl", "nextlink", "nextpageurl", "hrefnext", "next")
CURRENT_NAMES: Final = ("currentpage", "current", "page", "pagenumber", "activepage", "pageno")
LAST_NAMES: Final = ("totalpages", "pages", "pagecount", "lastpage", "numberofpages", "maxpage")
TOTAL_NAMES: Final = ("totalitems", "totalcount", "itemcount", "totalresults", "count", "total")
"""Attribute names (without separators) for the total number of items, or of pages if no page size
is given."""
SIZE_NAMES: Final = ("itemsperpage", "perpage", "pagesize", "resultsperpage", "size", "limit")
BASE_NAMES: Final = (
    "urltemplate", "urlpattern", "hreftemplate", "hrefpattern", "pageurl", "baseurl", "basehref",
    "href", "url", "link", "path",
)  # fmt: skip
PARAMETER_NAMES: Final = ("pageparam", "queryparam", "param", "parameter", "pageparameter")
"""Attribute names (without separators) for the name of the query parameter with the page number."""

_TAG = re.compile(rb"<(?=[\w.]*-)[\w.-]*pag(?:er|inat|ing|es?\b)", re.IGNORECASE)
_PAGER = re.compile(r"(?=[\w.]*-)[\w.-]*pag(?:er|inat|ing|es?(?:$|-))")
_SEPARATORS = re.compile(r"^(?:v-bind:|data-|[:@\[])|[-_.:\]]")
_PLACE = re.compile(
    r"\{\{?\s?(?:page|pagenumber|n|0|number)\s?\}\}?|%[ds]|:page\b|__page__|\[page\]", re.IGNORECASE
)
_OPEN_END = re.compile(r"(?:=|/(?:page|p|seite|pagina|sivu|strana|side|sida|sayfa)[/-])$")
_ADDRESS = re.compile("[/?]")
_NUMBER = re.compile(r"\d{1,6}")


class ElementPager(NamedTuple):
    """The numbers of the current and the last page (0 if unknown), and the next page's URL."""

    current: int
    last: int
    next: str | None


def element_pager(page: Page) -> ElementPager | None:
    """Return the first pager that is a custom element with page numbers or a next URL, or None."""
    if not _TAG.search(page.markup):
        return None
    nodes = islice(page.tree.iter("*"), MAX_NODES)
    pagers = (node for node in nodes if "-" in node.tag and _PAGER.match(node.tag.lower()))
    for node in islice(pagers, MAX_PAGERS):
        found = _read_element(_attributes(node), page)
        if found.next or found.last:
            return found
    return None


def _attributes(node: etree._Element) -> Mapping[str, str]:
    """Return the element's attributes by name: in lower case, without separators and prefixes."""
    return {
        _SEPARATORS.sub("", _SEPARATORS.sub("", str(name).lower())): str(value).strip()
        for name, value in node.attrib.items()
        if len(value) <= MAX_ADDRESS
    }


def _read_element(said: Mapping[str, str], page: Page) -> ElementPager:
    current, last, size = (
        _number(said, names) for names in (CURRENT_NAMES, LAST_NAMES, SIZE_NAMES)
    )
    total = _number(said, TOTAL_NAMES)
    last = last or (-(-total // size) if size else total)
    address = next((said[name] for name in NEXT_NAMES if _ADDRESS.search(said.get(name, ""))), "")
    if not address and current > 0 and (not last or current < last):
        base = next((said[name] for name in BASE_NAMES if said.get(name)), "")
        parameter = next((said[name] for name in PARAMETER_NAMES if said.get(name)), "")
        address = _address(base, parameter, current + 1)
    url = resolve(address, page.base) if address else None
    is_own = url is not None and urlsplit(url).netloc == urlsplit(page.url).netloc
    return ElementPager(current, last, url if is_own and url != page.url else None)


def _address(base: str, parameter: str, number: int) -> str:
    """Return the URL of a numbered page, or "" if the position of the number in URLs is unknown."""
    if _PLACE.search(base):
        return _PLACE.sub(str(number), base, count=1)
    if _OPEN_END.search(base):
        return f"{base}{number}"
    if parameter:
        return f"{base}{'&' if '?' in base else '?'}{urlencode({parameter: number})}"
    return ""


def _number(said: Mapping[str, str], names: tuple[str, ...]) -> int:
    """Return the first number in an attribute with one of ``names``, or 0."""
    found = (said[name] for name in names if _NUMBER.fullmatch(said.get(name, "")))
    return int(next(found, 0))


MAX_STATES: Final = 10
"""Maximum number of script states (such as ``__NEXT_DATA__``) searched per page."""

MIN_RECORDS: Final = 2
"""Minimum number of records in a list. Page numbers near shorter lists are ignored."""

MAX_PAGE_DIGITS: Final = 8
"""Maximum number of digits in a page number."""

_NEXT = re.compile(r"next(?:_?page)?_?(?:url|link|href)|next_?page|next", re.IGNORECASE)
_CURRENT_PAGE_KEY = re.compile(r"(?:current_?)?page(?:_?(?:no|num|number|index))?", re.IGNORECASE)
PAGE_COUNT_KEY: Final = re.compile(
    r"(?:total|nb|num(?:ber_?of)?|max|last)_?pages?|pages?_?(?:count|total)|pages", re.IGNORECASE
)
_MARKS: Final = (b"age", b"next", b"Next")


def next_in_state(page: Page) -> str | None:
    """Return the URL of a listing's next page from the JSON state of its scripts, or None.

    A page number is used only if its object, or the parent object, contains a list of records. The
    query parameter is taken from the URL or the state (default ``page``).
    """
    if not any(mark in page.markup for mark in _MARKS):
        return None
    for state in islice(states(page.tree), MAX_STATES):
        asked = state.get("query") if isinstance(state, dict) else None
        for held in _holders(state):
            address = _named(held, page) or _counted(held, page, asked)
            if address and address != page.url:
                return address
    return None


def _holders(state: Any) -> Iterator[Mapping[str, Any]]:
    """Yield each object that contains a list of records, followed by the objects inside it.

    The page number of the list may be in any of them.
    """
    for holder in json_objects(state):
        if _has_records(holder):
            yield holder
            yield from (one for one in holder.values() if isinstance(one, dict))


def _has_records(holder: Mapping[str, Any]) -> bool:
    return any(
        isinstance(one, list)
        and len(one) >= MIN_RECORDS
        and all(isinstance(record, dict) for record in one[:MIN_RECORDS])
        for one in holder.values()
    )


def _named(held: Mapping[str, Any], page: Page) -> str | None:
    for name, value in held.items():
        if isinstance(value, str) and _NEXT.fullmatch(name):
            url = resolve(value, page.base)
            same = url and urlsplit(url).netloc == urlsplit(page.url).netloc
            if url and same and is_page_of(page.url, url):
                return url
    return None


def _counted(held: Mapping[str, Any], page: Page, asked: Any) -> str | None:
    shown, last = _count(held, _CURRENT_PAGE_KEY), _count(held, PAGE_COUNT_KEY)
    if shown is None or last is None or not 0 < shown < last:
        return None
    parts = urlsplit(page.url)
    fields = parse_qsl(parts.query, keep_blank_values=True)
    names = [name for name, _ in fields] + [*(asked if isinstance(asked, dict) else ())]
    called = next((name for name in names if _CURRENT_PAGE_KEY.fullmatch(name)), "page")
    kept = [(name, value) for name, value in fields if name != called]
    query = urlencode([*kept, (called, str(shown + 1))])
    return parts._replace(query=query, fragment="").geturl()


def _count(held: Mapping[str, Any], called: re.Pattern[str]) -> int | None:
    """Return the first number whose key matches ``called``, or None. The number may be a string."""
    for name, value in held.items():
        if called.fullmatch(name) and not isinstance(value, bool):
            text = str(value) if isinstance(value, (int, str)) else ""
            if text.isascii() and text.isdecimal() and len(text) <= MAX_PAGE_DIGITS:
                return int(text)
    return None


MAX_FUNCTION_SCRIPTS: Final = 100
"""Maximum number of scripts per page that are searched for paging functions."""

MAX_FUNCTIONS: Final = 200
"""Maximum number of JavaScript functions parsed per page."""

MAX_BODY: Final = 1_500
"""Maximum length of a function body that is searched, in characters."""

MAX_CALL: Final = 500
"""Maximum length of an event handler that is searched for a function call, in characters."""

_FUNCTION = re.compile(
    r"(?:\bfunction\s+(?P<named>[\w$]{1,60})\s*|"
    r"\b(?P<set>[\w$]{1,60})\s*[=:]\s*function\s*)\(\s*(?P<first>[\w$]{1,40})[^)]{0,100}\)\s*\{"
)
_CALL = re.compile(r"(?<![\w$.])([\w$]{1,60})\(\s*['\"]?(\d{1,6})['\"]?\s*[,)]")
_NAME = r"[\w$.\[\]-]{1,60}"
_ACTION = re.compile(
    r"""\.(?:action\s*=\s*|attr\(\s*['"]action['"]\s*,\s*)['"]([^'"]{1,500})['"]"""
)


@dataclass(frozen=True, slots=True)
class PagingFunction:
    """The effect of a script function whose argument is a page number.

    One type of function sets ``field`` of a form and submits it, to ``action`` if given. The other
    opens the URL ``before`` + number + ``after``.
    """

    field: str = ""
    action: str = ""
    before: str = ""
    after: str = ""


def paging_functions(root: etree._Element) -> dict[str, PagingFunction]:
    """Return the script functions of a page that page through a listing, by name."""
    found: dict[str, PagingFunction] = {}
    scripts = (str(one.text) for one in root.iter("script") if one.text and "function" in one.text)
    left = MAX_FUNCTIONS
    for text in islice(scripts, MAX_FUNCTION_SCRIPTS):
        for match in islice(_FUNCTION.finditer(text), left):
            left -= 1
            body = _own(text[match.end() : match.end() + MAX_BODY])
            if made := _read_function(body, match["first"]):
                found.setdefault(match["named"] or match["set"], made)
    return found


def call_in(script: str) -> tuple[str, str] | None:
    """Return the name and number of the first call such as ``goPage(2)`` in a handler, or None."""
    found = _CALL.search(script[:MAX_CALL])
    return (found[1], found[2]) if found else None


def _own(body: str) -> str:
    """Return the body of a function, up to its closing brace.

    ``body`` begins after the opening brace.
    """
    depth = 1
    for match in re.finditer(r"[{}]", body):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return body[: match.start()]
    return body


def _read_function(body: str, first: str) -> PagingFunction | None:
    number = re.escape(first)
    opened = re.search(
        rf"""location(?:\.href)?\s*(?:=|\.(?:assign|replace)\()\s*['"]([^'"]{{1,500}}=)['"]\s*\+\s*"""
        rf"""{number}\b(?:\s*\+\s*['"]([^'"]{{0,200}})['"])?""",
        body,
    )
    if opened:
        return PagingFunction(before=opened[1], after=opened[2] or "")
    if "submit" not in body:
        return None
    field = re.search(
        rf"""(?:\.({_NAME})\.value|getElementById\(\s*['"]({_NAME})['"]\s*\)\.value)\s*=\s*{number}\b"""
        rf"""|\$\(\s*['"](?:\#|[a-z]{{0,10}}\[name=['"]?)({_NAME}?)['"]?\]?['"]\s*\)\.val\(\s*{number}\b""",
        body,
    )
    if field is None:
        return None
    action = _ACTION.search(body)
    name = next(filter(None, field.groups())).rpartition(".")[2]
    return PagingFunction(field=name, action=action[1] if action else "")
