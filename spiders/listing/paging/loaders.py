"""Find the requests for further rows that a page's scripts make, if they change no data.

A button or container has attributes for the URL and a counter (``data-url`` and ``data-offset``),
or a script contains WordPress's ``ajaxurl`` with an action. The parts of the listing that follow
have no button, so a `Series` increases the counter to build their requests.

A request that may change data on the site is never made (`may_write`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any, Final, NamedTuple, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from data.text.urls import MAX_ADDRESS
from spiders.items import Form, Listing, Series
from spiders.page.class_hints import class_and_id, names_around
from spiders.page.links import resolve
from spiders.page.literals import NoLiteral, first_value, without_lone_surrogates
from spiders.page.page import Page

ENDPOINT_ATTRIBUTES: Final = tuple(
    f"data-{name}"
    for name in (
        "url", "endpoint", "action", "ajax-url", "ajax", "load-url", "more-url", "load-more-url",
        "api", "api-url", "source", "src", "href", "path", "target-url", "request-url", "base-url",
    )
)  # fmt: skip
"""Attributes that contain the URL of a script's request."""

OFFSET_COUNTERS: Final = ("offset", "start", "skip", "from")
"""Names of counters (after ``data-``) for the offset of the first row to request."""

PAGE_COUNTERS: Final = ("page", "paged", "next-page", "next", "page-number", "pageno", "page-index")
"""Names of counters (after ``data-``) for the number of the page to request."""

CURRENT_PAGE_NAMES: Final = ("current-page", "current", "currentpage")
"""Names of attributes (after ``data-``) for the number of the current page."""

SIZE_NAMES: Final = ("limit", "size", "per-page", "perpage", "page-size", "step", "count", "num")
"""Names of attributes (after ``data-``) for the number of rows per request."""

LAST_PAGE_NAMES: Final = (
    "pages",
    "total-pages",
    "max-page",
    "max-pages",
    "last-page",
    "max",
    "maxpage",
)
"""Names of attributes (after ``data-``) for the number of the last page."""

TOTAL_NAMES: Final = ("total", "total-items", "total-count", "found")
"""Names of attributes (after ``data-``) for the total number of rows."""

FILTER_NAMES: Final = frozenset(
    ["category", "cat", "type", "post-type", "lang", "language", "tag", "year", "section", "nonce"]
)
"""Names of further attributes (after ``data-``) that scripts send when they request rows."""

MAX_LOADERS: Final = 3
"""Maximum number of elements with different request URLs. If there are more, each belongs to a
single row."""

MAX_NODES: Final = 1_000
"""Maximum number of elements with an endpoint attribute that are checked."""

MAX_VALUE: Final = 200
"""Maximum length of a query parameter's value, in characters."""

MAX_SCRIPTS: Final = 20
"""Maximum number of scripts per page that are searched for WordPress's ``ajaxurl``."""

MAX_BRACES: Final = 20
"""Maximum number of opening braces before ``admin-ajax.php`` that are tried as the start of an
object."""

_NUMBER = re.compile(r"\d{1,9}")
_ADDRESS = re.compile(
    r"(?:https?:/)?/|\.{1,2}/|\?|[\w-]{1,60}(?:[/?]|\.(?:php|aspx?|jsp|do|json|html?)\b)"
)
_OTHER_USE = re.compile(
    r"carousel|slider|swiper|slick|calendar|comment|vote|like|gallery|tweet", re.IGNORECASE
)
_READS = re.compile(
    r"load|more|page|paginat|posts|news|list|get|fetch|filter|archive|scroll", re.IGNORECASE
)
_WRITES = re.compile(
    r"subscri|login|register|comment|contact|delete|send|save|vote|cart|mail|like", re.IGNORECASE
)
_AJAX = "admin-ajax.php"
_AJAX_NAME = re.compile(r"ajax_?url", re.IGNORECASE)
_COUNTER = re.compile(r"(?:current_?)?page(?:d|_?num(?:ber)?)?|next_?page", re.IGNORECASE)
_LAST = re.compile(r"(?:max|total|num|last)_?(?:num_?)?pages?", re.IGNORECASE)


_COUNTERS = tuple(
    f"data-{name}" for name in (*OFFSET_COUNTERS, *PAGE_COUNTERS, *CURRENT_PAGE_NAMES)
)
_COUNTS = re.compile(rf"(?:{'|'.join(_COUNTERS)})\s*=".encode(), re.IGNORECASE)
_WITH_ENDPOINT = etree.XPath(f"//*[{' or '.join(f'@{name}' for name in ENDPOINT_ATTRIBUTES)}]")


