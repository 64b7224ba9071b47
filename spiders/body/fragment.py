"""Takes the body out of a page, without what lies in it that is no text of it."""

from __future__ import annotations

from html import escape
from itertools import zip_longest
from typing import Final

from lxml import etree

from spiders.body.main_content import MainContent
from spiders.body.segmentation import BLOCK, BREAK, KINDS, SKIP
from spiders.body.serialize import SerializedBody, serialize
from spiders.body.text_blocks import BlockTree, Container, TextBlock
from spiders.page.hidden import hidden_parts

VOID: Final = frozenset(["hr", "img", "col"])


def prose_of(body: MainContent, seen: BlockTree, base: str) -> SerializedBody:
    """The prose of a body's element with the kept blocks only, and the images among them."""
    alive, dead = _parted(body, seen)
    kept = {block.order for block in body.kept}
    hidden = set(hidden_parts(body.frame.element))
    prose = serialize(body.frame.element, base, dead | hidden)
    # A run is a block: both end where a block-level element or an empty line does.
    met: list[TextBlock] = [
        block
        for block in _inside(body, seen)
        if block.frame.element in alive and (not hidden or _is_shown(block, hidden))
    ]
    for block, run in zip_longest(met, prose.runs):
        if run and (block is None or block.order not in kept):
            prose.cut(run)
    return prose


def kept_html(body: MainContent, seen: BlockTree) -> str:
    """The same as HTML, with all elements and attributes, for rules that ask for them."""
    _, dead = _parted(body, seen)
    kept = {block.order for block in body.kept}
    silent = {
        piece for block in _inside(body, seen) if block.order not in kept for piece in block.pieces
    }
    mute = {element for element, tail in silent if not tail and not len(element)}
    known: set[etree._Element] = (
        set() if seen.complete else {frame.element for frame in seen.frames}
    )
    out: list[str] = []
    open_tags: list[str] = []
    root = body.frame.element
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        kind = KINDS.get(tag, BLOCK)
        if event == "start":
            if known and kind == BLOCK and element not in known:
                break
            if kind == SKIP or element in dead or element in mute:
                walker.skip_subtree()
                open_tags.append("")
                continue
            out.append("<br>" if kind == BREAK else _open(element))
            open_tags.append("" if kind == BREAK or tag in VOID else tag)
            if element.text and (element, False) not in silent:
                out.append(escape(element.text, quote=False))
            continue
        written = open_tags.pop()
        if written:
            out.append(f"</{written}>")
        if element.tail and element is not root and (element, True) not in silent:
            out.append(escape(element.tail, quote=False))
    out.extend(f"</{tag}>" for tag in reversed(open_tags) if tag)
    return "".join(out)


def outer_html(element: etree._Element) -> str:
    """The HTML of a declared body element, all of it."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def _inside(body: MainContent, seen: BlockTree) -> list[TextBlock]:
    return seen.blocks[body.frame.first : body.frame.last]


def _parted(body: MainContent, seen: BlockTree) -> tuple[set[etree._Element], set[etree._Element]]:
    """The elements that hold a kept block, and those that hold text but none that is kept."""
    alive: set[etree._Element] = set()
    for block in body.kept:
        frame: Container | None = block.frame
        while frame is not None and frame.element not in alive:
            alive.add(frame.element)
            frame = frame.parent
    inside = seen.frames[body.frame.index :]
    dead = {one.element for one in inside if one.blocks and one.element not in alive}
    return alive, dead.union(seen.menus)


def _is_shown(block: TextBlock, hidden: set[etree._Element]) -> bool:
    """Whether any text of a block lies in none of the hidden elements."""
    return any(
        element not in hidden and hidden.isdisjoint(element.iterancestors())
        if not tail
        else hidden.isdisjoint(element.iterancestors())
        for element, tail in block.pieces
    )


def _open(element: etree._Element) -> str:
    parts = [str(element.tag)]
    parts += [f'{name!s}="{escape(str(value))}"' for name, value in element.items()]
    return f"<{' '.join(parts)}>"
