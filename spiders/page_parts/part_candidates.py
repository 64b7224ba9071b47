"""Find the parts of a page that a URL fragment may identify, such as accordions and modals.

A candidate has an anchor, a header and the elements of its text. `spiders.page_parts.find_parts`
decides whether it is a release.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeAlias, cast

from lxml import etree

from spiders.page.class_hints import is_hidden
from spiders.page.html_tree import LEVEL_OF

MAX_CANDIDATES: Final = 2_000
"""Maximum number of part candidates per page and type of markup."""

MAX_ELEMENTS: Final = 200_000
"""Maximum number of elements per page that are searched for anchors."""

MAX_SIBLINGS: Final = 500
"""Maximum number of elements after a heading that count as its text."""

MAX_TOTAL_SIBLINGS: Final = 50_000
"""Maximum total number of elements per page that count as the text of a heading."""

MAX_ID: Final = 200
"""Maximum length of an id that may identify a part, in characters."""

CONTROLLING: Final = frozenset(["aria-controls", "uk-toggle"])
DATA_ATTRIBUTE: Final = re.compile(r"data-[\w-]{1,60}")
"""Pattern of names of data attributes. Those of a control may contain the id of the element that it
opens."""

_WITH_ANCHOR: Final = etree.XPath(
    "descendant-or-self::*[@id or @name or starts-with(@href, '#') or @aria-controls or @uk-toggle"
    " or @*[starts-with(name(), 'data-')]]"
)
"""XPath of elements that may have an anchor, or may be controls that open another element."""

TARGET_ID: Final = re.compile(r"(?:target:\s*)?#?([^\s#;,{}\"']{1,200});?")
"""Pattern of an attribute's value that contains the id of the element that a control opens."""

OPENED_CLASS: Final = re.compile(
    r"modal|popup|pop-up|collaps|accordion|panel|lightbox|dialog|overlay|offcanvas|drawer|tabpane"
    r"|tab-pane|toggle|expand|mfp-|remodal|reveal",
    re.IGNORECASE,
)
"""Pattern of class names of elements that are hidden until a control opens them."""

MAX_COMMON_ANCESTORS: Final = 2
"""Maximum number of ancestors shared by a control and its target whose ids may be the part's
anchor."""

HOLDER_TAGS: Final = frozenset(["section", "article", "div", "li", "dd", "details", "dialog", "tr"])
"""Tags of elements that may contain a whole part with heading and text."""

Kind: TypeAlias = Literal["opened", "anchored"]
"""Kind of part: "opened" if a control opens it, "anchored" if it only has an anchor."""


@dataclass(frozen=True, slots=True)
class PartCandidate:
    """A part of a page that may be a release.

    ``anchor`` is the id of the part, or "". ``header`` is the element with the part's heading and
    control, or None. ``parts`` contains the elements of the part's text in page order. ``linked``
    is true if the page links to the anchor.
    """

    anchor: str
    header: etree._Element | None
    parts: tuple[etree._Element, ...]
    kind: Kind
    linked: bool = False


class Anchors:
    """The elements of a page by id, and the controls that open these elements."""

    def __init__(self, root: etree._Element) -> None:
        self.elements: dict[str, etree._Element] = {}
        self.controls: dict[str, list[etree._Element]] = {}
        self.linked: set[str] = set()
        named: list[tuple[etree._Element, str, str]] = []
        for element in cast("list[etree._Element]", _WITH_ANCHOR(root))[:MAX_ELEMENTS]:  # noqa: SLF001
            for name in ids_of(element):
                self.elements.setdefault(name, element)
            named.extend((element, *found) for found in _named(element))
        for element, attribute, name in named:
            target = self.elements.get(name)
            if target is None or target is element:
                continue
            self.linked.add(name)
            if attribute != "href" or is_opened(target) or _is_toggle(element):
                self.controls.setdefault(name, []).append(element)
        self.opened: dict[etree._Element, str | None] = {}
        """The id of the element that an element's controls open, or None if they open several."""
        for name, controls in islice(self.controls.items(), MAX_CANDIDATES):
            for control in controls:
                for one in (control, *control.iterancestors()):
                    self.opened[one] = name if self.opened.get(one, name) == name else None


def ids_of(element: etree._Element) -> Iterator[str]:
    """Yield the id of an element, and its ``name`` if it is an ``a`` element."""
    names = (element.get("id"), element.get("name") if element.tag == "a" else None)
    yield from (name for name in names if name and len(name) <= MAX_ID and name == name.strip())


def first_id(*elements: etree._Element | None) -> str:
    """Return the first id of several elements, or "" if none has an id."""
    return next((name for one in elements if one is not None for name in ids_of(one)), "")


def _named(element: etree._Element) -> Iterator[tuple[str, str]]:
    for key, value in islice(element.items(), 50):
        attribute, text = str(key), str(value)
        if attribute == "href":
            if not text.startswith("#"):
                continue
        elif attribute not in CONTROLLING and not DATA_ATTRIBUTE.fullmatch(attribute):
            continue
        if len(text) > MAX_ID + 20:
            continue
        if match := TARGET_ID.fullmatch(text.strip()):
            yield attribute, match[1]


def _is_toggle(element: etree._Element) -> bool:
    get = element.get
    marks = (get("data-toggle"), get("data-bs-toggle"), get("aria-expanded"))
    return any(marks) or get("role") == "button"


