"""Learn the template of a source's release pages from a few extracted pages.

For each value, such as the title, the element that contains it is located on the first page. The
template keeps the most general selector that gives the correct value on all pages. It also drops
repeated elements without extracted text, and repeated lines at the edges of bodies. Large pages are
replaced by the smallest excerpt that gives the same values.

This is wrapper induction: N. Kushmerick, "Wrapper induction: efficiency and expressiveness",
Artificial Intelligence 118 (2000).
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import msgspec
from lxml import etree

from data.models import Content, Link
from data.revisions.edits import files_of
from data.text.similarity import jaccard, signature
from data.text.words import tokens
from spiders.items import ExtractedRelease
from spiders.learning.excerpt import LINKED, Excerpt, excerpt_of
from spiders.learning.samples import (
    Sample,
    body_of,
    can_learn_from,
    everywhere,
    repeated,
    same_date,
    unread,
)
from spiders.learning.template import SELECTORS, Template, TemplateReader, date_in, version_of
from spiders.page.css import CssSelector, layout_of, marks_of, selectors_of
from spiders.page.links import url_pattern
from spiders.page.phrases import comparison_key
from spiders.sources.source_file import ReleaseRules

MIN_TEMPLATE_PAGES: Final = 3
"""Minimum number of pages for learning a template."""

MIN_EQUAL_JACCARD: Final = 0.95
"""Minimum Jaccard similarity (of word triples) of two bodies that count as equal."""

MIN_MATCHING_JACCARD: Final = 0.5
"""Minimum Jaccard similarity (of word triples) between the detected body and the template's body
for the template to match the page."""

PARAGRAPH_TAGS: Final = frozenset(
    ("p", "span", "li", "b", "strong", "em", "i", "font", "h1", "h2", "h3", "h4", "h5", "h6")
)
"""Tags of elements that contain only parts of a text, and are never learned as the body."""

PLAIN_VALUE: Final = re.compile(r"[^\"\\\n\r\f]+")
"""Pattern of values that can be quoted in a selector without escaping."""

MAX_BODIES: Final = 12
"""Maximum number of body selectors tried per template."""

MAX_CANDIDATES: Final = 60
"""Maximum number of selectors tried per value, such as the title."""

TAIL_BYTES: Final = (2_000, 8_000, 24_000, 100_000)
"""Numbers of bytes after the cut element that are tried, to include links to other releases."""

ATTRIBUTES: Final = {"#": "id", "[": "itemprop", ".": "class"}
MAX_ANCESTORS: Final = 12
"""Maximum number of a body's ancestors that are tried as the element to cut out. Ancestors with the
same name count once."""


def induce(
    source: str, declared: ReleaseRules, lessons: Sequence[Sample], now: dt.datetime
) -> Template | None:
    """Learn the template of pages with one layout, or return None if the pages differ too much.

    Selectors declared in the source file are kept. On every page, the template must extract the
    same title, date and files as detection, and a body whose Jaccard similarity is at least
    `MIN_EQUAL_JACCARD`.
    """
    if len(lessons) < MIN_TEMPLATE_PAGES or not all(
        lesson.read.content.body_text for lesson in lessons
    ):
        return None
    if not can_learn_from(lessons):
        return None
    if declared.body is None:
        bodies = [lesson.read.content.body_text.split("\n") for lesson in lessons]
        common = everywhere(lessons)
        known = frozenset(map(comparison_key, repeated(bodies, common)))
        lessons = [replace(lesson, common=common, repeated=known) for lesson in lessons]
    if not all(lesson.chain for lesson in lessons) or len({one.text for one in lessons}) == 1:
        return None
    title = declared.title or _common(
        lessons, Sample.titles, lambda one, text: text == one.read.content.title
    )
    published = declared.published or _common(lessons, _dates, _is_date, apart=True)
    origin = "" if published else _date_origin(lessons)
    if not (published or origin):
        published = _common(lessons, _dates_by_place, _is_date, apart=True)
    if title is None or (published is None and not origin):
        return None
    rules = ReleaseRules(
        title=title,
        published=published,
        section=declared.section
        or _common(lessons, Sample.sections, lambda one, text: text == one.read.content.section),
        publisher=declared.publisher,
        drop=declared.drop,
        until=declared.until,
    )
    template = Template(
        source=source,
        layout=f"{lessons[0].layout} until {declared.until}"
        if declared.until
        else lessons[0].layout,
        version=version_of(declared),
        declared=tuple(name for name in SELECTORS if getattr(declared, name)),
        rules=rules,
        date_origin=origin,
        learned=now,
        urls=tuple(lesson.page.url for lesson in lessons),
        pages=len(lessons),
        fitted=len(lessons),
    )
    for selector in [declared.body] if declared.body else _bodies(lessons):
        found = _with_body(template, selector, lessons)
        if found is not None:
            return with_excerpt(found, lessons)
    return None


def same_reading(learned: Content, lesson: Sample) -> bool:
    """Whether a template extracts the same title, date, files and body as detection.

    ``learned`` is the template's extraction of the sample page ``lesson``.
    """
    detected = lesson.read.content
    if learned.title != detected.title or not same_date(learned.published, detected.published):
        return False
    if files_of(learned) != files_of(detected):
        return False
    return jaccard(signature(learned.body_text), signature(lesson.text)) >= MIN_EQUAL_JACCARD


def still_fits(learned: Content, detected: Content, *, sure: bool = False) -> bool:
    """Return whether a template still matches a page, by comparing both extractions.

    ``learned`` is the template's extraction, and ``detected`` the result of detection. Small
    differences are accepted, because detection may be wrong. Differences that are not accepted are
    a different day, a very different text, and the publisher's name as title. If detection is
    certain of the title (``sure``), a different title is not accepted either.
    """
    if sure and tokens(learned.title) != tokens(detected.title):
        return False
    left, right = learned.published, detected.published
    if left and right and left.day != right.day:
        return False
    named = comparison_key(learned.publisher or "") == comparison_key(learned.title)
    if learned.title != detected.title and named:
        return False
    return (
        jaccard(signature(learned.body_text), signature(detected.body_text)) >= MIN_MATCHING_JACCARD
    )


def without(content: Content, lines: frozenset[str]) -> Content:
    """Return a release's content without the body lines whose comparison keys are in ``lines``."""
    own = [line for line in content.body_text.split("\n") if comparison_key(line) not in lines]
    return replace(content, body_text="\n".join(own))