class Loader(NamedTuple):
    """The request for the next part of a listing, and the `Series` for the parts after it."""

    url: str
    form: Form | None
    series: Series


def loader_of(page: Page) -> Loader | None:
    """Return the request for further rows that a page's scripts make, or None."""
    by_address: dict[str, Loader] = {}
    if _COUNTS.search(page.markup):
        nodes = cast("list[Any]", _WITH_ENDPOINT(page.tree))
        for node in nodes[:MAX_NODES]:
            if found := _stated(node, page):
                by_address.setdefault(found.url, found)
            if len(by_address) > MAX_LOADERS:
                return None
    return next(iter(by_address.values()), None) or _of_wordpress(page)


def is_loader(node: etree._Element) -> bool:
    """Whether an element has attributes for a request URL and a counter, but no link."""
    return (
        (node.get("href") or "#").lower().startswith(("#", "javascript:"))
        and any(map(node.get, _COUNTERS))
        and any(map(node.get, ENDPOINT_ATTRIBUTES))
    )


def continued(listing: Listing, url: str, form: Form | None, series: Series | None) -> Listing:
    """Return a part of a listing with the request for the next part.

    ``url`` or ``form`` is the request that returned this part. ``series`` has the parameter to
    increase. The part is returned unchanged if it is empty or the last one, if it already has a
    next page, or if its request is not in the series.
    """
    if listing.next or series is None or not listing.items:
        return listing
    address = form.url if form else url
    if urlsplit(address).path != series.path:
        return listing
    query = form.body if form else urlsplit(address).query
    fields = parse_qsl(query, keep_blank_values=True)
    value = next((value for name, value in fields if name == series.name), "")
    if not _NUMBER.fullmatch(value):
        return listing
    following = int(value) + (series.step or len(listing.items))
    if series.last is not None and following > series.last:
        return listing
    counted = [(name, str(following) if name == series.name else old) for name, old in fields]
    if form:
        made = Form(form.url, urlencode(counted))
        return replace(listing, next=made.address, form=made)
    return replace(listing, next=urlsplit(url)._replace(query=urlencode(counted)).geturl())


def _stated(node: etree._Element, page: Page) -> Loader | None:
    """Return the request for further rows from an element's attributes, or None."""
    data = {
        str(name)[5:].lower(): str(value).strip()
        for name, value in node.attrib.items()
        if str(name).startswith("data-") and len(value) <= MAX_ADDRESS
    }
    endpoint = next((data[name[5:]] for name in ENDPOINT_ATTRIBUTES if data.get(name[5:])), "")
    counter = _counter(data)
    if not endpoint or counter is None or _OTHER_USE.search(names_around(node, 2)):
        return None
    name, value, series = counter
    fields = {name: value} | {
        other.replace("-", "_"): text
        for other, text in data.items()
        if (other in FILTER_NAMES or other in SIZE_NAMES) and text and len(text) <= MAX_VALUE
    }
    if _ADDRESS.match(endpoint):
        is_post = data.get("method", "").lower() == "post"
        return _to_endpoint(endpoint, fields, series, page, is_post=is_post)
    # This endpoint is an action of a WordPress plugin. Its URL is in a script.
    ajax = _ajax_address(page)
    known = _READS.search(endpoint) and not _WRITES.search(f"{endpoint} {class_and_id(node)}")
    return _posting(ajax, {"action": endpoint, **fields}, series) if ajax and known else None


def _to_endpoint(
    endpoint: str, fields: dict[str, str], series: Series, page: Page, *, is_post: bool
) -> Loader | None:
    url = resolve(endpoint, page.base)
    if not url or urlsplit(url).netloc != urlsplit(page.url).netloc or _WRITES.search(url):
        return None
    parts = urlsplit(url)
    sent = dict(parse_qsl(parts.query, keep_blank_values=True)) | fields
    if may_write(url, sent.items()):
        return None
    if is_post:
        return _posting(parts._replace(query="").geturl(), sent, series)
    address = parts._replace(query=urlencode(sent)).geturl()
    return Loader(address, None, replace(series, path=parts.path))


