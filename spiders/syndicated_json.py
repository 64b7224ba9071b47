"""Listings in JSON: JSON Feed, WordPress's posts, and any array of records that names links."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from data.dates import Reading, parse_date
from data.models import Published
from spiders.link_targets import resolve
from spiders.page import Page
from spiders.pages import ListingItem, ListingPage

MAX_ITEMS = 10_000
LEARNT = 50
"""Records from which the meaning of fields with unknown names is learnt."""

TITLE_WORDS, LONG = 3, 200
"""Words that every title in a field of unknown name has, and characters that none exceeds."""

MAX_RECORDS = 50_000
"""Records of one document that are looked at."""

MAX_VALUES = 500_000
"""Values of one document that are looked at."""

_URLS = re.compile(
    r"(?:canonical|perma|web|page|full|detail|article|external|public)?_?(?:url|link|href|uri)(?:_?path)?|path|guid|"
    r"(?:file|document|pdf)_?(?:name|path|url)?",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"(?:meta_?|doc(?:ument)?_?|page_?|news_?)?(?:title|headlines?|name|subject|heading)",
    re.IGNORECASE,
)
_DATES = re.compile(
    r"(?:.*(?:date|publi[sc]h|posted|released?|issued|pubdate|created).*)|time|timestamp|day",
    re.IGNORECASE,
)
_LATER = re.compile(r"modif|updat|expir|gmt|end|event|until|revis", re.IGNORECASE)
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_TAG = re.compile(r"<[^<>]{1,2000}>")
_PLACES = re.compile(r"https?://|\.{0,2}/|[^\s]{1,200}(?:/|\.(?:html?|php|aspx?|jsp|pdf|docx?)$)")


def read_json(page: Page, reading: Reading) -> ListingPage:
    """The items of a JSON listing; where its strings hold HTML instead, ``html_within`` has it."""
    try:
        document = json.loads(page.text)
    except (ValueError, RecursionError) as error:
        reason = f"the document is not JSON ({str(error)[:120]})"
        return ListingPage(page.url, (), rule="json", reasons=(reason,))
    best = read_records(_arrays(document), page, reading)
    reasons = () if best else ("the document holds no records with an address",)
    following = _next(document, page, len(best))
    return ListingPage(page.url, tuple(best), following, "json", 0.9 if best else 0.0, reasons)


def read_records(
    lists: Iterable[list[dict[str, Any]]],
    page: Page,
    reading: Reading,
    address: Callable[[Mapping[str, Any]], str | None] | None = None,
) -> list[ListingItem]:
    """The items of that list of records which most looks like a listing.

    ``address`` gives that of a record which names none.
    """
    best: list[ListingItem] = []
    left = MAX_RECORDS
    for records in lists:
        shape = by_shape(records[:LEARNT])
        chosen = records[: min(MAX_ITEMS, left)]
        left -= len(chosen)
        read = (_item(record, page, reading, shape, address) for record in chosen)
        items = [item for item in read if item]
        if _worth(items) > _worth(best):
            best = items
    return best


def html_within(page: Page) -> str | None:
    """The longest piece of HTML with links among the strings, as "load more" answers carry it."""
    try:
        document = json.loads(page.text)
    except (ValueError, RecursionError):
        return None
    pieces = (value for value in values_of(document) if isinstance(value, str) and "<a" in value)
    return max(pieces, key=len, default=None)


def values_of(document: Any) -> Iterator[Any]:
    """The values in a document, outermost first; lists and objects once, also if held twice."""
    waiting = [document]
    seen: set[int] = set()
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            if id(value) in seen:
                continue
            seen.add(id(value))
            waiting.extend(reversed(value.values() if isinstance(value, dict) else value))
        yield value


def _arrays(document: Any) -> Iterator[list[dict[str, Any]]]:
    for value in values_of(document):
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield value


def _worth(items: list[ListingItem]) -> float:
    dated = sum(item.published is not None for item in items)
    titled = sum(len(item.title.split()) > 1 for item in items)
    return 0.1 * len(items) + dated + 0.5 * titled


def by_shape(records: list[dict[str, Any]]) -> tuple[str, str]:
    """The fields that hold titles and dates by what stands in them, whatever they are called."""
    title = dated = ""
    for name in records[0]:
        values = [str(record.get(name) or "") for record in records]
        if not dated and not _LATER.search(name) and all(map(_STAMP.match, values)):
            dated = name
        words = [len(value.split()) for value in values]
        if not title and len(set(values)) > len(values) // 2 and min(words) >= TITLE_WORDS:
            title = name if max(map(len, values)) <= LONG else ""
    return title, dated


def _item(
    record: dict[str, Any],
    page: Page,
    reading: Reading,
    shape: tuple[str, str],
    address: Callable[[Mapping[str, Any]], str | None] | None,
) -> ListingItem | None:
    fields = dict(fields_of(record))
    url = None
    for name, value in fields.items():
        if _URLS.fullmatch(name) and isinstance(value, str) and _PLACES.match(value):
            url = url or resolve(value, page.url)
    url = url or (address(record) if address else None)
    if not url:
        return None
    titles = (value for name, value in fields.items() if _TITLES.fullmatch(name))
    title = max((_plain(value) for value in titles if isinstance(value, str)), key=len, default="")
    if not title and isinstance(fields.get(shape[0]), str):
        title = _plain(fields[shape[0]])
    published = published_in(fields, reading)
    if published is None and shape[1]:
        published = parse_date(str(fields.get(shape[1])), reading, f"json:{shape[1]}"[:60])
    return ListingItem(url, title, published)


def fields_of(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a record; a nested ``{"rendered": …}`` counts as its value (WordPress)."""
    for name, value in record.items():
        if isinstance(value, dict):
            inner = next(
                (
                    value[key]
                    for key in ("rendered", "value", "text", "url", "basic")
                    if key in value
                ),
                None,
            )
            yield name, inner
        else:
            yield name, value


def published_in(fields: dict[str, Any], reading: Reading) -> Published | None:
    """The date of a record: of its fields that name one of publication before all others."""
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
        return next_by_shape(document, page)
    parts = urlsplit(page.url)
    if "/wp-json/" not in parts.path and "rest_route" not in parts.query:
        return None
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    size, number = query.get("per_page", "10"), query.get("page", "1")
    if not (size.isdecimal() and number.isdecimal() and count >= int(size) > 0):
        return None
    query["page"] = str(int(number) + 1)
    return parts._replace(query=urlencode(query)).geturl()


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
