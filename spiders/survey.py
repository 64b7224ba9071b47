"""One walk over a page: its text in blocks, each with what surrounds it.

A block is a run of text that no block-level element and no empty line interrupts: a paragraph, a list
item, a line of a menu. A frame is an open block-level element with the sums of what lies in it. All readers of a
page (body, title, date) work on this one survey, so that the tree is walked once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from spiders.hints import STRUCTURE, hidden_hint, hints_in

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr "
    "output q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
SKIPPED = frozenset(
    "head script style noscript template svg iframe select option optgroup object embed canvas "
    "audio video textarea input math map frameset".split()
)
MAX_BLOCKS = 20_000
"""Blocks after which a walk ends: a page of 20 MB of one-word cells stays within seconds."""

MAX_ELEMENTS = 200_000
"""Elements after which a walk ends, for the same reason."""

RICH = 80
"""Characters from which a block with few links counts as running text."""

BROAD = 0.8
"""A frame with more than this share of the page's text says nothing of any part of it."""


@dataclass(slots=True)
class Frame:
    """A block-level element: its hints, its depth, and sums over all that lies in it.

    ``hints`` is a bit mask of what its own tag, class, id and role say; ``above`` the same for its
    ancestors, those that hold nearly all of the page left out. ``chars``, ``links`` (characters in
    links), ``blocks`` and ``rich`` (characters of running text) are sums over the whole subtree.
    ``outer`` is the nearest ancestor that holds more blocks than this, ``near`` the hints on the
    way there. Its blocks are those from ``first`` up to ``last``; ``twins`` counts the elements
    beside it that have the same tag and class.
    """

    element: etree._Element
    tag: str
    parent: Frame | None
    depth: int
    hints: int = 0
    above: int = 0
    near: int = 0
    chars: int = 0
    links: int = 0
    blocks: int = 0
    rich: int = 0
    outer: Frame | None = None
    first: int = 0
    last: int = 0
    twins: int = 0


@dataclass(slots=True)
class Block:
    """A run of text: ``links`` counts its characters in links, ``pieces`` says where it stands.

    A piece is an element and whether the text is its tail (True) or its own (False). ``hints`` is
    what the inline elements around it say of themselves.
    """

    frame: Frame
    text: str
    links: int
    anchors: int
    hints: int
    pieces: list[tuple[etree._Element, bool]]
    order: int


@dataclass(slots=True)
class Survey:
    """The blocks and frames of a page in document order; ``complete`` is False where it was cut."""

    top: Frame
    blocks: list[Block] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    complete: bool = True


def survey(root: etree._Element) -> Survey:
    """Walk a parsed page once; never recursive, bounded by MAX_BLOCKS and MAX_ELEMENTS."""
    walk = _Walk(root)
    walker = etree.iterwalk(root, events=("start", "end"))
    skip = walker.skip_subtree
    for event, element in walker:
        tag = element.tag
        if tag in INLINE:
            if event == "start":
                walk.open_inline(element, tag)
            else:
                if tag == "a":
                    walk.anchor -= 1
                if element.tail:
                    walk.add(element, element.tail, True)  # noqa: FBT003 - the hot path
        elif tag in SKIPPED or not isinstance(tag, str):
            if event == "start":
                skip()
            elif element.tail:
                walk.add(element, element.tail, True)  # noqa: FBT003 - as above
        elif event == "start":
            walk.open_block(element, tag)
            if walk.elements > MAX_ELEMENTS or len(walk.blocks) > MAX_BLOCKS:
                walk.found.complete = False
                break
        else:
            walk.close_block(element, tag)
    walk.finish()
    return walk.found


class _Walk:
    """The state of a walk: the open frame, and the text since the last block boundary."""

    __slots__ = (
        "anchor", "anchors", "blocks", "broken", "elements", "found", "frame", "hints", "links",
        "pieces", "texts",
    )  # fmt: skip

    def __init__(self, root: etree._Element) -> None:
        self.frame = Frame(root, "html", None, 0)
        self.found = Survey(self.frame)
        self.blocks = self.found.blocks
        self.broken = False
        self.elements = self.anchor = self.anchors = self.hints = self.links = 0
        self.texts: list[str] = []
        self.pieces: list[tuple[etree._Element, bool]] = []

    def add(self, element: etree._Element, text: str, tail: bool) -> None:  # noqa: FBT001 - hot
        if self.broken and not text.isspace():
            self.broken = False
        if self.anchor:
            self.links += len(text)
        self.texts.append(text)
        self.pieces.append((element, tail))

    def open_inline(self, element: etree._Element, tag: str) -> None:
        self.elements += 1
        if tag == "a":
            self.anchor += 1
            self.anchors += 1
        named = element.get("class")
        if named:
            self.hints |= hints_in(named)
        if element.text:
            self.add(element, element.text, False)  # noqa: FBT003 - the hot path

    def open_block(self, element: etree._Element, tag: str) -> None:
        self.elements += 1
        if tag == "br":
            if self.broken:
                self.flush()
            self.broken = True
            self.texts.append(" ")
            return
        if self.texts:
            self.flush()
        frame = self.frame
        named = element.attrib
        hints = STRUCTURE.get(tag, 0)
        if named:
            hints |= hints_in(
                f"{named.get('class', '')} {named.get('id', '')} {named.get('itemprop', '')}"
                f" {named.get('role', '')}"
            )
            if "style" in named or "hidden" in named:
                hints |= hidden_hint(named)
        self.frame = Frame(element, tag, frame, frame.depth + 1, hints)
        self.found.frames.append(self.frame)
        self.frame.first = len(self.blocks)
        if element.text:
            self.add(element, element.text, False)  # noqa: FBT003 - the hot path

    def close_block(self, element: etree._Element, tag: str) -> None:
        if tag != "br":
            if self.texts:
                self.flush()
            self.close()
        if element.tail:
            self.add(element, element.tail, True)  # noqa: FBT003 - the hot path

    def close(self) -> None:
        frame = self.frame
        frame.last = len(self.blocks)
        parent = frame.parent
        if parent is not None:
            if frame.blocks:
                parent.chars += frame.chars
                parent.links += frame.links
                parent.blocks += frame.blocks
                parent.rich += frame.rich
            self.frame = parent

    def flush(self) -> None:
        text = " ".join("".join(self.texts).split())
        if text:
            frame = self.frame
            size = len(text)
            links = min(self.links, size)
            self.blocks.append(
                Block(frame, text, links, self.anchors, self.hints, self.pieces, len(self.blocks))
            )
            frame.chars += size
            frame.links += links
            frame.blocks += 1
            if size > RICH and links * 3 < size:
                frame.rich += size
        self.texts = []
        self.pieces = []
        self.broken = False
        self.links = self.anchors = self.hints = 0

    def finish(self) -> None:
        self.flush()
        while self.frame.parent is not None:
            self.close()
        self.frame.last = len(self.blocks)
        counts: dict[tuple[int, str, str], int] = {}
        for frame in self.found.frames:
            sign = (id(frame.parent), frame.tag, frame.element.get("class", ""))
            counts[sign] = counts.get(sign, 0) + 1
        total = self.frame.chars * BROAD
        for frame in self.found.frames:
            parent = frame.parent
            assert parent is not None  # noqa: S101 - only the top has none
            broad = parent.chars > total
            frame.twins = counts[(id(parent), frame.tag, frame.element.get("class", ""))]
            frame.above = parent.above | (0 if broad else parent.hints)
            if parent.blocks > frame.blocks:
                frame.outer = parent
                frame.near = frame.hints
            else:
                frame.outer = parent.outer
                frame.near = frame.hints | (0 if broad else parent.near)
