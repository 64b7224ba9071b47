"""Convert a page to a flat sequence of marks (texts and links) with element spans.

Marks are numbered in reading order. The tree is traversed once, so the time is linear at any depth.
Each element has a signature: a number for its path of tags and classes from the root. Rows of a
list share a signature (after Liu, Grossman and Zhai, "Mining Data Records in Web Pages", 2003;
paths as keys after Miao et al., 2009).
"""

import re
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import count, islice

from lxml import etree

from spiders.listing.paging.page_numbers import PAGER_CLASS
from spiders.page.class_hints import class_and_id, is_hidden, shown_by_scripts
from spiders.page.html_tree import LEVEL_OF
from spiders.page.links import link_target
from spiders.page.page import Page
from spiders.page.regions import CHROME, MAIN, PageRegion, PageRegions, is_row, region_of

MAX_ELEMENTS = 200_000
"""Maximum number of elements read per page. Further elements are skipped and reported."""

MAX_ANCHORS = 15_000
"""Maximum number of links read per page. The part of the page after them is skipped and reported.
"""

MAX_REGIONS = 1000
"""Maximum number of page parts (such as menus and sidebars) recognized per page."""

MAX_TEXT = 4000
"""Maximum length in characters of a text. Longer texts are cut, because titles and dates are
shorter."""

SKIPPED_TAGS = frozenset(
    (
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "select",
        "option",
        "textarea",
        "iframe",
        "head",
    )
)
"""Tags of elements whose content is skipped."""

_CELLS = frozenset(("td", "th"))
_BLOCKS = frozenset(("table", "ul", "dl", "h2", "h3", "h4", "h5"))
MAX_GRID_CELLS = 12
"""Maximum number of cells per row that are compared to recognize a grid of releases."""

MAX_CELL_TAGS = 12
"""Maximum number of elements per cell that are compared to recognize a grid of releases."""

_UNSTABLE = re.compile(
    r"\d+|^(?:odd|even|first|last|alt|alternate|active|current|hover|selected|sticky|featured)$"
)
MAX_CACHED_CLASS_CHARS = 300
"""Maximum length of a class attribute for which `element_word` is cached, in characters."""

MAX_ID = 59
"""Maximum length of an id that `element_word` includes in its result, in characters."""

_FRAMES = frozenset(("div", "section", "main", "aside", "header", "footer", "form", "table"))

MIN_HEADED_LINKS = 3
"""Minimum number of links below a heading in a box for the heading to apply to the box."""


@dataclass(slots=True)
class TextMark:
    """A text on a page, with its position among all marks (texts and links).

    It also has its parent element and the parent's signature.
    """

    place: int
    parent: etree._Element
    sign: int
    text: str


@dataclass(slots=True)
class LinkMark:
    """A link on a page: its position among all marks, its signatures and its URL.

    ``sign`` is the signature of tags and classes, ``loose`` the signature of tags only. ``end`` is
    the position after the link's last text.
    """

    place: int
    node: etree._Element
    sign: int
    loose: int
    url: str
    end: int = 0


@dataclass(slots=True)
class ElementSpan:
    """An element that contains links, with its range of marks and its signatures.

    Marks are the texts and links of a page, numbered in reading order. A signature is a number that
    similar elements share.

    - ``begin``: position of its first mark
    - ``end``: position after its last mark
    - ``sign``: signature of tags and classes
    - ``loose``: signature of tags only
    - ``mixed``: signature with the classes of its ancestors but not its own
    """

    node: etree._Element
    sign: int
    loose: int
    mixed: int
    begin: int
    end: int


@dataclass(slots=True)
class HeadingMark:
    """A heading, with the level of its tag (1 to 6) and its range of positions.

    ``scope`` is the position at which the heading's box ends. The box is the smallest element that
    contains the heading and several links below it. The heading does not apply to elements after
    it.
    """

    level: int
    begin: int
    end: int
    scope: int = sys.maxsize


