"""Find boilerplate: elements and lines repeated on a source's pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from typing import Final

from lxml import etree

from spiders.body.serialize import serialize
from spiders.learning.sample import Sample, can_learn_from, within
from spiders.page.css import CssSelector
from spiders.page.phrases import comparison_key
from spiders.page.selector_generator import selectors_of

MAX_DROPS: Final = 20
MAX_REPEATED_LINES: Final = 40
MIN_LINE_LETTERS: Final = 8
"""Minimum length of a boilerplate line, in letters."""

TABLE: Final = frozenset(("table", "thead", "tbody", "tr", "td", "th"))

MAX_VISITS: Final = 2_000_000
"""Maximum number of elements visited in the search for boilerplate. Each element of the bodies is
visited once per tried selector."""

MAX_EDGE_LINE_LENGTH: Final = 120
"""Maximum length in characters of a repeated line that is boilerplate only at the start or end of
the body. Longer lines are boilerplate anywhere."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body element of one sample page.

    ``wanted`` contains the elements with extracted text, and ``unwanted`` the outermost elements
    without any.
    """

    element: etree._Element
    wanted: frozenset[etree._Element]
    unwanted: tuple[etree._Element, ...]


def body_of(lesson: Sample, selector: str) -> Body | None:
    """Return the body that a selector selects on a sample page, or None."""
    found = CssSelector(selector.removesuffix("::text")).elements(lesson.page.tree)
    if not found:
        return None
    element = found[0]
    runs = serialize(element, lesson.page.base).runs
    wanted = {element}
    for run in runs:
        if lesson.says(run.text):
            wanted.update(takewhile(lambda one: one not in wanted, within(run, element)))
    # Map each element to the outermost element that contains it, or is it, and is not in `wanted`.
    # If there is none, the value is None.
    outermost: dict[etree._Element, etree._Element | None] = {}
    for run in runs:
        path = [*takewhile(lambda one: one not in outermost, within(run, element))]
        above = path[-1].getparent() if path else None
        top = outermost.get(above) if above is not None else None
        for one in reversed(path):
            top = top if top is not None or one in wanted else one
            outermost[one] = top
    holders = (outermost.get(run.holder) for run in runs)
    unwanted = dict.fromkeys(one for one in holders if one is not None)
    return Body(element, frozenset(wanted), tuple(unwanted))


def unread(bodies: Sequence[Body]) -> tuple[str, ...]:
    """Return selectors for elements that occur in several bodies and contain no extracted text."""
    return tuple(islice(_unread(bodies), MAX_DROPS))


def _unread(known: Sequence[Body]) -> Iterator[str]:
    covered: set[etree._Element] = set()
    with_tables = frozenset().union(*(parts_with_tables(body.element) for body in known))
    tried: set[str] = set()
    visits = sum(sum(1 for _ in body.element.iter()) for body in known)
    for element in chain.from_iterable(body.unwanted for body in known):
        if element in covered:
            continue
        for selector in selectors_of(element):
            # A selector that failed for one element would fail again.
            if selector in tried:
                continue
            if len(tried) * visits > MAX_VISITS:
                return
            tried.add(selector)
            finder = CssSelector(selector, within=True)
            hits = [finder.elements(body.element) for body in known]
            safe = not any(
                one in body.wanted for body, each in zip(known, hits, strict=True) for one in each
            )
            tables = not with_tables.isdisjoint(chain.from_iterable(hits))
            if safe and sum(map(bool, hits)) >= min(2, len(known)) and not tables:
                covered.update(chain.from_iterable(hits))
                yield selector
                break


def parts_with_tables(body: etree._Element) -> frozenset[etree._Element]:
    """Return the elements of a body that are, contain, or are part of a table.

    Tables are never boilerplate, even if the same element, such as a ``figure``, contains an image
    on other pages.
    """
    holders: set[etree._Element] = set()
    for table in body.iter("table"):
        holders.update(takewhile(lambda one: one not in holders, table.iterancestors()))
    return frozenset(holders.union(body.iter(*TABLE)))


def everywhere(lessons: Sequence[Sample]) -> frozenset[str]:
    """Return the comparison keys of the lines on all sample pages.

    Returns nothing if the pages are too large for learning.
    """
    if not can_learn_from(lessons):
        return frozenset()
    return frozenset.intersection(*(lesson.keys for lesson in lessons))


def repeated(bodies: Sequence[Sequence[str]], known: frozenset[str]) -> tuple[str, ...]:
    """Return the boilerplate lines in the bodies of several pages.

    ``known`` contains the comparison keys of lines on all pages. Such a line is boilerplate at the
    start or end of a body, and a long line anywhere. Returns an empty tuple if any body would
    become empty.
    """
    found: dict[str, str] = {}
    keyed_bodies = [
        [(key, line) for line in lines if (key := comparison_key(line))] for lines in bodies
    ]
    for keyed in keyed_bodies:
        edges = chain(
            takewhile(lambda pair: pair[0] in known, keyed),
            takewhile(lambda pair: pair[0] in known, reversed(keyed)),
            (pair for pair in keyed if len(pair[1]) > MAX_EDGE_LINE_LENGTH and pair[0] in known),
        )
        for key, line in islice(edges, MAX_REPEATED_LINES):
            if len(key) >= MIN_LINE_LETTERS:
                found.setdefault(key, line)
    left = all(any(key not in found for key, _ in keyed) for keyed in keyed_bodies)
    return tuple(found.values()) if left else ()
