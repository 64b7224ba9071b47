"""What repeats over the pages of a source, and so is no content."""

from __future__ import annotations

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

MOST_DROPS: Final = 20
MOST_REPEATED: Final = 40
LEAST_REPEATED: Final = 8
"""Letters of a line from which it may be boilerplate."""

TABLE: Final = frozenset(("table", "thead", "tbody", "tr", "td", "th"))

MAX_VISITS: Final = 2_000_000
"""Maximum elements that are visited to find what repeats: the sizes of the bodies, per selector."""

LONG_LINE: Final = 120
"""Characters of a line that is boilerplate wherever it stands, if all pages have it."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body on one page: which elements of it hold text, and which hold none that was read."""

    element: etree._Element
    wanted: frozenset[etree._Element]
    unwanted: tuple[etree._Element, ...]


def body_of(lesson: Sample, selector: str) -> Body | None:
    """The body that a selector finds on a page, if it finds one."""
    found = CssSelector(selector.removesuffix("::text")).elements(lesson.page.tree)
    if not found:
        return None
    element = found[0]
    runs = serialize(element, lesson.page.base).runs
    wanted = {element}
    for run in runs:
        if lesson.says(run.text):
            wanted.update(takewhile(lambda one: one not in wanted, within(run, element)))
    # The outermost element around each line that is in no wanted element, or None.
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
    """Selectors for what repeats in the bodies of several pages and was not read as text."""
    return tuple(islice(_unread(bodies), MOST_DROPS))


def _unread(known: Sequence[Body]) -> Iterator[str]:
    covered: set[etree._Element] = set()
    with_tables = frozenset().union(*(parts_with_tables(body.element) for body in known))
    tried: set[str] = set()
    visits = sum(sum(1 for _ in body.element.iter()) for body in known)
    for element in chain.from_iterable(body.unwanted for body in known):
        if element in covered:
            continue
        for selector in selectors_of(element):
            # What failed for one element fails for another.
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
    """The elements of a body that are a table, a part of one, or hold one: those are text.

    A ``figure`` of a system holds a picture on one page and a table on the next.
    """
    holders: set[etree._Element] = set()
    for table in body.iter("table"):
        holders.update(takewhile(lambda one: one not in holders, table.iterancestors()))
    return frozenset(holders.union(body.iter(*TABLE)))


def everywhere(lessons: Sequence[Sample]) -> frozenset[str]:
    """The lines, as comparison keys, that are on every page; none if the pages are too large."""
    if not can_learn_from(lessons):
        return frozenset()
    return frozenset.intersection(*(lesson.keys for lesson in lessons))


def repeated(bodies: Sequence[Sequence[str]], known: frozenset[str]) -> tuple[str, ...]:
    """The lines with which bodies begin or end although all pages say them; they are no content.

    ``known`` are the lines, squashed, of all pages. None where a body would be left empty.
    """
    found: dict[str, str] = {}
    said = [[(key, line) for line in lines if (key := comparison_key(line))] for lines in bodies]
    for keyed in said:
        edges = chain(
            takewhile(lambda pair: pair[0] in known, keyed),
            takewhile(lambda pair: pair[0] in known, reversed(keyed)),
            (pair for pair in keyed if len(pair[1]) > LONG_LINE and pair[0] in known),
        )
        for key, line in islice(edges, MOST_REPEATED):
            if len(key) >= LEAST_REPEATED:
                found.setdefault(key, line)
    left = all(any(key not in found for key, _ in keyed) for keyed in said)
    return tuple(found.values()) if left else ()
