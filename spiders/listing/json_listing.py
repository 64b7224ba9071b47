"""Extract JSON listings: JSON Feed, WordPress posts, and other arrays of records with links."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from data.dates.context import DateContext
from data.dates.parse import DateReader
from spiders.items import Listing
from spiders.json_state.json_fields import read_records, unwrapped
from spiders.page.json_text import load_json, values_of
from spiders.page.links import resolve
from spiders.page.page import Page

MAX_HTML = 2_000_000
"""Maximum length in characters of the HTML extracted from a JSON document."""

NEXT_KEYS = (
    "next_url", "next", "nextPage", "next_page", "nextUrl", "nextLink", "next_page_url",
    "@odata.nextLink", "__next", "odata.nextLink",
)  # fmt: skip
"""Keys for the URL of the next page (JSON Feed, JSON:API, OData, Laravel and others)."""

HOLDER_KEYS = ("links", "_links", "pagination", "paging", "pageInfo", "meta", "page", "d", "data")
"""Keys of objects that may contain the URL of the next page, in the top two levels."""

_PAGES = re.compile(
    r"(?:total|nb|num(?:ber_?of)?|max|last)_?pages?|pages?_?(?:count|total)|pages", re.IGNORECASE
)
_NUMBER = re.compile(r"page(?:_?(?:no|num|number|index))?|p|pg|pagina|seite|strana", re.IGNORECASE)

_HAS_MORE = re.compile(r"has_?(?:more|next)(?:_?page)?|more", re.IGNORECASE)
_CURSOR = re.compile(
    r"(?:next|end)_?cursor|cursor|next_?page_?token|continuation_?token", re.IGNORECASE
)
_CURSOR_NAME = re.compile(r"cursor|after|page_?token|continuation_?token|from|next", re.IGNORECASE)

MAX_CURSOR = 1_000
"""Maximum length of a cursor, in characters."""


def read_json(page: Page, context: DateContext) -> Listing:
    """Return the items of a JSON listing.

    For documents whose strings contain HTML, use `html_within` instead.
    """
    try:
        document = load_json(page.text)
    except (ValueError, RecursionError) as error:
        reason = f"the document is not JSON ({str(error)[:120]})"
        return Listing(page.url, (), rule="json", reasons=(reason,))
    dates = DateReader(context)
    best = read_records(_arrays(document), page, dates)
    reasons = dates.reasons if best else ("the document contains no records with an address",)
    following = next_of(document, page, len(best))
    return Listing(page.url, tuple(best), following, "json", 0.9 if best else 0.0, reasons)


def html_within(page: Page) -> str | None:
    """Return the HTML with links inside a JSON document, as in "load more" responses.

    Rows of table cells are joined to a table. Otherwise, the result is the longest string, or all
    strings joined if it has less than half of the text. Returns None if no string contains a link.
    """
    try:
        document = load_json(page.text)
    except (ValueError, RecursionError):
        return None
    rows = [row for row in values_of(document) if isinstance(row, list) and _is_row(row)]
    if len(rows) > 1:
        cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"[:MAX_HTML]
    pieces = [value for value in values_of(document) if isinstance(value, str) and "<a" in value]
    longest = max(pieces, key=len, default=None)
    if longest is None or len(longest) * 2 >= sum(map(len, pieces)):
        return longest
    return "".join(pieces)[:MAX_HTML]


def _is_row(value: list[Any]) -> bool:
    """Whether a list contains table cells, at least one of them with a link (DataTables)."""
    plain = all(isinstance(cell, (str, int, float)) or cell is None for cell in value)
    return plain and any(isinstance(cell, str) and "<a" in cell for cell in value)


def _arrays(document: Any) -> Iterator[list[dict[str, Any]]]:
    for value in values_of(document):
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield list(map(unwrapped, value))


def next_of(document: Any, page: Page, count: int) -> str | None:
    """Return the URL of the page after ``document``, or None if it is the last page.

    ``count`` is the number of items in the document. The function tries, in order:

    - a URL in the document
    - the next page number, if the document reports a page count or more pages
    - the cursor of the next page

    For an array of WordPress posts, the next page number is used if the page is full.
    """
    if isinstance(document, dict):
        for holder in _holders(document):
            for name in NEXT_KEYS:
                value = holder.get(name)
                named = value.get("href") or value.get("url") if isinstance(value, dict) else value
                if isinstance(named, str) and (url := resolve(named, page.url)) and url != page.url:
                    return url
        return (
            next_by_shape(document, page)
            or _counted(document, page)
            or _after_cursor(document, page)
        )
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
    for name in HOLDER_KEYS:
        value = document.get(name)
        if isinstance(value, dict):
            yield value
            yield from (inner for key in HOLDER_KEYS if isinstance(inner := value.get(key), dict))


def _counted(document: dict[str, Any], page: Page) -> str | None:
    """Return the URL with the next page number, or None if the document reports no more pages."""
    parts = urlsplit(page.url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    totals = [
        value
        for holder in _holders(document)
        for name, value in holder.items()
        if _PAGES.fullmatch(name) and isinstance(value, int) and not isinstance(value, bool)
    ]
    has_more = any(
        value is True and _HAS_MORE.fullmatch(name)
        for holder in _holders(document)
        for name, value in holder.items()
    )
    for place, (name, value) in enumerate(query):
        if _NUMBER.fullmatch(name) and re.fullmatch(r"\d{1,6}", value):
            if (totals and int(value) < max(totals)) or (has_more and not totals):
                query[place] = (name, str(int(value) + 1))
                return parts._replace(query=urlencode(query)).geturl()
            break
    return None


def _after_cursor(document: dict[str, Any], page: Page) -> str | None:
    """Return the page's URL with the next cursor from the document, or None.

    If the URL already has a parameter for a cursor, its value is replaced. Otherwise, the parameter
    ``cursor`` is added.
    """
    parts = urlsplit(page.url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    for holder in _holders(document):
        if any(_HAS_MORE.fullmatch(name) and value is False for name, value in holder.items()):
            return None
        for name, value in holder.items():
            if _CURSOR.fullmatch(name) and isinstance(value, str) and 0 < len(value) <= MAX_CURSOR:
                called = next((one for one, _ in query if _CURSOR_NAME.fullmatch(one)), "cursor")
                kept = [(one, old) for one, old in query if one != called]
                return parts._replace(query=urlencode([*kept, (called, value)])).geturl()
    return None


def next_by_shape(document: dict[str, Any], page: Page) -> str | None:
    """Return the URL of another part of the same listing, or None.

    It has the page's path and a different query, and must be the only such URL among the document's
    top-level values.
    """
    here = urlsplit(page.url)
    found = set()
    for value in document.values():
        url = resolve(value, page.url) if isinstance(value, str) and "?" in value else None
        there = urlsplit(url or "")
        if url and (there.netloc, there.path) == (here.netloc, here.path):
            found.add(url)
    return found.pop() if len(found) == 1 and page.url not in found else None
