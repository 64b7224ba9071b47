"""Extract dates from a page's structured data, meta elements, URL and scripts."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import parse_date, parse_stated, plausible
from data.dates.partial import is_month
from data.models import Published
from spiders.body.frames import Footers
from spiders.page.css import joined_texts
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.page import Page

META_DATES: Final = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished",
    "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "dc.created",
    "publishdate", "publish_date", "publish-date", "published", "pubdate", "publication_date",
    "publication-date", "publicationdate", "date.created", "date_published", "article.published",
    "article:published", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime",
    "datecreated", "citation_publication_date", "citation_date", "gentics.lifecycle.publishdate",
    "last-modified-date-first", "rnews:datepublished", "firstpublishedtime", "bt:pubdate",
    "article_date_original",
)  # fmt: skip
VAGUE_DATES: Final = ("uploaddate", "dc.date", "dcterms.date", "date")
"""Names of meta elements whose date may not be the publication date."""

STATE_DATE: Final = re.compile(
    r'\\?"(?:date_?published|published_?(?:at|date|time|on)?|publish(?:ed)?_?(?:date|time)|'
    r"first_?published(?:_?(?:at|date))?|publication_?date|pub_?date|date_?created|created_?at|"
    r'article_?date|display_?date|release_?date)\\?"\s*:\s*\\?"?([\d]{4}-[\d]{2}-[\d]{2}[^"\\,}]{0,20}|'
    r"1[0-9]{9}(?:[0-9]{3})?(?![0-9]))",
    re.IGNORECASE,
)
"""Pattern of a date in JSON state inside a script: ``"publishedAt":"2024-05-01T10:00:00Z"``."""

PUBLISHED: Final = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
URL_DAY: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([/_.-]?)(0?[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01]|[1-9](?![-_]))(?!\d)"
)
URL_DAY_LAST: Final = re.compile(
    r"(?<!\d)(0[1-9]|[12]\d|3[01])([_.-])(0[1-9]|1[0-2])\2(20\d\d)(?!\d)"
)
URL_MONTH: Final = re.compile(r"/((?:19|20)\d\d)(?:/(0?[1-9]|1[0-2])(?:/|$|-)|(0[1-9]|1[0-2])/)")
MAX_SCRIPT: Final = 500_000
MAX_TEXT: Final = 160

MAX_TIMES: Final = 200
"""Maximum number of ``<time>`` elements read per page."""


def metadata_dates(meta: EmbeddedMetadata, page: Page) -> Iterator[tuple[str, str]]:
    """Yield the non-empty date texts in a page's metadata, each with the name of its rule."""
    for key in ("datePublished", "dateCreated", "uploadDate"):
        yield from said(meta.text(key), f"json-ld:{key}")
    for text in meta.broken:
        if match := PUBLISHED.search(text):
            yield match[1], "json-ld:datePublished"
    for name in META_DATES:
        yield from said(meta.meta(name), f"meta:{name}")
    if page.marks_dates:
        for element in page.tree.iter("time", "span", "p", "div", "abbr", "td", "dd"):
            if element.get("itemprop") == "datePublished" or element.get("pubdate") is not None:
                text = element.get("content") or element.get("datetime") or whole_text(element)
                yield from said(text, "microdata:datePublished")
    for name in VAGUE_DATES:
        yield from said(meta.meta(name), f"meta:{name}")


def last_modified(meta: EmbeddedMetadata, context: DateContext) -> Published | None:
    """Return the modification time in a page's metadata, or None."""
    text = meta.meta("article:modified_time") or meta.text("dateModified")
    found = parse_date(text, context, "modified")
    return found if found and found.precision == "second" else None


def said(text: str, rule: str) -> Iterator[tuple[str, str]]:
    """Yield a pair of ``text`` and ``rule``, or nothing if the text is empty."""
    if text:
        yield text, rule


def whole_text(element: etree._Element) -> str:
    """Return an element's text as one short line, with numbers of adjacent elements separated."""
    return " ".join(joined_texts(map(str, element.itertext()), apart=True).split())[:MAX_TEXT]


def url_date(url: str, context: DateContext) -> tuple[Published | None, tuple[int, int] | None]:
    """Return the day in a URL or, if it contains no day, its year and month."""
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for match in URL_DAY.finditer(path):
        year, _, month, day = match.groups()
        if match[2] or len(month + day) == len("MMDD"):
            found = parse_date(f"{year}-{int(month):02}-{int(day):02}", context, "url")
            if found and plausible(found, context.now):
                return replace(found, raw=match[0]), None
    for match in URL_DAY_LAST.finditer(path):
        found = parse_date(f"{match[4]}-{match[3]}-{match[1]}", context, "url")
        if found and plausible(found, context.now):
            return replace(found, raw=match[0]), None
    month_only = URL_MONTH.search(f"/{path}")
    if month_only is None:
        return None, None
    return None, (int(month_only[1]), int(month_only[2] or month_only[3]))


def bare_time(root: etree._Element, context: DateContext) -> Published | None:
    """Return the date of the page's first ``<time>`` with a plausible date, or None.

    Hidden elements are included. Footers are skipped.
    """
    footers = Footers()
    for element in islice(root.iter("time"), MAX_TIMES):
        found = time_of(element, context)
        if found and plausible(found, context.now) and not footers.has(element):
            return found
    return None


def time_of(element: etree._Element, context: DateContext) -> Published | None:
    """Return the date of a ``<time>`` element, or None.

    Returns None if its text is only a month, as in the links of an archive.
    """
    shown = whole_text(element)
    if is_month(shown, context):
        return None
    return parse_stated(element.get("datetime") or "", shown, context, "time")


def state_date(root: etree._Element, context: DateContext) -> Published | None:
    """Return the first plausible date in the JSON state of a page's scripts, or None."""
    for script in root.iter("script"):
        text = script.text or ""
        if len(text) > MAX_SCRIPT or not ("ate" in text or "ublish" in text):
            continue
        for match in STATE_DATE.finditer(text):
            found = parse_date(match[1], context, "state")
            if (
                found
                and plausible(found, context.now)
                and found.at > dt.datetime(1995, 1, 1, tzinfo=dt.UTC)
            ):
                return found
    return None
