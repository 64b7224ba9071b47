"""One walk over a page: its text in blocks, each with what surrounds it.

A block is a run of text that no block-level element interrupts: a paragraph, a list item, a line of
a menu. A frame is an open block-level element with the sums of what lies in it. All readers of a
page (body, title, date) work on this one survey, so that the tree is walked once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from spiders.hints import hints_of

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


@dataclass(slots=True)
class Frame:
    """A block-level element: its hints, its depth, and sums over all that lies in it.

    ``hints`` is a bit mask of what its own class, id and role say, ``above`` the same for all its
    ancestors. ``chars``, ``links`` (characters in links), ``blocks`` and ``paragraphs`` (blocks of
    running text) are sums over the whole subtree.
    """

    element: etree._Element
    tag: str
    parent: Frame | None
    depth: int
    hints: int
    above: int
    chars: int = 0
    links: int = 0
    blocks: int = 0
    paragraphs: int = 0
    own: int = 0


@dataclass(slots=True)
class Block:
    """A run of text: ``links`` counts its characters in links, ``pieces`` says where it stands.

    A piece is an element and whether the text is its tail (True) or its own (False). ``hints`` is
    what the inline elements inside it say of themselves.
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

    blocks: list[Block] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    complete: bool = True


def survey(root: etree._Element) -> Survey:
    """Walk a parsed page once; never recursive, bounded by MAX_BLOCKS and MAX_ELEMENTS."""
    found = Survey()
    top = Frame(root, "html", None, 0, 0, 0)
    run = _Run(found)
    frame = top
    elements = 0
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            elements += 1
            if elements > MAX_ELEMENTS or len(found.blocks) > MAX_BLOCKS:
                found.complete = False
                break
            if not isinstance(tag, str) or tag in SKIPPED:
                walker.skip_subtree()
                continue
            if tag in INLINE:
                if tag == "a":
                    run.anchor += 1
                    run.anchors += 1
                elif element.attrib:
                    run.hints |= hints_of(element)
            elif tag == "br":
                run.line()
            else:
                run.flush(frame)
                above = frame.above | frame.hints
                frame = Frame(element, tag, frame, frame.depth + 1, hints_of(element), above)
                found.frames.append(frame)
            if element.text:
                run.add(element, element.text, tail=False)
            continue
        if isinstance(tag, str) and tag not in SKIPPED:
            if tag in INLINE:
                if tag == "a":
                    run.anchor -= 1
            elif tag != "br" and frame.parent is not None:
                run.flush(frame)
                frame = _close(frame, frame.parent)
        if element.tail and element is not root:
            run.add(element, element.tail, tail=True)
    run.flush(frame)
    while frame.parent is not None:
        frame = _close(frame, frame.parent)
    return found


def _close(frame: Frame, parent: Frame) -> Frame:
    parent.chars += frame.chars
    parent.links += frame.links
    parent.blocks += frame.blocks
    parent.paragraphs += frame.paragraphs
    return parent


class _Run:
    """The text gathered since the last block boundary."""

    __slots__ = ("anchor", "anchors", "breaks", "found", "hints", "links", "pieces", "texts")

    def __init__(self, found: Survey) -> None:
        self.found = found
        self.anchor = 0
        self._empty()

    def _empty(self) -> None:
        self.texts: list[str] = []
        self.pieces: list[tuple[etree._Element, bool]] = []
        self.links = self.anchors = self.hints = self.breaks = 0

    def add(self, element: etree._Element, text: str, *, tail: bool) -> None:
        if self.breaks and not text.isspace():
            self.breaks = 0
        if self.anchor:
            self.links += len(text)
        self.texts.append(text)
        self.pieces.append((element, tail))

    def line(self) -> None:
        self.texts.append("\n")
        self.breaks += 1

    def flush(self, frame: Frame) -> None:
        if not self.texts:
            self.anchors = self.hints = 0
            return
        text = " ".join("".join(self.texts).split())
        if text:
            size = len(text)
            links = min(self.links, size)
            block = Block(
                frame, text, links, self.anchors, self.hints, self.pieces, len(self.found.blocks)
            )
            self.found.blocks.append(block)
            frame.chars += size
            frame.own += size
            frame.links += links
            frame.blocks += 1
            if size > 80 and links * 3 < size:
                frame.paragraphs += 1
        self._empty()