@dataclass
class FlatPage:
    """All marks (texts and links) of a page.

    ``size`` is the number of positions that marks can have. ``regions`` are parts of the page, such
    as menus. ``cut`` is true if the page exceeds MAX_ELEMENTS or MAX_ANCHORS.
    """

    texts: list[TextMark] = field(default_factory=list)
    anchors: list[LinkMark] = field(default_factory=list)
    spans: list[ElementSpan] = field(default_factory=list)
    headings: list[HeadingMark] = field(default_factory=list)
    regions: PageRegions = field(default_factory=lambda: PageRegions([], 0, []))
    hidden: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of hidden elements, each as the first position and the position after the last. They
    do not overlap."""

    size: int = 0
    cut: bool = False
    _text_places: list[int] = field(default_factory=list)
    _anchor_places: list[int] = field(default_factory=list)
    _link_texts: dict[int, str] = field(default_factory=dict)

    def settle(self) -> None:
        """Index the positions of texts and links.

        Call this after all marks are added or removed.
        """
        self._text_places = [text.place for text in self.texts]
        self._anchor_places = [anchor.place for anchor in self.anchors]

    def leave_out(self, urls: Container[str]) -> None:
        """Remove the links to the URLs in ``urls``."""
        self.anchors = [anchor for anchor in self.anchors if anchor.url not in urls]
        self.settle()

    def texts_in(self, begin: int, end: int) -> list[TextMark]:
        """Return the texts between two positions."""
        first = bisect_left(self._text_places, begin)
        return self.texts[first : bisect_left(self._text_places, end, first)]

    def anchors_in(self, begin: int, end: int) -> list[LinkMark]:
        """Return the links that begin between two positions."""
        first = bisect_left(self._anchor_places, begin)
        return self.anchors[first : bisect_left(self._anchor_places, end, first)]

    def said(self, begin: int, end: int) -> str:
        """Return the words between two positions.

        Alternative texts of images are returned only if there are no other words.
        """
        return joined_line(self.texts_in(begin, end))

    def text_of(self, anchor: LinkMark) -> str:
        """Return the words of a link, or else the alternative texts of its images (see `said`).

        The result is cached, because a link may be in several regions.
        """
        place = anchor.place
        if place not in self._link_texts:
            self._link_texts[place] = self.said(place, max(anchor.end, place + 1))
        return self._link_texts[place]

    @cached_property
    def pagers(self) -> list[int]:
        """Start position of each element whose class or id suggests a pager."""
        return [span.begin for span in self.spans if PAGER_CLASS.search(class_and_id(span.node))]

    def heading_above(self, place: int) -> str:
        """Return the text of the heading whose box contains a position, or "". An h1 has no box."""
        index = bisect_right(self.headings, place, key=lambda head: head.end) - 1
        head = self.headings[index] if index >= 0 else None
        if head is None or head.level == 1 or place >= head.scope:
            return ""
        return self.said(head.begin, head.end)

    def is_hidden(self, place: int) -> bool:
        """Whether the element at a position is hidden from readers."""
        index = bisect_left(self.hidden, (place + 1, 0)) - 1
        return index >= 0 and place < self.hidden[index][1]

    def is_chrome(self, begin: int, end: int) -> bool:
        """Whether all marks between two positions are in a menu, the page header or the footer."""
        return bool(self.regions.around(begin, end) & CHROME)


def joined_line(texts: list[TextMark]) -> str:
    """Join texts into one line.

    Alternative texts of images are used only if there are no other texts.
    """
    words = [text.text for text in texts if text.parent.tag != "img"]
    return " ".join(words or [text.text for text in texts])


def element_word(node: etree._Element) -> str:
    """Return an element's tag and classes, without numbers and classes that mark single rows.

    For elements around parts of a page (`_FRAMES`), the id is included.
    """
    tag, classes = str(node.tag), node.get("class") or ""
    name = (node.get("id") or "") if tag in _FRAMES else ""
    if not (classes or name):
        return tag
    word = _cached_word if len(classes) <= MAX_CACHED_CLASS_CHARS else _word
    return word(tag, classes, name[:MAX_ID])


def _word(tag: str, classes: str, name: str) -> str:
    names = classes.split()[:8]
    if name:
        names.append(f"#{name}")
    if not names:
        return tag
    kept = sorted({bare for name in names if (bare := _UNSTABLE.sub("", name.lower()))})
    return f"{tag}.{'.'.join(kept[:4])}"


# Cached because the elements of a page share a few hundred classes.
_cached_word = lru_cache(maxsize=10_000)(_word)


def flatten(page: Page, tree: etree._Element | None = None) -> FlatPage:
    """Convert a page to a FlatPage. Uses ``tree``, if given, instead of the page's own tree."""
    return _Walk(page.tree if tree is None else tree, page.base).run()


def is_grid_row(row: etree._Element) -> bool:
    """Whether each cell of a table row is a box with a link, all with the same structure.

    Then each cell is a release. In other rows, the cells are columns of one release.
    """
    cells = list(islice(row.iterchildren("td"), MAX_GRID_CELLS))
    makes = {tuple(str(one.tag) for one in islice(cell.iter(), 1, MAX_CELL_TAGS)) for cell in cells}
    if len(cells) < 2 or len(makes) != 1:  # noqa: PLR2004 - a single cell is not a grid
        return False
    (make,) = makes
    return "a" in make and not _BLOCKS.isdisjoint(make)


