"""Compare the sample pages of a source: locate extracted values, and find repeated boilerplate."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, islice, takewhile
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.models import Published
from data.text.clean import clean_line
from spiders.body.serialize import BodyLine, serialize
from spiders.items import ExtractedRelease, ListingItem
from spiders.page.css import CssSelector, layout_of, selectors_of
from spiders.page.page import Page
from spiders.page.phrases import comparison_key

MIN_BODY_SHARE: Final = 0.97
"""Minimum share of the body's letters that an element must contain to be the body's element."""

MAX_BODY_ELEMENTS: Final = 4
"""Maximum number of nested elements that are tried as the body's element, innermost first."""

MIN_SEARCHED_LETTERS: Final = 12
"""Minimum length in letters of a page line that is searched for in the whole body."""

MAX_HEADLINE_LENGTH: Final = 400
"""Maximum length of an element's text that may be a headline, in characters."""

MAX_DATE_LINE_LENGTH: Final = 100
"""Maximum length of an element's text or attribute that may be a date line, in characters."""

HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

MAX_SEARCHED: Final = 200_000
"""Number of letters at the start of a body that are searched for a page's lines."""

UNLEARNED_TAGS: Final = frozenset(("html", "body", "head", "script", "style", "title", "option"))
"""Tags of elements that are never learned as headline or date."""

MAX_NODES: Final = 6_000
"""Maximum number of elements per page that are searched for a headline or date."""

