"""Which selectors may be meant for a field, and what each finds on several pages: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import parse_date
from data.text.clean import clean_line
from scheduler.jobs.correction.fields import Field
from spiders.page.css import CssSelector, is_element
from spiders.page.links import link_target
from spiders.page.page import Page
from spiders.page.selector_generator import selectors_of
from spiders.sources.selector_check import fault_of

MOST: Final = 8
"""Candidates that are shown."""

LOOKED_AT: Final = 120
"""Elements that are looked at where a person chose none."""

SCANNED: Final = 5000
"""Elements of a page among which they are looked for."""

TRIED: Final = 250
"""Selectors that are tried on the pages."""

SHOWN: Final = 160
"""Characters of a value that are shown."""

HINTS: Final = {
    "title": re.compile(r"title|headline|heading", re.IGNORECASE),
    "published": re.compile(r"date|time|datum|fecha|published|posted", re.IGNORECASE),
    "section": re.compile(r"categor|section|rubri|topic|tag|kicker|crumb", re.IGNORECASE),
    "publisher": re.compile(r"publisher|source|author|agency|ministr|office", re.IGNORECASE),
    "drop": re.compile(r"share|social|related|newsletter|tags|print|cookie|banner", re.IGNORECASE),
    "next": re.compile(r"next|older|more|pager|pagination", re.IGNORECASE),
}
"""Words in the class or id of an element that is a field, most often."""

HEADINGS: Final = ("h1", "h2", "h3", "h4")
ROWS: Final = frozenset(["li", "article", "tr", "div", "section", "dd"])
HOLDERS: Final = frozenset(["article", "main", "section", "div", "td"])

STATED: Final = ("datetime", "content")
"""Attributes in which an element states its date for machines."""

LEAST_BODY, LEAST_LINK, MOST_LINE, MOST_DATE = 200, 10, 300, 80
"""Characters of a text, of a link, of a line, and of a date."""

MOST_PARTS: Final = 3
"""Elements in a date; a row of a list holds more."""

GENERAL: Final = 6
"""Selectors of one element that are tried, its own names first."""


@dataclass(frozen=True, slots=True)
class Yield:
    """What a selector finds on a page: how often, and the first of it that says anything.

    ``fits`` is whether that can be the field: a date, where it is one.
    """

    count: int
    value: str
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A selector, and what it finds on each page."""

    selector: str
    yields: tuple[Yield, ...]


def candidates(
    field: Field,
    pages: Sequence[Page],
    reading: DateContext,
    *,
    chosen: etree._Element | None = None,
    known: str = "",
    item: str | None = None,
) -> list[Candidate]:
    """The selectors that may be meant, the likeliest first.

    ``chosen`` is the element that a person pointed at, on one of the ``pages``; without, all that
    look like the field are looked at, and those that hold what is ``known`` of it. ``item`` is the
    selector of rows that those of a listing are relative to.
    """
    if chosen is None:
        elements = [*islice(suggested(field, pages[0], reading, known), LOOKED_AT)]
    else:
        elements = [meant(field, chosen)]
    few = GENERAL if chosen is None else TRIED
    named = (one for element in elements for one in islice(named_for(field, element, item), few))
    found = [
        Candidate(one, tuple(yield_of(field, one, page, reading, item) for page in pages))
        for one in islice(dict.fromkeys(named), TRIED)
    ]
    found = [one for one in found if any(told.count for told in one.yields)]
    found.sort(key=lambda one: rank(field, one))
    return without_twins(found)[:MOST]


def without_twins(found: Iterable[Candidate]) -> list[Candidate]:
    """Candidates of which no two find the same, the first of each."""
    seen: dict[tuple[Yield, ...], Candidate] = {}
    for one in found:
        seen.setdefault(one.yields, one)
    return [*seen.values()]


def meant(field: Field, element: etree._Element) -> etree._Element:
    """The element that a person means who points at a text of it."""
    around = [element, *element.iterancestors()]
    wanted: frozenset[str] = frozenset()
    if field.key in {"link", "next"}:
        wanted = frozenset(["a"])
    elif field.key == "item":
        wanted = ROWS
    elif field.key == "body":
        wanted = HOLDERS
    return next((one for one in around if not wanted or one.tag in wanted), element)


def named_for(field: Field, element: etree._Element, item: str | None) -> Iterator[str]:
    """The selectors of an element, as the key of a field takes them."""
    # Within a row its tag may be enough.
    within = [str(element.tag)] if is_relative(field, item) else []
    for selector in [*within, *selectors_of(element)]:
        if fault_of(field.key, selector):
            continue
        if field.key == "published":
            stated = next((name for name in STATED if element.get(name)), None)
            if stated:
                yield f"{selector}::attr({stated})"
        yield selector


