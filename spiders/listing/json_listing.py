"""Extract listings from JSON documents, and from the data in a page's scripts.

JSON documents are JSON Feed, WordPress posts, and other arrays of records with links. If a listing
is rendered in the browser, its releases are in the page's scripts.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from data.dates.context import DateContext
from data.dates.parse import DateReader
from spiders.items import Listing
from spiders.json_state.json_fields import read_records, unwrapped
from spiders.json_state.scripts import states
from spiders.listing.paging.scripted_pagers import PAGE_COUNT_KEY
from spiders.page.embedded_metadata import json_ld_scripts, parse_json
from spiders.page.links import link_target, resolve
from spiders.page.literals import NoLiteral, decoded, load_json, values_of
from spiders.page.media_files import leads_to_image
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
    lists = (
        list(map(unwrapped, value))
        for value in values_of(document)
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    )
    best = read_records(lists, page, dates)
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
        if PAGE_COUNT_KEY.fullmatch(name) and isinstance(value, int) and not isinstance(value, bool)
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


MAX_STORES: Final = 50
"""Maximum number of data stores (XML in a script) read per page."""

MIN_ROWS: Final = 2
"""Minimum number of rows in a data store (XML in a script)."""

MAX_ROWS: Final = 2_000
"""Maximum number of rows read from a data store (XML in a script)."""

_CDATA = re.compile(r"\s{0,9}<!\[CDATA\[")
_FRAMES: Final = (("<li", "<ul>{}</ul>"), ("<tr", "<table>{}</table>"))
_MARK: Final = b"<datastore"

MAX_NESTED, MIN_NESTED_LENGTH = 20, 80
"""Maximum number, and minimum length in characters, of the parsed JSON strings inside a script's
data."""

MIN_CACHE_ENTRIES: Final = 3
"""Minimum number of cache entries of the same type that count as a list."""

SCRIPTED_MESSAGE: Final = "the listing is only in the page's scripts; set render = true to run them"
"""Message for a listing that was found only in scripts."""

GUESSED_URLS_MESSAGE: Final = (
    "the scripts contain only the ends of addresses, so the complete addresses are a guess"
)
"""Message for URLs built from slugs, without a complete URL on the page."""

SLUG_KEY: Final = re.compile(
    r"(?:seo_?|url_?|page_?)?(?:slug|alias|key|name|path)|uri", re.IGNORECASE
)
"""Pattern of keys whose value is a slug, the last part of a URL."""

BEFORE_SLUG: Final = re.compile(r"""["'](/[^"'\s<>]*)$""")
"""Pattern of the part of a quoted URL before a slug."""

AFTER_SLUG: Final = re.compile(r"""/?\\?["']""")
"""Pattern of the end of a quoted URL after a slug."""

MAX_PATH_LENGTH, MAX_SEARCHED_SLUGS, MAX_OCCURRENCES = 200, 5, 100
"""Limits of the search for complete URLs on the page.

- MAX_PATH_LENGTH: maximum length of the part before a slug, in characters
- MAX_SEARCHED_SLUGS: maximum number of slugs searched for
- MAX_OCCURRENCES: maximum number of occurrences checked per slug
"""

SLUG_VALUE: Final = re.compile(r"[\w%-]{3,200}")
"""Pattern that matches a valid slug."""


def read_state(page: Page, context: DateContext) -> Listing | None:
    """Return the listing in a page's JSON-LD or script state (``__NEXT_DATA__``), or None.

    Call this only if the page's elements contain no listing, because data in scripts may be
    invisible to readers.
    """
    best: Listing | None = None
    dates = DateReader(context)
    for value in _values(page):
        ends = SlugUrls(page)
        found = read_records(_lists(value), page, dates, ends.address)
        dated = tuple(
            item for item in found if item.published and item.title and not leads_to_image(item.url)
        )
        if len(dated) > (len(best.items) if best else 1):
            guessed = any(item.url in ends.guessed for item in dated)
            reasons = (SCRIPTED_MESSAGE, GUESSED_URLS_MESSAGE) if guessed else (SCRIPTED_MESSAGE,)
            best = Listing(page.url, dated, None, "state", 0.4 if guessed else 0.6, reasons)
    return replace(best, reasons=(*best.reasons, *dates.reasons)) if best else None


class SlugUrls:
    """Builds the URLs of releases whose records contain only a slug.

    The part before the slug is copied from a complete URL elsewhere on the page. If there is none,
    the URL of the listing is used, and the result is added to ``guessed``.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._before: str | None = None
        self._looked = 0
        self.guessed: set[str] = set()

    def address(self, record: Mapping[str, Any]) -> str | None:
        """Return the URL of a record, or None if the record has no slug."""
        end = next(filter(None, map(_end, record.items())), None)
        if end is None:
            return None
        if self._before is None and self._looked < MAX_SEARCHED_SLUGS:
            self._looked += 1
            self._before = self._stated(end)
        before = self._before or f"{urlsplit(self._page.url).path.rstrip('/')}/"
        url = resolve(f"{before}{end}", self._page.base)
        if url and self._before is None:
            self.guessed.add(url)
        return url

    def _stated(self, end: str) -> str | None:
        """Return the part before the slug in a complete URL on the page, or None."""
        at = self._page.text.find(f"/{end}")
        for _ in range(MAX_OCCURRENCES):
            if at < 0:
                break
            after = at + len(end) + 1
            start = self._page.text[max(0, at - MAX_PATH_LENGTH) : at + 1]
            if AFTER_SLUG.match(self._page.text, after) and (before := BEFORE_SLUG.search(start)):
                return before[1]
            at = self._page.text.find(f"/{end}", after)
        return None


def _end(entry: tuple[str, Any]) -> str | None:
    name, value = entry
    stated = value.get("current") if isinstance(value, dict) else value
    if not isinstance(stated, str) or "slug" not in name.lower() or not SLUG_KEY.fullmatch(name):
        return None
    return stated if SLUG_VALUE.fullmatch(stated) else None


def _values(page: Page) -> Iterator[Any]:
    """Yield the JSON-LD and script states of a page, and the JSON strings inside the states."""
    yield from map(parse_json, json_ld_scripts(page))
    for state in states(page.tree):
        yield state
        texts = (one for one in values_of(state) if isinstance(one, str) and one[:1] in {"{", "["})
        for _, text in zip(range(MAX_NESTED), texts, strict=False):
            if len(text) >= MIN_NESTED_LENGTH:
                try:
                    yield decoded(text)
                except NoLiteral:
                    continue


def _lists(value: Any) -> Iterator[list[dict[str, Any]]]:
    """Yield the lists of records in a script's state.

    Groups of cache entries (Apollo) are included.
    """
    for inner in values_of(value):
        if isinstance(inner, list):
            records = [unwrapped(one) for one in inner if isinstance(one, dict)]
            if records and len(records) == len(inner):
                yield records
        elif isinstance(inner, dict):
            kinds: dict[Any, list[dict[str, Any]]] = defaultdict(list)
            for key, one in inner.items():
                if isinstance(one, dict):
                    kind = one.get("__typename") or key.partition(":")[0]
                    kinds[str(kind)].append(unwrapped(one))
            yield from (alike for alike in kinds.values() if len(alike) >= MIN_CACHE_ENTRIES)


def data_store(page: Page) -> tuple[Page, str | None] | None:
    """Return the data store with the most rows on a page, as a page, or None.

    The second value is the URL of the next rows, or None.

    Data stores are XML in a page's scripts, with rows of HTML that a script displays. They are used
    by the JPage lists of Hanweb, a publishing system of many governments in China. A store also
    contains the request for the next rows, to which the server responds with another store.
    """
    if _MARK not in page.markup:
        return None
    stores = page.text.split(_MARK.decode())[1 : MAX_STORES + 1]
    found = [list(_texts(store, "<record>")) for store in stores]
    rows, store = max(zip(found, stores, strict=True), key=lambda one: len(one[0]))
    if len(rows) < MIN_ROWS:
        return None
    begin = rows[0].lstrip().lower()
    frame = next((frame for tag, frame in _FRAMES if begin.startswith(tag)), "")
    html = frame.format("".join(rows)) if frame else "".join(f"<div>{row}</div>" for row in rows)
    following = next(_texts(store, "<nextgroup>"), "")
    more = Page(page.url, following.encode(), "text/html; charset=utf-8")
    links = (link_target(link, page.base) for link in more.tree.iter("a"))
    shown = Page(page.url, html.encode(), "text/html; charset=utf-8")
    return shown, next(filter(None, links), None)


def _texts(store: str, tag: str) -> Iterator[str]:
    """Yield the texts of elements named ``tag`` that contain only a CDATA section."""
    for part in store.split(tag, MAX_ROWS)[1:]:
        begin = _CDATA.match(part)
        text, end, _ = part.partition("]]>")
        if begin and end:
            yield text[begin.end() :]
