"""One walk over a page: its text in blocks, each with what surrounds it.

A block is a run of text that no block-level element and no empty line interrupts: a paragraph, a
list item, a line of a menu. A frame is an open block-level element with the sums of what lies in
it. All readers of a page (body, title, date) work on this one survey, so that the tree is walked
once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from spiders.hints import STRUCTURE, hidden_hint, hints_in

INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr "
    "output q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
SKIPPED: Final = frozenset(
    "head script style noscript template svg iframe select option optgroup object embed canvas "
    "audio video textarea input math map frameset".split()
)
BLOCK, TEXT, ANCHOR, BREAK, SKIP = range(5)
KINDS: Final = {
    **dict.fromkeys(INLINE, TEXT),
    **dict.fromkeys(SKIPPED, SKIP),
    "a": ANCHOR,
    "br": BREAK,
    # What lxml gives as the tag of what is no element.
    etree.Comment: SKIP,
    etree.ProcessingInstruction: SKIP,
    etree.Entity: SKIP,
}
MAX_BLOCKS: Final = 20_000
"""Blocks after which a walk ends: a page of 20 MB of one-word cells stays within seconds."""

MAX_FRAMES: Final = 100_000
"""Block-level elements after which a walk ends, for the same reason."""

RICH: Final = 80
"""Characters from which a block with few links counts as running text."""

BROAD: Final = 0.8
"""A frame with more than this share of the page's text says nothing of any part of it."""


class Frame:
    """A block-level element: its hints, its depth, and sums over all that lies in it.

    ``hints`` is a bit mask of what its own tag, class, id and role say; ``above`` the same for its
    ancestors, those that hold nearly all of the page left out. ``chars``, ``links`` (characters in
    links), ``blocks`` and ``rich`` (characters of running text) are sums over the whole subtree.
    ``outer`` is the nearest ancestor that holds more blocks than this, ``near`` the hints on the
    way there. Its blocks are those from ``first`` up to ``last``; ``twins`` counts the elements
    beside it that have the same tag and class. ``index`` is its place among the survey's frames.
    """

    __slots__ = (
        "above", "blocks", "chars", "depth", "element", "first", "hints", "index", "last", "links",
        "name", "near", "outer", "parent", "rich", "tag", "twins",
    )  # fmt: skip

    def __init__(
        self,
        element: etree._Element,
        tag: str,
        name: str,
        parent: Frame | None,
        hints: int,
        first: int,
        index: int,
    ) -> None:
        self.element = element
        self.tag = tag
        self.name = name
        self.parent = parent
        self.hints = hints
        self.first = self.last = first
        self.index = index
        self.depth = parent.depth + 1 if parent is not None else 0
        self.chars = self.links = self.blocks = self.rich = self.above = self.near = self.twins = 0
        self.outer: Frame | None = None


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
    """The blocks and frames of a page in document order; ``complete`` is False where it was cut.

    The first frame is the whole page.
    """

    top: Frame
    blocks: list[Block] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    complete: bool = True