MAX_ELEMENTS: Final = 25_000
"""Maximum total number of elements on a layout's sample pages for learning a template."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A page with its detected release (``read``), from which a template is learned.

    ``context`` is the context for parsing dates. ``common`` contains the comparison keys of lines
    on all sample pages, and ``repeated`` contains those keys whose lines are in the detected body.
    """

    page: Page
    read: ExtractedRelease
    context: DateContext
    listed: ListingItem | None = None
    common: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()

    @cached_property
    def text(self) -> str:
        """The detected body without repeated lines."""
        lines = self.read.content.body_text.split("\n")
        return "\n".join(line for line in lines if comparison_key(line) not in self.repeated)

    @cached_property
    def _lines(self) -> frozenset[str]:
        return frozenset(map(comparison_key, self.text.split("\n")))

    @cached_property
    def _body(self) -> str:
        return comparison_key(self.text)

    @cached_property
    def _said(self) -> dict[str, bool]:
        """Cache of `says`: whether each line belongs to the body."""
        return {}

    def says(self, line: str) -> bool:
        """Whether a line of the page is a line of the detected body, or a part of one.

        A footer line with the institution's name does not count, even if the body contains the
        name.
        """
        if line not in self._said:
            self._said[line] = self._is_said(comparison_key(line))
        return self._said[line]

    def _is_said(self, key: str) -> bool:
        if key in self.repeated:
            return False
        if not key or key in self._lines:
            return True
        # Searching a very long body for every line of a page would take quadratic time.
        is_searched = len(key) >= MIN_SEARCHED_LETTERS and key not in self.common
        return is_searched and self._body.find(key, 0, MAX_SEARCHED) >= 0

    @cached_property
    def runs(self) -> list[BodyLine]:
        """All lines of text on the page."""
        return serialize(self.page.tree, self.page.base).runs

    @cached_property
    def keys(self) -> frozenset[str]:
        """The comparison keys of all lines of the page."""
        return frozenset(comparison_key(run.text) for run in self.runs)

    @cached_property
    def chain(self) -> tuple[etree._Element, ...]:
        """The innermost element that contains the body, followed by some of its ancestors.

        Empty if the body was not found on the page.
        """
        runs = [run for run in self.runs if self.says(run.text)]
        if not runs or not self._body:
            return ()
        weights: Counter[etree._Element] = Counter()
        keys = {comparison_key(run.text): run for run in runs}
        for key, run in keys.items():
            weights[run.holder] += len(key)
        longest = max(runs, key=lambda run: len(run.text))
        whole = sum(map(len, keys))
        around = (longest.holder, *longest.holder.iterancestors())
        levels = {element: level for level, element in enumerate(around)}
        # Map each element to the level at which its ancestors meet the path from the longest line
        # to the root.
        met = dict(levels)
        held = [0] * len(around)
        for holder, weight in weights.items():
            path = [*takewhile(lambda one: one not in met, (holder, *holder.iterancestors()))]
            above = path[-1].getparent() if path else holder
            level = met[above] if above is not None else len(around) - 1
            met.update(dict.fromkeys(path, level))
            held[level] += weight
        sums = zip(around, accumulate(held), strict=True)
        return tuple(
            islice(
                (one for one, matched in sums if matched >= whole * MIN_BODY_SHARE),
                MAX_BODY_ELEMENTS,
            )
        )

    @cached_property
    def layout(self) -> str:
        """The identifier of the page's layout, shared by similar pages, or "" if it is unknown."""
        return layout_of(self.chain[0]) if self.chain else ""

    def titles(self) -> Iterator[tuple[etree._Element, str]]:
        """Yield the elements that contain the title, each with a selector suffix.

        The suffix is ``""`` or ``::attr(content)``.
        """
        wanted = self.read.content.title
        yield from self._saying(lambda text: text == wanted)
        for meta in self.page.tree.iter("meta"):
            if clean_line(meta.get("content") or "") == wanted:
                yield meta, "::attr(content)"

    def dates(
        self, date_in: Callable[[str, DateContext], Published | None]
    ) -> Iterator[tuple[etree._Element, str]]:
        """Yield the elements that contain the date, each with a selector suffix.

        An example is ``::attr(datetime)``. ``date_in`` parses a text as a date.
        """
        wanted = self.read.content.published
        title = comparison_key(self.read.content.title)

        def is_date_line(text: str) -> bool:
            # An article's text as a whole may begin with its date, and a title may contain a date.
            short = len(text) <= MAX_DATE_LINE_LENGTH and title not in comparison_key(text)
            return short and same_date(date_in(text, self.context), wanted)

        for time in self.page.tree.iter("time", "meta", "span", "abbr"):
            for name in ("datetime", "content", "title"):
                text = clean_line(time.get(name) or "")
                if text and is_date_line(text):
                    yield time, f"::attr({name})"
        yield from self._saying(is_date_line)

    def sections(self) -> Iterator[tuple[etree._Element, str]]:
        """Yield the elements whose text is the sample's section, each with "" as the suffix."""
        wanted = self.read.content.section
        yield from self._saying(lambda text: text == wanted)

    def _saying(self, right: Callable[[str], bool]) -> Iterator[tuple[etree._Element, str]]:
        """Yield the elements whose text passes the check ``right``, each with "" as the suffix.

        Only headings are yielded, or, if there are none, only the innermost elements. Their
        ancestors have the same text now, but may have more after a redesign.
        """
        found = [element for element, line in self._short if right(line)]
        headings = [element for element in found if element.tag in HEADINGS]
        around = {one for element in found for one in element.iterancestors()}
        for element in headings or [one for one in found if one not in around]:
            yield element, ""

    @cached_property
    def _short(self) -> list[tuple[etree._Element, str]]:
        """The elements with a short text, and that text as one line, in page order."""
        texts: list[tuple[etree._Element, str]] = []
        inner: list[tuple[int, list[str], int]] = []
        for event, element in etree.iterwalk(self.page.tree, events=("start", "end")):
            if event == "start":
                inner.append((len(texts), [element.text or ""], len(element.text or "")))
                texts.append((element, ""))
                continue
            number, parts, size = inner.pop()
            text = "".join(parts) if size <= MAX_HEADLINE_LENGTH else ""
            texts[number] = (element, text)
            if inner:
                _, around, length = inner[-1]
                tail = element.tail or ""
                around += (text, tail) if length <= MAX_HEADLINE_LENGTH else ()
                inner[-1] = (inner[-1][0], around, length + size + len(tail))
        lines = ((one, clean_line(text)) for one, text in texts[: MAX_NODES + 1] if text)
        return [(one, line) for one, line in lines if line and one.tag not in UNLEARNED_TAGS]


def can_learn_from(lessons: Sequence[Sample]) -> bool:
    """Whether sample pages have few enough elements for learning a template."""
    elements = chain.from_iterable(lesson.page.tree.iter() for lesson in lessons)
    return next(islice(elements, MAX_ELEMENTS, None), None) is None


def same_date(left: Published | None, right: Published | None) -> bool:
    """Whether two dates have the same time and the same precision, or are both None."""
    if left is None or right is None:
        return left is right
    return (left.at, left.precision) == (right.at, right.precision)


def within(run: BodyLine, element: etree._Element) -> Iterator[etree._Element]:
    """Yield the elements below ``element`` that contain a line, innermost first."""
    for one in (run.holder, *run.holder.iterancestors()):
        if one is element:
            return
        yield one


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
