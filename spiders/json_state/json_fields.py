"""Extract listing items from JSON records, and identify the fields for title, date and URL."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from data.dates.parse import DateReader
from data.models import Published
from data.text.html_text import escaped_line
from spiders.items import ListingItem, with_parts
from spiders.page.links import resolve_with_section
from spiders.page.page import Page

MAX_ITEMS = 10_000
MAX_LEARNING_RECORDS = 50
"""Maximum number of records from which fields with unknown names are identified."""

MIN_TITLE_WORDS, MAX_TITLE_LENGTH = 3, 200
"""Minimum number of words and maximum length in characters of titles in a field whose name is
unknown."""

MAX_CATEGORIES = 30
"""Maximum number of categories read per record."""

MAX_RECORDS = 50_000
"""Maximum number of records read per document."""

WRAPPERS = ("node", "attributes", "fields", "item", "_source", "post", "article")
"""Keys of objects that may contain the fields of a record."""

INNER_KEYS = ("rendered", "value", "text", "url", "href", "alias", "basic")
"""Keys for the value of a nested field, as in ``{"rendered": …}``."""

_URLS = re.compile(
    r"(?:canonical|perma|web|page|full|detail|article|external|public)?_?(?:url|link|href|uri)"
    r"(?:_?(?:path|alias))?|path|guid|(?:file|document|pdf)_?(?:name|path|url|ref)?|"
    r"encodedabsurl|serverrelativeurl|view_?node",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"(?:meta_?|doc(?:ument)?_?|page_?|news_?)?(?:title|headlines?|name|subject|heading)|"
    r"t[ií]tulo|titre|titel|titolo|tytu[lł]|ba[sş]l[iı]k|n[aá]zev|n[aá]zov|otsikko|rubrik|nadpis|"
    r"naslov|judul|заголовок|название|başlıq",
    re.IGNORECASE,
)
_DATES = re.compile(
    r"(?:.*(?:date|publi[sckz]|posted|released?|issued|pubdate|created).*)|time|timestamp|day|"
    r"(?:fecha|datum|data|tarih|tarix|дата|ngay|tanggal|erscheinung|ver(?:oe|ö)ffentlich).*",
    re.IGNORECASE,
)
_LATER = re.compile(r"modif|updat|expir|gmt|end|event|until|revis|deadline|start", re.IGNORECASE)
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_OF_DOTNET = re.compile(r"/Date\((-?\d{9,14})(?:[+-]\d{4})?\)/")
_PLACES = re.compile(r"https?://|\.{0,2}/|[^\s]{1,200}(?:/|\.(?:html?|php|aspx?|jsp|pdf|docx?)$)")


def unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record merged with the fields of its wrapper, as in ``{"node": {…}}``.

    GraphQL and JSON:API use such wrappers.
    """
    for name in WRAPPERS:
        if isinstance(record.get(name), dict):
            return {**record, **record[name]}
    return record


def read_records(
    lists: Iterable[list[dict[str, Any]]],
    page: Page,
    dates: DateReader,
    address: Callable[[Mapping[str, Any]], str | None] | None = None,
) -> list[ListingItem]:
    """Return the listing items in the list of records that most resembles a listing.

    ``address`` returns the URL of a record without a URL field.
    """
    best: list[ListingItem] = []
    left = MAX_RECORDS
    for records in lists:
        shape = by_shape(records[:MAX_LEARNING_RECORDS])
        chosen = records[: min(MAX_ITEMS, left)]
        left -= len(chosen)
        read = (_item(record, page, dates, shape, address) for record in chosen)
        items = [item for item in read if item]
        if _worth(items) > _worth(best):
            best = items
    return [*with_parts(best)]


def _worth(items: list[ListingItem]) -> float:
    dated = sum(item.published is not None for item in items)
    titled = sum(len(item.title.split()) > 1 for item in items)
    return 0.1 * len(items) + dated + 0.5 * titled


def by_shape(records: list[dict[str, Any]]) -> tuple[str, str]:
    """Return the names of the title field and the date field, judging by their values.

    A name is "" if no field has suitable values.
    """
    title = dated = ""
    for name in records[0]:
        values = [_scalar(record.get(name)) for record in records]
        if not dated and not _LATER.search(name) and all(map(_STAMP.match, values)):
            dated = name
        words = [len(value.split()) for value in values]
        if not title and len(set(values)) > len(values) // 2 and min(words) >= MIN_TITLE_WORDS:
            title = name if max(map(len, values)) <= MAX_TITLE_LENGTH else ""
    return title, dated


def _scalar(value: Any) -> str:
    """Return a string or number as text, or "" for any other value."""
    return str(value) if value and isinstance(value, (str, int, float)) else ""


def _item(
    record: dict[str, Any],
    page: Page,
    dates: DateReader,
    shape: tuple[str, str],
    address: Callable[[Mapping[str, Any]], str | None] | None,
) -> ListingItem | None:
    fields = dict(record_fields(record))
    url = None
    for name, value in fields.items():
        if _URLS.fullmatch(name) and isinstance(value, str) and _PLACES.match(value):
            url = url or resolve_with_section(value, page.url)
    url = url or (address(record) if address else None)
    if not url:
        return None
    titles = (value for name, value in fields.items() if _TITLES.fullmatch(name))
    title = max(
        (escaped_line(value) for value in titles if isinstance(value, str)), key=len, default=""
    )
    if not title and isinstance(fields.get(shape[0]), str):
        title = escaped_line(fields[shape[0]])
    published = published_in(fields, dates)
    if published is None and shape[1]:
        published = dates.date(str(fields.get(shape[1])), f"json:{shape[1]}"[:60])
    return ListingItem(url, title, published, _categories(record))


def _categories(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the numbers or names in a record's ``categories``, as in WordPress."""
    found = record.get("categories")
    if not isinstance(found, list):
        return ()
    plain = (str(one) for one in found[:MAX_CATEGORIES] if isinstance(one, (int, str)))
    return tuple(dict.fromkeys(plain))


def record_fields(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record, with nested fields replaced by their inner values.

    For example, WordPress nests a title as ``{"rendered": …}``.
    """
    for name, value in record.items():
        if isinstance(value, dict):
            yield name, next((value[key] for key in INNER_KEYS if key in value), None)
        else:
            yield name, value


def published_in(fields: dict[str, Any], dates: DateReader) -> Published | None:
    """Return the publication date in a record's fields, or None.

    Fields for publication take precedence over other dates, such as modification.
    """
    names = sorted(
        (name for name in fields if _DATES.fullmatch(name)),
        key=lambda name: bool(_LATER.search(name)),
    )
    for name in names:
        value = fields[name]
        if not isinstance(value, (str, int)):
            continue
        text = _OF_DOTNET.sub(r"\1", str(value))
        if found := dates.date(text, f"json:{name}"[:60]):
            return found
    return None
