"""The next page of a listing in JSON: as its document names it, or counted on by its address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from spiders.link_targets import resolve
from spiders.page import Page

NAMES = (
    "next_url", "next", "nextPage", "next_page", "nextUrl", "nextLink", "next_page_url",
    "@odata.nextLink", "__next", "odata.nextLink",
)  # fmt: skip
"""What the address of the next page is called (JSON Feed, JSON:API, OData, Laravel and others)."""

HOLDERS = ("links", "_links", "pagination", "paging", "pageInfo", "meta", "page", "d", "data")
"""Objects at the top of a document in which that may stand."""

_PAGES = re.compile(
    r"(?:total|nb|num(?:ber_?of)?|max|last)_?pages?|pages?_?(?:count|total)|pages", re.IGNORECASE
)
_NUMBER = re.compile(r"page(?:_?(?:no|num|number|index))?|p|pg|pagina|seite|strana", re.IGNORECASE)


def next_of(document: Any, page: Page, count: int) -> str | None:
    """The address of the next page of ``document``, which holds ``count`` items; None on the last.

    One that it names, else the next page of WordPress's posts where this is full, else the next
    number where the document says how many pages there are.
    """
    if isinstance(document, dict):
        for holder in _holders(document):
            for name in NAMES:
                value = holder.get(name)
                named = value.get("href") or value.get("url") if isinstance(value, dict) else value
                if isinstance(named, str) and (url := resolve(named, page.url)) and url != page.url:
                    return url
        return next_by_shape(document, page) or _counted(document, page)
    parts = urlsplit(page.url)
    if "/wp-json/" not in parts.path and "rest_route" not in parts.query:
        return None
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    size, number = query.get("per_page", "10"), query.get("page", "1")
    if not (size.isdecimal() and number.isdecimal() and count >= int(size) > 0):
        return None
    query["page"] = str(int(number) + 1)
    return parts._replace(query=urlencode(query)).geturl()


def _holders(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document
    for name in HOLDERS:
        value = document.get(name)
        if isinstance(value, dict):
            yield value
            yield from (inner for key in HOLDERS if isinstance(inner := value.get(key), dict))


def _counted(document: dict[str, Any], page: Page) -> str | None:
    """The address with the next number, where the document says that there are so many pages."""
    parts = urlsplit(page.url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    totals = [
        value
        for holder in _holders(document)
        for name, value in holder.items()
        if _PAGES.fullmatch(name) and isinstance(value, int) and not isinstance(value, bool)
    ]
    for place, (name, value) in enumerate(query):
        if _NUMBER.fullmatch(name) and re.fullmatch(r"\d{1,6}", value):
            if totals and int(value) < max(totals):
                query[place] = (name, str(int(value) + 1))
                return parts._replace(query=urlencode(query)).geturl()
            break
    return None


def next_by_shape(document: dict[str, Any], page: Page) -> str | None:
    """The one address at the top of a document that is another part of the same listing."""
    here = urlsplit(page.url)
    found = set()
    for value in document.values():
        url = resolve(value, page.url) if isinstance(value, str) and "?" in value else None
        there = urlsplit(url or "")
        if url and (there.netloc, there.path) == (here.netloc, here.path):
            found.add(url)
    return found.pop() if len(found) == 1 and page.url not in found else None
