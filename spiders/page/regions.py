"""Find the regions of a page: main content, aside, menu, header and footer.

A region is recognized by its tag, role (WAI-ARIA landmarks), class or id. The header or footer of a
list row is not a region of the page. It is inside an article, a list item or a table row (HTML,
4.3.8 and 4.3.9), or it repeats with different parents.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import etree

from spiders.page.class_hints import class_and_id

MAIN: Final = 1
SIDE_BITS: Final = 2
MENU: Final = 4
FOOT: Final = 8
HEAD: Final = 16
CHROME: Final = MENU | FOOT | HEAD
"""Bits of the regions that contain no releases: menu, page header and page footer."""

WHOLE_PAGE_SHARE: Final = 0.5
"""Maximum share of the page in a menu, header, footer or aside. A larger element is a wrapper
around the page."""

MAX_FORM_MARKS: Final = 30
"""Maximum number of texts and links in a search form. A larger form contains a list."""

_TAGS: Final = {"nav": MENU, "footer": FOOT, "header": HEAD, "aside": SIDE_BITS, "main": MAIN}
_ROLES: Final = {
    "navigation": MENU,
    "menu": MENU,
    "menubar": MENU,
    "search": MENU,
    "contentinfo": FOOT,
    "banner": HEAD,
    "complementary": SIDE_BITS,
    "main": MAIN,
}
NON_REGION_TAGS: Final = frozenset(
    ("body", "html", "main", "article", "li", "tr", "a", "h1", "h2", "h3")
)
"""Tags of elements that are never recognized as regions, whatever their class or id."""

_ROWS: Final = frozenset(("article", "li", "tr"))
_BETWEEN: Final = r"(?:$|[\s_-])"
_MENU: Final = re.compile(
    r"(?:^|[\s_-])(?:(?:top|main|sub|side|mega|site|global|primary|secondary)?nav(?:bar|igation|menu|s)?|"
    r"\w{0,12}menus?|breadcrumbs?|cookies?|social|share|pag(?:er|ination)|"
    r"toolbar|log-?in|search-?form|lang(?:uage)?s?|skip\w{0,8})" + _BETWEEN,
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    rf"(?:^|[\s_-])(?:masthead|banner){_BETWEEN}|"
    r"(?:^|\s)(?:(?:site|page|top|main|global)[_-]?)?header(?:$|\s)",
    re.IGNORECASE,
)
_FOOT: Final = re.compile(rf"(?:^|[\s_-])\w{{0,8}}footer{_BETWEEN}", re.IGNORECASE)
_ASIDE: Final = re.compile(
    rf"(?:^|[\s_-])(?:side-?bar\w{{0,8}}|aside|related|rail|complementary|most-?(?:read|popular|viewed)|"
    rf"tag-?cloud){_BETWEEN}|"
    r"(?:^|\s)(?:widgets?(?:[_-]\w{1,40})?|(?:right|left)-?(?:col(?:umn)?|pane|side)|"
    r"col(?:umn)?-?(?:right|left|side)|secondary|tertiary|extras?|portlet-column-last)(?:$|\s)",
    re.IGNORECASE,
)
_MAIN: Final = re.compile(
    r"(?:^|\s)(?:(?:main|page|site|primary)?[_-]?content(?:s|[_-]?(?:area|wrap(?:per)?|main|inner))?|"
    r"main(?:[_-]?(?:col(?:umn)?|area|pane|container))?|content[_-]?pane)(?:$|\s)",
    re.IGNORECASE,
)
_CALLED: Final = ((MENU, _MENU), (FOOT, _FOOT), (HEAD, _HEAD), (SIDE_BITS, _ASIDE), (MAIN, _MAIN))
_OF_ROWS: Final = (FOOT, HEAD, SIDE_BITS)
_FEATURED: Final = re.compile(r"featur|hero|lead|top-?stor|highlight", re.IGNORECASE)
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OUTER_REGIONS: Final = MENU | HEAD | FOOT | SIDE_BITS


@dataclass(slots=True)
class PageRegion:
    """A region of a page, such as its menu or its main content.

    ``begin`` and ``end`` are positions in the sequence of the page's texts and links. ``bits``
    contains the types of the region and of the regions around it. ``sure`` is whether the type
    comes from the tag or role.
    """

    node: etree._Element
    sign: int
    bits: int
    sure: bool
    begin: int
    end: int
    outer: int = -1


class PageRegions:
    """The regions of a page, which can be looked up by position in its texts and links."""

    def __init__(self, found: list[PageRegion], size: int, heads: list[int]) -> None:
        kept = _without_rows(found)
        mains = [one for one in kept if one.bits == MAIN]
        self._kept = [one for one in kept if not _is_wrapper(one, size, heads, mains)]
        self.has_main = any(one.bits & MAIN for one in self._kept)
        self._at = [-1] * (size + 1)
        open_: list[int] = []
        for index, one in enumerate(self._kept):
            while open_ and self._kept[open_[-1]].end <= one.begin:
                open_.pop()
            if open_:
                one.outer = open_[-1]
                one.bits |= self._kept[one.outer].bits
            open_.append(index)
            self._at[one.begin : one.end] = [index] * (one.end - one.begin)

    def at(self, place: int) -> int:
        """Return the type bits of all regions around the position ``place``."""
        index = self._at[place]
        return self._kept[index].bits if index >= 0 else 0

    def around(self, begin: int, end: int) -> int:
        """Return the type bits of all regions around the whole range from ``begin`` to ``end``."""
        index = self._at[begin]
        while index >= 0 and self._kept[index].end < end:
            index = self._kept[index].outer
        return self._kept[index].bits if index >= 0 else 0


def region_of(node: etree._Element, *, in_row: bool, in_main: bool) -> tuple[int, bool]:
    """Return the region type of an element (0 for none), and whether its tag or role determines it.

    ``in_row``: inside an article, list item or table row; headers and footers there are not
    regions. ``in_main``: inside the main content.
    """
    tag = str(node.tag)
    bit = _TAGS.get(tag) or _ROLES.get(node.get("role") or "", 0)
    if bit:
        own = (bit == HEAD and (in_row or in_main)) or (bit & (FOOT | SIDE_BITS) and in_row)
        featured = bit == SIDE_BITS and _FEATURED.search(_CAMEL.sub("-", class_and_id(node)))
        return (0, False) if own or featured else (bit, True)
    names = " " if tag in NON_REGION_TAGS else class_and_id(node)
    return (0 if names == " " else _called(names, in_row=in_row)), False


@lru_cache(maxsize=10_000)  # Cached because the elements of a page share a few hundred names.
def _called(names: str, *, in_row: bool) -> int:
    """Return the region type that a class and id suggest, or 0 for none."""
    parted = _CAMEL.sub("-", names)
    for bit, called in _CALLED:
        if not (in_row and bit in _OF_ROWS) and called.search(parted):
            return bit
    return 0


def is_row(node: etree._Element) -> bool:
    """Whether an element may be a list row with its own header and footer."""
    return node.tag in _ROWS


def _without_rows(found: list[PageRegion]) -> list[PageRegion]:
    """Remove regions that are parts of list rows, because they repeat with different parents."""
    alike: dict[int, list[PageRegion]] = defaultdict(list)
    for one in found:
        if one.bits & _OUTER_REGIONS and one.bits != MENU:
            alike[one.sign].append(one)
    rows: set[int] = set()
    for group in alike.values():
        parents = {one.node.getparent() for one in group}
        if len(group) > 1 and len(parents) == len(group):
            rows.update(map(id, group))
    return [one for one in found if id(one) not in rows]


def _is_wrapper(one: PageRegion, size: int, heads: list[int], mains: list[PageRegion]) -> bool:
    """Whether an element named like a menu, header, footer or aside wraps the main content.

    Such an element contains a main region, or it is large and contains the main regions and the
    first heading.
    """
    if one.bits == MAIN:
        return False
    if one.node.tag == "form" and one.end - one.begin > MAX_FORM_MARKS:
        return True
    if any(one.begin <= main.begin < main.end <= one.end for main in mains):
        return True
    if one.sure and one.bits != HEAD:
        return one.end - one.begin > size * WHOLE_PAGE_SHARE and not _beside(one, heads, mains)
    within = [main for main in mains if main.begin <= one.begin and one.end <= main.end]
    whole = min((main.end - main.begin for main in within), default=size)
    if one.end - one.begin <= whole * WHOLE_PAGE_SHARE:
        return False
    # An element that fills most of a main region is not a menu. For example, SPIP gives lists a
    # menu class.
    return bool(within and one.bits == MENU) or not _beside(one, heads, mains)


def _beside(one: PageRegion, heads: list[int], mains: list[PageRegion]) -> bool:
    """Whether a main region or the first heading of the page is outside a region."""
    if any(main.end <= one.begin or one.end <= main.begin for main in mains):
        return True
    return bool(heads) and not any(one.begin <= place < one.end for place in heads)
