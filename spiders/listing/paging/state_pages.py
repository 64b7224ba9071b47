"""Find the next page of a listing in the JSON state of its scripts, such as ``__NEXT_DATA__``.

The state contains the URL of the next page, or the numbers of the current and the last page.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from spiders.json_state.scripts import states
from spiders.listing.paging.page_numbers import is_page_of
from spiders.page.json_text import json_objects
from spiders.page.links import resolve
from spiders.page.page import Page

MAX_STATES: Final = 10
"""Maximum number of script states (such as ``__NEXT_DATA__``) searched per page."""

MIN_RECORDS: Final = 2
"""Minimum number of records in a list. Page numbers near shorter lists are ignored."""

MAX_PAGE_DIGITS: Final = 8
"""Maximum number of digits in a page number."""

_NEXT = re.compile(r"next(?:_?page)?_?(?:url|link|href)|next_?page|next", re.IGNORECASE)
_CURRENT_PAGE_KEY = re.compile(r"(?:current_?)?page(?:_?(?:no|num|number|index))?", re.IGNORECASE)
_LAST = re.compile(
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
    shown, last = _count(held, _CURRENT_PAGE_KEY), _count(held, _LAST)
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