def is_opened(element: etree._Element) -> bool:
    """Whether an element is hidden until a control opens it."""
    named = f"{element.get('class') or ''} {element.get('role') or ''}"
    return element.tag == "dialog" or is_hidden(element) or bool(OPENED_CLASS.search(named))


def candidates_of(root: etree._Element) -> Iterator[tuple[PartCandidate, ...]]:
    """Yield the part candidates of a page, one tuple per type of markup.

    Parts that controls open come first.
    """
    anchors = Anchors(root)
    yield tuple(islice(_details(root), MAX_CANDIDATES))
    yield tuple(islice(_controlled(anchors), MAX_CANDIDATES))
    yield tuple(islice(_panels(root), MAX_CANDIDATES))
    yield tuple(islice(_held(anchors), MAX_CANDIDATES))
    yield tuple(islice(_headed(root, anchors), MAX_CANDIDATES))


def _details(root: etree._Element) -> Iterator[PartCandidate]:
    for element in root.iter("details"):
        summary = element.find("summary")
        if summary is not None:
            parts = tuple(one for one in element if one is not summary)
            inner = next((one for one in summary.iter(etree.Element) if first_id(one)), None)
            yield PartCandidate(
                first_id(element, inner, *parts[:1]), summary, parts, "opened", linked=True
            )


def _controlled(anchors: Anchors) -> Iterator[PartCandidate]:
    """Yield parts that controls on the page open, such as accordion panels and modals."""
    for name, controls in anchors.controls.items():
        target = anchors.elements[name]
        above = set(target.iterancestors())
        outside = [
            one for one in controls if one not in above and target not in one.iterancestors()
        ]
        if not outside:
            continue
        header = outside[0]
        whole: list[etree._Element] = []
        for one in outside[0].iterancestors():
            if len(whole) == MAX_COMMON_ANCESTORS or anchors.opened.get(one) != name:
                break
            if one in above and one.tag in HOLDER_TAGS:
                whole.append(one)
            elif one not in above:
                header = one
        inner = (one for one in header.iter(etree.Element) if first_id(one))
        own = first_id(*whole, *islice(inner, 1))
        yield PartCandidate(own or name, header, (target,), "opened", linked=True)


def _panels(root: etree._Element) -> Iterator[PartCandidate]:
    """Yield parts directly after a heading or button that opens them with a script."""
    for heading in root.iter(*LEVEL_OF, "button", "dt"):
        following = heading.getnext()
        if following is None or following.tag in LEVEL_OF or following.tag in {"button", "dt"}:
            continue
        clicked = heading.tag == "button" or heading.find(".//button") is not None
        if not (clicked or is_opened(following) or OPENED_CLASS.search(heading.get("class") or "")):
            continue
        inner = next((one for one in heading.iter(etree.Element) if first_id(one)), None)
        own = heading.getparent()
        alone = own is not None and len(own) <= len((heading, following)) + 1
        name = first_id(own if alone else None, inner, following)
        yield PartCandidate(name, heading, (following,), "opened", linked=True)


def _held(anchors: Anchors) -> Iterator[PartCandidate]:
    """Yield parts that consist of an element with an id, which may contain a heading and a text."""
    for name, element in anchors.elements.items():
        if element.tag in HOLDER_TAGS and len(element):
            yield PartCandidate(name, None, (element,), "anchored", name in anchors.linked)


def _headed(root: etree._Element, anchors: Anchors) -> Iterator[PartCandidate]:
    """Yield parts that begin with an anchored heading.

    Such a part ends at the next heading of the same level, even without an anchor, unless a heading
    with an anchor follows later or only one heading in the parent element has an anchor.
    """
    named = {heading: name for heading in root.iter(*LEVEL_OF) if (name := _anchor_of(heading))}
    last: dict[tuple[etree._Element | None, object], etree._Element] = {}
    counts: Counter[tuple[etree._Element | None, object]] = Counter()
    for heading in named:
        place = heading.getparent(), heading.tag
        last[place] = heading
        counts[place] += 1
    total = 0
    for heading, name in named.items():
        place = heading.getparent(), heading.tag
        level = LEVEL_OF[str(heading.tag)]
        is_alone = counts[place] == 1 and _begins(heading)
        parts: list[etree._Element] = []
        for one in islice(heading.itersiblings(), min(MAX_SIBLINGS, MAX_TOTAL_SIBLINGS - total)):
            next_level = LEVEL_OF.get(str(one.tag), 9)
            is_inner = one not in named and (is_alone or last[place] is not heading)
            if next_level < level or (next_level == level and not is_inner):
                break
            parts.append(one)
        total += len(parts)
        if parts:
            yield PartCandidate(name, heading, tuple(parts), "anchored", name in anchors.linked)


def _anchor_of(heading: etree._Element) -> str:
    """Return the id that identifies a heading, or "".

    It is the id of the heading, of an element inside the heading, or of an anchor before it.
    """
    before = heading.getprevious()
    anchor = before if before is not None and before.tag == "a" and not len(before) else None
    inner = next((one for one in heading.iter(etree.Element) if first_id(one)), None)
    return first_id(inner, anchor)


def _begins(heading: etree._Element) -> bool:
    """Whether a heading is the first heading in an element that may contain a whole part."""
    parent = heading.getparent()
    if parent is None or parent.tag not in HOLDER_TAGS:
        return False
    return all(one.tag not in LEVEL_OF for one in islice(heading.itersiblings(preceding=True), 5))