class _Walk:
    def __init__(self, tree: etree._Element, base: str) -> None:
        self._tree = tree
        self._base = base
        self._signs: dict[tuple[int, str], int] = defaultdict(count(1).__next__)
        """Signature numbers by the parent's signature and the element's `element_word`."""

        self._out = FlatPage()
        self._stack: list[tuple[ElementSpan, int, PageRegion | None]] = []
        self._columns: list[int | None] = []
        """Number of cells so far in each open element, or None in a row of a grid."""

        self._regions: list[PageRegion] = []
        self._rows = 0
        self._mains = 0
        self._hidden: etree._Element | None = None
        self._about = shown_by_scripts(tree)
        self._open_headings: list[tuple[HeadingMark, int]] = []
        """Headings whose scope is not known yet, each with the number of links before its end."""

    def run(self) -> FlatPage:
        out = self._out
        walker = etree.iterwalk(self._tree, events=("start", "end"))
        elements = 0
        for event, node in walker:
            if event == "end":
                self._close(node)
                continue
            elements += 1
            if elements > MAX_ELEMENTS or len(out.anchors) > MAX_ANCHORS:
                out.cut = True
                break
            if node.tag in SKIPPED_TAGS:
                walker.skip_subtree()
            self._open(node)
        while self._stack:
            self._pop()
        first = [head.begin for head in out.headings if head.level == 1][:1]
        out.regions = PageRegions(self._regions, out.size, first)
        out.settle()
        return out

    def _open(self, node: etree._Element) -> None:
        out = self._out
        outer = self._stack[-1][0] if self._stack else None
        word, plain = element_word(node), str(node.tag)
        if plain in _CELLS:
            column = (self._columns[-1] if self._columns else 0) or 0
            word, plain = f"{word}:{column}", f"{plain}:{column}"
            if self._columns and self._columns[-1] is not None:
                self._columns[-1] += 1
        self._columns.append(None if plain == "tr" and is_grid_row(node) else 0)
        signs = self._signs
        sign = signs[outer.sign if outer else 0, word]
        loose = signs[outer.loose if outer else -1, plain]
        mixed = signs[outer.sign if outer else -2, f"~{plain}"]
        span = ElementSpan(node, sign, loose, mixed, out.size, out.size)
        url = None
        if node.tag in {"a", "area"} or node.get("onclick") or node.get("data-href"):
            url = link_target(node, self._base)
        if self._hidden is None and is_hidden(node) and node not in self._about:
            self._hidden = node
        self._stack.append((span, len(out.anchors), self._region(span)))
        if url:
            shape = str(node[0].tag) if len(node) else ""
            mark = signs[sign, f"a:{shape}"], signs[loose, f"a:{shape}"]
            out.anchors.append(LinkMark(out.size, node, *mark, url))
            out.size += 1
        if node.tag not in SKIPPED_TAGS:
            if node.tag == "img":
                self._text(node, node.get("alt"), sign)
            self._text(node, node.text, sign)

    def _close(self, node: etree._Element) -> None:
        self._pop()
        if self._stack and node.tail:
            outer = self._stack[-1][0]
            self._text(outer.node, node.tail, outer.sign)

    def _pop(self) -> None:
        out = self._out
        span, before, region = self._stack.pop()
        self._columns.pop()
        span.end = out.size
        if span.node is self._hidden:
            self._hidden = None
            if span.end > span.begin:
                out.hidden.append((span.begin, span.end))
        self._rows -= is_row(span.node)
        if len(out.anchors) > before:
            out.spans.append(span)
            if out.anchors[before].node is span.node:
                out.anchors[before].end = out.size
        if region:
            region.end = span.end
            self._mains -= region.bits == MAIN
        if self._open_headings and self._open_headings[-1][0].begin >= span.begin:
            self._bound_headings(span)
        level = LEVEL_OF.get(str(span.node.tag))
        if level and span.end > span.begin:
            head = HeadingMark(level, span.begin, span.end)
            out.headings.append(head)
            self._open_headings.append((head, len(out.anchors)))

    def _bound_headings(self, span: ElementSpan) -> None:
        """Set the scope of the open headings whose box is the element of ``span``."""
        total, wide = len(self._out.anchors), []
        while self._open_headings and self._open_headings[-1][0].begin >= span.begin:
            head, links = self._open_headings.pop()
            if total >= links + MIN_HEADED_LINKS:
                head.scope = span.end
            else:
                wide.append((head, links))
        self._open_headings += reversed(wide)

    def _region(self, span: ElementSpan) -> PageRegion | None:
        bit, sure = region_of(span.node, in_row=self._rows > 0, in_main=self._mains > 0)
        self._rows += is_row(span.node)
        if not bit or len(self._regions) >= MAX_REGIONS:
            return None
        self._mains += bit == MAIN
        region = PageRegion(span.node, span.sign, bit, sure, span.begin, span.begin)
        self._regions.append(region)
        return region

    def _text(self, parent: etree._Element, text: str | None, sign: int) -> None:
        if text and (text := " ".join(text[:MAX_TEXT].split())):
            self._out.texts.append(TextMark(self._out.size, parent, sign, text))
            self._out.size += 1