def _common(
    lessons: Sequence[Sample],
    locate: Callable[[Sample], Iterable[tuple[etree._Element, str]]],
    right: Callable[[Sample, str], bool],
    *,
    apart: bool = False,
) -> str | None:
    """Return the selector whose first match has the right value on all pages, or None.

    ``locate`` yields the elements with the value, and ``right`` checks a selected text. A selector
    that matches only one element per page is preferred, because the first of several may be right
    by chance. See `CssSelector.value` for ``apart``.
    """
    candidates: Counter[str] = Counter()
    for element, how in locate(lessons[0]):
        for place, selector in enumerate(_ways(element)):
            candidates.setdefault(f"{selector}{how}", place)
    second = None
    for selector in islice(candidates, MAX_CANDIDATES):
        finder = CssSelector(selector)
        if not all(right(one, finder.value(one.page.tree, apart=apart)) for one in lessons):
            continue
        if all(len(finder.found(one.page.tree)) == 1 for one in lessons):
            return selector
        second = second or selector
    return second


def _ways(element: etree._Element) -> list[str]:
    if element.tag != "meta":
        return selectors_of(element)
    named = ((name, element.get(name)) for name in ("property", "name", "itemprop"))
    return [
        f'meta[{name}="{value}"]' for name, value in named if value and PLAIN_VALUE.fullmatch(value)
    ]


def _dates(lesson: Sample) -> Iterable[tuple[etree._Element, str]]:
    return lesson.dates(date_in)


def _dates_by_place(lesson: Sample) -> Iterator[tuple[etree._Element, str]]:
    """Yield the elements that contain the date, each with an ``:nth-of-type`` selector suffix.

    The suffix identifies a cell in a row of cells without class names.
    """
    for element, how in _dates(lesson):
        place = 1 + sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        yield element, f":nth-of-type({place}){how}"


def _is_date(lesson: Sample, text: str) -> bool:
    found = date_in(text, lesson.context)
    return found is not None and same_date(found, lesson.read.content.published)


