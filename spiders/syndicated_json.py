"""Listings in JSON: JSON Feed, WordPress's posts, and any array of records that names links."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from data.dates import Reading, parse_date
from data.models import Published
from spiders.link_targets import resolve
from spiders.page import Page
from spiders.pages import ListingItem, ListingPage

MAX_ITEMS = 10_000
MAX_VALUES = 500_000
"""Values of one document that are looked at."""

_URLS = re.compile(
    r"(?:canonical|perma|web|page|full|detail|article|external|public)?_?(?:url|link|href|uri)(?:_?path)?|path|guid|"
    r"(?:file|document|pdf)_?(?:name|path|url)?",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"(?:meta_?|doc(?:ument)?_?|page_?|news_?)?(?:title|headline|name|subject|heading)",
    re.IGNORECASE,
)
_DATES = re.compile(
    r"(?:.*(?:date|publi[sc]h|posted|released?|issued|pubdate|created).*)|time|timestamp|day",
    re.IGNORECASE,
)
_LATER = re.compile(r"modif|updat|expir|gmt|end|event|until|revis", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{1,2000}>")
_PLACES = re.compile(r"https?://|\.{0,2}/|[^\s]{1,200}(?:/|\.(?:html?|php|aspx?|jsp|pdf|docx?)$)")


def read_json(page: Page, reading: Reading) -> ListingPage:
    """The items of a JSON listing; where its strings hold HTML instead, ``html_within`` has it."""
    try:
        document = json.loads(page.text)
    except (ValueError, RecursionError) as error:
        reason = f"the document is not JSON ({str(error)[:120]})"
        return ListingPage(page.url, (), rule="json", reasons=(reason,))
    best: list[ListingItem] = []
    for records in _arrays(document):
        items = [item for record in records[:MAX_ITEMS] if (item := _item(record, page, reading))]
        if _worth(items) > _worth(best):
            best = items
    reasons = () if best else ("the document holds no records with an address",)
    following = _next(document, page, len(best))
    return ListingPage(page.url, tuple(best), following, "json", 0.9 if best else 0.0, reasons)


def html_within(page: Page) -> str | None:
    """The longest piece of HTML with links among the strings, as "load more" answers carry it."""
    try:
        document = json.loads(page.text)
    except (ValueError, RecursionError):
        return None
    pieces = (value for value in _values(document) if isinstance(value, str) and "<a" in value)
    return max(pieces, key=len, default=None)


def _values(document: Any) -> Iterator[Any]:
    waiting = [document]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))


def _arrays(document: Any) -> Iterator[list[dict[str, Any]]]:
    for value in _values(document):
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield value


def _worth(items: list[ListingItem]) -> float:
    dated = sum(item.published is not None for item in items)
    titled = sum(len(item.title.split()) > 1 for item in items)
    return 0.1 * len(items) + dated + 0.5 * titled


def _item(record: dict[str, Any], page: Page, reading: Reading) -> ListingItem | None:
    fields = dict(_fields(record))
    url = None
    for name, value in fields.items():
        if _URLS.fullmatch(name) and isinstance(value, str) and _PLACES.match(value):
            url = url or resolve(value, page.url)
    if not url:
        return None
    titles = (value for name, value in fields.items() if _TITLES.fullmatch(name))
    title = max((_plain(value) for value in titles if isinstance(value, str)), key=len, default="")
    return ListingItem(url, title, _published(fields, reading))


def _fields(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a record; a nested ``{"rendered": …}`` counts as its value (WordPress)."""
    for name, value in record.items():
        if isinstance(value, dict):
            inner = next(
                (value[key] for key in ("rendered", "value", "text", "url") if key in value), None
            )
            yield name, inner
        else:
            yield name, value


def _published(fields: dict[str, Any], reading: Reading) -> Published | None:
    names = sorted(
        (name for name in fields if _DATES.fullmatch(name)),
        key=lambda name: bool(_LATER.search(name)),
    )
    for name in names:
        value = fields[name]
        if isinstance(value, (str, int)) and (
            found := parse_date(str(value), reading, f"json:{name}"[:60])
        ):
            return found
    return None


def _plain(text: str) -> str:
    text = html.unescape(text)
    if "<" in text:
        text = html.unescape(_TAG.sub(" ", text))
    return " ".join(text.split())


def _next(document: Any, page: Page, count: int) -> str | None:
    """JSON Feed's ``next_url``, else the next page of WordPress's posts where this is full."""
    if isinstance(document, dict):
        for name in ("next_url", "next", "nextPage", "next_page"):
            value = document.get(name)
            if isinstance(value, str) and (url := resolve(value, page.url)) and url != page.url:
                return url
        return None
    parts = urlsplit(page.url)
    if "/wp-json/" not in parts.path and "rest_route" not in parts.query:
        return None
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    size, number = query.get("per_page", "10"), query.get("page", "1")
    if not (size.isdecimal() and number.isdecimal() and count >= int(size) > 0):
        return None
    query["page"] = str(int(number) + 1)
    return parts._replace(query=urlencode(query)).geturl()