def survey(root: etree._Element) -> Survey:  # noqa: C901, PLR0912, PLR0915 - the hot path, flat on purpose
    """Walk a parsed page once; never recursive, bounded by MAX_BLOCKS and MAX_FRAMES."""
    top = frame = Frame(root, "html", "", None, 0, 0, 0)
    found = Survey(top)
    blocks, frames = found.blocks, found.frames
    frames.append(top)
    texts: list[str] = []
    pieces: list[tuple[etree._Element, bool]] = []
    anchor = anchors = links = hints = 0
    broken = False
    kind_of = KINDS.get
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        kind = kind_of(tag, BLOCK)
        if event == "start":
            if kind == BLOCK:
                if texts:
                    _close_block(blocks, frame, texts, pieces, links, anchors, hints)
                    texts, pieces = [], []
                    links = anchors = hints = 0
                    broken = False
                get = element.get
                name = get("class") or ""
                named = get("id")
                mask = STRUCTURE.get(tag, 0)
                if name:
                    mask |= hints_in(name)
                if named:
                    mask |= hints_in(named)
                if get("role") or get("itemprop"):
                    mask |= hints_in(f"{get('role', '')} {get('itemprop', '')}")
                if get("style") or get("hidden") is not None:
                    mask |= hidden_hint(element.attrib)
                frame = Frame(element, tag, name, frame, mask, len(blocks), len(frames))
                frames.append(frame)
                if len(frames) > MAX_FRAMES or len(blocks) > MAX_BLOCKS:
                    found.complete = False
                    break
            elif kind == TEXT:
                named = element.get("class")
                if named:
                    hints |= hints_in(named)
            elif kind == ANCHOR:
                anchor += 1
                anchors += 1
                named = element.get("class")
                if named:
                    hints |= hints_in(named)
            elif kind == SKIP:
                walker.skip_subtree()
                continue
            elif broken and texts:
                _close_block(blocks, frame, texts, pieces, links, anchors, hints)
                texts, pieces = [], []
                links = anchors = hints = 0
            else:
                broken = True
                if texts:
                    texts.append(" ")
            text = element.text
            if text:
                if not text.isspace():
                    broken = False
                    texts.append(text)
                    pieces.append((element, False))
                    if anchor:
                        links += len(text)
                elif texts:
                    texts.append(" ")
            continue
        if kind == BLOCK:
            if texts:
                _close_block(blocks, frame, texts, pieces, links, anchors, hints)
                texts, pieces = [], []
                links = hints = 0
            anchors = 0
            broken = False
            frame = _close_frame(frame, len(blocks)) or top
        elif kind == ANCHOR:
            anchor -= 1
        text = element.tail
        if text:
            if not text.isspace():
                broken = False
                texts.append(text)
                pieces.append((element, True))
                if anchor:
                    links += len(text)
            elif texts:
                texts.append(" ")
    if texts:
        _close_block(blocks, frame, texts, pieces, links, anchors, hints)
    ended: Frame | None = frame
    while ended is not None:
        ended = _close_frame(ended, len(blocks))
    _relate(frames)
    return found


def _close_block(
    blocks: list[Block],
    frame: Frame,
    texts: list[str],
    pieces: list[tuple[etree._Element, bool]],
    links: int,
    anchors: int,
    hints: int,
) -> None:
    text = " ".join("".join(texts).split())
    size = len(text)
    if not size:
        return
    links = min(links, size)
    blocks.append(Block(frame, text, links, anchors, hints, pieces, len(blocks)))
    frame.chars += size
    frame.links += links
    frame.blocks += 1
    if size > RICH and links * 3 < size:
        frame.rich += size


def _close_frame(frame: Frame, last: int) -> Frame | None:
    frame.last = last
    parent = frame.parent
    if parent is not None and frame.blocks:
        parent.chars += frame.chars
        parent.links += frame.links
        parent.blocks += frame.blocks
        parent.rich += frame.rich
    return parent


def _relate(frames: list[Frame]) -> None:
    """Tell each frame what surrounds it; parents come before their children."""
    total = frames[0].chars * BROAD
    twins: dict[tuple[int, str, str], int] = {}
    signs: list[tuple[int, str, str]] = []
    for frame in frames[1:]:
        parent = frame.parent
        assert parent is not None  # noqa: S101 - only the first has none
        sign = (parent.index, frame.tag, frame.name)
        signs.append(sign)
        twins[sign] = twins.get(sign, 0) + 1
        own = 0 if parent.chars > total else parent.hints
        frame.above = parent.above | own
        if parent.blocks > frame.blocks:
            frame.outer = parent
            frame.near = frame.hints
        else:
            frame.outer = parent.outer
            frame.near = frame.hints | (parent.near if parent.chars <= total else 0)
    for frame, sign in zip(frames[1:], signs, strict=True):
        frame.twins = twins[sign]
