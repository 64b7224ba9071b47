"""Extract releases from a page's scripts if its listing is rendered in the browser."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from data.dates.context import DateContext
from data.dates.parse import DateReader
from spiders.items import Listing
from spiders.json_state.js_literals import NoLiteral, decoded
from spiders.json_state.json_fields import read_records, unwrapped
from spiders.json_state.scripts import states
from spiders.page.embedded_metadata import json_ld_scripts, parse_json
from spiders.page.json_text import values_of
from spiders.page.links import link_target, resolve
from spiders.page.media_urls import leads_to_image
from spiders.page.page import Page

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


class DataStore(NamedTuple):
    """The rows of a data store as a page, and the URL of the next rows or None."""

    page: Page
    next: str | None


def data_store(page: Page) -> DataStore | None:
    """Return the data store with the most rows on a page, or None.

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
    return DataStore(
        Page(page.url, html.encode(), "text/html; charset=utf-8"), next(filter(None, links), None)
    )


def _texts(store: str, tag: str) -> Iterator[str]:
    """Yield the texts of elements named ``tag`` that contain only a CDATA section."""
    for part in store.split(tag, MAX_ROWS)[1:]:
        begin = _CDATA.match(part)
        text, end, _ = part.partition("]]>")
        if begin and end:
            yield text[begin.end() :]
