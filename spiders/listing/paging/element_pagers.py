"""Read pagers that are custom elements, whose links are created by scripts.

Example: ``<ds-pagination current-page="1" total-pages="4" base-url="/news?page=">``. Each design
system uses different names. An element may also contain the URL of the next page.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from lxml import etree

from data.text.urls import MAX_ADDRESS
from spiders.page.links import resolve
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
    for node in islice(_nodes(page.tree), MAX_PAGERS):
        found = _read(_attributes(node), page)
        if found.next or found.last:
            return found
    return None


def _nodes(tree: etree._Element) -> Iterator[etree._Element]:
    for node in islice(tree.iter("*"), MAX_NODES):
        if "-" in node.tag and _PAGER.match(node.tag.lower()):
            yield node


def _attributes(node: etree._Element) -> Mapping[str, str]:
    """Return the element's attributes by name: in lower case, without separators and prefixes."""
    return {
        _SEPARATORS.sub("", _SEPARATORS.sub("", str(name).lower())): str(value).strip()
        for name, value in node.attrib.items()
        if len(value) <= MAX_ADDRESS
    }


def _read(said: Mapping[str, str], page: Page) -> ElementPager:
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
