"""Extract lists from data stores in a page's scripts: rows of HTML inside XML.

The JPage lists of Hanweb, a publishing system of many governments in China, use such stores. A
script displays their rows. A store also contains the request for the next rows; its response is
another store.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from spiders.page.links import link_target
from spiders.page.page import Page

MAX_STORES: Final = 50
"""Maximum number of stores read per page."""

MIN_ROWS: Final = 2
MAX_ROWS: Final = 2_000
"""Minimum and maximum number of rows read from a store."""

_CDATA = re.compile(r"\s{0,9}<!\[CDATA\[")
_FRAMES: Final = (("<li", "<ul>{}</ul>"), ("<tr", "<table>{}</table>"))
_MARK: Final = b"<datastore"


class DataStore(NamedTuple):
    """The rows of a data store as a page, and the address of the next rows, or None."""

    page: Page
    next: str | None


def data_store(page: Page) -> DataStore | None:
    """Return the data store with the most rows on a page, or None if the page has no data store."""
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
    """Yield the texts of elements that contain only a CDATA section."""
    for part in store.split(tag, MAX_ROWS)[1:]:
        begin = _CDATA.match(part)
        text, end, _ = part.partition("]]>")
        if begin and end:
            yield text[begin.end() :]