def suggested(
    field: Field, page: Page, reading: DateContext, known: str
) -> Iterator[etree._Element]:
    """The elements of a page that look like a field."""
    scanned = [*islice(page.tree.iter("*"), SCANNED)]
    elements = [one for one in scanned if fits(field, one, reading)]
    if known:
        elements = [*(one for one in scanned if text_of(one) == known), *elements]
    hint = HINTS.get(field.key)
    if field.key == "item":
        elements = [
            above
            for one in elements
            for above in islice(one.iterancestors(*ROWS), 2)
            if len([*islice(above.iter("a"), 4)]) < 4  # noqa: PLR2004 - the whole list has more
        ]
    if field.key == "body":
        elements.sort(key=lambda one: -len(text_of(one)))
    elif hint:
        elements.sort(key=lambda one: not is_hinted(one, hint))
    yield from dict.fromkeys(elements)


def is_hinted(element: etree._Element, hint: re.Pattern[str]) -> bool:
    """Whether the tag, class or id of an element says that it is a field."""
    named = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('rel') or ''}"
    return element.tag in {"h1", "time"} or bool(hint.search(named))


def fits(field: Field, element: etree._Element, reading: DateContext) -> bool:
    """Whether an element can be a field by what it holds."""
    key, tag = field.key, str(element.tag)
    match key:
        case "body":
            return tag in HOLDERS and len(text_of(element)) >= LEAST_BODY
        case "link" | "item" | "next":
            least = 0 if key == "next" else LEAST_LINK
            return tag == "a" and bool(element.get("href")) and len(text_of(element)) >= least
        case "drop":
            return tag not in {"body", "html"} and is_hinted(element, HINTS[key])
        case "published":
            return tag != "meta" and is_date(element, reading)
    named = tag in HEADINGS or is_hinted(element, HINTS[key])
    return named and 1 < len(text_of(element)) <= MOST_LINE


def is_date(element: etree._Element, reading: DateContext) -> bool:
    """Whether an element says a date and little else."""
    text = next((value for name in STATED if (value := element.get(name))), "")
    if not text and len(element) < MOST_PARTS:
        text = text_of(element)
    has_digits = any(character.isdigit() for character in text)
    return len(text) <= MOST_DATE and has_digits and bool(parse_date(text, reading, "candidate"))


def yield_of(
    field: Field, selector: str, page: Page, reading: DateContext, item: str | None
) -> Yield:
    """What a selector finds on a page."""
    found = found_by(field, selector, page, item)
    told = ((value, fits) for one in found for value, fits in [value_of(field, one, page, reading)])
    value, fits = next((one for one in told if one[0]), ("", False))
    return Yield(len(found), value[:SHOWN], fits)


def found_by(
    field: Field, selector: str, page: Page, item: str | None
) -> list[etree._Element | str]:
    """All that a selector finds, within each row where it is relative to rows."""
    if item and is_relative(field, item):
        rows = CssSelector(item).elements(page.tree)
        inner = CssSelector(selector, within=True)
        return [one for row in rows for one in inner.found(row)]
    return CssSelector(selector).found(page.tree)


def is_relative(field: Field, item: str | None) -> bool:
    """Whether the selectors of a field are asked of each row of a listing."""
    return bool(item) and field.table == "listing" and field.key in {"link", "title", "published"}


def value_of(
    field: Field, found: etree._Element | str, page: Page, reading: DateContext
) -> tuple[str, bool]:
    """What is shown of one thing that was found, and whether it can be the field."""
    text = text_of(found) if is_element(found) else clean_line(str(found))
    if field.key == "published":
        stated = found.get("datetime") if is_element(found) else None
        date = parse_date(stated or text, reading, "candidate") if len(text) < MOST_LINE else None
        if date is None:
            return text, False
        return f"{date.iso or date.day.isoformat()} ({text[:MOST_DATE]})", True
    if field.key in {"link", "next"} and is_element(found):
        place = link_target(found, page.base)
        return f"{text} → {place or 'nowhere'}", place is not None
    return text, True


def rank(field: Field, candidate: Candidate) -> tuple[float, ...]:
    """Where a candidate stands among others: the smallest comes first."""
    counts = [one.count for one in candidate.yields]
    lacking = sum(not one.fits for one in candidate.yields)
    length = len(candidate.selector)
    if field.key in {"link", "item", "drop"} or (field.table == "listing" and field.key != "next"):
        # Rows are many, and as many as there are.
        return lacking, -min(counts), length
    return lacking, float(sum(abs(count - 1) for count in counts)), length


def text_of(element: etree._Element) -> str:
    """The text of an element as one line."""
    return clean_line("".join(map(str, element.itertext())))