def _date_origin(lessons: Sequence[Sample]) -> str:
    """Return the rule that found the dates of all sample pages, or "".

    Only rules for dates outside the visible text count, such as metadata or the listing.
    """
    dates = [lesson.read.content.published for lesson in lessons]
    hints = [lesson.listed.published if lesson.listed else None for lesson in lessons]
    if all(date and date == listed for date, listed in zip(dates, hints, strict=True)):
        return "listing"
    rules = {date.rule if date else "" for date in dates}
    rule = rules.pop()
    known = rule.startswith(("json-ld:", "meta:")) or rule in {"url", "state"}
    return rule if known and not rules else ""


def _bodies(lessons: Sequence[Sample]) -> Iterator[str]:
    """Yield selectors for the element with the body that match exactly one element on each page."""
    tried = 0
    for element in lessons[0].chain:
        if element.tag in PARAGRAPH_TAGS:
            # On a page with one paragraph, this element contains the whole text. On other pages it
            # is only the first paragraph.
            continue
        for selector in selectors_of(element):
            finder = CssSelector(selector)
            found = [finder.elements(lesson.page.tree) for lesson in lessons]
            if all(
                len(each) == 1 and each[0] in lesson.chain
                for each, lesson in zip(found, lessons, strict=True)
            ):
                yield selector
                tried += 1
            if tried >= MAX_BODIES:
                return


def _with_body(template: Template, selector: str, lessons: Sequence[Sample]) -> Template | None:
    """Return the template with a body selector and boilerplate, or None if it does not match."""
    rules = msgspec.structs.replace(template.rules, body=selector)
    bodies = [found for lesson in lessons if (found := body_of(lesson, selector))]
    if len(bodies) < len(lessons):
        return None
    if "body" not in template.declared:
        rules = msgspec.structs.replace(rules, drop=(*rules.drop, *unread(bodies)))
    until = f" until {rules.until}" if rules.until else ""
    layout = layout_of(bodies[0].element) + until
    plain = msgspec.structs.replace(template, rules=rules, layout=layout)
    lines: tuple[str, ...] = ()
    if "body" not in template.declared:
        reader = TemplateReader(plain)
        proses = [reader.lines(lesson.page, lesson.context) for lesson in lessons]
        lines = repeated(proses, everywhere(lessons))
    learned = msgspec.structs.replace(plain, boilerplate=lines)
    cut = frozenset(map(comparison_key, lines))
    reader = TemplateReader(learned)
    for lesson in lessons:
        read = reader.read(lesson.page, lesson.context, lesson.listed)
        known = replace(lesson, repeated=lesson.repeated | cut)
        if read is None or not same_reading(read.content, known):
            return None
    return learned


def with_excerpt(template: Template, lessons: Sequence[Sample]) -> Template:
    """Return the template with the smallest excerpt that gives the same values as whole pages.

    Returns it unchanged if no excerpt does.
    """
    whole = TemplateReader(template)
    body = whole.body_of(lessons[0].page.tree)
    expected = [whole.read(one.page, one.context, one.listed) for one in lessons]
    for number, excerpt in enumerate(_candidates(body, lessons) if body is not None else ()):
        if number >= MAX_ANCESTORS * len(TAIL_BYTES):
            break
        reader = TemplateReader(msgspec.structs.replace(template, excerpt=excerpt))
        for one, right in zip(lessons, expected, strict=True):
            part = excerpt_of(one.page, excerpt)
            found = reader.read_part(part, one.context, one.listed) if part else None
            if found is None or right is None or not _same(found, right):
                break
        else:
            return reader.template
    return template


def _candidates(body: etree._Element, lessons: Sequence[Sample]) -> Iterator[Excerpt]:
    linked = any(LINKED in one.page.body.partition(b"<body")[2] for one in lessons)
    for element in body.iterancestors():
        path = tuple(str(one.tag) for one in element.iterancestors())[::-1]
        if len(path) < len(("html", "body")):
            return
        for mark in marks_of(element):
            name = mark.strip('#.[]"').removeprefix('itemprop="')
            for tail in TAIL_BYTES:
                attribute = ATTRIBUTES[mark[0]]
                yield Excerpt(str(element.tag), attribute, name, path[1:], tail, linked)


def _same(part: ExtractedRelease, whole: ExtractedRelease) -> bool:
    """Whether two extractions are equal, including links to pages with URLs of the same pattern."""
    left, right = replace(part, links=()), replace(whole, links=())
    return left == right and _akin(part) == _akin(whole)


def _akin(page: ExtractedRelease) -> list[Link]:
    own = url_pattern(page.url)
    return [link for link in page.links if url_pattern(link.url) == own]
