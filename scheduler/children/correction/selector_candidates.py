"""Suggest selectors for a field, with the elements that they match on several pages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import parse_date
from data.text.clean import clean_line
from scheduler.children.correction.source_edit import Field
from spiders.page.css import CssSelector, is_element, selectors_of
from spiders.page.links import link_target
from spiders.page.page import Page
from spiders.sources.source_file import fault_of

MAX_CANDIDATES: Final = 8
"""Maximum number of suggested selectors."""

MAX_ELEMENTS: Final = 120
"""Maximum number of elements to derive selectors from, if the user selected no element."""

MAX_SCANNED_ELEMENTS: Final = 5000
"""Maximum number of elements of a page that are searched for the value of a field."""

MAX_SELECTORS: Final = 250
"""Maximum number of selectors that are tried on the pages."""

MAX_VALUE_CHARS: Final = 160
"""Maximum number of characters of a displayed value."""

NAME_HINTS_BY_FIELD: Final = {
    "title": re.compile(r"title|headline|heading", re.IGNORECASE),
    "published": re.compile(r"date|time|datum|fecha|published|posted", re.IGNORECASE),
    "section": re.compile(r"categor|section|rubri|topic|tag|kicker|crumb", re.IGNORECASE),
    "publisher": re.compile(r"publisher|source|author|agency|ministr|office", re.IGNORECASE),
    "drop": re.compile(r"share|social|related|newsletter|tags|print|cookie|banner", re.IGNORECASE),
    "next": re.compile(r"next|older|more|pager|pagination", re.IGNORECASE),
}
"""Words in the class or id of an element that usually identify a field, by field."""

HEADING_TAGS: Final = ("h1", "h2", "h3", "h4")
ROW_TAGS: Final = frozenset(["li", "article", "tr", "div", "section", "dd"])
"""Tags of elements that may be a row of a listing."""
BODY_TAGS: Final = frozenset(["article", "main", "section", "div", "td"])
"""Tags of elements that may contain the text of a release."""

DATE_ATTRIBUTES: Final = ("datetime", "content")
"""Attributes that may contain the date of an element in a machine-readable form."""

MIN_BODY_CHARS, MIN_LINK_CHARS, MAX_LINE_CHARS, MAX_DATE_CHARS = 200, 10, 300, 80
"""Limits in characters: minimum of a body and of a link, maximum of a line and of a date."""

MAX_DATE_CHILDREN: Final = 3
"""Maximum number of child elements of a date. An element with more children may be a row of a
listing."""

MAX_SELECTORS_PER_ELEMENT: Final = 6
"""Maximum number of selectors per element, most specific first, if the user selected no element."""


@dataclass(frozen=True, slots=True)
class PageYield:
    """Result of a selector on a page: number of matching elements, and first non-empty value.

    ``fits`` is true if this value is valid for the field, for example a date for a date field.
    """

    count: int
    value: str
    fits: bool = True


@dataclass(frozen=True, slots=True)
class SelectorCandidate:
    """A suggested selector, and its result on each page."""

    selector: str
    yields: tuple[PageYield, ...]


def candidates(
    field: Field,
    pages: Sequence[Page],
    context: DateContext,
    *,
    chosen: etree._Element | None = None,
    known: str = "",
    item: str | None = None,
) -> list[SelectorCandidate]:
    """Return suggested selectors for a field, most likely first.

    ``chosen`` is the element that a person clicked on one of the ``pages``. Without ``chosen``, the
    selectors are for all elements that look like the field, or whose text is the ``known`` value.
    ``item`` is the selector of listing rows; selectors for fields of a row are relative to it.
    """
    if chosen is None:
        elements = [*islice(suggested(field, pages[0], context, known), MAX_ELEMENTS)]
    else:
        elements = [meant(field, chosen)]
    few = MAX_SELECTORS_PER_ELEMENT if chosen is None else MAX_SELECTORS
    named = (one for element in elements for one in islice(named_for(field, element, item), few))
    found = [
        SelectorCandidate(one, tuple(yield_of(field, one, page, context, item) for page in pages))
        for one in islice(dict.fromkeys(named), MAX_SELECTORS)
    ]
    found = [one for one in found if any(page.count for page in one.yields)]
    found.sort(key=lambda one: rank(field, one))
    # Candidates that match the same elements as an earlier candidate are removed.
    first: dict[tuple[PageYield, ...], SelectorCandidate] = {}
    for one in found:
        first.setdefault(one.yields, one)
    return [*first.values()][:MAX_CANDIDATES]


def meant(field: Field, element: etree._Element) -> etree._Element:
    """Return the element that a person means by clicking a text in ``element``."""
    around = [element, *element.iterancestors()]
    wanted: frozenset[str] = frozenset()
    if field.key in {"link", "next"}:
        wanted = frozenset(["a"])
    elif field.key == "item":
        wanted = ROW_TAGS
    elif field.key == "body":
        wanted = BODY_TAGS
    return next((one for one in around if not wanted or one.tag in wanted), element)


def named_for(field: Field, element: etree._Element, item: str | None) -> Iterator[str]:
    """Yield the selectors of an element that are valid for a field."""
    # Within a row, the tag alone may be a sufficient selector.
    within = [str(element.tag)] if is_relative(field, item) else []
    for selector in [*within, *selectors_of(element)]:
        if fault_of(field.key, selector):
            continue
        if field.key == "published":
            stated = next((name for name in DATE_ATTRIBUTES if element.get(name)), None)
            if stated:
                yield f"{selector}::attr({stated})"
        yield selector


def suggested(
    field: Field, page: Page, context: DateContext, known: str
) -> Iterator[etree._Element]:
    """Yield the elements of a page that probably contain a field, most likely first."""
    scanned = [*islice(page.tree.iter("*"), MAX_SCANNED_ELEMENTS)]
    elements = [one for one in scanned if fits(field, one, context)]
    if known:
        elements = [*(one for one in scanned if one_line(one) == known), *elements]
    hint = NAME_HINTS_BY_FIELD.get(field.key)
    if field.key == "item":
        elements = [
            above
            for one in elements
            for above in islice(one.iterancestors(*ROW_TAGS), 2)
            if len([*islice(above.iter("a"), 4)]) < 4  # noqa: PLR2004 - the whole list has more links
        ]
    if field.key == "body":
        elements.sort(key=lambda one: -len(one_line(one)))
    elif hint:
        elements.sort(key=lambda one: not is_hinted(one, hint))
    yield from dict.fromkeys(elements)


def is_hinted(element: etree._Element, hint: re.Pattern[str]) -> bool:
    """Return whether the tag, class or id of an element matches a hint for a field."""
    named = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('rel') or ''}"
    return element.tag in {"h1", "time"} or bool(hint.search(named))


def fits(field: Field, element: etree._Element, context: DateContext) -> bool:
    """Return whether the content of an element is a valid value for a field."""
    key, tag = field.key, str(element.tag)
    match key:
        case "body":
            return tag in BODY_TAGS and len(one_line(element)) >= MIN_BODY_CHARS
        case "link" | "item" | "next":
            least = 0 if key == "next" else MIN_LINK_CHARS
            return tag == "a" and bool(element.get("href")) and len(one_line(element)) >= least
        case "drop":
            return tag not in {"body", "html"} and is_hinted(element, NAME_HINTS_BY_FIELD[key])
        case "published":
            return tag != "meta" and is_date(element, context)
    named = tag in HEADING_TAGS or is_hinted(element, NAME_HINTS_BY_FIELD[key])
    return named and 1 < len(one_line(element)) <= MAX_LINE_CHARS


def is_date(element: etree._Element, context: DateContext) -> bool:
    """Return whether the text of an element is a date, with few other words."""
    text = next((value for name in DATE_ATTRIBUTES if (value := element.get(name))), "")
    if not text and len(element) < MAX_DATE_CHILDREN:
        text = one_line(element)
    has_digits = any(character.isdigit() for character in text)
    return (
        len(text) <= MAX_DATE_CHARS and has_digits and bool(parse_date(text, context, "candidate"))
    )


def yield_of(
    field: Field, selector: str, page: Page, context: DateContext, item: str | None
) -> PageYield:
    """Return the number and first value of the elements that match a selector on a page."""
    found = found_by(field, selector, page, item)
    values = (
        (value, fits) for one in found for value, fits in [value_of(field, one, page, context)]
    )
    value, fits = next((one for one in values if one[0]), ("", False))
    return PageYield(len(found), value[:MAX_VALUE_CHARS], fits)


def found_by(
    field: Field, selector: str, page: Page, item: str | None
) -> list[etree._Element | str]:
    """Return all elements that match a selector on a page.

    A selector that is relative to rows is applied to each row of the page.
    """
    if item and is_relative(field, item):
        rows = CssSelector(item).elements(page.tree)
        inner = CssSelector(selector, within=True)
        return [one for row in rows for one in inner.found(row)]
    return CssSelector(selector).found(page.tree)


def is_relative(field: Field, item: str | None) -> bool:
    """Return whether the selectors for a field are relative to the rows of a listing."""
    return bool(item) and field.table == "listing" and field.key in {"link", "title", "published"}


def value_of(
    field: Field, found: etree._Element | str, page: Page, context: DateContext
) -> tuple[str, bool]:
    """Return the value of an element as displayed, and whether it is valid for the field."""
    text = one_line(found) if is_element(found) else clean_line(str(found))
    if field.key == "published":
        stated = found.get("datetime") if is_element(found) else None
        date = (
            parse_date(stated or text, context, "candidate") if len(text) < MAX_LINE_CHARS else None
        )
        if date is None:
            return text, False
        return f"{date.iso or date.day.isoformat()} ({text[:MAX_DATE_CHARS]})", True
    if field.key in {"link", "next"} and is_element(found):
        place = link_target(found, page.base)
        return f"{text} → {place or 'nowhere'}", place is not None
    return text, True


def rank(field: Field, candidate: SelectorCandidate) -> tuple[float, ...]:
    """Return the sort key for a candidate. The best candidate has the smallest key."""
    counts = [one.count for one in candidate.yields]
    lacking = sum(not one.fits for one in candidate.yields)
    length = len(candidate.selector)
    if field.key in {"link", "item", "drop"} or (field.table == "listing" and field.key != "next"):
        # A listing has many rows, and the selector should find all of them.
        return lacking, -min(counts), length
    return lacking, float(sum(abs(count - 1) for count in counts)), length


def one_line(element: etree._Element) -> str:
    """Return the text of an element on a single line."""
    return clean_line("".join(map(str, element.itertext())))