def _counter(data: Mapping[str, str]) -> tuple[str, str, Series] | None:
    """Return the name of the counter parameter, its next value, and its `Series`, or None."""
    numbers = {
        name: int(value) for name, value in data.items() if name and _NUMBER.fullmatch(value)
    }

    def first(names: Iterable[str]) -> str:
        return next((name for name in names if name in numbers), "")

    size, total = numbers.get(first(SIZE_NAMES), 0), numbers.get(first(TOTAL_NAMES))
    if name := first(OFFSET_COUNTERS):
        last = None if total is None else max(total - 1, 0)
        return name, data[name], Series("", name, size, last)
    last = numbers.get(first(LAST_PAGE_NAMES))
    if last is None and total is not None and size:
        last = -(-total // size)
    if name := first(CURRENT_PAGE_NAMES):
        return "page", str(numbers[name] + 1), Series("", "page", 1, last)
    if name := first(PAGE_COUNTERS):
        called = "page" if name.startswith("next") else name.replace("-", "_")
        return called, data[name], Series("", called, 1, last)
    return None


def _posting(url: str, fields: Mapping[str, str], series: Series) -> Loader:
    form = Form(url, urlencode(fields))
    return Loader(form.address, form, replace(series, path=urlsplit(url).path))


def _of_wordpress(page: Page) -> Loader | None:
    """Return the request for further rows that a WordPress plugin or theme makes, or None.

    The action of the request is in the same script object as ``ajaxurl``.
    """
    for values in _ajax_objects(page):
        action = values.get("action")
        if not isinstance(action, str) or not _READS.search(action) or _WRITES.search(action):
            continue
        counter = next((name for name in values if _COUNTER.fullmatch(name)), None)
        shown = str(values.get(counter)) if counter else "1"
        url = _ajax_address(page)
        if not url or not _NUMBER.fullmatch(shown):
            continue
        last = next((str(value) for name, value in values.items() if _LAST.fullmatch(name)), "")
        sent = {
            name: str(value)
            for name, value in values.items()
            if isinstance(value, (str, int))
            and not isinstance(value, bool)
            and name != counter
            and not _AJAX_NAME.fullmatch(name)
            and len(str(value)) <= MAX_VALUE
        }
        series = Series("", "page", 1, int(last) if _NUMBER.fullmatch(last) else None)
        if series.last is not None and int(shown) >= series.last:
            continue
        return _posting(url, {**sent, "page": str(int(shown) + 1)}, series)
    return None


def _ajax_address(page: Page) -> str | None:
    for values in _ajax_objects(page):
        for name, value in values.items():
            if _AJAX_NAME.fullmatch(name) and isinstance(value, str):
                url = resolve(value, page.base)
                if url and urlsplit(url).netloc == urlsplit(page.url).netloc:
                    return url
    return None


def _ajax_objects(page: Page) -> Iterator[Mapping[str, Any]]:
    """Yield the script objects that contain the URL of ``admin-ajax.php``."""
    if _AJAX.encode() not in page.markup:
        return
    scripts = (one for one in page.tree.iter("script") if one.text and _AJAX in one.text)
    for script in islice(scripts, MAX_SCRIPTS):
        text = without_lone_surrogates(str(script.text))
        before = text[: text.find(_AJAX)]
        at = len(before)
        for _ in range(MAX_BRACES):
            at = before.rfind("{", 0, at)
            if at < 0:
                break
            with suppress(NoLiteral):
                value, _end = first_value(text, at)
                if isinstance(value, dict):
                    yield {str(name): one for name, one in value.items()}
                    break


_VERBS: Final = re.compile(
    r"(?:^|[^a-z])(?:add|approve|ban|block|buy|clear|create|delete|destroy|disable|drop|edit|"
    r"enable|erase|flag|insert|kill|modify|patch|pay|publish|purge|put|reject|remove|rename|"
    r"reset|save|send|truncate|unpublish|update|wipe|write)(?:$|[^a-z])",
    re.IGNORECASE,
)
"""Pattern of verbs for changes in a path, or in the value of a field that selects an action."""

_ACTIONS: Final = re.compile(
    r"_*(?:action|act|cmd|command|do|event|eventargument|func|function|method|mode|op|operation|"
    r"oper|task|todo)_*"
)
"""Pattern for names of fields that select an action."""

_METHODS: Final = frozenset(["_method", "x-http-method", "x-http-method-override"])
"""Names of fields whose value replaces the method of a POST request in many frameworks."""

MAX_ACTION: Final = 200
"""Maximum length of a value that may select an action, in characters."""


def may_write(url: str, fields: Iterable[tuple[str, str]]) -> bool:
    """Whether a request with these fields may change data on the site.

    This is so if its path, or a field that selects an action, contains a verb such as "delete", or
    if a field replaces the method of the request.
    """
    if _VERBS.search(urlsplit(url).path):
        return True
    for name, value in fields:
        folded = name.lower()
        if folded in _METHODS and value.strip().lower() not in {"", "get", "head"}:
            return True
        if _ACTIONS.fullmatch(folded) and _VERBS.search(value[:MAX_ACTION]):
            return True
    return False
